"""Can this process do more than such a program needs, or may somebody else change what root runs here?"""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.package_files import is_free
from whoseport.classifiers.places import place_of
from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding

_ODD = words(
    "CAP_SYS_ADMIN CAP_SYS_MODULE CAP_SYS_PTRACE CAP_SYS_RAWIO CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SETUID "
    "CAP_SETGID CAP_SETFCAP CAP_SETPCAP CAP_BPF CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_SYS_BOOT CAP_FOWNER CAP_CHOWN "
    "CAP_LINUX_IMMUTABLE CAP_MKNOD"
)
"""Capabilities that open the whole system to a program (capabilities(7)); a server's own port takes none of them."""

_WHOLE_SET = 34
"""From so many on it is the full set, which a process of an own user namespace has, and which means little there."""

_SETUID = 0o4000
_WRITABLE_BY_ALL = 0o002
_LENDING = ("sudo", "doas", "su", "pkexec", "runuser", "run0")


def findings(subject: Subject) -> list[Finding]:
    """`odd-capabilities` and `runs-others-file-as-root`; containers have their own users, and are left out."""
    process = subject.process
    if process.container is not None or process.executable_state == "memory":
        return []
    made: list[Finding] = []
    file = process.executable_file
    if process.uid and process.capabilities and process.package is None and is_free(process.unit):
        odd = [name for name in process.capabilities if name in _ODD]
        if odd and len(process.capabilities) < _WHOLE_SET:
            made.append(found("odd-capabilities", "proven", subject.link("status"), " ".join(odd)))
    if file is not None and file.mode & _SETUID and file.uid == 0 and process.package is None:
        made.append(
            found("odd-capabilities", "proven", process.executable or "exe", f"setuid root, mode {file.mode:o}")
        )
    if process.uid == 0 and not any(parent.name in _LENDING for parent in process.parents):
        made += _of_others(subject)
    return made


def _of_others(subject: Subject) -> list[Finding]:
    """What root runs and another user owns or may write."""
    process = subject.process
    made: list[Finding] = []
    file = process.executable_file
    if (
        file is not None
        and process.package is None
        and (file.uid != 0 or (file.mode & _WRITABLE_BY_ALL and subject.place != "temporary"))
    ):
        observed = f"owned by uid {file.uid}, mode {file.mode:o}"
        made.append(found("runs-others-file-as-root", "proven", process.executable or "exe", observed))
    script = subject.file_of(subject.script)
    if script is None or script.uid is None or script.package is not None:
        return made
    if script.uid != 0 or ((script.mode or 0) & _WRITABLE_BY_ALL and place_of(script.path) != "temporary"):
        observed = f"owned by uid {script.uid}" + (f", mode {script.mode:o}" if script.mode is not None else "")
        made.append(found("runs-others-file-as-root", "proven", script.path, observed))
    return made
