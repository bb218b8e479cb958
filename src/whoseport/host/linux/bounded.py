"""How is a file read that may be hostile? Regular files only, up to a limit, without ever waiting for one."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Reason

# O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever
OPEN_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_CHUNK = 1 << 18


def read_regular(path: str, *, limit: int) -> bytes:
    """The whole content of a regular file of at most `limit` bytes.

    Raises OSError: ENOENT, EACCES and the like as the system gives them, EINVAL for what is no regular file, EFBIG
    for a file over the limit (its size is not believed: proc(5) says 0, and a file may grow while it is read).
    """
    descriptor = os.open(path, OPEN_FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        return read_descriptor(descriptor, limit=limit)
    finally:
        os.close(descriptor)


def read_descriptor(descriptor: int, *, limit: int) -> bytes:
    """What is left to read of an open file; OSError EFBIG where that is over `limit` bytes."""
    pieces = []
    size = 0
    while piece := os.read(descriptor, min(_CHUNK, limit + 1 - size)):
        size += len(piece)
        if size > limit:
            raise OSError(errno.EFBIG, "larger than the limit")
        pieces.append(piece)
    return b"".join(pieces)


def read_start(path: str, *, limit: int) -> bytes:
    """A file's first `limit` bytes, of any kind of file: for those of the kernel, which are what they claim to be.

    Read to the end, as only an empty answer tells it: files of /proc that have many records break off between two
    of them (seq_file). OSError as the system gives it.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        pieces = []
        while limit > 0 and (piece := os.read(descriptor, min(limit, _CHUNK))):
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def start_or_nothing(path: str, *, limit: int) -> bytes:
    """The same; nothing where the file cannot be read."""
    try:
        return read_start(path, limit=limit)
    except OSError:
        return b""


def reason_of(error: OSError) -> Reason:
    """The model's word for why a file could not be read."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return "not-permitted"
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESRCH):
        return "vanished"
    if error.errno == errno.EFBIG:
        return "too-many"
    return "unreadable"
