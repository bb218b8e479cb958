"""Who holds the port? The sockets grouped by their holder, and the conclusion that the headline draws from them."""

from __future__ import annotations

from whoseport.record import Record
from whoseport.render.escape import Safe, joined, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Container, Forwarding, Inspection, Listener, Process
    from whoseport.render.language import Language

_SHOWN_NAMES = 3
_NOT_LIVING = ("last_ack", "closing", "time_wait", "peers")
_NAME_LIMIT = 40


class Holding(Record):
    """Sockets with the same holder: the same owners, or, where they could not be seen, the same signs of one.

    `elsewhere` is the network namespace where that is not the one looked from, empty where its number was not seen.
    """

    listeners: tuple[Listener, ...]
    owners: tuple[Process, ...]
    elsewhere: str | None

    @property
    def served_by(self) -> tuple[Process, ...]:
        """The owners without pid 1, which only lends its sockets, unless it stands alone."""
        return tuple(owner for owner in self.owners if owner.pid != 1) or self.owners

    @property
    def unit(self) -> str | None:
        """The service unit of the holders, or where nobody but pid 1 was seen to hold it, of the socket."""
        if any(owner.pid != 1 for owner in self.owners):
            return next((owner.unit for owner in self.served_by if owner.unit), None)
        return self.listeners[0].unit

    @property
    def container(self) -> Container | None:
        for owner in self.owners:
            if owner.container:
                return owner.container
        return self.listeners[0].container

    @property
    def forwards_to(self) -> Forwarding | None:
        for listener in self.listeners:
            if listener.forwards_to:
                return listener.forwards_to
        return None


def holdings(host: Inspection, *, apart: bool = False) -> list[Holding]:
    """The listeners of a look by their holders, those of this network namespace first.

    Like processes that hold sockets of their own (a forwarder for each family, workers with SO_REUSEPORT) count as one
    holder, unless they are wanted `apart`.
    """
    found: dict[object, list[Listener]] = {}
    for listener in host.listeners:
        forwards = listener.forwards_to
        alike = None if apart else bool(forwards)
        holder = (
            _elsewhere(host, listener),
            tuple(_identity(owner, forwards=alike) for owner in listener.owners),
            () if listener.owners else (listener.uid, listener.cgroup, listener.unit, listener.candidates),
            forwards and (forwards.address, forwards.port),
        )
        found.setdefault(holder, []).append(listener)
    told = [holding_of(host, listeners) for listeners in found.values()]
    return sorted(told, key=lambda holding: (holding.elsewhere is not None, holding.elsewhere or ""))


def holding_of(host: Inspection, listeners: list[Listener]) -> Holding:
    """Sockets of one holder, with all the processes that hold any of them."""
    owners = {(owner.pid, owner.started): owner for listener in listeners for owner in listener.owners}
    return Holding(listeners=tuple(listeners), owners=tuple(owners.values()), elsewhere=_elsewhere(host, listeners[0]))


def _elsewhere(host: Inspection, listener: Listener) -> str | None:
    return None if listener.netns == host.netns else listener.netns or ""


def _identity(owner: Process, *, forwards: bool | None) -> object:
    """What makes processes count as alike; None: nothing does. The commands of forwarders name their own address."""
    if forwards is None:
        return owner.pid, owner.started
    command = None if forwards else owner.command
    program = owner.name, owner.executable, owner.executable_state, command
    return program, owner.uid, owner.unit, owner.container, owner.working_directory


def saw_every_owner(host: Inspection) -> bool:
    """Whether every process was looked through."""
    return not any(unseen.missing == "owners" for unseen in host.unseen)


def is_kernel_socket(listener: Listener, *, saw_every_owner: bool) -> bool:
    """Whether every process was looked through, and none holds it: then it is the kernel's own."""
    return saw_every_owner and not listener.owners and not listener.candidates


def conclusion(host: Inspection, language: Language, *, port: int | None = None) -> tuple[Safe, bool]:
    """The clause of the headline, and whether it tells of a holder, in this network namespace or another."""
    every = holdings(host)
    here = [holding for holding in every if holding.elsewhere is None]
    if here:
        if any(listener.verdict for holding in here for listener in holding.listeners):
            from whoseport.render.conclusion import judged

            return judged(host, here, held=_held_by(host, here, language), language=language), True
        return _held_by(host, here, language), True
    if host.findings or host.redirects or host.kernel_ports:
        from whoseport.render.conclusion import unheld

        told = unheld(host, port, language)
        if told is not None:
            return told, True
    return _nothing(host, every, language), bool(every)


def _nothing(host: Inspection, elsewhere: list[Holding], language: Language) -> Safe:
    say = language.say
    if elsewhere:
        names = _names(owner for holding in elsewhere for owner in holding.owners)
        if names:
            return say("nothing seen here, held in another network namespace by {names}", names=listed(names, language))
        return say("nothing seen here, held in another network namespace")
    if host.port_state is not None and host.port_state.state == "unknown":
        if not sockets_unseen(host):
            return say("nothing seen here, though a redirect could not be ruled out")
        return say("what is here could not be seen")
    number = living_connections(host)
    if number:
        return language.count(
            "nothing listens here, {number} connection uses it",
            "nothing listens here, {number} connections use it",
            number,
        )
    return say("nothing seen here")


