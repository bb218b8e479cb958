from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.classifiers.builders import PID, at, inspection, listener, named, parent, process, settled
from tests.model_strategies import records
from whoseport.classifiers.claims import CLAIMS
from whoseport.classifiers.kinds import settle
from whoseport.model import (
    Candidate,
    Container,
    Forwarding,
    Inspection,
    KernelPort,
    Listener,
    Mention,
    ParentProcess,
    PortRange,
    RpcProgram,
    Settings,
    Unseen,
)

BOX = Container(id="4f1c9a02be77" + "0" * 52, name="web", image="shop:2", runtime="docker")
PYTHON = "/usr/bin/python3.11"


def test_a_program_of_its_own() -> None:
    told = settled(listener(4567, process("./server", executable="/home/ana/shop/server")))
    assert (told.kind, told.name, told.certainty) == ("custom-application", "server", "likely")
    assert told.because == ("own-binary",)
    assert told.findings[0].evidence[0].source == f"/proc/{PID}/exe"


def test_what_the_loader_runs_is_not_the_loaders() -> None:
    one = process("/lib64/ld-linux-x86-64.so.2 /srv/own", executable="/usr/lib64/ld-linux-x86-64.so.2", package="libc6")
    told = settled(listener(4567, one))
    assert (told.kind, told.name) == ("custom-application", "own")


@pytest.mark.parametrize(
    ("command", "executable", "name"),
    [
        ("python3 /srv/app/report.py", PYTHON, "report.py"),
        ("python3 -m shop.server", PYTHON, "shop.server"),
        ("java -jar /srv/report.jar", "/usr/bin/java", "report.jar"),
        ("java -cp x com.example.Main", "/usr/bin/java", "com.example.Main"),
        ("python3 -c code", PYTHON, "python3.11"),
        ("perl", "/usr/bin/perl", "perl"),
    ],
)
def test_own_code_behind_an_interpreter(command: str, executable: str, name: str) -> None:
    told = settled(listener(4567, process(command, executable=executable, package="any-minimal")))
    assert (told.kind, told.name, told.certainty) == ("custom-application", name, "proven")
    assert told.because == ("own-code",)


def test_a_container_is_told_and_is_the_kind_only_where_nothing_inside_is() -> None:
    inside = process("/app/server", executable="/app/server", container=BOX)
    told = settled(listener(8080, inside))
    assert (told.kind, told.because) == ("custom-application", ("own-binary", "inside-container"))
    web = process("nginx: master process nginx", executable="/usr/sbin/nginx", container=BOX)
    assert settled(listener(80, web)).name == "nginx"
    dark = process(None, executable=None, container=BOX)
    told = settled(listener(8080, dark))
    assert (told.kind, told.because) == ("container", ("inside-container",))
    outside = settled(listener(80, process("nginx", executable="/usr/sbin/nginx"), container=BOX))
    assert "inside-container" not in outside.because
    unowned = settled(listener(8080, container=BOX), unseen=(_UNSEEN,))
    assert (unowned.kind, unowned.certainty) == ("container", "likely")


_UNSEEN = Unseen(missing="owners", reason="not-permitted", subject=None)


def test_a_forwarder_is_told_with_where_it_leads() -> None:
    target = Forwarding(address="172.18.0.3", port=80, container=BOX, via="docker-proxy")
    one = process("docker-proxy -x", executable="/usr/bin/docker-proxy", package="docker-ce")
    told = settled(listener(443, one, forwards_to=target))
    assert (told.kind, told.name, told.because) == (
        "known-service",
        "docker-proxy",
        ("packaged-server", "forwards"),
    )


@pytest.mark.parametrize(
    ("command", "forwards"),
    [
        ("ssh -N -D 1080 host", True),
        ("ssh -NR 80:localhost:80 host", True),
        ("ssh host", False),
    ],
)
def test_tunnels_of_ssh_that_lead_anywhere(command: str, forwards: bool) -> None:
    one = process(command, executable="/usr/bin/ssh", package="openssh-client")
    assert ("forwards" in settled(listener(1080, one)).because) is forwards


def test_a_session_of_sshd_that_listens_forwards_for_its_client() -> None:
    session = process(("sshd: ana@pts/0",), executable="/usr/sbin/sshd", package="openssh-server")
    assert "forwards" in settled(listener(8080, session)).because
    assert settled(listener(8080, session)).kind == "known-service"
    main = process(("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100",), executable="/usr/sbin/sshd")
    assert "forwards" not in settled(listener(22, main)).because


# --- clients ----------------------------------------


