"""How is it told what would be ended, what was, and how the port is now?"""

from __future__ import annotations

from whoseport.render.escape import Safe, command_line, joined, plain
from whoseport.render.language import worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Ending, EndResult, Process, StopRefusal, StopRefusalReason, StopReport
    from whoseport.render.language import Language

_MOST_PARENTS = 3

RESULTS: dict[EndResult, str] = {
    "ended": worded("{what}: ended"),
    "killed": worded("{what}: did not end when asked, killed"),
    "gone": worded("{what}: was gone already"),
    "another": worded("{what}: left alone, that number belongs to another process now"),
    "not-permitted": worded("{what}: not permitted; try with sudo"),
    "survived": worded("{what}: lives on, even after KILL"),
    "failed": worded("{what}: the command failed"),
}
REFUSALS: dict[StopRefusalReason, str] = {
    "kernel": worded("not ended: the kernel itself holds it"),
    "first-process": worded("not ended: {who} is the first process of the system"),
    "own-lineage": worded("not ended: {who} started this program, or is it"),
    "not-permitted": worded("not ended: {who} is another user's; try with sudo"),
    "not-seen": worded("not ended: who holds it could not be seen"),
    "not-mine": worded("not ended: {who} does not belong to this project"),
}


def intended(
    headline: Safe,
    endings: tuple[Ending, ...],
    refused: tuple[StopRefusal, ...],
    *,
    owners: tuple[Process, ...],
    language: Language,
) -> str:
    """The conclusion on the port, then a line for everything that would be ended, and for what would not.

    `owners` tell what project a process works in, and what started it.
    """
    known = {owner.pid: owner for owner in owners}
    lines = [headline]
    for ending in endings:
        lines.append(_indented(language.say("would end: {what}", what=_what(ending, language))))
        if ending.way == "process" and ending.command:
            lines.append(_deep(command_line(ending.command, limit=160)))
            lines += [_deep(told) for told in _origin(known.get(ending.pid or 0), language)]
        elif ending.way != "process":
            lines.append(_deep(language.say("with {command}", command=command_line(ending.command, limit=160))))
        if ending.restarted_by is not None:
            unit = plain(ending.restarted_by, limit=100)
            told = language.say("{unit} will start it again when somebody connects", unit=unit)
            lines.append(_deep(told))
    for one in refused:
        lines.append(_indented(_refusal(one, language)))
    return "\n".join(lines)


def told(report: StopReport, *, language: Language) -> str:
    """What was done, and the last word."""
    lines = [
        _indented(language.say(RESULTS[one.result], what=_what(one, language)))
        for one in report.endings
        if one.result is not None
    ]
    return "\n".join([*lines, _last_word(report, language)])


def question(language: Language) -> Safe:
    """What is asked before anything is ended."""
    return language.say("End it? [y/N]")


def yes(language: Language) -> tuple[str, ...]:
    """What counts as agreement, in the language and in English."""
    return ("y", "yes", str(language.say("yes")), str(language.say("yes"))[:1])


def _origin(owner: Process | None, language: Language) -> list[Safe]:
    told = []
    if owner is not None and owner.project is not None:
        told.append(language.say("project {folder}", folder=plain(owner.project.folder, limit=160)))
    if owner is not None and owner.parents:
        names = [plain(parent.name, limit=30) for parent in reversed(owner.parents[:_MOST_PARENTS])]
        told.append(language.say("started by {names}", names=joined(" > ", names)))
    return told


def _indented(text: Safe) -> Safe:
    return joined("", [Safe("  "), text])


def _deep(text: Safe) -> Safe:
    return joined("", [Safe("             "), text])


def _what(ending: Ending, language: Language) -> Safe:
    name = plain(ending.name, limit=100)
    if ending.way == "unit":
        return language.say("unit {unit}", unit=name)
    if ending.way == "container":
        return language.say("container {container}", container=name)
    return language.say("process {pid}, {name}", pid=ending.pid or 0, name=name)


def _refusal(one: StopRefusal, language: Language) -> Safe:
    who = language.say("process {pid}, {name}", pid=one.pid or 0, name=plain(one.name or "", limit=60))
    return language.say(REFUSALS[one.reason], who=who)


def _last_word(report: StopReport, language: Language) -> Safe:
    say = language.say
    if report.after == "free":
        if report.time_wait:
            return language.count(
                "Port {port} is free; {number} old connection waits to be forgotten (TIME_WAIT), which only a server"
                " without SO_REUSEADDR minds.",
                "Port {port} is free; {number} old connections wait to be forgotten (TIME_WAIT), which only a server"
                " without SO_REUSEADDR minds.",
                report.time_wait,
                port=report.port,
            )
        return say("Port {port} is free.", port=report.port)
    if report.after == "unknown":
        return say("Whether port {port} is free could not be seen.", port=report.port)
    who = joined(", ", [plain(holder, limit=60) for holder in report.holders])
    if report.restarted:
        return say("Port {port} is held again, by {who}: something starts it anew.", port=report.port, who=who)
    if who:
        return say("Port {port} is still held, by {who}.", port=report.port, who=who)
    return say("Port {port} is still held.", port=report.port)
