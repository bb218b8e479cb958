"""The second view of the sockets: real sockets, sockets that come and go, and ones that one view hides."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.children import churn
from tests.host.network import Wanted, open_sockets, room
from whoseport.host.linux.socket_table import SocketTable
from whoseport.host.linux.sockets import read_sockets
from whoseport.host.linux.views import inodes_in, read_inodes, read_listed, read_views
from whoseport.model import View

WISHES = [
    Wanted(kind, address)
    for kind in ("tcp-listen", "mptcp-listen", "udp", "udp-connected", "tcp-bound")
    for address in ("127.0.0.1", "::1", "0.0.0.0", "::")
]


def views(port: int | None, proc: str = "/proc", first: SocketTable | None = None) -> tuple[View, ...]:
    def again() -> SocketTable:
        return read_sockets(port=port, want="everything")

    return read_views((first or again()).sockets, again, port=port, proc=proc)


@pytest.mark.namespaces
def test_both_views_show_the_same() -> None:
    with room() as place:
        opened = place.call(open_sockets, WISHES)
        shown = {
            "tcp": {one.inode for one in opened if one.wanted.kind.endswith("listen")},
            "udp": {one.inode for one in opened if one.wanted.kind.startswith("udp")},
        }
        whole = place.call(views, None)
        assert [(view.source, view.transport, view.port) for view in whole] == [
            ("/proc/net", "tcp", None),
            ("/proc/net", "udp", None),
        ]
        assert {view.transport: set(view.sockets) for view in whole} == shown
        for one in opened:
            narrow: dict[str, tuple[int, ...]] = {view.transport: view.sockets for view in place.call(views, one.port)}
            transport = "udp" if one.wanted.kind.startswith("udp") else "tcp"
            expected = () if one.wanted.kind == "tcp-bound" else (one.inode,)
            assert (one.wanted.kind, narrow[transport]) == (one.wanted.kind, expected)


@pytest.mark.namespaces
def test_connections_are_not_read_to_find_listeners() -> None:
    with room() as place:
        assert place.call(listens_before_connections) == 1


def listens_before_connections() -> int:
    made = socket.create_server(("127.0.0.1", 0))
    port = made.getsockname()[1]
    pairs = [(socket.create_connection(("127.0.0.1", port)), made.accept()[0]) for _ in range(200)]
    found = read_inodes("tcp", port=port, net="/proc/net")
    assert found is not None
    assert found == {os.fstat(made.fileno()).st_ino: port}
    read = read_listed("/proc/net/tcp", listening=True)
    assert 0 < len(read) < len(read_listed("/proc/net/tcp", listening=False))
    del pairs
    return len(found)


def hiding(folder: Path, *, tcp: bytes | None = None) -> str:
    """A /proc of which /proc/net/tcp is ours."""
    net = folder / "thread-self/net"
    net.mkdir(parents=True)
    for name in ("tcp", "tcp6", "udp", "udp6"):
        shutil.copyfile(f"/proc/net/{name}", net / name)
    if tcp is not None:
        (net / "tcp").write_bytes(tcp)
    return str(folder)


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="only Linux has /proc/net")
def test_what_one_view_hides_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port, inode = made.getsockname()[1], os.fstat(made.fileno()).st_ino
        real = Path("/proc/net/tcp").read_bytes()
        hidden = b"".join(line for line in real.splitlines(keepends=True) if b" %d " % inode not in line)
        assert hidden != real
        by_tcp = {view.transport: view for view in views(port, hiding(tmp_path / "one", tcp=hidden))}
        assert by_tcp["tcp"].sockets == ()
        # a socket that the first view does not show, on another port
        line = (
            b"   9: 0100007F:0001 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4242 1 0 100 0 0 10 0\n"
        )
        proc = hiding(tmp_path / "two", tcp=real + line)
        (only,) = (view for view in views(1, proc) if view.transport == "tcp")
        assert 4242 in only.sockets
        everything = [view for view in views(None, proc) if view.transport == "tcp"]
        assert everything[0].port is None
        assert 4242 in everything[0].sockets
        assert [(view.port, view.sockets) for view in everything[1:] if 4242 in view.sockets] == [(1, only.sockets)]


@pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="only Linux has /proc/net")
def test_what_came_or_went_is_no_difference() -> None:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port = made.getsockname()[1]
        before = read_sockets(port=port)
        empty = before.replace(sockets=())
    # closed after the first view was read
    gone = {view.transport: view.sockets for view in views(port, first=before)}
    assert gone["tcp"] == tuple(one.inode for one in before.sockets)
    with socket.create_server(("127.0.0.1", port)):
        # opened after it
        assert {view.transport: view.sockets for view in views(port, first=empty)}["tcp"] == ()


@pytest.mark.namespaces
def test_a_storm_of_sockets_makes_no_difference() -> None:
    with room() as place:
        assert place.call(differences_in_a_storm) == 0


def differences_in_a_storm() -> int:
    churn()
    stop = threading.Event()

    def more() -> None:
        while not stop.is_set():
            with socket.create_server(("127.0.0.1", 0)):
                pass

    thread = threading.Thread(target=more)
    thread.start()
    try:
        found = 0
        for _ in range(40):
            table = read_sockets(want="everything")
            for view in views(None, first=table):
                shown = {one.inode for one in table.sockets if one.transport == view.transport and one.state != "bound"}
                found += len(shown ^ set(view.sockets))
        return found
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("missing", ["tcp", "udp", "tcp6", "udp6"])
def test_a_view_that_cannot_be_read_is_none(tmp_path: Path, missing: str) -> None:
    net = tmp_path / "thread-self/net"
    net.mkdir(parents=True)
    for name in ("tcp", "tcp6", "udp", "udp6"):
        if name != missing:
            (net / name).write_bytes(b"  sl  local_address\n")
    empty = SocketTable(sockets=(), connections={}, peers=(), unread=(), unseen=())
    found = {view.transport for view in read_views((), lambda: empty, port=80, proc=str(tmp_path))}
    # without IPv6 there are no files of it
    assert found == ({"tcp", "udp"} if missing.endswith("6") else {"tcp", "udp"} - {missing})
    (net / missing).mkdir()
    assert {view.transport for view in read_views((), lambda: empty, port=80, proc=str(tmp_path))} == (
        {"tcp", "udp"} - {missing.removesuffix("6")}
    )


LINE = b"   0: 0100007F:03CB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 2 0 100 0 0 10 0"


@given(
    st.lists(st.one_of(st.binary(max_size=120), st.just(LINE)), max_size=5), st.one_of(st.none(), st.integers(0, 65535))
)
def test_any_bytes_are_lines(lines: list[bytes], port: int | None) -> None:
    text = b"\n".join(lines)
    for listening in (True, False):
        found = inodes_in(text, port=port, listening=listening)
        assert all(port in (None, number) for number in found.values())
        if LINE in lines and port in (None, 971):
            assert found[77] == 971
