"""What do the matches and targets of iptables say? Those that tell of ports, addresses and where a packet is led.

They are C structures of linux/netfilter/xt_*.h and linux/netfilter/nf_nat.h, the same in the tables of iptables itself
and, kept whole, in the rules that iptables-nft writes into nf_tables. Numbers are in the machine's byte order except
where the kernel says `__be`. What is shorter than it must be counts as a condition that we do not know.
"""

from __future__ import annotations

from struct import Struct

from whoseport.host.linux.rule_cases import address_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from whoseport.host.linux.rule_cases import Case

    Reader: TypeAlias = Callable[[Case, int, bytes], bool]
    """Lays what a match of some revision demands upon a case; False if it made no sense."""

NFPROTO_IPV4, NFPROTO_IPV6 = 2, 10
_RTN_LOCAL = 1 << 2  # XT_ADDRTYPE_LOCAL
_MAP_ADDRESSES, _PORTS_SPECIFIED, _PORT_OFFSET = 1 << 0, 1 << 1, 1 << 5  # NF_NAT_RANGE_*

_FOUR_PORTS = Struct("=4H")
_ADDRTYPE = Struct("=HHI")
_ADDRTYPE_OLD = Struct("=HHII")
_MULTIPORT = Struct("=BB15H")
_PORT = Struct("!H")
_FLAGS = Struct("=I")


def apply_match(case: Case, name: str, revision: int, data: bytes, *, family: int | None) -> None:
    """Lays what an iptables match demands upon a case."""
    reader = _MATCHES.get(name)
    if reader is None or not reader(case, revision, data):
        case.demands(name[:20])


def apply_target(case: Case, name: str, revision: int, data: bytes, *, family: int | None) -> None:
    """Tells a case what an iptables target does. Those that let a packet go on (LOG, MARK...) change nothing."""
    if name in ("DNAT", "REDIRECT"):
        case.verdict = name.lower()
        old = revision == 0 and (name == "DNAT" or family != NFPROTO_IPV6)
        (_old_range if old else _range)(case, revision, data, family=family)
    elif name == "TPROXY":
        case.verdict = "tproxy"
        _transparent(case, revision, data, family=family)
    elif name == "REJECT":
        case.verdict = "reject"
    elif name in ("SNAT", "MASQUERADE", "NETMAP"):
        case.verdict = "nat"
    elif name in ("NFQUEUE", "QUEUE"):
        case.verdict = "queue"
    else:
        case.words += (name[:20],)


# --- matches ---


def _tcp(case: Case, revision: int, data: bytes) -> bool:
    """`struct xt_tcp`: source and destination ports, option, flag mask, flags, what is inverted."""
    if len(data) < 12:
        return False
    first_source, last_source, first, last = _FOUR_PORTS.unpack_from(data)
    option, mask, inverted = data[8], data[9], data[11]
    case.protocols(((6, 6),))
    _both_ends(case, (first_source, last_source), (first, last), inverted)
    if option or mask:
        case.demands("flags")
    return True


def _udp(case: Case, revision: int, data: bytes) -> bool:
    """`struct xt_udp`: source and destination ports, what is inverted."""
    if len(data) < 9:
        return False
    first_source, last_source, first, last = _FOUR_PORTS.unpack_from(data)
    case.protocols(((17, 17),))
    _both_ends(case, (first_source, last_source), (first, last), data[8])
    return True


def _sctp(case: Case, revision: int, data: bytes) -> bool:
    """`struct xt_sctp_info`: destination ports, source ports, chunks, flags (1: source, 2: destination), inverted."""
    if len(data) < 292:
        return False
    flags, inverted = Struct("=II").unpack_from(data, 284)
    return _with_flags(case, 132, data, flags, inverted)


def _dccp(case: Case, revision: int, data: bytes) -> bool:
    """`struct xt_dccp_info`: destination ports, source ports, flags and inverted as above, types, option."""
    if len(data) < 14:
        return False
    flags, inverted = Struct("=HH").unpack_from(data, 8)
    return _with_flags(case, 33, data, flags, inverted)


def _with_flags(case: Case, protocol: int, data: bytes, flags: int, inverted: int) -> bool:
    first, last, first_source, last_source = _FOUR_PORTS.unpack_from(data)
    case.protocols(((protocol, protocol),))
    if flags & 2:
        case.ports(((first, last),), negated=bool(inverted & 2))
    if flags & 1:
        case.source_ports(((first_source, last_source),), negated=bool(inverted & 1))
    if flags & ~3:
        case.demands("chunks" if protocol == 132 else "types")
    return True


