"""The fallback's parsers, on lines as kernels print them and on any bytes."""

from __future__ import annotations

import socket
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux.proc_net import parse, parse_sctp_endpoints, sockets_in_use
from whoseport.host.linux.socket_table import TableBuilder

RECORDINGS = Path(__file__).parent / "recordings" / "sock_diag"
HEADER = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LINE = (
    b" 12: 0100007F:03CB 0200000A:A001 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 00000000 100\n"
)
LINE6 = (
    b"  0: B80D0120000000000000000007000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 "
    b"00:00000000 00000000     0        0 815 1 0000000000000000 100 0 0 10 0\n"
)


def test_lines_of_both_families() -> None:
    first, second = parse(HEADER + LINE + LINE6)
    assert first[:6] == (1, 971, 40961, socket.inet_aton("127.0.0.1"), socket.inet_aton("10.0.0.2"), 0)
    assert first[7:9] == (1000, 4711)
    assert second[:4] == (10, 80, 0, socket.inet_pton(socket.AF_INET6, "2001:db8::7"))
    assert {row[6] for row in (first, second)} == {row[9] for row in (first, second)} == {None}


def test_a_line_that_makes_no_sense_takes_no_other_with_it() -> None:
    for bad in (
        b"x\n",
        LINE.replace(b"03CB", b"03XB"),
        LINE.replace(b"4711", b"-"),
        LINE.replace(b"4711", b"4" * 21),
        LINE.replace(b"0100007F", b"01"),
    ):
        assert len(parse(HEADER + bad + LINE6)) == 1


def test_sctp_endpoints_as_a_kernel_printed_them() -> None:
    rows = parse_sctp_endpoints((RECORDINGS / "linux-6.12.101-sctp-eps.txt").read_bytes())
    builder = TableBuilder(None, connections=False, peers=False, netns=None)
    builder.add("sctp", "sctp", rows)
    assert {(one.state, one.address, one.port, one.inode) for one in builder.table().sockets} == {
        ("listen", "127.0.0.1", 36412, 385),
        ("listen", "127.0.0.1", 36422, 386),
        ("listen", "127.0.0.2", 36422, 386),
        ("listen", "0.0.0.0", 2905, 387),
        ("listen", "::", 3868, 388),
    }


def test_an_sctp_port_that_is_none_is_left_out() -> None:
    assert parse_sctp_endpoints(b"1 2 2 10 57 65536 0 385 127.0.0.1 \n") == []
    assert len(parse_sctp_endpoints(b"1 2 2 10 57 65535 0 385 127.0.0.1 \n")) == 1


def test_how_many_sockets_are_in_use() -> None:
    text = (
        b"protocol  size sockets  memory press\nMPTCPv6   2064      0       0   no\nMPTCP  1936  12  0 no\nTCP x y z\n"
    )
    assert sockets_in_use(text, b"MPTCP") == 12
    assert sockets_in_use(text, b"MPTCPv6") == 0
    assert sockets_in_use(text, b"SCTP") is None
    assert sockets_in_use(text, b"TCP") is None


words = st.sampled_from([b"0:", b"0100007F:03CB", b"0A", b"2", b"10", b"7", b"00000000:00000000", b"127.0.0.1", b"::1"])
lines = st.lists(st.one_of(words, st.binary(max_size=40)), max_size=14).map(b" ".join)


@given(st.one_of(st.binary(), st.lists(lines).map(b"\n".join)))
def test_no_bytes_make_the_parsers_stumble(text: bytes) -> None:
    in_use = sockets_in_use(text, b"0:")
    assert in_use is None or in_use >= 0
    builder = TableBuilder(None, connections=True, peers=True, netns=None)
    builder.add("tcp", "tcp", parse(text))
    builder.add("sctp", "sctp", parse_sctp_endpoints(text))
    for one in builder.table().sockets:
        assert 0 < one.port <= 65535
        assert one.uid is not None
        assert max(one.uid, one.inode) < 10**20


@given(st.binary(min_size=16, max_size=16), st.integers(1, 65535), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_what_the_kernel_prints_is_read_back(address: bytes, port: int, uid: int, inode: int) -> None:
    swapped = b"".join(address[at : at + 4][::-1] for at in (0, 4, 8, 12)).hex().upper().encode()
    line = b"0: %s:%04X %s:0000 07 0:0 00:0 0 %d 0 %d 2 0 0" % (swapped, port, b"0" * 32, uid, inode)
    ((state, told, _, source, *_rest),) = parse(line)
    assert (state, told, source) == (7, port, address)
    assert _rest[3:5] == [uid, inode]