@pytest.mark.parametrize(
    ("command", "executable", "state", "address", "kind"),
    [
        ("firefox", "/usr/lib/firefox/firefox", "unconnected", "0.0.0.0", "ephemeral"),
        ("firefox", "/usr/lib/firefox/firefox", "unconnected", "192.0.2.1", "ephemeral"),
        ("firefox", "/usr/lib/firefox/firefox", "connected", "192.0.2.1", "ephemeral"),
        ("unbound", "/usr/sbin/unbound", "unconnected", "0.0.0.0", "ephemeral"),
        ("unbound -p 45678", "/usr/sbin/unbound", "unconnected", "0.0.0.0", "moved-service"),
        ("unbound", "/usr/sbin/unbound", "unconnected", "192.0.2.1", "moved-service"),
        ("python3 client.py", PYTHON, "unconnected", "0.0.0.0", "ephemeral"),
        ("python3 server.py 45678", PYTHON, "unconnected", "0.0.0.0", "custom-application"),
        ("python3 server.py 456789", PYTHON, "unconnected", "0.0.0.0", "ephemeral"),
        ("python3 server.py", PYTHON, "unconnected", "127.0.0.1", "custom-application"),
        ("python3 client.py", PYTHON, "connected", "127.0.0.1", "ephemeral"),
        ("python3 client.py", PYTHON, "bound", "127.0.0.1", "ephemeral"),
        ("python3 server.py", PYTHON, "listen", "0.0.0.0", "custom-application"),
        ("firefox", "/usr/lib/firefox/firefox", "listen", "127.0.0.1", "known-service"),
    ],
)
def test_a_clients_own_port(command: str, executable: str, state: str, address: str, kind: str) -> None:
    transport = "tcp" if state in ("listen", "bound") else "udp"
    exposure = "all" if address == "0.0.0.0" else "public"
    one = listener(
        45678,
        process(command, executable=executable),
        transport="tcp" if transport == "tcp" else "udp",
        state=state,
        address=address,
        exposure=exposure,
    )
    assert settled(one).kind == kind


def test_outside_the_range_of_clients_nothing_is_one() -> None:
    one = process("python3 client.py", executable=PYTHON)
    assert settled(listener(2000, one, transport="udp")).kind == "custom-application"
    narrow = Settings(unprivileged_port_start=1024, ephemeral=PortRange(first=1500, last=2500), reserved=())
    assert settled(listener(2000, one, transport="udp"), settings=narrow).kind == "ephemeral"


def test_a_server_over_udp_that_also_takes_connections_there() -> None:
    one = process("python3 server.py", executable=PYTHON)
    both = settled(listener(45678, one, transport="udp"), listener(45678, one))
    assert both.kind == "custom-application"
    elsewhere = settled(listener(45678, one, transport="udp"), listener(45679, one))
    assert elsewhere.kind == "ephemeral"


def test_desktop_services_and_clients_that_serve() -> None:
    avahi = process("avahi-daemon: running", executable="/usr/sbin/avahi-daemon", package="avahi-daemon")
    told = settled(listener(5353, avahi, transport="udp"))
    assert told.kind == "known-service"
    assert "desktop-service" in [finding.claim for finding in told.findings]
    browser = settled(listener(40000, process("firefox", executable="/usr/lib/firefox/firefox")))
    assert "desktop-service" in [finding.claim for finding in browser.findings]
    spotify = settled(listener(57621, process("spotify", executable="/usr/bin/spotify")))
    assert (spotify.kind, "desktop-service" in [one.claim for one in spotify.findings]) == ("known-service", True)


# --- RPC and the kernel ---------------------------------------------------------------------------------------------


def test_an_rpc_service_on_a_port_that_it_was_handed() -> None:
    one = process("/sbin/rpc.statd", executable="/usr/sbin/rpc.statd", package="nfs-common")
    told = settled(listener(971, one))
    assert (told.kind, told.name, told.certainty) == ("rpc", "rpc.statd", "proven")
    assert told.because == ("packaged-server", "rpc-program")
    assert "rpc-port-range" in [finding.claim for finding in told.findings]
    assert "rpc-port-range" not in [finding.claim for finding in settled(listener(40000, one)).findings]


def test_the_port_mapper_is_a_known_service_on_its_own_port_and_rpc_on_another() -> None:
    one = process("rpcbind", executable="/usr/sbin/rpcbind", package="rpcbind")
    assert settled(listener(111, one)).kind == "known-service"
    assert settled(listener(831, one, transport="udp")).kind == "rpc"


def test_an_unknown_rpc_program_by_its_name() -> None:
    assert settled(listener(971, process("rpc.food", executable="/opt/rpc.food"))).kind == "rpc"


def rpc(port: int, name: str | None) -> RpcProgram:
    return RpcProgram(program=100024, version=1, transport="tcp", port=port, name=name, owner=None)


