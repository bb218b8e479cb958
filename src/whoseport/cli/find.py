"""`whoseport find TEXT`: searches the registry."""

from __future__ import annotations

from whoseport.answering import find
from whoseport.cli.terminal import colour, language, width, write
from whoseport.model import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request

USUAL_LIMIT = 20
EVERYTHING = 100_000


def run(request: Request) -> int:
    limit = request.value("limit") or str(USUAL_LIMIT)
    if not (limit.isascii() and limit.isdigit() and len(limit) < 8):
        raise Misuse("option-value-unknown", option="--limit", value=limit, known=("0", "1", "2", "..."))
    text = " ".join(request.words)
    if request.has("json"):
        from whoseport.cli.documents import write_json

        write_json(find(text, limit=int(limit) or EVERYTHING))
    else:
        from whoseport.render import found

        write(
            found.results(
                find(text, limit=EVERYTHING),
                text=text,
                language=language(request),
                width=width(),
                colour=colour(request),
                limit=int(limit),
            )
        )
    return 0
