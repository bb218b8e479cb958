"""Where is a case started, and by whom? A den: random names, folders and ports, a neutral launcher, an end to all."""

from __future__ import annotations

import json
import os
import pwd
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import ENTRY, environment

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_PATIENCE = 40.0
CACHE = Path(__file__).resolve().parents[2] / ".venv" / "zoo"
"""Where tools/install-zoo puts servers from PyPI and npm."""
PLACES = (
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/15/bin:/usr/lib/postgresql/17/bin"
)


def word(syllables: int = 3) -> str:
    """A name that means nothing."""
    chance = random.SystemRandom()
    return "".join(chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(syllables))


def program(name: str) -> str:
    """The path of a program, or a test that is skipped."""
    found = shutil.which(name, path=PLACES)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def from_cache(path: str) -> Path:
    """A file of the servers from PyPI and npm, or a test that is skipped."""
    found = CACHE / path
    if not found.exists():
        pytest.skip(f"{path} is not installed (tools/install-zoo)")
    return found


class Den:
    """A place of its own for one case. Everything that was started and made in it is gone when it is left."""

    def __init__(self, pid: int, launcher: subprocess.Popen[str], *, alone: bool, tmp_path: Path) -> None:
        self.pid = pid
        self.alone = alone
        self.tmp_path = tmp_path
        self._launcher = launcher
        self._made: list[Path] = []
        self._answers = 0

    def folder(self, under: str = "/srv", name: str | None = None, *, owner: str | None = None) -> Path:
        """A new folder with a random name, open to everyone to read."""
        made = Path(under) / (name or word())
        missing = made
        while not missing.parent.exists():
            missing = missing.parent
        self._made.append(missing)
        made.mkdir(parents=True)
        for one in (made, *made.parents):
            one.chmod(0o755)
            if one == missing:
                break
        if owner is not None:
            shutil.chown(made, owner)
        return made

    def forget(self, path: Path) -> None:
        """What a case puts outside of its folders, to be removed as well."""
        self._made.append(path)

    def port(self) -> int:
        """A free one, from no range that anything uses by itself."""
        while True:
            port = random.SystemRandom().randrange(11_000, 28_000)
            if self.alone:
                return port
            with socket.socket() as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                try:
                    one.bind(("", port))
                    other.bind(("", port))
                except OSError:
                    continue
                return port

    def start(
        self,
        *command: object,
        program: str | None = None,
        folder: Path | str = "/",
        user: str | None = None,
        terminal: bool = False,
        sockets: Sequence[tuple[str, int]] = (),
        more: Mapping[str, str] | None = None,
        path: str = PLACES,
    ) -> int:
        """Starts a command, and gives its pid; `program` is the file to execute where it is not the command's first."""
        words = [str(one) for one in command]
        found = program or (words[0] if "/" in words[0] else shutil.which(words[0], path=path))
        if found is None:
            pytest.skip(f"{words[0]} is not installed")
        log = self.tmp_path / "log"
        if not log.exists():
            log.touch()
            log.chmod(0o666)
        account = pwd.getpwnam(user) if user else None
        told = self._ask(
            {
                "command": words,
                "program": found,
                "folder": str(folder),
                "uid": account.pw_uid if account else None,
                "gid": account.pw_gid if account else None,
                "terminal": terminal,
                "sockets": list(sockets),
                "log": str(log),
                "environment": {"PATH": path, "LANG": "C.UTF-8", "HOME": account.pw_dir if account else "/root"}
                | dict(more or {}),
            }
        )
        assert isinstance(told, int), told
        return told

    def _ask(self, order: dict[str, Any]) -> object:
        assert self._launcher.stdin is not None
        assert self._launcher.stdout is not None
        self._launcher.stdin.write(json.dumps(order) + "\n")
        self._launcher.stdin.flush()
        return json.loads(self._launcher.stdout.readline())

    def inside(self, *command: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, in the network namespace of this den."""
        words = [str(one) for one in command]
        if self.alone:
            words = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--", *words]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, **options)

    def wait(self, happened: Callable[[], object], what: str) -> None:
        """Until it happened, or the test fails with what the programs wrote."""
        end = time.monotonic() + _PATIENCE
        while not happened():
            if not self._anybody() or time.monotonic() > end:
                if happened():
                    return
                log = self.tmp_path / "log"
                told = log.read_text("utf-8", "replace")[-3000:]
                pytest.fail(f"not within {_PATIENCE:.0f} s, or ended before: {what}\n{told}")
            time.sleep(0.02)  # until the kernel's table shows it: there is nothing to wait on

    def listens(self, port: int, transport: str = "tcp") -> bool:
        """Whether a socket is bound to the port and, for tcp, listens, by the kernel's own table (proc(5), net/tcp)."""
        for table in (transport, f"{transport}6"):
            try:
                lines = Path(f"/proc/{self.pid}/net/{table}").read_text().splitlines()[1:]
            except OSError:
                continue
            for line in lines:
                _, local, _, state, *_ = line.split()
                if int(local.rpartition(":")[2], 16) == port and (transport != "tcp" or state == "0A"):
                    return True
        return False

    def ready(self, port: int, transport: str = "tcp") -> int:
        """Waits until something listens on the port, and gives it."""
        self.wait(lambda: self.listens(port, transport), f"{transport} {port} is served")
        return port

    def connect(self, port: int, data: bytes = b"") -> socket.socket:
        """A connection to a port of this den, which the test must close. Not from a den that is alone."""
        assert not self.alone
        made = socket.create_connection(("127.0.0.1", port), timeout=10)
        made.sendall(data)
        return made

    def _anybody(self) -> bool:
        """Whether anything that was started is still running."""
        return bool(self.descendants())

    def descendants(self) -> list[int]:
        """The pids of all that runs below the launcher."""
        found: list[int] = []
        family = self.children(self.pid)
        while family:
            pid = family.pop()
            if _state(pid) not in ("Z", "X", ""):
                found.append(pid)
            family += self.children(pid)
        return found

    def children(self, pid: int) -> list[int]:
        """The pids of a process's children, of those that are still there."""
        found = []
        for one in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = one.read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(one.parent.name))
        return found

    def whoseport(self, *arguments: object, expect: int = 0) -> Any:
        """What the command answers, as JSON; run in the network namespace of this den."""
        home = self.tmp_path / "home"
        told = self.inside(
            sys.executable, "-c", ENTRY, *arguments, env=environment(home, PYTHONPATH=os.environ.get("PYTHONPATH", ""))
        )
        assert told.returncode == expect, told.stderr
        return json.loads(told.stdout)


@contextmanager
def den(tmp_path: Path, *, alone: bool) -> Iterator[Den]:
    """A den, `alone` in a network namespace of its own, where all usual ports are free."""
    place = Path("/var/lib") / word()
    place.mkdir()
    launcher = place / word()
    shutil.copy(Path(__file__).with_name("launch.py"), launcher)
    process = subprocess.Popen(
        [sys.executable, "-I", str(launcher), *(["alone"] if alone else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PATH": PLACES, "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    made = None
    try:
        made = Den(json.loads(process.stdout.readline()), process, alone=alone, tmp_path=tmp_path)
        yield made
    finally:
        process.stdin.close()
        process.stdout.read()
        process.wait()
        process.stdout.close()
        for path in (*reversed(made._made if made else []), place):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _state(pid: int) -> str:
    """proc(5), stat, field 3; empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0].decode()
    except OSError:
        return ""
