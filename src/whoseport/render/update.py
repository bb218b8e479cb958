"""How is an update of the registry told? What is in use now, and what changed against what was in use before."""

from __future__ import annotations

from whoseport.render.escape import Safe, joined, plain, prose
from whoseport.render.language import worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Change, ChangeKind, UpdateReport, UpdateStatus
    from whoseport.render.language import Language

STATUSES: dict[UpdateStatus, str] = {
    "updated": worded("The registry of {date} is in use now: {records}."),
    "unchanged": worded("Nothing new: the registry of {date} was in use already ({records})."),
    "not-modified": worded("Nothing new: IANA has nothing later than {date} ({records})."),
}
KINDS: dict[ChangeKind, str] = {
    "added": worded("+ {record}"),
    "removed": worded("- {record}"),
    "changed": worded("~ {record}"),
}
_SHOWN = 20


def told(report: UpdateReport, *, language: Language) -> str:
    """The outcome in a sentence, the file it was written to, and up to 20 changes of each kind."""
    say = language.say
    records = language.count("{number} record", "{number} records", report.after.records)
    lines = [say(STATUSES[report.status], date=plain(report.after.updated), records=records)]
    if report.before is not None and report.before.updated != report.after.updated:
        lines.append(say("Before it: the registry of {date}.", date=plain(report.before.updated)))
    if report.path is not None:
        lines.append(say("Written to {path}.", path=plain(report.path)))
    if report.added or report.removed or report.changed:
        counts = (
            language.count("{number} record added", "{number} records added", len(report.added)),
            language.count("{number} removed", "{number} removed", len(report.removed)),
            language.count("{number} changed", "{number} changed", len(report.changed)),
        )
        lines += [Safe(""), say("{several}.", several=joined(", ", counts))]
    for changes in (report.added, report.removed, report.changed):
        lines += [_change(change, language) for change in changes[:_SHOWN]]
        if len(changes) > _SHOWN:
            more = len(changes) - _SHOWN
            lines.append(joined("", [Safe("  "), language.count("and {number} more", "and {number} more", more)]))
    return "\n".join(lines) + "\n"


def _change(change: Change, language: Language) -> Safe:
    ports = language.say("no port")
    if change.first is not None and change.last is not None:
        ports = plain(str(change.first) if change.first == change.last else f"{change.first}-{change.last}")
    if change.transport is not None:
        ports = joined("/", [ports, plain(change.transport)])
    parts = [ports]
    parts += [plain(change.service_name)] if change.service_name else []
    shown = change.after or change.before
    if shown is not None and shown.description:
        parts.append(language.say('"{text}"', text=prose(shown.description, limit=120)))
    if change.differing:
        parts.append(language.say("({fields})", fields=joined(", ", [plain(field) for field in change.differing])))
    return joined("", [Safe("  "), language.say(KINDS[change.kind], record=joined(" ", parts))])
