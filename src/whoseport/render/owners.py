"""Who are the processes that hold the sockets? Their rows on the page: together at first, each in full with -v."""

from __future__ import annotations

from whoseport.render.escape import Safe, command_line, joined, plain
from whoseport.render.holding import box_name
from whoseport.render.language import worded
from whoseport.render.layout import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.model import Container, ExecutableState, Inspection, Process
    from whoseport.render.holding import Holding
    from whoseport.render.language import Language

EXECUTABLES: dict[ExecutableState, str | None] = {
    "present": None,
    "deleted": worded("{path}, deleted since it started"),
    "replaced": worded("{path}, replaced since it started"),
    "memory": worded("{path}, in memory only: no file"),
    "unseen": None,
}
ORIGINS: dict[str, str] = {
    "orphaned": worded("what started it is gone"),
    "started-by-agent": worded("by a coding agent"),
    "started-by-editor": worded("from an editor"),
}
_SHOWN = 3
_SHOWN_PIDS = 6
_COMMAND_LIMIT = 200


def holder_rows(
    host: Inspection, holding: Holding, *, language: Language, home: str | None, verbose: bool, rank: int
) -> list[Row]:
    """The holders of a group of sockets; `verbose`: every process on its own with all that is known of it."""
    if verbose:
        told: list[Row] = []
        for owner in holding.owners:
            told += _full_rows(host, owner, language=language, home=home)
        return told
    say = language.say
    owners = holding.owners
    label = say("Here")
    facts: list[Row] = [
        Row(
            label=label,
            key=say("process") if len(owners) == 1 else say("processes"),
            value=_process(owners[0], language) if len(owners) == 1 else _processes(owners, language),
            rank=rank,
            whole=len(owners) > 1,
        )
    ]

    pids = {owner.pid for owner in holding.served_by}
    first = tuple(owner for owner in holding.served_by if pids.isdisjoint(parent.pid for parent in owner.parents))

    def add(
        key: Safe,
        tell: Callable[[Process], Safe | None],
        lower: int,
        among: tuple[Process, ...] = holding.served_by,
    ) -> None:
        values = list({value: None for owner in among if (value := tell(owner))})
        if values:
            shown = joined(", ", values[:_SHOWN])
            if len(values) > _SHOWN:
                more = len(values) - _SHOWN
                shown = language.count("{names} and {number} more", "{names} and {number} more", more, names=shown)
            facts.append(Row(label=label, key=key, value=shown, rank=rank + lower, whole=False))

    add(say("program"), lambda owner: _program(owner, language), 2 if _is_ordinary(owners) else 0)
    add(say("user"), lambda owner: _user(owner), 0)
    unit = holding.unit
    if unit and not unit.endswith(".scope"):
        facts.append(Row(label=label, key=say("unit"), value=plain(unit, limit=100), rank=rank, whole=False))
    add(say("container"), lambda owner: _container(owner.container, language), 0)
    add(say("folder"), lambda owner: _folder(host, owner, home, language, root=False), 2)
    origin = _origin(holding, language)
    add(say("started"), lambda owner: _started(host, owner, language, origin), 1, first)
    return facts


def _origin(holding: Holding, language: Language) -> Safe | None:
    """What else than its parents' names tells of how it was started, as the classifiers found."""
    claims = {finding.claim for listener in holding.listeners for finding in listener.findings or ()}
    return next((language.say(template) for claim, template in ORIGINS.items() if claim in claims), None)


def _is_ordinary(owners: tuple[Process, ...]) -> bool:
    return all(owner.executable_state in ("present", "unseen") for owner in owners)


def _full_rows(host: Inspection, owner: Process, *, language: Language, home: str | None) -> list[Row]:
    say = language.say
    parents = [
        say("{name} {pid}", name=plain(parent.name, limit=60), pid=plain(str(parent.pid)))
        for parent in reversed(owner.parents)
    ]
    user = _user(owner)
    if owner.user and owner.uid is not None:
        user = say("{user} ({uid})", user=plain(owner.user, limit=60), uid=plain(str(owner.uid)))
    facts = (
        (say("process"), _process(owner, language, whole=True)),
        (say("program"), _program(owner, language)),
        (say("user"), user),
        (say("unit"), plain(owner.unit) if owner.unit else None),
        (say("slice"), plain(owner.slice) if owner.slice else None),
        (say("container"), _container(owner.container, language, whole=True)),
        (say("folder"), _folder(host, owner, home, language, root=True)),
        (say("since"), plain(owner.started, limit=40) if owner.started else None),
        (say("started by"), joined(" > ", parents) if parents else None),
    )
    told = [Row(label=say("Here"), key=key, value=value) for key, value in facts if value]
    from whoseport.render.behaviour import rows as behaviour_rows

    return told + behaviour_rows(owner, language=language)


