"""`whoseport registry info|dump`: the snapshot itself, and every port on every transport."""

from __future__ import annotations

from whoseport.cli.terminal import language, today, write
from whoseport.registry import open_registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request
    from whoseport.registry.store import Registry

LINES_AT_ONCE = 8192


def run(request: Request) -> int:
    registry = open_registry()
    if request.words == ("dump",):
        _dump(registry)
    else:
        _info(registry, request)
    return 0


def _info(registry: Registry, request: Request) -> None:
    registry.verify()
    if request.has("json"):
        from whoseport.render.json import to_json

        write(to_json(registry.snapshot, indent=True))
    else:
        from whoseport.render.snapshot import told

        write(told(registry.snapshot, path=registry.path, language=language(request), today=today()))


def _dump(registry: Registry) -> None:
    from whoseport.render.json import to_json

    lines: list[str] = []
    for row in registry.dump():
        lines.append(to_json(row))
        if len(lines) == LINES_AT_ONCE:
            write("\n".join(lines))
            lines.clear()
    if lines:
        write("\n".join(lines))
