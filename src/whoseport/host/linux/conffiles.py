"""Which package does a configuration file belong to? dpkg's lists of conffiles, and ucf's registry.

`/var/lib/dpkg/info/PACKAGE.conffiles` (deb-conffiles(5)) are far smaller than the lists of all files; ucf(1) keeps
files that packages write when they are set up: `PACKAGE PATH` a line in /var/lib/ucf/registry. Elsewhere the databases
of packages.py tell.
"""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import read_regular
from whoseport.host.linux.dpkg import database, order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST = 4 << 20
_SUFFIX = b".conffiles"


def find(paths: Iterable[str], *, root: str = "") -> dict[str, str]:
    """The package of each of these files of /etc, as far as one is known."""
    wanted = {path.encode("utf-8", "surrogateescape"): path for path in paths}
    if not wanted:
        return {}
    folder = database(root)
    if folder is None:
        from whoseport.host.linux.packages import look

        return look(wanted.values(), root=root or "/").owners
    found = {
        wanted[path]: package.decode("utf-8", "backslashreplace")
        for path, package in parse_registry(_content(f"{root}/var/lib/ucf/registry")).items()
        if path in wanted
    }
    left = {path for path, shown in wanted.items() if shown not in found}
    if not left:
        return found
    try:
        names = os.listdir(os.fsencode(f"{folder}/info"))
    except OSError:
        return found
    packages = [name[: -len(_SUFFIX)] for name in names if name.endswith(_SUFFIX)]
    for package in order(packages, left):
        content = _content(f"{folder}/info/{os.fsdecode(package + _SUFFIX)}")
        for path in left & parse(content):
            found[wanted[path]] = package.partition(b":")[0].decode("utf-8", "backslashreplace")
            left.discard(path)
        if not left:
            break
    return found


def parse(content: bytes) -> set[bytes]:
    """The paths of a list of conffiles; before one may stand a flag (`remove-on-upgrade`)."""
    return {line[line.find(b"/") :] for line in content.split(b"\n") if b"/" in line}


def parse_registry(content: bytes) -> dict[bytes, bytes]:
    """ucf's registry: path -> package.

    >>> parse_registry(b"postgresql-common /etc/postgresql-common/createcluster.conf\\n")
    {b'/etc/postgresql-common/createcluster.conf': b'postgresql-common'}
    """
    found = {}
    for line in content.split(b"\n"):
        words = line.split(None, 1)
        if len(words) == 2 and words[1][:1] == b"/":
            found[words[1].rstrip()] = words[0]
    return found


def _content(path: str) -> bytes:
    try:
        return read_regular(path, limit=_LARGEST)
    except (OSError, ValueError):
        return b""
