"""`whoseport inspect`: one look at this machine as plain facts, without verdict."""

from __future__ import annotations

from whoseport.answering import listing
from whoseport.cli.show import wish
from whoseport.cli.terminal import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request


def run(request: Request) -> int:
    from whoseport.render.json import to_json

    write(to_json(listing(wish(request), everything=True), indent=True))
    return 0