def test_what_the_port_mapper_tells() -> None:
    one = process("/opt/own", executable="/opt/own")
    told = settled(listener(971, one), rpc_programs=(rpc(971, "status"),))
    assert (told.kind, told.name, told.because) == ("rpc", "status", ("rpc-registered",))
    assert settled(listener(972, one), rpc_programs=(rpc(971, "status"),)).kind == "custom-application"
    statd = process("rpc.statd", executable="/usr/sbin/rpc.statd")
    assert settled(listener(971, statd), rpc_programs=(rpc(971, "status"),)).certainty == "proven"
    assert settled(listener(971, statd)).certainty == "likely"


KERNEL: dict[str, Any] = {"uid": 0, "user": "root"}


def test_a_socket_without_a_process_is_the_kernels_where_all_could_be_seen() -> None:
    told = settled(listener(2049, **KERNEL))
    assert (told.kind, told.certainty, told.because) == ("kernel", "likely", ("kernel-socket",))
    assert settled(listener(2049, **KERNEL), unseen=(_UNSEEN,)).kind == "unknown"
    assert settled(listener(2049, uid=1000)).kind == "unknown"
    likely = Candidate(pid=9, name="x", because="in-socket-cgroup")
    assert settled(listener(2049, **KERNEL, candidates=(likely,))).kind == "unknown"


def test_the_kernels_own_word_proves_it() -> None:
    server = KernelPort(transport="udp", port=4789, subsystem="vxlan", name="vx0", source="rtnetlink")
    told = settled(listener(4789, transport="udp", **KERNEL), kernel_ports=(server,), unseen=(_UNSEEN,))
    assert (told.kind, told.name, told.certainty, told.because) == ("kernel", "vxlan", "proven", ("kernel-server",))
    assert (
        settled(listener(4790, transport="udp", **KERNEL), kernel_ports=(server,), unseen=(_UNSEEN,)).kind == "unknown"
    )
    elsewhere = listener(4789, transport="udp", netns="2", **KERNEL)
    assert settled(elsewhere, kernel_ports=(server,), unseen=(_UNSEEN,)).kind == "unknown"
    one = process("nginx", executable="/usr/sbin/nginx")
    assert settled(listener(4789, one, transport="udp"), kernel_ports=(server,)).name == "nginx"


def test_a_kernel_socket_that_the_port_mapper_names() -> None:
    told = settled(listener(40001, **KERNEL), rpc_programs=(rpc(40001, "nlockmgr"),))
    assert (told.kind, told.name) == ("kernel", "nlockmgr")


# --- what is handed over ----------------------------------------


def test_a_socket_that_was_passed_to_the_process() -> None:
    given = {"LISTEN_FDS": "1", "LISTEN_PID": str(PID)}
    one = process("./server", environment=given)
    assert "socket-activated" in [finding.claim for finding in settled(listener(80, one)).findings]
    for other in (
        {"LISTEN_FDS": "1", "LISTEN_PID": "9"},
        {"LISTEN_FDS": "0"},
        {"LISTEN_PID": str(PID), "LISTEN_FDS": "0"},
    ):
        inherited = process("./server", environment=other)
        assert "socket-activated" not in [finding.claim for finding in settled(listener(80, inherited)).findings]


SYSTEMD = process("/sbin/init", executable="/usr/lib/systemd/systemd", package="systemd", name="systemd").replace(pid=1)


def socket_unit(port: int, **changes: object) -> Mention:
    made = Mention(
        kind="socket-unit",
        path="/lib/systemd/system/cups.socket",
        line=7,
        transport="tcp",
        first=port,
        last=port,
        address=None,
        name="cups.socket",
        program="/usr/sbin/cupsd",
        package="cups-daemon",
        text=f"ListenStream={port}",
        enabled=True,
    )
    return made.replace(**changes)


def test_a_socket_that_systemd_holds_is_the_service_that_it_waits_for() -> None:
    told = settled(listener(631, SYSTEMD), mentions=(socket_unit(631),))
    assert (told.kind, told.name, told.certainty) == ("known-service", "CUPS", "likely")
    assert "socket-activated" in [finding.claim for finding in told.findings]
    told = settled(listener(631, SYSTEMD, unit="cups.socket"))
    assert (told.kind, told.name) == ("known-service", "CUPS")
    told = settled(
        listener(999, SYSTEMD), mentions=(socket_unit(999, program="/opt/x/own", name="own.socket", package=None),)
    )
    assert (told.kind, told.name) == ("custom-application", "own")
    assert settled(listener(999, SYSTEMD)).kind == "known-service"


def test_the_service_counts_not_systemd_that_shares_its_socket() -> None:
    one = process("nginx", executable="/usr/sbin/nginx", package="nginx-core", parents=(parent("/sbin/init", pid=1),))
    told = settled(listener(80, SYSTEMD, one))
    assert (told.name, "socket-activated" in [finding.claim for finding in told.findings]) == ("nginx", True)


