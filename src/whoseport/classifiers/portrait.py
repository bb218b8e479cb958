"""What is one process, whatever port it listens on? Everything about it that is found once for all its sockets."""

from __future__ import annotations

from whoseport.classifiers.activation import is_activator
from whoseport.classifiers.command_line import started_by
from whoseport.classifiers.development import (
    debuggers,
    developed_program,
    development_server,
    is_listed,
    project_finding,
)
from whoseport.classifiers.found import found
from whoseport.classifiers.origin import origin, orphan
from whoseport.classifiers.own_code import is_spawned, own_findings, own_name
from whoseport.classifiers.software import file_package, known_software
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.command_line import Start
    from whoseport.classifiers.development import Developed
    from whoseport.classifiers.origin import Word
    from whoseport.classifiers.software import Known, Named
    from whoseport.model import Finding, Process


class Portrait(Record):
    """What a process is. `name` is what it is called where it is nothing known: its script, its package, its program.

    `rank` orders the holders of one socket by how much they tell. `own` are the findings on its own code, `packaged`
    the finding that a package owns what runs; `origin` who started it.
    """

    process: Process
    start: Start
    rank: int
    name: str | None
    known: tuple[Known, ...]
    developed: Developed | None
    debuggers: tuple[tuple[int, Developed], ...]
    packaged: Finding | None
    own: tuple[Finding, ...]
    project: Finding | None
    origin: tuple[Finding, ...]
    orphan: Finding | None


def portrait_of(process: Process, *, named: Named, roles: dict[int, Word | None]) -> Portrait:
    """The portrait of one process. `roles` remembers what ancestors are, for all processes of one inspection."""
    start = started_by(process.command, process.executable, process.name)
    package = file_package(process, start)
    developed = development_server(process, start)
    known: tuple[Known, ...] = ()
    served = None
    if developed is None:
        known = known_software(process, start, named=named)
        # its unit's name alone does not make a program of another name the unit's software
        known = tuple([one for one in known if one.certainty != "guess" or process.executable is None])
        if known and known[0].software.kind == "development-server" and is_listed(start):
            served, known = known[0].software.name, ()
        if not known and package is None:
            developed = developed_program(process, start)
    packaged = None
    if package is not None and not known:
        where = f"/proc/{process.pid}/{'exe' if start.family is None else 'cmdline'}"
        packaged = found("packaged-server", "likely", where, f"{start.subject}, package {package}")
    own = () if known or packaged is not None else own_findings(process, start, package=package)
    name = package if packaged is not None else served or own_name(process, start)
    return Portrait(
        process=process,
        start=start,
        rank=_rank(process, start, known=bool(known), developed=developed is not None),
        name=name,
        known=known,
        developed=developed,
        debuggers=debuggers(process, start),
        packaged=packaged,
        own=own,
        project=project_finding(process) if developed is not None or own else None,
        origin=origin(process, roles),
        orphan=None if known else orphan(process),
    )


def _rank(process: Process, start: Start, *, known: bool, developed: bool) -> int:
    if is_activator(process):
        return 0
    if start.form == "input" or is_spawned(start) or start.family == "shell":
        return 4 if developed and not is_spawned(start) else 1
    if developed or known:
        return 4
    return 2 if process.executable is None else 3
