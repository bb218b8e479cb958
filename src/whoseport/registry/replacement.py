"""How is a file replaced in one step, by one process at a time, though any of them may be killed?

A reader sees the old file or the new one, whole. Below the lock, a file that bears the name of an unfinished one was
left by a process that was killed, and is removed.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from whoseport.model import BrokenSurroundings
from whoseport.registry.download import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNFINISHED = ".whoseport-update."
BETWEEN_TRIES = 0.05


@contextmanager
def sole_updater(folder: str, *, patience: float) -> Iterator[None]:
    """Holds the folder's lock, made where it is missing; waits at most `patience` seconds for another holder.

    `update-already-running` folder, seconds · `update-folder-unusable` folder, reason.
    """
    try:
        os.makedirs(folder, exist_ok=True)
        lock = _opened(os.path.join(folder, "update.lock"))
    except OSError as error:
        raise BrokenSurroundings("update-folder-unusable", folder=folder, reason=reason_of(error)) from None
    try:
        try:
            held = _held(lock, until=time.monotonic() + patience)
        except OSError as error:
            raise BrokenSurroundings("update-folder-unusable", folder=folder, reason=reason_of(error)) from None
        if not held:
            raise BrokenSurroundings("update-already-running", folder=folder, seconds=patience)
        _sweep(folder)
        yield
    finally:
        os.close(lock)  # which also lets go of the lock


def replace(path: str, content: bytes, *, check: Callable[[str], None]) -> None:
    """Puts the content in the path's place, once `check` has let it pass under its passing name.

    Only below `sole_updater`. `update-not-written` path, reason: disk full, read-only; the old file is as it was.
    """
    folder, name = os.path.split(path)
    unfinished = os.path.join(folder, f"{UNFINISHED}{os.getpid()}.{name}")
    try:
        try:
            _write(unfinished, content)
            check(unfinished)
            os.replace(unfinished, path)
        except BaseException:
            _remove(unfinished)
            raise
        _settle(folder)
    except OSError as error:
        raise BrokenSurroundings("update-not-written", path=path, reason=reason_of(error)) from None


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    except PermissionError:
        # made by root in a user's folder: it can be locked all the same
        return os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))


def _held(lock: int, *, until: float) -> bool:
    while not _tried(lock):
        if time.monotonic() >= until:
            return False
        time.sleep(BETWEEN_TRIES)
    return True


if sys.platform == "win32":
    import msvcrt

    def _tried(lock: int) -> bool:
        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
else:
    import fcntl

    def _tried(lock: int) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _sweep(folder: str) -> None:
    for name in os.listdir(folder):
        if name.startswith(UNFINISHED):
            _remove(os.path.join(folder, name))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        # never in the way: the next update tries again
        return


def _write(path: str, content: bytes) -> None:
    binary = getattr(os, "O_BINARY", 0)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
    finally:
        os.close(file)


def _settle(folder: str) -> None:
    """Makes the renaming itself last through a power cut (fsync(2): the directory needs one of its own)."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
