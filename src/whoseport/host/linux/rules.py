"""Which firewall rules of this network namespace lead a port somewhere else, or name it?

Of nf_tables and of iptables' own tables. Neither is asked where that would make the kernel load a module, or where it
holds nothing: then there are no rules. Without CAP_NET_ADMIN nothing is told, and that is unseen.
"""

from __future__ import annotations

import errno
import os

from whoseport.host.linux.bounded import read_start, start_or_nothing
from whoseport.host.linux.diag_modules import can_load
from whoseport.model import Unseen
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from whoseport.host.linux.iptables import LegacyTable
    from whoseport.host.linux.nftables import Chain as NftChain
    from whoseport.host.linux.nftables import Element, Ruleset
    from whoseport.host.linux.rule_cases import Addresses, Case
    from whoseport.host.linux.rule_walk import Chain
    from whoseport.model import Mention, Reason, Redirect

_LARGEST = 4 << 20
_NETFILTER = b"12"  # NETLINK_NETFILTER

_OF_IPTABLES = frozenset(("filter", "nat", "mangle", "raw", "security"))
_TABLE_FILES = ((2, "ip", "ip_tables_names"), (10, "ip6", "ip6_tables_names"))

# always ours: loopback, link-local, multicast, broadcast
_EVERYWHERE = (
    (bytes((127, 0, 0, 0)), bytes((127, 255, 255, 255))),
    (bytes((224, 0, 0, 0)), bytes((255, 255, 255, 255))),
    (bytes.fromhex("fe80").ljust(16, b"\0"), bytes.fromhex("febf").ljust(16, b"\xff")),
    (b"\xff" + bytes(15), b"\xff" * 16),
)


class Rules(Record):
    """What the firewall's rules say of one port, or of every one."""

    redirects: tuple[Redirect, ...]
    mentions: tuple[Mention, ...]
    unseen: tuple[Unseen, ...]


def read_rules(*, port: int | None, proc: str = "/proc", sys: str = "/sys", modules: str = "/lib/modules") -> Rules:
    """The rules of the calling thread's network namespace; `port` None: of every port.

    `unseen` tells of each system that could not be read, subject `nftables` or `iptables`; where both were refused,
    of nftables alone.
    """
    unseen: list[Unseen] = []
    chains: list[Chain] = []
    redirects: tuple[Redirect, ...] = ()
    mentions: tuple[Mention, ...] = ()
    ruleset, why = _open_ruleset(proc=proc, sys=sys, modules=modules)
    if why is not None:
        unseen.append(Unseen(missing="rules", reason=why, subject="nftables"))
    try:
        if ruleset is not None:
            chains += _of_nftables(ruleset, unseen)
        chains += _of_iptables(f"{proc}/thread-self/net", unseen)
        if chains:
            from whoseport.host.linux.rule_walk import Walk

            walk = Walk(chains, port=port, ours=_Own())
            redirects, mentions = walk.take()
            if not walk.whole:
                unseen.append(Unseen(missing="rules", reason="too-many", subject=None))
        if ruleset is not None and not ruleset.whole:
            unseen.append(Unseen(missing="rules", reason="unreadable", subject="nftables"))
    finally:
        if ruleset is not None:
            ruleset.close()
    return Rules(redirects=redirects, mentions=mentions, unseen=tuple(unseen))


# --- nf_tables ---


def _open_ruleset(*, proc: str, sys: str, modules: str) -> tuple[Ruleset | None, Reason | None]:
    """A question to nf_tables, or why there is none; neither where it is not there, and so holds no rules."""
    there = nf_tables_there(proc=proc, sys=sys, modules=modules)
    if there == "no":
        return None, None
    if there == "unknown":
        return None, "not-supported"
    from whoseport.host.linux.nftables import Ruleset

    try:
        return Ruleset(), None
    except OSError as problem:
        absent = problem.errno in (errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT)
        return None, None if absent else _reason(problem.errno)


def nf_tables_there(*, proc: str, sys: str, modules: str) -> Literal["yes", "no", "unknown"]:
    """Whether nf_tables can be asked without loading anything; `no` means that it is not loaded, and holds no rules.

    Opening the socket loads nfnetlink, and a message to it nf_tables (net/netlink/af_netlink.c, net/netfilter/
    nfnetlink.c). /proc/net/netlink lists the kernel's own socket of each protocol that is there.
    """
    if not can_load(proc):
        return "yes"
    sockets = start_or_nothing(f"{proc}/thread-self/net/netlink", limit=_LARGEST)
    lines = [line.split(None, 2) for line in sockets.split(b"\n")[1:]]
    if sockets and not any(words[1:2] == [_NETFILTER] for words in lines):
        return "no"
    needed = ("nfnetlink", "nf_tables")
    missing = [name for name in needed if not os.path.isdir(f"{sys}/module/{name}")]
    if not missing:
        return "yes"
    built_in = start_or_nothing(f"{modules}/{os.uname().release}/modules.builtin", limit=_LARGEST)
    if not built_in:
        return "unknown"
    return "yes" if all(f"/{name}.ko\n".encode() in built_in for name in missing) else "no"


