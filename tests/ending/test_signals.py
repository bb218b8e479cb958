"""A signal meets the process that was meant, or none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from whoseport.ending.signals import Target, end


@contextmanager
def child(code: str = "") -> Iterator[subprocess.Popen[bytes]]:
    made = subprocess.Popen(
        [sys.executable, "-c", f"import signal, sys\n{code}\nprint('ready', flush=True)\nsys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert made.stdout is not None
    try:
        assert made.stdout.readline() == b"ready\n"
        yield made
    finally:
        made.kill()
        made.communicate(timeout=30)


def test_a_process_ends_by_term() -> None:
    with child() as one:
        target = Target(one.pid, lambda: True)
        end([target], grace=30)
        assert target.result == "ended"
        assert one.wait(timeout=30) == -signal.SIGTERM


def test_one_that_ignores_term_is_killed_after_the_grace() -> None:
    with child("signal.signal(15, signal.SIG_IGN)") as stubborn, child() as willing:
        targets = [Target(stubborn.pid, lambda: True), Target(willing.pid, lambda: True)]
        end(targets, grace=0.3)
        assert [target.result for target in targets] == ["killed", "ended"]
        assert stubborn.wait(timeout=30) == -signal.SIGKILL


def test_another_process_of_that_number_is_left_alone() -> None:
    with child() as one:
        target = Target(one.pid, lambda: False)
        end([target], grace=0)
        assert target.result == "another"
        assert one.poll() is None


def test_one_that_is_gone_is_gone() -> None:
    with child() as one:
        one.kill()
        one.wait(timeout=30)
        target = Target(one.pid, lambda: True)
        end([target], grace=0)
        assert target.result == "gone"


def test_one_that_ended_while_it_was_checked_is_gone() -> None:
    with child() as one:

        def dies_meanwhile() -> bool:
            one.kill()
            os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)
            return True

        target = Target(one.pid, dies_meanwhile)
        end([target], grace=0)
        assert target.result == "gone"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_anothers_process_is_not_permitted() -> None:
    with child() as one:
        code = (
            "import os, sys; os.setuid(65534)\n"
            "from whoseport.ending.signals import Target, end\n"
            "target = Target(int(sys.argv[1]), lambda: True); end([target], grace=0); print(target.result)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(one.pid)], capture_output=True, text=True, timeout=30)
        assert done.stdout == "not-permitted\n", done.stderr
        assert one.poll() is None


def test_no_descriptor_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with child() as one:
        open_here = len(os.listdir("/proc/self/fd"))
        end([Target(one.pid, lambda: True), Target(one.pid, lambda: False)], grace=30)
        assert len(os.listdir("/proc/self/fd")) == open_here
    assert len(os.listdir("/proc/self/fd")) == before
