"""The wire format, on what kernels really sent, on what was built from linux/inet_diag.h, and on any bytes at all."""

from __future__ import annotations

import errno
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import sock_diag
from whoseport.host.linux.sock_diag import Client, Part, Refused, dump_request, read_rows, tally_rows
from whoseport.host.linux.socket_table import SocketTable, TableBuilder
from whoseport.model import Protocol, Transport

if TYPE_CHECKING:
    from whoseport.host.linux.sock_diag import Row, Tally

RECORDINGS = Path(__file__).parent / "recordings" / "sock_diag"


def parts(name: str) -> list[bytes]:
    return [bytes.fromhex(line) for line in (RECORDINGS / f"{name}.hex").read_text().split()]


def table(protocol: Protocol, transport: Transport, *names: str) -> SocketTable:
    builder = TableBuilder(None, connections=True, peers=True, netns=None)
    for name in names:
        rows: dict[bytes, Row] = {}
        read = [read_rows(part, rows) for part in parts(name)]
        assert [part.done for part in read] == [False] * (len(read) - 1) + [True]
        assert not any(part.broken or part.interrupted or part.error for part in read)
        told = list(rows.values())
        if name.endswith("connections"):
            told = [row for row in told if row[13] or transport != "sctp"]
        builder.add(protocol, transport, told)
    return builder.table()


def listed(found: SocketTable) -> set[tuple[str, str, str, int, bool | None, int | None]]:
    rows = [(one.protocol, one.state, one.address, one.port, one.v6only, one.backlog) for one in found.sockets]
    assert len(set(rows)) == len(rows)
    assert all(one.uid == 0 and one.inode and one.cgroup_id == 1 and one.interface is None for one in found.sockets)
    return set(rows)


# --- recordings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", ["6.12.101", "6.1.176"])
def test_sctp_associations(kernel: str) -> None:
    found = table("sctp", "sctp", f"linux-{kernel}-sctp4-connections")
    assert found.connections == {
        ("sctp", 36412): {"established": 1},
        ("sctp", 5555): {"established": 1},
        ("sctp", 2905): {"established": 2},
        ("sctp", 5601): {"established": 1},
        ("sctp", 5602): {"established": 1},
    }
    assert sorted(peer.port for peer in found.peers) == [2905, 2905, 5555, 5601, 5602, 36412]
    assert found.sockets == ()


def test_sctp_endpoints_are_told_with_all_their_addresses() -> None:
    found = table("sctp", "sctp", "linux-6.12.101-sctp4-listening", "linux-6.12.101-sctp6-listening")
    assert listed(found) == {
        ("sctp", "listen", "127.0.0.1", 36412, None, 9),
        ("sctp", "listen", "127.0.0.1", 36422, None, 3),
        ("sctp", "listen", "127.0.0.2", 36422, None, 3),
        ("sctp", "listen", "0.0.0.0", 2905, None, 4),
        ("sctp", "listen", "::", 3868, False, 5),
    }
    assert {one.family for one in found.sockets if one.port == 3868} == {6}


def test_dccp() -> None:
    listening = table("dccp", "dccp", "linux-6.12.101-dccp4-listening", "linux-6.12.101-dccp6-listening")
    assert listed(listening) == {
        ("dccp", "listen", "127.0.0.1", 5001, None, None),
        ("dccp", "bound", "127.0.0.1", 5003, None, None),
        ("dccp", "listen", "::", 5002, True, None),
    }
    assert table("dccp", "dccp", "linux-6.12.101-dccp4-connections").connections == {("dccp", 5001): {"established": 1}}


def test_udplite() -> None:
    found = table("udplite", "udp", "linux-6.12.101-udplite4-listening", "linux-6.12.101-udplite6-listening")
    assert listed(found) == {
        ("udplite", "unconnected", "127.0.0.1", 1360, None, None),
        ("udplite", "unconnected", "::", 1361, True, None),
    }


