"""Is it somebody's own program? A script, module or jar behind an interpreter, or a binary that no package owns."""

from __future__ import annotations

from whoseport.classifiers.found import cut, found
from whoseport.model import Evidence, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.command_line import Start
    from whoseport.model import Process

_LONGEST_NAME = 120
_SPAWNED = ("from multiprocessing.", "import multiprocessing")
"""How children begin that Python's multiprocessing starts anew."""


def own_name(process: Process, start: Start) -> str | None:
    """What to call it: the script's, module's or jar's name, or the program's. Inline code goes by its interpreter.

    >>> from whoseport.classifiers.command_line import started_by
    >>> own_name(None, started_by(("java", "-jar", "/srv/report.jar"), "/usr/bin/java"))
    'report.jar'
    """
    if start.form in ("script", "module", "jar", "class"):
        name = start.name.strip()
        if start.form == "module" and start.family in ("deno", "bun"):
            name = f"{start.family} {name}"
        return name[:_LONGEST_NAME] or start.program
    if start.form == "title":
        return start.subject.strip()[:_LONGEST_NAME] or start.program
    if start.form in ("inline", "input", "server"):
        return start.program
    return start.name or (process.name if process is not None else None)


def is_spawned(start: Start) -> bool:
    """Whether it is a child that Python's multiprocessing started: its program is that of its parent."""
    return start.form == "inline" and start.subject.startswith(_SPAWNED)


def own_findings(process: Process, start: Start, *, package: str | None) -> tuple[Finding, ...]:
    """`own-code` for an interpreter, `own-binary` for a program of its own that no package is known to own.

    `package` owns what runs, be it the executable or a script.
    """
    pid = process.pid
    if start.family is not None:
        command = cut(" ".join(process.command[:16])) if process.command else process.name
        evidence = [Evidence(source=f"/proc/{pid}/cmdline", observed=command)]
        if process.executable is not None:
            evidence.append(Evidence(source=f"/proc/{pid}/exe", observed=cut(process.executable)))
        return (Finding(claim="own-code", certainty="proven", evidence=tuple(evidence)),)
    if process.executable is None or package is not None:
        return ()
    # where packages were not asked for, or are not told, that none owns it is not known
    return (found("own-binary", "likely", f"/proc/{pid}/exe", process.executable),)
