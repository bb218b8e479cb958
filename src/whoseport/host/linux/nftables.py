"""What does nf_tables hold in this network namespace? Its tables, chains, rules and sets, asked for by netlink.

The wire format is that of linux/netfilter/nfnetlink.h and linux/netfilter/nf_tables.h; its numbers are big-endian.
Asking takes CAP_NET_ADMIN over the namespace. The readers are total: a message that makes no sense is passed over.
"""

from __future__ import annotations

from struct import Struct

from whoseport.host.linux.netlink import NETLINK_NETFILTER, Client, Refused, attribute, attributes, each_attribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    Address: TypeAlias = tuple[int, str, str]
    """A chain or a set: family (NFPROTO number), table, name."""

    Verdict: TypeAlias = tuple[int, str | None]
    """NF_ or NFT_ number (linux/netfilter.h), and the chain of a jump or goto."""

    Element: TypeAlias = tuple[bytes, bytes, bytes | None, Verdict | None]
    """Of a set or map: first and last key (both empty for the one that takes all else), value, verdict."""

NFPROTO_INET, NFPROTO_IPV4, NFPROTO_NETDEV, NFPROTO_IPV6 = 1, 2, 5, 10
FAMILIES = {NFPROTO_INET: "inet", NFPROTO_IPV4: "ip", NFPROTO_NETDEV: "netdev", NFPROTO_IPV6: "ip6"}
"""Those that see what arrives for a port; arp and bridge have words of their own for other things."""

INGRESS = 5  # NF_INET_INGRESS; of the family netdev it is NF_NETDEV_INGRESS, 0
HOOKS = {0: "prerouting", 1: "input", 2: "forward", 3: "output", 4: "postrouting", INGRESS: "ingress"}

# linux/netfilter/nf_tables.h: NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_...
_GET_TABLE, _GET_CHAIN, _GET_RULE, _GET_SET, _GET_ELEMENTS = 0xA01, 0xA04, 0xA07, 0xA0A, 0xA0D
_NEW_TABLE, _NEW_CHAIN, _NEW_RULE, _NEW_SET, _NEW_ELEMENTS = 0xA00, 0xA03, 0xA06, 0xA09, 0xA0C
_DORMANT = 1  # NFT_TABLE_F_DORMANT
_SET_INTERVAL, _SET_CONCATENATED = 0x4, 0x80
_INTERVAL_END, _CATCHALL = 1, 2

LARGEST_SET = 4 << 20
"""Bytes of the answer that tells the elements of one set; about 60,000 ports. Larger ones are lists of addresses."""

_NUMBER = Struct("!I")
_SIGNED = Struct("!i")


class Chain:
    """`hook` is None unless the kernel itself calls the chain; `kind` is `nat`, `filter` or `route`, then."""

    __slots__ = ("family", "hook", "kind", "name", "priority", "rules", "table")

    def __init__(self, family: int, table: str, name: str) -> None:
        self.family = family
        self.table = table
        self.name = name
        self.hook: int | None = None
        self.priority = 0
        self.kind: str | None = None
        self.rules: list[tuple[bytes, bytes]] = []


class Ruleset:
    """An open question to nf_tables. Raises OSError where there is no netlink for it, `Refused` where not permitted."""

    def __init__(self) -> None:
        self._client = Client(NETLINK_NETFILTER)
        self._sets: dict[Address, int] | None = None
        self._elements: dict[Address, list[Element] | None] = {}
        self.whole = True

    def chains(self) -> dict[Address, Chain]:
        """Every chain with its rules, each the bytes of its expressions and of its user data.

        Empty where the kernel calls none of them. Chains of a dormant table are never called, and left out.
        """
        chains = read_chains(self._dump(_GET_CHAIN))
        if not any(chain.hook is not None for chain in chains.values()):
            return {}
        dormant = read_dormant(self._dump(_GET_TABLE))
        if dormant:
            chains = {key: chain for key, chain in chains.items() if key[:2] not in dormant}
        read_rules(self._dump(_GET_RULE), chains)
        return chains

    def elements(self, where: Address) -> list[Element] | None:
        """The elements of a set or map; None where it cannot be read, or is too large to be one of ports."""
        if where not in self._elements:
            try:
                self._elements[where] = self._read_elements(where)
            except (Refused, OSError):
                self._elements[where] = None
                self.whole = False
        return self._elements[where]

    def _read_elements(self, where: Address) -> list[Element] | None:
        if self._sets is None:
            self._sets = read_sets(self._dump(_GET_SET))
        flags = self._sets.get(where)
        if flags is None:
            return None
        family, table, name = where
        wanted = _general(family) + attribute(1, table.encode() + b"\0") + attribute(2, name.encode() + b"\0")
        messages, whole = self._client.dump(_GET_ELEMENTS, wanted, largest=LARGEST_SET)
        return read_elements(messages, flags) if whole else None

    def _dump(self, kind: int) -> list[tuple[int, bytes]]:
        messages, whole = self._client.dump(kind, _general(0))
        self.whole = self.whole and whole
        return messages

    def close(self) -> None:
        self._client.close()


def _general(family: int) -> bytes:
    """`struct nfgenmsg`: family, version, resource."""
    return bytes((family, 0, 0, 0))


