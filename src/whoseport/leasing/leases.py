"""Who holds which port until when? A small table in the user's own folder, changed under one lock.

The lock is flock(2)'s: it ends with its holder, however that ends. The table is replaced in one step. Every reader
drops the leases that have ended: those of another boot, of an owner that is gone, past their time. So nothing has to
be cleaned up, and nothing that was killed leaves a port behind.
"""

from __future__ import annotations

import os
import stat
import sys
import time

from whoseport.leasing.owners import Owner, boot_identity, lives
from whoseport.model import BrokenSurroundings
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from whoseport.model import Transport

LARGEST = 4 << 20
_SAFELY = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_FORMAT = "whoseport leases 1"


class Lease(Record):
    """`key` tells the project and the name in it; `namespace` the network namespace; `asker` who asked for it.

    `until` is in seconds of CLOCK_REALTIME; None: as long as the owner lives.
    """

    port: int
    transport: Transport
    namespace: str
    key: str
    owner: Owner
    asker: Owner
    until: int | None


def leases_folder(environment: Mapping[str, str] | None = None, *, uid: int | None = None) -> str:
    """Where this user's leases lie: XDG_RUNTIME_DIR, which ends with the session, or a folder of the user's own."""
    values = os.environ if environment is None else environment
    runtime = values.get("XDG_RUNTIME_DIR")
    if runtime and os.path.isabs(runtime) and os.path.isdir(runtime) and os.access(runtime, os.W_OK):
        return os.path.join(runtime, "whoseport")
    if sys.platform == "win32":
        return os.path.join(values.get("LOCALAPPDATA") or os.path.expanduser("~"), "whoseport")
    temporary = values.get("TMPDIR") or "/tmp"
    return os.path.join(temporary, f"whoseport-{os.getuid() if uid is None else uid}")


class Table:
    """The leases, read and changed under the lock: `with Table(folder) as table`.

    Raises BrokenSurroundings("leases-unusable", folder=, reason=) where the folder cannot be made, is not this user's,
    or cannot be written.
    """

    def __init__(self, folder: str, *, proc: str = "/proc") -> None:
        self._folder = folder
        self._proc = proc
        self._lock = -1
        self._boot = ""
        self.leases: list[Lease] = []
        self._read: list[Lease] = []

    def __enter__(self) -> Self:
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            status = os.stat(self._folder, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode) or not _is_ours(status):
                raise BrokenSurroundings("leases-unusable", folder=self._folder, reason="not-ours")
            flags = os.O_RDWR | os.O_CREAT | _SAFELY
            self._lock = os.open(os.path.join(self._folder, "lock"), flags, 0o600)
            _lock_whole(self._lock)
            self._boot = boot_identity(proc=self._proc)
            self._read = _parse(self._content(), self._boot)
        except OSError as error:
            self._leave()
            raise _unusable(self._folder, error) from None
        except BrokenSurroundings:
            self._leave()
            raise
        now = time.time()
        self.leases = [
            lease
            for lease in self._read
            if (lease.until > now if lease.until is not None else lives(lease.owner, proc=self._proc))
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None and self.leases != self._read:
                self._write()
        except OSError as problem:
            raise _unusable(self._folder, problem) from None
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _content(self) -> bytes:
        try:
            descriptor = os.open(os.path.join(self._folder, "leases"), os.O_RDONLY | _SAFELY)
        except FileNotFoundError:
            return b""
        try:
            pieces: list[bytes] = []
            while (piece := os.read(descriptor, 1 << 16)) and len(pieces) << 16 < LARGEST:
                pieces.append(piece)
            return b"".join(pieces)
        finally:
            os.close(descriptor)

    def _write(self) -> None:
        path = os.path.join(self._folder, "leases")
        content = _text(self.leases, self._boot).encode()
        # below the lock there is one writer: a file of this name was left by one that was killed
        unfinished = f"{path}.new"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _SAFELY
        descriptor = os.open(unfinished, flags, 0o600)
        try:
            written = 0
            while written < len(content):
                written += os.write(descriptor, content[written:])
        finally:
            os.close(descriptor)
        os.replace(unfinished, path)


def _lock_whole(descriptor: int) -> None:
    """Waits for the lock, which ends with its holder: flock(2), or the locking of Windows."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_ours(status: os.stat_result) -> bool:
    """Whether the folder is this user's alone to write; Windows keeps a user's folders by other means."""
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _unusable(folder: str, error: OSError) -> BrokenSurroundings:
    return BrokenSurroundings("leases-unusable", folder=folder, reason=error.strerror or "unreadable")


def _text(leases: list[Lease], boot: str) -> str:
    lines = [f"{_FORMAT}\t{boot}"]
    for lease in leases:
        owner, asker = lease.owner, lease.asker
        cells = lease.port, lease.transport, lease.namespace, lease.key, owner.pid, owner.start, asker.pid, asker.start
        lines.append("\t".join(str(cell) for cell in (*cells, "" if lease.until is None else lease.until)))
    return "\n".join(lines) + "\n"


def _parse(content: bytes, boot: str) -> list[Lease]:
    """The leases of this boot; a line that is damaged is dropped, as its lease would be if its owner had ended."""
    lines = content.decode("utf-8", "replace").split("\n")
    if lines[0] != f"{_FORMAT}\t{boot}":
        return []
    leases = []
    for line in lines[1:]:
        cells = line.split("\t")
        if len(cells) != 9 or cells[1] not in ("tcp", "udp") or not all(_number(cells[place]) for place in (0, 4, 6)):
            continue
        if cells[8] and not _number(cells[8]):
            continue
        leases.append(
            Lease(
                port=int(cells[0]),
                transport="tcp" if cells[1] == "tcp" else "udp",
                namespace=cells[2],
                key=cells[3],
                owner=Owner(pid=int(cells[4]), start=cells[5]),
                asker=Owner(pid=int(cells[6]), start=cells[7]),
                until=int(cells[8]) if cells[8] else None,
            )
        )
    return leases


def _number(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 19