def _process(owner: Process, language: Language, *, whole: bool = False) -> Safe:
    name = plain(owner.name, limit=60)
    pid = plain(str(owner.pid))
    if owner.command is None:
        return language.say("{name} {pid}", name=name, pid=pid)
    if not owner.command:
        return language.say("{name} {pid}, a kernel thread", name=name, pid=pid)
    command = command_line(owner.command) if whole else command_line(owner.command, limit=_COMMAND_LIMIT)
    if command == name or (not whole and len(owner.command) == 1 and command.endswith(f"/{name}")):
        return language.say("{name} {pid}", name=name, pid=pid)
    return language.say("{name} {pid}: {command}", name=name, pid=pid, command=command)


def _processes(owners: tuple[Process, ...], language: Language) -> Safe:
    """`nginx 2301, 2302 and 4 more; systemd 1`."""
    by_name: dict[Safe, list[Safe]] = {}
    for owner in owners[:_SHOWN_PIDS]:
        by_name.setdefault(plain(owner.name, limit=60), []).append(plain(str(owner.pid)))
    told = [language.say("{name} {pid}", name=name, pid=joined(", ", pids)) for name, pids in by_name.items()]
    shown = joined("; ", told)
    if len(owners) > _SHOWN_PIDS:
        more = len(owners) - _SHOWN_PIDS
        return language.count("{names} and {number} more", "{names} and {number} more", more, names=shown)
    return shown


def _program(owner: Process, language: Language) -> Safe | None:
    if owner.executable is None:
        return language.say("package {package}", package=plain(owner.package, limit=80)) if owner.package else None
    program = plain(owner.executable, limit=300)
    template = EXECUTABLES[owner.executable_state]
    if template is not None:
        program = language.say(template, path=program)
    if owner.package:
        return language.say("{program}, package {package}", program=program, package=plain(owner.package, limit=80))
    return program


def _user(owner: Process) -> Safe | None:
    if owner.user:
        return plain(owner.user, limit=60)
    return plain(str(owner.uid)) if owner.uid is not None else None


def _container(container: Container | None, language: Language, *, whole: bool = False) -> Safe | None:
    if container is None:
        return None
    parts = [box_name(container)]
    parts += [plain(container.image, limit=100)] if container.image else []
    parts += [plain(container.runtime, limit=40)] if container.runtime else []
    parts += [plain(container.id, limit=100)] if whole and container.name else []
    return joined(", ", parts)


def _folder(host: Inspection, owner: Process, home: str | None, language: Language, *, root: bool) -> Safe | None:
    """The project's folder or else the working directory; the home as ~ where the process is the asking user's own."""
    mine = owner.uid is not None and owner.uid == host.privileges.uid
    home = home if mine else None
    project = None if root else owner.project
    folder = project.folder if project is not None else owner.working_directory
    if not folder or (folder == "/" and not root):
        return None
    told = shortened(folder, home)
    if project is not None and project.worktree_of:
        told = language.say("{folder}, worktree of {main}", folder=told, main=shortened(project.worktree_of, home))
    return told


def shortened(path: str, home: str | None) -> Safe:
    """The path with the home folder as ~."""
    if home and home != "/" and (path == home or path.startswith(home.rstrip("/") + "/")):
        path = "~" + path[len(home.rstrip("/")) :]
    return plain(path, limit=300)


def _started(host: Inspection, owner: Process, language: Language, origin: Safe | None) -> Safe | None:
    if origin is not None and all(parent.pid == 1 for parent in owner.parents):
        owner = owner.replace(parents=())  # where it hangs now says nothing of what started it
    told = _age_and_parents(host, owner, language)
    if origin is None:
        return told
    return origin if told is None else language.say("{started}; {origin}", started=told, origin=origin)


def _age_and_parents(host: Inspection, owner: Process, language: Language) -> Safe | None:
    say = language.say
    nearest: list[Safe] = []
    for parent in [parent for parent in owner.parents if parent.pid != 1] or owner.parents:
        name = plain(parent.name, limit=40)
        if nearest[-1:] != [name]:
            nearest.append(name)
    parents = joined(" > ", reversed(nearest[:_SHOWN])) if nearest else None
    age = None
    if owner.started:
        from whoseport.render.dates import duration, seconds

        then, now = seconds(owner.started), seconds(host.taken_at)
        if then is not None and now is not None and now >= then:
            age = duration(now - then, language)
    if age is None:
        return say("by {parents}", parents=parents) if parents else None
    if parents is None:
        return say("{age} ago", age=age)
    return say("{age} ago by {parents}", age=age, parents=parents)
