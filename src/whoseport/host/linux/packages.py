"""Which package owns a file, and what does it say of it? Read from the databases themselves, without running a program.

One front for dpkg, apk and rpm, and for the stores whose paths name the package (snap, nix, guix).
"""

from __future__ import annotations

import os

from whoseport.model import Unseen
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Protocol

    class Find(Protocol):
        """What each format offers: owners by canonical path for the spellings asked, and what could not be read."""

        def __call__(self, spellings: dict[bytes, bytes], *, path: str) -> tuple[dict[bytes, str], list[Unseen]]: ...

    class Tell(Protocol):
        """Version, digest of the file of these spellings, whether digests could be read; None: no such package."""

        def __call__(
            self, package: str, asked: set[bytes], *, path: str
        ) -> tuple[str | None, tuple[str, str] | None, bool] | None: ...


# file-hierarchy(7) has them all below /usr; Arch and newer Fedora put /usr/sbin in /usr/bin as well
_MERGED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr/sbin", "/usr/lib64")
# hier(7), Debian Policy 9.1.2, Fedora's packaging guidelines: what is here belongs to users, or is gone after a boot.
# /usr/local and /opt are searched: vendors' packages do put files there.
_NOT_FOR_PACKAGES = ("/home/", "/root/", "/tmp/", "/var/tmp/", "/run/", "/dev/")
_LONGEST = 4096
_HASH_LENGTH = 32


class PackageLook(Record):
    """What the databases say. A path that is in neither `owners` nor made doubtful by `unseen` belongs to no package.

    `owners` maps a path as asked to the package's name. `unseen` is what could not be looked into, on `path:DATABASE`,
    or on None where this system keeps no database that we can read; it is empty once every path has its owner.
    """

    owners: dict[str, str]
    unseen: tuple[Unseen, ...]


def look(paths: Iterable[str], *, root: str = "/") -> PackageLook:
    """Which package owns each of these absolute paths, all of them in one pass.

    Names are those of dpkg (without the architecture), rpm or apk; `snap:NAME`, `nix:NAME` and `guix:NAME` are read
    from the path alone, whose store is root's. Paths that no database can hold (relative, with a line feed, over
    4096 bytes) and those in folders that packages may not use (homes, /tmp, /run, /dev) have no owner.
    `root` is where these paths begin: "/", or that of another file system.
    """
    root = root.rstrip("/")
    owners: dict[str, str] = {}
    asked: dict[bytes, list[str]] = {}
    aliases = None
    for path in set(paths):
        if (name := named_by_path(path)) is not None:
            owners[path] = name
            continue
        if path.startswith(_NOT_FOR_PACKAGES):
            continue
        raw = path.encode("utf-8", "surrogateescape")
        if raw.startswith(b"/") and b"\n" not in raw and b"\0" not in raw and len(raw) <= _LONGEST:
            aliases = _aliases(root) if aliases is None else aliases
            asked.setdefault(canonical(raw, aliases), []).append(path)
    if not asked or aliases is None:
        return PackageLook(owners=owners, unseen=())
    wanted = {spelling: path for path in asked for spelling in spellings(path, aliases)}
    found, unseen = _in_databases(wanted, root=root)
    for canonical_path, name in found.items():
        owners.update(dict.fromkeys(asked[canonical_path], name))
    return PackageLook(owners=owners, unseen=tuple(unseen))


class Expected(Record):
    """What a package says of itself and of one of its files: `digest` as algorithm (of hashlib) and hexadecimal digits.

    `read` tells that the package's checksums could be read: a file without one is listed without it.
    """

    version: str | None
    digest: tuple[str, str] | None
    read: bool


