"""Every holder of a socket is named, whatever processes do meanwhile; `ss` and `lsof` are the witnesses."""

from __future__ import annotations

import json
import marshal
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.host.children import (
    HOLDERS,
    LEADERLESS,
    LISTENER,
    STORM,
    as_nobody,
    child,
    crowd,
    owners_by_lsof,
    owners_by_ss,
)
from tests.host.network import need_namespaces, room
from whoseport.host.linux import owners
from whoseport.host.linux.owners import Holders, find_holders
from whoseport.host.linux.sockets import read_sockets

if sys.platform != "linux":
    pytest.skip("reads Linux's /proc", allow_module_level=True)

WORKERS = pytest.mark.parametrize("workers", [1, 2, 5])


@WORKERS
def test_four_holders_of_one_socket_are_four(workers: int) -> None:
    with child(HOLDERS, 4, 1) as told:
        found = find_holders(told["inodes"], workers=workers)
        assert found.pids == {told["inodes"][0]: tuple(sorted(told["pids"]))}
        assert set(found.details) == set(told["pids"])
        assert {details[0] for details in found.details.values()} == set(told["pids"])


@WORKERS
def test_sockets_that_share_a_port_keep_their_own_owners(workers: int) -> None:
    code = """
made = listen(set=[socket.SO_REUSEPORT], port=int(sys.argv[1]))
ready(inode=inode(made), port=made.getsockname()[1])
wait()
"""
    with child(code, 0) as one, child(code, one["port"]) as other:
        found = find_holders([one["inode"], other["inode"]], workers=workers)
        assert found.pids == {one["inode"]: (one["pid"],), other["inode"]: (other["pid"],)}


@WORKERS
def test_nothing_is_found_where_nothing_is_wanted(workers: int) -> None:
    assert find_holders([], workers=workers).pids == {}
    assert find_holders([0], workers=workers).pids == {}
    with socket.socket() as closed:
        inode = os.fstat(closed.fileno()).st_ino
    assert find_holders([inode], workers=workers).pids == {}


def _find_all() -> tuple[set[int], list[Holders]]:
    inodes = {one.inode for one in read_sockets().sockets}
    return inodes, [find_holders(inodes, workers=workers) for workers in (1, 2)]


@pytest.mark.namespaces
@pytest.mark.parametrize("seed", ["one", "two", "three"])
def test_ss_and_lsof_name_the_same_owners_of_a_random_crowd(seed: str) -> None:
    need_namespaces()
    with room() as place:
        place.call(crowd, seed, 120)
        inodes, found = place.call(_find_all)
        witnessed = place.call(owners_by_ss)
        assert len(inodes) > 300
        assert set(witnessed) == inodes
        for holders in found:
            assert {inode: set(pids) for inode, pids in holders.pids.items()} == witnessed
        assert any(len(pids) > 3 for pids in witnessed.values())
        if shutil.which("lsof"):
            by_lsof = place.call(owners_by_lsof)
            assert {inode: set(pids) for inode, pids in found[0].pids.items()} == {
                inode: pids for inode, pids in by_lsof.items() if inode in inodes
            }


@WORKERS
def test_a_process_whose_first_thread_has_exited_is_still_an_owner(workers: int) -> None:
    if os.uname().machine not in ("x86_64", "aarch64"):
        pytest.skip("the number of exit(2) is not known for this machine")
    with child(LEADERLESS) as told:
        _wait_for_leader_to_exit(told["pid"])
        found = find_holders(told["inodes"], workers=workers)
        assert found.pids == {told["inodes"][0]: (told["pid"],)}
        details = found.details[told["pid"]]
        assert details[0] == told["pid"]
        assert details[4] is not None
        assert os.path.samefile(os.fsdecode(details[4]), sys.executable)
        assert details[6] is not None
        assert details[6].startswith(os.fsencode(sys.executable) + b"\0-I\0")


def _wait_for_leader_to_exit(pid: int) -> None:
    status = Path(f"/proc/{pid}/task/{pid}/stat")
    while status.read_bytes().rpartition(b") ")[2][:1] != b"Z":
        os.sched_yield()


