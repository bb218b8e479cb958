"""What is known of each owner? The place where its details meet its files, its package, its project, its relatives.

What many owners have in common is looked at once. One port asked for alone gets more than a list: the checksum of the
package, its version, every dependency of the project, and executable memory in any case.
"""

from __future__ import annotations

import os

from whoseport.host.linux.executables import Executables, digest
from whoseport.host.linux.named_files import read_files
from whoseport.host.linux.projects import Projects
from whoseport.host.linux.relatives import Relatives
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.host.linux.owners import Holders
    from whoseport.host.linux.processes import Details, Processes
    from whoseport.model import Checksum, Container, ExecutableFile, Library, NamedFile, Process, Project, Unseen

    Key = tuple[tuple[int, int] | None, bytes]
    """An executable: device and inode number, and its path."""

MOST_MAPS = 64
"""Processes of a list whose memory is looked through: it takes longer than all the rest of their details."""
_MOST_OF_ONE = 2
_ODD_FOLDERS = (b"/tmp/", b"/var/tmp/", b"/dev/shm/", b"/run/")
_MOST_DIGESTED = 32 << 20
"""Bytes of executables of a list that are compared with their packages."""
_PACKAGED = (
    "/usr/",
    "/bin/",
    "/sbin/",
    "/lib/",
    "/lib32/",
    "/lib64/",
    "/libx32/",
    "/etc/",
    "/opt/",
    "/srv/",
    "/var/",
    "/nix/",
    "/gnu/",
    "/snap/",
)
"""Where a file that an argument names may belong to a package: to ask for others would mean to search all of them."""
_PRELOADS = frozenset((b"LD_PRELOAD", b"LD_AUDIT"))


class _Executable(Record):
    """`ours`: its path is one of this very system, so that a package of this system may own it."""

    pid: int
    path: str
    state: str
    ours: bool
    file: ExecutableFile | None
    changed: int


def describe_owners(
    holders: Holders, processes: Processes, *, one_port: bool, deep: bool, proc: str, root: str
) -> tuple[dict[int, Process], tuple[Unseen, ...]]:
    """The owners by pid, and what the packages' databases would not tell. `deep`: with checksums of our own."""
    everyone = [holders.details[pid] for pid in sorted(holders.details)]
    for details in everyone:
        processes.note(details)
    boxes = {details[9]: processes.group(details[9])[2] for details in everyone}
    executables = _executables(everyone, boxes, proc=proc, root=root)
    files = _Files(proc)
    named = {details[0]: files.of(details) for details in everyone}

    paths = {executable.path for executable in executables.values() if executable.ours}
    paths |= {
        file.path
        for details in everyone
        if boxes[details[9]] is None
        for file in named[details[0]] or ()
        if file.state == "present" and file.path.startswith(_PACKAGED)
    }
    packages = None
    if paths:
        from whoseport.host.linux.packages import look as look_for_packages

        packages = look_for_packages(paths, root=root or "/")
    owned = {} if packages is None else packages.owners
    described = _Packaged(executables, owned, one_port=one_port, deep=deep, proc=proc, root=root)
    projects = _Projects(one_port=one_port, proc=proc, root=root)
    relatives = Relatives(
        processes.names, processes.one, own_streams={details[0]: details[10][3] for details in everyone}, proc=proc
    )
    maps = _maps(everyone, executables, owned, all_of_them=one_port, proc=proc)
    owners = {}
    for details in everyone:
        pid = details[0]
        box = boxes[details[9]]
        package, version, file = described.of(_key(details))
        owners[pid] = processes.describe(
            details,
            package=package,
            package_version=version,
            executable_file=file,
            files=_with_packages(named[pid], owned) if box is None else named[pid],
            libraries=maps.get(pid),
            project=projects.of(details) if box is None else None,
            related=relatives.of(details),
        )
    return owners, () if packages is None else packages.unseen


def _key(details: Details) -> Key:
    return details[10][8], details[4] or b""


def _executables(
    everyone: list[Details], boxes: dict[bytes, Container | None], *, proc: str, root: str
) -> dict[Key, _Executable]:
    """The files that run, each described through the first process that still lets us."""
    describing = Executables(proc)
    found: dict[Key, _Executable] = {}
    for details in everyone:
        key = _key(details)
        identity, raw = key
        if not raw or identity is None or key in found:
            continue
        seen = describing.describe(details[0], raw, identity)
        if seen is None:
            continue  # it has ended; another may stand for it
        state = details[5]
        ours = boxes[details[9]] is None and state != "memory"
        if ours and state != "replaced":  # the old file of that has no name any more to compare
            try:
                status = os.stat(root.encode() + raw)
                ours = (status.st_dev, status.st_ino) == identity or (
                    state == "present" and _shares_root(details[0], proc=proc, root=root)
                )
            except (OSError, ValueError):
                ours = False
        found[key] = _Executable(
            pid=details[0],
            path=raw.decode("utf-8", "backslashreplace"),
            state=state,
            ours=ours,
            file=seen[0],
            changed=seen[1].st_ctime_ns,
        )
    return found


def _shares_root(pid: int, *, proc: str, root: str) -> bool:
    """Whether a process has our root folder: then another file at a path of ours was mounted over it, for it alone."""
    try:
        theirs, ours = os.stat(f"{proc}/{pid}/root"), os.stat(root or "/")
    except OSError:
        return False
    return (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)


