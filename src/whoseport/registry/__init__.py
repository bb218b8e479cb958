"""What does IANA say of a port? Parse, compile, look up; `open_registry` is the door."""

from __future__ import annotations

import os

from whoseport.model import BrokenSurroundings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.registry.store import Registry


def packaged_snapshot_path() -> str:
    """The snapshot that the package brings along."""
    return __file__.rpartition("__init__")[0] + "snapshot.bin"


def open_registry(path: str | None = None) -> Registry:
    """The registry to answer from: the user's own snapshot unless the packaged one is newer, or the file at `path`.

    A user's snapshot of another format version is passed over: another release wrote it. So is one that this user may
    not read, as under sudo or su with another's home: it is not theirs.

    Raises:
        BrokenSurroundings: `snapshot-unreadable` with path and reason, where the file is damaged or cannot be read.
    """
    from whoseport.registry.places import user_snapshot_path
    from whoseport.registry.store import Registry

    if path is not None:
        return Registry(path)
    own = user_snapshot_path()
    known = own, _identity(own)
    registry = _opened.get(known)
    if registry is None:
        registry = _newer(own)
        _opened.clear()
        _opened[known] = registry
    return registry


_opened: dict[tuple[str, tuple[int, int, int] | None], Registry] = {}
"""The registry last answered from, as long as the user's snapshot is the same file: a library is asked many times."""


def _identity(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _newer(path: str) -> Registry:
    from whoseport.registry.store import OtherFormat, Registry, SnapshotMissing

    try:
        own = Registry(path)
    except (SnapshotMissing, OtherFormat):
        return Registry(packaged_snapshot_path())
    except BrokenSurroundings as error:
        if error.fields.get("reason") != "not-permitted":
            raise
        return Registry(packaged_snapshot_path())
    packaged = Registry(packaged_snapshot_path())
    return packaged if own.snapshot.updated < packaged.snapshot.updated else own
