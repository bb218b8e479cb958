"""Is the file that runs still there, and does it lie where programs belong?

Deleted without an upgrade that explains it, or never a file at all: strong. Temporary, hidden, open to all: weak.
"""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.places import (
    SHARED_MEMORY,
    TEMPORARY,
    base_name,
    hidden_part,
    inside,
    is_unpacked,
    place_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Certainty, Finding, Process

_RUNTIMES = ("runc", "crun", "containerd-shim", "conmon", "dockerd", "podman", "lxc-start", "youki", "buildkitd")
_COPIES = ("/memfd:runc_cloned:", "/memfd:crun", "/memfd:lxc", "/memfd:youki")
"""Container runtimes run from a sealed copy of themselves in memory (CVE-2019-5736)."""

_VERSIONED = (
    "/.vscode-server/", "/.vscode-server-insiders/", "/.cursor-server/", "/.windsurf-server/", "/.trae-server/",
    "/.positron-server/", "/.vscode/extensions/", "/.cursor/extensions/", "/.zed_server/", "/snap/", "/nix/store/",
    "/gnu/store/", "/var/lib/flatpak/", "/.local/share/flatpak/", "/Cellar/", "/.nvm/versions/", "/.pyenv/versions/",
    "/.rbenv/versions/", "/.asdf/installs/", "/.local/share/mise/", "/.local/share/uv/", "/.sdkman/candidates/",
    "/.rustup/toolchains/", "/.local/share/claude/versions/", "/.local/share/JetBrains/", "/.volta/tools/",
    "/.local/share/fnm/", "/.fnm/", "/var/lib/rancher/", "/.dropbox-dist/",
)  # fmt: skip
"""Where each version has a folder of its own, which its update or removal deletes while the old one still runs."""

_BUILT = (
    "/target/debug/", "/target/release/", "/build/", "/_build/", "/dist/", "/out/", "/bin/", "/.build/", "/obj/",
    "/node_modules/", "/cmake-build-", "/zig-out/", "/.venv/", "/venv/", "/.tox/", "/dist-newstyle/", "/.stack-work/",
)  # fmt: skip


def findings(subject: Subject) -> list[Finding]:
    """What the state and the place of the executable, or of the script that it interprets, give to think."""
    process = subject.process
    if process.executable is None:
        return []
    made: list[Finding] = []
    if process.executable_state in ("deleted", "replaced"):
        made += _gone(subject)
    elif process.executable_state == "memory":
        if not _is_runtimes_copy(process):
            made.append(found("executable-in-memory", "proven", subject.link("exe"), process.executable))
        return made
    made += _placed(subject)
    if subject.script is not None:
        made += _script(subject)
    return made


def _gone(subject: Subject) -> list[Finding]:
    process = subject.process
    path = process.executable or ""
    link = subject.link("exe")
    place = subject.place
    if process.executable_state == "replaced":
        if process.package is not None:
            owner = found("package-upgraded", "likely", "packages", f"{path}: {process.package}")
            return [found("executable-replaced", "proven", link, f"{path} (deleted), another file at its path"), owner]
        # no build and no upgrade leaves its result in a hidden folder of a temporary one
        hidden = place == "temporary" and hidden_part(path) is not None
        claim = "executable-deleted" if hidden else "executable-replaced"
        certainty: Certainty = "likely" if hidden else "proven"
        return [found(claim, certainty, link, f"{path} (deleted), another file at its path")]
    # a build puts its result where it likes, but in a temporary folder a source tree is easily made up
    explained = _in_its_project(process, path, built=place == "temporary")
    if place not in ("hidden", "temporary"):
        explained = explained or _has_version(path) or _has_successor(subject, path)
    return [found("executable-removed" if explained else "executable-deleted", "proven", link, f"{path} (deleted)")]


def _has_version(path: str) -> bool:
    """Whether a folder on the way is one of several versions side by side: `/opt/app-1.2.3/bin/app`.

    >>> _has_version("/opt/app-1.2.3/bin/app"), _has_version("/home/ana/.vscode-server/bin/0a1b/node")
    (True, True)
    >>> _has_version("/opt/app/bin/app"), _has_version("/opt/app/app-1.2.3")
    (False, False)
    """
    if any(folder in path for folder in _VERSIONED):
        return True
    for part in path.split("/")[:-1]:
        last = part[part.rfind("-") + 1 :].removeprefix("v")
        if "." in last and last.replace(".", "").isdigit() and not last.startswith("."):
            return True
    return False


def _has_successor(subject: Subject, path: str) -> bool:
    """Whether the path by which it was started leads to another file of its name by now: a link that was moved on.

    Both below the same two folders (`/srv/app/current`, `/srv/app/releases/7`), since whoever hides may call himself
    anything.
    """
    file = next((one for one in subject.process.files or () if one.argument == 0), None)
    if file is None or file.state != "present" or base_name(file.path) != subject.own:
        return False
    return file.path.split("/")[1:3] == path.split("/")[1:3] and path.count("/") > 2


def _placed(subject: Subject) -> list[Finding]:
    """The place of a program of its own; that of an interpreter counts, too, since it might be a copy."""
    process = subject.process
    path = process.executable or ""
    made = _odd_place(path, subject.link("exe"), script=False)
    around = _around(process, path)
    if made and around is None and path.startswith(SHARED_MEMORY):
        # nobody installs there, and a restart leaves nothing of it
        made.append(found("executable-in-memory", "likely", subject.link("exe"), path))
    if process.executable_state == "replaced" and subject.place == "hidden":
        made = []  # what updates itself in a hidden folder is no second sign
    file = process.executable_file
    if file is not None and file.open_to_all is not None and subject.place != "temporary":
        made.append(found("open-to-all", "proven", file.open_to_all, "writable by everybody"))
    return [*made, around] if made and around is not None else made


def _odd_place(path: str, source: str, *, script: bool) -> list[Finding]:
    """The signs of a path's place, a script's or a program's: temporary, hidden, or hidden below a temporary folder."""
    place = place_of(path)
    if place not in ("temporary", "hidden"):
        return []
    made: list[Finding] = []
    if script:
        made.append(found("script-in-odd-place", "proven", source, path))
    elif place == "temporary":
        made.append(found("temporary-place", "proven", source, path))
    if is_unpacked(path):
        made.append(found("build-place", "likely", source, path))
    elif (place == "temporary" and hidden_part(path) is not None) or not made:
        made.append(found("hidden-place", "proven", source, path))
    return made


def _script(subject: Subject) -> list[Finding]:
    process = subject.process
    script = subject.script or ""
    file = subject.file_of(script)
    path = file.path if file is not None else script
    source = subject.link("cmdline")
    if path.startswith("/memfd:"):
        return [found("executable-in-memory", "likely", source, f"{script}: {path}")]
    if not path.startswith("/") and process.working_directory:
        path = f"{process.working_directory.removesuffix(' (deleted)')}/{path.removeprefix('./')}"
    if not path.startswith("/"):
        return []
    made = _odd_place(path, source, script=not subject.loaded)
    # of a program that went to / after its start, a relative path tells nothing any more
    if file is not None and file.state == "missing" and (script.startswith("/") or process.working_directory != "/"):
        made.append(found("script-deleted", "likely", source, path))
    around = _around(process, path) if made else None
    return made if around is None else [*made, around]


def _around(process: Process, path: str) -> Finding | None:
    """The project that a file lies in, as what explains its place."""
    project = process.project
    if project is None or not _in_its_project(process, path, built=False):
        return None
    return found("project-around", "likely", project.folder, " ".join(project.markers) or project.folder)


def _in_its_project(process: Process, path: str, *, built: bool = True) -> bool:
    """Whether a file lies inside of the project that its process works in; `built`: where that puts what it builds."""
    project = process.project
    if project is None or not (project.markers or project.repository) or not inside(path, project.folder):
        return False
    if hidden_part(path) is not None or f"{project.folder}/" in TEMPORARY or project.folder.count("/") < 2:
        return False
    return not built or any(folder in path[len(project.folder) :] for folder in _BUILT)


def _is_runtimes_copy(process: Process) -> bool:
    if not (process.executable or "").startswith(_COPIES):
        return False
    return any(parent.name.startswith(_RUNTIMES) for parent in process.parents)
