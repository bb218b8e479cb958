"""`whoseport registry info|dump`: the snapshot itself, and every port on every transport."""

from __future__ import annotations

from whoseport.cli.terminal import language, today, write
from whoseport.registry import open_registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request
    from whoseport.registry.store import Registry


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
        from whoseport.cli.documents import write_json

        write_json(registry.snapshot)
    else:
        from whoseport.render.snapshot import told

        write(told(registry.snapshot, path=registry.path, language=language(request), today=today()))


def _dump(registry: Registry) -> None:
    from whoseport.cli.documents import write_json_lines

    write_json_lines(registry.dump())
