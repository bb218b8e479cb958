"""What does a rule of nf_tables say? Its expressions, run on registers of which we know what was loaded into them.

Names, attributes and numbers are those of linux/netfilter/nf_tables.h. What we do not know makes a case uncertain and
is kept as a word, so that nothing is taken to be decided by ports alone that is not.
"""

from __future__ import annotations

import _socket
from sys import byteorder

from whoseport.host.linux.netlink import attributes, each_attribute
from whoseport.host.linux.nftables import NFPROTO_IPV4, NFPROTO_IPV6, comment_of, number, read_data, text
from whoseport.host.linux.rule_cases import Case, address_text, addresses_text, prefix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from whoseport.host.linux.nftables import Element, Verdict

    Elements: TypeAlias = Callable[[str], list[Element] | None]
    """The elements of a set of the rule's own table, by its name; None where they cannot be had."""

    Held: TypeAlias = tuple[int, str, bytes]
    """What a register holds: its size in bytes, what it is (a `_KINDS` word, `value`, or any other), and its bytes if
    it is a value, the mask laid over it if it is an address."""

    Runs: TypeAlias = list[tuple[bytes, bytes]]

MOST_CASES = 20_000
"""Cases of one rule. A map of a cluster's node ports has a few thousand entries."""

_ANY_ENTRIES = 64
"""Entries taken of a map that is asked with what we cannot know (a random number, the sender's address)."""

_SHOWN = 8
"""Interfaces that are named; of a longer list, only that there is one."""

_VERDICTS = {0: "drop", 1: "accept", 3: "queue", -3: "jump", -4: "goto", -5: "return"}
_META = {
    1: ("ethertype", 2),
    3: ("meta mark", 4),
    4: ("iif", 4),
    5: ("oif", 4),
    6: ("iifname", 16),
    7: ("oifname", 16),
    10: ("meta skuid", 4),
    11: ("meta skgid", 4),
    15: ("nfproto", 1),
    16: ("l4proto", 1),
    19: ("meta pkttype", 1),
}
_CT = {0: "ct state", 1: "ct direction", 2: "ct status", 3: "ct mark"}
_CT_PROTO_SRC, _CT_PROTO_DST = 11, 12
_FIB_ADDRTYPE, _FIB_DADDR = 3, 2  # NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR
_LOCAL = 2  # RTN_LOCAL
_FILLING = {"fib": 1, "numgen": 1, "hash": 2, "rt": 1, "socket": 2, "osf": 1, "exthdr": 1, "xfrm": 1, "tunnel": 2}
"""Which attribute names the register that is filled."""

_DEMANDING = frozenset(("limit", "quota", "connlimit", "dynset"))
_WITHOUT_EFFECT = frozenset(("counter", "log", "notrack", "objref", "last", "dup", "ct_helper"))
_ENDING = {"reject": "reject", "queue": "queue", "masq": "nat", "synproxy": "nat", "fwd": "nat"}
_FAMILY_OF_ETHERTYPE = {0x0800: NFPROTO_IPV4, 0x86DD: NFPROTO_IPV6}
_EQUAL, _UNEQUAL, _LESS, _AT_MOST, _MORE, _AT_LEAST = range(6)


class _Reading:
    """A case as it is read, with what each register holds, by its offset in bytes."""

    __slots__ = ("case", "over", "pending", "registers")

    def __init__(self, case: Case) -> None:
        self.case = case
        self.registers: dict[int, Held] = {}
        self.pending: tuple[Held, bytes] | None = None
        self.over = False

    def copy(self) -> _Reading:
        made = _Reading(self.case.copy())
        made.registers = dict(self.registers)
        return made

    def put(self, register: int | None, kind: str, size: int, extra: bytes = b"") -> None:
        """Fills a register; what lay there is gone, also what reached into it."""
        if register is None:
            self.registers.clear()
            return
        end = register + max(size, 1)
        for at in [at for at, held in self.registers.items() if at < end and register < at + max(held[0], 1)]:
            del self.registers[at]
        self.registers[register] = (size, kind, extra)

    def held(self, register: int | None) -> Held:
        return (0, "", b"") if register is None else self.registers.get(register, (0, "", b""))

    def value(self, register: int | None, size: int) -> bytes | None:
        """Known bytes: of an immediate, or out of the middle of a map's entry."""
        if register is not None:
            for at, (_, kind, extra) in self.registers.items():
                if kind == "value" and at <= register and register + size <= at + len(extra):
                    return extra[register - at : register - at + size]
        return None

    def fields(self, register: int, size: int) -> list[tuple[int, Held]]:
        """The parts of a key of this size, each with its offset: every one begins at four bytes."""
        found = []
        at = 0
        while at < size:
            held = self.held(register + at)
            found.append((at, held))
            at += (max(held[0], 1) + 3) & ~3
        return found


