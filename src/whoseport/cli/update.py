"""`whoseport update`: fetches the current registry, verifies it and puts it in the place of the one in use."""

from __future__ import annotations

import sys

from whoseport.cli.terminal import language, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.cli.parsing import Request


def run(request: Request) -> int:
    from whoseport.registry.update import update

    report = update(
        source=request.value("from"),
        allow_older=request.has("allow-older"),
        allow_loss=request.has("allow-loss"),
        progress=_progress() if sys.stderr.isatty() else None,
    )
    if request.has("json"):
        from whoseport.cli.documents import write_json

        write_json(report)
    else:
        from whoseport.render.update import told

        write(told(report, language=language(request)))
    return 0


def _progress() -> Callable[[int, int | None], None]:
    """Shows on the terminal how much has come; a line that is written over, and wiped when all is there."""

    def show(received: int, expected: int | None) -> None:
        share = f" / {expected / 1e6:.1f}" if expected else ""
        done = expected is not None and received >= expected
        sys.stderr.write("\r\x1b[K" if done else f"\r\x1b[K{received / 1e6:.1f}{share} MB")
        sys.stderr.flush()

    return show
