"""Real sockets, opened at random in network namespaces of the test's own; `ss` and /proc/net are the witnesses."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import pytest

from tests.host.network import (
    Opened,
    Room,
    Wanted,
    become_nobody,
    churn,
    close_sockets,
    connect,
    deny_netlink,
    open_sockets,
    room,
    ss,
    stop_churning,
)
from whoseport.host.linux.sockets import RawSocket, SocketTable, read_files, read_sockets
from whoseport.model import Reason, Unseen

pytestmark = pytest.mark.namespaces

KINDS = ("tcp-listen", "tcp-bound", "mptcp-listen", "udp", "udp-connected", "udplite")
ADDRESSES = ("0.0.0.0", "127.0.0.1", "127.3.2.1", "10.9.8.7", "::", "::1", "2001:db8::7", "::ffff:127.0.0.1")


def wish(chance: random.Random, kinds: tuple[str, ...] = KINDS) -> Wanted:
    address = chance.choice(ADDRESSES)
    return Wanted(
        kind=chance.choice(kinds),
        address=address,
        v6only=chance.choice((None, True, False)) if ":" in address and "." not in address else None,
        device=chance.choice((None, None, "lo")),
        backlog=chance.randrange(1, 100),
        port=chance.choice((0, chance.randrange(1, 65536))),
    )


def expected_state(kind: str) -> str:
    return {"tcp-listen": "listen", "mptcp-listen": "listen", "tcp-bound": "bound", "udp-connected": "connected"}.get(
        kind, "unconnected"
    )


def assert_is(found: RawSocket, opened: Opened) -> None:
    wanted = opened.wanted
    protocol = wanted.kind.partition("-")[0]
    assert (found.protocol, found.transport) == (protocol, "udp" if protocol.startswith("udp") else "tcp")
    assert (found.port, found.inode) == (opened.port, opened.inode)
    assert found.state == expected_state(wanted.kind)
    assert found.family == (6 if ":" in wanted.address else 4)
    assert found.interface == wanted.device
    assert found.backlog == (wanted.backlog if found.state == "listen" else None)
    assert found.uid == os.getuid()
    assert found.cgroup_id is not None
    if found.state == "connected":
        assert found.peer_port == 9
    else:
        assert (found.address, found.peer_address, found.peer_port) == (wanted.address, None, None)
        # an MPTCP socket does not know that binding to an address made its TCP socket IPv6 only
        assert found.v6only == (opened.v6only if protocol != "mptcp" or wanted.address == "::" else found.v6only)


def by_inode(table: SocketTable) -> dict[int, RawSocket]:
    found = {one.inode: one for one in table.sockets}
    assert len(found) == len(table.sockets)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_every_socket_opened_at_random_is_told_and_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    with room() as there:
        opened = there.call(open_sockets, [wish(chance) for _ in range(400)])
        closed = chance.sample(opened, len(opened) // 4)
        there.call(close_sockets, [one.number for one in closed])
        standing = {one.inode: one for one in opened if one not in closed}
        table = there.call(read_sockets, want="everything", netns=there.inode)
        found = by_inode(table)
        assert found.keys() == standing.keys()
        for inode, one in found.items():
            assert_is(one, standing[inode])
            assert one.netns == there.inode
        assert (table.unread, table.unseen) == ((), ())

        listing = by_inode(there.call(read_sockets))
        assert listing.keys() == {inode for inode, one in standing.items() if one.wanted.kind != "udp-connected"}


def test_ss_tells_the_same() -> None:
    chance = random.Random(971)
    with room() as there:
        there.call(open_sockets, [wish(chance, ("tcp-listen", "udp")) for _ in range(600)])
        witnessed = {one.inode: one for one in there.call(ss)}
        found = by_inode(there.call(read_sockets))
    assert len(witnessed) > 500
    assert found.keys() == witnessed.keys()
    for inode, one in found.items():
        witness = witnessed[inode]
        assert (one.protocol, one.address, one.port) == (witness.protocol, witness.address, witness.port)
        assert (one.interface, one.v6only, one.uid) == (witness.interface, witness.v6only, witness.uid)
        assert {"listen": "LISTEN", "unconnected": "UNCONN"}[one.state] == witness.state
        assert one.backlog == (witness.backlog if one.state == "listen" else None)


def test_the_files_of_proc_net_tell_the_same_but_for_what_they_leave_out() -> None:
    chance = random.Random(6335)
    with room() as there:
        opened = there.call(open_sockets, [wish(chance) for _ in range(300)])
        there.call(connect, next(one.number for one in opened if one.wanted.kind == "tcp-listen"), 7)
        asked = there.call(read_sockets, want="everything")
        read = there.call(read_files, "/proc/self/net", reason="not-permitted", want="everything")
    left_out = {"interface": None, "v6only": None, "backlog": None, "cgroup_id": None}
    expected = {
        one.replace(**left_out, protocol=one.transport if one.protocol == "mptcp" else one.protocol)
        for one in asked.sockets
        if one.state != "bound"
    }
    assert set(read.sockets) == expected
    assert read.connections == asked.connections
    assert sum(states["established"] for states in read.connections.values()) == 14
    assert read.unseen == tuple(
        Unseen(missing="sockets", reason="not-permitted", subject=f"sock_diag:{protocol}")
        for protocol in ("tcp", "udp")
    )


@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT])
def test_where_netlink_is_denied_the_files_stand_in(number: int) -> None:
    with room() as there:
        (opened,) = there.call(open_sockets, [Wanted("tcp-listen", "127.0.0.1")])
        there.call(deny_netlink, number)
        table = there.call(read_sockets)
    (found,) = table.sockets
    assert (found.inode, found.port, found.state) == (opened.inode, opened.port, "listen")
    assert found.cgroup_id is None
    reason: Reason = "not-permitted" if number in (errno.EPERM, errno.EACCES) else "not-supported"
    assert Unseen(missing="sockets", reason=reason, subject="sock_diag:tcp") in table.unseen
    assert table.unread == ()


def test_one_port_tells_everything_on_it_and_nothing_of_others() -> None:
    with room() as there:
        opened = there.call(
            open_sockets,
            [
                Wanted("tcp-listen", "127.0.0.1", port=4711),
                Wanted("tcp-listen", "127.0.0.1", port=4711),
                Wanted("tcp-bound", "10.9.8.7", port=4711),
                Wanted("udp", "::", port=4711),
                Wanted("udp-connected", "127.0.0.1", port=4711),
                Wanted("tcp-listen", "127.0.0.1", port=4712),
                Wanted("tcp-bound", "127.0.0.1", port=4712),
                Wanted("udp", "::", port=4712),
            ],
        )
        there.call(connect, opened[5].number, 2)
        table = there.call(read_sockets, port=4711)
        assert by_inode(table).keys() == {one.inode for one in opened[:5]}
        assert (table.connections, table.peers) == ({}, ())
        read = there.call(read_files, "/proc/self/net", reason="not-permitted", port=4711)
        assert by_inode(read).keys() == {one.inode for one in opened[:5] if one.wanted.kind != "tcp-bound"}


def test_connections_are_counted_by_state_and_named_when_asked() -> None:
    with room() as there:
        (listener,) = there.call(open_sockets, [Wanted("tcp-listen", "::", port=4711, v6only=False)])
        there.call(connect, listener.number, 3)
        plain = there.call(read_sockets, port=4711)
        assert plain.connections == {("tcp", 4711): {"established": 3}}
        assert plain.peers == ()
        named = there.call(read_sockets, port=4711, peers=True)
        assert named.connections == plain.connections
        assert [(one.local_address, one.address, one.state) for one in named.peers] == [
            ("::1", "::1", "established")
        ] * 3
        ports = {one.port for one in named.peers}
        for port in ports:
            assert there.call(read_sockets, port=port).connections == {("tcp", port): {"established": 1}}


@pytest.mark.parametrize("peers", [False, True])
def test_closing_connections_keep_their_state(peers: bool) -> None:
    with room() as there:
        (listener,) = there.call(open_sockets, [Wanted("tcp-listen", "127.0.0.1", port=4711)])
        there.call(connect, listener.number, 1)
        there.call(close_sockets, [listener.number])
        table = there.call(read_sockets, want="everything", peers=peers)
        witnessed = there.call(states_of_ss)
    told = sorted(
        state for states in table.connections.values() for state, number in states.items() for _ in range(number)
    )
    assert told == sorted(witnessed)
    assert told
    assert len(table.peers) == (len(told) if peers else 0)


def states_of_ss() -> list[str]:
    import subprocess

    text = subprocess.run(["ss", "-Htan"], capture_output=True, text=True, check=True).stdout
    names = {"TIME-WAIT": "time_wait", "FIN-WAIT-1": "fin_wait1", "FIN-WAIT-2": "fin_wait2", "LAST-ACK": "last_ack"}
    return [names.get(line.split()[0], line.split()[0]) for line in text.splitlines()]


def test_a_kernel_that_does_not_tell_bound_sockets_is_known_by_its_release() -> None:
    missing = Unseen(missing="sockets", reason="not-supported", subject="sock_diag:tcp")
    with room() as there:
        assert there.call(read_sockets, release="6.7.12-arch1").unseen == (missing,)
        assert there.call(read_sockets, release="6.8.0").unseen == ()


def test_an_ordinary_user_sees_as_much() -> None:
    with room() as there:
        opened = there.call(open_sockets, [wish(random.Random(7)) for _ in range(60)])
        as_root = there.call(read_sockets, want="everything")
        there.call(become_nobody)
        assert there.call(read_sockets, want="everything") == as_root
    assert by_inode(as_root).keys() == {one.inode for one in opened}


def test_a_standing_listener_is_never_lost_while_others_come_and_go() -> None:
    with room() as there:
        opened = there.call(open_sockets, [Wanted("tcp-listen", "127.0.0.1") for _ in range(300)])
        standing = {one.inode for one in opened}
        there.call(churn)
        for _ in range(30):
            assert standing <= {one.inode for one in there.call(read_sockets).sockets}
        there.call(stop_churning)


def test_thousands_of_listeners_are_told_each_once() -> None:
    with room() as there:
        opened = there.call(open_sockets, [Wanted("tcp-listen", "0.0.0.0") for _ in range(4000)])
        same = there.call(open_sockets, [Wanted("tcp-listen", "127.0.0.1", port=80) for _ in range(1000)])
        assert by_inode(there.call(read_sockets)).keys() == {one.inode for one in (*opened, *same)}
        assert by_inode(there.call(read_sockets, port=80)).keys() == {one.inode for one in same}


# --- without the kernel: roots made of files ------------------------------------------------------------------------


def made_proc(folder: Path, **files: str) -> Path:
    """A /proc whose kernel can load modules, with these files in thread-self/net."""
    net = folder / "proc" / "thread-self" / "net"
    net.mkdir(parents=True)
    (folder / "proc" / "modules").touch()
    for name, text in files.items():
        (net / name.replace("_", "/")).parent.mkdir(exist_ok=True)
        (net / name.replace("_", "/")).write_text(text)
    return folder / "proc"


TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:03CB 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000 100 0 0 10 0
"""
SCTP_ENDPOINTS = """\
 ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
000 000 2   10  29   36412     0 8811 10.0.0.1 10.0.0.2
"""


