"""What an inspection says of one port: of inspections made by hand, and of real sockets."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import DATABASE, listener
from whoseport.host import for_port, look
from whoseport.model import (
    BindAttempt,
    Connections,
    Container,
    Inspection,
    KernelPort,
    Mention,
    Missing,
    Peer,
    PortConnections,
    PortRange,
    Privileges,
    Reason,
    Redirect,
    RpcProgram,
    Settings,
    Unseen,
    View,
)

HERE = "4026531840"
HELD = ("held", "socket-here")
CONNECTED = ("held", "connection-holds")
NOTHING = ("nothing", "no-socket-here")
UNKNOWN = ("unknown", "sockets-unreadable")


def held(found: Inspection) -> tuple[str, ...]:
    """The state of the port, and the claims on which it stands."""
    assert found.port_state is not None
    assert all(finding.certainty == "proven" for finding in found.port_state.because)
    return (found.port_state.state, *(finding.claim for finding in found.port_state.because))


def inspection(*listeners: Any, **changes: Any) -> Inspection:
    settings = Settings(
        unprivileged_port_start=1024,
        ephemeral=PortRange(first=32768, last=60999),
        reserved=(PortRange(first=8080, last=8080), PortRange(first=9148, last=9150)),
    )
    values: dict[str, Any] = {
        "hostname": "host",
        "taken_at": "2026-11-23T12:00:00Z",
        "backend": "linux",
        "privileges": Privileges(uid=0, user="root", capabilities=()),
        "version": "0",
        "complete": True,
        "netns": HERE,
        "settings": settings,
        "port_connections": (),
        "listeners": tuple(listeners),
        "unseen": (),
    }
    return Inspection(**(values | changes))


def connected(port: int, transport: str = "tcp", **counts: Any) -> PortConnections:
    return PortConnections(port=port, transport=transport, connections=Connections(**counts))  # type: ignore[arg-type]


def unseen(missing: Missing, subject: str | None, reason: Reason = "not-permitted") -> Unseen:
    return Unseen(missing=missing, reason=reason, subject=subject)


def test_only_this_port_is_left() -> None:
    whole = inspection(
        listener(80), listener(443), port_connections=(connected(80, established=2), connected(443, time_wait=1))
    )
    found = for_port(whole, 443)
    assert [one.port for one in found.listeners] == [443]
    assert found.port_connections == (connected(443, time_wait=1),)
    assert found.connections == Connections(time_wait=1)
    assert held(found) == HELD
    assert for_port(found, 443) == found
    assert whole.port_state is None


def test_only_this_transport_is_left() -> None:
    whole = inspection(
        listener(53),
        listener(53).replace(transport="udp", protocol="udp", state="unconnected"),
        port_connections=(connected(53, established=2), connected(53, "sctp", established=4)),
    )
    assert [one.transport for one in for_port(whole, 53).listeners] == ["tcp", "udp"]
    assert [one.transport for one in for_port(whole, 53, transport="udp").listeners] == ["udp"]
    assert for_port(whole, 53).connections == Connections(established=6)
    assert for_port(whole, 53, transport="sctp").connections == Connections(established=4)
    assert held(for_port(whole, 53, transport="dccp")) == NOTHING


@pytest.mark.parametrize("state", ["listen", "bound", "unconnected", "connected"])
def test_any_bound_socket_holds_the_port(state: str) -> None:
    assert held(for_port(inspection(listener(80).replace(state=state)), 80)) == HELD
    assert held(for_port(inspection(listener(80).replace(state=state)), 81)) == NOTHING


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("established", CONNECTED),
        ("syn_sent", CONNECTED),
        ("syn_recv", CONNECTED),
        ("fin_wait1", CONNECTED),
        ("fin_wait2", CONNECTED),
        ("close_wait", CONNECTED),
        ("last_ack", NOTHING),
        ("closing", NOTHING),
        ("time_wait", NOTHING),
    ],
)
def test_a_connection_holds_its_own_port_while_a_process_may_have_it(state: str, expected: tuple[str, ...]) -> None:
    counts: dict[str, Any] = {state: 1}
    assert held(for_port(inspection(port_connections=(connected(40000, **counts),)), 40000)) == expected


def test_another_namespace_holds_nothing_here() -> None:
    found = for_port(inspection(listener(80).replace(netns="4026532000")), 80)
    assert (len(found.listeners), held(found)) == (1, NOTHING)


@pytest.mark.parametrize(
    ("entry", "transport", "state"),
    [
        (unseen("sockets", "sockets:tcp"), None, UNKNOWN),
        (unseen("sockets", "sockets:tcp"), "tcp", UNKNOWN),
        (unseen("sockets", "sockets:udp"), "tcp", NOTHING),
        (unseen("sockets", "sockets:udplite"), "udp", UNKNOWN),
        (unseen("sockets", None), "tcp", UNKNOWN),
        (unseen("sockets", "sock_diag:tcp"), "tcp", NOTHING),
        (unseen("sockets", "sock_diag:tcp", "unreadable"), "tcp", UNKNOWN),
        (unseen("sockets", "netns:4026532000"), None, NOTHING),
        (unseen("namespace", None), None, NOTHING),
        (unseen("owners", "socket:4711"), None, NOTHING),
    ],
)
def test_a_table_that_was_not_read_may_hide_a_socket(entry: Unseen, transport: Any, state: tuple[str, ...]) -> None:
    assert held(for_port(inspection(unseen=(entry,)), 80, transport=transport)) == state
    assert held(for_port(inspection(listener(80), unseen=(entry,)), 80)) == HELD


def test_without_a_look_at_connections_nothing_is_not_certain() -> None:
    found = for_port(inspection(port_connections=None), 80)
    assert (held(found), found.connections, found.port_connections) == (UNKNOWN, None, None)
    assert held(for_port(inspection(listener(80), port_connections=None), 80)) == HELD


def test_peers_are_put_together() -> None:
    one, two = (
        Peer(transport="tcp", local_address="::1", address="::1", port=port, state="established") for port in (1, 2)
    )
    whole = inspection(
        port_connections=(connected(80, peers=(one,)), connected(80, "sctp", peers=(two,)), connected(80, "dccp"))
    )
    found = for_port(whole, 80).connections
    assert found is not None
    assert found.peers == (one, two)


@pytest.mark.parametrize(
    ("port", "privileged", "inside", "reserved"),
    [
        (0, False, False, False),
        (1, True, False, False),
        (1023, True, False, False),
        (1024, False, False, False),
        (8080, False, False, True),
        (9147, False, False, False),
        (9148, False, False, True),
        (9150, False, False, True),
        (9151, False, False, False),
        (32767, False, False, False),
        (32768, False, True, False),
        (60999, False, True, False),
        (61000, False, False, False),
    ],
)
def test_what_binding_takes(port: int, privileged: bool, inside: bool, reserved: bool) -> None:
    found = for_port(inspection(), port)
    assert found.bind is not None
    assert (found.bind.privileged, found.bind.threshold) == (privileged, 1024)
    assert found.bind.needs == ("CAP_NET_BIND_SERVICE" if privileged else None)
    assert found.ephemeral is not None
    assert (found.ephemeral.first, found.ephemeral.last, found.ephemeral.inside) == (32768, 60999, inside)
    assert found.reserved_here is reserved


def test_unknown_settings_stay_unknown() -> None:
    unknown = Settings(unprivileged_port_start=None, ephemeral=None, reserved=None)
    found = for_port(inspection(settings=unknown), 80)
    assert found.bind is not None
    assert (found.bind.privileged, found.bind.threshold, found.bind.needs) == (False, None, None)
    assert (found.ephemeral, found.reserved_here) == (None, None)


def test_only_what_makes_this_port_uncertain_is_left() -> None:
    owned = listener(80, owners=(DATABASE.replace(package=None),))
    other = listener(81, owners=()).replace(inode=9)
    mine = (
        unseen("owners", "socket:4711"),
        unseen("executable", "pid:812"),
        unseen("executable", f"path:{DATABASE.executable}"),
        unseen("namespace", "netns:4026532000"),
        unseen("namespace", "pid:77"),
        unseen("sockets", "sockets:tcp"),
        unseen("package", "path:/var/lib/rpm"),
        unseen("rules", None),
    )
    foreign = (unseen("owners", "socket:9"), unseen("command", "pid:81"), unseen("executable", "path:/bin/other"))
    whole = inspection(owned, other, unseen=mine + foreign, complete=False)
    assert for_port(whole, 80).unseen == mine
    assert unseen("package", "path:/var/lib/rpm") not in for_port(whole, 81).unseen
    only_foreign = for_port(inspection(owned, other, unseen=foreign, complete=False), 80)
    assert (only_foreign.unseen, only_foreign.complete) == ((), True)


def test_a_nameless_container_is_uncertain_only_where_there_is_one() -> None:
    entry = unseen("container", None)
    nameless = Container(id="f" * 64, name=None, image=None, runtime=None)
    for one in (listener(80).replace(container=nameless), listener(80, owners=(DATABASE.replace(container=nameless),))):
        assert for_port(inspection(one, unseen=(entry,)), 80).unseen == (entry,)
    assert for_port(inspection(listener(80), unseen=(entry,)), 80).unseen == ()


def redirect(first: int, last: int, transport: Any = "tcp", **changes: Any) -> Redirect:
    values: dict[str, Any] = {
        "system": "nftables",
        "family": "ip",
        "table": "nat",
        "chain": "PREROUTING > DOCKER",
        "hook": "prerouting",
        "transport": transport,
        "first": first,
        "last": last,
        "address": None,
        "interface": None,
        "to_address": "172.17.0.2",
        "to_port": 80,
        "comment": None,
    }
    return Redirect(**(values | changes))


def mention(first: int, last: int, transport: Any) -> Mention:
    return Mention(
        kind="ufw",
        path="/etc/ufw/user.rules",
        line=first,
        transport=transport,
        first=first,
        last=last,
        address=None,
        name=None,
        program=None,
        package=None,
        text="rule",
    )


def kernel_port(port: int, transport: Any) -> KernelPort:
    return KernelPort(transport=transport, port=port, subsystem="nfsd", name=None, source="portlist")


def rpc_program(port: int, transport: Any) -> RpcProgram:
    return RpcProgram(program=100005, version=3, transport=transport, port=port, name="mountd", owner=None)


def test_what_else_speaks_of_the_port_is_left() -> None:
    mentions = (mention(80, 90, "tcp"), mention(85, 85, None), mention(85, 85, "udp"), mention(86, 99, "tcp"))
    redirects = (redirect(80, 90), redirect(85, 85, "udp"), redirect(85, 85, None), redirect(84, 84))
    kernel_ports = tuple(kernel_port(port, transport) for port in (84, 85) for transport in ("tcp", "udp"))
    programs = tuple(rpc_program(port, transport) for port in (84, 85) for transport in ("tcp", "udp"))
    binds = tuple(
        BindAttempt(transport=transport, address="0.0.0.0", outcome="free", errno=None) for transport in ("tcp", "udp")
    )
    whole = inspection(
        mentions=mentions, redirects=redirects, kernel_ports=kernel_ports, rpc_programs=programs, bind_attempts=binds
    )
    found = for_port(whole, 85)
    assert found.mentions == mentions[:3]
    assert found.redirects == (redirect(85, 85), redirect(85, 85, "udp"), redirect(85, 85, None))
    assert found.kernel_ports == (kernel_port(85, "tcp"), kernel_port(85, "udp"))
    assert found.rpc_programs == (rpc_program(85, "tcp"), rpc_program(85, "udp"))
    assert found.bind_attempts == binds
    tcp = for_port(whole, 85, transport="tcp")
    assert tcp.mentions == mentions[:2]
    assert tcp.redirects == (redirect(85, 85), redirect(85, 85, None))
    assert (tcp.kernel_ports, tcp.rpc_programs) == ((kernel_port(85, "tcp"),), (rpc_program(85, "tcp"),))
    assert tcp.bind_attempts == binds[:1]
    assert for_port(found, 85) == found
    assert for_port(tcp, 85, transport="tcp") == tcp


def test_what_was_not_looked_at_stays_unknown() -> None:
    found = for_port(inspection(), 80)
    fields = (found.mentions, found.redirects, found.views, found.kernel_ports, found.bind_attempts, found.rpc_programs)
    assert fields == (None,) * 6
    empty = inspection(mentions=(), redirects=(), views=(), kernel_ports=(), bind_attempts=(), rpc_programs=())
    found = for_port(empty, 80)
    fields = (found.mentions, found.redirects, found.views, found.kernel_ports, found.bind_attempts, found.rpc_programs)
    assert fields == ((),) * 6


def test_a_view_is_narrowed_to_the_sockets_of_the_port() -> None:
    here, other = listener(80), listener(81).replace(inode=9)
    elsewhere = listener(80).replace(inode=10, netns="4026532000")
    views = (
        View(source="/proc/net", transport="tcp", sockets=(9, 10, 4242, here.inode)),
        View(source="/proc/net", transport="tcp", sockets=(4242,), port=82),
        View(source="/proc/net", transport="udp", sockets=()),
    )
    whole = inspection(here, other, elsewhere, views=views)
    udp = View(source="/proc/net", transport="udp", sockets=(), port=80)
    found = for_port(whole, 80)
    assert found.views == (views[0].replace(sockets=(here.inode,), port=80), udp)
    assert for_port(found, 80) == found
    # what the first view does not show is known by the view of its own port
    assert for_port(whole, 82).views == (views[1], udp.replace(port=82))
    assert for_port(whole, 83).views == (views[0].replace(sockets=(), port=83), udp.replace(port=83))
    assert for_port(whole, 82, transport="tcp").views == (views[1],)


@given(st.lists(st.integers(1, 20), max_size=30), st.integers(0, 20))
def test_every_listener_belongs_to_its_port(ports: list[int], port: int) -> None:
    whole = inspection(*(listener(number).replace(inode=place) for place, number in enumerate(ports)))
    found = for_port(whole, port)
    assert [one.inode for one in found.listeners] == [place for place, number in enumerate(ports) if number == port]
    assert held(found) == (HELD if port in ports else NOTHING)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are looked at by psutil's tests")
def test_a_real_port_is_held_until_it_is_let_go() -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port = made.getsockname()[1]
        bound = for_port(look(port), port)
        # kernels before 6.8 do not tell of sockets that are bound and do not listen
        assert held(bound) in ((HELD,) if bound.listeners else (NOTHING,))
        made.listen()
        assert held(for_port(look(port), port)) == HELD
        assert held(for_port(look(everything=True), port)) == HELD
        with socket.create_connection(("127.0.0.1", port)) as client, made.accept()[0]:
            own = client.getsockname()[1]
            for found in (for_port(look(own), own), for_port(look(everything=True), own)):
                assert found.listeners == ()
                assert held(found) == CONNECTED
                assert found.connections == Connections(established=1, peers=None)
    assert for_port(look(port), port).listeners == ()