def cases_of(expressions: bytes, userdata: bytes, *, family: int, elements: Elements) -> list[Case]:
    """What a rule takes and does, of NFTA_RULE_EXPRESSIONS and NFTA_RULE_USERDATA."""
    start = Case()
    start.comment = comment_of(userdata)
    if family in (NFPROTO_IPV4, NFPROTO_IPV6):
        start.family = family
    readings = [_Reading(start)]
    done: list[_Reading] = []
    for _, raw in each_attribute(expressions):
        expression = attributes(raw)
        name, told = text(expression.get(1, b"")), attributes(expression.get(2, b""))
        following: list[_Reading] = []
        for reading in readings:
            for one in _run(reading, name, told, elements):
                if one.case.traffic and len(following) + len(done) < MOST_CASES:
                    (done if one.over else following).append(one)
        readings = following
    for reading in readings:
        _settle(reading)
    return [reading.case for reading in done + readings if reading.case.traffic]


def _run(reading: _Reading, name: str, told: dict[int, bytes], elements: Elements) -> list[_Reading]:
    """What becomes of a reading by one expression: itself, changed, or one for each entry of a map."""
    if name == "cmp":
        _compare(reading, told)
        return [reading]
    _settle(reading)
    case = reading.case
    if name == "lookup":
        return _look_up(reading, told, elements)
    if name in ("payload", "meta", "ct") or name in _FILLING:
        _load(reading, name, told)
    elif name == "bitwise":
        _mask(reading, told)
    elif name == "byteorder":
        reading.put(_register(told.get(2)), "byteorder", number(told.get(4, b"")) or 4)
    elif name == "range":
        first, last = read_data(told.get(3, b""))[0], read_data(told.get(4, b""))[0]
        if first is not None and last is not None:
            _demand(case, reading.held(_register(told.get(1))), [(first, last)], negated=number(told.get(2, b"")) == 1)
    elif name == "immediate":
        value, verdict = read_data(told.get(2, b""))
        if verdict is not None:
            _decide(reading, verdict)
        elif value is not None:
            reading.put(_register(told.get(1)), "value", len(value), value)
    elif name in ("nat", "redir", "tproxy"):
        _lead(reading, name, told)
    elif name in ("match", "target"):
        from whoseport.host.linux.xtables import apply_match, apply_target

        apply = apply_match if name == "match" else apply_target
        apply(case, text(told.get(1, b"")), number(told.get(2, b"")), told.get(3, b""), family=case.family)
        reading.over = case.verdict != "continue"
    elif name in _ENDING:
        case.verdict = _ENDING[name]
        reading.over = True
    elif name in _DEMANDING:
        case.demands("meter" if name == "dynset" else name)
    elif name not in _WITHOUT_EFFECT:
        reading.registers.clear()
        case.demands(name[:20])
    return [reading]


# --- what is loaded ---


def _register(raw: bytes | None) -> int | None:
    """Its offset in bytes: NFT_REG_1..4 are 16 bytes each, NFT_REG32_00 (8) and on are 4; None for the verdict's."""
    which = number(raw or b"")
    if 1 <= which <= 4:
        return (which - 1) * 16
    return (which - 8) * 4 if 8 <= which <= 23 else None


def _load(reading: _Reading, name: str, told: dict[int, bytes]) -> None:
    if name in _FILLING:
        kind = name
        if name == "fib" and number(told.get(2, b"")) == _FIB_ADDRTYPE and number(told.get(3, b"")) & _FIB_DADDR:
            kind = "daddr type"
        reading.put(_register(told.get(_FILLING[name])), kind, 4)
        return
    if 1 not in told:  # it writes to the packet or the connection, and loads nothing
        return
    register = _register(told[1])
    if name == "payload":
        reading.put(register, *_part_of_packet(told, reading.case.family))
    elif name == "meta":
        reading.put(register, *_META.get(number(told.get(2, b"")), ("meta", 4)))
    else:
        key = number(told.get(2, b""))
        if key == _CT_PROTO_DST and told.get(3) == b"\0":
            reading.put(register, "ct original dport", 2)
        else:
            reading.put(register, _CT.get(key, "ct"), 2 if key in (_CT_PROTO_SRC, _CT_PROTO_DST) else 4)


