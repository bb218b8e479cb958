"""`whoseport stop`, as its user runs it: on processes that die, fork, ignore TERM, or get each other's pids."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import ENTRY, environment, run
from whoseport import stopping
from whoseport.query import read

LISTEN = """
import os, signal, socket, sys, time
made = socket.socket()
made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
made.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
made.listen()
made.set_inheritable(True)
def ready():
    print(made.getsockname()[1], flush=True)
"""
STAY = "ready()\nsys.stdin.read()"
FOUR = "for _ in range(3):\n    if os.fork() == 0:\n        break\nelse:\n    ready()\ntime.sleep(600)"
DEAF = "signal.signal(15, signal.SIG_IGN)\n" + STAY
FORKS = "signal.signal(15, lambda *_: os._exit(0) if os.fork() else None)\nready()\ntime.sleep(600)"
REPLACED = "ready()\nos.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)'])"


@contextmanager
def listener(code: str, *arguments: str, cwd: Path | None = None) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process group of its own that listens, and its port; all of it is killed at the end."""
    made = subprocess.Popen(
        [sys.executable, "-c", LISTEN + code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        cwd=cwd,
    )
    assert made.stdout is not None
    try:
        yield made, int(made.stdout.readline())
    finally:
        with suppress(ProcessLookupError):
            os.killpg(made.pid, 9)
        made.communicate(timeout=30)


def stop(tmp_path: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    done = run("stop", "--json", *arguments, home=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def is_free(port: int) -> bool:
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_without_a_terminal_it_refuses(tmp_path: Path) -> None:
    with listener(STAY) as (process, port):
        done = run("stop", str(port), home=tmp_path)
        assert done.returncode == 2
        assert "--yes" in done.stderr
        assert process.poll() is None


def test_a_dry_run_only_says(tmp_path: Path) -> None:
    with listener(STAY) as (process, port):
        report = stop(tmp_path, "--dry-run", str(port))
        assert [(one["way"], one["pid"], one["result"]) for one in report["endings"]] == [
            ("process", process.pid, None)
        ]
        assert report["after"] is None
        assert process.poll() is None


def test_it_ends_what_holds_the_port_and_says_that_it_is_free(tmp_path: Path) -> None:
    with listener(STAY) as (process, port):
        report = stop(tmp_path, "--yes", str(port))
        assert [one["result"] for one in report["endings"]] == ["ended"]
        assert report["after"] == "free"
        assert process.wait(timeout=30) == -15
        assert is_free(port)


def test_four_owners_are_all_ended(tmp_path: Path) -> None:
    with listener(FOUR) as (_process, port):
        report = stop(tmp_path, "--yes", str(port))
        assert [one["result"] for one in report["endings"]] == ["ended"] * 4
        assert report["after"] == "free"


def test_one_that_ignores_term_is_killed(tmp_path: Path) -> None:
    with listener(DEAF) as (_process, port):
        report = stop(tmp_path, "--yes", "--grace", "0.2", str(port))
        assert [one["result"] for one in report["endings"]] == ["killed"]
        assert report["after"] == "free"


def test_one_that_runs_another_program_meanwhile_still_is_the_same_process(tmp_path: Path) -> None:
    with listener(REPLACED) as (process, port):
        report = stop(tmp_path, "--yes", str(port))
        assert [(one["pid"], one["result"]) for one in report["endings"]] == [(process.pid, "ended")]


def test_one_that_forks_when_asked_to_end_still_holds_the_port_and_that_is_told(tmp_path: Path) -> None:
    with listener(FORKS) as (process, port):
        report = stop(tmp_path, "--yes", str(port), status=1)
        assert [one["result"] for one in report["endings"]] == ["ended"]
        assert report["after"] == "held"
        assert report["restarted"]
        assert not is_free(port)
        assert process.wait(timeout=30) == 0


def test_a_port_that_nothing_holds_is_free(tmp_path: Path) -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port = made.getsockname()[1]
    report = stop(tmp_path, "--yes", str(port))
    assert report["endings"] == []
    assert report["after"] == "free"


def test_neither_this_program_nor_its_parents_are_ended(tmp_path: Path) -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        report = stop(tmp_path, "--yes", str(made.getsockname()[1]), status=1)
        assert [one["reason"] for one in report["refused"]] == ["own-lineage"]
        assert report["after"] == "held"
        assert not report["restarted"]


def test_only_ones_own_project(tmp_path: Path) -> None:
    for name in ("mine", "other"):
        (tmp_path / name / ".git").mkdir(parents=True)
    with listener(STAY, cwd=tmp_path / "other") as (process, port):
        done = subprocess.run(
            [sys.executable, "-c", ENTRY, "stop", "--json", "--yes", "--mine", str(port)],
            cwd=tmp_path / "mine",
            env=environment(tmp_path),
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 1
        assert [one["reason"] for one in json.loads(done.stdout)["refused"]] == ["not-mine"]
        assert process.poll() is None


def test_a_watcher_goes_with_the_tree(tmp_path: Path) -> None:
    """A parent that starts the server again; without --tree that is told, with it both are ended."""
    watcher = (
        "import subprocess, sys\n"
        "port = '0'\n"
        "while True:\n"
        "    child = subprocess.Popen([sys.executable, '-c', sys.argv[1], port], stdin=subprocess.PIPE,"
        " stdout=subprocess.PIPE)\n"
        "    port = child.stdout.readline().decode().strip()\n"
        "    print(port, flush=True)\n"
        "    child.wait()\n"
    )
    watching = subprocess.Popen(
        [sys.executable, "-c", watcher, LISTEN + STAY], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert watching.stdout is not None
        port = watching.stdout.readline().decode().strip()
        report = stop(tmp_path, "--yes", "--tree", port)
        assert {one["pid"] for one in report["endings"]} >= {watching.pid}
        assert report["after"] == "free"
        assert watching.wait(timeout=30) == -15
    finally:
        with suppress(ProcessLookupError):
            os.killpg(watching.pid, 9)
        watching.communicate(timeout=30)


@pytest.mark.parametrize(("typed", "ends"), [(b"y\n", True), (b"n\n", False), (b"\n", False)])
def test_on_a_terminal_it_asks(tmp_path: Path, typed: bytes, ends: bool) -> None:
    with listener(STAY) as (process, port):
        ours, theirs = pty.openpty()
        try:
            asking = subprocess.Popen(
                [sys.executable, "-c", ENTRY, "stop", str(port)],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env=environment(tmp_path),
            )
            told = b""
            while b"[y/N]" not in told:
                told += os.read(ours, 1000)
            os.write(ours, typed)
            assert asking.wait(timeout=60) == (0 if ends else 1)
        finally:
            os.close(theirs)
            os.close(ours)
        assert str(process.pid).encode() in told
        if ends:
            assert process.wait(timeout=30) == -15
        else:
            assert process.poll() is None


REUSED = """
import os, signal, socket, sys
from whoseport.query import read
from whoseport.stopping import carry_out, intend

def start(port, *, number=None, listen=True):
    # the next process of this namespace gets the number after this one (pid_namespaces(7))
    if number is not None:
        with open("/proc/sys/kernel/ns_last_pid", "w") as file:
            file.write(str(number - 1))
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        if listen:
            made = socket.socket()
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(("127.0.0.1", port))
            made.listen()
            port = made.getsockname()[1]
        theirs.sendall(b"%d." % port)
        signal.pause()
        os._exit(0)
    theirs.close()
    told = b""
    while not told.endswith(b"."):
        told += ours.recv(10)
    return pid, int(told[:-1])

wrong = 0
for round in range(int(sys.argv[1])):
    meant, port = start(0)
    plan = intend(read(str(port)))
    assert [one.pid for one in plan.endings] == [meant], plan.endings
    os.kill(meant, 9)
    os.waitpid(meant, 0)
    innocent, _ = start(port, number=meant, listen=bool(round % 2))
    assert innocent == meant, (innocent, meant)
    report = carry_out(plan, grace=5)
    assert [one.result for one in report.endings] == ["another"], report
    assert os.waitpid(innocent, os.WNOHANG) == (0, 0), "an innocent process was ended"
    assert report.after == ("held" if round % 2 else "free"), report
    os.kill(innocent, 9)
    os.waitpid(innocent, 0)
print("never", flush=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a pid namespace of its own")
def test_a_number_that_was_given_away_meanwhile_is_left_alone() -> None:
    done = subprocess.run(
        [
            "unshare",
            "--pid",
            "--net",
            "--fork",
            "--mount-proc",
            "sh",
            "-c",
            'ip link set lo up; exec "$@"',
            "sh",
            sys.executable,
            "-c",
            REUSED,
            "20",
        ],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.stdout == "never\n", done.stderr


@pytest.mark.parametrize(("code", "result"), [(STAY, "ended"), (DEAF, "killed")])
def test_by_psutil_as_on_other_systems(code: str, result: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_SYSTEM", "other")
    with listener(code) as (process, port):
        plan = stopping.intend(read(str(port)), tree=True)
        report = stopping.carry_out(plan, grace=0.5)
        assert [(one.pid, one.result) for one in report.endings] == [(process.pid, result)]
        assert report.after == "free"


def test_by_psutil_one_that_is_gone_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_SYSTEM", "other")
    with listener(STAY) as (process, port):
        plan = stopping.intend(read(str(port)))
        process.kill()
        process.wait(timeout=30)
        assert [one.result for one in stopping.carry_out(plan, grace=1).endings] == ["gone"]


def test_by_psutil_the_tree_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "_SYSTEM", "other")
    child = "ready()\nimport subprocess\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    with listener(child) as (process, port):
        plan = stopping.intend(read(str(port)), tree=True)
        assert len(plan.endings) == 2
        report = stopping.carry_out(plan, grace=5)
        assert [one.result for one in report.endings] == ["ended", "ended"]
        process.wait(timeout=30)


def test_a_managers_command_is_called_and_its_failure_told() -> None:
    called: list[tuple[str, ...]] = []

    def call(command: tuple[str, ...]) -> bool:
        called.append(command)
        return False

    with listener(STAY) as (process, port):
        plan = stopping.intend(read(str(port)))
        unit = plan.endings[0].replace(way="unit", pid=None, sockets=(), command=("systemctl", "stop", "--", "web"))
        plan.endings = (unit,)
        report = stopping.carry_out(plan, grace=1, call=call)
        assert called == [("systemctl", "stop", "--", "web")]
        assert [one.result for one in report.endings] == ["failed"]
        assert report.after == "held"
        assert process.poll() is None


@pytest.mark.parametrize(("status", "result", "after"), [(0, "ended", "free"), (1, "failed", "held")])
def test_a_manager_is_called_as_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, result: str, after: str
) -> None:
    """No systemd is at hand: a recording stand-in, which ends the process as `systemctl stop` would."""
    with listener(STAY) as (process, port):
        tool = tmp_path / "systemctl"
        kill = f"kill {process.pid}; while kill -0 {process.pid} 2>/dev/null; do :; done" if status == 0 else ""
        tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\n{kill}\nexit {status}\n')
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        plan = stopping.intend(read(str(port)))
        unit = plan.endings[0].replace(way="unit", pid=None, sockets=(), command=("systemctl", "stop", "--", "web"))
        plan.endings = (unit,)
        reaper = threading.Thread(target=process.wait)
        reaper.start()
        report = stopping.carry_out(plan, grace=1)
        if status:
            process.kill()
        reaper.join(timeout=30)
        assert (tmp_path / "called").read_text() == "stop -- web\n"
        assert [one.result for one in report.endings] == [result]
        assert report.after == after


def test_it_says_the_project_and_what_started_it(tmp_path: Path) -> None:
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    with listener(STAY, cwd=tmp_path / "shop") as (_process, port):
        done = run("stop", "--dry-run", str(port), home=tmp_path)
    assert f"project {tmp_path / 'shop'}" in done.stdout
    assert "started by " in done.stdout
    assert Path("/proc/self/comm").read_text().strip() in done.stdout
