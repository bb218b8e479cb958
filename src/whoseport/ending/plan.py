"""What would have to be ended to free a port, and how? A pure function of what was seen.

A unit is its manager's to stop, a container its runtime's; anything else is a process, which gets a signal. What may
not be ended is refused with the reason: the kernel, the first process, this program and those it was started by, what
could not be seen, and what belongs to somebody else.
"""

from __future__ import annotations

from whoseport.model import Ending, StopRefusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from whoseport.model import Container, Inspection, Listener, Process, StopRefusalReason

RUNTIME_TOOLS = {"docker": "docker", "podman": "podman", "libpod": "podman"}
_SESSION_UNITS = ("user@", "session-", "init.scope")


def plan(
    host: Inspection,
    *,
    lineage: Collection[int],
    uid: int,
    folder: str | None = None,
    managed: bool = True,
) -> tuple[tuple[Ending, ...], tuple[StopRefusal, ...]]:
    """What to end and what is refused, for an inspection of one port.

    `lineage`: this process and its parents; `uid`: the effective one; `folder`: only what belongs to this project;
    `managed`: whether a service manager is there to ask.
    """
    endings: dict[tuple[str, object], Ending] = {}
    refused: dict[tuple[str, int | None], StopRefusal] = {}
    activating = _socket_units(host)
    for listener in host.listeners:
        if listener.netns != host.netns:
            continue
        if not listener.owners:
            reason: StopRefusalReason = "kernel" if host.complete else "not-seen"
            refused[reason, None] = StopRefusal(reason=reason, pid=None, name=None)
        for owner in listener.owners:
            if folder is not None and not _belongs(owner, folder):
                refused["not-mine", owner.pid] = StopRefusal(reason="not-mine", pid=owner.pid, name=owner.name)
                continue
            made = _managed(listener, owner, activating, managed=managed)
            if made is not None:
                endings.setdefault((made.way, made.name), made)
                continue
            reason_against = _against(owner, lineage=lineage, uid=uid)
            if reason_against is not None:
                refused[reason_against, owner.pid] = StopRefusal(reason=reason_against, pid=owner.pid, name=owner.name)
                continue
            known = endings.get(("process", owner.pid))
            sockets = (*(known.sockets if known else ()), listener.inode)
            endings["process", owner.pid] = _process(owner, tuple(dict.fromkeys(sockets)))
    return tuple(endings.values()), tuple(refused.values())


def _managed(listener: Listener, owner: Process, activating: dict[str, str], *, managed: bool) -> Ending | None:
    """The ending by a manager, where this owner has one."""
    box = listener.forwards_to.container if listener.forwards_to else None
    box = box or owner.container
    if box is not None and (tool := RUNTIME_TOOLS.get(box.runtime or "")):
        return _container(box, tool)
    unit = owner.unit
    if owner.pid == 1 and managed:
        unit = next(iter(activating.values()), None)
        return _unit(unit, None, user=False) if unit else None
    if not managed or unit is None or not unit.endswith((".service", ".socket")) or unit.startswith(_SESSION_UNITS):
        return None
    user = owner.slice is not None and owner.slice.startswith("app")
    return _unit(unit, activating.get(unit), user=user)


def _container(box: Container, tool: str) -> Ending:
    return Ending(
        way="container",
        name=box.name or box.id[:12],
        pid=None,
        started=None,
        sockets=(),
        command=(tool, "stop", box.id),
        restarted_by=None,
    )


def _unit(unit: str, socket_unit: str | None, *, user: bool) -> Ending:
    return Ending(
        way="unit",
        name=unit,
        pid=None,
        started=None,
        sockets=(),
        command=("systemctl", *(("--user",) if user else ()), "stop", "--", unit),
        restarted_by=socket_unit,
    )


def _process(owner: Process, sockets: tuple[int, ...]) -> Ending:
    return Ending(
        way="process",
        name=owner.name,
        pid=owner.pid,
        started=owner.started,
        sockets=sockets,
        command=owner.command or (),
        restarted_by=None,
    )


def _against(owner: Process, *, lineage: Collection[int], uid: int) -> StopRefusalReason | None:
    if owner.pid == 1:
        return "first-process"
    if owner.kernel_thread:
        return "kernel"
    if owner.pid in lineage:
        return "own-lineage"
    if uid != 0 and owner.uid is not None and owner.uid != uid:
        return "not-permitted"
    return None


def _belongs(owner: Process, folder: str) -> bool:
    places = [owner.working_directory, owner.project.folder if owner.project else None]
    return any(place is not None and (place == folder or place.startswith(f"{folder}/")) for place in places)


def _socket_units(host: Inspection) -> dict[str, str]:
    """The socket units that name the port, by the service that each starts."""
    found = {}
    for mention in host.mentions or ():
        if mention.kind == "socket-unit" and mention.name:
            service = mention.program if mention.program and mention.program.endswith(".service") else None
            found[service or f"{mention.name.removesuffix('.socket')}.service"] = mention.name
    return found
