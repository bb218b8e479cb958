"""Why a port is taken although nothing shows, what is hidden, and whether the port is held."""

from __future__ import annotations

from typing import Any

import pytest

from tests.classifiers.making import OWN_NETNS, inspection, judged, listener, process
from whoseport.model import (
    BindAttempt,
    Connections,
    Ephemeral,
    Evidence,
    Finding,
    HeldState,
    Inspection,
    KernelPort,
    Listener,
    Mention,
    PortRange,
    Privileges,
    Redirect,
    RpcProgram,
    Settings,
    Unseen,
    View,
)


def one_port(*listeners: Listener, state: str = "nothing", **other: Any) -> Inspection:
    """An inspection of one port, as the host's look gives it to be judged."""
    claim = {"nothing": "no-socket-here", "held": "socket-here", "unknown": "sockets-unreadable"}[state]
    because = Finding(claim=claim, certainty="proven", evidence=(Evidence(source="sock_diag", observed="x"),))
    fields: dict[str, Any] = {"connections": Connections(), "kernel_ports": (), "views": (), "redirects": ()}
    word: Any = state
    return inspection(*listeners, port_state=HeldState(state=word, because=(because,)), **(fields | other))


def told(one: Inspection) -> tuple[str, set[str], set[str]]:
    """State of the port, claims on it, and the claims on which the state stands."""
    after = judged(one)
    assert after.port_state is not None
    assert after.findings is not None
    return (
        after.port_state.state,
        {finding.claim for finding in after.findings},
        {finding.claim for finding in after.port_state.because},
    )


def mention(kind: str, text: str, **other: Any) -> Mention:
    fields: dict[str, Any] = {
        "kind": kind,
        "path": "/etc/x",
        "line": 3,
        "transport": "tcp",
        "first": 4000,
        "last": 4000,
        "address": None,
        "name": "x",
        "program": None,
        "package": None,
        "text": text,
    }
    return Mention(**(fields | other))


REDIRECT = Redirect(
    system="nftables",
    family="ip",
    table="nat",
    chain="PREROUTING",
    hook="prerouting",
    transport="tcp",
    first=4000,
    last=4000,
    address=None,
    interface=None,
    to_address="172.17.0.2",
    to_port=80,
    comment=None,
)
KERNEL = KernelPort(transport="udp", port=4000, subsystem="vxlan", name="vxlan0", source="rtnetlink")
UNIT = mention("socket-unit", "ListenStream=4000", enabled=True)
STATUS = RpcProgram(program=100024, version=1, transport="tcp", port=4000, name="status", owner=None)
RULES = Unseen(missing="rules", reason="not-permitted", subject="nftables")


def attempt(outcome: str, **other: Any) -> BindAttempt:
    fields: dict[str, Any] = {
        "transport": "tcp",
        "address": "0.0.0.0",
        "outcome": outcome,
        "errno": None if outcome == "free" else "EADDRINUSE",
    }
    return BindAttempt(**(fields | other))


def test_nothing_at_all() -> None:
    assert told(one_port()) == ("nothing", set(), {"no-socket-here"})


def test_without_a_port_nothing_is_said_of_one() -> None:
    assert judged(inspection()).findings is None