def sockets_unseen(host: Inspection) -> bool:
    """Whether it is unknown what holds the port because sockets, not only the firewall's rules, could not be read."""
    state = host.port_state
    if state is None or state.state != "unknown":
        return False
    claims = {finding.claim for finding in (*state.because, *(host.findings or ()))}
    return "rules-unseen" not in claims or "sockets-unreadable" in claims


def living_connections(host: Inspection) -> int:
    """Connections on the port that a process may still have: those that both sides have closed are over."""
    counts = host.connections.fields() if host.connections is not None else {}
    return sum(number for state, number in counts.items() if state not in _NOT_LIVING)


def _held_by(host: Inspection, here: list[Holding], language: Language) -> Safe:
    say = language.say
    owners = [owner for holding in here for owner in holding.owners]
    if not owners:
        return _held_unseen(host, here, language)
    pids = {owner.pid for owner in owners}
    names = listed(_names(owners), language)
    if len(pids) == len(_names(owners)):
        held = say("held by {names}", names=names)
    else:
        held = language.count(
            "held by {number} process: {names}", "held by {number} processes: {names}", len(pids), names=names
        )
    if all(holding.owners for holding in here):
        return placed(held, here, language)
    unowned = [listener for holding in here if not holding.owners for listener in holding.listeners]
    saw_all = saw_every_owner(host)
    if all(is_kernel_socket(listener, saw_every_owner=saw_all) for listener in unowned):
        return say("{held}, and by the kernel itself", held=held)
    return say("{held}; who else, could not be seen", held=held)


def _held_unseen(host: Inspection, here: list[Holding], language: Language) -> Safe:
    say = language.say
    listeners = [listener for holding in here for listener in holding.listeners]
    likely = {plain(one.name, limit=_NAME_LIMIT): None for listener in listeners for one in listener.candidates}
    if likely:
        return placed(say("held, likely by {names}", names=listed(list(likely), language)), here, language)
    saw_all = saw_every_owner(host)
    if all(is_kernel_socket(listener, saw_every_owner=saw_all) for listener in listeners):
        return say("held by the kernel itself, by no process")
    something = placed(say("something holds it"), here, language)
    return say("{held}; who, could not be seen", held=something)


def placed(held: Safe, here: list[Holding], language: Language) -> Safe:
    """Adds what little it is held for, where it leads, or its container or unit, where all that hold it share one."""
    say = language.say
    states = {listener.state for holding in here for listener in holding.listeners}
    if states == {"bound"}:
        held = say("{held}, bound but not listening", held=held)
    elif states == {"connected"}:
        held = say("{held}, for one udp peer only", held=held)
    leads = {forward.address: forward for holding in here if (forward := holding.forwards_to)}
    if len(leads) == 1:
        forwarding = next(iter(leads.values()))
        if forwarding.container is not None and forwarding.container.name:
            name = box_name(forwarding.container)
            return say("{held}, which leads to container {container}", held=held, container=name)
        address = endpoint(forwarding.address, forwarding.port)
        return say("{held}, which leads to {address}", held=held, address=address)
    containers = {box.id: box for holding in here if (box := holding.container)}
    if len(containers) == 1:
        return say("{held}, in container {container}", held=held, container=box_name(next(iter(containers.values()))))
    units = {holding.unit for holding in here}
    unit = next(iter(units))
    if len(units) == 1 and unit and not unit.endswith((".scope", ".slice")) and not unit.startswith("user@"):
        return say("{held}, unit {unit}", held=held, unit=plain(unit.removesuffix(".service"), limit=60))
    return held


def box_name(container: Container) -> Safe:
    """A container's name, or the start of its id as the runtimes print it."""
    return plain(container.name, limit=_NAME_LIMIT) if container.name else plain(container.id[:12])


def endpoint(address: str, port: int) -> Safe:
    """`127.0.0.1:80`, `[::1]:80` (RFC 3986 section 3.2.2)."""
    return plain(f"[{address}]:{port}" if ":" in address else f"{address}:{port}", limit=80)


def _names(owners: Iterable[Process]) -> list[Safe]:
    return list({plain(owner.name, limit=_NAME_LIMIT): None for owner in owners})


def listed(names: list[Safe], language: Language) -> Safe:
    """`a, b and c`; of more than three the first three, and how many more there are."""
    if len(names) <= _SHOWN_NAMES:
        return language.listed(names)
    return language.count(
        "{names} and {number} more",
        "{names} and {number} more",
        len(names) - _SHOWN_NAMES,
        names=joined(", ", names[:_SHOWN_NAMES]),
    )