def _part_of_packet(told: dict[int, bytes], family: int | None) -> tuple[str, int]:
    """What a payload expression loads, by base (1: network header, 2: transport header), offset and length."""
    base, offset, size = (number(told.get(kind, b"")) for kind in (2, 3, 4))
    kind = "payload"
    if base == 2:
        kind = {(0, 2): "sport", (2, 2): "dport", (13, 1): "flags"}.get((offset, size), kind)
    elif base == 1 and family != NFPROTO_IPV6 and (offset, size) == (9, 1):
        kind = "l4proto"
    elif base == 1 and family != NFPROTO_IPV6 and offset in (12, 16) and size <= 4:
        kind = "daddr4" if offset == 16 else "saddr4"
    elif base == 1 and family != NFPROTO_IPV4 and (offset, size) == (6, 1):
        kind = "l4proto"
    elif base == 1 and family != NFPROTO_IPV4 and offset in (8, 24) and size <= 16:
        kind = "daddr6" if offset == 24 else "saddr6"
    return kind, min(size, 64)


def _mask(reading: _Reading, told: dict[int, bytes]) -> None:
    """Lays a mask over what is loaded: over an address it makes a prefix; of other things only the name stays."""
    size, kind, extra = reading.held(_register(told.get(1)))
    mask, other = read_data(told.get(4, b""))[0], read_data(told.get(5, b""))[0]
    target = _register(told.get(2))
    if kind in ("daddr4", "daddr6", "saddr4", "saddr6") and mask and not extra and other and not any(other):
        reading.put(target, kind, size, mask)
    elif kind in ("dport", "sport", "l4proto", "daddr4", "daddr6", "saddr4", "saddr6", "value", "iif", "iifname"):
        reading.put(target, f"masked {kind}", size)  # of which no value can be told any more
    else:
        reading.put(target, kind, size)


# --- what is demanded ---


def _compare(reading: _Reading, told: dict[int, bytes]) -> None:
    """A comparison; `from 80` and `to 90`, which come one after the other, are one demand."""
    held = reading.held(_register(told.get(1)))
    how, value = number(told.get(2, b"")), read_data(told.get(3, b""))[0]
    if value is None:
        _settle(reading)
        reading.case.demands(held[1] or "cmp")
        return
    begun, reading.pending = reading.pending, None
    if how == _AT_MOST and begun is not None and begun[0] == held and len(begun[1]) == len(value):
        _demand(reading.case, held, [(begun[1], value)], negated=False)
        return
    if begun is not None:
        reading.pending = begun
        _settle(reading)
    if how == _AT_LEAST:
        reading.pending = (held, value)
    elif how in (_EQUAL, _UNEQUAL):
        _demand(reading.case, held, [(value, value)], negated=how == _UNEQUAL)
    elif how == _AT_MOST:
        _demand(reading.case, held, [(bytes(len(value)), value)], negated=False)
    elif how == _MORE:
        _demand(reading.case, held, [(bytes(len(value)), value)], negated=True)
    else:  # less than
        _demand(reading.case, held, [(value, b"\xff" * len(value))], negated=True)


def _settle(reading: _Reading) -> None:
    """Ends what `from 80` began, where no `to` followed."""
    if reading.pending is not None:
        held, low = reading.pending
        reading.pending = None
        _demand(reading.case, held, [(low, b"\xff" * len(low))], negated=False)


def _demand(case: Case, held: Held, runs: Runs, *, negated: bool, known_as: str = "") -> None:
    """The case takes only packets where what was loaded is in one of the runs of values, or in none of them.

    `known_as` is the name of the set that the values are in.
    """
    size, kind, mask = held
    if kind == "dport":
        case.ports(((_big(low[:2]), _big(high[:2])) for low, high in runs), negated=negated)
    elif kind == "ct original dport":
        case.original_ports(((_big(low[:2]), _big(high[:2])) for low, high in runs), negated=negated)
    elif kind == "sport":
        case.source_ports(((_big(low[:2]), _big(high[:2])) for low, high in runs), negated=negated)
    elif kind == "l4proto":
        case.protocols(((low[0], high[0]) for low, high in runs if low and high), negated=negated)
    elif kind in ("nfproto", "ethertype"):
        _demand_family(case, kind, runs, negated=negated)
    elif kind in ("daddr4", "daddr6"):
        case.destination(tuple(_addresses(runs, kind, size, mask)), negated=negated)
    elif kind in ("saddr4", "saddr6"):
        sign = "!= " if negated else ""
        case.demands(f"saddr {sign}{known_as or addresses_text(tuple(_addresses(runs, kind, size, mask)))}")
    elif kind in ("iifname", "iif", "oifname", "oif") and len(runs) <= _SHOWN:
        names = ",".join(_interface(low, high, kind) for low, high in runs)
        if kind.startswith("i"):
            case.arrives_on(names, negated=negated)
        else:
            case.demands(f"oifname {'!= ' if negated else ''}{names}")
    elif kind == "daddr type" and not negated and [_native(low) for low, high in runs if low == high] == [_LOCAL]:
        pass  # what comes for a port of this machine is local
    else:
        case.demands(f"{kind or 'other'}{' ' + known_as if known_as else ''}")


