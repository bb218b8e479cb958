"""The contract of every host backend: the same real sockets and processes, looked at by each of them.

The Linux backend runs on Linux only. psutil's runs here as well, which is as near as this machine comes to the systems
that it is for; what is theirs alone is in test_psutil_backend.py.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.host.children import NOBODY, child
from whoseport.host import for_port
from whoseport.host.psutil_backend import look as look_by_psutil
from whoseport.host.saved import parse
from whoseport.model import Inspection, Listener, Listing, Process
from whoseport.render.json import to_json

Look = Callable[..., Inspection]
SOURCES = str(Path(__file__).parents[2] / "src")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the processes of these tests fork")


def look_by_linux(port: int | None = None, *, peers: bool = False, everything: bool = False) -> Inspection:
    from whoseport.host.linux.look import look

    return look(port, peers=peers, everything=everything)


BACKENDS = [
    pytest.param(
        look_by_linux,
        id="linux",
        marks=pytest.mark.skipif(sys.platform != "linux", reason="sock_diag and /proc are Linux's"),
    ),
    pytest.param(look_by_psutil, id="psutil"),
]
each_backend = pytest.mark.parametrize("look", BACKENDS)

OPEN = """
def opened(kind, address, port=0, *options):
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    for level, option in options:
        made.setsockopt(level, option, 1)
    made.bind((address, port))
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made

def port(made):
    return made.getsockname()[1]

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
"""

EVERY_KIND = (
    OPEN
    + """
made = [opened(kind, address) for kind in (TCP, UDP) for address in ("127.0.0.1", "0.0.0.0", "::1", "::")]
only = opened(TCP, "::", 0, (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))
made.append(only)
ready(sockets=[["tcp" if one.type == TCP else "udp", one.getsockname()[0], port(one)] for one in made])
wait()
"""
)

SHARED = (
    OPEN
    + """
made = opened(TCP, "127.0.0.1")
pids = [os.getpid()]
for _ in range(int(sys.argv[1]) - 1):
    pid = os.fork()
    if pid == 0:
        wait()
    pids.append(pid)
