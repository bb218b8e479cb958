"""Is the file that runs still there, and does it lie where programs belong?

Deleted without an upgrade that explains it, or never a file at all: strong. Temporary, hidden, open to all: weak.
"""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.places import SHARED_MEMORY, TEMPORARY, hidden_part, inside, is_unpacked, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding, Process

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
    odd = place_of(path) == "hidden" or (place_of(path) == "temporary" and hidden_part(path) is not None)
    if process.executable_state == "replaced":
        observed = found("executable-replaced", "proven", link, f"{path} (deleted), another file at its path")
        if process.package is not None:
            owner = found("package-upgraded", "likely", "packages", f"{path}: {process.package}")
            return [observed, owner]
        if place_of(path) == "temporary" and odd:
            # no build and no upgrade leaves its result there
            return [found("executable-deleted", "likely", link, f"{path} (deleted), another file at its path")]
        return [observed]
    if any(folder in path for folder in _VERSIONED) and place_of(path) not in ("hidden", "temporary"):
        return [found("executable-removed", "proven", link, f"{path} (deleted)")]
    # a build puts its result where it likes, but in a temporary folder a source tree is easily made up
    if _in_its_project(process, path, built=place_of(path) == "temporary"):
        return [found("executable-removed", "proven", link, f"{path} (deleted)")]
    return [found("executable-deleted", "proven", link, f"{path} (deleted)")]


def _placed(subject: Subject) -> list[Finding]:
    """The place of a program of its own; that of an interpreter counts, too, since it might be a copy."""
    process = subject.process
    path = process.executable or ""
    made: list[Finding] = []
    if subject.place == "temporary":
        if path.startswith(SHARED_MEMORY) and hidden_part(path) is not None:
            made.append(found("executable-in-memory", "likely", subject.link("exe"), path))
        if is_unpacked(path):
            made.append(found("build-place", "likely", subject.link("exe"), path))
        made.append(found("temporary-place", "proven", subject.link("exe"), path))
    elif subject.place == "hidden":
        made.append(found("hidden-place", "proven", subject.link("exe"), path))
    file = process.executable_file
    if file is not None and file.open_to_all is not None and subject.place != "temporary":
        made.append(found("open-to-all", "proven", file.open_to_all, "writable by everybody"))
    if made and _in_its_project(process, path, built=False):
        project = process.project
        assert project is not None
        made.append(found("project-around", "likely", project.folder, " ".join(project.markers) or project.folder))
    return made


def _script(subject: Subject) -> list[Finding]:
    process = subject.process
    script = subject.script or ""
    file = subject.file_of(script)
    path = file.path if file is not None else script
    if not path.startswith("/") and process.working_directory:
        path = f"{process.working_directory.removesuffix(' (deleted)')}/{path.removeprefix('./')}"
    if not path.startswith("/"):
        return []
    made: list[Finding] = []
    source = subject.link("cmdline")
    # of a program that went to / after its start, a relative path tells nothing any more
    if file is not None and file.state == "missing" and (script.startswith("/") or process.working_directory != "/"):
        made.append(found("script-deleted", "likely", source, path))
    place = place_of(path)
    if place in ("temporary", "hidden") and not subject.loaded:
        made.append(found("script-in-odd-place", "proven", source, path))
        if is_unpacked(path):
            made.append(found("build-place", "likely", source, path))
    elif place in ("temporary", "hidden"):
        made.append(found("temporary-place" if place == "temporary" else "hidden-place", "proven", source, path))
    if made and _in_its_project(process, path, built=False):
        project = process.project
        assert project is not None
        made.append(found("project-around", "likely", project.folder, " ".join(project.markers) or project.folder))
    return made


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
