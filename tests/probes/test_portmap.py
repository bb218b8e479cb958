"""The port mapper: a real rpcbind, servers that misbehave, and any bytes for an answer."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.network import room
from tests.probes.rpcbind import port_mapper, register, witness
from whoseport.model import RpcProgram
from whoseport.probes.exchange import exchange
from whoseport.probes.portmap import NotUnderstood, call, marked, parse, port_of, unmarked
from whoseport.probes.rpc_programs import parse_names, programs

TRANSACTION = 0x01020304
ACCEPTED = struct.pack(">IIIII", 1, 0, 0, 0, 0)


def reply(body: bytes, *, transaction: int = TRANSACTION) -> bytes:
    return struct.pack(">I", transaction) + ACCEPTED + body


def text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value + b"\0" * (-len(value) % 4)


def entry2(program: int, version: int, protocol: int, port: int) -> bytes:
    return struct.pack(">IIIII", 1, program, version, protocol, port)


def entry4(program: int, version: int, netid: bytes, address: bytes, owner: bytes) -> bytes:
    return struct.pack(">III", 1, program, version) + text(netid) + text(address) + text(owner)


END = struct.pack(">I", 0)


# --- the real one ----------------------------------------------------------------------------------------------------


@pytest.mark.namespaces
def test_a_real_port_mapper_tells_what_is_registered(tmp_path: Path) -> None:
    names = tmp_path / "rpc"
    names.write_text("ours 536870913\n")
    with port_mapper() as (there, _pid):
        assert there.call(register, 100005, 3, 6, 971)
        assert there.call(register, 100005, 3, 17, 972)
        assert there.call(register, 536870913, 1, 6, 40000)
        found = there.call(programs, rpc_file=str(names))
        assert isinstance(found, tuple)
        assert {(one.program, one.version, one.transport, one.port) for one in found} == there.call(witness)
        told = {(one.port, one.transport): (one.name, one.owner) for one in found}
        assert told[971, "tcp"] == ("mountd", "superuser")
        assert told[972, "udp"][0] == "mountd"
        assert told[40000, "tcp"][0] == "ours"
        unnamed = there.call(programs, rpc_file="")
        assert isinstance(unnamed, tuple)
        assert {one.name for one in unnamed if one.port == 40000} == {None}
        assert told[111, "tcp"][0] == "portmapper"


@pytest.mark.namespaces
def test_it_is_asked_by_udp_and_through_its_own_socket(tmp_path: Path) -> None:
    with port_mapper() as (there, pid):
        assert there.call(register, 100003, 4, 6, 2049)
        by_tcp = there.call(programs)
        assert isinstance(by_tcp, tuple)
        path = f"/proc/{pid}/root/run/rpcbind.sock"
        table = tmp_path / "unix"
        table.write_text(f"Num RefCount\n0000: 00000002 00000000 00010000 0001 01 1234 {path}\n")
        # on port 9 nobody answers, so that only the socket is left
        assert there.call(programs, port=9, socket_path=path, unix_table=str(table)) == by_tcp
        assert there.call(programs, port=9, socket_path=path) == "refused"
        message = call(4, transaction=TRANSACTION)
        by_udp = there.call(exchange, message, carrier="udp", address="127.0.0.1", port=111)
        assert parse(by_udp.content, version=4, transaction=TRANSACTION) == tuple(
            one.replace(name=None) for one in by_tcp
        )
        assert programs(port=9, address="127.0.0.1", socket_path=path) == "refused"


@pytest.mark.namespaces
def test_versions_three_and_two_are_spoken_too() -> None:
    with port_mapper() as (there, _pid):
        assert there.call(register, 100003, 4, 6, 2049)
        for version in (4, 3, 2):
            message = marked(call(version, transaction=TRANSACTION))
            answer = there.call(exchange, message, carrier="tcp", address="127.0.0.1", port=111)
            content = unmarked(answer.content)
            assert content is not None
            found = parse(content, version=version, transaction=TRANSACTION, names={100003: "nfs"})
            assert ("nfs", 2049) in {(one.name, one.port) for one in found}


@pytest.mark.namespaces
def test_nobody_to_ask_is_refused() -> None:
    with room() as there:
        assert there.call(programs) == "refused"


# --- others that answer on the port ----------------------------------------------------------------------------------


@contextmanager
def serving(answer: Callable[[socket.socket, bytes], None]) -> Iterator[int]:
    """A tcp server on loopback that gives each connection, and what it sent first, to a function."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    accepted, _ = listener.accept()
                except OSError:
                    return
                with accepted:
                    request = accepted.recv(4096)
                    if not request:
                        return
                    try:
                        answer(accepted, request)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with socket.socket() as last:
                last.connect(listener.getsockname())
                last.shutdown(socket.SHUT_WR)
                thread.join(30)


