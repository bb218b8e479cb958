"""What do the tables of iptables itself hold in this network namespace? Asked for with getsockopt(2).

Not what iptables-nft writes, which is in nf_tables. A table is one block of entries, of the structures in
linux/netfilter_ipv4/ip_tables.h and linux/netfilter_ipv6/ip6_tables.h: chains lie one after the other, and a jump is
an offset. Asking takes CAP_NET_ADMIN. The reader is total: what makes no sense ends the table.
"""

from __future__ import annotations

import _socket
import errno
import os
from struct import Struct, pack
from sys import byteorder

from whoseport.host.linux.rule_cases import Case, prefix
from whoseport.host.linux.xtables import NFPROTO_IPV4, NFPROTO_IPV6, apply_match, apply_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 32 << 20
"""Bytes of one table; a rule takes about 250."""

ATTEMPTS = 3

_GET_INFO, _GET_ENTRIES = 64, 65  # IPT_SO_GET_INFO and _ENTRIES; those of ip6 bear the same numbers
_HOOKS = 5
_INFO = Struct(f"=32xI{_HOOKS}I{_HOOKS}III")
_ENTRIES_HEADER = 40  # name, size, and what aligns the first entry
_OFFSETS = Struct("=HH")
_PART = Struct("=H29sB")
_VERDICT = Struct("=i")
_INVERTED_IN, _INVERTED_SOURCE, _INVERTED_DESTINATION, _INVERTED_PROTOCOL = 0x01, 0x08, 0x10, 0x40
_INVERTED_OUT = 0x02
_VERDICTS = {-1: "drop", -2: "accept", -4: "queue", -5: "return"}
_MOST_ENTRIES = 200_000


class _Layout:
    """Where the parts of an entry lie: of `struct ipt_entry`, or of `struct ip6t_entry`."""

    def __init__(self, *, width: int, flags: int, goto: int, offsets: int, size: int) -> None:
        self.width = width
        self.interfaces = 4 * width
        self.protocol = 4 * width + 64
        self.flags = flags
        self.goto = goto
        self.offsets = offsets
        self.size = size


_LAYOUTS = {
    NFPROTO_IPV4: _Layout(width=4, flags=82, goto=0x02, offsets=88, size=112),
    # the type of service lies before the flags
    NFPROTO_IPV6: _Layout(width=16, flags=131, goto=0x04, offsets=140, size=168),
}


class LegacyChain:
    """`hook` is None unless the kernel itself calls the chain; `rules` are the bytes of each entry."""

    __slots__ = ("hook", "name", "rules")

    def __init__(self, name: str, hook: int | None) -> None:
        self.name = name
        self.hook = hook
        self.rules: list[bytes] = []


class LegacyTable:
    """The chains of a table by the offset at which they begin."""

    __slots__ = ("chains", "family", "name")

    def __init__(self, family: int, name: str, chains: dict[int, LegacyChain]) -> None:
        self.family = family
        self.name = name
        self.chains = chains

    def cases(self, entry: bytes) -> list[Case]:
        """What a rule takes and does; the chain of a jump is named."""
        case = read_entry(entry, self.family, chain_at=self._name_of)
        return [] if case is None or not case.traffic else [case]

    def _name_of(self, offset: int) -> str | None:
        chain = self.chains.get(offset)
        return None if chain is None else chain.name


def read_table(family: int, name: str) -> LegacyTable:
    """A table that is there. Raises OSError: EPERM without the capability, ENOENT without the table, EFBIG, EAGAIN."""
    kind, level = (
        (_socket.AF_INET6, _socket.IPPROTO_IPV6) if family == NFPROTO_IPV6 else (_socket.AF_INET, _socket.IPPROTO_IP)
    )
    padded = name.encode().ljust(32, b"\0")
    made = _socket.socket(kind, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC)
    try:
        for _ in range(ATTEMPTS):
            told = _INFO.unpack(_ask(made.fileno(), level, _GET_INFO, padded, _INFO.size))
            valid, hooks, size = told[0], told[1 : 1 + _HOOKS], told[-1]
            if size > LARGEST:
                raise OSError(errno.EFBIG, "table larger than the limit")
            wanted = padded + pack("=I", size)
            try:
                entries = _ask(made.fileno(), level, _GET_ENTRIES, wanted, _ENTRIES_HEADER + size)[_ENTRIES_HEADER:]
            except OSError as problem:
                if problem.errno == errno.EAGAIN:  # another size by now
                    continue
                raise
            begins = {hooks[number]: number for number in range(_HOOKS) if valid & 1 << number}
            return LegacyTable(family, name, read_entries(entries, family, begins))
    finally:
        made.close()
    raise OSError(errno.EAGAIN, "table keeps changing")


