"""`whoseport run`: the command takes our place, on a port or on a socket that listens already."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import ENTRY, environment, run


def run_here(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("run", *arguments, home=tmp_path, XDG_RUNTIME_DIR=str(tmp_path))


def test_the_number_is_in_arguments_and_environment_and_the_status_is_the_commands(tmp_path: Path) -> None:
    done = run_here(tmp_path, "--", "sh", "-c", "echo {port} $PORT x{port}y; exit 7")
    first, second, third = done.stdout.split()
    assert first == second
    assert third == f"x{first}y"
    assert done.returncode == 7


def test_options_after_the_command_are_the_commands(tmp_path: Path) -> None:
    assert run_here(tmp_path, "echo", "--near", "-q", "{port}").stdout.startswith("--near -q ")


def test_a_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = run_here(tmp_path, "--", "no-such-command-anywhere")
    assert done.returncode == 2
    assert "no-such-command-anywhere" in done.stderr


def test_signals_reach_the_command(tmp_path: Path) -> None:
    code = "import signal, sys\nsignal.signal(15, lambda *_: sys.exit(42))\nprint('ready', flush=True)\nsignal.pause()"
    child = subprocess.Popen(
        [sys.executable, "-c", ENTRY, "run", "--", sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env=environment(tmp_path, XDG_RUNTIME_DIR=str(tmp_path)),
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=30) == 42
    finally:
        child.kill()
        child.communicate(timeout=30)


ACCEPT = """
import json, os, socket
made = socket.socket(fileno=3)
facts = {name: os.environ.get(name) for name in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES")}
print(json.dumps({"address": made.getsockname(), "pid": os.getpid(), **facts}), flush=True)
made.accept()[0].sendall(b"served")
"""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_socket_that_listens_is_handed_over_as_systemd_does(tmp_path: Path, address: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", ENTRY, "run", "--fd", "--address", address, "--", sys.executable, "-c", ACCEPT],
        stdout=subprocess.PIPE,
        env=environment(tmp_path, XDG_RUNTIME_DIR=str(tmp_path)) | {"LISTEN_FDS": "9", "LISTEN_PID": "1"},
    )
    try:
        assert child.stdout is not None
        facts = json.loads(child.stdout.readline())
        assert facts["LISTEN_FDS"] == "1"
        assert facts["LISTEN_PID"] == str(facts["pid"]) == str(child.pid)
        with socket.create_connection((address, facts["address"][1]), timeout=30) as client:
            assert client.recv(10) == b"served"
    finally:
        child.kill()
        child.communicate(timeout=30)


def test_an_address_that_is_not_here_is_told(tmp_path: Path) -> None:
    done = run_here(tmp_path, "--fd", "--address", "192.0.2.1", "--", "true")
    assert done.returncode == 2
    assert "192.0.2.1" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may take any port")
def test_ports_below_the_threshold_are_refused_with_the_way_out(tmp_path: Path) -> None:
    done = run("pick", "--range", "700-703", home=tmp_path, XDG_RUNTIME_DIR=str(tmp_path))
    assert done.returncode == 1