def ask(port: int, timeout: float = 30) -> tuple[RpcProgram, ...] | str:
    return programs(port=port, socket_path=None, rpc_file="/nonexistent", timeout=timeout)


def test_an_answer_in_fragments() -> None:
    def answer(wire: socket.socket, request: bytes) -> None:
        (transaction,) = struct.unpack_from(">I", request, 4)
        message = reply(entry4(100024, 1, b"tcp6", b"::.3.203", b"29") + END, transaction=transaction)
        first, second = message[:10], message[10:]
        for piece in (struct.pack(">I", len(first)) + first[:3], first[3:], marked(second)[:2], marked(second)[2:]):
            wire.sendall(piece)

    with serving(answer) as port:
        expected = RpcProgram(program=100024, version=1, transport="tcp", port=971, name="status", owner="29")
        assert ask(port) == (expected,)


def test_an_old_port_mapper_knows_version_two_alone() -> None:
    asked: list[int] = []

    def answer(wire: socket.socket, request: bytes) -> None:
        transaction, _, _, _, version = struct.unpack_from(">IIIII", request, 4)
        asked.append(version)
        if version == 2:
            wire.sendall(marked(reply(entry2(100003, 3, 17, 2049) + END, transaction=transaction)))
        else:
            mismatch = struct.pack(">IIIIIIII", transaction, 1, 0, 0, 0, 2, 2, 2)
            wire.sendall(marked(mismatch))

    with serving(answer) as port:
        expected = RpcProgram(program=100003, version=3, transport="udp", port=2049, name="nfs", owner=None)
        assert ask(port) == (expected,)
    assert asked == [4, 3, 2]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "unrecognized"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "unrecognized"),
        (b"", "closed"),
        (b"\x80", "closed"),
        (marked(b"x" * 40), "unrecognized"),
        (b"\xff\xff\xff\xff", "unrecognized"),
        (b"\0\0\0\0" * 50, "unrecognized"),
    ],
)
def test_others_are_not_understood(content: bytes, expected: str) -> None:
    def answer(wire: socket.socket, request: bytes) -> None:
        wire.sendall(content)

    with serving(answer) as port:
        assert ask(port) == expected


def test_one_that_says_nothing_is_silent() -> None:
    def answer(wire: socket.socket, request: bytes) -> None:
        assert wire.recv(1) == b""  # until the other side gives up

    with serving(answer) as port:
        assert ask(port, timeout=0.2) == "silent"


def test_one_that_never_ends_is_cut_short() -> None:
    def answer(wire: socket.socket, request: bytes) -> None:
        while True:
            wire.sendall(struct.pack(">I", 1 << 16) + b"x" * (1 << 16))

    with serving(answer) as port:
        assert ask(port) == "unrecognized"


def test_what_is_read_is_bounded() -> None:
    def answer(wire: socket.socket, request: bytes) -> None:
        while True:
            wire.sendall(b"x" * (1 << 16))

    with serving(answer) as port:
        found = exchange(
            b"?", carrier="tcp", address="127.0.0.1", port=port, complete=lambda _: False, timeout=30, limit=1 << 18
        )
    assert found.outcome == "unrecognized"
    assert 1 << 18 < len(found.content) <= (1 << 18) + (1 << 16)


def test_only_datagrams_that_answer_count() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            request, client = server.recvfrom(4096)
            server.sendto(b"no answer", client)
            server.sendto(reply(entry2(100003, 3, 6, 2049) + END, transaction=7), client)
            (transaction,) = struct.unpack_from(">I", request)
            content = entry4(100003, 3, b"tcp", b"0.0.0.0.8.1", b"") + END
            server.sendto(reply(content, transaction=transaction), client)

        thread = threading.Thread(target=serve)
        thread.start()
        found = ask(server.getsockname()[1])
        thread.join(30)
    assert isinstance(found, tuple)
    assert [(one.port, one.owner) for one in found] == [(2049, None)]