def _ask(descriptor: int, level: int, option: int, question: bytes, size: int) -> bytes:
    # socket.getsockopt passes no question on to the kernel
    import ctypes

    answer = ctypes.create_string_buffer(question, size)
    length = ctypes.c_uint32(size)
    library = ctypes.CDLL(None, use_errno=True)
    if library.getsockopt(descriptor, level, option, answer, ctypes.byref(length)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer.raw[: min(length.value, size)].ljust(size, b"\0")


def read_entries(data: bytes, family: int, begins: dict[int, int]) -> dict[int, LegacyChain]:
    """The chains in a block of entries; `begins` has the hook of each chain that the kernel calls, by its offset."""
    names = {0: "PREROUTING", 1: "INPUT", 2: "FORWARD", 3: "OUTPUT", 4: "POSTROUTING"}
    layout = _LAYOUTS[family]
    chains: dict[int, LegacyChain] = {}
    current: LegacyChain | None = None
    at = 0
    for _ in range(_MOST_ENTRIES):
        if at + layout.size > len(data):
            break
        target, length = _OFFSETS.unpack_from(data, at + layout.offsets)
        if not layout.size <= target <= length <= len(data) - at:
            break
        entry = data[at : at + length]
        head = _head(entry, target)
        at += length
        if at - length in begins:
            hook = begins[at - length]
            current = chains[at - length] = LegacyChain(names.get(hook, ""), hook)
        if head is not None:
            # the head of a chain is jumped past: it begins behind it; the last is the end of the table
            current = chains[at] = LegacyChain(head, None)
        elif current is not None:
            current.rules.append(entry)
    return chains


def _head(entry: bytes, target: int) -> str | None:
    """The name in the target ERROR, with which every chain of the user's begins."""
    part = _part(entry, target, len(entry))
    if part is None or part[1] != "ERROR":
        return None
    return part[3].split(b"\0", 1)[0].decode("utf-8", "backslashreplace")


def _part(entry: bytes, at: int, end: int) -> tuple[int, str, int, bytes] | None:
    """A match or target: size, name, revision and data."""
    if at + _PART.size > end:
        return None
    size, name, revision = _PART.unpack_from(entry, at)
    if not _PART.size <= size <= end - at:
        return None
    text = name.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
    return size, text, revision, entry[at + _PART.size : at + size]


def read_entry(entry: bytes, family: int, *, chain_at: Callable[[int], str | None]) -> Case | None:
    """What one entry takes and does; None if it makes no sense. `chain_at` names the chain at an offset."""
    layout = _LAYOUTS[family]
    if len(entry) < layout.size:
        return None
    case = Case()
    case.family = family
    flags = _conditions(case, entry, layout)
    target, _length = _OFFSETS.unpack_from(entry, layout.offsets)
    at = layout.size
    while at < target:
        part = _part(entry, at, min(target, len(entry)))
        if part is None:
            return None
        apply_match(case, part[1], part[2], part[3], family=family)
        at += part[0]
    part = _part(entry, target, len(entry))
    if part is None:
        return None
    _, name, revision, data = part
    if name or len(data) < 4:
        apply_target(case, name, revision, data, family=family)
        return case
    verdict = _VERDICT.unpack_from(data)[0]
    if verdict < 0:
        case.verdict = _VERDICTS.get(verdict, "continue")
    else:
        case.chain = chain_at(verdict)
        if case.chain is not None:  # otherwise it leads to the next entry: a rule without a target
            case.verdict = "goto" if flags & layout.goto else "jump"
    return case


def _conditions(case: Case, entry: bytes, layout: _Layout) -> int:
    """What `struct ipt_ip` demands: addresses, interfaces, protocol. Gives its flags."""
    width = layout.width
    flags, inverted = entry[layout.flags], entry[layout.flags + 1]
    source, destination, source_mask, destination_mask = (entry[at : at + width] for at in range(0, 4 * width, width))
    begins = range(layout.interfaces, layout.interfaces + 64, 16)
    arriving, leaving, arriving_mask, leaving_mask = (entry[at : at + 16] for at in begins)
    protocol = int.from_bytes(entry[layout.protocol : layout.protocol + 2], byteorder)
    if protocol:
        case.protocols(((protocol, protocol),), negated=bool(inverted & _INVERTED_PROTOCOL))
    if any(arriving_mask):
        case.arrives_on(_interface(arriving, arriving_mask), negated=bool(inverted & _INVERTED_IN))
    if any(leaving_mask):
        case.demands(f"oifname {'!= ' if inverted & _INVERTED_OUT else ''}{_interface(leaving, leaving_mask)}")
    for address, mask, bit in (
        (destination, destination_mask, _INVERTED_DESTINATION),
        (source, source_mask, _INVERTED_SOURCE),
    ):
        if not any(mask):
            continue
        run = prefix(address, mask)
        if run is None:
            case.demands("address mask")
        elif bit == _INVERTED_DESTINATION:
            case.destination((run,), negated=bool(inverted & bit))
        else:
            case.source((run,), negated=bool(inverted & bit))
    return flags


def _interface(name: bytes, mask: bytes) -> str:
    """`eth0`, or `eth*` where the mask leaves the end open."""
    covered = name[: len(mask.rstrip(b"\0"))]
    text = covered.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
    return text if b"\0" in covered or len(covered) == len(name) else text + "*"