@WORKERS
def test_processes_that_come_and_go_hide_no_standing_listener(workers: int) -> None:
    with child(HOLDERS, 3, 40) as told, child(STORM), child(STORM):
        for _ in range(20):
            found = find_holders(told["inodes"], workers=workers)
            assert found.pids == dict.fromkeys(told["inodes"], tuple(sorted(told["pids"])))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_that_was_not_yet_listed_is_found(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = owners._pids
    with child(LISTENER) as told:
        answers = iter([listed("/proc") - {told["pid"]}, listed("/proc")])
        monkeypatch.setattr(owners, "_pids", lambda _proc: next(answers))
        assert find_holders(told["inodes"], workers=workers).pids == {told["inodes"][0]: (told["pid"],)}


def test_what_a_killed_worker_took_is_walked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.getpid()

    def be_killed(_share: object) -> NoReturn:
        assert os.getpid() != me
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("survived")

    monkeypatch.setattr(marshal, "dumps", be_killed)
    with child(HOLDERS, 4, 3) as told:
        found = find_holders(told["inodes"], workers=6)
        assert found.pids == dict.fromkeys(told["inodes"], tuple(sorted(told["pids"])))


def test_a_broken_delivery_is_walked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    real = marshal.dumps
    monkeypatch.setattr(marshal, "dumps", lambda share: real(share)[:-7])
    with child(HOLDERS, 2, 1) as told:
        assert find_holders(told["inodes"], workers=4).pids == {told["inodes"][0]: tuple(sorted(told["pids"]))}


def test_no_child_and_no_descriptor_is_left_behind() -> None:
    before = set(os.listdir("/proc/self/fd"))
    find_holders([1], workers=4)
    assert set(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_program_with_threads_is_never_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> NoReturn:
        raise AssertionError("forked")

    monkeypatch.setattr(os, "fork", refuse)
    waiting = threading.Event()
    other = threading.Thread(target=waiting.wait)
    other.start()
    try:
        with child(LISTENER) as told:
            assert find_holders(told["inodes"], workers=4).pids == {told["inodes"][0]: (told["pid"],)}
    finally:
        waiting.set()
        other.join()


def test_without_processes_to_be_had_it_walks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> NoReturn:
        raise BlockingIOError("EAGAIN of fork(2)")

    monkeypatch.setattr(os, "fork", refuse)
    with child(LISTENER) as told:
        assert find_holders(told["inodes"], workers=4).pids == {told["inodes"][0]: (told["pid"],)}


def test_ignored_children_do_no_harm() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with child(LISTENER) as told:
            assert find_holders(told["inodes"], workers=3).pids == {told["inodes"][0]: (told["pid"],)}
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_without_rights_foreign_processes_are_named_as_refused() -> None:
    code = """
from whoseport.host.linux.owners import find_holders
made = listen()
found = find_holders([inode(made), int(sys.argv[1])], workers=int(sys.argv[2]))
foreign = found.pids.get(int(sys.argv[1]))
ready(pids=found.pids[inode(made)], foreign=foreign, refused=found.refused, hidden=found.hidden)
"""
    with child(LISTENER) as foreign:
        for workers in (1, 2):
            told = as_nobody(code, foreign["inodes"][0], workers)
            assert told["pids"] == [told["pid"]]
            assert told["foreign"] is None
            assert foreign["pid"] in told["refused"]
            assert told["pid"] not in told["refused"]
            assert told["hidden"] is (os.readlink("/proc/self/ns/pid") != "pid:[4026531836]")


@pytest.mark.namespaces
def test_hidden_processes_are_told(tmp_path: Path) -> None:
    need_namespaces()
    proc = tmp_path / "proc"
    proc.mkdir()
    # a /proc of its own in a mount namespace of its own; the option never touches the machine's
    mount = ["unshare", "--mount", "sh", "-c", 'mount -t proc -o hidepid=2 proc "$0" && exec "$@"', str(proc)]
    if subprocess.run([*mount, "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounting a /proc with hidepid is not permitted here")
    code = """
sys.path[:0] = [sys.argv[2]]
from whoseport.host.linux.owners import find_holders
os.chdir(sys.argv[1])
become_nobody()
made = listen()
found = find_holders([inode(made)], proc=".")
"""
    source = str(Path(owners.__file__).parents[3])
    with child(
        code + "ready(pids=found.pids[inode(made)], hidden=found.hidden, refused=found.refused)",
        proc,
        source,
        command=tuple(mount),
    ) as told:
        assert told["pids"] == [told["pid"]]
        assert told["hidden"] is True
        assert told["refused"] == []


def test_a_pid_namespace_of_our_own_hides_what_is_outside(tmp_path: Path) -> None:
    assert owners._in_pid_namespace(str(tmp_path)) is True
    (tmp_path / "self" / "ns").mkdir(parents=True)
    (tmp_path / "self" / "ns" / "pid").symlink_to("pid:[4026531836]")
    assert owners._in_pid_namespace(str(tmp_path)) is False


def test_kernels_that_do_not_count_descriptors_are_walked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.stat

    def uncounted(path: str, **options: Any) -> os.stat_result:
        status = real(path, **options)
        return os.stat_result((*status[:6], 0, *status[7:])) if str(path).endswith("/fd") else status

    monkeypatch.setattr(os, "stat", uncounted)  # Linux before 6.2
    with child(HOLDERS, 2, 1) as told:
        assert find_holders(told["inodes"]).pids == {told["inodes"][0]: tuple(sorted(told["pids"]))}


def test_links_that_may_be_listed_but_not_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.readlink

    def refuse(path: str, *, dir_fd: int | None = None) -> str:
        if dir_fd is not None and real(f"/proc/self/fd/{dir_fd}") == f"/proc/{told['pid']}/fd":
            raise PermissionError
        return real(path, dir_fd=dir_fd)

    with child(LISTENER) as told, child(LISTENER) as other:
        monkeypatch.setattr(os, "readlink", refuse)
        found = find_holders(told["inodes"] + other["inodes"], workers=1)
        assert found.pids == {other["inodes"][0]: (other["pid"],)}
        assert told["pid"] in found.refused
        assert other["pid"] not in found.refused


def test_holders_told_by_others_are_whole_only_where_all_show_themselves(tmp_path: Path) -> None:
    """A socket without holder is the kernel's own only if no process could have hidden it."""
    refused = as_nobody("ready(hidden=[owners.read_holders({}, wanted={5}).hidden, owners.read_holders({}).hidden])")
    assert refused["hidden"] == [True, False]
    for pid in ("7", "8"):
        (tmp_path / pid).mkdir()
    (tmp_path / "7" / "exe").symlink_to("/usr/bin/true")
    assert not owners.read_holders({}, wanted={5}, proc=str(tmp_path)).hidden


SPARSE = """
import resource
made = listen()
wanted = inode(made)
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
os.dup2(made.fileno(), int(sys.argv[2]))
made.close()
for number in json.loads(sys.argv[1]):
    os.dup2(1, number)
ready(inodes=[wanted], ports=[])
threading.Event().wait()
"""


@pytest.mark.parametrize(
    ("others", "number"),
    [
        ([], 40),
        ([], 0),
        ([], 2),
        (list(range(3, 60)), 60),
        (list(range(50, 400, 9)), 399),
        (list(range(3, 1299)), 1299),
    ],
    ids=["one hole", "input", "error", "dense", "full of holes", "many"],
)
def test_a_socket_is_found_at_any_number(others: list[int], number: int) -> None:
    if number >= resource.getrlimit(resource.RLIMIT_NOFILE)[1]:
        pytest.skip("the limit of open files is too low")
    with child(SPARSE, json.dumps(others), number) as told:
        assert find_holders(told["inodes"]).pids == {told["inodes"][0]: (told["pid"],)}
