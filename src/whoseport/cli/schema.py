"""`whoseport schema NAME`: the JSON Schema of a document; without a name, which there are."""

from __future__ import annotations

from whoseport.cli.terminal import write
from whoseport.render.schema import NAMES, schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request


def run(request: Request) -> int:
    import json

    if not request.words:
        write("\n".join(NAMES))
    else:
        write(json.dumps(schema(request.words[0]), indent=2))
    return 0
