"""What does a firewall rule ask of a packet, and what does it do with one that fits? The same of nftables and iptables.

A rule is read into cases: most are one, a rule with a map is one for each entry of it. A case looks only at what
arrives for this machine's own ports; conditions of other kinds are kept as words.
"""

from __future__ import annotations

import _socket

from whoseport.model import LAST_PORT, TRANSPORTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from whoseport.model import Transport

    Ranges: TypeAlias = tuple[tuple[int, int], ...]
    """Ports, first and last of each run, ascending."""

    Traffic: TypeAlias = dict[Transport, Ranges]
    """Destination ports by transport; a transport without ports is left out."""

    Addresses: TypeAlias = tuple[tuple[bytes, bytes], ...]
    """First and last address of each run, packed."""

EVERY_PORT: Ranges = ((0, LAST_PORT),)
EVERYTHING: Traffic = dict.fromkeys(TRANSPORTS, EVERY_PORT)
PROTOCOLS: dict[int, Transport] = {6: "tcp", 17: "udp", 132: "sctp", 33: "dccp"}
"""By IPPROTO number."""

ENDING = frozenset(("accept", "drop", "reject", "return", "goto", "nat", "queue", "dnat", "redirect", "tproxy"))
"""Verdicts after which a packet sees no further rule of the chain."""

LEADING = frozenset(("dnat", "redirect", "tproxy"))
"""Verdicts that lead a packet somewhere else than to the port that it was sent to."""

_LONGEST = 200
_SHOWN = 8


