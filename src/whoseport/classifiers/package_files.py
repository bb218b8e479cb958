"""Does a package vouch for the file that runs, and is a server's name without one a sign?"""

from __future__ import annotations

from whoseport.classifiers.daemons import DAEMONS, PREFIXES
from whoseport.classifiers.found import found
from whoseport.classifiers.interpreters import family_of
from whoseport.classifiers.places import base_name, inside
from whoseport.classifiers.subject import GENERIC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding, Process

_SERVERS = ("server", "rpc")
_OTHER_MANAGERS = ("/nix/store/", "/gnu/store/", "/snap/", "/var/lib/snapd/", "/var/lib/flatpak/")
"""What package managers own that have no database to ask."""
_INSTALLED = ("/usr/local/", "/opt/")
_vouched: dict[tuple[str, str | None, str | None], Finding] = {}
_MOST = 4096


def findings(subject: Subject) -> list[Finding]:
    """Whether the executable is of a package and as that delivered it, or bears a server's name without any."""
    process = subject.process
    if process.executable is None:
        return []
    if process.package is None:
        return _without(subject)
    made = []
    if process.executable_state in ("present", "replaced"):
        made.append(_from_package(process))
    checksum = process.executable_file.checksum if process.executable_file is not None else None
    if checksum == "changed" and process.executable_state == "present":
        made.append(found("file-changed", "proven", f"checksums of {process.package}", process.executable))
    elif checksum == "intact":
        made.append(found("checksum-intact", "proven", f"checksums of {process.package}", process.executable))
    return made


def _from_package(process: Process) -> Finding:
    """One for all workers of a server."""
    key = process.package or "", process.package_version, process.executable
    known = _vouched.get(key)
    if known is None:
        if len(_vouched) > _MOST:
            _vouched.clear()
        label = f"{key[0]} {key[1]}" if key[1] else key[0]
        known = _vouched[key] = found("from-package", "proven", "packages", f"{key[2]}: {label}")
    return known


def _without(subject: Subject) -> list[Finding]:
    """A known server's name that neither package nor unit bears, outside of where people install by hand."""
    process = subject.process
    path = process.executable or ""
    own = base_name(path)
    if process.container is not None or not is_free(process.unit) or path.startswith(_OTHER_MANAGERS):
        return []
    if subject.place == "by-hand":
        project = process.project
        if (
            own.lower() not in DAEMONS
            or path.startswith(_INSTALLED)
            or any(part in path.removeprefix("/var/lib") for part in PREFIXES)
        ):
            return []
        if project is not None and inside(path, project.folder):
            return []
        observed = f"{path}, as the system's {own}; no package, no unit of the system"
        return [found("server-without-package", "likely", subject.link("exe"), observed)]
    if family_of(own) is not None:
        return []
    for name in dict.fromkeys((own, process.name)):
        known = [one for one in subject.named(name.lower()) if one.kind in _SERVERS and _is_program(name, one.programs)]
        if known and name.lower() not in GENERIC:
            observed = f"{process.executable}, as {known[0].name}; no package, no unit of the system"
            return [found("server-without-package", "likely", subject.link("exe"), observed)]
    return []


def is_free(unit: str | None) -> bool:
    """Whether a process is of no service: of no unit, or of a session or a user's own manager.

    >>> is_free(None), is_free("session-3.scope"), is_free("user@1000.service"), is_free("nginx.service")
    (True, True, True, False)
    """
    return unit is None or not unit.endswith((".service", ".socket")) or unit.startswith("user@")


def _is_program(name: str, programs: tuple[str, ...]) -> bool:
    return any(program.lower() == name.lower() for program in programs)
