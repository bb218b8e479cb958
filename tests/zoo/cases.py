"""What is a case of the zoo, and how is a server written down that starts from one command?"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.zoo.den import CACHE, Den

KNOWN, MOVED = "known-service", "moved-service"
DEVELOPMENT, OWN = "development-server", "custom-application"


@dataclass(frozen=True, kw_only=True)
class Case:
    """`start` starts it, waits until it is ready and gives the port. `kinds`: any of these is right."""

    name: str
    start: Callable[[Den], int]
    kinds: tuple[str, ...] = ()
    transport: str = "tcp"
    alone: bool = False
    called: str | None = None
    """A word of the name that the verdict must give, in lower case."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server on its usual port and on another. Braces are filled in: {port}, {other} (a second port), {folder}.

    `files` are written into the folder, `first` are commands that run to their end before. `user` runs all of it.
    """

    name: str
    command: str
    usual: int | None
    """None where it has no port of its own: then it is a known service wherever it listens."""
    kinds: tuple[str, ...] = (KNOWN,)
    """Right where it has no port of its own."""
    files: dict[str, str] | None = None
    first: tuple[str, ...] = ()
    user: str | None = None
    transport: str = "tcp"
    called: str | None = None
    more: dict[str, str] | None = None
    folders: tuple[str, ...] = ()
    """What must be there outside of the folder (/run/sshd), made if it is not."""

    package: str | None = None
    """Where another package has a program of the same name."""

    def start(self, den: Den, port: int) -> int:
        if self.package is not None and not Path(f"/usr/share/doc/{self.package}").exists():
            pytest.skip(f"{self.package} is not installed")
        folder = den.folder(owner=self.user)
        values = {"port": port, "other": den.port(), "folder": folder, "cache": CACHE}
        for path in self.folders:
            if not Path(path).exists():
                den.folder(str(Path(path).parent), Path(path).name, owner=self.user)
        for name, text in (self.files or {}).items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            for key, value in values.items():
                text = text.replace(f"@{key}@", str(value))
            file.write_text(text)
            file.chmod(0o644)
        for command in self.first:
            done = den.inside(
                *(["runuser", "-u", self.user, "--"] if self.user else []),
                *shlex.split(command.format(**values)),
                cwd=folder,
            )
            assert done.returncode == 0, done.stderr + done.stdout
        words = shlex.split(self.command.format(**values))
        more = {name: value.format(**values) for name, value in (self.more or {}).items()}
        den.start(*words, user=self.user, folder=folder, more=more)
        return den.ready(port, self.transport)

    def cases(self) -> tuple[Case, ...]:
        """In a network namespace of its own, where no usual port is taken and nothing else can be reached."""
        called = self.called or self.name
        usual = self.usual
        if usual is None:
            return (
                Case(
                    name=self.name,
                    start=lambda den: self.start(den, den.port()),
                    kinds=self.kinds,
                    transport=self.transport,
                    alone=True,
                    called=called,
                ),
            )
        return (
            Case(
                name=self.name,
                start=lambda den: self.start(den, usual),
                kinds=(KNOWN,),
                transport=self.transport,
                alone=True,
                called=called,
            ),
            Case(
                name=f"{self.name}-elsewhere",
                start=lambda den: self.start(den, den.port()),
                kinds=(MOVED,),
                transport=self.transport,
                alone=True,
                called=called,
            ),
        )