class Case:
    """What one way to fit a rule takes, while it is read and afterwards.

    `traffic` is what fits, as far as ports tell; `named` and `sources` are the destination and source ports that the
    rule itself names. `certain` is True if nothing but ports and transport decides. `verdict` is one of `ENDING`,
    `jump`, or `continue`; `chain` is where jump and goto lead. `base` is the port that `to_port` stands for, where the
    rule shifts a whole range.
    """

    __slots__ = (
        "addresses",
        "base",
        "certain",
        "chain",
        "comment",
        "except_addresses",
        "family",
        "interface",
        "named",
        "sources",
        "to_address",
        "to_port",
        "traffic",
        "verdict",
        "words",
    )

    def __init__(self) -> None:
        self.traffic = EVERYTHING
        self.named: Ranges = ()
        self.sources: Ranges = ()
        self.addresses: Addresses | None = None
        self.except_addresses: Addresses = ()
        self.interface: str | None = None
        self.family: int | None = None
        self.certain = True
        self.words: tuple[str, ...] = ()
        self.comment: str | None = None
        self.verdict = "continue"
        self.chain: str | None = None
        self.to_address: str | None = None
        self.to_port: int | None = None
        self.base: int | None = None

    def copy(self) -> Case:
        made = Case.__new__(Case)
        for name in Case.__slots__:
            setattr(made, name, getattr(self, name))
        return made

    # --- conditions ---

    def protocols(self, numbers: Iterable[tuple[int, int]], *, negated: bool = False) -> None:
        """Only these IPPROTO numbers, in runs; a case that is left without any of our transports has no traffic."""
        runs = tuple(numbers)
        fitting = {
            name
            for number, name in PROTOCOLS.items()
            if any(first <= number <= last for first, last in runs) is not negated
        }
        self.traffic = {name: ports for name, ports in self.traffic.items() if name in fitting}

    def ports(self, ranges: Iterable[tuple[int, int]], *, negated: bool = False) -> None:
        """Only these destination ports, or all but these."""
        found = merged(ranges)
        self.named = merged((*self.named, *found))
        self.traffic = (less if negated else both)(self.traffic, dict.fromkeys(TRANSPORTS, found))
        self.words += (f"dport {'!= ' if negated else ''}{ports_text(found)}",)

    def original_ports(self, ranges: Iterable[tuple[int, int]], *, negated: bool = False) -> None:
        """Only packets that were sent to these ports before a redirect changed it: named, but not where they go now."""
        found = merged(ranges)
        self.named = merged((*self.named, *found))
        self.demands(f"original dport {'!= ' if negated else ''}{ports_text(found)}")

    def named_either(self, ranges: Iterable[tuple[int, int]], *, negated: bool = False) -> None:
        """Only packets from or to these ports."""
        found = merged(ranges)
        self.named = merged((*self.named, *found))
        self.demands(f"port {'!= ' if negated else ''}{ports_text(found)}")

    def source_ports(self, ranges: Iterable[tuple[int, int]], *, negated: bool = False) -> None:
        found = merged(ranges)
        self.sources = merged((*self.sources, *found))
        self.demands(f"sport {'!= ' if negated else ''}{ports_text(found)}")

    def destination(self, runs: Addresses, *, negated: bool = False) -> None:
        """Only packets to these addresses, or to all but these."""
        if negated:
            self.except_addresses += runs
        else:
            self.addresses = runs
        self.demands(f"daddr {'!= ' if negated else ''}{addresses_text(runs)}")

    def source(self, runs: Addresses, *, negated: bool = False) -> None:
        """Only packets from these addresses, or from all but these."""
        self.demands(f"saddr {'!= ' if negated else ''}{addresses_text(runs)}")

    def arrives_on(self, interface: str, *, negated: bool = False) -> None:
        self.interface = ("!" if negated else "") + interface
        self.demands(f"iifname {'!= ' if negated else ''}{interface}")

    def demands(self, words: str) -> None:
        """Something else, which ports do not tell."""
        self.certain = False
        self.words += (words,)

    # --- how it is told ---

    @property
    def address(self) -> str | None:
        """The destination that it matches, as text; `!` before those that it does not."""
        if self.addresses is not None:
            return addresses_text(self.addresses)
        return "!" + addresses_text(self.except_addresses) if self.except_addresses else None

    @property
    def text(self) -> str:
        """All of it in the words of nft(8), as far as known, bounded."""
        transports = "" if len(self.traffic) == len(TRANSPORTS) else ",".join(self.traffic)
        doing = [self.verdict] if self.verdict != "continue" else []
        if self.chain is not None:
            doing.append(self.chain)
        if self.to_address is not None or self.to_port is not None:
            address = self.to_address or ""
            address = f"[{address}]" if ":" in address else address
            doing.append("to " + address + ("" if self.to_port is None else f":{self.to_port}"))
        comment = "" if self.comment is None else f'"{self.comment}"'
        return " ".join(word for word in (transports, *self.words, *doing, comment) if word)[:_LONGEST]


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same ports in ascending runs that do not touch.

    >>> merged([(80, 90), (5, 5), (85, 100), (101, 101)])
    ((5, 5), (80, 101))
    """
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if first > last:
            continue
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def both(one: Traffic, other: Traffic) -> Traffic:
    """What is in both."""
    found: Traffic = {}
    for transport, ranges in one.items():
        theirs = other.get(transport)
        if theirs is None:
            continue
        if theirs is EVERY_PORT or ranges == theirs:
            common = ranges
        else:
            common = tuple(
                (max(first, low), min(last, high))
                for first, last in ranges
                for low, high in theirs
                if first <= high and low <= last
            )
        if common:
            found[transport] = common
    return found


def less(one: Traffic, other: Traffic) -> Traffic:
    """What is in the first and not in the other."""
    found: Traffic = {}
    for transport, ranges in one.items():
        left = list(ranges)
        for low, high in other.get(transport, ()):
            left = [
                (start, end)
                for first, last in left
                for start, end in ((first, min(last, low - 1)), (max(first, high + 1), last))
                if start <= end
            ]
        if left:
            found[transport] = tuple(dict.fromkeys(left))
    return found


def together(one: Traffic, other: Traffic) -> Traffic:
    """What is in either."""
    return {
        transport: merged((*one.get(transport, ()), *other.get(transport, ())))
        for transport in TRANSPORTS
        if transport in one or transport in other
    }


def ports_text(ranges: Ranges) -> str:
    """`22,80-90`, the first few of them."""
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:_SHOWN]]
    return ",".join(shown) + (",..." if len(ranges) > _SHOWN else "")


def addresses_text(runs: Addresses) -> str:
    """Addresses, prefixes (`127.0.0.0/8`) and runs, the first few of them."""
    return ",".join(_run_text(first, last) for first, last in runs[:_SHOWN]) + (",..." if len(runs) > _SHOWN else "")


def _run_text(first: bytes, last: bytes) -> str:
    if first == last:
        return address_text(first)
    low, high = int.from_bytes(first, "big"), int.from_bytes(last, "big")
    size = high - low + 1
    if size > 0 and size & (size - 1) == 0 and low % size == 0:
        return f"{address_text(first)}/{len(first) * 8 - size.bit_length() + 1}"
    return f"{address_text(first)}-{address_text(last)}"


def address_text(packed: bytes) -> str:
    """A packed address of four or sixteen bytes as text; of another length, in hexadecimal."""
    if len(packed) == 4:
        return _socket.inet_ntop(_socket.AF_INET, packed)
    if len(packed) == 16:
        return _socket.inet_ntop(_socket.AF_INET6, packed)
    return packed.hex()


def prefix(address: bytes, mask: bytes) -> tuple[bytes, bytes] | None:
    """The run of addresses that a mask leaves open; None for a mask with holes, which is no run."""
    bits = int.from_bytes(mask, "big")
    opened = (1 << len(mask) * 8) - 1 - bits
    if opened & (opened + 1) or len(address) != len(mask):
        return None
    low = int.from_bytes(address, "big") & bits
    return low.to_bytes(len(mask), "big"), (low | opened).to_bytes(len(mask), "big")
