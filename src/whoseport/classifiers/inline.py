"""Does a program listen that stands on the command line, and what does it do with those who connect?"""

from __future__ import annotations

from whoseport.classifiers.command_line import started_by
from whoseport.classifiers.found import found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding

_OF_RUNTIMES = (
    "from multiprocessing.",
    "import multiprocessing.",
    "from joblib.",
    "from billiard.",
    "import sys;exec(eval(sys.stdin.readline()))",
    "import sys; exec(eval(sys.stdin.readline()))",
    "import sys; sys.path.extend(",
    "import setuptools, tokenize",
    "import sys; import pydevd",
    "import pydevd",
    "import runpy; ",
)
"""What a runtime itself starts its helpers with: multiprocessing's workers (spawn.py, forkserver.py), execnet
(pytest-xdist), editable installs, debuggers."""

_SEVERAL = ("perl", "ruby", "lua", "awk")
"""Interpreters to which a program is often given in several pieces (`-e A -e B`), with modules around it."""


def findings(subject: Subject) -> list[Finding]:
    """`inline-program`, `inline-shell` and `inline-encoded`; a shell's own command line is none: it does not listen."""
    code = subject.code
    family = subject.start.family
    if subject.from_input:
        return _decoded(subject)
    if code is None or family is None or (family == "ruby" and "-run" in subject.start.options):
        return []
    from whoseport.classifiers.inline_code import gives_shell, is_encoded

    if family == "shell" and not any(word in code for word in ("ztcp", "/inet", "accept ")):
        return []
    if code.lstrip().startswith(_OF_RUNTIMES) and len(code) < 1024:
        return []
    source = subject.link("cmdline")
    if family in _SEVERAL:
        code = " ".join((*subject.start.options, code, *subject.start.arguments))
    made = []
    if gives_shell(family, code):
        made.append(found("inline-shell", "likely", source, code))
    if is_encoded(family, code) or (family == "powershell" and _is_encoded_command(subject.start.options)):
        made.append(found("inline-encoded", "likely", source, code))
    return made or [found("inline-program", "proven", source, code)]


def _decoded(subject: Subject) -> list[Finding]:
    """A program that the shell above it decodes and hands over by a pipe: `echo ... | base64 -d | python3`."""
    parent = subject.process.parents[0] if subject.process.parents else None
    if parent is None or not parent.command:
        return []
    start = started_by(parent.command, parent.executable, parent.name)
    if start.family != "shell" or start.form != "inline":
        return []
    from whoseport.classifiers.inline_code import decodes_for

    if not decodes_for(subject.start.program, start.subject):
        return []
    return [found("inline-encoded", "likely", f"/proc/{parent.pid}/cmdline", start.subject)]


def _is_encoded_command(options: tuple[str, ...]) -> bool:
    """pwsh takes its program in base64 behind -EncodedCommand or any beginning of it (about_Pwsh)."""
    return any(word.lower() in ("-e", "-ec") or word.lower().startswith("-enc") for word in options)