@pytest.mark.parametrize("kernel", ["6.12.101", "6.1.176"])
def test_mptcp_is_told_from_tcp(kernel: str) -> None:
    expected: set[tuple[str, str, str, int, bool | None, int | None]] = {
        ("tcp", "listen", "127.0.0.1", 971, None, 7),
        ("mptcp", "listen", "127.0.0.1", 974, None, 3),
        ("tcp", "listen", "::", 972, False, 3),
    }
    if kernel == "6.12.101":
        expected.add(("tcp", "bound", "::1", 973, True, None))
    found = table("tcp", "tcp", f"linux-{kernel}-tcp4-mptcp", f"linux-{kernel}-tcp6-mptcp")
    assert listed(found) == expected


# --- built from the specification -----------------------------------------------------------------------------------


def message(payload: bytes, *, kind: int = 20, flags: int = 2, sequence: int = 1, length: int | None = None) -> bytes:
    whole = 16 + len(payload) if length is None else length
    made = struct.pack("=IHHII", whole, kind, flags, sequence, 0) + payload
    return made + bytes(-len(made) % 4)


def attribute(kind: int, value: bytes) -> bytes:
    made = struct.pack("=HH", 4 + len(value), kind) + value
    return made + bytes(-len(made) % 4)


def inet_diag_msg(
    *,
    family: int = socket.AF_INET,
    state: int = 10,
    port: int = 971,
    peer_port: int = 0,
    source: str = "127.0.0.1",
    destination: str = "0.0.0.0",
    interface: int = 0,
    cookie: int = 1,
    queue: int = 128,
    uid: int = 1000,
    inode: int = 4711,
    attributes: bytes = b"",
) -> bytes:
    """struct inet_diag_msg, as linux/inet_diag.h has it, and its attributes."""
    ports = struct.pack("!HH", port, peer_port)
    addresses = b"".join(socket.inet_pton(family, one).ljust(16, b"\0") for one in (source, destination))
    return (
        struct.pack("=BBBB", family, state, 0, 0)
        + ports
        + addresses
        + struct.pack("=IQ", interface, cookie)
        + struct.pack("=IIIII", 0, 0, queue, uid, inode)
        + attributes
    )


DONE = message(struct.pack("=i", 0), kind=3)


def rows_of(data: bytes) -> tuple[list[Row], Part]:
    rows: dict[bytes, Row] = {}
    part = read_rows(data, rows)
    return list(rows.values()), part


def test_every_field_is_read_from_its_place() -> None:
    attributes = attribute(8, b"\0") + attribute(11, b"\1") + attribute(21, struct.pack("=Q", 1 << 40))
    ulp = attribute(19 | 0x8000, attribute(1, b"mptcp\0"))
    told = inet_diag_msg(
        family=socket.AF_INET6,
        source="2001:db8::7",
        destination="fe80::2",
        peer_port=5,
        interface=3,
        attributes=attributes + ulp,
    )
    (row,), part = rows_of(message(told) + DONE)
    source, destination = (socket.inet_pton(socket.AF_INET6, one) for one in ("2001:db8::7", "fe80::2"))
    assert row == (10, 971, 5, source, destination, 3, 128, 1000, 4711, True, 1 << 40, True, b"", False)
    assert part.done


def test_another_ulp_is_not_mptcp() -> None:
    (row,), _ = rows_of(message(inet_diag_msg(attributes=attribute(19, attribute(1, b"tls\0")))))
    assert row[11] is False


def test_the_queue_is_a_backlog_only_while_listening() -> None:
    (row,), _ = rows_of(message(inet_diag_msg(state=1)))
    assert row[6] is None


def test_a_socket_told_twice_counts_once() -> None:
    rows, _ = rows_of(message(inet_diag_msg(cookie=9)) + message(inet_diag_msg(cookie=9)) + DONE)
    assert len(rows) == 1


def test_messages_of_another_request_are_passed() -> None:
    rows, part = rows_of(message(inet_diag_msg(), sequence=7) + message(struct.pack("=i", 0), kind=3, sequence=7))
    assert (rows, part.done, part.broken) == ([], False, False)


