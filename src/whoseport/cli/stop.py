"""`whoseport stop PORT...`: ends what holds a port, the right way, after asking."""

from __future__ import annotations

import sys

from whoseport.cli.terminal import language, write
from whoseport.model import Misuse, StopReports
from whoseport.query import read
from whoseport.stopping import carry_out, intend, undone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request
    from whoseport.model import StopReport
    from whoseport.render.language import Language
    from whoseport.stopping import Intent

GRACE = 5.0
LONGEST_GRACE = 3600
CANNOT_TELL = 3


def run(request: Request) -> int:
    if not (request.has("yes") or request.has("dry-run")) and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Misuse("stop-needs-yes")
    folder = None
    if request.has("mine"):
        from whoseport.leasing.project import project_of

        folder = project_of(".").path
    grace = _grace(request)
    questions = [read(word) for word in request.words]
    for question in questions:
        if question.first is None or question.first != question.last:
            raise Misuse("port-unreadable", text=question.text)
    spoken = language(request)
    reports: list[StopReport] = []
    for question in questions:
        intent = intend(question, tree=request.has("tree"), folder=folder)
        report = _settle(request, intent, grace=grace, spoken=spoken)
        if report is not None:
            reports.append(report)
    if request.has("json"):
        from whoseport.cli.documents import write_json

        write_json(reports[0] if len(reports) == 1 else StopReports(reports=tuple(reports)))
    return _status(reports, asked=len(questions), dry=request.has("dry-run"))


def _settle(request: Request, intent: Intent, *, grace: float, spoken: Language) -> StopReport | None:
    from whoseport.render import ended
    from whoseport.render.text import headline

    quiet = request.has("json")
    if not quiet:
        host = intent.answer.host
        owners = tuple([owner for one in host.listeners for owner in one.owners]) if host else ()
        said = headline(intent.answer, spoken)
        write(ended.intended(said, intent.endings, intent.refused, owners=owners, language=spoken))
        sys.stdout.flush()
    if request.has("dry-run"):
        return undone(intent)
    if intent.endings and not request.has("yes") and not _agreed(spoken):
        return None
    report = carry_out(intent, grace=grace)
    if not quiet:
        write(ended.told(report, language=spoken))
        sys.stdout.flush()
    return report


def _agreed(spoken: Language) -> bool:
    from whoseport.render.ended import question, yes

    sys.stderr.write(f"{question(spoken)} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in yes(spoken)


def _grace(request: Request) -> float:
    value = request.value("grace")
    if value is None:
        return GRACE
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_GRACE:
        raise Misuse("option-value-unknown", option="--grace", value=value, known=("5", "0.5", "..."))
    return seconds


def _status(reports: list[StopReport], *, asked: int, dry: bool) -> int:
    """0: free, all of them (a dry run: there is a way); 1: not; 3: cannot tell."""
    if len(reports) < asked:
        return 1
    if dry:
        return 1 if any(one.refused and not one.endings for one in reports) else 0
    if any(one.after == "held" for one in reports):
        return 1
    return CANNOT_TELL if any(one.after == "unknown" for one in reports) else 0
