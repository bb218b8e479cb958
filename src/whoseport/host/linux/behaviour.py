"""How does this process behave? The plain facts that /proc/PID tells beyond who it is (proc_pid_status(5) and others).

Read where the details are read (processes.py), and travelling with them as plain values; named here afterwards.
"""

from __future__ import annotations

import os

from whoseport.host.linux import capabilities, environment
from whoseport.model import Streams, Variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    _Raw = TypeVar("_Raw")
    _Named = TypeVar("_Named")
    Links = tuple[str | None, str | None, str | None]
    """What the descriptors 0, 1 and 2 lead to; None: closed."""
    Variables = tuple[tuple[bytes, bytes], ...]
    Behaviour = tuple[
        int,
        int,
        int,
        Links | None,
        int | None,
        int | None,
        Variables | None,
        tuple[int, ...] | None,
        tuple[int, int] | None,
    ]
    """Session, terminal's number, flags of the kernel, streams, mask of effective capabilities, tracer's pid (0: none),
    variables, pids of children, device and inode number of the executable; None for what could not be read."""

PF_KTHREAD = 0x00200000  # include/linux/sched.h
MOST_RELATED = 32
LONGEST_ENVIRONMENT = 256 << 10
"""Bytes of an environment that are read, so that what matters cannot hide behind padding that costs nothing."""
_MOST_THREADS = 64
_LONGEST_FAMILY = 64 << 10


def links(directory: int, *, way: str = "") -> Links | None:
    """Where the standard streams lead, of the process whose /proc directory (or, by `way`, fd folder) this is."""
    found: list[str | None] = []
    for number in "012":
        try:
            found.append(os.readlink(f"{way}{number}", dir_fd=directory))
        except (FileNotFoundError, ProcessLookupError):
            found.append(None)
        except OSError:
            return None
    return found[0], found[1], found[2]


def parse_status(content: bytes) -> tuple[int | None, int | None, int | None]:
    """Effective uid, effective capabilities as a mask and the tracer's pid of /proc/PID/status; None: not there.

    A name cannot pretend to be one of these lines: the kernel escapes line feeds there.

    >>> parse_status(b"Name:\\ta\\nTracerPid:\\t7\\nUid:\\t1\\t2\\t1\\t1\\nCapEff:\\t0400\\n")
    (2, 1024, 7)
    """
    uids = _line(content, b"\nUid:\t").split(b"\t")
    return (
        _number(uids[1], 10) if len(uids) > 1 else None,
        _number(_line(content, b"\nCapEff:\t"), 16),
        _number(_line(content, b"\nTracerPid:\t"), 10),
    )


def children(
    directory: int, *, own: str, thread: str, threads: int, most: int = MOST_RELATED
) -> tuple[int, ...] | None:
    """Pids of the children of all its threads, the first ones; None where the kernel does not tell.

    `own` leads from the descriptor to the process's directory, `thread` is the number of its first thread (or of one
    that lives). Without CONFIG_PROC_CHILDREN the kernel has no such file (Documentation/filesystems/proc.rst, 3.7).
    """
    numbers = [thread]
    found: list[int] = []
    try:
        if threads > 1:
            tasks = os.open(f"{own}task", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
            try:
                numbers = os.listdir(tasks)[:_MOST_THREADS]
            finally:
                os.close(tasks)
    except OSError:
        return None
    for number in numbers:
        try:
            descriptor = os.open(f"{own}task/{number}/children", os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
        except OSError:
            if len(numbers) == 1:
                return None
            continue  # this thread has ended
        content = b""
        try:
            while (piece := os.read(descriptor, 4096)) and len(content) < _LONGEST_FAMILY:
                content += piece
                if len(piece) < 2048:
                    break  # two reads where one tells all would cost half as much again
        except OSError:
            pass  # it ended meanwhile
        finally:
            os.close(descriptor)
        found += [int(pid) for pid in content.split() if pid.isdigit() and len(pid) < 11]
    return tuple(found[:most])


def read_environment(directory: int, *, way: str = "") -> Variables | None:
    """The variables that matter, as the process was started; None where they are not for us to read."""
    try:
        descriptor = os.open(f"{way}environ", os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return None
    try:
        content = os.read(descriptor, 4096)
        while len(content) % 4096 == 0 and 0 < len(content) < LONGEST_ENVIRONMENT:
            piece = os.read(descriptor, LONGEST_ENVIRONMENT - len(content))
            if not piece:
                break
            content += piece
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return environment.wanted(content)


def terminal_of(number: int) -> str | None:
    """The name below /dev of a terminal's number in /proc/PID/stat, or its MAJOR:MINOR; None for 0, which is none.

    The numbers are those of Documentation/admin-guide/devices.txt.

    >>> terminal_of(0x8803), terminal_of(0x401), terminal_of(0x440), terminal_of(0)
    ('pts/3', 'tty1', 'ttyS0', None)
    """
    if number == 0:
        return None
    major, minor = number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00
    if 136 <= major <= 143:
        return f"pts/{minor + 256 * (major - 136)}"
    if major == 4:
        return f"tty{minor}" if minor < 64 else f"ttyS{minor - 64}"
    if major == 5 and minor < 2:
        return ("tty", "console")[minor]
    for known, name, first in ((188, "ttyUSB", 0), (166, "ttyACM", 0), (204, "ttyAMA", 64), (229, "hvc", 0)):
        if major == known and minor >= first:
            return f"{name}{minor - first}"
    return f"{major}:{minor}"


class Names:
    """Raw behaviour in the model's words; what many processes have in common becomes one value, which they share."""

    def __init__(self) -> None:
        self.streams = _once(_streams)
        self.variables = _once(_variables)
        self.capabilities = _once(capabilities.names)
        self.terminal = _once(terminal_of)


def _once(name: Callable[[_Raw], _Named]) -> Callable[[_Raw], _Named]:
    known: dict[_Raw, _Named] = {}

    def named(raw: _Raw) -> _Named:
        if raw not in known:
            known[raw] = name(raw)
        return known[raw]

    return named


def _streams(raw: Links) -> Streams:
    read = [None if link is None else clean(link) for link in raw]
    return Streams(input=read[0], output=read[1], error=read[2])


def _variables(raw: Variables) -> tuple[Variable, ...]:
    return tuple(
        [
            Variable(name=name.decode("utf-8", "backslashreplace"), value=value.decode("utf-8", "backslashreplace"))
            for name, value in raw
        ]
    )


def clean(text: str) -> str:
    r"""What the system told, with the bytes that are not UTF-8 escaped.

    >>> clean("a\udcffb")
    'a\\xffb'
    """
    return text if text.isascii() else os.fsencode(text).decode("utf-8", "backslashreplace")


def _line(content: bytes, start: bytes) -> bytes:
    at = content.find(start)
    if at < 0:
        return b""
    at += len(start)
    end = content.find(b"\n", at)
    return content[at:end] if end >= 0 else content[at:]


def _number(digits: bytes, base: int) -> int | None:
    """An unsigned number of at most 64 bits; None for anything else."""
    try:
        number = int(digits, base)
    except ValueError:
        return None
    return number if 0 <= number < 1 << 64 else None
