"""`whoseport schema NAME`: the JSON Schema of a document; without a name, which there are."""

from __future__ import annotations

from whoseport.cli.terminal import write
from whoseport.render.schema import DOCUMENTS, schema_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request


def run(request: Request) -> int:
    if not request.words:
        write("\n".join(DOCUMENTS))
    else:
        write(schema_text(request.words[0]))
    return 0