@pytest.mark.parametrize("counting", [False, True])
def test_what_ends_and_breaks_a_dump(counting: bool) -> None:
    def part(data: bytes) -> Part:
        return tally_rows(data, {}) if counting else read_rows(data, {})

    good = message(inet_diag_msg())
    assert not part(good).done
    assert part(good + DONE).done
    assert part(message(struct.pack("=i", -errno.ENOENT), kind=3)).error == errno.ENOENT
    assert part(message(struct.pack("=i", -errno.EPERM) + bytes(16), kind=2)).error == errno.EPERM
    assert part(message(inet_diag_msg(), flags=0x10)).interrupted
    assert part(message(struct.pack("=i", 0), kind=3, flags=0x10)).interrupted
    assert not part(good).interrupted
    assert part(good[:-4]).broken
    assert part(good + b"\0").broken
    assert part(message(b"", length=5)).broken
    assert part(message(bytes(20))).broken
    assert not part(message(bytes(20), kind=1)).broken


@pytest.mark.parametrize("length", [0, 3, 400, 0xFFFF])
def test_an_attribute_of_an_impossible_length_is_broken_but_the_socket_is_told(length: int) -> None:
    rows, part = rows_of(message(inet_diag_msg(attributes=struct.pack("=HHQ", length, 21, 1))) + DONE)
    assert (len(rows), part.broken) == (1, True)


def test_connections_are_counted_by_port_and_state() -> None:
    tally: Tally = {}
    data = b"".join(message(inet_diag_msg(state=state, port=port)) for state, port in [(1, 971), (1, 971), (6, 80)])
    assert tally_rows(data + DONE, tally).done
    assert tally == {(971, 1): 2, (80, 6): 1}


def test_the_request() -> None:
    request = dump_request(socket.AF_INET6, 6, states=1 << 10, port=971, sequence=3)
    length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", request)
    assert (length, kind, flags, sequence) == (len(request), 20, 0x301, 3)
    assert len(request) == 16 + 56
    assert struct.unpack_from("=BBBBI", request, 16) == (socket.AF_INET6, 6, 0, 0, 1 << 10)
    assert struct.unpack_from("!H", request, 24) == (971,)
    assert request[-8:] == b"\xff" * 8
    assert dump_request(2, 6, states=1, mptcp=True)[18] == 2


# --- any bytes ------------------------------------------------------------------------------------------------------


pieces = st.one_of(
    st.binary(max_size=200),
    st.builds(message, st.binary(max_size=150), kind=st.sampled_from([1, 2, 3, 4, 20]), flags=st.integers(0, 0xFFFF)),
    st.builds(
        lambda kind, value, length: message(inet_diag_msg(attributes=attribute(kind, value)), length=length),
        st.sampled_from([8, 11, 12, 13, 19, 21]),
        st.binary(max_size=40),
        st.one_of(st.none(), st.integers(0, 0xFFFFFFFF)),
    ),
)


@given(st.lists(pieces, max_size=5).map(b"".join))
def test_no_bytes_make_the_parsers_stumble(data: bytes) -> None:
    rows: dict[bytes, Row] = {}
    tally: Tally = {}
    read, counted = read_rows(data, rows), tally_rows(data, tally)
    assert (read.done, read.error) == (counted.done, counted.error)
    assert sum(tally.values()) >= len(rows)
    builder = TableBuilder(None, connections=True, peers=True, netns=None)
    builder.add("tcp", "tcp", list(rows.values()))
    builder.add("udp", "udp", list(rows.values()))
    builder.add("sctp", "sctp", list(rows.values()))
    assert all(0 < one.port <= 65535 for one in builder.table().sockets)


# --- the client -----------------------------------------------------------------------------------------------------


