"""What is this process?

Read from /proc/PID (proc(5)) through one descriptor on its directory, so that every detail is of the same process even
if its pid is given away meanwhile. Details travel as plain tuples, since forked readers send them home with `marshal`.
"""

from __future__ import annotations

import os
import time

from whoseport.host.linux.behaviour import PF_KTHREAD, Names, children, links, parse_status, read_environment
from whoseport.host.linux.cgroups import paths_of_process, unit_of
from whoseport.model import ParentProcess, Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from whoseport.host.linux.behaviour import Behaviour, Links
    from whoseport.host.linux.users import Users
    from whoseport.model import Container, ExecutableState

    Details = tuple[
        int, int, bytes, int, bytes | None, ExecutableState, bytes | None, int, bytes | None, bytes, Behaviour
    ]
    """pid, parent, name, start in ticks since boot, executable, its state, command, uid, working directory, cgroups,
    and how it behaves."""

LONGEST_COMMAND = 4 << 20
"""Bytes of a command line that are read; the kernel's own limit is 6 MiB (execve(2))."""
_LONGEST_OF_PARENT = 1024
_MOST_PARENTS = 64


def read_details(
    directory: int, *, way: str = "", thread: str | None = None, streams: Links | None = None
) -> Details | None:
    """The details of the process whose /proc directory this descriptor is on; None if it is gone.

    `way` leads there from the descriptor, if it is on something below ("../"). With `thread`, the directory is that of
    a living thread of this number, whose process has lost its first one: most files of such a process are empty, while
    those of the thread speak for it. `streams` are the links of the standard streams, where they are known already.
    """
    own = f"{way}../../" if thread else way
    raw_way = way.encode()
    try:
        fields = _stat_fields(_content(f"{own}stat", directory))
        status = parse_status(_content(f"{way}status", directory))
        uid = os.stat(own or ".", dir_fd=directory).st_uid if status[0] is None else status[0]
    except OSError:
        return None
    if fields is None:
        return None
    pid, parent, name, ticks, session, terminal, flags, threads = fields
    executable: bytes | None
    identity = None
    state: ExecutableState
    try:
        executable = os.readlink(raw_way + b"exe", dir_fd=directory)
    except OSError:
        executable, state = None, "unseen"
    else:
        state = "present"
        if executable.startswith(b"/memfd:"):
            state = "memory"
        elif executable.endswith(b" (deleted)"):
            executable, state = _deleted(executable, directory, raw_way)
        try:
            running = os.stat(f"{way}exe", dir_fd=directory)
            identity = running.st_dev, running.st_ino
        except OSError:
            pass  # ending just now
    try:
        command = _content(f"{way}cmdline", directory, LONGEST_COMMAND)
    except OSError:
        command = None
    try:
        working_directory = os.readlink(raw_way + b"cwd", dir_fd=directory)
    except OSError:
        working_directory = None
    try:
        cgroups = _content(f"{way}cgroup", directory)
    except OSError:
        cgroups = b""
    behaviour = (
        session,
        terminal,
        flags,
        links(directory, way=f"{way}fd/") if streams is None else streams,
        status[1],
        status[2],
        () if flags & PF_KTHREAD else read_environment(directory, way=way),
        children(directory, own=own, thread=thread or str(pid), threads=threads),
        identity,
    )
    return pid, parent, name, ticks, executable, state, command, uid, working_directory, cgroups, behaviour


