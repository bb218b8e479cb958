"""Which rpm package owns a file, and what does it say of it? Read from the database itself, in the formats known here.

sqlite (`rpmdb.sqlite`, lib/backend/sqlite.c): `Packages` holds a header per package, `Basenames` and `Dirnames` lead
from a name to headers. It is opened as immutable, for even a reader would otherwise write a `-shm` file beside it.
ndb (`Packages.db`, lib/backend/ndb/rpmpkg.c): headers alone, which are searched one after another.
bdb (`Packages`, rpm before 4.16) is told as not supported.
"""

from __future__ import annotations

import errno
import os
import stat
import struct

from whoseport.host.linux.bounded import OPEN_FLAGS, reason_of
from whoseport.host.linux.rpm_header import owner_of, told_by
from whoseport.model import Unseen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

    from whoseport.model import Reason

# the second is where the first leads on newer systems, the third on those with an immutable /usr
FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_SQLITE = "rpmdb.sqlite"
_NDB = "Packages.db"
_BDB = "Packages"

_HEADER_LIMIT = 64 << 20
_CANDIDATES = 64
_SQLITE_STEPS = 100_000
_SQLITE_PATIENCE = 100

_NDB_FILE = struct.Struct("<4s4I12x")
_NDB_SLOT = struct.Struct("<4sIII")
_NDB_BLOB = struct.Struct("<4sIII")
_NDB_PAGE = 4096
_NDB_BLOCK = 16
_NDB_PAGES = 2048
_NDB_TOTAL = 1 << 30


class Unusable(Exception):
    """A database that is not what it should be."""


def database(root: str) -> str | None:
    """The path of the rpm database, the format that rpm itself would take first; None where there is none."""
    for name in (_SQLITE, _NDB, _BDB):
        for folder in FOLDERS:
            path = f"{root}/{folder}/{name}"
            if os.path.exists(path):
                return path
    return None


def find(spellings: dict[bytes, bytes], *, path: str) -> tuple[dict[bytes, str], list[Unseen]]:
    """The owner of each file: canonical path -> package name. `path` is what `database` found.

    `spellings` maps every path under which the database may name a file to the file's canonical path. What could not
    be read is told as `Unseen` on the database.
    """
    owners: dict[bytes, str] = {}
    reason: Reason | None = None
    try:
        if path.endswith(_SQLITE):
            reason = _find_sqlite(spellings, owners, path=path)
        elif path.endswith(_NDB):
            reason = _find_ndb(spellings, owners, path=path)
        else:
            reason = "not-supported"
    except OSError as error:
        reason = reason_of(error)
    except Unusable:
        reason = "unreadable"
    return owners, [] if reason is None else [Unseen(missing="package", reason=reason, subject=f"path:{path}")]


def tell(package: str, asked: set[bytes], *, path: str) -> tuple[str | None, tuple[str, str] | None, bool] | None:
    """Version of a package, digest of the file that bears one of the asked spellings, whether there are digests at all.

    None where the package is not installed, or the database cannot be read. `path` is what `database` found.
    """
    name = package.encode("utf-8", "backslashreplace")
    try:
        if path.endswith(_SQLITE):
            return _tell_sqlite(name, asked, path=path)
        if path.endswith(_NDB):
            for header in _ndb_headers(path):
                told = told_by(header, name, asked)
                if told is not None:
                    return told
    except (OSError, Unusable):
        return None
    return None


def _tell_sqlite(
    package: bytes, asked: set[bytes], *, path: str
) -> tuple[str | None, tuple[str, str] | None, bool] | None:
    import sqlite3

    connection = _opened(path)
    try:
        rows = connection.execute(
            "SELECT blob FROM Packages WHERE hnum IN (SELECT hnum FROM Name WHERE key = ?) ORDER BY hnum DESC",
            (package.decode(),),
        )
        for _ in range(_CANDIDATES):
            row = rows.fetchone()
            if row is None:
                return None
            if isinstance(row[0], bytes) and (told := told_by(row[0], package, asked)) is not None:
                return told
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeDecodeError):
        raise Unusable from None
    finally:
        connection.close()
    return None


