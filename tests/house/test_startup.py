"""Nothing heavy on the way to the first answer: what a look-up and a listing import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

HEAVY = {
    "argparse",
    "asyncio",
    "ctypes",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "gettext",
    "importlib.metadata",
    "inspect",
    "ipaddress",
    "json",
    "pathlib",
    "psutil",
    "re",
    "socket",
    "sqlite3",
    "subprocess",
    "typing",
    "unicodedata",
}
PROGRAM = """
import sys
from whoseport.cli import main
status = main(sys.argv[1:])
sys.stderr.write(" ".join(sorted(sys.modules)))
sys.exit(status)
"""


def alone() -> list[str]:
    """As root: in a process namespace and a /proc of its own, so that no other network namespace is there to enter.

    Entering one needs os.setns, which Python 3.11 only has through ctypes.
    """
    if os.geteuid() == 0 and shutil.which("unshare"):
        return ["unshare", "--pid", "--fork", "--mount-proc"]
    return []


@pytest.mark.parametrize(
    "arguments",
    [
        ["971", "--no-live", "--json"],
        ["971", "--no-live"],
        ["443", "--no-live", "-v"],
        ["971", "--json"],
        ["971"],
        ["list", "--json"],
        ["list"],
        ["-q", "971"],
    ],
    ids=" ".join,
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere psutil looks, and imports what it needs")
def test_the_first_answer_imports_little_of_the_standard_library(arguments: list[str]) -> None:
    # -S: the interpreter's own site module may import anything before whoseport is reached
    paths = "import sys; sys.path[:0] = %r" % [path for path in sys.path if path]
    run = subprocess.run(
        [*alone(), sys.executable, "-I", "-S", "-c", f"{paths}\n{PROGRAM}", *arguments, "--lang=en"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode in (0, 1), run.stderr
    loaded = set(run.stderr.splitlines()[-1].split())
    assert "whoseport.answering" in loaded
    assert sorted(loaded & HEAVY) == []
