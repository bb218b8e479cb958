"""What does IANA say of a port? Parse, compile, look up; `open_registry` is the door."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.registry.store import Registry


def packaged_snapshot_path() -> str:
    """The snapshot that the package brings along."""
    return __file__.rpartition("__init__")[0] + "snapshot.bin"


def open_registry(path: str | None = None) -> Registry:
    """The registry to answer from: the user's own snapshot unless the packaged one is newer, or the file at `path`.

    A user's snapshot of another format version is passed over: another release wrote it.

    Raises:
        BrokenSurroundings: `snapshot-unreadable` with path and reason, where the file is damaged or cannot be read.
    """
    from whoseport.registry.store import OtherFormat, Registry, SnapshotMissing

    if path is not None:
        return Registry(path)
    from whoseport.registry.places import user_snapshot_path

    try:
        own = Registry(user_snapshot_path())
    except (SnapshotMissing, OtherFormat):
        return Registry(packaged_snapshot_path())
    packaged = Registry(packaged_snapshot_path())
    return packaged if own.snapshot.updated < packaged.snapshot.updated else own
