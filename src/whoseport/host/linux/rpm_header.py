"""Does the package of an rpm header own a file, and what does it say of it?

A header as the database keeps it (rpm's docs/manual/hregions.md and format_header.md): two big-endian counts, of index
entries and of data bytes; entries of four words (tag, type, offset into the data, count); the data. A path is a
base name, and an index into the directory names (lib/rpmtag.h has the numbers).
"""

from __future__ import annotations

import struct

_COUNTS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")
_ENTRIES = 0xFFFF

_NAME = 1000
_VERSION = 1001
_RELEASE = 1002
_EPOCH = 1003
_FILE_STATES = 1029
_DIRECTORY_INDEXES = 1116
_FILE_DIGESTS = 1035
_BASE_NAMES = 1117
_DIRECTORY_NAMES = 1118
_DIGEST_ALGORITHM = 5011
_WANTED = frozenset(
    {
        *(_NAME, _VERSION, _RELEASE, _EPOCH, _FILE_STATES, _DIRECTORY_INDEXES, _FILE_DIGESTS, _BASE_NAMES),
        *(_DIRECTORY_NAMES, _DIGEST_ALGORITHM),
    }
)
# rpmio/rpmcrypto.h, enum rpmHashAlgo_e, which are the numbers of RFC 9580 section 9.5; without the tag it is MD5
_ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}

_CHAR, _INT32, _STRING, _STRING_ARRAY = 1, 4, 6, 8
# lib/rpmfiles.h: 0 normal, 1 replaced by another package's file, 2 not installed, 3 on a shared file system, 4 left out
# in favour of another word length
_NOT_THERE = (b"\1", b"\2", b"\4")


def owner_of(header: bytes, path: bytes) -> str | None:
    """The package's name if it owns the path, else None; also for a header that is damaged."""
    # most headers are told to have no such file by one search, without being taken apart
    base = path.rpartition(b"/")[2]
    if not base or base + b"\0" not in header:
        return None
    found = entries(header)
    if found is None or _position(found, path) is None:
        return None
    name = strings(found, _NAME)
    return name[0].decode("utf-8", "backslashreplace") if name and name[0] else None


def told_by(header: bytes, package: bytes, asked: set[bytes]) -> tuple[str | None, tuple[str, str] | None, bool] | None:
    """Version, digest of the file that bears one of the asked spellings, whether there are digests; None for another
    package's header, and for a damaged one. The version is `EPOCH:VERSION-RELEASE`, as rpm itself writes it."""
    if package + b"\0" not in header:
        return None
    found = entries(header)
    if found is None or strings(found, _NAME) != [package]:
        return None
    parts = [(strings(found, tag) or [b""])[0].decode("utf-8", "backslashreplace") for tag in (_VERSION, _RELEASE)]
    epoch = numbers(found, _EPOCH)
    version = "-".join(part for part in parts if part)
    if version and epoch and epoch[0]:
        version = f"{epoch[0]}:{version}"
    digests = strings(found, _FILE_DIGESTS)
    algorithm = _ALGORITHMS.get((numbers(found, _DIGEST_ALGORITHM) or (1,))[0])
    position = next((place for path in sorted(asked) if (place := _position(found, path)) is not None), None)
    digest = None
    if algorithm is not None and position is not None and position < len(digests):
        text = digests[position].lower()
        # folders and links have an empty one
        if text and not text.strip(b"0123456789abcdef"):
            digest = algorithm, text.decode()
    return version or None, digest, bool(digests) and algorithm is not None


def _position(found: dict[int, tuple[int, int, bytes]], path: bytes) -> int | None:
    """Which of the package's files has this path and is there."""
    folder, slash, base = path.rpartition(b"/")
    names = strings(found, _BASE_NAMES)
    folders = strings(found, _DIRECTORY_NAMES)
    states = found[_FILE_STATES][2] if _FILE_STATES in found and found[_FILE_STATES][0] == _CHAR else b""
    indexes = numbers(found, _DIRECTORY_INDEXES)
    position = -1
    while True:
        try:
            position = names.index(base, position + 1)
        except ValueError:
            return None
        if position >= len(indexes) or indexes[position] >= len(folders):
            return None
        if folders[indexes[position]] == folder + slash and states[position : position + 1] not in _NOT_THERE:
            return position


def entries(header: bytes) -> dict[int, tuple[int, int, bytes]] | None:
    """The entries that matter: tag -> (type, count, the data from there on); None for a damaged header."""
    if len(header) < _COUNTS.size:
        return None
    amount, size = _COUNTS.unpack_from(header)
    start = _COUNTS.size + amount * _ENTRY.size
    if amount > _ENTRIES or start + size > len(header):
        return None
    data = header[start : start + size]
    found = {}
    for tag, kind, offset, count in _ENTRY.iter_unpack(header[_COUNTS.size : start]):
        if tag in _WANTED and offset <= size:
            found[tag] = (kind, count, data[offset:])
    return found


def strings(found: dict[int, tuple[int, int, bytes]], tag: int) -> list[bytes]:
    """A tag's strings, fewer than announced where the data ends early."""
    kind, count, data = found.get(tag, (0, 0, b""))
    if kind == _STRING:
        count = 1
    elif kind != _STRING_ARRAY:
        return []
    # no more strings than bytes, whatever the count says
    pieces = data.split(b"\0", min(count, len(data)))
    return pieces[:-1]


def numbers(found: dict[int, tuple[int, int, bytes]], tag: int) -> tuple[int, ...]:
    """A tag's 32-bit numbers, fewer than announced where the data ends early."""
    kind, count, data = found.get(tag, (0, 0, b""))
    if kind != _INT32:
        return ()
    count = min(count, len(data) // 4)
    return struct.unpack_from(f">{count}I", data)
