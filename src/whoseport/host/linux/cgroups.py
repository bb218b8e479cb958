"""Which control group is it, and which unit does it stand for?

The kernel names the cgroup of a socket by id (inet_diag, INET_DIAG_CGROUP_ID): the inode number of the directory in the
cgroup2 file system (cgroups(7)). The path tells systemd's unit and slice (systemd.unit(5), systemd.slice(5)).
"""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import start_or_nothing

ROOT_ID = 1
_MOST_DIRECTORIES = 50_000
_LARGEST = 1 << 20
_UNITS = (".service", ".scope", ".socket", ".mount", ".swap")


class Cgroups:
    """The cgroup2 hierarchy of this machine; `mount` None where none is mounted."""

    def __init__(self, proc: str = "/proc") -> None:
        self.mount = hierarchy(start_or_nothing(f"{proc}/self/mountinfo", limit=_LARGEST))
        self._paths: dict[int, str | None] = {ROOT_ID: "/"}

    def learn(self, path: str) -> None:
        """Note the id of a path that is known already: that saves the search for it."""
        if self.mount is not None and path not in self._paths.values():
            try:
                self._paths.setdefault(os.stat(f"{self.mount}{path}").st_ino, path)
            except (OSError, ValueError):
                return

    def resolve(self, ids: set[int]) -> None:
        """Find the paths of all these ids in one search, which ends as soon as the last one is found."""
        wanted = ids - self._paths.keys()
        if wanted and self.mount is not None:
            self._search(wanted)
        for missing in wanted - self._paths.keys():
            self._paths[missing] = None

    def path(self, cgroup_id: int | None) -> str | None:
        """The path below the mount, "/" for the root; None where it is unknown or was removed since."""
        if cgroup_id is None:
            return None
        if cgroup_id not in self._paths:
            self.resolve({cgroup_id})
        return self._paths[cgroup_id]

    def processes(self, path: str) -> tuple[int, ...]:
        """Pids in this very cgroup, as far as they are in our pid namespace (elsewhere the kernel writes 0)."""
        if self.mount is None:
            return ()
        try:
            content = start_or_nothing(f"{self.mount}{path}/cgroup.procs", limit=_LARGEST)
        except ValueError:
            return ()
        return tuple(sorted({int(pid) for pid in content.split() if pid.isdigit() and len(pid) < 11} - {0}))

    def _search(self, wanted: set[int]) -> None:
        waiting = [""]
        visited = 0
        while waiting and visited < _MOST_DIRECTORIES:
            path = waiting.pop()
            visited += 1
            try:
                with os.scandir(f"{self.mount}{path}") as entries:
                    below = [(entry.inode(), entry.name) for entry in entries if entry.is_dir(follow_symlinks=False)]
            except OSError:
                continue
            for inode, name in below:
                waiting.append(f"{path}/{name}")
                if inode in wanted:
                    self._paths[inode] = f"{path}/{name}"
                    wanted = wanted - {inode}
                    if not wanted:
                        return


def hierarchy(mountinfo: bytes) -> str | None:
    """Where cgroup2 is mounted (proc_pid_mountinfo(5)); with v1 beside it, that may be /sys/fs/cgroup/unified.

    >>> hierarchy(b"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw")
    '/sys/fs/cgroup/unified'
    """
    for line in mountinfo.split(b"\n"):
        before, separator, after = line.partition(b" - ")
        fields = before.split(b" ")
        if separator and after.startswith(b"cgroup2 ") and len(fields) > 5:
            return unescaped(fields[4]).decode("utf-8", "surrogateescape")
    return None


def paths_of_process(content: bytes) -> tuple[str, ...]:
    """Paths of a process in its hierarchies, from /proc/PID/cgroup (cgroups(7)), best first, the root left out.

    The unified hierarchy tells most, then systemd's own of v1, then the others, where old container runtimes live.

    >>> paths_of_process(b"2:memory:/docker/4f\\n1:name=systemd:/\\n0::/system.slice/ssh.service\\n")
    ('/system.slice/ssh.service', '/docker/4f')
    """
    unified: list[str] = []
    systemd: list[str] = []
    others: list[str] = []
    for line in content.split(b"\n"):
        fields = line.split(b":", 2)
        if len(fields) == 3 and fields[2] not in (b"", b"/"):
            kind = unified if fields[0] == b"0" else systemd if fields[1] == b"name=systemd" else others
            # a process that holds on to a removed cgroup
            kind.append(fields[2].removesuffix(b" (deleted)").decode("utf-8", "backslashreplace"))
    return tuple(dict.fromkeys(unified + systemd + others))


def unit_of(path: str) -> tuple[str | None, str | None]:
    """The unit that a cgroup path stands for, and the slice that holds it.

    The first unit below the slices is the manager's own idea of it: what a unit makes below itself (a container with
    a systemd inside) is its own business. Only the user managers' units are looked into, as `systemctl --user` does.

    >>> unit_of("/system.slice/system-postgresql.slice/postgresql@16-main.service")
    ('postgresql@16-main.service', 'system-postgresql.slice')
    >>> unit_of("/user.slice/user-1000.slice/user@1000.service/app.slice/vite.service")
    ('vite.service', 'app.slice')
    """
    unit = holder = None
    for component in path.split("/"):
        name = component.removeprefix("_")  # systemd puts it before names that collide with the kernel's own files
        if name.endswith(".slice"):
            holder = name
        elif name.endswith(_UNITS):
            if unit is not None and name == "init.scope":
                return unit, holder  # the user's manager itself
            unit = name
            if not (name.startswith("user@") and name.endswith(".service")):
                return unit, holder
        elif name and unit is None and name != "..":
            return None, holder
    return unit, holder


def unescaped(field: bytes) -> bytes:
    r"""A path of mountinfo, where space, tab, newline and backslash stand as `\040` and so on (fs/proc_namespace.c)."""
    parts = field.split(b"\\")
    made = parts[0]
    for part in parts[1:]:
        octal = part[:3]
        if len(octal) == 3 and all(48 <= digit <= 55 for digit in octal):
            made += bytes([int(octal, 8) & 255]) + part[3:]
        else:
            made += b"\\" + part
    return made
