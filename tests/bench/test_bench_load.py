"""A load holds what it was asked to hold, and nothing of it is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bench.load import LoadError, Size, standing

ROOT = Path(__file__).parents[2]
ASKED = Size(processes=24, descriptors=700, listeners=30, connections=40)
needs_namespaces = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="needs root, for a network namespace of its own"
)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="loads are made on Linux only")


def processes_of(session: int) -> list[int]:
    """The pids of a session that are alive: the load's first process leads one of its own."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[0] != "Z" and int(fields[3]) == session:
                found.append(int(name))
    return found


@pytest.mark.namespaces
@needs_namespaces
def test_a_load_holds_exactly_what_was_asked_and_takes_it_away() -> None:
    with standing(ASKED) as load:
        assert load.size == ASKED
        assert load.port == 971
        assert len(processes_of(load.pid)) == ASKED.processes + 1
    assert processes_of(load.pid) == []


@pytest.mark.namespaces
@needs_namespaces
def test_a_tenth_of_the_listeners_has_two_holders_as_ss_sees_it() -> None:
    if shutil.which("ss") is None:
        pytest.skip("ss is not installed")
    with standing(ASKED) as load:
        rows = subprocess.run(
            ["ss", "-H", "-tulpn"], capture_output=True, text=True, check=True, preexec_fn=load.enter
        ).stdout.splitlines()
    assert len(rows) == ASKED.listeners
    assert sum(row.count("pid=") == 2 for row in rows) == ASKED.listeners // 10
    assert all("pid=" in row for row in rows)
    (wanted,) = (row for row in rows if ":971 " in row)
    assert wanted.count("pid=") == 2


def test_a_load_stands_in_this_network_too() -> None:
    few = Size(processes=3, descriptors=60, listeners=4, connections=6)
    with standing(few, own_network=False) as load:
        assert (load.size.processes, load.size.descriptors) == (few.processes, few.descriptors)
        assert load.size.listeners >= few.listeners
        assert load.size.connections >= few.connections
    assert processes_of(load.pid) == []


def test_a_load_without_room_for_its_connections_says_so() -> None:
    impossible = Size(processes=2, descriptors=40, listeners=0, connections=2)
    with pytest.raises(LoadError, match="listener"), standing(impossible, own_network=False):
        pytest.fail("it cannot stand")


def test_a_load_dies_with_the_process_that_made_it() -> None:
    code = (
        "import sys\n"
        "from bench.load import Size, standing\n"
        "with standing(Size(processes=3, descriptors=30, listeners=2, connections=0), own_network=False) as load:\n"
        "    print(load.pid, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    maker = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert maker.stdin is not None
    assert maker.stdout is not None
    with maker.stdin, maker.stdout:
        session = int(maker.stdout.readline())
        watches = [os.pidfd_open(pid) for pid in processes_of(session)]
        assert len(watches) == 4
        maker.send_signal(signal.SIGKILL)
        maker.wait()
        for watch in watches:
            with os.fdopen(watch) as ended:
                _await_end(ended.fileno())
    assert processes_of(session) == []


def _await_end(pidfd: int) -> None:
    import select

    assert select.select([pidfd], [], [], 30)[0], "a process of the load outlived its maker"


def test_the_command_runs_among_the_load() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "bench.load", "small", "--", "true"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "processes=53, descriptors=1670" in told.stderr
