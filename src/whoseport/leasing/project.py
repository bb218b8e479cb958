"""Which project does a folder belong to, and how is it told apart from another, whatever it is called today?

A project is the checkout (the nearest folder at or above with .git in it: a repository or a linked worktree of one), or
else the nearest with a file that marks a project, or else the folder itself. Its identity is the folder's number on its
file system, which a rename keeps and a symbolic link leads to.
"""

from __future__ import annotations

import os

from whoseport.model import Misuse
from whoseport.record import Record

MARKERS = ("package.json", "pyproject.toml", "Cargo.toml", "go.mod", "pom.xml", "Gemfile", "composer.json", "mix.exs")
_HIGHEST = 64


class ProjectFolder(Record):
    """`path` is resolved; `device` and `inode` are stat(2)'s."""

    path: str
    device: int
    inode: int


def project_of(directory: str) -> ProjectFolder:
    """The project that the directory belongs to. Raises Misuse("unknown-project", path=) where it is none."""
    try:
        start = os.path.realpath(directory, strict=True)
        if not os.path.isdir(start):
            raise NotADirectoryError
    except (OSError, ValueError):
        raise Misuse("unknown-project", path=directory) from None
    marked = None
    folder = start
    for _ in range(_HIGHEST):
        if os.path.lexists(os.path.join(folder, ".git")):
            return _identified(folder)
        if marked is None and any(os.path.exists(os.path.join(folder, marker)) for marker in MARKERS):
            marked = folder
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    return _identified(marked or start)


def _identified(folder: str) -> ProjectFolder:
    try:
        status = os.stat(folder)
    except OSError:
        raise Misuse("unknown-project", path=folder) from None
    return ProjectFolder(path=folder, device=status.st_dev, inode=status.st_ino)