def expected_of(path: str, package: str, *, root: str = "/") -> Expected:
    """What the package that `look` named says of this file."""
    root = root.rstrip("/")
    raw = path.encode("utf-8", "surrogateescape")
    aliases = _aliases(root)
    asked = set(spellings(canonical(raw, aliases), aliases))
    for database, _find, tell in _readers():
        where = database(root)
        told = None if where is None or ":" in package else tell(package, asked, path=where)
        if told is not None:
            return Expected(version=told[0], digest=told[1], read=told[2])
    return Expected(version=None, digest=None, read=False)


def installed(package: str, *, root: str = "/") -> int | None:
    """When the package was unpacked, in nanoseconds since 1970, as far as its database tells that cheaply (dpkg)."""
    from whoseport.host.linux import dpkg

    path = dpkg.database(root.rstrip("/"))
    return None if path is None else dpkg.installed(package, path=path)


def named_by_path(path: str) -> str | None:
    """The package that the path itself names: `snap:`, `nix:` or `guix:` and the name, None for any other path."""
    for mount in ("/snap/", "/var/lib/snapd/snap/"):
        name, _, rest = path.removeprefix(mount).partition("/")
        if path.startswith(mount) and name and "/" in rest:
            return f"snap:{name}"
    for kind in ("nix", "guix"):
        store = "/gnu/store/" if kind == "guix" else "/nix/store/"
        item, slash, _ = path.removeprefix(store).partition("/")
        if path.startswith(store) and slash and item[_HASH_LENGTH : _HASH_LENGTH + 1] == "-":
            return f"{kind}:{_name_of_item(item[_HASH_LENGTH + 1 :])}"
    return None


def _name_of_item(item: str) -> str:
    """The name before the version, which begins at the first dash that no letter follows (nix: parseDrvName)."""
    at = item.find("-")
    while at >= 0 and item[at + 1 : at + 2].isalpha():
        at = item.find("-", at + 1)
    return item[:at] if at > 0 else item


def canonical(path: bytes, aliases: dict[bytes, bytes]) -> bytes:
    """The path with a merged folder at its beginning replaced by the one that it leads to."""
    for alias, target in aliases.items():
        if path.startswith(alias + b"/"):
            return target + path[len(alias) :]
    return path


def spellings(path: bytes, aliases: dict[bytes, bytes]) -> list[bytes]:
    """Every path under which a database may know a canonical one: packages still name /sbin what is in /usr/sbin."""
    return [path, *(alias + path[len(to) :] for alias, to in aliases.items() if path.startswith(to + b"/"))]


def _aliases(root: str) -> dict[bytes, bytes]:
    """The folders that are links to others on this system -> where they lead in the end."""
    links: dict[str, str] = {}
    for folder in _MERGED:
        try:
            target = os.readlink(root + folder)
        except OSError:
            continue
        links[folder] = os.path.normpath(os.path.join(os.path.dirname(folder), target))
    return {os.fsencode(folder): os.fsencode(links.get(target, target)) for folder, target in links.items()}


def _in_databases(wanted: dict[bytes, bytes], *, root: str) -> tuple[dict[bytes, str], list[Unseen]]:
    """Canonical path -> package, from one database after another until all are found, and what could not be read."""
    found: dict[bytes, str] = {}
    unseen: list[Unseen] = []
    databases = 0
    for database, find, _tell in _readers():
        path = database(root)
        if path is None:
            continue
        databases += 1
        owners, missed = find(wanted, path=path)
        found |= owners
        unseen += missed
        wanted = {spelling: path for spelling, path in wanted.items() if path not in found}
        if not wanted:
            return found, []
    if not databases:
        unseen.append(Unseen(missing="package", reason="not-supported", subject=None))
    return found, unseen


def _readers() -> Iterator[tuple[Callable[[str], str | None], Find, Tell]]:
    """Every format that we can read, each imported when the ones before it left something to find."""
    from whoseport.host.linux import dpkg

    yield dpkg.database, dpkg.find, dpkg.tell

    from whoseport.host.linux import apk

    yield apk.database, apk.find, apk.tell

    from whoseport.host.linux import rpm

    yield rpm.database, rpm.find, rpm.tell
