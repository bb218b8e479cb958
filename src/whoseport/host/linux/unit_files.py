"""What do the unit files of systemd say? A unit with its drop-ins, as the manager would read them.

systemd.unit(5): the unit search path, drop-ins and masks; systemd.syntax(7). What stands in a folder further up hides
what bears the same name below; a link to /dev/null or an empty file masks.
"""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import read_regular
from whoseport.record import Record

SYSTEM_FOLDERS = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
)
USER_FOLDERS = (
    "/etc/xdg/systemd/user",
    "/etc/systemd/user",
    "/run/systemd/user",
    "/usr/local/share/systemd/user",
    "/usr/share/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
)
"""What holds for every user's manager; those in homes belong to one user alone."""

_LARGEST = 1 << 20
_MOST_ENTRIES = 20_000
_MOST_LINES = 20_000
_MOST_LINKS = 8
_TYPES = (".socket", ".service")
_WANTS = (".wants", ".requires", ".upholds")


class Line(Record):
    """One assignment of a unit: where it stands, and its value with continued lines joined."""

    section: bytes
    key: bytes
    value: bytes
    path: str
    number: int
    text: bytes


class UnitFiles:
    """The units of one manager. `root` is put before every folder; the paths told do not have it."""

    def __init__(self, folders: tuple[str, ...] = SYSTEM_FOLDERS, *, root: str = "") -> None:
        self._root = root
        self._places: dict[str, str] = {}
        self._drop_ins: dict[str, list[str]] = {}
        self._wanted: set[str] = set()
        entries = 0
        for folder in folders:
            if folder.startswith("/lib/") and os.path.islink(f"{root}/lib"):
                continue
            try:
                names = os.listdir(root + folder)
            except OSError:
                continue
            for name in names[: _MOST_ENTRIES - entries]:
                if name.endswith(_TYPES):
                    self._places.setdefault(name, folder)
                elif name.endswith(".d"):
                    self._drop_ins.setdefault(name, []).append(folder)
                elif name.endswith(_WANTS):
                    self._want(f"{folder}/{name}")
            entries += len(names)

    def _want(self, folder: str) -> None:
        try:
            self._wanted.update(name for name in os.listdir(self._root + folder) if name.endswith(_TYPES))
        except OSError:
            return

    def names(self, kind: str) -> list[str]:
        """Every unit of this type (`.socket`) that could run: files, and instances that something wants."""
        instances = {name for name in self._wanted if "@" in name}
        return sorted(
            name for name in self._places.keys() | instances if name.endswith(kind) and not _is_template(name)
        )

    def wanted(self, name: str) -> bool:
        """Whether another unit wants or requires it, by a link (systemctl(1), enable)."""
        return name in self._wanted

    def contents(self, name: str) -> list[tuple[str, bytes]]:
        """The unit's file and its drop-ins in the order in which they count, (path, content); none if it is masked.

        An instance without a file of its own has its template's. A link to another name is that other unit's alias.
        """
        for spelling in (name, template_of(name)):
            folder = self._places.get(spelling)
            if folder is not None:
                break
        else:
            return []
        path = f"{folder}/{spelling}"
        target = self._target(path)
        if target is None or (target != path and os.path.basename(target) not in (name, template_of(name))):
            return []
        content = self._read(target)
        if not content:
            return []
        return [(path, content), *self._drop_in_contents(name)]

    def lines(self, name: str) -> list[Line]:
        """Every assignment of the unit and its drop-ins, in the order in which they count."""
        return [line for path, content in self.contents(name) for line in parse(content, path=path)]

    def _drop_in_contents(self, name: str) -> list[tuple[str, bytes]]:
        places: dict[str, str] = {}
        for folder in drop_in_folders(name):
            for above in self._drop_ins.get(folder, ()):
                try:
                    names = os.listdir(f"{self._root}{above}/{folder}")
                except OSError:
                    continue
                for conf in names[:_MOST_ENTRIES]:
                    if conf.endswith(".conf"):
                        places.setdefault(conf, f"{above}/{folder}/{conf}")
        found = []
        for _, path in sorted(places.items()):
            target = self._target(path)
            content = self._read(target) if target is not None else b""
            if content:
                found.append((path, content))
        return found

    def _target(self, path: str) -> str | None:
        """Where the links of a path lead in the end, below the root; None for endless ones.

        That may be /dev/null, which is no regular file, and so read as an empty one.
        """
        for _ in range(_MOST_LINKS):
            try:
                link = os.readlink(self._root + path)
            except (OSError, ValueError):
                return path
            path = os.path.normpath(os.path.join(os.path.dirname(path), link))
        return None

    def _read(self, path: str) -> bytes:
        try:
            return read_regular(self._root + path, limit=_LARGEST)
        except (OSError, ValueError):
            return b""


def parse(content: bytes, *, path: str = "") -> list[Line]:
    r"""The assignments of one file. A backslash continues a line, past comments (systemd.syntax(7)).

    >>> [(line.key, line.value, line.number) for line in parse(b"[Socket]\nListenStream=80\n")]
    [(b'ListenStream', b'80', 2)]
    """
    found = []
    section = b""
    pending = b""
    started = 0
    for number, raw in enumerate(content.split(b"\n")[:_MOST_LINES], 1):
        line = raw.strip()
        if line[:1] in (b"#", b";") or (not line and not pending):
            continue
        if not pending:
            started = number
        if line.endswith(b"\\"):
            pending += line[:-1] + b" "
            if len(pending) > _LARGEST:
                break
            continue
        whole, pending = pending + line, b""
        if whole[:1] == b"[" and whole[-1:] == b"]":
            section = whole[1:-1]
            continue
        key, equals, value = whole.partition(b"=")
        if equals and section:
            found.append(
                Line(section=section, key=key.strip(), value=value.strip(), path=path, number=started, text=whole)
            )
    return found


def _is_template(name: str) -> bool:
    return name.rpartition(".")[0].endswith("@")


def template_of(name: str) -> str:
    """`getty@tty1.service` -> `getty@.service`; a name without an instance is its own."""
    stem, dot, kind = name.rpartition(".")
    before, at, _instance = stem.partition("@")
    return f"{before}@{dot}{kind}" if at else name


def drop_in_folders(name: str) -> list[str]:
    """The folders of drop-ins for a unit, those that count most first.

    >>> drop_in_folders("a-b@1.socket")
    ['a-b@1.socket.d', 'a-b@.socket.d', 'a-.socket.d', 'socket.d']
    """
    stem, _, kind = name.rpartition(".")
    folders = [f"{name}.d", f"{template_of(name)}.d"]
    prefix = stem.partition("@")[0].rstrip("-")
    while "-" in prefix:
        prefix = prefix.rpartition("-")[0]
        folders.append(f"{prefix}-.{kind}.d")
    folders.append(f"{kind}.d")
    return list(dict.fromkeys(folders))


def truth(value: bytes) -> bool:
    """A boolean of systemd.syntax(7)."""
    return value.lower() in (b"1", b"yes", b"y", b"true", b"t", b"on")