def test_a_line_of_inetd() -> None:
    inetd = process("/usr/sbin/inetd", executable="/usr/sbin/inetd", package="openbsd-inetd")
    line = socket_unit(79, kind="inetd", path="/etc/inetd.conf", program="/usr/sbin/in.fingerd", name="finger")
    told = settled(listener(79, inetd), mentions=(line,))
    assert (told.kind, told.name) == ("known-service", "in.fingerd")


# --- who holds it could not be seen ----------------------------------------


def unowned(port: int, **changes: Any) -> Listener:
    return listener(port, **changes)


@pytest.mark.parametrize(
    ("changes", "kind", "name", "certainty"),
    [
        ({"unit": "postgresql@16-main.service"}, "known-service", "PostgreSQL", "likely"),
        ({"unit": "nginx.service"}, "moved-service", "nginx", "likely"),
        ({"unit": "session-1.scope"}, "unknown", None, "guess"),
        ({"unit": "other.service"}, "unknown", None, "guess"),
        (
            {"candidates": (Candidate(pid=9, name="postgres", because="unit-main-process"),)},
            "known-service",
            "PostgreSQL",
            "guess",
        ),
        ({"candidates": (Candidate(pid=9, name="python3", because="unit-main-process"),)}, "unknown", None, "guess"),
        (
            {"unit": "db.service", "candidates": (Candidate(pid=9, name="postgres", because="unit-main-process"),)},
            "known-service",
            "PostgreSQL",
            "likely",
        ),
        ({"user": "postgres"}, "known-service", "PostgreSQL", "guess"),
        ({"user": "root"}, "unknown", None, "guess"),
        ({"user": "redis"}, "unknown", None, "guess"),
    ],
)
def test_what_the_socket_itself_tells(changes: dict[str, object], kind: str, name: str | None, certainty: str) -> None:
    told = settled(unowned(5432, **changes), unseen=(_UNSEEN,))
    assert (told.kind, told.name, told.certainty) == (kind, name, certainty)


def test_practice_is_only_a_hint() -> None:
    told = settled(unowned(5432), unseen=(_UNSEEN,))
    assert (told.kind, told.name, told.because) == ("unknown", None, ())
    assert [(one.claim, one.certainty) for one in told.findings] == [("usual-practice", "guess")]


def test_a_port_of_clients_whose_owner_could_not_be_seen() -> None:
    assert settled(unowned(45678, transport="udp"), unseen=(_UNSEEN,)).kind == "ephemeral"
    assert settled(unowned(45678), unseen=(_UNSEEN,)).kind == "unknown"


# --- several owners ----------------------------------------


def test_the_owner_that_tells_most_counts() -> None:
    shell = process(("sh",), executable="/usr/bin/dash").replace(pid=900)
    one = process("python3 app.py", executable=PYTHON)
    assert settled(listener(4567, shell, one)).name == "app.py"
    web = process("nginx: worker", executable="/usr/sbin/nginx").replace(pid=901)
    assert settled(listener(4567, one, web)).name == "nginx"
    worker = process("python3 work.py", executable=PYTHON, parents=(ParentProcess(pid=PID, name="python3"),))
    assert settled(listener(4567, worker.replace(pid=902), one)).name == "app.py"


def test_an_orphan_is_told_of_what_a_developer_runs() -> None:
    above = (ParentProcess(pid=1, name="init"),)
    one = process("node server.js", executable="/usr/bin/node", parents=above, session=700)
    assert "orphaned" in [finding.claim for finding in settled(listener(4567, one)).findings]
    known = process("nginx", executable="/usr/sbin/nginx", parents=above, session=700)
    assert "orphaned" not in [finding.claim for finding in settled(listener(80, known)).findings]


# --- anything ----------------------------------------


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(one=records(Listener), seen=records(Inspection), data=st.data())
def test_any_listener_is_settled(one: Listener, seen: Inspection, data: st.DataObject) -> None:
    del data
    told = settle(one, seen.replace(listeners=(*seen.listeners, one)), named=named, at=at, cache={})
    table = {entry.claim: entry for entry in CLAIMS}
    claims = [finding.claim for finding in told.findings]
    assert set(told.because) <= set(claims)
    assert {table[claim].topic for claim in claims} <= {"kind", "started"}


def test_one_cache_serves_all_listeners_of_an_inspection() -> None:
    one = process("nginx", executable="/usr/sbin/nginx", package="nginx-core")
    ports = [listener(port, one) for port in (80, 443, 8080)]
    seen = inspection(*ports)
    asked: list[str] = []

    def counting(name: str) -> tuple[object, ...]:
        asked.append(name)
        return named(name)

    cache: dict[str, object] = {}
    kinds = [settle(port, seen, named=counting, at=at, cache=cache).kind for port in ports]  # type: ignore[arg-type]
    assert kinds == ["known-service", "known-service", "moved-service"]
    assert len(asked) == len(set(asked))
