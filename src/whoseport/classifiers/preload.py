"""Is a library forced into this process from where none belongs (ld.so(8): LD_PRELOAD, LD_AUDIT)?"""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.places import base_name, inside, is_unpacked, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding

_FORCED = ("LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES")
_OPTIONS = {
    "NODE_OPTIONS": ("--require", "-r", "--import", "--loader", "--experimental-loader"),
    "JAVA_TOOL_OPTIONS": ("-javaagent:", "-agentpath:"),
    "JDK_JAVA_OPTIONS": ("-javaagent:", "-agentpath:"),
    "RUBYOPT": ("-r",),
    "PERL5OPT": ("-I",),
}
_HONEST = (
    "/.steam/",
    "/ubuntu12_32/",
    "/ubuntu12_64/",
    "/.local/share/Steam/",
    "/.local/lib/",
    "/.conda/",
    "/.nix-profile/",
)


def findings(subject: Subject) -> list[Finding]:
    """`preloaded-from-odd-place` for libraries; `library-from-odd-place` for what an interpreter's options bring in."""
    environment = subject.process.environment
    if not environment:
        return []
    made: list[Finding] = []
    for variable in environment:
        if variable.name in _FORCED:
            for path in variable.value.replace(":", " ").split():
                one = _forced(subject, variable.name, path)
                if one is not None:
                    made.append(one)
        elif variable.name in _OPTIONS:
            for path in _brought_in(variable.value, _OPTIONS[variable.name]):
                if place_of(path) in ("temporary", "hidden") and not is_unpacked(path):
                    observed = f"{variable.name}={variable.value}"
                    made.append(found("library-from-odd-place", "likely", subject.link("environ"), observed))
    return made


def _forced(subject: Subject, name: str, path: str) -> Finding | None:
    if "/" not in path or path.startswith("$"):
        return None  # looked for in the system's own folders
    process = subject.process
    if not path.startswith("/") and process.working_directory:
        path = (
            f"{process.working_directory}/{path.removeprefix('./')}"  # where it was started, unless it went elsewhere
        )
    mapped = next((one for one in process.libraries or () if one.path == path), None)
    place = place_of(path) if path.startswith("/") else None
    gone = mapped is not None and mapped.state == "deleted"
    if place == "system" or (place == "by-hand" and (not gone or any(one.isdigit() for one in path))):
        return None  # versions side by side are removed while they still run
    if place not in ("temporary", "hidden") and not gone:
        return None
    if is_unpacked(path) or any(folder in path for folder in _HONEST):
        return None
    observed = f"{name}={path}" + (f", mapped, {mapped.state}" if mapped is not None else "")
    project = process.project
    is_own = project is not None and bool(project.markers or project.repository) and inside(path, project.folder)
    if is_own and place != "temporary":
        return found("library-from-odd-place", "proven", subject.link("environ"), observed)
    return found("preloaded-from-odd-place", "proven", subject.link("environ"), observed)


def _brought_in(value: str, options: tuple[str, ...]) -> list[str]:
    """The paths that follow these options.

    >>> _brought_in("--require /tmp/a.js --max-old-space-size=1 --import=/b.mjs", ("--require", "--import"))
    ['/tmp/a.js', '/b.mjs']
    """
    paths: list[str] = []
    words = value.replace('"', " ").split()
    for place, word in enumerate(words):
        for option in options:
            if word == option and place + 1 < len(words):
                paths.append(words[place + 1])
            elif word.startswith(option) and len(word) > len(option):
                paths.append(word[len(option) :].lstrip("=").split("=", 1)[0])
    return [path for path in paths if path.startswith("/") and base_name(path)]
