"""`whoseport inspect`: one look at this machine as plain facts, without verdict."""

from __future__ import annotations

from whoseport.answering import inspection
from whoseport.cli.show import wish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request


def run(request: Request) -> int:
    from whoseport.cli.documents import write_json

    write_json(inspection(wish(request)))
    return 0