ready(port=port(made), pids=pids)
wait()
"""
)

ONE = OPEN + "made = opened(TCP, '127.0.0.1'); ready(port=port(made)); wait()"


def on_port(inspection: Inspection, port: int) -> list[Listener]:
    """Those of this network namespace alone."""
    return [one for one in inspection.listeners if one.port == port and one.netns == inspection.netns]


def only_owner(inspection: Inspection, port: int) -> Process:
    (listener,) = on_port(inspection, port)
    (owner,) = listener.owners
    return owner


@pytest.fixture(scope="module")
def several() -> Iterator[dict[str, Any]]:
    """A process with listeners of every kind."""
    with child(EVERY_KIND) as told:
        yield told


@each_backend
def test_every_kind_of_listener_is_seen_with_its_owner(look: Look, several: dict[str, Any]) -> None:
    inspection = look()
    reach = {"127.0.0.1": "loopback", "::1": "loopback", "0.0.0.0": "all", "::": "all"}
    for transport, address, port in several["sockets"]:
        (listener,) = [one for one in on_port(inspection, port) if one.transport == transport]
        assert (listener.protocol, listener.address) == (transport, address)
        assert listener.state == ("listen" if transport == "tcp" else "unconnected")
        assert listener.exposure == reach[address]
        assert [owner.pid for owner in listener.owners] == [several["pid"]]


@each_backend
def test_v6only_is_right_wherever_it_is_told(look: Look, several: dict[str, Any]) -> None:
    inspection = look()
    tcp = [port for transport, address, port in several["sockets"] if (transport, address) == ("tcp", "::")]
    told = [on_port(inspection, port)[0].v6only for port in tcp]
    assert told in ([False, True], [None, None])
    for _, address, port in several["sockets"]:
        if address == "127.0.0.1":
            assert {one.v6only for one in on_port(inspection, port)} == {None}


@each_backend
def test_an_owner_is_described_whole(look: Look, tmp_path: Path) -> None:
    with child("os.chdir(sys.argv[1])" + ONE, tmp_path, "an argument", "", "ü") as told:
        owner = only_owner(look(told["port"]), told["port"])
    assert owner.pid == told["pid"]
    assert owner.name == Path(os.path.realpath(sys.executable)).name[:15] or owner.name.startswith("python")
    assert owner.executable == os.path.realpath(sys.executable)
    assert owner.executable_state == "present"
    assert owner.command is not None
    assert owner.command[0] == sys.executable
    assert owner.command[-3:] == ("an argument", "", "ü")
    assert owner.uid == os.geteuid()
    assert owner.working_directory == str(tmp_path)
    assert owner.started is not None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", owner.started)
    assert owner.parents[0].pid == os.getpid()
    assert len({parent.pid for parent in owner.parents}) == len(owner.parents)


@each_backend
@pytest.mark.parametrize("wide", [False, True], ids=["one port", "every port"])
def test_a_port_held_by_four_processes_names_four(look: Look, wide: bool) -> None:
    with child(SHARED, 4) as told:
        (listener,) = on_port(look() if wide else look(told["port"]), told["port"])
    assert [owner.pid for owner in listener.owners] == sorted(told["pids"])


@each_backend
def test_processes_that_share_a_port_by_reuseport_are_all_named(look: Look) -> None:
    code = OPEN + (
        "made = opened(TCP, '127.0.0.1', int(sys.argv[1]), (socket.SOL_SOCKET, socket.SO_REUSEPORT));"
        "ready(port=port(made)); wait()"
    )
    with child(code, 0) as first, child(code, first["port"]) as second:
        found = on_port(look(first["port"]), first["port"])
    assert {owner.pid for listener in found for owner in listener.owners} == {first["pid"], second["pid"]}


@each_backend
def test_the_same_port_of_two_transports_and_addresses_is_told_apart(look: Look) -> None:
    code = OPEN + (
        "first = opened(TCP, '127.0.0.1'); second = opened(UDP, '127.0.0.1', port(first));"
        "third = opened(TCP, '127.0.0.2', port(first)); ready(port=port(first)); wait()"
    )
    with child(code) as told:
        found = on_port(look(told["port"]), told["port"])
    assert [(one.transport, one.address) for one in found] == [
        ("tcp", "127.0.0.1"),
        ("tcp", "127.0.0.2"),
        ("udp", "127.0.0.1"),
    ]


@each_backend
def test_a_question_about_one_port_tells_of_no_other(look: Look, several: dict[str, Any]) -> None:
    port = several["sockets"][0][2]
    inspection = look(port)
    assert {one.port for one in inspection.listeners} == {port}
    assert {one.port for one in inspection.port_connections or ()} <= {port}


CONNECTED = (
    OPEN
    + """
