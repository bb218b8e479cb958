"""What is this socket, in the model's words? The place where it, its cgroup and its holders meet."""

from __future__ import annotations

from whoseport.host.exposure import exposure
from whoseport.host.linux.cgroups import unit_of
from whoseport.host.linux.processes import LONGEST_COMMAND
from whoseport.model import Listener, Unseen
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from whoseport.host.linux.cgroups import Cgroups
    from whoseport.host.linux.owners import Holders
    from whoseport.host.linux.processes import Details
    from whoseport.host.linux.sockets import RawSocket
    from whoseport.host.linux.users import Users
    from whoseport.model import Candidate, Container, Exposure, Forwarding, Process, Reason


class Surroundings(Record):
    """What is known of this machine besides its sockets. `netns` and `uid` are our own; `holders` name processes by
    pid, `owners` are these processes. `container_of` takes the paths of a cgroup."""

    netns: str | None
    uid: int
    proc: str
    users: Users
    cgroups: Cgroups
    holders: Holders
    owners: dict[int, Process]
    container_of: Callable[[tuple[str, ...]], Container | None]
    forwarding_of: Callable[[Process, RawSocket], Forwarding | None]


class _Place(Record):
    """A cgroup in which sockets were made; None throughout where it is not known."""

    path: str | None
    unit: str | None
    slice: str | None
    container: Container | None


class Listeners:
    """Describes sockets one after another. What several of them share is found out once, and shared again.

    `unseen` is what makes the owners of those described so far uncertain, at most one entry a socket.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._blind = bool(surroundings.holders.refused) or surroundings.holders.hidden
        self._refused = set(surroundings.holders.refused)
        self._places: dict[int | None, _Place] = {}
        self._exposures: dict[str, Exposure] = {}
        self._groups: dict[tuple[int, ...], tuple[Process, ...]] = {}
        self._candidates: dict[str | None, tuple[Candidate, ...]] = {None: (), "/": ()}
        self._unseen: dict[str, Unseen] = {}

    @property
    def unseen(self) -> tuple[Unseen, ...]:
        return tuple(self._unseen.values())

    def describe(self, socket: RawSocket) -> Listener:
        place = self._place(socket.cgroup_id)
        owners = self._owners(socket.inode)
        unit, holder, container = place.unit, place.slice, place.container
        if unit is None and container is None and owners:
            unit, holder, container = _agreed(owners)
        uncertain = self._blind and _uncertain(socket, owners, uid=self._around.uid)
        if uncertain:
            subject = f"socket:{socket.inode}"
            self._unseen[subject] = Unseen(missing="owners", reason="not-permitted", subject=subject)
        return Listener(
            transport=socket.transport,
            protocol=socket.protocol,
            address=socket.address,
            port=socket.port,
            interface=socket.interface,
            v6only=socket.v6only,
            state=socket.state,
            inode=socket.inode,
            uid=socket.uid,
            user=self._around.users.name(socket.uid),
            netns=socket.netns,
            backlog=socket.backlog,
            exposure=self._exposure(socket),
            cgroup=place.path,
            unit=unit,
            slice=holder,
            container=container,
            forwards_to=self._forwarding(owners, socket),
            candidates=self._likely(place) if uncertain and not owners else (),
            owners=owners,
            findings=None,
            verdict=None,
            identity=None,
        )

    def _place(self, cgroup_id: int | None) -> _Place:
        place = self._places.get(cgroup_id)
        if place is None:
            path = self._around.cgroups.path(cgroup_id)
            unit, holder = unit_of(path) if path is not None else (None, None)
            container = self._around.container_of((path,)) if path is not None else None
            place = self._places[cgroup_id] = _Place(path=path, unit=unit, slice=holder, container=container)
        return place

    def _owners(self, inode: int) -> tuple[Process, ...]:
        pids = self._around.holders.pids.get(inode, ())
        owners = self._groups.get(pids)
        if owners is None:
            known = self._around.owners
            owners = self._groups[pids] = tuple(known[pid] for pid in pids if pid in known)
        return owners

    def _exposure(self, socket: RawSocket) -> Exposure:
        found = self._exposures.get(socket.address)
        if found is None:
            found = self._exposures[socket.address] = exposure(socket.address)
        if found == "public" and socket.netns != self._around.netns:
            return "private"  # the address of another namespace is reached through this machine alone
        return found

    def _forwarding(self, owners: tuple[Process, ...], socket: RawSocket) -> Forwarding | None:
        for owner in owners:
            found = self._around.forwarding_of(owner, socket)
            if found is not None:
                return found
        return None

    def _likely(self, place: _Place) -> tuple[Candidate, ...]:
        if place.path not in self._candidates:
            from whoseport.host.linux.candidates import likely_owners

            self._candidates[place.path] = likely_owners(
                self._around.cgroups.processes(place.path or "/"),
                possible=self._refused,
                service=place.unit is not None and place.container is None,
                proc=self._around.proc,
            )
        return self._candidates[place.path]


def unseen_details(found: Iterable[Details]) -> list[Unseen]:
    """What is missing in the details of these processes."""
    unseen = []
    for details in found:
        pid, executable, command = details[0], details[4], details[6]
        if executable is None:
            # a process that is ending has neither executable nor command any more
            reason: Reason = "vanished" if command == b"" else "not-permitted"
            unseen.append(Unseen(missing="executable", reason=reason, subject=f"pid:{pid}"))
        if command is None:
            unseen.append(Unseen(missing="command", reason="not-permitted", subject=f"pid:{pid}"))
        elif len(command) >= LONGEST_COMMAND:
            unseen.append(Unseen(missing="command", reason="too-many", subject=f"pid:{pid}"))
    return unseen


def _uncertain(socket: RawSocket, owners: Collection[Process], *, uid: int) -> bool:
    """Whether a process into which we could not look may hold this socket.

    Where no holder was found: surely. Where some were, only if the socket is another user's: what one of our own
    processes opened could be held by a foreign one only if it was handed over, and to say so of every listener of an
    ordinary user would drown the cases that matter. Root's view is whole but for what has still more capabilities.
    """
    if not socket.inode:
        return False  # no process can hold it: closed, and the kernel is not done with it yet
    return not owners or (uid != 0 and socket.uid != uid)


def _agreed(owners: tuple[Process, ...]) -> tuple[str | None, str | None, Container | None]:
    """Unit, slice and container of the owners, where the socket's cgroup tells none and all of them agree.

    So it is under the v1 hierarchies, which have no cgroup for sockets.
    """
    first = owners[0]
    agreed = first.unit, first.slice, first.container
    if all((owner.unit, owner.slice, owner.container) == agreed for owner in owners[1:]):
        return agreed
    return None, None, None
