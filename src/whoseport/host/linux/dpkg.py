"""Which dpkg package owns a file, and what does it say of it? Read from the lists that dpkg keeps, one per package.

`/var/lib/dpkg/info/PACKAGE.list` or `PACKAGE:ARCHITECTURE.list`: one absolute path a line (dpkg-query(1), FILES; dpkg's
lib/dpkg/db-fsys-files.c read them). `/var/lib/dpkg/diversions`: three lines for each diversion, the path,
where the others' file went, and the package that diverts or `:` for the administrator (dpkg-divert(1)).

`/var/lib/dpkg/info/PACKAGE.md5sums`: the digest, two spaces, and the path without its first slash (deb-md5sums(5)).
`/var/lib/dpkg/status`: paragraphs of fields (deb-control(5)).

There is no index, so a file that no package owns costs the reading of every list. Lists whose name resembles the path
come first, and the search ends with the last path found.
"""

from __future__ import annotations

import errno
import os
import stat

from whoseport.host.linux.bounded import OPEN_FLAGS, read_regular, reason_of
from whoseport.model import Unseen

FOLDER = "var/lib/dpkg"
_LIST_LIMIT = 64 << 20
_DIVERSIONS_LIMIT = 4 << 20
_STATUS_LIMIT = 64 << 20
_MD5_LENGTH = 32
_BUFFER = 256 << 10
_LINE_FEED = 10
# beyond this many paths, one set of them against all lines is faster than a search for each
_FEW = 4
_NO_TOKENS = frozenset(
    {"usr", "bin", "sbin", "lib", "lib64", "libexec", "opt", "local", "share", "x86", "linux", "gnu"}
)


class Rule:
    """One path to look for in the lists: for which file it stands, and whose lists count."""

    __slots__ = ("canonical", "never", "only")

    def __init__(self, canonical: bytes, *, only: bytes | None = None, never: bytes | None = None) -> None:
        self.canonical = canonical
        self.only = only
        self.never = never


def database(root: str) -> str | None:
    """The folder that dpkg keeps its database in, None where there is none."""
    path = f"{root}/{FOLDER}"
    return path if os.path.isdir(f"{path}/info") else None


def find(spellings: dict[bytes, bytes], *, path: str) -> tuple[dict[bytes, str], list[Unseen]]:
    """The owner of each file: canonical path -> package name, without the architecture. `path`: see `database`.

    `spellings` maps every path under which a list may name a file to the file's canonical path; neither may hold a
    line feed. Lists that could not be read are told as `Unseen`, `path:LIST`; the others still count.
    """
    folder = f"{path}/info"
    try:
        rules = wanted(spellings, diversions=_diversions(f"{path}/diversions"))
        names = [name[:-5] for name in os.listdir(os.fsencode(folder)) if name.endswith(b".list")]
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        return {}, [Unseen(missing="package", reason=reason_of(error), subject=f"path:{path}")]
    try:
        return _search(order(names, set(spellings.values())), rules, folder=folder, descriptor=descriptor)
    finally:
        os.close(descriptor)


def tell(package: str, asked: set[bytes], *, path: str) -> tuple[str | None, tuple[str, str] | None, bool] | None:
    """Version of a package, digest of the file that bears one of the asked spellings, whether there are digests at all.

    None where the package is not installed. `path`: see `database`.
    """
    name = package.encode("utf-8", "backslashreplace")
    try:
        version = version_of(read_regular(f"{path}/status", limit=_STATUS_LIMIT), name)
    except OSError:
        version = None
    found = None
    read = False
    for file in _files_of(package, ".md5sums", path=path):
        try:
            digests = md5sums(read_regular(file, limit=_LIST_LIMIT), asked)
        except OSError:
            continue
        read = True
        found = found or digests
    if version is None and not read:
        return None
    return version, None if found is None else ("md5", found), read


def installed(package: str, *, path: str) -> int | None:
    """When the package was last unpacked, in nanoseconds since 1970: its list is put in place after its files."""
    found = None
    for file in _files_of(package, ".list", path=path):
        try:
            found = max(found or 0, os.stat(file).st_ctime_ns)
        except OSError:
            continue
    return found


def md5sums(content: bytes, asked: set[bytes]) -> str | None:
    """The digest in a list of md5sums of the first of the asked absolute paths; None where it has none that is one.

    >>> md5sums(b"d41d8cd98f00b204e9800998ecf8427e  usr/bin/true\\n", {b"/usr/bin/true"})
    'd41d8cd98f00b204e9800998ecf8427e'
    """
    for path in sorted(asked):
        at = content.find(b"  " + path[1:] + b"\n")
        digest = content[max(at - _MD5_LENGTH, 0) : at] if at >= 0 else b""
        alone = at == _MD5_LENGTH or content[at - _MD5_LENGTH - 1 : at - _MD5_LENGTH] == b"\n"
        if len(digest) == _MD5_LENGTH and alone and not digest.strip(b"0123456789abcdef"):
            return digest.decode()
    return None


def version_of(status: bytes, package: bytes) -> str | None:
    """The version of an installed package in dpkg's status file; the first where there are several architectures."""
    for paragraph in (b"\n\n" + status).split(b"\n\nPackage: " + package + b"\n")[1:]:
        for line in paragraph.partition(b"\n\n")[0].split(b"\n"):
            if line.startswith(b"Version: "):
                return line[9:265].strip().decode("utf-8", "backslashreplace")
    return None


