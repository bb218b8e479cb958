"""How is the registry's snapshot told? `registry info`: of what day it is, how old, how large, and where it lies."""

from __future__ import annotations

from whoseport.render.escape import Safe, plain, prose
from whoseport.render.layout import Page, Row, Step, page_text
from whoseport.render.official import snapshot_age

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Snapshot
    from whoseport.render.language import Language


def told(snapshot: Snapshot, *, path: str, language: Language, today: str) -> str:
    """The snapshot in use. `today` is YYYY-MM-DD."""
    say = language.say
    facts = (
        (say("source"), prose(snapshot.source)),
        (say("records"), language.number(snapshot.records)),
        (say("file"), plain(path)),
        (Safe("SHA-256"), plain(snapshot.sha256)),
    )
    page = Page(
        headline=say("IANA's registry of {date}.", date=snapshot_age(snapshot.updated, today, language)),
        rows=tuple(Row(label=say("Registry"), key=key, value=value) for key, value in facts),
        steps=(Step(command=Safe("whoseport update"), meaning=say("fetch the current one from IANA")),),
        next_label=say("Next"),
    )
    return page_text(page, width=None, colour=False, most_lines=None)
