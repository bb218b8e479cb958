"""What do people really run there? Facts on software and ports, each with its source; `open_practice` is the door."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.practice.store import Practice

_opened: list[Practice] = []


def packaged_facts_path() -> str:
    """The compiled facts that the package brings along."""
    return __file__.rpartition("__init__")[0] + "facts.bin"


def open_practice() -> Practice:
    """The packaged facts, read once in a process.

    Raises:
        BrokenSurroundings: `practice-unreadable` with path and reason, where the file is damaged or cannot be read.
    """
    if not _opened:
        from whoseport.practice.store import Practice

        _opened.append(Practice(packaged_facts_path()))
    return _opened[0]