def read_process_details(pid: int, *, proc: str = "/proc") -> Details | None:
    """The same by pid."""
    try:
        directory = os.open(f"{proc}/{pid}", os.O_PATH | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        return read_details(directory)
    finally:
        os.close(directory)


def read_stat(pid: int, *, proc: str = "/proc") -> tuple[int, int, bytes, int] | None:
    """What everyone may read of a process: pid, parent's pid, name, start in ticks since boot."""
    try:
        return parse_stat(_content(f"{proc}/{pid}/stat"))
    except OSError:
        return None


def parse_stat(content: bytes) -> tuple[int, int, bytes, int] | None:
    """Pid, parent's pid, name, start in ticks since boot, of /proc/PID/stat (proc_pid_stat(5)); None if it is broken.

    The name may hold anything, brackets and line breaks too; whatever follows it is numbers.

    >>> parse_stat(b"7 (a) b\\n(c)) S 1 " + b"0 " * 17 + b"99 0")
    (7, 1, b'a) b\\n(c)', 99)
    """
    fields = _stat_fields(content)
    return None if fields is None else fields[:4]


def _stat_fields(content: bytes) -> tuple[int, int, bytes, int, int, int, int, int] | None:
    """The same, and session, terminal's number, flags and number of threads, 0 where these four are broken."""
    opening, closing = content.find(b" ("), content.rfind(b")")
    fields = content[closing + 1 :].split(None, 20)
    if opening < 1 or closing < opening or len(fields) < 20:
        return None
    numbers = content[:opening], fields[1], fields[19]
    if not all(number.isdigit() and len(number) < 21 for number in numbers):
        return None
    others = [
        int(field) if field.isdigit() and len(field) < 11 else 0 for field in (*fields[3:5], fields[6], fields[17])
    ]
    return (
        int(numbers[0]),
        int(numbers[1]),
        content[opening + 2 : closing],
        int(numbers[2]),
        others[0],
        others[1],
        others[2],
        others[3],
    )


def parse_command(content: bytes) -> tuple[str, ...]:
    """The arguments of /proc/PID/cmdline (proc_pid_cmdline(5)), empty for a kernel thread.

    A program that rewrote its title leaves one text and zeros up to the old length: these are no empty arguments.

    >>> parse_command(b"sh\\0-c\\0\\0"), parse_command(b"nginx: master\\0\\0\\0\\0")
    (('sh', '-c', ''), ('nginx: master',))
    """
    if not content:
        return ()
    arguments = content.removesuffix(b"\0").decode("utf-8", "backslashreplace").split("\0")
    if len(arguments) > 2 and arguments[0] and not any(arguments[1:]):
        del arguments[1:]
    return tuple(arguments)


class Processes:
    """Turns details into the model's words; what several processes share is read and named once."""

    def __init__(
        self,
        users: Users,
        container_of: Callable[[tuple[str, ...]], Container | None],
        *,
        proc: str = "/proc",
        booted: int | None = None,
    ) -> None:
        self._users = users
        self._container_of = container_of
        self._proc = proc
        self._booted = boot_time() if booted is None else booted
        self._ticks = os.sysconf("SC_CLK_TCK")
        self._moments: dict[int, str] = {}
        self._noted: dict[int, Details] = {}
        self._family: dict[int, tuple[int, ParentProcess] | None] = {}
        self._lines: dict[int, tuple[ParentProcess, ...]] = {}
        self._groups: dict[bytes, tuple[str | None, str | None, Container | None]] = {}
        self.names = Names()

    def note(self, details: Details) -> None:
        """Keep what these details tell of the family, before anyone's parents are asked for."""
        self._noted[details[0]] = details

    def describe(self, details: Details, **found: object) -> Process:
        """The process; `found` are fields of it that others have found out."""
        pid, parent, name, ticks, executable, state, command, uid, working_directory, cgroups, behaviour = details
        session, terminal, flags, streams, capabilities, tracer, variables, _children, _identity = behaviour
        unit, holder, container = self.group(cgroups)
        fields: dict[str, Any] = {
            "pid": pid,
            "started": self.started(ticks),
            "name": _text(name),
            "executable": None if executable is None else _text(executable),
            "executable_state": state,
            "command": None if command is None else parse_command(command),
            "uid": uid,
            "user": self._users.name(uid),
            "unit": unit,
            "slice": holder,
            "container": container,
            "package": None,
            "working_directory": None if working_directory is None else _text(working_directory),
            "parents": self._parents(parent),
            "kernel_thread": flags & PF_KTHREAD != 0,
            "terminal": self.names.terminal(terminal),
            "session": session,
            "streams": None if streams is None else self.names.streams(streams),
            "environment": None if variables is None else self.names.variables(variables),
            "capabilities": None if capabilities is None else self.names.capabilities(capabilities),
            "traced_by": self.one(tracer) if tracer else None,
        }
        fields.update(found)
        return Process(**fields)

    def one(self, pid: int) -> ParentProcess | None:
        """A process by pid, as others are named beside it; None if it is gone."""
        if pid not in self._family:
            self._family[pid] = self._kin(pid)
        kin = self._family[pid]
        return None if kin is None else kin[1]

    def started(self, ticks: int) -> str:
        """UTC, ISO 8601, of a start in ticks since boot."""
        seconds = (self._booted + ticks * 1_000_000_000 // self._ticks) // 1_000_000_000
        told = self._moments.get(seconds)
        if told is None:
            told = self._moments[seconds] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
        return told

    def group(self, cgroups: bytes) -> tuple[str | None, str | None, Container | None]:
        """Unit, slice and container that the content of /proc/PID/cgroup stands for."""
        known = self._groups.get(cgroups)
        if known is None:
            paths = paths_of_process(cgroups)
            unit, holder = unit_of(paths[0]) if paths else (None, None)
            known = self._groups[cgroups] = unit, holder, self._container_of(paths)
        return known

    def _parents(self, parent: int) -> tuple[ParentProcess, ...]:
        line = self._lines.get(parent)
        if line is None:
            found: list[ParentProcess] = []
            seen: set[int] = set()
            pid = parent
            while pid > 0 and pid not in seen and len(found) < _MOST_PARENTS:
                seen.add(pid)
                named = self.one(pid)
                kin = self._family[pid]
                if named is None or kin is None:
                    break
                found.append(named)
                pid = kin[0]
            line = self._lines[parent] = tuple(found)
        return line

    def _kin(self, pid: int) -> tuple[int, ParentProcess] | None:
        noted = self._noted.get(pid)
        if noted is not None:
            return noted[1], _parent(pid, noted[2], noted[4], noted[6])
        parsed = read_stat(pid, proc=self._proc)
        if parsed is None:
            return None
        try:
            executable = os.readlink(f"{self._proc}/{pid}/exe".encode())
        except OSError:
            executable = None  # a kernel thread, or not for us to see
        try:
            command = _content(f"{self._proc}/{pid}/cmdline", None, _LONGEST_OF_PARENT)
        except OSError:
            command = None
        return parsed[1], _parent(pid, parsed[2], executable, command)


def _parent(pid: int, name: bytes, executable: bytes | None, command: bytes | None) -> ParentProcess:
    return ParentProcess(
        pid=pid,
        name=_text(name),
        executable=None if executable is None else _text(executable.removesuffix(b" (deleted)")),
        command=None if command is None else parse_command(command[:_LONGEST_OF_PARENT]),
    )


def boot_time() -> int:
    """When this machine was started, in nanoseconds since 1970: what is common to both clocks at one instant.

    The largest of three tries: the process may lose the processor between the two readings, which makes it smaller.
    /proc/stat tells the same as `btime`, without fractions, and counts every interrupt of the machine for it.
    """
    return max(time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME) for _ in range(3))


def _deleted(executable: bytes, directory: int, way: bytes) -> tuple[bytes, ExecutableState]:
    """Path and state of an executable whose link ends in " (deleted)": that may also be part of a file's name."""
    # seen from the root of that process, which may be a container's
    try:
        running = os.stat(way + b"exe", dir_fd=directory)
        named = os.stat(way + b"root" + executable, dir_fd=directory)
        if (running.st_dev, running.st_ino) == (named.st_dev, named.st_ino):
            return executable, "present"
    except OSError:
        pass
    path = executable.removesuffix(b" (deleted)")
    try:
        os.stat(way + b"root" + path, dir_fd=directory)
    except OSError:
        return path, "deleted"
    return path, "replaced"


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _content(path: str, directory: int | None = None, most: int = 65536) -> bytes:
    descriptor = os.open(path, os.O_RDONLY, dir_fd=directory)
    try:
        # these files have one record each: a short answer is all, and an empty second read costs as much as the first
        content = os.read(descriptor, 4096)
        if len(content) < 4096:
            return content
        pieces = [content]
        length = len(content)
        while length < most and (content := os.read(descriptor, min(most - length, 1 << 20))):
            pieces.append(content)
            length += len(content)
        return b"".join(pieces)
    finally:
        os.close(descriptor)
