"""`whoseport wait`: until something listens, until nothing does, until it answers."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.cli.program import ENTRY, environment, run
from whoseport.waiting import wait


def free() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


def waiting(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, "wait", "--json", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )


def test_it_ends_when_something_listens(tmp_path: Path) -> None:
    port = free()
    child = waiting(tmp_path, str(port), "--timeout", "60")
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        assert child.poll() is None
        made.listen()
        told, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    assert [one["done"] for one in json.loads(told)["waits"]] == [True]


def test_it_ends_when_nothing_listens_any_more(tmp_path: Path) -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        child = waiting(tmp_path, "--gone", str(made.getsockname()[1]), "--timeout", "60")
    child.communicate(timeout=60)
    assert child.returncode == 0


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_transport_may_be_named(tmp_path: Path, transport: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        port = made.getsockname()[1]
        done = run("wait", f"{port}/{transport}", "--timeout", "0", home=tmp_path)
    assert done.returncode == (0 if transport == "udp" else 1)


def test_time_out_is_a_no_and_told(tmp_path: Path) -> None:
    port = free()
    done = run("wait", str(port), "--timeout", "0.05", home=tmp_path)
    assert done.returncode == 1
    assert str(port) in done.stdout


def test_http_means_an_answer_not_only_a_listener() -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        port = made.getsockname()[1]

        def answer() -> None:
            for reply in (b"220 no http here\r\n", b"HTTP/1.0 404 Not Found\r\n\r\n"):
                connection, _ = made.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(reply)

        answering = threading.Thread(target=answer)
        answering.start()
        try:
            found = list(wait(((port, None),), http=True, timeout=60))
        finally:
            answering.join(timeout=60)
    assert [one.done for one in found] == [True]


def test_several_are_told_as_they_come() -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        here = made.getsockname()[1]
        missing = free()
        found = list(wait(((missing, None), (here, None)), timeout=0.05))
    assert [(one.port, one.done) for one in found] == [(here, True), (missing, False)]


@pytest.mark.parametrize("arguments", [("70000",), ("nothing-like-it",), ("80", "--timeout", "soon"), ("0-65535",)])
def test_what_makes_no_sense_is_misuse(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run("wait", *arguments, home=tmp_path).returncode == 2