def test_nothing_is_asked_that_might_load_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_arguments: object, **_options: object) -> None:
        raise AssertionError("asked the kernel")

    monkeypatch.setattr("whoseport.host.linux.sock_diag.Client.rows", forbidden)
    monkeypatch.setattr("whoseport.host.linux.sock_diag.Client.tally", forbidden)
    proc = made_proc(tmp_path, tcp=TCP, udp="", sctp_eps=SCTP_ENDPOINTS)
    table = read_sockets(proc=str(proc), sys=str(tmp_path / "sys"), modules=str(tmp_path / "modules"))
    assert [(one.transport, one.state, one.address, one.port, one.uid, one.inode) for one in table.sockets] == [
        ("tcp", "listen", "127.0.0.1", 971, 1000, 4711),
        ("sctp", "listen", "10.0.0.1", 36412, 0, 8811),
        ("sctp", "listen", "10.0.0.2", 36412, 0, 8811),
    ]
    assert table.unread == ()
    assert {one.reason for one in table.unseen} == {"not-supported"}


def test_tables_that_cannot_be_read_at_all_are_named(tmp_path: Path) -> None:
    proc = made_proc(tmp_path, protocols="protocol  size sockets\nDCCP 1 0\nUDP-Lite 1344 0\n")
    table = read_sockets(proc=str(proc), sys=str(tmp_path / "sys"), modules=str(tmp_path / "modules"))
    assert table.sockets == ()
    assert table.unread == ("udplite", "tcp", "udp", "dccp")
    assert Unseen(missing="sockets", reason="not-supported", subject="sockets:tcp") in table.unseen


def test_a_room_is_another_namespace(tmp_path: Path) -> None:
    with room() as there:
        assert isinstance(there, Room)
        assert there.inode != str(os.stat("/proc/self/ns/net").st_ino)
