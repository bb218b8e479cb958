"""The whole look, at real sockets of real processes; `ss` is the witness."""

from __future__ import annotations

import _socket
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.host.children import HOLDERS, LISTENER, STORM, as_nobody, child, churn, crowd, owners_by_ss
from tests.host.network import need_namespaces, room, ss
from tests.host.test_cgroups import own_cgroup
from whoseport.host import for_port, look
from whoseport.host.linux import look as looking
from whoseport.host.linux import owners
from whoseport.model import Inspection, Listener
from whoseport.version import __version__

if sys.platform != "linux":
    pytest.skip("looks by Linux's own ways", allow_module_level=True)


def only(found: Inspection, inode: int) -> Listener:
    (listener,) = [one for one in found.listeners if one.inode == inode]
    return listener


def _as_in_a_list(listener: Listener) -> Listener:
    """Without what is only looked at for a single port."""
    owners = tuple(
        owner.replace(
            package_version=None,
            libraries=None,
            executable_file=owner.executable_file and owner.executable_file.replace(checksum=None),
            project=owner.project and owner.project.replace(dependencies=()),
        )
        for owner in listener.owners
    )
    return listener.replace(owners=owners)


def test_one_port_and_the_whole_list_tell_the_same() -> None:
    with child(HOLDERS, 4, 1) as told:
        (inode,), (port,) = told["inodes"], told["ports"]
        narrow, whole = look(port), look()
        listener = only(narrow, inode)
        assert [owner.pid for owner in listener.owners] == sorted(told["pids"])
        assert (listener.transport, listener.address, listener.state) == ("tcp", "127.0.0.1", "listen")
        assert (listener.exposure, listener.uid, listener.port) == ("loopback", os.geteuid(), port)
        assert listener.netns == whole.netns == str(os.stat("/proc/self/ns/net").st_ino)
        assert listener.candidates == ()
        assert listener.findings is None
        assert _as_in_a_list(only(whole, inode)) == _as_in_a_list(listener)
        assert {one.port for one in narrow.listeners} == {port}
        assert narrow.owners_method == "proc-walk"
        assert narrow.bpf_refused is None
        assert not [one for one in narrow.unseen if one.subject == f"socket:{inode}"]


def test_a_look_tells_when_where_and_by_whom_it_was_taken() -> None:
    found = looking.look(clock=lambda: 1_000_000_000.9)
    assert found.taken_at == "2001-09-09T01:46:40Z"
    assert found.hostname == os.uname().nodename
    assert (found.backend, found.version) == ("linux", __version__)
    assert found.privileges.uid == os.geteuid()
    assert found.complete is (not found.unseen)
    assert found.port_connections is None
    assert look(everything=True).port_connections is not None
    assert found.settings.unprivileged_port_start == int(
        Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()
    )


def test_capabilities_are_those_of_the_process() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to have capabilities")
    assert {"CAP_NET_BIND_SERVICE", "CAP_DAC_OVERRIDE"} <= set(look(1).privileges.capabilities)
    told = as_nobody("ready(has=look(1).privileges.capabilities, user=look(1).privileges.user)")
    assert told["has"] == []
    assert told["user"] == "nobody"


def look_twice(everything: bool) -> tuple[list[Inspection], dict[int, set[int]]]:
    return [look(everything=everything), looking.look(everything=everything)], owners_by_ss()


@pytest.mark.namespaces
@pytest.mark.parametrize("seed", ["red", "green"])
def test_every_listener_with_every_owner_and_nothing_invented(seed: str) -> None:
    need_namespaces()
    with room() as place:
        place.call(crowd, seed, 100)
        looks, by_ss = place.call(look_twice, everything=False)
        sockets = {one.inode: one for one in place.call(ss) if one.state in ("LISTEN", "UNCONN")}
        for found in looks:
            here = [one for one in found.listeners if one.netns == found.netns]
            assert found.netns == place.inode
            assert len(here) == len({one.inode for one in here}) > 300
            assert {one.inode for one in here} == set(by_ss) == set(sockets)
            for one in here:
                witness = sockets[one.inode]
                assert {owner.pid for owner in one.owners} == by_ss[one.inode]
                assert [owner.pid for owner in one.owners] == sorted(owner.pid for owner in one.owners)
                assert (one.address, one.port, one.uid) == (witness.address, witness.port, witness.uid)
            assert list(here) == sorted(here, key=lambda one: one.port)


def look_here() -> Inspection:
    return look()


@pytest.mark.namespaces
def test_listeners_that_come_and_go_neither_hide_nor_stay() -> None:
    need_namespaces()
    with room() as place, child(STORM):
        place.call(crowd, "standing", 30)
        standing = place.call(owners_by_ss)
        place.call(churn)
        for _ in range(8):
            found = place.call(look_here)
            here = {one.inode: one for one in found.listeners if one.netns == found.netns}
            assert standing.keys() <= here.keys()
            for inode, pids in standing.items():
                assert {owner.pid for owner in here[inode].owners} == pids


