"""The readers of netlink, nf_tables and iptables, fed with anything; and the arithmetic of ports."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import iptables, links, netlink, nftables, rule_cases, wireguard, xtables
from whoseport.host.linux.nft_expressions import cases_of
from whoseport.host.linux.rule_cases import Case
from whoseport.host.linux.rule_walk import Chain, Walk

MESSAGES = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=200)), max_size=8)
NAMES = st.text(max_size=12)


def packed(kind: int, value: bytes) -> bytes:
    """An attribute, written independently of the reader: struct nlattr of linux/netlink.h."""
    pad = (4 - len(value) % 4) % 4
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * pad


def attribute_lists(depth: int = 3) -> st.SearchStrategy[bytes]:
    """Well-formed attributes, nested, of small numbers, so that readers get beyond their first check."""
    value = st.one_of(
        st.binary(max_size=24),
        st.integers(0, 24).map(lambda number: struct.pack("!I", number)),
        st.sampled_from([b"tcp\0", b"nat\0", b"lookup\0", b"payload\0", b"immediate\0", b"set\0"]),
    )
    for _ in range(depth):
        inner = value
        value = st.one_of(
            inner,
            st.lists(st.tuples(st.integers(0, 11), inner), max_size=6).map(
                lambda pairs: b"".join(packed(kind, content) for kind, content in pairs)
            ),
        )
    return value


NAMES_OF_EXPRESSIONS = """
payload meta cmp lookup immediate nat redir tproxy match target bitwise range byteorder ct fib counter limit reject masq
numgen hash socket dynset objref inner quota queue rt exthdr xfrm osf tunnel log unknown
"""
EXPRESSIONS = st.sampled_from(NAMES_OF_EXPRESSIONS.split())


def expressions() -> st.SearchStrategy[bytes]:
    one = st.tuples(EXPRESSIONS, attribute_lists()).map(
        lambda pair: packed(1, packed(1, pair[0].encode() + b"\0") + packed(2, pair[1]))
    )
    return st.lists(one, max_size=10).map(b"".join)


ELEMENT = st.tuples(
    st.binary(max_size=8),
    st.binary(max_size=8),
    st.one_of(st.none(), st.binary(max_size=8)),
    st.one_of(st.none(), st.tuples(st.integers(-6, 6), st.one_of(st.none(), NAMES))),
)


@given(expressions(), st.binary(max_size=40), st.sampled_from([1, 2, 5, 10]), st.lists(ELEMENT, max_size=5))
def test_any_expressions_make_cases(
    data: bytes,
    userdata: bytes,
    family: int,
    elements: list[tuple[bytes, bytes, bytes | None, tuple[int, str | None] | None]],
) -> None:
    for case in cases_of(data, userdata, family=family, elements=lambda name: elements):
        check(case)


@given(st.binary(max_size=400), st.binary(max_size=40))
def test_any_bytes_are_a_rule(data: bytes, userdata: bytes) -> None:
    for case in cases_of(data, userdata, family=1, elements=lambda name: None):
        check(case)


def number(value: int) -> bytes:
    return struct.pack("!I", value)


def expression(name: bytes, *told: tuple[int, bytes]) -> bytes:
    return packed(1, packed(1, name + b"\0") + packed(2, b"".join(packed(kind, value) for kind, value in told)))


def test_what_is_loaded_over_a_port_is_no_port() -> None:
    port = expression(b"payload", (1, number(9)), (2, number(2)), (3, number(2)), (4, number(2)))
    over = expression(b"immediate", (1, number(1)), (2, packed(1, bytes(16))))
    compare = expression(b"cmp", (1, number(9)), (2, number(0)), (3, packed(1, b"\0\x50")))
    (plain,) = cases_of(port + compare, b"", family=2, elements=lambda name: None)
    assert (plain.named, plain.certain) == (((80, 80),), True)
    (changed,) = cases_of(port + over + compare, b"", family=2, elements=lambda name: None)
    assert (changed.named, changed.certain) == ((), False)


@given(NAMES | st.sampled_from([*xtables._MATCHES]), st.integers(0, 3), st.binary(max_size=400))
def test_any_match_lays_down_something(name: str, revision: int, data: bytes) -> None:
    case = Case()
    xtables.apply_match(case, name, revision, data, family=2)
    check(case)


@given(
    NAMES | st.sampled_from(["DNAT", "REDIRECT", "TPROXY", "SNAT"]),
    st.integers(0, 3),
    st.binary(max_size=64),
    st.sampled_from([2, 10, None]),
)
def test_any_target_does_something(name: str, revision: int, data: bytes, family: int | None) -> None:
    case = Case()
    xtables.apply_target(case, name, revision, data, family=family)
    check(case)


def check(case: Case) -> None:
    assert len(case.text) <= 200
    assert case.to_port is None or 0 <= case.to_port <= 65535
    for ranges in (*case.traffic.values(), case.named, case.sources):
        assert all(0 <= first <= last <= 65535 for first, last in ranges)
    assert case.address is None or case.address


@given(MESSAGES, attribute_lists())
def test_any_messages_are_tables(messages: list[tuple[int, bytes]], content: bytes) -> None:
    messages = messages + [(0xA00 | kind, bytes(4) + content) for kind in (0, 3, 6, 9, 12)]
    messages += [(0xA03, b"\x02\0\0\0" + content), (16, bytes(16) + content), (20, bytes(8) + content)]
    chains = nftables.read_chains(messages)
    nftables.read_rules(messages, chains)
    nftables.read_dormant(messages)
    nftables.read_sets(messages)
    for flags in (0, 4, 0x84):
        for low, high, *_ in nftables.read_elements(messages, flags):
            assert len(low) == len(high) or flags
    links.parse_links(messages)
    assert all(len(one) in (4, 16) for one in links.parse_addresses(messages))
    wireguard.family_in(messages)
    wireguard.port_in(messages, 0xA00)


@given(st.binary(max_size=300))
def test_any_bytes_are_attributes(data: bytes) -> None:
    assert all(len(value) <= len(data) for _, value in netlink.each_attribute(data))


@given(st.lists(st.tuples(st.integers(0, 0x3FFF), st.binary(max_size=20))))
def test_attributes_are_read_as_written(pairs: list[tuple[int, bytes]]) -> None:
    data = b"".join(packed(kind, value) for kind, value in pairs)
    assert list(netlink.each_attribute(data)) == pairs
    assert b"".join(netlink.attribute(kind, value) for kind, value in pairs) == data


def message(kind: int, flags: int, sequence: int, content: bytes) -> bytes:
    pad = (4 - len(content) % 4) % 4
    return struct.pack("=IHHII", 16 + len(content), kind, flags, sequence, 0) + content + b"\0" * pad


@given(st.binary(max_size=300))
def test_any_bytes_are_messages(data: bytes) -> None:
    told: list[tuple[int, bytes]] = []
    netlink.read_messages(data, told, sequence=1)
    assert sum(len(content) for _, content in told) <= len(data)


def test_the_end_of_an_answer_is_told() -> None:
    told: list[tuple[int, bytes]] = []
    one = message(20, 2, 7, b"abcde")
    assert netlink.read_messages(one, told, sequence=7) == (False, True, 0)
    assert told == [(20, b"abcde")]
    foreign = message(20, 2, 6, b"x")
    assert netlink.read_messages(foreign + message(3, 2, 7, bytes(4)), told, sequence=7) == (True, True, 0)
    assert len(told) == 1
    assert netlink.read_messages(message(20, 0x12, 7, b""), told, sequence=7) == (False, False, 0)
    refused = message(2, 0, 7, struct.pack("=i", -1) + bytes(16))
    assert netlink.read_messages(refused, told, sequence=7) == (True, True, 1)
    assert netlink.read_messages(one[:-4], told, sequence=7) == (True, False, 0)


# --- blocks of entries ---


@given(st.binary(max_size=2000), st.sampled_from([2, 10]), st.dictionaries(st.integers(0, 400), st.integers(0, 4)))
def test_any_bytes_are_a_table(data: bytes, family: int, begins: dict[int, int]) -> None:
    read_all(data, family, begins)


@given(
    st.lists(st.tuples(st.binary(max_size=60), st.binary(max_size=60), st.integers(-6, 4000)), max_size=6),
    st.sampled_from([2, 10]),
    st.randoms(use_true_random=False),
)
def test_any_entries_are_a_table(parts: list[tuple[bytes, bytes, int]], family: int, chance: object) -> None:
    size, place = (112, 88) if family == 2 else (168, 140)
    block = b""
    for head, data, verdict in parts:
        match = struct.pack("=H29sB", 32 + len(data), b"multiport", 1) + data
        target = struct.pack("=H29sBi", 36, b"ERROR" if verdict == 7 else b"", 0, verdict)
        entry = bytearray(head.ljust(size, b"\1") + match + target)
        struct.pack_into("=HH", entry, place, size + len(match), len(entry))
        block += bytes(entry)
    read_all(block, family, {0: 0})


def read_all(data: bytes, family: int, begins: dict[int, int]) -> None:
    table = iptables.LegacyTable(family, "nat", iptables.read_entries(data, family, begins))
    for chain in table.chains.values():
        for entry in chain.rules:
            for case in table.cases(entry):
                check(case)


# --- arithmetic ---

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5)


def members(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(RANGES, RANGES)
def test_ports_add_up_as_sets_do(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    left, right = rule_cases.merged(one), rule_cases.merged(other)
    assert members(left) == members(one)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(left))
    a: rule_cases.Traffic = {"tcp": left} if left else {}
    b: rule_cases.Traffic = {"tcp": right} if right else {}
    assert members(rule_cases.both(a, b).get("tcp", ())) == members(one) & members(other)
    assert members(rule_cases.less(a, b).get("tcp", ())) == members(one) - members(other)
    assert members(rule_cases.together(a, b).get("tcp", ())) == members(one) | members(other)
    assert rule_cases.both(rule_cases.EVERYTHING, a) == a


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_a_prefix_is_told_as_one(address: int, bits: int) -> None:
    mask = (0xFFFFFFFF << (32 - bits)) & 0xFFFFFFFF
    run = rule_cases.prefix(address.to_bytes(4, "big"), mask.to_bytes(4, "big"))
    assert run is not None
    assert int.from_bytes(run[1], "big") - int.from_bytes(run[0], "big") + 1 == 2 ** (32 - bits)
    text = rule_cases.addresses_text((run,))
    assert text.partition("/")[2] == ("" if bits == 32 else str(bits))


def test_a_mask_with_holes_is_no_prefix() -> None:
    assert rule_cases.prefix(bytes(4), bytes((255, 0, 255, 0))) is None


# --- rules that nobody writes ---


def chain(name: str, cases: list[Case], beside: dict[str, Chain], hook: str | None = None) -> Chain:
    made = beside[name] = Chain(
        name,
        system="nftables",
        family="ip",
        table="t",
        hook=hook,
        translates=True,
        beside=beside,
        read=lambda: [[case] for case in cases],
    )
    return made


def case(verdict: str, target: str | None = None) -> Case:
    made = Case()
    made.demands("something")
    made.verdict = verdict
    made.chain = target
    return made


def test_chains_that_lead_into_each_other_end() -> None:
    beside: dict[str, Chain] = {}
    leads = case("redirect")
    one = chain("one", [case("jump", "two"), case("jump", "two")], beside, hook="prerouting")
    two = chain("two", [case("jump", "one"), case("jump", "one"), leads], beside)
    walk = Walk([one, two], port=80, ours=lambda runs: True)
    redirects, _ = walk.take()
    assert redirects
    assert walk.whole is False
    assert len(redirects) <= 10_000
