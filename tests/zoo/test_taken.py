"""A port that is taken although nothing shows: each cause made for real, in a namespace of its own, and explained."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import ENTRY, environment
from tests.zoo.den import Den, den, program
from tests.zoo.hostile_files import write

BOUND = """import socket, sys, time
made = socket.socket()
made.bind(("127.0.0.1", int(sys.argv[1])))
open(sys.argv[2], "w").close()
time.sleep(300)
"""
CONNECTED = """import os, socket, sys, time
made = socket.create_server(("127.0.0.1", int(sys.argv[1])))
client = socket.create_connection(made.getsockname())
server, _ = made.accept()
made.close()
time.sleep(300)
"""
WAITING = CONNECTED.replace("time.sleep", "server.close()\nclient.recv(1)\nclient.close()\ntime.sleep")
CLIENT = """import socket, sys, time
made = socket.create_server(("127.0.0.1", int(sys.argv[1]) + 1))
client = socket.create_connection(made.getsockname(), source_address=("127.0.0.1", int(sys.argv[1])))
time.sleep(300)
"""
DATAGRAMS = """import socket, sys, time
made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
made.connect(("127.0.0.1", 53))
with open(sys.argv[1], "w") as file:
    file.write(str(made.getsockname()[1]))
time.sleep(300)
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Den]:
    with den(tmp_path, alone=True) as made:
        yield made


def answer(place: Den, *arguments: object) -> dict[str, Any]:
    """What is told of the host, with the claims on the port as `claims` and its state as `state`."""
    host: dict[str, Any] = place.whoseport(*arguments, "--json")["host"]
    host["claims"] = {one["claim"] for one in host["findings"]} | {
        one["claim"] for one in host["port_state"]["because"]
    }
    host["state"] = host["port_state"]["state"]
    return host


def _holds(place: Den, port: int) -> bool:
    """Whether the kernel's table of tcp sockets has one at the port, whatever its state (proc(5))."""
    table = Path(f"/proc/{place.pid}/net/tcp").read_text()
    return f":{port:04X} " in table


def _start(place: Den, code: str, port: int) -> None:
    place.start("/usr/bin/python3", write(place.folder("/opt"), "s.py", code), port)
    place.wait(lambda: _holds(place, port), "a socket at the port")


def test_bound_but_not_listening(place: Den) -> None:
    port, noted = place.port(), place.tmp_path / "ready"
    place.start("/usr/bin/python3", write(place.folder("/opt"), "s.py", BOUND), port, noted)
    place.wait(noted.exists, "a bound socket")
    told = answer(place, port)
    assert "bound-not-listening" in told["claims"]
    assert told["state"] == "held"


def test_an_established_connection_holds_it(place: Den) -> None:
    port = place.port()
    _start(place, CONNECTED, port)
    place.wait(lambda: not place.listens(port), "the listener is closed")
    told = answer(place, port)
    assert "connection-holds" in told["claims"]
    assert told["listeners"] == []
    assert told["state"] == "held"


def test_time_wait(place: Den) -> None:
    port = place.port()
    _start(place, WAITING, port)
    place.wait(
        lambda: f":{port:04X} " in Path(f"/proc/{place.pid}/net/tcp").read_text() and not place.listens(port), "x"
    )
    place.wait(lambda: "time-wait" in answer(place, port)["claims"], "the connection is over")
    tried = answer(place, port, "--bind")
    assert "bind-in-use" in tried["claims"]


def test_a_client_took_it(place: Den) -> None:
    port = place.port()
    _start(place, CLIENT, port)
    place.wait(lambda: place.listens(port + 1), "the server of it")
    told = answer(place, port)
    assert "connection-holds" in told["claims"]
    assert told["state"] == "held"


def test_a_client_of_udp_is_no_server(place: Den) -> None:
    noted = place.tmp_path / "port"
    place.start("/usr/bin/python3", write(place.folder("/opt"), "s.py", DATAGRAMS), noted)
    place.wait(lambda: noted.exists() and noted.read_text(), "a port for the client")
    told = answer(place, f"{noted.read_text()}/udp")
    assert [one["verdict"]["kind"] for one in told["listeners"]] == ["ephemeral"]
    assert told["listeners"][0]["verdict"]["concern"] == "none"
    assert "client-port-range" in told["claims"]


def test_held_in_another_namespace(place: Den, tmp_path: Path) -> None:
    port = place.port()
    place.start("/usr/bin/python3", "-m", "http.server", "-b", "127.0.0.1", port)
    place.ready(port)
    (tmp_path / "other").mkdir()
    with den(tmp_path / "other", alone=True) as other:
        told = answer(other, port)
        assert "held-elsewhere" in told["claims"]
        assert told["state"] == "nothing"
        assert {one["claim"] for one in answer(other, port, "--bind")["findings"]} >= {"bind-free", "held-elsewhere"}


