"""Runs the built command as its users do: a process of its own, with its own home, seen from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENTRY = "import sys; from whoseport.cli import main; sys.exit(main())"


def environment(home: Path, **more: str) -> dict[str, str]:
    """A clean environment with the home given; nothing of the tester's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT") if name in os.environ}
    return kept | {"HOME": str(home), "LANG": "C.UTF-8", "XDG_DATA_HOME": str(home / "data")} | more


def run(
    *arguments: str, home: Path, stdin: str | None = None, timeout: float = 60, **more: str
) -> subprocess.CompletedProcess[str]:
    """`whoseport ARGUMENTS`, to its end; output as text."""
    return subprocess.run(
        [sys.executable, "-c", ENTRY, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        timeout=timeout,
        env=environment(home, **more),
        check=False,
    )
