"""Which files do the arguments of a process name? As the process itself sees them: in its root and working directory.

A file is told where it exists, and where a path says by its look that one is meant; a word that happens to be the
name of nothing is no file.
"""

from __future__ import annotations

import os
import stat

from whoseport.host.linux.behaviour import clean
from whoseport.model import NamedFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import FileState

MOST = 8
"""Arguments that are looked at, the name of the program apart."""
_LONGEST = 4096
_SUFFIXES = (".py", ".pyc", ".js", ".mjs", ".cjs", ".ts", ".jar", ".war", ".rb", ".pl", ".php", ".sh", ".lua", ".dll")
"""Of programs that an interpreter runs: such a word names a file also where it has no slash and the file is gone."""


def read_files(
    pid: int, *, command: bytes | None, working_directory: bytes | None, proc: str = "/proc"
) -> tuple[NamedFile, ...] | None:
    """The files that the first arguments name; None where arguments or folders are not for us to read.

    `command` is the content of /proc/PID/cmdline. What follows a `=` is looked at as well (`--config=FILE`).
    """
    if command is None:
        return None
    found: list[NamedFile] = []
    process = f"{proc}/{pid}/".encode()
    for place, argument in enumerate(command[: (MOST + 1) * _LONGEST].split(b"\0")[: MOST + 1]):
        for text in _candidates(argument, place):
            path = _resolved(text, working_directory)
            if path is None:
                continue
            # the kernel goes the way from the process's own root, or from its folder
            seen = process + (b"root" if text.startswith(b"/") else b"cwd/") + text
            file = _file(place, path, seen=seen, meant=_looks_like_one(text))
            if file is not None:
                found.append(file)
                break
    if not found and working_directory is None:
        return None
    return tuple(found)


def _candidates(argument: bytes, place: int) -> list[bytes]:
    if not argument or len(argument) > _LONGEST:
        return []
    if place == 0:
        # a title that a program wrote over its name ("nginx: master process /usr/sbin/nginx") is no path
        return [argument] if b"/" in argument and not argument.startswith(b"-") and b": " not in argument else []
    if argument.startswith(b"-"):
        _option, equals, value = argument.partition(b"=")
        return [value] if equals and b"/" in value else []
    return [argument]


def _looks_like_one(text: bytes) -> bool:
    """Whether a word is the path of a file even if none is there: `/opt/x.py`, `./run`, `server.js`; not `GET/PUT`."""
    if b"://" in text or b" " in text:
        return False
    return text.startswith((b"/", b"./", b"../")) or text.decode("latin-1").endswith(_SUFFIXES)


def _resolved(text: bytes, working_directory: bytes | None) -> bytes | None:
    if text.startswith(b"/"):
        return os.path.normpath(text)
    if working_directory is None:
        return None
    return os.path.normpath(working_directory + b"/" + text)


def _file(place: int, path: bytes, *, seen: bytes, meant: bool) -> NamedFile | None:
    state: FileState = "present"
    status = None
    try:
        status = os.stat(seen)
    except (FileNotFoundError, NotADirectoryError):
        state = "missing"
    except (OSError, ValueError):
        state = "unseen"
    if status is not None and not stat.S_ISREG(status.st_mode):
        return None
    if status is None and not meant:
        return None
    return NamedFile(
        argument=place,
        path=clean(os.fsdecode(path)),
        state=state,
        uid=None if status is None else status.st_uid,
        mode=None if status is None else stat.S_IMODE(status.st_mode),
        package=None,
    )
