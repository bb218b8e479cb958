"""Is a shell, or an interpreter that runs what it is sent, wired to this socket?

Wired is what takes its commands from there: a handler script on the same socket is what inetd(8) has always started.
"""

from __future__ import annotations

from whoseport.classifiers.commands import takes_commands
from whoseport.classifiers.found import found
from whoseport.classifiers.interpreters import MULTI_CALL, family_of
from whoseport.classifiers.offers import is_relay
from whoseport.classifiers.places import base_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding, Process, RelatedProcess, Streams

_IDLE = (None, "/dev/null")


def findings(subject: Subject) -> list[Finding]:
    """`shell-on-socket`, `shell-on-pipe`, `program-from-input`, `interpreter-on-socket`."""
    process = subject.process
    made: list[Finding] = []
    if process.streams is not None and subject.start.family is not None:
        made += _wired(subject)
    served = _is_wired(process.streams) or any(_is_wired_copy(process, related) for related in process.related or ())
    for related in process.related or ():
        family = family_of(_program(related))
        if family is None and _program(related) not in MULTI_CALL:
            continue
        one = _of_related(subject, related, served=served)
        if one is not None:
            made.append(one)
    return made


def _wired(subject: Subject) -> list[Finding]:
    """The process itself: its own standard streams."""
    process, family = subject.process, subject.start.family
    streams = process.streams
    if streams is None:
        return []
    if not _is_socket(streams.input):
        if subject.from_input and streams.input not in _IDLE and not _is_terminal(streams.input) and family != "shell":
            return [found("program-from-input", "likely", subject.link("fd/0"), streams.input or "")]
        return []
    observed = f"{' '.join(process.command or ())}: {streams.input}"
    if subject.from_input or (family == "shell" and subject.start.form == "title"):
        # a runtime that starts helpers gives each stream a socket of its own (socketpair(2))
        sure = streams.input == streams.output
        return [found("shell-on-socket", "proven" if sure else "likely", subject.link("fd/0"), observed)]
    if subject.code is not None and family != "shell" and streams.input == streams.output:
        return [found("interpreter-on-socket", "proven", subject.link("fd/0"), observed)]
    return []


def _of_related(subject: Subject, related: RelatedProcess, *, served: bool) -> Finding | None:
    """A child, or a process at the other end of a pipe, that takes commands from what arrives here.

    `served`: the owner or a copy of it has a connection for its standard streams.
    """
    streams = related.streams
    command = _as_it_runs(related)
    if streams is None or not command or not takes_commands(command):
        return None
    source = f"/proc/{related.pid}/fd/0"
    observed = f"{' '.join(related.command or command)}: {streams.input}"
    if _is_terminal(streams.input):
        # a terminal of its own, whose other end is held by who has the connection: pty.spawn, script(1)
        wired = served and related.relation == "child"
        return found("shell-on-socket", "likely", source, observed) if wired else None
    if related.relation == "child" and _is_socket(streams.input) and streams.input == streams.output:
        return found("shell-on-socket", "proven", source, observed)
    if streams.input in _IDLE:
        return None
    if not is_relay(subject.process):
        return _fed(related, command, source, observed)
    own = subject.process.streams
    if related.relation == "child":
        return found("shell-on-pipe", "proven", source, observed)
    if own is None or not _joined(own, streams):
        return None
    if _is_part_of_parent(subject.process, command):
        # a shell that reads the pipe by a loop of its own (`nc -l | while read`) is a copy of the one that started both
        return found("shell-on-pipe", "guess", source, observed)
    return found("shell-on-pipe", "proven", source, observed)


def _fed(related: RelatedProcess, command: Sequence[str], source: str, observed: str) -> Finding | None:
    """A shell that a program of its own feeds: agents and notebooks keep one, but none that prompts."""
    if related.relation != "child" or family_of(base_name(command[0].lstrip("-"))) != "shell":
        return None
    prompts = any(word.startswith("-") and not word.startswith("--") and "i" in word for word in command[1:])
    return found("shell-on-pipe", "likely", source, observed) if prompts else None


def _is_wired_copy(process: Process, related: RelatedProcess) -> bool:
    """Whether a child is the process once more (fork(2)), with a connection for its standard input and output."""
    return (
        related.relation == "child"
        and _is_wired(related.streams)
        and related.command == process.command
        and related.executable == process.executable
    )


def _is_wired(streams: Streams | None) -> bool:
    return streams is not None and _is_socket(streams.input) and streams.input == streams.output


def _as_it_runs(related: RelatedProcess) -> tuple[str, ...]:
    """Its command, with the shell that it is in place of another name that it was given."""
    command = related.command or ()
    program = base_name(related.executable or "")
    if command and family_of(program) == "shell" and family_of(base_name(command[0].lstrip("-"))) is None:
        return (program, *command[1:])
    return command


def _joined(relay: Streams, shell: Streams) -> bool:
    """Whether what the relay puts out reaches the shell, or the shell's answers go out through the relay."""
    if shell.input is not None and shell.input == relay.output:
        return True
    return shell.output is not None and shell.output == relay.input


def _is_part_of_parent(process: Process, command: Sequence[str]) -> bool:
    parent = process.parents[0] if process.parents else None
    return parent is not None and parent.command is not None and tuple(parent.command) == tuple(command)


def _program(related: RelatedProcess) -> str:
    if related.executable:
        name = base_name(related.executable)
        if name not in MULTI_CALL:
            return name
    return base_name(related.command[0].lstrip("-")) if related.command else related.name


def _is_socket(stream: str | None) -> bool:
    return stream is not None and stream.startswith("socket:")


def _is_terminal(stream: str | None) -> bool:
    return stream is not None and stream.startswith(("/dev/pts/", "/dev/tty", "/dev/console", "/dev/hvc"))