server = opened(TCP, "127.0.0.1")
client = socket.create_connection(server.getsockname())
accepted, _ = server.accept()
left, right = opened(UDP, "127.0.0.1"), opened(UDP, "127.0.0.1")
left.connect(right.getsockname())
ready(server=port(server), client=port(client), left=port(left), right=port(right))
wait()
"""
)


@each_backend
def test_connections_are_counted_and_named_when_asked(look: Look) -> None:
    with child(CONNECTED) as told:
        quiet, named, client = look(told["server"]), look(told["server"], peers=True), look(told["client"])
        whole = look(everything=True)
    for inspection in (quiet, named, whole):
        on_server = [one for one in inspection.port_connections or () if one.port == told["server"]]
        assert [(one.transport, one.connections.established) for one in on_server] == [("tcp", 1)]
    (counted,) = named.port_connections or ()
    (peer,) = counted.connections.peers or ()
    assert (peer.transport, peer.local_address, peer.address, peer.port, peer.state) == (
        "tcp",
        "127.0.0.1",
        "127.0.0.1",
        told["client"],
        "established",
    )
    (unnamed,) = quiet.port_connections or ()
    assert unnamed.connections.peers is None
    assert for_port(client, told["client"]).port_state is not None
    assert client.listeners == ()


@each_backend
def test_connected_udp_is_told_of_one_port_and_when_everything_is_asked_for(look: Look) -> None:
    with child(CONNECTED) as told:
        assert [one.state for one in on_port(look(told["left"]), told["left"])] == ["connected"]
        assert [one.state for one in on_port(look(everything=True), told["left"])] == ["connected"]
        assert on_port(look(), told["left"]) == []
        assert [one.state for one in on_port(look(), told["right"])] == ["unconnected"]


@each_backend
def test_without_a_port_connections_are_not_looked_at(look: Look) -> None:
    assert look().port_connections is None


@each_backend
def test_held_and_not_held(look: Look) -> None:
    with child(ONE) as told:
        port = told["port"]
        held = for_port(look(port), port).port_state
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    nothing = for_port(look(free), free).port_state
    assert held is not None
    assert held.state == "held"
    assert nothing is not None
    assert nothing.state == "nothing"


@each_backend
def test_a_process_that_dropped_its_rights_is_named_with_its_user(look: Look) -> None:
    if os.geteuid() != 0:
        pytest.skip("giving up rights needs to have them")
    code = OPEN + f"made = opened(TCP, '127.0.0.1'); os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY});"
    with child(code + "ready(port=port(made)); wait()") as told:
        owner = only_owner(look(told["port"]), told["port"])
    assert (owner.uid, owner.user) == (NOBODY, "nobody")


@each_backend
def test_an_executable_that_is_no_more_is_told_as_deleted(look: Look, tmp_path: Path) -> None:
    program = tmp_path / "short-lived"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    code = OPEN + (
        "made = opened(TCP, '127.0.0.1'); number = port(made); os.set_inheritable(made.fileno(), True)\n"
        "reader, writer = os.pipe(); pid = os.fork()\n"
        "if not pid: os.execv(sys.argv[1], [sys.argv[1], '600'])\n"
        # the pipe closes with the exec
        "made.close(); os.close(writer); os.read(reader, 1); os.unlink(sys.argv[1])\n"
        "ready(port=number, holder=pid); wait()"
    )
    with child(code, program) as told:
        owner = only_owner(look(told["port"]), told["port"])
    assert owner.pid == told["holder"]
    assert owner.executable_state == "deleted"
    assert owner.executable == str(program)
    assert owner.command == (str(program), "600")


@each_backend
def test_bytes_that_are_no_text_arrive_escaped(look: Look, tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/a\xff\x1bb"
    os.mkdir(odd)
    code = (
        OPEN + "os.chdir(bytes.fromhex(sys.argv[1])); made = opened(TCP, '127.0.0.1'); ready(port=port(made)); wait()"
    )
    with child(code, odd.hex(), os.fsdecode(b"\xfe\x1b[31m\xe2\x80\xae")) as told:
        inspection = look(told["port"])
    owner = only_owner(inspection, told["port"])
    assert owner.working_directory is not None
    assert owner.working_directory.endswith("/a\\xff\x1bb")
    assert owner.command is not None
    assert owner.command[-1] == "\\xfe\x1b[31m\u202e"
    to_json(Listing(host=inspection)).encode("ascii")


@each_backend
def test_a_long_command_line_is_read(look: Look) -> None:
    arguments = ["x" * 100_000] * 10
    with child(ONE, *arguments) as told:
        owner = only_owner(look(told["port"]), told["port"])
    assert owner.command is not None
    assert owner.command[-10:] == tuple(arguments)


@each_backend
def test_a_listener_among_processes_that_come_and_go_is_not_lost(look: Look) -> None:
    storm = "threading.Thread(target=wait, daemon=True).start()\nready()\nwhile True:\n    pid = os.fork()\n"
    with child(SHARED, 2) as told, child(storm + "    if not pid: os._exit(0)\n    os.waitpid(pid, 0)\n"):
        for _ in range(5):
            (listener,) = on_port(look(), told["port"])
            assert [owner.pid for owner in listener.owners] == sorted(told["pids"])


@each_backend
def test_an_inspection_is_whole_and_survives_being_saved(look: Look) -> None:
    with child(CONNECTED):
        inspection = look(everything=True)
    assert parse(to_json(Listing(host=inspection)).encode()) == inspection
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", inspection.taken_at)
    assert inspection.hostname == socket.gethostname()
    assert inspection.privileges.uid == os.geteuid()
    assert inspection.port_state is None
    assert inspection.complete is (not inspection.unseen)


@each_backend
def test_what_is_unseen_of_a_socket_or_a_process_leads_to_it(look: Look, several: dict[str, Any]) -> None:
    inspection = look()
    inodes = {f"socket:{one.inode}" for one in inspection.listeners}
    pids = {f"pid:{owner.pid}" for one in inspection.listeners for owner in one.owners}
    for one in inspection.unseen:
        kind = (one.subject or "").partition(":")[0]
        if kind == "socket":
            assert one.subject in inodes
        elif kind == "pid" and one.missing in ("executable", "command"):
            assert one.subject in pids


AS_NOBODY = """
sys.path.insert(0, {sources!r})
from whoseport.render.json import to_json
from whoseport.model import Listing
from {module} import look
# the sources may lie where nobody may go: the first look imports whatever a look imports
look()
os.setgroups([]); os.setresgid({nobody}, {nobody}, {nobody}); os.setresuid({nobody}, {nobody}, {nobody})
os.chdir("/")
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: whoever drops rights is closed to its own kind
made = opened(TCP, "127.0.0.1")
ready(port=port(made), document=json.loads(to_json(Listing(host=look(everything=True)))))
wait()
"""


@each_backend
def test_without_rights_every_listener_is_shown_and_the_missing_owners_are_told(look: Look) -> None:
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    module = "whoseport.host.psutil_backend" if look is look_by_psutil else "whoseport.host.linux.look"
    code = OPEN + AS_NOBODY.format(sources=SOURCES, module=module, nobody=NOBODY)
    with child(SHARED, 2) as told, child(code) as seen:
        inspection = parse(json.dumps(seen["document"]).encode())
    (foreign,) = on_port(inspection, told["port"])
    assert foreign.owners == ()
    (why,) = [one for one in inspection.unseen if one.subject == f"socket:{foreign.inode}"]
    assert (why.missing, why.reason) == ("owners", "not-permitted")
    assert only_owner(inspection, seen["port"]).pid == seen["pid"]
    assert not inspection.complete
    assert (inspection.privileges.uid, inspection.privileges.user) == (NOBODY, "nobody")


UNKNOWN_TO_PSUTIL = (
    *("started", "unit", "slice", "container", "package", "package_version", "kernel_thread", "session", "streams"),
    *("related", "executable_file", "files", "environment", "libraries", "capabilities", "traced_by", "project"),
)
"""And the start, which psutil rounds in another way."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has two backends")
def test_both_backends_say_the_same_of_the_same_sockets(several: dict[str, Any]) -> None:
    with child(SHARED, 3) as shared, child(CONNECTED) as connected:
        ports = {port for _, _, port in several["sockets"]} | {shared["port"]} | set(connected.values())
        by_linux, by_psutil = look_by_linux(everything=True), look_by_psutil(everything=True)

    def facts(inspection: Inspection) -> list[object]:
        return [
            (
                *(listener.transport, listener.address, listener.port, listener.state, listener.exposure),
                [owner.replace(**dict.fromkeys(UNKNOWN_TO_PSUTIL)) for owner in listener.owners],
            )
            for listener in inspection.listeners
            if listener.port in ports and listener.netns == inspection.netns
        ]

    assert facts(by_linux) == facts(by_psutil)
    counted = [
        [one for one in inspection.port_connections or () if one.port in ports] for inspection in (by_linux, by_psutil)
    ]
    assert counted[0] == counted[1] != []