def test_reserved_by_a_setting(place: Den) -> None:
    port = place.port()
    assert place.inside("sysctl", "-qw", f"net.ipv4.ip_local_reserved_ports={port}").returncode == 0
    told = answer(place, port)
    assert "reserved-by-setting" in told["claims"]
    assert told["state"] == "nothing"


def test_redirected_by_nftables(place: Den) -> None:
    port = place.port()
    nft = program("nft")
    rules = (
        f"table ip one {{ chain two {{ type nat hook prerouting priority -100; tcp dport {port} redirect to :9; }}; }}"
    )
    done = place.inside(nft, rules)
    if done.returncode != 0:
        pytest.skip(f"this kernel has no nftables: {done.stderr.splitlines()[:1]}")
    told = answer(place, port)
    assert "redirected" in told["claims"]
    assert told["state"] == "nothing"
    assert [(one["system"], one["to_port"]) for one in told["redirects"]] == [("nftables", 9)]


@pytest.mark.parametrize("name", ["iptables-nft", "iptables-legacy"])
def test_redirected_by_iptables(place: Den, name: str) -> None:
    port = place.port()
    rule = ["-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", port, "-j", "DNAT", "--to", "10.1.2.3:80"]
    done = place.inside(program(name), *rule)
    if done.returncode != 0:
        pytest.skip(f"this kernel has no rules of {name}: {done.stderr.splitlines()[:1]}")
    told = answer(place, port)
    assert "redirected" in told["claims"]
    assert told["state"] == "nothing"
    assert [(one["to_address"], one["to_port"]) for one in told["redirects"]] == [("10.1.2.3", 80)]


def test_a_socket_unit_that_waits(place: Den) -> None:
    """Systemd's folder of units is replaced, for this look only."""
    port = place.port()
    units = place.folder("/opt")
    write(units, "report.socket", f"[Unit]\nDescription=x\n[Socket]\nListenStream={port}\n[Install]\nWantedBy=x\n")
    (units / "sockets.target.wants").mkdir()
    (units / "sockets.target.wants" / "report.socket").symlink_to("../report.socket")
    write(units, "report.service", "[Service]\nExecStart=/usr/bin/reportd\n")
    if not Path("/etc/systemd/system").is_dir():
        pytest.skip("there is no /etc/systemd/system")
    home = place.tmp_path / "home"
    done = place.inside(
        "unshare",
        "--mount",
        "sh",
        "-c",
        f'mount --bind {units} /etc/systemd/system && exec "$@"',
        "sh",
        sys.executable,
        "-c",
        ENTRY,
        str(port),
        "--json",
        env=environment(home),
    )
    assert done.returncode == 0, done.stderr
    host = json.loads(done.stdout)["host"]
    assert "socket-unit-waiting" in {one["claim"] for one in host["findings"]}, host["mentions"]
    assert host["port_state"]["state"] == "nothing"


def test_the_kernel_serves_it(place: Den) -> None:
    done = place.inside(
        "ip", "link", "add", "v0", "type", "vxlan", "id", "7", "dstport", "4789", "local", "127.0.0.1", "dev", "lo"
    )
    if done.returncode != 0:
        pytest.skip(f"this kernel has no vxlan: {done.stderr.strip()}")
    assert place.inside("ip", "link", "set", "v0", "up").returncode == 0
    told = answer(place, "4789/udp")
    assert "kernel-port" in told["claims"]
    assert told["state"] == "held"
    assert {(one["verdict"]["kind"], one["verdict"]["concern"]) for one in told["listeners"]} == {("kernel", "none")}


@pytest.mark.parametrize("user", ["nobody", None])
def test_a_process_that_is_covered(place: Den, user: str | None) -> None:
    """A folder is mounted over the process's own in /proc, so that `ps` and `lsof` show none; for this look only."""
    port = place.port()
    pid = place.start("/usr/bin/python3", "-m", "http.server", "-b", "127.0.0.1", port, user=user)
    place.ready(port)
    assert place.whoseport(port, "--json")["host"]["listeners"][0]["verdict"]["concern"] in ("none", "note")
    empty = place.folder("/opt")
    done = place.inside(
        "unshare",
        "--mount",
        "sh",
        "-c",
        f'mount --bind {empty} /proc/{pid} && exec "$@"',
        "sh",
        sys.executable,
        "-c",
        ENTRY,
        str(port),
        "--json",
        env=environment(place.tmp_path / "home"),
    )
    assert done.returncode == 0, done.stderr
    host = json.loads(done.stdout)["host"]
    assert {one["verdict"]["concern"] for one in host["listeners"]} == {"suspicious"}, host
    assert "hidden-from-view" in host["listeners"][0]["verdict"]["because"]


def test_a_bind_says_what_the_kernel_answers(place: Den) -> None:
    port = place.port()
    assert "bind-free" in answer(place, port, "--bind")["claims"]
    place.start("/usr/bin/python3", "-m", "http.server", "-b", "127.0.0.1", port)
    place.ready(port)
    told = answer(place, port, "--bind")
    assert "bind-in-use" in told["claims"]
    assert told["state"] == "held"