def read_chains(messages: Iterable[tuple[int, bytes]]) -> dict[Address, Chain]:
    """The chains that NFT_MSG_NEWCHAIN messages tell of, of the families that matter."""
    found: dict[Address, Chain] = {}
    for kind, content in messages:
        if kind != _NEW_CHAIN or not content or content[0] not in FAMILIES:
            continue
        told = attributes(content[4:])
        chain = Chain(content[0], text(told.get(1, b"")), text(told.get(3, b"")))
        if 4 in told:
            hook = attributes(told[4])
            chain.hook, chain.priority = number(hook.get(1, b"")), signed(hook.get(2, b""))
            chain.kind = text(told.get(7, b""))
            if chain.family == NFPROTO_NETDEV:
                chain.hook = INGRESS if chain.hook == 0 else None
        found[chain.family, chain.table, chain.name] = chain
    return found


def read_dormant(messages: Iterable[tuple[int, bytes]]) -> set[tuple[int, str]]:
    """Family and name of the tables that NFT_MSG_NEWTABLE messages tell to be dormant."""
    found = set()
    for kind, content in messages:
        if kind == _NEW_TABLE and content:
            told = attributes(content[4:])
            if number(told.get(2, b"")) & _DORMANT:
                found.add((content[0], text(told.get(1, b""))))
    return found


def read_rules(messages: Iterable[tuple[int, bytes]], chains: dict[Address, Chain]) -> None:
    """Adds the rules that NFT_MSG_NEWRULE messages tell of to their chains, in their order."""
    for kind, content in messages:
        if kind == _NEW_RULE and content:
            told = attributes(content[4:])
            chain = chains.get((content[0], text(told.get(1, b"")), text(told.get(2, b""))))
            if chain is not None:
                chain.rules.append((told.get(4, b""), told.get(7, b"")))


def read_sets(messages: Iterable[tuple[int, bytes]]) -> dict[Address, int]:
    """The flags of the sets that NFT_MSG_NEWSET messages tell of."""
    found = {}
    for kind, content in messages:
        if kind == _NEW_SET and content:
            told = attributes(content[4:])
            found[content[0], text(told.get(1, b"")), text(told.get(2, b""))] = number(told.get(3, b""))
    return found


def read_elements(messages: Iterable[tuple[int, bytes]], flags: int) -> list[Element]:
    """The elements that NFT_MSG_NEWSETELEM messages tell of, by the flags of their set.

    A set of intervals tells where each begins and, unless the next begins there, where it has ended; one of intervals
    of several fields tells the first and last key of each.
    """
    found: list[Element] = []
    bounds: list[tuple[bytes, bool, bytes | None, Verdict | None]] = []
    interval = flags & _SET_INTERVAL and not flags & _SET_CONCATENATED
    for kind, content in messages:
        if kind != _NEW_ELEMENTS:
            continue
        for _, element in each_attribute(attributes(content[4:]).get(3, b"")):
            told = attributes(element)
            flag = number(told.get(3, b""))
            value, verdict = read_data(told.get(2, b""))
            key = read_data(told.get(1, b""))[0]
            if flag & _CATCHALL:
                found.append((b"", b"", value, verdict))
            elif key is None:
                continue
            elif interval:
                bounds.append((key, bool(flag & _INTERVAL_END), value, verdict))
            else:
                last = read_data(told[10])[0] if 10 in told else None
                found.append((key, last if last is not None and len(last) == len(key) else key, value, verdict))
    # an end sorts before the beginning of the next at the same key
    bounds.sort(key=lambda bound: (bound[0], not bound[1]))
    for place, (key, ended, value, verdict) in enumerate(bounds):
        if ended:
            continue
        last = b"\xff" * len(key)
        if place + 1 < len(bounds):
            after = bounds[place + 1][0]
            last = max(int.from_bytes(after, "big") - 1, 0).to_bytes(len(after), "big")
        found.append((key, last, value, verdict))
    return found


def read_data(data: bytes) -> tuple[bytes | None, Verdict | None]:
    """`struct nft_data` as a nested attribute: plain bytes, or a verdict."""
    told = attributes(data)
    if 2 in told:
        verdict = attributes(told[2])
        chain = verdict.get(2)
        return None, (signed(verdict.get(1, b"")), None if chain is None else text(chain))
    return told.get(1), None


def comment_of(userdata: bytes) -> str | None:
    """The comment that nft(8) keeps with a rule: type 0 of its records of type, length, value (libnftnl, udata.h)."""
    at = 0
    while at + 2 <= len(userdata):
        kind, length = userdata[at], userdata[at + 1]
        if kind == 0:
            return text(userdata[at + 2 : at + 2 + length]) or None
        at += 2 + length
    return None


def text(raw: bytes) -> str:
    """A name, up to its closing NUL."""
    return raw.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")


def number(raw: bytes) -> int:
    """A big-endian number of 32 bits; 0 for what is none."""
    return int(_NUMBER.unpack(raw)[0]) if len(raw) == 4 else 0


def signed(raw: bytes) -> int:
    """The same, below zero where its first bit is set."""
    return int(_SIGNED.unpack(raw)[0]) if len(raw) == 4 else 0
