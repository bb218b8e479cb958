"""`whoseport explain CLAIM`: what a claim means; without one, which there are."""

from __future__ import annotations

from whoseport.answering import explain
from whoseport.cli.terminal import colour, language, width, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request


def run(request: Request) -> int:
    found = explain(request.words)
    if request.has("json"):
        from whoseport.cli.documents import write_json

        write_json(found)
        return 0
    from whoseport.render.explain import told

    write(
        told(
            found.claims,
            language=language(request),
            width=width(),
            colour=colour(request),
            all=not request.words,
        )
    )
    return 0
