"""Where do the rules of a firewall lead what arrives for a port, and which of them name it?

Follows jumps from the chains that the kernel calls, with the ports that can still get there. A rule that nothing but
ports decides takes its ports away from the rules after it; one with other conditions is followed, and so is what comes
after it. What is only for addresses that this machine does not have concerns the ports of another.
"""

from __future__ import annotations

from whoseport.host.linux.rule_cases import ENDING, EVERYTHING, LEADING, both, less, merged, together
from whoseport.model import TRANSPORTS, Mention, Redirect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whoseport.host.linux.rule_cases import Addresses, Case, Traffic
    from whoseport.model import RuleSystem, Transport

MOST_STEPS = 200_000
"""Rules visited. A cluster's node visits some tens of thousands when it is asked about every port."""

MOST_FOUND = 10_000
DEEPEST = 32
"""Jumps within each other; the kernel itself allows 16 in nf_tables (NFT_JUMP_STACK_SIZE)."""

HOOKS = ("ingress", "prerouting", "input", "output")
"""Those that see what is sent to a port of this machine; `output` sees it where the sender is this machine, too."""

_FAMILIES = {2: "ip", 10: "ip6"}


class Chain:
    """One chain: of which system, family and table, and what its rules take and do.

    `hook` is None unless the kernel itself calls it; `translates` tells, of those, the ones that only change
    where packets go. `beside` has all chains of its table by name, which a jump may lead to.
    """

    __slots__ = ("_cases", "_read", "beside", "family", "hook", "name", "system", "table", "translates")

    def __init__(
        self,
        name: str,
        *,
        system: RuleSystem,
        family: str,
        table: str,
        hook: str | None,
        translates: bool,
        beside: dict[str, Chain],
        read: Callable[[], list[list[Case]]],
    ) -> None:
        self.name = name
        self.system = system
        self.family = family
        self.table = table
        self.hook = hook
        self.translates = translates
        self.beside = beside
        self._read = read
        self._cases: list[list[Case]] | None = None

    def rules(self) -> list[list[Case]]:
        """The cases of each rule, read when they are first asked for."""
        if self._cases is None:
            self._cases = self._read()
        return self._cases


class _Trail:
    """What was demanded on the way to a chain."""

    __slots__ = ("address", "comment", "family", "hook", "interface", "path")

    def __init__(self, path: tuple[str, ...], hook: str) -> None:
        self.path = path
        self.hook = hook
        self.address: str | None = None
        self.interface: str | None = None
        self.comment: str | None = None
        self.family: int | None = None

    def after(self, case: Case) -> _Trail:
        made = _Trail(self.path if case.chain is None else (*self.path, case.chain), self.hook)
        made.address = case.address or self.address
        made.interface = case.interface or self.interface
        made.comment = case.comment or self.comment
        made.family = case.family or self.family
        return made