def test_what_was_closed_meanwhile_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("who may hold a socket without being seen is not asked after")
    find = owners.find_holders
    closing = socket.create_server(("127.0.0.1", 0))
    inode, port = os.fstat(closing.fileno()).st_ino, closing.getsockname()[1]

    def close_first(inodes: set[int], **options: Any) -> object:
        assert inode in inodes
        closing.close()
        return find(inodes, **options)

    monkeypatch.setattr(looking, "find_holders", close_first)
    assert look(port).listeners == ()


@pytest.mark.namespaces
def test_other_namespaces_are_told_apart() -> None:
    need_namespaces()
    with room() as place, child(LISTENER) as here:
        port = here["ports"][0]
        there = place.call(listen_on, "8.8.8.8", port)
        found = for_port(look(port), port)
        by_inode = {one.inode: one for one in found.listeners}
        assert by_inode[here["inodes"][0]].netns == found.netns
        other = by_inode[there]
        assert other.netns == place.inode != found.netns
        assert other.exposure != "public"
        assert [owner.pid for owner in other.owners] == [place.pid]
        assert found.port_state is not None
        assert found.port_state.state == "held"
    with room() as place:
        place.call(listen_on, "127.0.0.1", port)
        found = for_port(look(port), port)
        assert [one.netns for one in found.listeners] == [place.inode]
        assert found.port_state is not None
        assert found.port_state.state == "nothing"


_kept: list[socket.socket] = []


def listen_on(address: str, port: int) -> int:
    made = socket.socket()
    made.setsockopt(_socket.IPPROTO_IP, 15, 1)  # IP_FREEBIND: an address that is not ours
    made.bind((address, port))
    made.listen()
    _kept.append(made)
    return os.fstat(made.fileno()).st_ino


def connect_to_own(port: int) -> None:
    client = socket.create_connection(("127.0.0.1", port))
    accepted, _address = next(one for one in _kept if one.getsockname()[1] == port).accept()
    _kept.extend((client, accepted))


def for_port_there(port: int, peers: bool) -> Inspection:
    return for_port(look(port, peers=peers), port)


@pytest.mark.namespaces
def test_connections_on_the_port_are_counted_and_named_when_asked() -> None:
    need_namespaces()
    with room() as place:
        place.call(listen_on, "127.0.0.1", 971)
        for _ in range(3):
            place.call(connect_to_own, 971)
        found = place.call(for_port_there, 971, peers=False)
        assert found.connections is not None
        assert (found.connections.established, found.connections.peers) == (3, None)
        found = place.call(for_port_there, 971, peers=True)
        assert found.connections is not None
        assert found.connections.peers is not None
        assert len(found.connections.peers) == 3
        assert {peer.local_address for peer in found.connections.peers} == {"127.0.0.1"}


def test_root_and_nobody_agree_on_the_sockets_and_nobody_says_what_is_unseen() -> None:
    code = """
from whoseport.model import Listener
made = listen()
port, number = int(sys.argv[1]), inode(made)
found = look()
mine = [one for one in found.listeners if one.inode == number]
foreign = [one for one in found.listeners if one.port == port]
narrow = for_port(look(port), port)
ready(
    mine=[[owner.pid for owner in one.owners] for one in mine],
    foreign=[[one.inode, one.user, one.uid, [owner.pid for owner in one.owners]] for one in foreign],
    unseen=[[one.missing, one.reason, one.subject] for one in found.unseen],
    narrow=[[one.missing, one.reason, one.subject] for one in narrow.unseen],
    number=number,
    complete=found.complete,
    state=narrow.port_state.state,
)
"""
    with child(LISTENER) as foreign:
        told = as_nobody(code, foreign["ports"][0])
        inode = foreign["inodes"][0]
        assert told["mine"] == [[told["pid"]]]
        assert told["foreign"] == [[inode, "root", 0, []]]
        assert ["owners", "not-permitted", f"socket:{inode}"] in told["unseen"]
        assert ["owners", "not-permitted", f"socket:{told['number']}"] not in told["unseen"]
        assert ["owners", "not-permitted", f"socket:{inode}"] in told["narrow"]
        assert len(told["narrow"]) < 10
        assert told["complete"] is False
        assert told["state"] == "held"


def test_without_rights_the_cgroup_names_unit_and_likely_owners() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to make a cgroup")
    family = """
pid = os.fork()
if pid == 0:
    wait()
made = listen()
ready(inodes=[inode(made)], ports=[made.getsockname()[1]], pids=[os.getpid(), pid])
wait()
"""
    code = """
port, number = int(sys.argv[1]), int(sys.argv[2])
(one,) = [one for one in look(port).listeners if one.inode == number]
ready(unit=one.unit, slice=one.slice, cgroup=one.cgroup, owners=len(one.owners), candidates=[
    [candidate.pid, candidate.name, candidate.because] for candidate in one.candidates
])
"""
    for processes, because in (
        (LISTENER, ["only-process-in-cgroup"]),
        (family, ["unit-main-process", "in-socket-cgroup"]),
    ):
        with own_cgroup("likely.service") as (path, folder):
            enter = ("sh", "-c", f'echo $$ > {folder}/cgroup.procs && exec "$@"', "enter")
            with child(processes, command=enter) as told:
                seen = only(look(told["ports"][0]), told["inodes"][0])
                assert (seen.cgroup, seen.unit, seen.candidates) == (path, "likely.service", ())
                assert [(owner.pid, owner.unit, owner.slice) for owner in seen.owners] == [
                    (told["pid"], "likely.service", path.split("/")[1])
                ]
                guessed = as_nobody(code, told["ports"][0], told["inodes"][0])
                assert (guessed["cgroup"], guessed["unit"], guessed["slice"]) == (
                    path,
                    "likely.service",
                    path.split("/")[1],
                )
                assert guessed["owners"] == 0
                pids = told.get("pids", [told["pid"]])
                name = Path(f"/proc/{told['pid']}/comm").read_text().strip()
                assert guessed["candidates"] == [[pid, name, word] for pid, word in zip(pids, because, strict=True)]
            _wait_until_empty(folder)


