"""Real processes of both kinds, harmless all of them, on loopback: looked at and judged as on any machine.

What listens is a copy of sleep(1) that was given the socket, so that nothing but what a case is about can be noticed.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.classifiers.making import named
from whoseport.classifiers import judge
from whoseport.host import for_port, look
from whoseport.model import Inspection, Verdict

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these facts are Linux's")

SLEEP = shutil.which("sleep") or "/bin/sleep"
FOREVER = "1000"
HONEST = ("none", "note")


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        yield made


@contextmanager
def held(listening: socket.socket, command: Sequence[str], **options: Any) -> Iterator[int]:
    """Runs a command that holds the socket, alone as soon as it runs; the port. All of its session ends with this."""
    port: int = listening.getsockname()[1]
    fields: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "cwd": "/"}
    process = subprocess.Popen(command, pass_fds=(listening.fileno(),), start_new_session=True, **(fields | options))
    listening.close()
    try:
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def judged(port: int) -> Inspection:
    return judge(for_port(look(port), port), named=named, at=lambda _port, _transport: ())


def verdict_on(port: int) -> Verdict:
    (listener,) = judged(port).listeners
    assert listener.verdict is not None
    return listener.verdict


def copy(place: Path, source: str = SLEEP) -> str:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, place)
    return str(place)


def test_a_program_of_ones_own_is_honest(tmp_path: Path, listening: socket.socket) -> None:
    with held(listening, [copy(tmp_path / "server"), FOREVER]) as port:
        assert verdict_on(port).concern in HONEST


def test_deleted_and_replaced(tmp_path: Path, listening: socket.socket) -> None:
    path = copy(tmp_path / "server")
    with held(listening, [path, FOREVER]) as port:
        os.rename(copy(tmp_path / "new"), path)
        replaced = verdict_on(port)
        assert (replaced.concern, "executable-replaced" in replaced.because) == ("note", True)
        os.unlink(path)
        deleted = verdict_on(port)
        assert (deleted.concern, deleted.because[0]) == ("suspicious", "executable-deleted")


def test_from_memory(listening: socket.socket) -> None:
    memory = os.memfd_create("x", 0)
    os.write(memory, Path(SLEEP).read_bytes())
    port = listening.getsockname()[1]
    process = subprocess.Popen(
        ["server", FOREVER],
        executable=f"/proc/self/fd/{memory}",
        pass_fds=(memory, listening.fileno()),
        start_new_session=True,
    )
    os.close(memory)
    listening.close()
    try:
        assert verdict_on(port).because[0] == "executable-in-memory"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("title", "suspicious"),
    [
        ("[kworker/0:1]", "kernel-thread-name"),
        ("[celeryd: celery@host:MainProcess] -active-", None),
        ("/usr/sbin/sshd", "imitates-program"),
        ("sshd: ana [priv]", "imitates-program"),
        ("myapp: worker 3", None),
        ("-mysh", None),
        ("worker\u202eexe", "deceptive-name"),
        ("рабочий", None),
    ],
)
def test_titles(title: str, suspicious: str | None, tmp_path: Path, listening: socket.socket) -> None:
    with held(listening, [title, FOREVER], executable=copy(tmp_path / "server")) as port:
        verdict = verdict_on(port)
    assert verdict.concern == ("suspicious" if suspicious else "note")
    assert suspicious is None or suspicious in verdict.because


@pytest.mark.parametrize(
    ("name", "suspicious"),
    [
        ("kthreadd", True),
        ("server ", True),
        (".../server", True),
        ("my server", False),
        ("сервер", False),
        (".x/sshd", True),
        ("sshd", True),
        ("app/server", False),
    ],
)
def test_names_of_files(name: str, suspicious: bool, tmp_path: Path, listening: socket.socket) -> None:
    with held(listening, [copy(tmp_path / name), FOREVER]) as port:
        assert verdict_on(port).concern == ("suspicious" if suspicious else "note")


def test_a_server_built_in_its_source_tree_is_honest(tmp_path: Path, listening: socket.socket) -> None:
    path = copy(tmp_path / "openssh-9.9" / "sshd")
    (tmp_path / "openssh-9.9" / "CMakeLists.txt").touch()
    with held(listening, [path, FOREVER], cwd=tmp_path / "openssh-9.9") as port:
        verdict = verdict_on(port)
        assert (verdict.concern, "project-around" in verdict.because) == ("note", True)


def a_library() -> str:
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")[2]
        if path.startswith("usr/lib/") and ".so" in path and "r-x" in line:
            return f"/{path}"
    pytest.skip("Python has no library of the system here")


def test_a_preloaded_library(tmp_path: Path, listening: socket.socket) -> None:
    odd = copy(tmp_path / "x.so", a_library())
    with held(listening, [SLEEP, FOREVER], env={"LD_PRELOAD": odd}) as port:
        assert verdict_on(port).because[0] == "preloaded-from-odd-place"
        os.unlink(odd)
        assert "code-in-memory" in verdict_on(port).because


def test_a_preloaded_library_of_the_system(listening: socket.socket) -> None:
    with held(listening, [SLEEP, FOREVER], env={"LD_PRELOAD": a_library()}) as port:
        assert verdict_on(port).concern == "none"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import http.server", "note"),
        ("import os, socket, pty; os.dup2(3, 0); pty.spawn('/bin/sh')", "suspicious"),
        ("import base64; exec(base64.b64decode('cGFzcw=='))", "suspicious"),
        ("import base64; base64.b64decode('cGFzcw==')", "note"),
    ],
)
def test_a_program_on_the_command_line(code: str, expected: str, listening: socket.socket) -> None:
    with held(listening, [sys.executable, "-c", f"import time; time.sleep(1000)\n{code}"]) as port:
        assert verdict_on(port).concern == expected


def test_a_worker_of_multiprocessing_is_honest(listening: socket.socket) -> None:
    code = "from multiprocessing.spawn import spawn_main; import time; time.sleep(1000)"
    with held(listening, [sys.executable, "-c", code]) as port:
        assert verdict_on(port).concern == "none"


ACCEPT = """
import socket, subprocess, sys
listening = socket.socket(fileno=int(sys.argv[1]))
connection, _address = listening.accept()
subprocess.Popen(sys.argv[2:], stdin=connection, stdout=connection, stderr=connection).wait()
"""


@pytest.mark.parametrize(
    ("child", "expected"),
    [(["/bin/sh"], "suspicious"), (["/bin/sh", "-i"], "suspicious"), (["/bin/cat"], "note"), (["script"], "note")],
)
def test_what_a_connection_is_wired_to(
    child: list[str], expected: str, tmp_path: Path, listening: socket.socket
) -> None:
    server, handler = tmp_path / "server.py", tmp_path / "handler.sh"
    server.write_text(ACCEPT)
    handler.write_text("while read line; do echo up; done\n")
    command = ["/bin/sh", str(handler)] if child == ["script"] else child
    with (
        held(listening, [sys.executable, str(server), str(listening.fileno()), *command], stderr=-3) as port,
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        connection.sendall(b"echo up\n")
        assert b"up" in _until(connection, b"up")
        assert verdict_on(port).concern == expected


def _until(connection: socket.socket, wanted: bytes) -> bytes:
    received = b""
    while wanted not in received and (piece := connection.recv(4096)):
        received += piece
    return received


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


RELAYS = [
    ("nc.traditional", "-s 127.0.0.1 -l -p PORT -e /bin/sh", "suspicious"),
    ("nc.traditional", "-s 127.0.0.1 -l -p PORT -e /bin/cat", "none"),
    ("ncat", "-lk 127.0.0.1 PORT --exec /bin/bash", "suspicious"),
    ("ncat", "-lk 127.0.0.1 PORT --exec /bin/cat", "none"),
    ("socat", "TCP-LISTEN:PORT,bind=127.0.0.1,fork EXEC:bash,pty,stderr", "suspicious"),
    ("socat", "TCP-LISTEN:PORT,bind=127.0.0.1,fork EXEC:./handler.sh", "none"),
    ("busybox", "telnetd -F -b 127.0.0.1 -p PORT -l /bin/sh", "suspicious"),
    ("busybox", "httpd -f -p 127.0.0.1:PORT -h /", "none"),
    ("sh", "-c 'cat HERE/f | /bin/sh -i 2>&1 | nc.openbsd -l 127.0.0.1 PORT > HERE/f'", "suspicious"),
    ("sh", "-c 'nc.openbsd -l 127.0.0.1 PORT | sh; :'", "suspicious"),
    ("sh", "-c 'nc.openbsd -l 127.0.0.1 PORT | tar x; :'", "none"),
    ("sh", "-c 'nc.openbsd -l 127.0.0.1 PORT | while read x; do echo; done; :'", "none"),
]


@pytest.mark.parametrize(("program", "arguments", "expected"), RELAYS, ids=[" ".join(row[:2]) for row in RELAYS])
def test_relays(program: str, arguments: str, expected: str, tmp_path: Path) -> None:
    needed = "nc.openbsd" if program == "sh" else program
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed")
    os.mkfifo(tmp_path / "f")
    port = free_port()
    typed = arguments.replace("PORT", str(port)).replace("HERE", str(tmp_path))
    process = subprocess.Popen(
        f"exec {program} {typed}", shell=True, cwd="/", start_new_session=True, stdin=-3, stdout=-3, stderr=-3
    )
    try:
        while not (seen := judged(port)).listeners:
            assert process.poll() is None, "it ended before it listened"
        if expected == "suspicious":
            # the other end of a pipe may still be on its way to becoming a shell
            while seen.listeners and seen.listeners[0].verdict and seen.listeners[0].verdict.concern != expected:
                assert process.poll() is None, "it ended before it was found suspicious"
                seen = judged(port)
        verdict = seen.listeners[0].verdict
        assert verdict is not None
        assert verdict.concern == expected
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def as_nobody(function: Callable[[], Any]) -> Any:
    """What a function gives in a copy of this process that has lost its rights."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            os.write(writing, pickle.dumps(function()))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    return pickle.loads(answer)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_an_ordinary_user_is_told_that_it_is_undetermined(tmp_path: Path, listening: socket.socket) -> None:
    judged(listening.getsockname()[1])  # so that everything is loaded before the rights are dropped
    with held(listening, [copy(tmp_path / "server"), FOREVER]) as port:
        concern, unseen = as_nobody(
            lambda: (verdict_on(port).concern, {(one.missing, one.reason) for one in judged(port).unseen})
        )
        assert concern == "undetermined"
        assert ("owners", "not-permitted") in unseen
        assert verdict_on(port).concern in HONEST
