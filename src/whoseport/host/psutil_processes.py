"""What is this process, as far as psutil can tell? One shape with Linux's own reader; what psutil lacks is None.

`executable_state` is `present` where a file is at the executable's path now: that it is still the one which was
started cannot be told, so `replaced` is never said. Units, slices, containers and packages are not looked for.
"""

from __future__ import annotations

import os
import time

import psutil

from whoseport.model import ParentProcess, Process, Unseen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from whoseport.model import ExecutableState, Missing, Reason

    T = TypeVar("T")

_LONGEST_OF_PARENT = 1024
_MOST_PARENTS = 64


class Processes:
    """Describes processes, each once; what could not be seen of them gathers in `unseen`."""

    def __init__(self) -> None:
        self.unseen: list[Unseen] = []
        self._described: dict[int, Process | None] = {}
        self._parents: dict[int, tuple[ParentProcess, ...]] = {}

    def describe(self, process: psutil.Process) -> Process | None:
        """The process in the model's words, or None if it is gone, its pid perhaps already another's."""
        if process.pid not in self._described:
            self._described[process.pid] = self._describe(process)
        return self._described[process.pid]

    def _describe(self, process: psutil.Process) -> Process | None:
        before = len(self.unseen)
        try:
            with process.oneshot():
                described = self._ask_all(process)
            alive = process.is_running()
        except psutil.NoSuchProcess:
            alive = False
        if not alive:
            del self.unseen[before:]
            return None
        return described

    def _ask_all(self, process: psutil.Process) -> Process:
        pid = process.pid
        executable = self._ask(process.exe, missing="executable", pid=pid) or None
        command = self._ask(process.cmdline, missing="command", pid=pid)
        uid = _or_none(lambda: process.uids().effective) if hasattr(process, "uids") else None
        started = _or_none(process.create_time)
        working_directory = _or_none(process.cwd)
        return Process(
            pid=pid,
            started=None if started is None else moment(started),
            name=clean(_or_none(process.name) or ""),
            executable=clean(executable) if executable else None,
            executable_state=_state(executable),
            command=None if command is None else tuple([clean(argument) for argument in command]),
            uid=uid,
            user=user_of(process, uid),
            unit=None,
            slice=None,
            container=None,
            package=None,
            working_directory=clean(working_directory) if working_directory else None,
            parents=self._parents_of(process),
            terminal=_terminal(process),
        )

    def _ask(self, question: Callable[[], T], *, missing: Missing, pid: int) -> T | None:
        reason: Reason
        try:
            return question()
        except psutil.AccessDenied:
            reason = "not-permitted"
        except OSError:
            reason = "unreadable"
        self.unseen.append(Unseen(missing=missing, reason=reason, subject=f"pid:{pid}"))
        return None

    def _parents_of(self, process: psutil.Process) -> tuple[ParentProcess, ...]:
        line: list[ParentProcess] = []
        youngest = process.pid
        if youngest in self._parents:
            return self._parents[youngest]
        parent = _parent(process)
        while parent is not None and parent.pid > 0 and len(line) < _MOST_PARENTS:
            line.append(_named(parent))
            if parent.pid in self._parents:
                line += self._parents[parent.pid]
                break
            parent = _parent(parent)
        for index, ancestor in enumerate(line):
            self._parents.setdefault(ancestor.pid, tuple(line[index + 1 :]))
        return tuple(line[:_MOST_PARENTS])


def _named(parent: psutil.Process) -> ParentProcess:
    executable = _or_none(parent.exe)
    command = _or_none(parent.cmdline)
    return ParentProcess(
        pid=parent.pid,
        name=clean(_or_none(parent.name) or ""),
        executable=clean(executable) if executable else None,
        command=None if command is None else _bounded(command),
    )


def _bounded(command: list[str]) -> tuple[str, ...]:
    """The arguments, as many as fit in the length to which a parent's are kept."""
    kept: list[str] = []
    left = _LONGEST_OF_PARENT
    for argument in command:
        if left <= 0:
            break
        kept.append(clean(argument[:left]))
        left -= len(argument) + 1
    return tuple(kept)


def _terminal(process: psutil.Process) -> str | None:
    """The controlling terminal, below /dev; Windows has none."""
    path = _or_none(process.terminal) if hasattr(process, "terminal") else None
    return clean(path.removeprefix("/dev/")) if path else None


def user_of(process: psutil.Process, uid: int | None) -> str | None:
    """The user's name, on Windows with the domain; None where nobody knows it."""
    name = _or_none(process.username)
    # psutil gives the number itself for a uid without a name
    return clean(name) if name and name != str(uid) else None


def moment(seconds: float) -> str:
    """UTC, ISO 8601, of seconds since 1970.

    >>> moment(1.9)
    '1970-01-01T00:00:01Z'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds)))


def clean(text: str) -> str:
    r"""Text from the machine, with the bytes that are not UTF-8 escaped.

    >>> clean("a\udcffb")
    'a\\xffb'
    """
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a surrogate pair, as names on Windows may hold
        return text.encode("utf-8", "backslashreplace").decode()


def _state(executable: str | None) -> ExecutableState:
    if executable is None:
        return "unseen"
    if executable.startswith("/memfd:"):
        return "memory"
    return "present" if os.path.lexists(executable) else "deleted"


def _parent(process: psutil.Process) -> psutil.Process | None:
    try:
        return process.parent()
    except (psutil.Error, OSError):
        return None


def _or_none(question: Callable[[], T]) -> T | None:
    try:
        return question()
    except (psutil.AccessDenied, OSError):
        return None