def _wait_until_empty(folder: Path) -> None:
    while (folder / "cgroup.procs").read_text():
        os.sched_yield()


PERL = shutil.which("perl") or ""
LISTENING_PERL = """
    use Socket; $| = 1;
    socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, INADDR_LOOPBACK)); listen(S, 5);
    print((sockaddr_in(getsockname(S)))[0], "\\n"); <STDIN>
"""


def package_of_perl(*command: str) -> tuple[str | None, str | None]:
    """Package and executable of a perl that listens, started with this command."""
    process = subprocess.Popen([*command, "-e", LISTENING_PERL], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        (owner,) = [owner for one in look(port).listeners for owner in one.owners if owner.pid == process.pid]
        return owner.package, owner.executable
    finally:
        process.kill()
        process.communicate()


def test_the_package_of_an_executable_is_named(tmp_path: Path) -> None:
    if not PERL or not Path("/var/lib/dpkg/info/perl-base.list").exists():
        pytest.skip("needs perl from a Debian package")
    perl = os.path.realpath(PERL)
    copy = tmp_path / "perl"
    shutil.copy(perl, copy)
    assert package_of_perl(perl) == ("perl-base", perl)
    assert package_of_perl(str(copy)) == (None, str(copy))


@pytest.mark.namespaces
def test_a_file_mounted_over_a_packages_own_is_compared_with_it(tmp_path: Path) -> None:
    """The path is the package's: what runs there instead is told by its checksum."""
    need_namespaces()
    if not PERL or not Path("/var/lib/dpkg/info/perl-base.list").exists():
        pytest.skip("needs perl from a Debian package")
    perl = os.path.realpath(PERL)
    copy = tmp_path / "perl"
    shutil.copy(perl, copy)
    with copy.open("ab") as file:
        file.write(b"more")
    inside = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1" && exec "$@"', str(copy))
    if subprocess.run([*inside, perl, "-e", "1"], capture_output=True, check=False).returncode:
        pytest.skip("a mount namespace with a file of its own is not permitted here")
    assert package_of_perl(*inside, perl) == ("perl-base", perl)


def test_hostile_names_come_through_whole() -> None:
    code = 'open("/proc/self/comm", "wb").write(b"\\x1b[31m)\\n(")\n' + LISTENER
    with child(code) as told:
        (owner,) = only(look(told["ports"][0]), told["inodes"][0]).owners
        assert owner.name == "\x1b[31m)\n("


def test_the_same_unseen_thing_is_told_once() -> None:
    found = look(everything=True)
    assert len(found.unseen) == len(set(found.unseen))


@contextmanager
def refused_bpf(monkeypatch: pytest.MonkeyPatch, answer: Any) -> Iterator[None]:
    from whoseport.host.linux import bpf

    with monkeypatch.context() as patch:
        patch.setattr(bpf, "find_owners", lambda _inodes: answer)
        yield


def test_a_refused_bpf_program_gives_way_to_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    with child(LISTENER) as told, refused_bpf(monkeypatch, "no-btf"):
        found = look(told["ports"][0], bpf=True)
        assert (found.owners_method, found.bpf_refused) == ("proc-walk", "no-btf")
        assert [owner.pid for owner in only(found, told["inodes"][0]).owners] == [told["pid"]]


def test_a_bpf_program_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    with child(HOLDERS, 3, 1) as told, refused_bpf(monkeypatch, {told["inodes"][0]: tuple(sorted(told["pids"]))}):
        found = look(told["ports"][0], bpf=True)
        assert (found.owners_method, found.bpf_refused) == ("bpf-iterator", None)
        assert [owner.pid for owner in only(found, told["inodes"][0]).owners] == sorted(told["pids"])
        assert found.complete


def test_bpf_and_the_walk_tell_the_same() -> None:
    with child(HOLDERS, 4, 30) as told:
        by_bpf, walked = look(bpf=True), look()
        if by_bpf.bpf_refused is not None:
            pytest.skip(f"no BPF iterator here: {by_bpf.bpf_refused}")
        for inode in told["inodes"]:
            assert only(by_bpf, inode) == only(walked, inode)
            assert len(only(by_bpf, inode).owners) == 4
