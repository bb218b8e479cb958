"""In which project does a process work? The nearest folder at or above its own that has a marker or a repository.

Folders of the system are no projects, and a home folder is one only where the process works in it itself. Files alone
are read, bounded, and git is never run: gitrepository-layout(5) says what is where.
"""

from __future__ import annotations

import errno
import os
import stat

from whoseport.host.linux.bounded import read_regular
from whoseport.host.linux.project_files import FRAMEWORKS, dependencies_of, name_of
from whoseport.model import Project

MARKERS = (
    *("package.json", "pyproject.toml", "setup.py", "manage.py", "requirements.txt", "Pipfile", "Cargo.toml", "go.mod"),
    *("pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "mix.exs", "deno.json", "deno.jsonc"),
    *("angular.json", "_config.yml", "hugo.toml", "hugo.yaml", "config.toml", "docusaurus.config.js", "mkdocs.yml"),
    *("svelte.config.js", "webpack.config.js", "artisan", "config.ru", "Procfile", "Makefile", "CMakeLists.txt"),
    *("Dockerfile", "compose.yaml", "docker-compose.yml", "bun.lockb", "bunfig.toml"),
)
_MARKER_NAMES = frozenset(MARKERS)
_MARKER_STARTS = (
    "vite.config.",
    "next.config.",
    "nuxt.config.",
    "astro.config.",
    "docusaurus.config.",
    "remix.config.",
)
_MARKER_ENDS = (".csproj", ".fsproj", ".sln")
_WEAK = frozenset(("config.toml", "Makefile", "Procfile", "_config.yml"))
"""Names that lie about for other reasons as well: they count beside a stronger marker, a repository or sources only."""
_SOURCE_ENDS = (".c", ".cc", ".cpp", ".cxx", ".rs", ".go", ".zig", ".d", ".nim", ".hs", ".ml")
_SOURCES = "/"
"""Stands for source files; no file is called so."""
_LARGEST = 512 << 10
_MOST_MARKERS = 16
_MOST_ENTRIES = 4000
_HIGHEST = 24
# file-hierarchy(7), hier(7): services work here, and nobody writes code here
_SYSTEM = (
    "/usr",
    "/etc",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/boot",
    "/dev",
    "/proc",
    "/sys",
    "/run",
    "/var/lib",
    "/var/cache",
    "/var/log",
    "/var/spool",
    "/var/run",
)
_NEVER = frozenset(("/", "/home", "/root", "/tmp", "/var", "/var/tmp", "/opt", "/srv", "/mnt", "/media", "/dev/shm"))
_EXCEPT = ("/usr/src/", "/usr/local/src/")


class Projects:
    """Projects by folder, each folder looked at once. `whole`: with every dependency, not only the known frameworks."""

    def __init__(self, *, whole: bool = False, root: str = "") -> None:
        self._whole = whole
        self._root = root
        self._known: dict[str, Project | None] = {}

    def of(self, folder: str) -> Project | None:
        """The project that a folder lies in: an absolute path of this system."""
        if folder not in self._known:
            self._known[folder] = self._find(folder)
        return self._known[folder]

    def _find(self, folder: str) -> Project | None:
        markers: tuple[str, ...] = ()
        place = repository = None
        path = folder
        for _ in range(_HIGHEST):
            if not _may_be_one(path) or (path != folder and _is_home(path)):
                break
            if path != folder and place is None and path in self._known:
                return self._known[path]
            entries = self._entries(path)
            if place is None:
                markers = _markers(entries)
                if not _WEAK.issuperset(markers) or (markers and (".git" in entries or _SOURCES in entries)):
                    place = path
            if ".git" in entries:
                repository = path
                break
            path = os.path.dirname(path)
        if place is None and repository is None:
            return None
        place = place or repository or folder
        branch = worktree_of = None
        if repository is not None:
            branch, worktree_of = checkout(f"{self._root}{repository}", root=self._root)
        name, dependencies = self._contents(place, markers)
        return Project(
            folder=place,
            name=name,
            markers=markers,
            dependencies=dependencies,
            repository=repository,
            branch=branch,
            worktree_of=worktree_of,
        )

    def _entries(self, path: str) -> frozenset[str]:
        """Names in a folder that may be markers, and `.git`; `_SOURCES` where source files lie beside them."""
        found = set()
        try:
            with os.scandir(f"{self._root}{path}") as entries:
                for count, entry in enumerate(entries):
                    if count == _MOST_ENTRIES:
                        break
                    name = entry.name
                    if (
                        name in _MARKER_NAMES
                        or name == ".git"
                        or name.startswith(_MARKER_STARTS)
                        or name.endswith(_MARKER_ENDS)
                    ):
                        found.add(name)
                    elif name.endswith(_SOURCE_ENDS) or name == "src":
                        found.add(_SOURCES)
        except (OSError, ValueError):
            return frozenset()
        return frozenset(found)

    def _contents(self, place: str, markers: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
        name = None
        found: dict[str, None] = {}
        for marker in markers:
            if marker in (
                "package.json",
                "pyproject.toml",
                "Cargo.toml",
                "go.mod",
                "requirements.txt",
                "composer.json",
            ):
                try:
                    content = read_regular(f"{self._root}{place}/{marker}", limit=_LARGEST)
                except OSError:
                    continue
                name = name or name_of(marker, content)
                found.update(dict.fromkeys(dependencies_of(marker, content)))
        return name, tuple([one for one in found if self._whole or one in FRAMEWORKS])


def checkout(folder: str, *, root: str = "") -> tuple[str | None, str | None]:
    """The branch that a repository's folder has checked out (or the first of a detached commit), and the main checkout
    where it is a linked worktree (gitrepository-layout(5), git-worktree(1))."""
    git = f"{folder}/.git"
    try:
        if not stat.S_ISDIR(os.stat(git).st_mode):
            content = read_regular(git, limit=4096)
            if not content.startswith(b"gitdir:"):
                return None, None
            pointed = os.fsdecode(content[7:].strip())
            git = _below(folder, pointed, root)
        head = read_regular(f"{git}/HEAD", limit=4096)
    except (OSError, ValueError):
        return None, None
    worktree_of = None
    try:
        common = _below(git, os.fsdecode(read_regular(f"{git}/commondir", limit=4096).strip()), root)
        if os.path.basename(common) == ".git":
            worktree_of = _clean(os.path.dirname(common).removeprefix(root))
    except (OSError, ValueError):
        pass  # the main checkout has none, and a submodule neither
    return branch_of(head), worktree_of


def branch_of(head: bytes) -> str | None:
    """The branch in .git/HEAD, or the first 12 digits of a commit; None where it is neither.

    >>> branch_of(b"ref: refs/heads/fix/cart\\n"), branch_of(b"8c4f1e0a2b3c4d5e6f708192a3b4c5d6e7f80910\\n")
    ('fix/cart', '8c4f1e0a2b3c')
    """
    text = head.strip()
    if text.startswith(b"ref:"):
        name = text[4:].strip().removeprefix(b"refs/heads/")
        return name[:255].decode("utf-8", "backslashreplace") or None
    if len(text) in (40, 64) and not text.strip(b"0123456789abcdef"):
        return text[:12].decode()
    return None


def _markers(entries: frozenset[str]) -> tuple[str, ...]:
    return tuple([_clean(name) for name in sorted(entries - {".git", _SOURCES}, key=_rank)][:_MOST_MARKERS])


def _rank(name: str) -> tuple[int, str]:
    return (MARKERS.index(name) if name in _MARKER_NAMES else len(MARKERS)), name


def _may_be_one(path: str) -> bool:
    if not path.startswith("/") or path in _NEVER:
        return False
    return path.startswith(_EXCEPT) or not (path in _SYSTEM or path.startswith(tuple(f"{one}/" for one in _SYSTEM)))


def _is_home(path: str) -> bool:
    return os.path.dirname(path) == "/home" or path == os.environ.get("HOME")


def _below(folder: str, path: str, root: str) -> str:
    if "\0" in path:
        raise OSError(errno.EINVAL, "no path")
    return os.path.normpath(f"{root}{path}" if path.startswith("/") else os.path.join(folder, path))


def _clean(text: str) -> str:
    return text if text.isascii() else os.fsencode(text).decode("utf-8", "backslashreplace")