@pytest.mark.parametrize(
    ("one", "state", "claim"),
    [
        (one_port(listener(process(), state="bound"), state="held"), "held", "bound-not-listening"),
        (one_port(listener(process(), netns="99")), "nothing", "held-elsewhere"),
        (one_port(connections=Connections(time_wait=3)), "nothing", "time-wait"),
        (one_port(connections=Connections(last_ack=1)), "nothing", "time-wait"),
        (one_port(ephemeral=Ephemeral(first=32768, last=60999, inside=True)), "nothing", "client-port-range"),
        (
            one_port(
                reserved_here=True,
                settings=Settings(
                    unprivileged_port_start=1024, ephemeral=None, reserved=(PortRange(first=4000, last=4000),)
                ),
            ),
            "nothing",
            "reserved-by-setting",
        ),
        (one_port(redirects=(REDIRECT,)), "nothing", "redirected"),
        (one_port(unseen=(RULES,)), "nothing", "rules-unseen"),
        (one_port(mentions=(UNIT,)), "nothing", "socket-unit-waiting"),
        (one_port(kernel_ports=(KERNEL,)), "held", "kernel-port"),
        (one_port(views=(View(source="/proc/net", transport="tcp", sockets=(7,), port=4000),)), "held", "view-differs"),
        (one_port(bind_attempts=(attempt("in-use"),)), "held", "bind-in-use"),
        (one_port(bind_attempts=(attempt("free"),)), "nothing", "bind-free"),
        (one_port(bind_attempts=(attempt("not-permitted", errno="EACCES"),)), "nothing", "bind-not-permitted"),
        (one_port(bind_attempts=(attempt("not-available", errno="EAFNOSUPPORT"),)), "nothing", "bind-not-available"),
        (one_port(bind_attempts=(attempt("refused", errno="EINVAL"),)), "nothing", "bind-refused"),
        (
            one_port(rpc_programs=(STATUS,)),
            "nothing",
            "rpc-registered-elsewhere",
        ),
        (one_port(state="unknown", bind_attempts=(attempt("in-use"),)), "held", "bind-in-use"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_case_is_told_and_settles_the_state(one: Inspection, state: str, claim: str) -> None:
    settled, claims, because = told(one)
    assert settled == state
    assert claim in claims
    assert because


def test_what_proves_comes_first() -> None:
    after = judged(one_port(kernel_ports=(KERNEL,)))
    assert after.port_state is not None
    assert [finding.claim for finding in after.port_state.because] == ["kernel-port", "no-socket-here"]


def test_time_wait_that_refuses_a_plain_bind_holds_nothing() -> None:
    both = (attempt("in-use"), attempt("free", reuse_address=True))
    state, claims, because = told(one_port(connections=Connections(time_wait=1), bind_attempts=both))
    assert state == "nothing"
    assert {"time-wait", "bind-in-use", "bind-free"} <= claims
    assert "time-wait" in because
    # the same answers without what is left of a connection: something is there that does not show
    assert told(one_port(bind_attempts=both))[0] == "held"
    assert told(one_port(connections=Connections(time_wait=1), bind_attempts=(attempt("in-use"),)))[0] == "held"


def test_a_bind_that_is_in_use_by_what_was_seen_changes_nothing() -> None:
    state, _claims, because = told(one_port(listener(process()), state="held", bind_attempts=(attempt("in-use"),)))
    assert state == "held"
    assert because == {"socket-here", "bind-in-use"}


@pytest.mark.parametrize(
    ("mentions", "state"),
    [
        ((mention("firewalld", "port=4000:proto=tcp:toport=80 forward-port"),), "unknown"),
        ((mention("iptables", "-A PREROUTING -p tcp --dport 4000 -j DNAT --to 10.0.0.2"),), "unknown"),
        ((mention("nftables", "tcp dport 4000 redirect to :80", enabled=False),), "nothing"),
        ((mention("nftables", "tcp dport 4000 accept"),), "nothing"),
        ((mention("configuration", "redirect 4000"),), "nothing"),
        ((), "nothing"),
    ],
)
def test_rules_that_were_not_seen_count_where_something_points_to_them(
    mentions: tuple[Mention, ...], state: str
) -> None:
    assert told(one_port(mentions=mentions, unseen=(RULES,)))[0] == state
    assert told(one_port(mentions=mentions))[0] == "nothing"


def test_a_socket_unit_that_was_started_does_not_wait() -> None:
    started = one_port(listener(process("/usr/lib/systemd/systemd")), state="held", mentions=(UNIT,))
    assert "socket-unit-waiting" not in told(started)[1]
    other = one_port(
        listener(process(), transport="udp", protocol="udp", state="unconnected"), state="held", mentions=(UNIT,)
    )
    assert "socket-unit-waiting" in told(other)[1]
    disabled = (mention("socket-unit", "ListenStream=4000", enabled=False),)
    assert "socket-unit-waiting" not in told(one_port(mentions=disabled))[1]


def view(*inodes: int, **other: Any) -> View:
    fields: dict[str, Any] = {"source": "/proc/net", "transport": "tcp", "port": 4000}
    return View(sockets=inodes, **(fields | other))


def concern(one: Inspection) -> str:
    verdict = judged(one).listeners[0].verdict
    assert verdict is not None
    return verdict.concern


def test_a_listener_hidden_from_a_view_is_suspicious() -> None:
    shown = one_port(listener(process()), state="held", views=(view(99),))
    hidden = one_port(listener(process()), state="held", views=(view(7),))
    assert concern(shown) == "none"
    assert concern(hidden) == "suspicious"
    assert "view-differs" in told(hidden)[1]
    assert "view-differs" not in told(shown)[1]


def test_a_process_that_is_mounted_over_hides_what_nobody_holds_but_not_from_who_may_not_see() -> None:
    covered = Unseen(missing="owners", reason="unreadable", subject="pid:812")
    refused = Unseen(missing="owners", reason="not-permitted", subject="socket:77")
    unheld, held = listener(inode=77, uid=0), listener(process(), inode=77)
    assert concern(one_port(unheld, state="held", unseen=(covered,))) == "suspicious"
    assert concern(one_port(unheld, state="held", unseen=(covered, refused))) == "suspicious"
    ordinary = Privileges(uid=1000, user="ana", capabilities=())
    others = one_port(unheld, state="held", unseen=(covered, refused), privileges=ordinary)
    assert concern(others) == "undetermined"
    own = one_port(unheld.replace(uid=1000), state="held", unseen=(covered, refused), privileges=ordinary)
    assert concern(own) == "suspicious"
    sees = ordinary.replace(capabilities=("CAP_SYS_PTRACE",))
    assert concern(one_port(unheld, state="held", unseen=(covered,), privileges=sees)) == "suspicious"
    assert concern(one_port(unheld, state="held")) != "suspicious"
    assert concern(one_port(held, state="held", unseen=(covered,))) == "none"


@pytest.mark.parametrize(
    "one",
    [
        one_port(listener(process(), state="bound"), state="held", views=(view(),)),
        one_port(listener(process(), netns="99"), views=(view(),)),
        one_port(listener(process(), protocol="sctp", transport="sctp"), state="held", views=(view(),)),
        one_port(listener(process()), state="held", views=(view(transport="udp"),)),
        one_port(listener(process()), state="held", views=(view(port=4001),)),
        one_port(listener(process(), inode=0), state="held", views=(view(99),)),
    ],
)
def test_what_a_view_does_not_show_is_not_hidden_from_it(one: Inspection) -> None:
    assert concern(one) == "none"


def test_a_users_socket_that_no_process_holds_is_hidden() -> None:
    assert concern(inspection(listener())) == "suspicious"
    assert concern(inspection(listener(uid=0))) == "undetermined"
    blind = Unseen(missing="owners", reason="not-permitted", subject="socket:99")
    assert concern(inspection(listener(), unseen=(blind,))) == "undetermined"
    assert concern(inspection(listener(), unseen=(blind.replace(subject=None),))) == "undetermined"


def test_a_socket_of_the_kernel() -> None:
    alone = listener(uid=0, transport="udp", protocol="udp", state="unconnected")
    assert concern(inspection(alone, kernel_ports=(KERNEL,))) == "none"
    assert concern(inspection(alone, kernel_ports=())) == "undetermined"
    assert concern(inspection(alone)) == "undetermined"


def test_inetd_that_starts_a_shell() -> None:
    daemon = process("/usr/sbin/inetd", package="inetutils-inetd", uid=0)
    line = mention("inetd", "4000 stream tcp nowait root /bin/sh sh -i", program="/bin/sh")
    assert concern(inspection(listener(daemon), mentions=(line,))) == "suspicious"
    handler = mention("inetd", "4000 stream tcp nowait root /bin/sh sh /srv/a.sh", program="/bin/sh")
    assert concern(inspection(listener(daemon), mentions=(handler,))) == "none"
    elsewhere = line.replace(first=4001, last=4001)
    assert concern(inspection(listener(daemon), mentions=(elsewhere,))) == "none"


def test_own_namespace_is_the_inspections() -> None:
    assert listener().netns == OWN_NETNS