def _demand_family(case: Case, kind: str, runs: Runs, *, negated: bool) -> None:
    values = [_big(low) for low, high in runs if low == high]
    families = [_FAMILY_OF_ETHERTYPE.get(value, 0) if kind == "ethertype" else value for value in values]
    if families in ([NFPROTO_IPV4], [NFPROTO_IPV6]) and not negated:
        if case.family not in (None, families[0]):
            case.traffic = {}
        case.family = families[0]
        case.certain = False  # of the other family nothing is said
    else:
        case.demands(kind)


def _addresses(runs: Runs, kind: str, size: int, mask: bytes) -> Iterable[tuple[bytes, bytes]]:
    """Runs of whole addresses: where fewer bytes were loaded, or a mask laid over them, the rest is open."""
    width = 4 if kind.endswith("4") else 16
    for low, high in runs:
        low, high = low[: min(size, width)], high[: min(size, width)]
        if mask and low == high:
            found = prefix(low.ljust(width, b"\0"), mask[:width].ljust(width, b"\0"))
            if found is not None:
                yield found
                continue
        yield low.ljust(width, b"\0"), high.ljust(width, b"\xff")


def _interface(low: bytes, high: bytes, kind: str) -> str:
    if kind in ("iif", "oif"):
        try:
            return _socket.if_indextoname(_native(low))
        except (OSError, OverflowError):
            return str(_native(low))
    name = text(low)
    # `eth*` is compared without the closing NUL, or told as a run of names
    return name if low == high and (b"\0" in low or len(low) >= 16) else name + "*"


def _big(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _native(value: bytes) -> int:
    return int.from_bytes(value[:4], byteorder)


# --- sets and maps ---


def _look_up(reading: _Reading, told: dict[int, bytes], elements: Elements) -> list[_Reading]:
    """A set narrows the case; a map makes a case of each entry."""
    name = text(told.get(1, b""))
    negated = bool(number(told.get(5, b"")) & 1)
    register = _register(told.get(2))
    shown = "" if name.startswith("__") else f"@{name}"
    found = elements(name)
    if found is None or register is None:
        reading.case.demands(f"{reading.held(register)[1] or 'other'} {shown or '@set'}")
        return [reading] if 3 not in told else []
    fields = reading.fields(register, max((len(low) for low, *_ in found), default=0))
    if 3 not in told and (len(fields) == 1 or negated):
        if len(fields) > 1:
            reading.case.demands(f"not {shown or '@set'}")
        else:
            runs = [(low, high) for low, high, *_ in found if low]
            _demand(reading.case, fields[0][1], runs, negated=negated, known_as=shown)
        return [reading] if found or negated else []
    known = any(held[1] in ("dport", "l4proto") for _, held in fields)
    made = []
    for low, high, value, verdict in found[: MOST_CASES if known else _ANY_ENTRIES]:
        one = reading.copy()
        if low:
            for at, held in fields:
                end = at + max(held[0], 1)
                _demand(one.case, held, [(low[at:end], high[at:end])], negated=False)
        else:
            one.case.demands("otherwise")
        if not one.case.traffic:
            continue
        if verdict is not None:
            _decide(one, verdict)
        elif value is not None:
            one.put(_register(told.get(3)), "value", len(value), value)
        made.append(one)
    return made


# --- what is done ---


def _decide(reading: _Reading, verdict: Verdict) -> None:
    code, chain = verdict
    name = _VERDICTS.get(code & 0xFF if code >= 0 else code, "continue")
    reading.case.verdict = name
    if name in ("jump", "goto"):
        reading.case.chain = chain
    reading.over = True


def _lead(reading: _Reading, name: str, told: dict[int, bytes]) -> None:
    """nat, redir and tproxy, whose addresses and ports lie in registers."""
    case = reading.case
    reading.over = True
    if name == "redir":
        case.verdict, address, port = "redirect", None, told.get(1)
    elif name == "tproxy":
        case.verdict, address, port = "tproxy", told.get(2), told.get(3)
    elif number(told.get(1, b"")) == 1:  # NFT_NAT_DNAT
        case.verdict, address, port = "dnat", told.get(3), told.get(5)
    else:
        case.verdict = "nat"
        return
    family = number(told.get(2 if name == "nat" else 1, b"")) if name != "redir" else 0
    if address is not None:
        packed = reading.value(_register(address), 16 if family == NFPROTO_IPV6 else 4)
        case.to_address = None if packed is None else address_text(packed)
    if port is not None:
        number_of = reading.value(_register(port), 2)
        case.to_port = None if number_of is None else _big(number_of)
    if family in (NFPROTO_IPV4, NFPROTO_IPV6) and case.family is None:
        case.family = family