class Walk:
    """One walk through all chains, for one port or for every one.

    `ours` tells whether this machine has one of some addresses. `whole` tells afterwards whether all was visited.
    """

    def __init__(self, chains: Iterable[Chain], *, port: int | None, ours: Callable[[Addresses], bool]) -> None:
        self._chains = tuple(chains)
        self._port = port
        self._ours = ours
        self._steps = 0
        self._redirects: dict[Redirect, None] = {}
        self._mentions: dict[Mention, None] = {}
        self.whole = True

    def take(self) -> tuple[tuple[Redirect, ...], tuple[Mention, ...]]:
        """What was found, each once, in the order of the chains."""
        start: Traffic = EVERYTHING if self._port is None else dict.fromkeys(TRANSPORTS, ((self._port, self._port),))
        for chain in self._chains:
            if chain.hook not in HOOKS:
                continue
            # what only translates names no port that it lets through, and is followed as far as the port gets
            if chain.translates or self._survey(chain, chain.hook):
                self._follow(chain, start, _Trail((chain.name,), chain.hook))
        return tuple(self._redirects), tuple(self._mentions)

    # --- which rules name the port ---

    def _survey(self, base: Chain, hook: str) -> bool:
        """Notes the rules that name the port, of every chain that can be reached; whether one leads somewhere else."""
        leads = False
        seen = {base}
        waiting = [base]
        while waiting:
            chain = waiting.pop()
            for position, cases in enumerate(chain.rules(), 1):
                for case in cases:
                    leads = leads or case.verdict in LEADING
                    target = _target(chain, case)
                    if target is not None and target not in seen:
                        seen.add(target)
                        waiting.append(target)
                    if case.verdict not in LEADING and (case.named or case.sources):
                        self._mention(chain, case, hook, position)
        return leads

    def _mention(self, chain: Chain, case: Case, hook: str, position: int) -> None:
        # what leaves is named by where it comes from
        named = merged((*case.named, *case.sources)) if hook == "output" else case.named
        if self._port is not None:
            named = tuple((first, last) for first, last in named if first <= self._port <= last)
        if not named or not self._concerns(case):
            return
        transports: tuple[Transport | None, ...] = (
            tuple(case.traffic) if len(case.traffic) < len(TRANSPORTS) else (None,)
        )
        for transport in transports:
            for first, last in named:
                if len(self._mentions) >= MOST_FOUND:
                    self.whole = False
                    return
                self._mentions[
                    Mention(
                        kind=chain.system,
                        path=f"{chain.family} {chain.table} {chain.name}",
                        line=position,
                        transport=transport,
                        first=first,
                        last=last,
                        address=case.address,
                        name=None,
                        program=None,
                        package=None,
                        text=f"{hook}: {case.text}",
                        enabled=True,
                    )
                ] = None

    def _concerns(self, case: Case) -> bool:
        return case.addresses is None or self._ours(case.addresses)

    # --- where they lead ---

    def _follow(self, chain: Chain, traffic: Traffic, trail: _Trail) -> Traffic:
        """Follows what gets to a chain; what comes out of it again, at its end or by a return."""
        returned: Traffic = {}
        for cases in chain.rules():
            self._steps += 1
            if self._steps > MOST_STEPS or len(trail.path) > DEEPEST:
                self.whole = False
                return together(traffic, returned)
            for case in cases:
                taken = both(traffic, case.traffic)
                if not taken or not self._concerns(case):
                    continue
                if case.family is not None and trail.family not in (None, case.family):
                    continue
                target = _target(chain, case)
                back: Traffic = {}
                if case.verdict in LEADING:
                    self._redirect(chain, case, taken, trail.after(case))
                elif case.verdict == "return":
                    returned = together(returned, taken)
                elif target is not None:
                    back = self._follow(target, taken, trail.after(case))
                if case.certain and (case.verdict in ENDING or target is not None):
                    traffic = less(traffic, taken)
                if case.verdict == "goto":
                    returned = together(returned, back)
                elif case.certain and back:
                    traffic = together(traffic, back)
            if not traffic:
                break
        return together(traffic, returned)

    def _redirect(self, chain: Chain, case: Case, taken: Traffic, trail: _Trail) -> None:
        for transport, ranges in taken.items():
            for first, last in ranges:
                if case.base is None or case.to_port is None:
                    self._add(chain, case, trail, transport, first, last, to_port=case.to_port)
                    continue
                for port in range(first, last + 1):  # a range that is shifted leads each port to another
                    to_port = (case.to_port + port - case.base) % 65536
                    self._add(chain, case, trail, transport, port, port, to_port=to_port)

    def _add(
        self, chain: Chain, case: Case, trail: _Trail, transport: Transport, *where: int, to_port: int | None
    ) -> None:
        if len(self._redirects) >= MOST_FOUND:
            self.whole = False
            return
        first, last = where
        self._redirects[
            Redirect(
                system=chain.system,
                family=_FAMILIES.get(trail.family or 0, chain.family),
                table=chain.table,
                chain=" > ".join(trail.path),
                hook=trail.hook,
                transport=transport,
                first=first,
                last=last,
                address=trail.address,
                interface=trail.interface,
                to_address=case.to_address,
                to_port=to_port,
                comment=trail.comment,
            )
        ] = None


def _target(chain: Chain, case: Case) -> Chain | None:
    return None if case.chain is None else chain.beside.get(case.chain)
