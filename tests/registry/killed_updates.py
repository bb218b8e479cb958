"""Runs `update` again and again, each time killed (SIGKILL) where it reaches another line; prints what was left behind.

A program of its own, because it forks: `python -m tests.registry.killed_updates ADDRESS`, the old snapshot in place. It
prints one JSON object a death: the line, whether the snapshot is then the old one, the new one or neither, and how the
next update ended. No part of whoseport knows of it: the lines are found by tracing one update that is left in peace.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from typing import TYPE_CHECKING

from whoseport.registry.places import user_snapshot_path
from whoseport.registry.update import update

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    Line = tuple[str, int]
    Tracer = Callable[[FrameType, str, Any], Any]

WATCHED = ("update.py", "replacement.py", "remembered.py", "download.py", "connection.py")


def main() -> None:
    [address] = sys.argv[1:]
    folder = os.path.dirname(user_snapshot_path())
    with tempfile.TemporaryDirectory() as kept:
        before = shutil.copytree(folder, os.path.join(kept, "before"))
        lines = _lines_of(address)
        old, new = _content(os.path.join(before, "snapshot.bin")), _content(user_snapshot_path())
        for number, line in enumerate(lines):
            shutil.rmtree(folder)
            shutil.copytree(before, folder)
            status = _forked(lambda line=line: _update(address, trace=_killer(line)))  # type: ignore[misc]
            found = _content(user_snapshot_path())
            left = "old" if found == old else "new" if found == new else "neither"
            again = os.waitstatus_to_exitcode(_forked(lambda: _update(address)))
            told = {
                "line": f"{line[0]}:{line[1]}",
                "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
                "left": left,
                "again": again,
                "then": "new" if _content(user_snapshot_path()) == new else "another",
                "files": sorted(os.listdir(folder)),
            }
            print(json.dumps(told), flush=number % 10 == 0)


def _lines_of(address: str) -> list[Line]:
    """The lines that an update reaches, in order; leaves the new snapshot in place."""
    reading, writing = os.pipe()

    def traced() -> None:
        seen: dict[Line, None] = {}
        _update(address, trace=lambda line: seen.setdefault(line))
        os.write(writing, json.dumps(list(seen)).encode())

    status = _forked(traced)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        found = told.read()
    if status != 0:
        raise SystemExit(f"the update that was left in peace ended with {status}")
    return [(name, number) for name, number in json.loads(found)]


def _killer(wanted: Line) -> Callable[[Line], None]:
    def kill(line: Line) -> None:
        if line == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    return kill


def _update(address: str, *, trace: Callable[[Line], object] | None = None) -> None:
    if trace is not None:
        heard = trace

        def tracer(frame: FrameType, event: str, _argument: object) -> Tracer | None:
            name = os.path.basename(frame.f_code.co_filename)
            if name not in WATCHED or "registry" not in frame.f_code.co_filename:
                return None
            if event == "line":
                heard((name, frame.f_lineno))
            return tracer

        sys.settrace(tracer)
    update(source=address)
    sys.settrace(None)


def _forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            # without this, an error would climb on into the parent's work
            os._exit(status)
    return os.waitpid(child, 0)[1]


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    main()
