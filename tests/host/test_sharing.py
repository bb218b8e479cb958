"""Work that is done aside, in a copy of this process: its result, and what happens when the copy is lost."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, signal, sys
from whoseport.host.linux.sharing import aside

here = os.getpid()

def told():
    return os.getpid() != here, [1, b"two", {"three": 3}]

def lost():
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return "done here"

def failing():
    if os.getpid() != here:
        raise ValueError("in the copy only")
    return "done here"

before = len(os.listdir("/proc/self/fd"))
aside_told = aside(told)
assert aside_told()[1] == [1, b"two", {"three": 3}]
assert aside(lost)() == "done here"
assert aside(failing)() == "done here"
assert aside(lambda: None)() is None
assert len(os.listdir("/proc/self/fd")) == before, "a descriptor was left"
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    pass
else:
    sys.exit("a child was left")
if len(os.sched_getaffinity(0)) > 1:
    assert aside(told)()[0], "a copy would have done it"
"""


def test_work_aside_comes_back_or_is_done_here() -> None:
    """In a program of its own: with threads around, as a test runner may have, no copy is made."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""


def test_beside_threads_no_copy_is_made() -> None:
    program = """
import os, threading
from whoseport.host.linux.sharing import aside
here, stop = os.getpid(), threading.Event()
thread = threading.Thread(target=stop.wait)
thread.start()
assert aside(os.getpid)() == here
stop.set()
thread.join()
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
