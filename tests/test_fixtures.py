"""The fixtures, in pytest runs of their own beside each other."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from tests.cli.program import environment

TESTS = """
import os, socket, pytest

@pytest.mark.parametrize("number", range(5))
def test_alone(free_port, leased_port, number):
    assert free_port != leased_port
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", free_port))
        made.listen()

def test_several(free_ports, free_port, leased_port):
    ports = {*free_ports(3), *free_ports(2), free_port, leased_port}
    assert len(ports) == 7
    with socket.socket(socket.AF_UNIX) as told:
        told.connect(os.environ["MEETING"])
        told.sendall(repr(sorted(ports)).encode())
        told.recv(1)  # until all the others are here, too
"""
RUNS = 6


def test_runs_beside_each_other_never_share(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(TESTS)
    meeting = tmp_path / "meeting"
    home = environment(tmp_path, XDG_RUNTIME_DIR=str(tmp_path), MEETING=str(meeting))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    if not any(point.value == "whoseport.fixtures" for point in entry_points(group="pytest11")):
        command += ["-p", "whoseport.fixtures"]
    with socket.socket(socket.AF_UNIX) as met:
        met.bind(str(meeting))
        met.listen(RUNS)
        met.settimeout(60)
        runs = [
            subprocess.Popen([*command, "test_them.py"], cwd=tmp_path, env=home, stdout=subprocess.PIPE, text=True)
            for _ in range(RUNS)
        ]
        try:
            here = [met.accept()[0] for _ in runs]
            ports = [port for one in here for port in eval(one.recv(1000))]
            for connection in here:
                connection.close()
            told = [one.communicate(timeout=60)[0] for one in runs]
        finally:
            for one in runs:
                one.kill()
                one.communicate(timeout=30)
    assert [one.returncode for one in runs] == [0] * RUNS, told
    assert len(ports) == len(set(ports)) == 7 * RUNS