def _of_nftables(ruleset: Ruleset, unseen: list[Unseen]) -> list[Chain]:
    from whoseport.host.linux.sock_diag import Refused

    try:
        chains = ruleset.chains()
    except Refused as refusal:
        if refusal.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # a kernel with nfnetlink and no nf_tables
            unseen.append(Unseen(missing="rules", reason=_reason(refusal.errno), subject="nftables"))
        return []
    except OSError as problem:
        unseen.append(Unseen(missing="rules", reason=_reason(problem.errno), subject="nftables"))
        return []
    if not chains:
        return []
    from whoseport.host.linux.nftables import FAMILIES, HOOKS
    from whoseport.host.linux.rule_walk import Chain

    by_iptables = {
        key[:2]
        for key, chain in chains.items()
        if chain.hook is not None and chain.table in _OF_IPTABLES and chain.name == HOOKS.get(chain.hook, "").upper()
    }
    made = []
    tables: dict[tuple[int, str], dict[str, Chain]] = {}
    for chain in sorted(chains.values(), key=lambda one: one.priority):
        of = chain.family, chain.table
        one = Chain(
            chain.name,
            system="iptables" if of in by_iptables else "nftables",
            family=FAMILIES[chain.family],
            table=chain.table,
            hook=None if chain.hook is None else HOOKS.get(chain.hook),
            translates=chain.kind == "nat",
            beside=tables.setdefault(of, {}),
            read=_Cases(ruleset, chain),
        )
        one.beside[chain.name] = one
        made.append(one)
    return made


class _Cases:
    """Reads the rules of one chain of nf_tables when they are asked for."""

    def __init__(self, ruleset: Ruleset, chain: NftChain) -> None:
        self._ruleset = ruleset
        self._chain = chain

    def __call__(self) -> list[list[Case]]:
        from whoseport.host.linux.nft_expressions import cases_of

        chain = self._chain
        return [
            cases_of(expressions, userdata, family=chain.family, elements=self._elements)
            for expressions, userdata in chain.rules
        ]

    def _elements(self, name: str) -> list[Element] | None:
        return self._ruleset.elements((self._chain.family, self._chain.table, name))


# --- iptables ---


def _of_iptables(net: str, unseen: list[Unseen]) -> list[Chain]:
    """The chains of iptables' own tables: those that are listed are there, so that asking for them loads nothing."""
    made: list[Chain] = []
    for family, word, file in _TABLE_FILES:
        try:
            names = read_start(f"{net}/{file}", limit=_LARGEST).decode("ascii", "replace").split()
            if not names:
                continue
            from whoseport.host.linux.iptables import read_table

            for name in names:
                made += _chains_of(read_table(family, name), word)
        except FileNotFoundError:
            continue
        except OSError as problem:
            told = Unseen(missing="rules", reason=_reason(problem.errno), subject="iptables")
            known = {(one.missing, one.reason) for one in unseen}
            if (told.missing, told.reason) not in known:
                unseen.append(told)
    return made


def _chains_of(table: LegacyTable, family: str) -> Iterable[Chain]:
    from whoseport.host.linux.nftables import HOOKS
    from whoseport.host.linux.rule_walk import Chain

    beside: dict[str, Chain] = {}
    for chain in table.chains.values():
        one = beside[chain.name] = Chain(
            chain.name,
            system="iptables",
            family=family,
            table=table.name,
            hook=None if chain.hook is None else HOOKS.get(chain.hook),
            translates=table.name == "nat",
            beside=beside,
            read=_Entries(table, chain.rules),
        )
        yield one


class _Entries:
    """Reads the rules of one chain of iptables when they are asked for."""

    def __init__(self, table: LegacyTable, rules: list[bytes]) -> None:
        self._table = table
        self._rules = rules

    def __call__(self) -> list[list[Case]]:
        return [self._table.cases(entry) for entry in self._rules]


class _Own:
    """Whether this machine has one of some addresses; asked of the kernel when it first matters."""

    def __init__(self) -> None:
        self._known: list[bytes] | None = None

    def __call__(self, runs: Addresses) -> bool:
        if any(
            len(first) == len(low) and first <= high and low <= last
            for first, last in runs
            for low, high in _EVERYWHERE
        ):
            return True
        if self._known is None:
            from whoseport.host.linux.links import read_addresses

            try:
                self._known = read_addresses()
            except OSError:
                return True  # without a list of its own, each address may be ours
        return any(len(first) == len(own) and first <= own <= last for first, last in runs for own in self._known)


def _reason(number: int | None) -> Reason:
    return "not-permitted" if number in (errno.EPERM, errno.EACCES) else "unreadable"