def _files_of(package: str, ending: str, *, path: str) -> list[str]:
    """The package's file of this kind; one for each architecture where several may be installed beside each other."""
    alone = f"{path}/info/{package}{ending}"
    if "/" in package or os.path.exists(alone):
        return [] if "/" in package else [alone]
    try:
        names = os.listdir(f"{path}/info")
    except OSError:
        return []
    return [f"{path}/info/{name}" for name in names if name.startswith(f"{package}:") and name.endswith(ending)]


def _diversions(path: str) -> list[tuple[bytes, bytes, bytes]]:
    try:
        return diversions(read_regular(path, limit=_DIVERSIONS_LIMIT))
    except FileNotFoundError:
        return []


def diversions(content: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """The diversions as (path, where the others' file went, package or `:`); an unfinished last one is left out."""
    lines = iter(content.split(b"\n"))
    return list(zip(lines, lines, lines, strict=False))


def wanted(spellings: dict[bytes, bytes], *, diversions: list[tuple[bytes, bytes, bytes]]) -> dict[bytes, list[Rule]]:
    """What to look for: path as a list has it -> rules.

    A diverted path belongs to the package that diverts it, and to nobody if that is the administrator; where the
    others' file went, the file is listed under the path it came from.
    """
    rules: dict[bytes, list[Rule]] = {}
    diverted_by = {}
    for path, target, package in diversions:
        diverted_by[path] = package
        if target in spellings:
            rules.setdefault(path, []).append(Rule(spellings[target], never=package))
    for path, canonical in spellings.items():
        # no package is called `:`
        rules.setdefault(path, []).append(Rule(canonical, only=diverted_by.get(path)))
    return rules


def order(names: list[bytes], paths: set[bytes]) -> list[bytes]:
    """The package names, those that resemble a part of one of the paths first, the best resemblance foremost."""
    tokens = {token for path in paths for token in _tokens(path)}
    if not tokens or len(tokens) > 64:
        return names
    ranked = []
    rest = []
    for name in names:
        score = sum([len(token) for token in tokens if token in name])
        if score:
            ranked.append((-score / len(name), name))
        else:
            rest.append(name)
    ranked.sort()
    return [name for _, name in ranked] + rest


def _tokens(path: bytes) -> set[bytes]:
    """Words of a path that a package's name may hold: of /usr/sbin/sshd these are `sshd` and `ssh`."""
    found = set()
    for part in path[:4096].lower().split(b"/")[-4:]:
        for word in (part, *part.replace(b"_", b"-").replace(b".", b"-").split(b"-")):
            text = word.decode("latin-1")
            if len(text) > 2 and text not in _NO_TOKENS:
                found.add(word)
                found.add(word.rstrip(b"0123456789.") or word)
                if text[-1] == "d" and len(text) > 3:
                    found.add(word[:-1])
    return found


def _search(
    names: list[bytes], rules: dict[bytes, list[Rule]], *, folder: str, descriptor: int
) -> tuple[dict[bytes, str], list[Unseen]]:
    owners: dict[bytes, str] = {}
    unseen = []
    missing = {rule.canonical for of_path in rules.values() for rule in of_path}
    lines = Lines(list(rules))
    for name in names:
        try:
            hits = lines.found_in(name + b".list", folder=descriptor)
        except OSError as error:
            shown = f"path:{folder}/{name.decode('utf-8', 'backslashreplace')}.list"
            unseen.append(Unseen(missing="package", reason=reason_of(error), subject=shown))
            continue
        if not hits:
            continue
        package = name.partition(b":")[0]
        for path in hits:
            for rule in rules[path]:
                if (rule.only is None or rule.only == package) and rule.never != package and rule.canonical in missing:
                    owners[rule.canonical] = package.decode("utf-8", "backslashreplace")
                    missing.discard(rule.canonical)
        if not missing:
            break
    return owners, unseen


class Lines:
    """Looks for whole lines in one file after another, each read once through the same memory."""

    def __init__(self, wanted: list[bytes], *, size: int = _BUFFER) -> None:
        self._wanted = frozenset(wanted)
        self._needles = [(b"\n" + line + b"\n", line) for line in wanted] if len(wanted) <= _FEW else None
        self._buffer = bytearray(size)
        self._buffer[0] = _LINE_FEED
        self._view = memoryview(self._buffer)

    def found_in(self, name: bytes, *, folder: int) -> set[bytes]:
        """The wanted lines that a file of an open folder holds. OSError as for bounded.read_regular."""
        descriptor = os.open(name, OPEN_FLAGS | os.O_NOFOLLOW, dir_fd=folder)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            return self._read(descriptor)
        finally:
            os.close(descriptor)

    def _read(self, descriptor: int) -> set[bytes]:
        found: set[bytes] = set()
        buffer = self._buffer
        total = 0
        start = 1
        while size := os.readv(descriptor, [self._view[start:-1]]):
            total += size
            if total > _LIST_LIMIT:
                raise OSError(errno.EFBIG, "larger than the limit")
            end = start + size
            if end < len(buffer) - 1:
                # a short read of a regular file is its end
                start = end
                break
            # what follows the last line feed begins a line that goes on; one that never ends is no path
            finished = buffer.rfind(b"\n", 0, end) + 1
            found |= self._search(finished)
            tail = bytes(self._view[finished:end])
            start = 1 + (len(tail) if finished > 1 else 0)
            buffer[1:start] = tail[: start - 1]
        buffer[start] = _LINE_FEED
        return found | self._search(start + 1)

    def _search(self, end: int) -> set[bytes]:
        """The wanted lines in buffer[1:end], which ends in a line feed."""
        if self._needles is None:
            return set(self._wanted.intersection(bytes(self._view[1:end]).split(b"\n")))
        buffer = self._buffer
        return {line for needle, line in self._needles if buffer.find(needle, 0, end) >= 0}
