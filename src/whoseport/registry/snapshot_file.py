"""How is the compiled snapshot laid out, and how is a piece of it read without trusting it?

One file, little-endian. A header: magic, format version, its own length and the file's, a checksum of itself, on what
the snapshot stands, where each section lies, and a checksum for each block of the body. Then the body: the sections, in
blocks of 4096 bytes. A block is read when it is first needed, and its checksum compared then, so damage is found where
it would be believed, and a look-up pays for a few blocks only.

A checksum is the block's bytes as one number modulo a prime below 2^30: no changed bit and no changed byte escapes it,
and it needs no import (zlib's and struct's cost more than a whole look-up). It guards against damage, not forgery.
"""

from __future__ import annotations

import os
import stat

from whoseport.model import BrokenSurroundings, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    Section = Literal["directory", "segments", "indexes", "record_ends", "records", "name_ends", "names"]

MAGIC = b"whoseport.snap\r\n"
FORMAT = 1
BLOCK = 4096
LARGEST = 1 << 28
"""Bytes; refuses to read more. The snapshot of August 2026 has two million."""

PRIME = 1073741789

SECTIONS: tuple[Section, ...] = (
    "directory",  # 257 u32: for each 256 ports the number of their first segment
    "segments",  # rows of ROW u16: see the compiler
    "indexes",  # u32: numbers of records, by segment and transport
    "record_ends",  # u32: where each record's text ends
    "records",
    "name_ends",
    "names",
)

# offsets in the header
AT_FORMAT, AT_LENGTH, AT_SIZE, AT_CHECKSUM, AT_RECORDS, AT_UPDATED, AT_SHA256, AT_SECTIONS = (
    16,
    20,
    24,
    32,
    36,
    40,
    50,
    82,
)
AT_SOURCE = AT_SECTIONS + 8 * len(SECTIONS)

ROW = 22
"""u16 in a row of `segments`: first, last; for each transport state, first and last of its run, number of records; the
nearest assigned segment below and above; the place in `indexes`, low half and high half."""

NO_SEGMENT = 0xFFFF
FIELD, REFERENCE = "\x1f", "\x1e"
"""What separates the fields of a record's text, and its references."""


class SnapshotMissing(BrokenSurroundings):
    """There is no such file."""


class OtherFormat(BrokenSurroundings):
    """The file is a snapshot of another format version."""


def checksum(piece: bytes) -> int:
    """Of a block or of the header, below 2^30."""
    return int.from_bytes(piece, "little") % PRIME


class SnapshotFile:
    """An open snapshot: `snapshot` from its header, `read` for verified pieces of its sections.

    Raises:
        BrokenSurroundings: `snapshot-unreadable` with `path` and `reason`: `missing`, `not-permitted`, `not-a-file`,
            `not-a-snapshot`, `other-format`, `cut`, `checksum`, `content`.
    """

    __slots__ = ("_blocks", "_body", "_checksums", "_descriptor", "_sections", "path", "snapshot")

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = -1
        self._blocks: dict[int, bytes] = {}
        flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            self._descriptor = os.open(path, flags)
            status = os.fstat(self._descriptor)
        except (FileNotFoundError, NotADirectoryError):
            raise SnapshotMissing("snapshot-unreadable", path=path, reason="missing") from None
        except PermissionError:
            raise self.damaged("not-permitted") from None
        except (OSError, ValueError):
            raise self.damaged("not-a-file") from None
        if not stat.S_ISREG(status.st_mode):
            raise self.damaged("not-a-file")
        if not AT_SOURCE <= status.st_size <= LARGEST:
            raise self.damaged("cut" if status.st_size < AT_SOURCE else "not-a-snapshot")
        self._read_header(status.st_size)

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        # bound early: at the interpreter's end the module `os` may be gone before us
        if self._descriptor >= 0:
            close(self._descriptor)

    def damaged(self, reason: str) -> BrokenSurroundings:
        """The error to raise about this file."""
        return BrokenSurroundings("snapshot-unreadable", path=self.path, reason=reason)

    def _read_header(self, size: int) -> None:
        header = self._read_file(0, min(size, 2 * BLOCK))

        def number(at: int, width: int = 4) -> int:
            return int.from_bytes(header[at : at + width], "little")

        if header[: len(MAGIC)] != MAGIC:
            raise self.damaged("not-a-snapshot")
        if number(AT_FORMAT) != FORMAT:
            raise OtherFormat("snapshot-unreadable", path=self.path, reason="other-format")
        length = number(AT_LENGTH)
        if number(AT_SIZE, 8) != size or not AT_SOURCE <= length <= size:
            raise self.damaged("cut")
        if length > len(header):
            header += self._read_file(len(header), length - len(header))
        header = header[:length]
        if checksum(header[:AT_CHECKSUM] + header[AT_RECORDS:]) != number(AT_CHECKSUM):
            raise self.damaged("checksum")
        blocks = -(-(size - length) // BLOCK)
        source_end = length - 4 * blocks
        if source_end < AT_SOURCE:
            raise self.damaged("content")
        self._body = (length, size - length)
        self._checksums = header[source_end:]
        self._sections = {
            name: (number(AT_SECTIONS + 8 * place), number(AT_SECTIONS + 8 * place + 4))
            for place, name in enumerate(SECTIONS)
        }
        try:
            self.snapshot = Snapshot(
                source=header[AT_SOURCE:source_end].rstrip(b"\0").decode("utf-8"),
                updated=header[AT_UPDATED:AT_SHA256].rstrip(b"\0").decode("ascii"),
                sha256=header[AT_SHA256:AT_SECTIONS].hex(),
                records=number(AT_RECORDS),
            )
        except UnicodeDecodeError:
            raise self.damaged("content") from None

    def length(self, section: Section) -> int:
        """Bytes in a section."""
        return self._sections[section][1]

    def read(self, section: Section, start: int, length: int) -> bytes:
        """Exactly so many bytes of a section."""
        offset, available = self._sections[section]
        if start < 0 or length < 0 or start + length > available or offset + available > self._body[1]:
            raise self.damaged("content")
        offset += start
        number, within = divmod(offset, BLOCK)
        piece = (self._blocks.get(number) or self._block(number))[within : within + length]
        if len(piece) == length:
            return piece
        pieces = [piece]
        for following in range(number + 1, (offset + length - 1) // BLOCK + 1):
            pieces.append(self._blocks.get(following) or self._block(following))
        return b"".join(pieces)[:length]

    def _block(self, number: int) -> bytes:
        start, length = self._body
        block = self._read_file(start + number * BLOCK, min(BLOCK, length - number * BLOCK))
        if checksum(block) != int.from_bytes(self._checksums[4 * number : 4 * number + 4], "little"):
            raise self.damaged("checksum")
        self._blocks[number] = block
        return block

    def verify(self) -> None:
        """Compares every block with its checksum."""
        for number in range(len(self._checksums) // 4):
            self._block(number)

    def _read_file(self, offset: int, length: int) -> bytes:
        try:
            piece = _read_at(self._descriptor, length, offset)
        except OSError:
            raise self.damaged("unreadable") from None
        if len(piece) != length:
            raise self.damaged("cut")
        return piece


if hasattr(os, "pread"):
    _read_at = os.pread
else:

    def _read_at(descriptor: int, length: int, offset: int, /) -> bytes:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, length)