def _both_ends(case: Case, source: tuple[int, int], destination: tuple[int, int], inverted: int) -> None:
    if source != (0, 0xFFFF) or inverted & 1:
        case.source_ports((source,), negated=bool(inverted & 1))
    if destination != (0, 0xFFFF) or inverted & 2:
        case.ports((destination,), negated=bool(inverted & 2))


def _multiport(case: Case, revision: int, data: bytes) -> bool:
    """`struct xt_multiport_v1`: which end, how many, ports, where a run begins, whether inverted; before it without."""
    if len(data) < _MULTIPORT.size:
        return False
    end, count, *ports = _MULTIPORT.unpack_from(data)
    runs = data[_MULTIPORT.size :] if revision >= 1 else bytes(16)
    if len(runs) < 16 or count > 15:
        return False
    found: list[tuple[int, int]] = []
    at = 0
    while at < count:
        run = runs[at] and at + 1 < count
        found.append((ports[at], ports[at + 1] if run else ports[at]))
        at += 2 if run else 1
    negated = bool(runs[15])
    if end == 1:
        case.ports(found, negated=negated)
    elif end == 0:
        case.source_ports(found, negated=negated)
    else:
        case.named_either(found, negated=negated)
    return True


def _addrtype(case: Case, revision: int, data: bytes) -> bool:
    """`struct xt_addrtype_info_v1`: types of source and destination, flags. What comes for our ports is local."""
    if revision == 0 and len(data) >= _ADDRTYPE_OLD.size:
        source, destination, inverted_source, inverted = _ADDRTYPE_OLD.unpack_from(data)
        flags = (1 if inverted_source else 0) | (2 if inverted else 0)
    elif len(data) >= _ADDRTYPE.size:
        source, destination, flags = _ADDRTYPE.unpack_from(data)
    else:
        return False
    if destination and bool(destination & _RTN_LOCAL) is bool(flags & 2):
        case.traffic = {}
    return not source


def _comment(case: Case, revision: int, data: bytes) -> bool:
    """`struct xt_comment_info`."""
    case.comment = data.split(b"\0", 1)[0].decode("utf-8", "backslashreplace") or None
    return True


_MATCHES: dict[str, Reader] = {
    "tcp": _tcp,
    "udp": _udp,
    "sctp": _sctp,
    "dccp": _dccp,
    "multiport": _multiport,
    "addrtype": _addrtype,
    "comment": _comment,
}


# --- targets ---


def _old_range(case: Case, revision: int, data: bytes, *, family: int | None) -> None:
    """`struct nf_nat_ipv4_multi_range_compat`: how many, flags, first and last address, first and last port."""
    if len(data) >= 20:
        flags = _FLAGS.unpack_from(data, 4)[0]
        if flags & _MAP_ADDRESSES:
            case.to_address = address_text(data[8:12])
        if flags & _PORTS_SPECIFIED:
            case.to_port = _PORT.unpack_from(data, 16)[0]


def _range(case: Case, revision: int, data: bytes, *, family: int | None) -> None:
    """`struct nf_nat_range`, and `nf_nat_range2` of revision 2, which adds the port that a shift counts from."""
    if len(data) >= 40:
        flags = _FLAGS.unpack_from(data)[0]
        if flags & _MAP_ADDRESSES:
            case.to_address = address_text(data[4:8] if family == NFPROTO_IPV4 else data[4:20])
        if flags & _PORTS_SPECIFIED:
            case.to_port = _PORT.unpack_from(data, 36)[0]
        if flags & _PORT_OFFSET and revision >= 2 and len(data) >= 42:
            case.base = _PORT.unpack_from(data, 40)[0]


def _transparent(case: Case, revision: int, data: bytes, *, family: int | None) -> None:
    """`struct xt_tproxy_target_info` and its `_v1`: mark, its mask, local address, local port."""
    size = 4 if revision == 0 else 16
    if len(data) < 8 + size + 2:
        return
    address = data[8:12] if family == NFPROTO_IPV4 or revision == 0 else data[8:24]
    case.to_address = address_text(address) if any(address) else None
    case.to_port = _PORT.unpack_from(data, 8 + size)[0] or None
