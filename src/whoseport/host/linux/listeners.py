"""What is this socket, in the model's words? The place where it, its cgroup and its holders meet."""

from __future__ import annotations

from whoseport.host.exposure import exposure
from whoseport.host.linux.cgroups import unit_of
from whoseport.host.linux.processes import LONGEST_COMMAND
from whoseport.model import Listener, Unseen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from whoseport.host.linux.candidates import Candidates
    from whoseport.host.linux.cgroups import Cgroups
    from whoseport.host.linux.owners import Holders
    from whoseport.host.linux.processes import Details
    from whoseport.host.linux.sockets import RawSocket
    from whoseport.host.linux.users import Users
    from whoseport.model import Candidate, Container, Exposure, Forwarding, Process, Reason

    ContainerOf = Callable[[tuple[str, ...]], Container | None]
    """The container that one of these cgroup paths stands for."""
    Place = tuple[str | None, str | None, str | None, Container | None]
    """path, unit, slice and container of a cgroup"""


class Surroundings:
    """What is read of this machine besides sockets and their holders, once for all listeners."""

    __slots__ = ("candidates", "cgroups", "container_of", "forwarding_of", "users")

    def __init__(
        self,
        *,
        users: Users,
        cgroups: Cgroups,
        candidates: Candidates,
        container_of: ContainerOf,
        forwarding_of: Callable[[Process, RawSocket], Forwarding | None],
    ) -> None:
        self.users = users
        self.cgroups = cgroups
        self.candidates = candidates
        self.container_of = container_of
        self.forwarding_of = forwarding_of


def describe(
    sockets: Iterable[RawSocket],
    holders: Holders,
    owners: dict[int, Process],
    surroundings: Surroundings,
    *,
    netns: str | None,
    uid: int,
) -> tuple[list[Listener], list[Unseen]]:
    """Listeners in the order of the sockets, and what makes their owners uncertain. `netns` and `uid` are our own."""
    places: dict[int | None, Place] = {}
    exposures: dict[str, Exposure] = {}
    groups: dict[tuple[int, ...], tuple[Process, ...]] = {}
    unseen: dict[str, Unseen] = {}
    listeners = []
    blind = bool(holders.refused) or holders.hidden
    for socket in sockets:
        if socket.address not in exposures:
            exposures[socket.address] = exposure(socket.address)
        reach = exposures[socket.address]
        if reach == "public" and socket.netns != netns:
            # the address of another namespace leads nowhere but through this machine
            reach = "private"
        if socket.cgroup_id not in places:
            places[socket.cgroup_id] = _place(socket.cgroup_id, surroundings)
        path, unit, holder, container = places[socket.cgroup_id]
        pids = holders.pids.get(socket.inode, ())
        if pids not in groups:
            groups[pids] = tuple(owners[pid] for pid in pids if pid in owners)
        held_by = groups[pids]
        if unit is None and container is None and held_by:
            unit, holder, container = _agreed(held_by)
        forwards_to = None
        for owner in held_by:
            forwards_to = forwards_to or surroundings.forwarding_of(owner, socket)
        uncertain = blind and _uncertain(socket, held_by, uid=uid)
        if uncertain:
            subject = f"socket:{socket.inode}"
            unseen.setdefault(subject, Unseen(missing="owners", reason="not-permitted", subject=subject))
        listeners.append(
            Listener(
                transport=socket.transport,
                protocol=socket.protocol,
                address=socket.address,
                port=socket.port,
                interface=socket.interface,
                v6only=socket.v6only,
                state=socket.state,
                inode=socket.inode,
                uid=socket.uid,
                user=surroundings.users.name(socket.uid),
                netns=socket.netns,
                backlog=socket.backlog,
                exposure=reach,
                cgroup=path,
                unit=unit,
                slice=holder,
                container=container,
                forwards_to=forwards_to,
                candidates=_likely(path, holders, surroundings, service=unit is not None and container is None)
                if uncertain and not held_by
                else (),
                owners=held_by,
                findings=None,
                verdict=None,
                identity=None,
            )
        )
    return listeners, list(unseen.values())


def unseen_details(found: Iterable[Details]) -> list[Unseen]:
    """What is missing in the details of these processes."""
    unseen = []
    for details in found:
        pid, executable, command = details[0], details[4], details[6]
        if executable is None:
            reason: Reason
            # a process that is ending has neither executable nor command any more
            reason = "vanished" if command == b"" else "not-permitted"
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


def _place(cgroup_id: int | None, surroundings: Surroundings) -> Place:
    path = surroundings.cgroups.path(cgroup_id)
    if path is None:
        return None, None, None, None
    unit, holder = unit_of(path)
    return path, unit, holder, surroundings.container_of((path,))


def _agreed(owners: tuple[Process, ...]) -> tuple[str | None, str | None, Container | None]:
    """Unit, slice and container of the owners, where the socket's cgroup tells none and all of them agree.

    So it is under the v1 hierarchies, which have no cgroup for sockets.
    """
    first = owners[0]
    agreed = first.unit, first.slice, first.container
    if all((owner.unit, owner.slice, owner.container) == agreed for owner in owners[1:]):
        return agreed
    return None, None, None


def _likely(path: str | None, holders: Holders, surroundings: Surroundings, *, service: bool) -> tuple[Candidate, ...]:
    return surroundings.candidates.of(path, possible=set(holders.refused), service=service)
