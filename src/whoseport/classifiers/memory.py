"""Does code run here that no file, or only an odd one, holds? Reads what is mapped as executable.

Just-in-time compilers map memory files, too, but shared; upgrades leave deleted libraries behind, but in the system's
folders; Java unpacks native libraries into the temporary folder and deletes them at once.
"""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.places import base_name, hidden_part, is_unpacked, place_of
from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding, Library, Process

_NO_CODE = (
    "/dev/zero", "/SYSV", "/[aio]", "[aio]", "/anon_hugepage", "anon_inode:", "/dev/dri/", "/dev/nvidia",
    "/dev/kfd", "/drm", "/i915", "/dev/mali", "/dev/hugepages/", "[",
)  # fmt: skip
"""Memory that has a name but no file: shared memory (shm_overview(7), shmget(2)), rings, devices of graphics cards."""

_COMPILERS = (
    "doublemapper", "vmem", "libffi", "sljit", "tcg-jit", "jit", "JIT", "asmjit", "allocation fd", "mono", "wine",
    "luajit", "beam", "jsc", "pcre", "llvmpipe", "wasm", "JSJIT", "code-heap", "dotnet", "dynarmic",
)  # fmt: skip
"""Names that just-in-time compilers give their memory files (memfd_create(2)): .NET, Erlang, libffi, PCRE, QEMU."""

_MANAGED = words("dotnet java javaw node nodejs bun deno mono mono-sgen")
_DELETES_ITSELF = (".tmp", ".node", ".jnilib")


def findings(subject: Subject) -> list[Finding]:
    """`code-in-memory`, `library-from-odd-place`, `library-deleted`, `preloaded-from-odd-place`: by what is mapped."""
    libraries = subject.process.libraries
    if not libraries:
        return []
    made: list[Finding] = []
    for library in libraries:
        one = _library(subject, library)
        if one is not None:
            made.append(one)
    return made


def _library(subject: Subject, library: Library) -> Finding | None:
    path, source = library.path, subject.link("maps")
    if path.startswith(_NO_CODE) or path == subject.process.executable:
        return None
    if library.state == "memory" or path.startswith("/memfd:"):
        return _in_memory(subject, library)
    gone = library.state in ("deleted", "replaced")
    place = place_of(path)
    if place in ("temporary", "hidden"):
        if _is_bundled(subject.process, path):
            return None
        if library.state == "deleted" and not _deletes_itself(subject, path):
            return found("code-in-memory", "proven", source, f"{path} (deleted)")
        if gone:
            return found("library-deleted", "likely", source, f"{path} ({library.state})")
        if place == "temporary" and _hides_its_start(subject):
            return found("preloaded-from-odd-place", "likely", source, path)
        return found("library-from-odd-place", "proven", source, path)
    if not gone or place == "system" or path.startswith(("/usr/local/lib", "/opt/")):
        return None  # upgrades delete and replace what still runs
    return found("library-deleted", "proven", source, f"{path} ({library.state})")


def _hides_its_start(subject: Subject) -> bool:
    """Whether a packaged program of its own wrote over how it was started, and so over an LD_PRELOAD (setproctitle(3)).

    nginx and Redis do so, and take no libraries from a temporary folder unless somebody makes them.
    """
    process = subject.process
    if process.package is None or subject.place != "system" or subject.start.family is not None:
        return False
    words = [word for word in process.command or () if word]
    return len(words) == 1 and " " in words[0] and not process.environment


def _in_memory(subject: Subject, library: Library) -> Finding | None:
    name = library.path.removeprefix("/memfd:")
    source = subject.link("maps")
    if library.private is not True:
        if name.startswith(_COMPILERS):
            return None
        if library.private is False:
            return found("library-from-odd-place", "likely", source, library.path)
        return found("code-in-memory", "guess", source, library.path)
    return found("code-in-memory", "proven", source, library.path)


def _is_bundled(process: Process, path: str) -> bool:
    """A library of the bundle (AppImage, PyInstaller...) that the program itself comes from, or of its own folder."""
    if is_unpacked(path):
        return True
    executable = process.executable or ""
    folder = executable[: executable.rfind("/") + 1]
    return len(folder) > 1 and path.startswith(folder) and hidden_part(path) == hidden_part(executable)


def _deletes_itself(subject: Subject, path: str) -> bool:
    """Whether such a runtime deletes the native libraries that it unpacks as soon as they are loaded."""
    if base_name(path).endswith(_DELETES_ITSELF):
        return True
    return subject.start.family == "java" or subject.own in _MANAGED
