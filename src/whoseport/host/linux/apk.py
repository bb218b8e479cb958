"""Which apk package owns a file, and what does it say of it? Read from apk's list of what is installed.

`/lib/apk/db/installed`, below `/usr` where the two are merged: records of lines `LETTER:VALUE`, parted by an empty line
(apk-tools' src/database.c, apk_db_write_fdb). `P:` names the package, `F:` a directory without its first slash, and
each `R:` a file in the directory before it, whose `Z:` is its digest: `Q1` and SHA-1, or `Q2` and SHA-256, in base64.
`V:` is the package's version.
"""

from __future__ import annotations

import os
from binascii import a2b_base64

from whoseport.host.linux.bounded import read_regular, reason_of
from whoseport.model import Unseen

PLACES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_LIMIT = 64 << 20
# beyond this many names, one set of them against all lines is faster than a search for each
_FEW = 8


def database(root: str) -> str | None:
    """The path of apk's list, None where there is none."""
    for place in PLACES:
        if os.path.exists(path := f"{root}/{place}"):
            return path
    return None


def find(spellings: dict[bytes, bytes], *, path: str) -> tuple[dict[bytes, str], list[Unseen]]:
    """The owner of each file: canonical path -> package name. `path` is what `database` found.

    `spellings` maps every path under which the list may name a file to the file's canonical path. A list that could not
    be read is told as `Unseen`.
    """
    try:
        content = read_regular(path, limit=_LIMIT)
    except OSError as error:
        return {}, [Unseen(missing="package", reason=reason_of(error), subject=f"path:{path}")]
    return owners(content, spellings), []


def tell(package: str, asked: set[bytes], *, path: str) -> tuple[str | None, tuple[str, str] | None, bool] | None:
    """Version of a package, digest of the file that bears one of the asked spellings, whether there are digests at all.

    None where the package is not installed. `path`: see `database`.
    """
    try:
        content = read_regular(path, limit=_LIMIT)
    except OSError:
        return None
    name = b"P:" + package.encode("utf-8", "backslashreplace")
    for record in content.split(b"\n\n"):
        rows = record.split(b"\n")
        if name in rows:
            version, found = version_and_digest(rows, asked)
            return version, found, True
    return None


def version_and_digest(rows: list[bytes], asked: set[bytes]) -> tuple[str | None, tuple[str, str] | None]:
    """What the lines of a package's record say of it and of the file that bears one of the asked spellings."""
    version = None
    folder = b""
    here = False
    for row in rows:
        letter, value = row[:2], row[2:]
        if letter == b"V:":
            version = value[:256].decode("utf-8", "backslashreplace")
        elif letter == b"F:":
            folder = value
        elif letter == b"R:":
            here = b"/" + folder + b"/" + value in asked or (not folder and b"/" + value in asked)
        elif letter == b"Z:" and here:
            return version, _digest(value)
    return version, None


def _digest(value: bytes) -> tuple[str, str] | None:
    algorithm, size = {b"Q1": ("sha1", 20), b"Q2": ("sha256", 32)}.get(value[:2], ("", 0))
    try:
        raw = a2b_base64(value[2:])
    except ValueError:
        return None
    return (algorithm, raw.hex()) if size and len(raw) == size else None


def owners(content: bytes, spellings: dict[bytes, bytes]) -> dict[bytes, str]:
    """The owner of each file, from the content of apk's list; a damaged record owns nothing."""
    found: dict[bytes, str] = {}
    wanted = {}
    for spelling, canonical in spellings.items():
        folder, _, base = spelling.rpartition(b"/")
        wanted[folder[1:], base] = canonical
    lines = {b"R:" + base for _, base in wanted}
    few = len(lines) <= _FEW
    if few and not any(line in content for line in lines):
        return found
    for record in content.split(b"\n\n"):
        if few and not any(line in record for line in lines):
            continue
        rows = record.split(b"\n")
        if lines.isdisjoint(rows):
            continue
        package = None
        folder = b""
        for row in rows:
            letter = row[:2]
            if letter == b"P:":
                package = row[2:].decode("utf-8", "backslashreplace")
            elif letter == b"F:":
                folder = row[2:]
            elif letter == b"R:" and package and (canonical := wanted.get((folder, row[2:]), b"")):
                found.setdefault(canonical, package)
    return found