class Pretended:
    """A netlink socket that answers each request with the next of these lists of parts."""

    def __init__(self, *answers: list[bytes | OSError]) -> None:
        self.answers = list(answers)
        self.asked: list[bytes] = []

    def send(self, request: bytes) -> None:
        self.asked.append(request)
        self.waiting = list(self.answers.pop(0))

    def recv(self, _size: int) -> bytes:
        one = self.waiting.pop(0)
        if isinstance(one, OSError):
            raise one
        return one


def client(*answers: list[bytes | OSError]) -> tuple[Client, Pretended]:
    made = Client.__new__(Client)
    pretended = Pretended(*answers)
    made._socket = pretended  # type: ignore[assignment]
    made._sequence = 0
    return made, pretended


def part_of(number: int, *messages: bytes) -> bytes:
    """The same messages as of the dump with this number."""
    return b"".join(one[:8] + struct.pack("=I", number) + one[12:] for one in messages)


def test_an_interrupted_dump_is_asked_for_again() -> None:
    torn = message(inet_diag_msg(cookie=1), flags=0x12)
    asking, pretended = client([part_of(1, torn, DONE)], [part_of(2, message(inet_diag_msg(cookie=2)), DONE)])
    rows, complete = asking.rows(2, 6, states=1 << 10)
    assert (len(pretended.asked), complete) == (2, True)
    assert len(rows) == 2


def test_a_dump_that_never_gets_whole_is_given_up_and_said_so() -> None:
    torn = message(inet_diag_msg(), flags=0x12)
    answers: list[list[bytes | OSError]] = [[part_of(number, torn, DONE)] for number in (1, 2, 3)]
    asking, pretended = client(*answers)
    tally, complete = asking.tally(2, 6, states=2)
    assert (len(pretended.asked), complete) == (3, False)
    assert tally == {(971, 10): 1}


def test_an_answer_in_parts_is_asked_for_twice_and_united() -> None:
    one, two, three = (message(inet_diag_msg(cookie=cookie)) for cookie in (1, 2, 3))
    asking, pretended = client(
        [part_of(1, one), part_of(1, two, DONE)],
        [part_of(2, one), part_of(2, three), part_of(2, DONE)],
    )
    rows, complete = asking.rows(2, 6, states=1 << 10)
    assert (len(rows), complete, len(pretended.asked)) == (3, True, 2)


def test_an_answer_in_one_part_is_enough_and_so_is_one_that_need_not_be_thorough() -> None:
    one, two = (message(inet_diag_msg(cookie=cookie)) for cookie in (1, 2))
    asking, pretended = client([part_of(1, one, two), part_of(1, DONE)], [part_of(2, one), part_of(2, two, DONE)])
    assert len(asking.rows(2, 6, states=1 << 10)[0]) == 2
    assert len(pretended.asked) == 1
    assert len(asking.rows(2, 6, states=1 << 10, thorough=False)[0]) == 2
    assert len(pretended.asked) == 2


def test_a_full_buffer_is_a_reason_to_ask_again() -> None:
    asking, pretended = client([OSError(errno.ENOBUFS, "full")], [part_of(2, message(inet_diag_msg()), DONE)])
    rows, complete = asking.rows(2, 6, states=1 << 10)
    assert (len(rows), complete, len(pretended.asked)) == (1, True, 2)


def test_a_refusal_carries_its_errno() -> None:
    asking, _ = client([part_of(1, message(struct.pack("=i", -errno.EACCES) + bytes(16), kind=2))])
    with pytest.raises(Refused) as caught:
        asking.rows(2, 6, states=1)
    assert caught.value.errno == errno.EACCES


def test_the_real_kernel_refuses_what_it_does_not_have() -> None:
    try:
        asking = Client()
    except OSError:
        pytest.skip("netlink is denied here")
    with asking, pytest.raises(Refused) as caught:
        asking.rows(socket.AF_INET, 254, states=1)
    assert caught.value.errno == errno.ENOENT


def test_the_constants_are_those_of_the_kernel() -> None:
    assert (sock_diag.LISTEN, sock_diag.CLOSE, sock_diag.BOUND_INACTIVE, sock_diag.ESTABLISHED) == (10, 7, 13, 1)
