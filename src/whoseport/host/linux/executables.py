"""What kind of file is it that runs? Read through /proc/PID/exe, so also where its name is gone or leads elsewhere.

One process stands for all that run the same file by the same path.
"""

from __future__ import annotations

import os
import stat
import time

from whoseport.host.linux import capabilities
from whoseport.host.linux.bounded import start_or_nothing
from whoseport.host.linux.cgroups import unescaped
from whoseport.model import ExecutableFile

LARGEST_TO_DIGEST = 1 << 30
_CHUNK = 1 << 20
_MOST_FOLDERS = 64
_MOUNTINFO_LIMIT = 16 << 20
_EVERYBODY = stat.S_IWOTH


class Executables:
    """Describes files that run. `proc` is where their processes are."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self._mounts: dict[int, str] | None = None
        self._devices: dict[int, str] = {}

    def describe(
        self, pid: int, path: bytes, identity: tuple[int, int]
    ) -> tuple[ExecutableFile, os.stat_result] | None:
        """The file that a process runs, and its raw status; None if it is not (any more) the one of this identity.

        `path` is the executable's, as the process sees it; `identity` its device and inode number.
        """
        link = f"{self._proc}/{pid}/exe"
        try:
            status = os.stat(link)
        except OSError:
            return None
        if (status.st_dev, status.st_ino) != identity:
            return None
        try:
            attribute = os.getxattr(link, capabilities.OF_A_FILE)
        except OSError:
            attribute = b""
        described = ExecutableFile(
            uid=status.st_uid,
            gid=status.st_gid,
            mode=stat.S_IMODE(status.st_mode),
            size=status.st_size,
            modified=moment(status.st_mtime),
            changed=moment(status.st_ctime),
            links=status.st_nlink,
            capabilities=capabilities.of_file(attribute),
            filesystem=self._filesystem(link, status.st_dev),
            open_to_all=_open_to_all(self._root_of(pid, path, identity), path, status.st_mode),
        )
        return described, status

    def _root_of(self, pid: int, path: bytes, identity: tuple[int, int]) -> bytes:
        """Where this path begins: at the root of the process, or at ours, as is told of a mere chroot(2)."""
        root = f"{self._proc}/{pid}/root".encode()
        for candidate in (root, b""):
            try:
                found = os.lstat(candidate + path)
            except (OSError, ValueError):
                continue
            if (found.st_dev, found.st_ino) == identity:
                return candidate
        return root

    def _filesystem(self, link: str, device: int) -> str | None:
        """The type of the file system, by the device's number; by that of the mount where a device has no such line.

        btrfs gives each subvolume a device number of its own, which no mount bears.
        """
        if self._mounts is None:
            self._mounts, self._devices = mounts(
                start_or_nothing(f"{self._proc}/self/mountinfo", limit=_MOUNTINFO_LIMIT)
            )
        return self._devices.get(device) or self._mounts.get(_mount_of(link, self._proc))


def moment(seconds: float) -> str:
    """UTC, ISO 8601; of a time that no calendar holds, the first second of 1970."""
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds)))
    except (OverflowError, OSError, ValueError):
        return "1970-01-01T00:00:00Z"


def mounts(mountinfo: bytes) -> tuple[dict[int, str], dict[int, str]]:
    """Types of file systems, by the mounts' numbers and by their devices' (proc_pid_mountinfo(5)).

    >>> mounts(b"36 35 98:0 / /mnt rw master:1 - ext3 /dev/root rw")[0]
    {36: 'ext3'}
    """
    by_mount: dict[int, str] = {}
    by_device: dict[int, str] = {}
    for line in mountinfo.split(b"\n"):
        before, separator, after = line.partition(b" - ")
        fields = before.split(b" ", 3)
        if not separator or len(fields) < 4 or not fields[0].isdigit() or len(fields[0]) > 10:
            continue
        kind = unescaped(after.partition(b" ")[0])[:64].decode("utf-8", "backslashreplace")
        by_mount[int(fields[0])] = kind
        major, _, minor = fields[2].partition(b":")
        if major.isdigit() and minor.isdigit() and len(fields[2]) < 20:
            by_device[os.makedev(int(major), int(minor))] = kind
    return by_mount, by_device


def digest(pid: int, identity: tuple[int, int], *algorithms: str, proc: str = "/proc") -> dict[str, str] | None:
    """Hexadecimal digests of the file that a process runs; None where it cannot be read whole, or is another by now."""
    import hashlib

    try:
        descriptor = os.open(f"{proc}/{pid}/exe", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != identity or status.st_size > LARGEST_TO_DIGEST:
            return None
        made = [hashlib.new(algorithm, usedforsecurity=False) for algorithm in algorithms]
        total = 0
        while piece := os.read(descriptor, _CHUNK):
            total += len(piece)
            if total > LARGEST_TO_DIGEST:
                return None
            for one in made:
                one.update(piece)
    except (OSError, ValueError):  # ValueError: an algorithm that this interpreter was built without
        return None
    finally:
        os.close(descriptor)
    return {algorithm: one.hexdigest() for algorithm, one in zip(algorithms, made, strict=True)}


def _open_to_all(root: bytes, path: bytes, mode: int) -> str | None:
    """The first folder on the way, or else the file, that everybody may write; a sticky bit protects what is inside."""
    folder = b""
    for part in path.split(b"/")[:-1][:_MOST_FOLDERS]:
        folder = folder + b"/" + part if part else folder
        try:
            found = os.lstat(root + (folder or b"/")).st_mode
        except (OSError, ValueError):
            break
        if found & _EVERYBODY and stat.S_ISDIR(found) and not found & stat.S_ISVTX:
            return (folder or b"/").decode("utf-8", "backslashreplace")
    return path.decode("utf-8", "backslashreplace") if mode & _EVERYBODY else None


def _mount_of(link: str, proc: str) -> int:
    """The number of the mount that a file was reached by (proc_pid_fdinfo(5)); 0 where it is not told."""
    try:
        descriptor = os.open(link, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        content = start_or_nothing(f"{proc}/self/fdinfo/{descriptor}", limit=4096)
    finally:
        os.close(descriptor)
    for line in content.split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"mnt_id" and value.strip().isdigit():
            return int(value)
    return 0