# --- pure ------------------------------------------------------------------------------------------------------------


def test_the_call_is_as_the_specification_has_it() -> None:
    expected = "01020304 00000000 00000002 000186a0 00000002 00000004 00000000 00000000 00000000 00000000"
    assert call(2, transaction=TRANSACTION) == bytes.fromhex(expected)
    assert marked(b"abcd") == bytes.fromhex("80000004 61626364")


def test_other_transports_and_ports_out_of_range_are_left_out() -> None:
    body = entry4(100000, 4, b"local", b"/run/rpcbind.sock", b"superuser") + entry4(1, 1, b"tcp", b"0.0.0.0.0.0", b"")
    assert parse(reply(body + END), version=4, transaction=TRANSACTION) == ()
    assert parse(reply(entry2(1, 1, 6, 70000) + END), version=2, transaction=TRANSACTION) == ()


@pytest.mark.parametrize(
    ("message", "mismatch"),
    [
        (reply(END, transaction=1), False),
        (struct.pack(">II", TRANSACTION, 0), False),
        (struct.pack(">IIIII", TRANSACTION, 1, 1, 0, 2), False),
        (struct.pack(">IIIIII", TRANSACTION, 1, 0, 0, 0, 1), False),
        (struct.pack(">IIIIII", TRANSACTION, 1, 0, 0, 0, 2), True),
        (reply(entry2(1, 1, 6, 1)), False),
        (reply(b"\0\0\0\5"), False),
        (reply(struct.pack(">IIII", 1, 1, 1, 1 << 30)), False),
        (b"", False),
    ],
)
def test_what_is_no_answer(message: bytes, mismatch: bool) -> None:
    with pytest.raises(NotUnderstood) as problem:
        parse(message, version=4 if len(message) > 30 else 2, transaction=TRANSACTION)
    assert problem.value.mismatch is mismatch


def test_an_endless_list_is_not_read() -> None:
    message = reply(entry2(1, 1, 6, 80) * 10_001 + END)
    with pytest.raises(NotUnderstood):
        parse(message, version=2, transaction=TRANSACTION)


def test_universal_addresses() -> None:
    assert port_of(b"127.0.0.1.3.203") == 971
    assert port_of(b"::1.0.111") == 111
    for bad in (b"", b"1.2", b"a.b.c", b"0.0.0.0.256.1", b"0.0.0.0.-1.1", b"/run/a.1.2x", b"0.0.0.0.0001.1"):
        assert port_of(bad) is None


def test_names_of_programs() -> None:
    content = b"# comment\nportmapper\t100000\tportmap sunrpc\nother 100000\nbad\nworse x\n\xff\xfe 5\n"
    assert parse_names(content) == {100000: "portmapper", 5: "\\xff\\xfe"}


@given(st.binary(max_size=400), st.sampled_from([2, 3, 4]))
def test_any_bytes_are_an_answer_or_none(data: bytes, version: int) -> None:
    for message in (data, reply(data), reply(entry4(1, 1, b"tcp", data[:20], data[20:40]) + END)):
        try:
            found = parse(message, version=version, transaction=TRANSACTION)
        except NotUnderstood:
            continue
        assert all(0 < one.port < 65536 for one in found)


@given(st.lists(st.binary(max_size=30), max_size=5), st.binary(max_size=20))
def test_records_are_put_together(pieces: list[bytes], rest: bytes) -> None:
    whole = [piece for piece in pieces if piece]
    stream = b"".join(struct.pack(">I", len(piece)) + piece for piece in whole) + marked(b"end")
    assert unmarked(stream + rest) == b"".join(whole) + b"end"
    for cut in range(len(stream)):
        assert unmarked(stream[:cut]) is None


@given(st.binary(max_size=100))
def test_any_stream_has_a_record_or_none(data: bytes) -> None:
    try:
        found = unmarked(data)
    except NotUnderstood:
        return
    assert found is None or len(found) <= len(data)


@given(st.binary(max_size=200))
def test_any_bytes_name_programs(data: bytes) -> None:
    assert all(number >= 0 and name for number, name in parse_names(data).items())