def _opened(path: str) -> Connection:
    """The database, read-only and with bounds on what a look-up may cost. Raises OSError, Unusable."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise Unusable
    with open(path, "rb"):
        # sqlite3 says "unable to open" whatever the cause; this says which
        pass

    import sqlite3

    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        connection = sqlite3.connect(f"file:{quoted}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error:
        raise Unusable from None
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _HEADER_LIMIT)
    steps = iter(range(_SQLITE_PATIENCE))
    # a hostile schema may turn a look-up into an endless one
    connection.set_progress_handler(lambda: next(steps, None) is None, _SQLITE_STEPS)
    return connection


def _find_sqlite(spellings: dict[bytes, bytes], owners: dict[bytes, str], *, path: str) -> Reason | None:
    import sqlite3

    connection = _opened(path)
    try:
        for spelling, canonical in spellings.items():
            if canonical not in owners and (name := _owner_in_sqlite(connection, spelling)) is not None:
                owners[canonical] = name
    except (sqlite3.Error, sqlite3.Warning, OverflowError):
        raise Unusable from None
    finally:
        connection.close()
    if len(owners) < len(set(spellings.values())) and _size(path + "-wal"):
        # an immutable database is read without its journal: a transaction may wait there
        return "unreadable"
    return None


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _owner_in_sqlite(connection: Connection, path: bytes) -> str | None:
    folder, _, base = path.rpartition(b"/")
    try:
        keys = (base.decode(), f"{folder.decode()}/")
    except UnicodeDecodeError:
        return None
    rows = connection.execute(
        "SELECT blob FROM Packages WHERE hnum IN (SELECT hnum FROM Basenames WHERE key = ?"
        " INTERSECT SELECT hnum FROM Dirnames WHERE key = ?) ORDER BY hnum",
        keys,
    )
    for _ in range(_CANDIDATES):
        row = rows.fetchone()
        if row is None:
            return None
        if isinstance(row[0], bytes) and (name := owner_of(row[0], path)) is not None:
            return name
    return None


def _find_ndb(spellings: dict[bytes, bytes], owners: dict[bytes, str], *, path: str) -> Reason | None:
    missing = dict(spellings)
    for header in _ndb_headers(path):
        for spelling, canonical in list(missing.items()):
            if canonical not in owners and (name := owner_of(header, spelling)) is not None:
                owners[canonical] = name
        missing = {spelling: canonical for spelling, canonical in missing.items() if canonical not in owners}
        if not missing:
            break
    return None


def _ndb_headers(path: str) -> Iterator[bytes]:
    """The headers of an ndb database one after another. Raises Unusable, and OSError EFBIG where they are too large."""
    descriptor = os.open(path, OPEN_FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unusable
        total = 0
        for index, offset, blocks in _ndb_slots(descriptor):
            size = blocks * _NDB_BLOCK
            total += size
            if size > _HEADER_LIMIT or total > _NDB_TOTAL:
                raise OSError(errno.EFBIG, "larger than the limit")
            yield ndb_header(os.pread(descriptor, size, offset * _NDB_BLOCK), index)
    finally:
        os.close(descriptor)


def _ndb_slots(descriptor: int) -> list[tuple[int, int, int]]:
    start = os.pread(descriptor, _NDB_FILE.size, 0)
    if len(start) < _NDB_FILE.size:
        raise Unusable
    magic, version, _generation, pages, _next_index = _NDB_FILE.unpack(start)
    if magic != b"RpmP" or version != 0 or not 0 < pages <= _NDB_PAGES:
        raise Unusable
    return ndb_slots(os.pread(descriptor, pages * _NDB_PAGE, 0)[_NDB_FILE.size :])


def ndb_slots(content: bytes) -> list[tuple[int, int, int]]:
    """The slots in use, as (package index, first block, blocks), in the order of the file. Unusable if one is none."""
    slots = []
    for magic, index, offset, blocks in _NDB_SLOT.iter_unpack(content[: len(content) // 16 * 16]):
        if magic != b"Slot":
            raise Unusable
        if offset:
            slots.append((index, offset, blocks))
    slots.sort(key=lambda slot: slot[1])
    return slots


def ndb_header(blob: bytes, index: int) -> bytes:
    """The rpm header within a blob of ndb, or nothing where the blob is not that of this package index."""
    if len(blob) < _NDB_BLOB.size:
        return b""
    magic, of_index, _generation, size = _NDB_BLOB.unpack_from(blob)
    if magic != b"BlbS" or of_index != index:
        return b""
    return blob[_NDB_BLOB.size : _NDB_BLOB.size + size]
