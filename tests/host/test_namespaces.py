"""Other network namespaces: found, entered and read, as root and as nobody."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.network import Room, Wanted, become_nobody, open_sockets, room
from whoseport.host.linux import entering
from whoseport.host.linux.entering import read_namespace
from whoseport.host.linux.namespaces import Namespace, Namespaces, mounted, other_namespaces, own_namespace
from whoseport.host.linux.socket_table import SocketTable
from whoseport.host.linux.sockets import read_sockets
from whoseport.model import BrokenSurroundings, Unseen


def find(found: Namespaces, there: Room) -> Namespace:
    (one,) = [other for other in found.others if there.pid in other.pids]
    return one


@pytest.mark.namespaces
def test_a_namespace_of_a_process_is_found_and_read() -> None:
    before = own_namespace()
    with room() as there:
        opened = there.call(
            open_sockets,
            [Wanted("tcp-listen", "0.0.0.0", port=4711), Wanted("udp", "::", device="lo"), Wanted("tcp-bound", "::1")],
        )
        found = other_namespaces()
        assert found.own == before == str(os.stat("/proc/self/ns/net").st_ino)
        other = find(found, there)
        assert (other.inode, other.name, other.mount) == (there.inode, None, None)
        assert os.getpid() not in [pid for one in found.others for pid in one.pids]
        table = read_namespace(other)
        assert {one.inode for one in table.sockets} == {one.inode for one in opened}
        assert {one.netns for one in table.sockets} == {there.inode}
        assert {one.interface for one in table.sockets} == {None, "lo"}
        assert table.unseen == ()
        only = read_namespace(other, port=4711)
        assert [one.port for one in only.sockets] == [4711]
    assert own_namespace() == before


@pytest.mark.namespaces
def test_an_interface_is_named_by_its_own_namespace() -> None:
    with room() as there:
        # the number 1 is lo's everywhere else
        there.call(subprocess.run, ["ip", "link", "set", "lo", "down"], check=True)
        there.call(subprocess.run, ["ip", "link", "set", "lo", "name", "apple"], check=True)
        there.call(open_sockets, [Wanted("udp", "0.0.0.0", device="apple")])
        (one,) = read_namespace(find(other_namespaces(), there)).sockets
        assert one.interface == "apple"


def look_from_inside(inode: str | None, pid: int) -> tuple[Namespaces, SocketTable]:
    """What a process sees of the namespace in which process `pid` lives."""
    found = other_namespaces()
    (other,) = [one for one in found.others if pid in one.pids]
    return found, read_namespace(other)


@pytest.mark.namespaces
def test_an_ordinary_user_finds_it_too_and_reads_what_is_open_to_all() -> None:
    with room() as there, room() as ours:
        opened = there.call(open_sockets, [Wanted("tcp-listen", "127.0.0.1", port=4711), Wanted("tcp-bound", "::1")])
        neighbour = ours.call(start, WAITING)
        ours.call(become_nobody)
        found, table = ours.call(look_from_inside, there.inode, there.pid)
        assert found.own == ours.inode
        (other,) = [one for one in found.others if there.pid in one.pids]
        assert other.inode is None
        assert other.pids == (there.pid,)
        assert not {ours.pid, neighbour} & {pid for one in found.others for pid in one.pids}
        assert [(one.port, one.inode, one.netns) for one in table.sockets] == [(4711, opened[0].inode, None)]
        assert table.unseen == (Unseen(missing="sockets", reason="not-permitted", subject=f"pid:{there.pid}"),)


@pytest.mark.namespaces
def test_a_stranger_beside_a_process_of_ours_gets_its_namespace_s_number() -> None:
    with room() as there, room() as ours:
        beside = there.call(start, ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *WAITING])
        ours.call(become_nobody)
        found, _ = ours.call(look_from_inside, None, there.pid)
        other = find(found, there)
        assert (other.inode, other.pids) == (there.inode, tuple(sorted((there.pid, beside))))


@pytest.mark.namespaces
def test_each_namespace_is_one_however_many_processes_live_in_it() -> None:
    with room() as there:
        beside = there.call(start, WAITING)
        other = find(other_namespaces(), there)
        assert other.pids == tuple(sorted((there.pid, beside)))


WAITING = ["sh", "-c", "echo ready; read line"]


def start(command: list[str]) -> int:
    """Starts what says `ready`, and then waits for input, which ends with the room."""
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    _started.append(started)
    assert started.stdout is not None
    assert started.stdout.readline() == b"ready\n"
    return started.pid


_started: list[subprocess.Popen[bytes]] = []


@pytest.fixture
def named() -> Iterator[str]:
    """A namespace made by `ip netns`, which no process lives in."""
    name = f"whoseport-{uuid.uuid4().hex[:12]}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"ip netns add is not possible here: {made.stderr.strip()}")
    try:
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.mark.namespaces
def test_a_namespace_kept_by_a_mount_alone_is_found_and_entered(named: str) -> None:
    (other,) = [one for one in other_namespaces().others if one.name == named]
    assert other.mount == f"/run/netns/{named}"
    assert other.pids == ()
    assert other.subject == f"netns:{other.inode}"
    assert str(os.stat(other.mount).st_ino) == other.inode
    table = read_namespace(other)
    assert (table.sockets, table.unseen) == ((), ())


@pytest.mark.namespaces
def test_a_process_whose_first_thread_has_ended_is_found() -> None:
    code = (
        "import ctypes, sys, threading\n"
        "def rest():\n    print('ready', flush=True)\n    sys.stdin.read()\n"
        "thread = threading.Thread(target=rest)\nthread.start()\n"
        "ctypes.CDLL(None).syscall(ctypes.c_long(%d), ctypes.c_long(0))\n"
    )
    exit_call = {"x86_64": 60, "aarch64": 93}.get(os.uname().machine)
    if exit_call is None:
        pytest.skip("the number of exit(2) is not known for this machine")
    with room() as there:
        command = ["nsenter", f"--net=/proc/{there.pid}/ns/net", sys.executable, "-c", code % exit_call]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            try:
                assert process.stdout.readline() == b"ready\n"
                wait_until_first_thread_ended(process.pid)
                other = find(other_namespaces(), there)
                assert process.pid in other.pids
            finally:
                process.kill()


def wait_until_first_thread_ended(pid: int) -> None:
    limit = threading.Event()
    timer = threading.Timer(30, limit.set)
    timer.start()
    try:
        while b"State:\tZ" not in Path(f"/proc/{pid}/status").read_bytes():
            assert not limit.is_set(), "the first thread goes on"
            os.sched_yield()
    finally:
        timer.cancel()


@pytest.mark.namespaces
def test_other_threads_stay_where_they_are_while_one_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []
    away: list[str | None] = []

    def watched(**options: object) -> SocketTable:
        away.append(own_namespace())
        other = threading.Thread(target=lambda: seen.append(own_namespace_of_main()))
        other.start()
        other.join()
        return read_sockets(**options)  # type: ignore[arg-type]

    def own_namespace_of_main() -> str:
        return str(os.stat(f"/proc/self/task/{main}/ns/net").st_ino)

    main = threading.get_native_id()
    bystander = threading.Event()
    told: list[str | None] = []

    def stay() -> None:
        bystander.wait(30)
        told.append(own_namespace())

    thread = threading.Thread(target=stay)
    thread.start()
    before = own_namespace()
    monkeypatch.setattr(entering, "read_sockets", watched)
    with room() as there:
        read_namespace(find(other_namespaces(), there))
        assert away == seen == [there.inode]
        bystander.set()
        thread.join()
    assert told == [before]
    assert own_namespace() == before


@pytest.mark.namespaces
def test_the_way_back_is_taken_even_if_reading_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(**_options: object) -> SocketTable:
        raise MemoryError

    before = own_namespace()
    monkeypatch.setattr(entering, "read_sockets", failing)
    with room() as there:
        other = find(other_namespaces(), there)
        with pytest.raises(MemoryError):
            read_namespace(other)
    assert own_namespace() == before


@pytest.mark.namespaces
def test_what_is_unseen_there_is_told_of_the_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    def partly(**options: object) -> SocketTable:
        return read_sockets(**options, release="6.1.0")  # type: ignore[arg-type]

    monkeypatch.setattr(entering, "read_sockets", partly)
    with room() as there:
        table = read_namespace(find(other_namespaces(), there))
        assert table.unseen == (Unseen(missing="sockets", reason="not-supported", subject=f"netns:{there.inode}"),)


@pytest.mark.namespaces
def test_not_getting_back_is_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[int] = []

    def only_once(opened: int) -> None:
        entered.append(opened)
        if len(entered) > 1:
            raise PermissionError(1, "no way")

    monkeypatch.setattr(entering, "_enter", only_once)
    with room() as there:
        other = find(other_namespaces(), there)
        with pytest.raises(BrokenSurroundings) as caught:
            read_namespace(other)
    assert caught.value.problem == "namespace-not-left"


def test_a_namespace_that_is_gone_is_unseen() -> None:
    gone = Namespace(inode="4026530000", name="gone", mount="/run/netns/no-such-namespace", pids=(2**22 + 1,))
    table = read_namespace(gone)
    assert table.sockets == ()
    assert table.unread == ("tcp", "udp")
    assert table.unseen == (Unseen(missing="namespace", reason="vanished", subject="netns:4026530000"),)


def test_a_pid_that_is_another_process_s_by_now_leads_nowhere() -> None:
    stale = Namespace(inode="4026530000", name=None, mount=None, pids=(os.getpid(),))
    table = read_namespace(stale)
    assert (table.sockets, table.unseen[0].missing) == ((), "namespace")


def test_without_proc_nothing_is_known_and_that_is_said(tmp_path: Path) -> None:
    found = other_namespaces(str(tmp_path / "nowhere"))
    assert (found.own, found.others) == (None, ())
    assert found.unseen == (Unseen(missing="namespace", reason="unreadable", subject=None),)


def test_hidden_processes_are_said_to_be_unseen(tmp_path: Path) -> None:
    (tmp_path / "4711").mkdir()
    found = other_namespaces(str(tmp_path))
    assert found.unseen == (Unseen(missing="namespace", reason="not-permitted", subject=None),)


MOUNTINFO = rb"""
22 27 0:21 / /proc rw,relatime - proc proc rw
99 27 0:4 net:[4026532281] /run/netns/with\040space rw shared:5 - nsfs nsfs rw
98 27 0:4 net:[4026532282] /run/docker/netns/0123abc rw - nsfs nsfs rw
97 27 0:4 mnt:[4026532283] /run/mnt rw - nsfs nsfs rw
96 27 0:4 net:[x] /run/netns/x rw - nsfs nsfs rw
95 27 0:40 net:[5] /run/netns/fake rw - tmpfs tmpfs rw
"""


def test_mounts_that_keep_namespaces() -> None:
    assert mounted(MOUNTINFO) == [
        ("4026532281", "/run/netns/with space"),
        ("4026532282", "/run/docker/netns/0123abc"),
    ]


@given(
    st.one_of(
        st.binary(),
        st.lists(
            st.one_of(st.binary(max_size=20), st.sampled_from([b"net:[5]", b"nsfs", b"-", b"/run/netns/x\\040"])),
            max_size=14,
        ).map(b" ".join),
    )
)
def test_no_bytes_make_the_parser_stumble(text: bytes) -> None:
    for number, path in mounted(text):
        assert number.isdigit()
        assert isinstance(path, str)
