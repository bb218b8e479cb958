"""Which executable memory of a process stands out? (proc_pid_maps(5))

Told is what comes from a file that is deleted, lives in memory alone, or lies where no library is installed. What
honest software does it as well (just-in-time compilers, shared memory) is told as it is: others weigh it.
"""

from __future__ import annotations

import os

from whoseport.host.linux.behaviour import clean
from whoseport.model import Library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import ExecutableState

LARGEST = 1 << 20
MOST = 16
_ODD_FOLDERS = (b"/tmp/", b"/var/tmp/", b"/dev/shm/", b"/run/", b"/var/run/")
_DELETED = b" (deleted)"
_IN_MEMORY = (b"/memfd:", b"/SYSV", b"/dev/zero")
"""Without a file anywhere: memfd_create(2), System V and anonymous shared memory (mm/shmem.c). All read "(deleted)"."""


def read_libraries(pid: int, *, executable: bytes | None = None, proc: str = "/proc") -> tuple[Library, ...] | None:
    """What stands out in the maps of a process, its own executable left out; None where they are not for us to read."""
    try:
        descriptor = os.open(f"{proc}/{pid}/maps", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    pieces = []
    left = LARGEST
    try:
        while left > 0 and (piece := os.read(descriptor, left)):
            pieces.append(piece)
            left -= len(piece)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    found = odd_mappings(b"".join(pieces), executable=executable)
    if not found:
        return ()
    root = f"{proc}/{pid}/root".encode()
    return tuple([_library(path, private, root) for path, private in found])


def odd_mappings(content: bytes, *, executable: bytes | None = None) -> tuple[tuple[bytes, bool], ...]:
    r"""Paths, in the kernel's words, of executable mappings that stand out, and whether these are private; 16 at most.

    `executable` is the path of the program itself, which is told elsewhere; what lies in the same hidden folder came
    with it. Files in hidden folders come last, since version managers keep many there.

    >>> odd_mappings(b"7f00-7f01 r-xp 00000000 08:01 5   /tmp/a b.so\n7f02-7f03 rw-p 00000000 08:01 5   /tmp/c\n")
    ((b'/tmp/a b.so', True),)
    """
    program = (executable or b"").removesuffix(_DELETED)
    own = _hidden_folder(program)
    odd: dict[bytes, bool] = {}
    hidden: dict[bytes, bool] = {}
    for line in content.split(b"\n"):
        flags = line.find(b" ") + 1
        if line[flags + 2 : flags + 3] != b"x":
            continue
        at = line.find(b"/", flags)
        if at < 0:
            continue  # [vdso], or memory without a name
        path = line[at:]
        private = line[flags + 3 : flags + 4] == b"p"
        if path.removesuffix(_DELETED) == program:
            continue
        if path.endswith(_DELETED) or path.startswith((*_ODD_FOLDERS, *_IN_MEMORY)):
            odd[path] = odd.get(path, False) or private
        elif b"/." in path and not (own and path.startswith(own)):
            hidden[path] = hidden.get(path, False) or private
    return tuple([*odd.items(), *hidden.items()][:MOST])


def _hidden_folder(path: bytes) -> bytes:
    """The first hidden folder on the way, with what leads there; nothing where there is none."""
    at = path.find(b"/.")
    end = path.find(b"/", at + 1)
    return path[: end + 1] if at >= 0 and end >= 0 else b""


def _library(path: bytes, private: bool, root: bytes) -> Library:
    state: ExecutableState = "present"
    if path.endswith(_DELETED):
        path = path.removesuffix(_DELETED)
        state = "deleted"
        if path.startswith(_IN_MEMORY):
            state = "memory"
        else:
            try:
                os.lstat(root + path)
                state = "replaced"
            except (OSError, ValueError):
                pass  # as the kernel says
    return Library(path=clean(os.fsdecode(path)), state=state, private=private)
