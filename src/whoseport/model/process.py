"""One process that owns a socket: who it is, and the plain facts of how it behaves."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.words import Checksum, ExecutableState, FileState, Relation


class Container(Record):
    """`id` is the runtime's own, whole; the rest as far as the runtime's files could be read."""

    id: str
    name: str | None
    image: str | None
    runtime: str | None


class ParentProcess(Record):
    """`executable` and `command` are None where they could not be read or were not looked at."""

    pid: int
    name: str
    executable: str | None = None
    command: tuple[str, ...] | None = None


class Streams(Record):
    """What the descriptors 0, 1 and 2 lead to (`/dev/null`, `/dev/pts/3`, `pipe:[41]`, `socket:[42]`); None: closed."""

    input: str | None
    output: str | None
    error: str | None


class RelatedProcess(Record):
    """Another process that is wired to this one: its child, or one that shares a pipe of its standard streams."""

    pid: int
    name: str
    relation: Relation
    executable: str | None
    command: tuple[str, ...] | None
    streams: Streams | None


class ExecutableFile(Record):
    """The file that runs, seen through /proc/PID/exe, so also where its name is gone.

    `mode` holds the permission bits with setuid, setgid and sticky (inode(7)); times are UTC, ISO 8601. `capabilities`
    are those of the file (capabilities(7)). `filesystem` is its type (`ext4`, `tmpfs`, `overlay`, `fuse.app`).
    `open_to_all` is the first folder on its way, or the file itself, that anybody may write without a sticky bit.
    `checksum` compares with the package's own (one port only); `sha256` is hexadecimal, where it was asked for.
    """

    uid: int
    gid: int
    mode: int
    size: int
    modified: str
    changed: str
    links: int
    capabilities: tuple[str, ...]
    filesystem: str | None
    open_to_all: str | None
    checksum: Checksum | None = None
    sha256: str | None = None


class NamedFile(Record):
    """A file that an argument of the command line names, resolved in the process's own root and working directory.

    `argument` is its place (0: the name under which the program was started, where it is a path). `path` is resolved.
    """

    argument: int
    path: str
    state: FileState
    uid: int | None
    mode: int | None
    package: str | None


class Variable(Record):
    """An environment variable, of those that matter (LD_PRELOAD, PORT, NODE_ENV...), as the process was started."""

    name: str
    value: str


class Library(Record):
    """Executable memory that stands out: mapped from a file that is deleted, in memory only, or of no usual folder.

    `private` tells how: copy-on-write, as a loader maps a library (dlopen(3)), or shared, as just-in-time compilers map
    what they write themselves; None where it was not told.
    """

    path: str
    state: ExecutableState
    private: bool | None = None


class Project(Record):
    """The project that a process works in: the nearest folder at or above its own with a marker or a repository.

    `markers` are names of files that are there (`package.json`, `manage.py`); `name` is what a marker calls the
    project; `dependencies` are those that package.json, pyproject.toml or requirements.txt name; `repository` is the
    folder that holds .git, `branch` its checked-out branch (a short commit where detached), `worktree_of` the main
    checkout where this is a linked worktree.
    """

    folder: str
    name: str | None
    markers: tuple[str, ...]
    dependencies: tuple[str, ...]
    repository: str | None
    branch: str | None
    worktree_of: str | None


class Process(Record):
    """One owner of a socket, named by pid and start time (UTC, ISO 8601: a pid alone is used again).

    `command` is None where it could not be read, empty for a kernel thread. `parents` go up to pid 1, nearest first.
    The fields with a default are None where they could not be read, or by a backend that cannot tell them.
    `capabilities` are the effective ones by kernel name; `session` is the session's pid
    (setsid(2)), `terminal` its controlling terminal (`pts/3`).
    """

    pid: int
    started: str | None
    name: str
    executable: str | None
    executable_state: ExecutableState
    command: tuple[str, ...] | None
    uid: int | None
    user: str | None
    unit: str | None
    slice: str | None
    container: Container | None
    package: str | None
    working_directory: str | None
    parents: tuple[ParentProcess, ...]
    package_version: str | None = None
    kernel_thread: bool | None = None
    terminal: str | None = None
    session: int | None = None
    streams: Streams | None = None
    related: tuple[RelatedProcess, ...] | None = None
    executable_file: ExecutableFile | None = None
    files: tuple[NamedFile, ...] | None = None
    environment: tuple[Variable, ...] | None = None
    libraries: tuple[Library, ...] | None = None
    capabilities: tuple[str, ...] | None = None
    traced_by: ParentProcess | None = None
    project: Project | None = None
