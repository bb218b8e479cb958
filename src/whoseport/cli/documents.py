"""Writes JSON documents to standard output, in parts, so that a large one is never whole in memory."""

from __future__ import annotations

import sys

from whoseport.render.json import pieces, to_json_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.record import Record


def write_json(record: Record, *, indent: bool = True) -> None:
    """One document with a newline at its end."""
    write = sys.stdout.write
    for piece in pieces(record, indent=indent):
        write(piece)
    write("\n")


def write_json_lines(records: Iterable[Record]) -> None:
    """One document a line (JSON Lines)."""
    write = sys.stdout.write
    for line in to_json_lines(records):
        write(line)