class _Files:
    """The files that command lines name; one process stands for all of the same command, folder and cgroup."""

    def __init__(self, proc: str) -> None:
        self._proc = proc
        self._known: dict[tuple[bytes | None, bytes | None, bytes], tuple[NamedFile, ...] | None] = {}

    def of(self, details: Details) -> tuple[NamedFile, ...] | None:
        key = details[6], details[8], details[9]
        if key not in self._known:
            self._known[key] = read_files(details[0], command=details[6], working_directory=details[8], proc=self._proc)
        return self._known[key]


def _with_packages(files: tuple[NamedFile, ...] | None, owned: dict[str, str]) -> tuple[NamedFile, ...] | None:
    if not files or not any(file.path in owned for file in files):
        return files
    return tuple([file.replace(package=owned.get(file.path)) for file in files])


class _Projects:
    """Projects of processes of the machine itself, as far as their folder is the one of that path here."""

    def __init__(self, *, one_port: bool, proc: str, root: str) -> None:
        self._projects = Projects(whole=one_port, root=root)
        self._proc = proc
        self._root = root
        self._known: dict[bytes, Project | None] = {}

    def of(self, details: Details) -> Project | None:
        folder = details[8]
        if folder is None:
            return None
        if folder not in self._known:
            self._known[folder] = self._find(details[0], folder)
        return self._known[folder]

    def _find(self, pid: int, folder: bytes) -> Project | None:
        try:
            theirs = os.stat(f"{self._proc}/{pid}/cwd")
            here = os.stat(self._root.encode() + folder)
        except (OSError, ValueError):
            return None
        if (theirs.st_dev, theirs.st_ino) != (here.st_dev, here.st_ino):
            return None
        return self._projects.of(os.fsdecode(folder))


class _Packaged:
    """Package, its version, and the file of each executable, compared with the package's checksum where that is due.

    In a list that is where the file was changed after its package was installed; for one port, always.
    """

    def __init__(
        self,
        executables: dict[Key, _Executable],
        owned: dict[str, str],
        *,
        one_port: bool,
        deep: bool,
        proc: str,
        root: str,
    ) -> None:
        self._executables = executables
        self._owned = owned
        self._one_port = one_port
        self._deep = deep
        self._proc = proc
        self._root = root
        self._left = _MOST_DIGESTED
        self._known: dict[Key, tuple[str | None, str | None, ExecutableFile | None]] = {}

    def of(self, key: Key) -> tuple[str | None, str | None, ExecutableFile | None]:
        if key not in self._known:
            executable = self._executables.get(key)
            self._known[key] = (None, None, None) if executable is None else self._find(key, executable)
        return self._known[key]

    def _find(self, key: Key, executable: _Executable) -> tuple[str | None, str | None, ExecutableFile | None]:
        package = self._owned.get(executable.path) if executable.ours else None
        version = None
        checksum: Checksum | None = None
        algorithms = ["sha256"] if self._deep else []
        expected = None
        if package is not None:
            from whoseport.host.linux.packages import expected_of, installed

            same = executable.state == "present"
            if self._one_port:
                told = expected_of(executable.path, package, root=self._root or "/")
                version = told.version
                expected = told.digest if same else None
                if same and told.read and expected is None:
                    checksum = "unlisted"
            elif same and self._affordable(executable):
                since = installed(package, root=self._root or "/")
                if since is not None and executable.changed > since:
                    expected = expected_of(executable.path, package, root=self._root or "/").digest
                    self._left -= executable.file.size if executable.file is not None and expected else 0
        if expected is not None:
            algorithms.append(expected[0])
        digests = digest(executable.pid, key[0], *algorithms, proc=self._proc) if algorithms and key[0] else None
        file = executable.file
        if file is not None and digests is not None:
            if expected is not None:
                checksum = "intact" if digests[expected[0]] == expected[1] else "changed"
            file = file.replace(sha256=digests.get("sha256") if self._deep else None)
        if file is not None and checksum is not None:
            file = file.replace(checksum=checksum)
        return package, version, file

    def _affordable(self, executable: _Executable) -> bool:
        return executable.file is not None and executable.file.size <= self._left


def _maps(
    everyone: list[Details],
    executables: dict[Key, _Executable],
    owned: dict[str, str],
    *,
    all_of_them: bool,
    proc: str,
) -> dict[int, tuple[Library, ...] | None]:
    """What stands out in their memory; in a crowd that of some alone, and no key for the others.

    Of a crowd these are first the ones whose executable or environment is odd, then two of each that no package owns,
    then two of each other one.
    """
    chosen = everyone
    if not all_of_them and len(everyone) > MOST_MAPS:
        odd: list[Details] = []
        others: list[Details] = []
        packaged: list[Details] = []
        taken: dict[Key, int] = {}
        for details in everyone:
            path = details[4] or b""
            preloads = any(name in _PRELOADS for name, _value in details[10][6] or ())
            if preloads or details[5] != "present" or path.startswith(_ODD_FOLDERS):
                odd.append(details)
            else:
                key = _key(details)
                taken[key] = taken.get(key, 0) + 1
                if taken[key] <= _MOST_OF_ONE:
                    executable = executables.get(key)
                    owned_one = executable is not None and executable.path in owned
                    (packaged if owned_one else others).append(details)
        chosen = (odd + others + packaged)[:MOST_MAPS]
    from whoseport.host.linux.libraries import read_libraries

    return {details[0]: read_libraries(details[0], executable=details[4], proc=proc) for details in chosen}
