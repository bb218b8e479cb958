"""What does whoseport say to a user without rights? Everything is loaded before the rights are dropped."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.cli.program import environment
from tests.zoo.den import Den

# the sources may lie where that user cannot go: so all that is needed is loaded by a first look, still with rights
_TWICE = """
import ctypes, os, sys
from whoseport.cli import main
kept = os.dup(1)
os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
main(sys.argv[1:])
os.dup2(kept, 1)
os.setgroups([])
os.setresgid(*[65534] * 3)
os.setresuid(*[65534] * 3)
# the kernel closes whoever drops rights to its own kind as well: nobody's own processes must stay visible to it
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
sys.exit(main(sys.argv[1:]))
"""


def whoseport_as_nobody(den: Den, *arguments: object) -> Any:
    """The same as `Den.whoseport`, as the user nobody."""
    done = den.inside(sys.executable, "-c", _TWICE, *arguments, env=environment(den.tmp_path / "home"), cwd="/")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
