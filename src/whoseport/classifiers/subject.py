"""What do the classifiers of a process look at? The process, with what was understood of it once for all of them."""

from __future__ import annotations

from whoseport.classifiers.command_line import started_by
from whoseport.classifiers.commands import reads_program
from whoseport.classifiers.interpreters import LOADERS
from whoseport.classifiers.places import base_name, place_of
from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.classifiers.command_line import Start
    from whoseport.classifiers.places import Place
    from whoseport.model import NamedFile, Process, Software

GENERIC = words(
    "master registry starter bird zebra vector vault host code go edge cursor trunk barrier bacon burp bore beam "
    "heartbeat motion loki nebula nomad oracle fossil approx pinger redir supernode pluto charon chisel bao air "
    "monit janus raylet r x gcs_server fileserver fbserver fbguard cache-main b-httpworker volserver searchd "
    "trace-agent all-in-one-linux symfony fish nu nsd ss-server hitch taskd frpc frps portmap h2o surreal sockd "
    "spamd pasta code-server web app api server agent worker daemon main proxy node broker gateway controller "
    "scheduler"
)
"""Names of known servers that are everybody's words, too: bearing one says nothing."""

_FILES = ("script", "jar")


class Subject:
    """A process, and what is understood of it.

    `own` is the base name of its executable, `place` the kind of place that this lies in; `start` what its command
    line starts; `script` the path, as it was given, of what an interpreter (or ld.so) runs; `code` the program that
    stands on the command line; `from_input` tells of one that is read from standard input.
    """

    __slots__ = ("code", "from_input", "loaded", "named", "own", "place", "process", "script", "start")

    def __init__(
        self, process: Process, *, named: Callable[[str], tuple[Software, ...]], start: Start | None = None
    ) -> None:
        """`start` is what the command line starts, where that was read before."""
        path = process.executable
        self.process = process
        self.named = named
        self.own = base_name(path) if path else ""
        self.place: Place | None = place_of(path) if path else None
        self.start: Start = start or started_by(process.command, path, process.name)
        self.loaded = self.own.startswith(LOADERS) and self.own != self.start.program
        self.script: str | None = None
        self.code: str | None = None
        self.from_input = False
        if self.loaded:
            self.script = _loaded(process.command or (), self.start)
        if self.start.family is not None:
            if self.start.form in _FILES:
                self.script = self.start.subject
            elif self.start.form == "inline":
                self.code = self.start.subject
            self.from_input = bool(process.command) and reads_program(self.start)

    def link(self, name: str) -> str:
        """The source of what was read of this process: /proc/PID/NAME (proc(5))."""
        return f"/proc/{self.process.pid}/{name}"

    def file_of(self, argument: str | None) -> NamedFile | None:
        """The file that an argument of the command line names, as far as it was looked for."""
        command = self.process.command
        if argument is None or not self.process.files or not command:
            return None
        for file in self.process.files:
            if 0 < file.argument < len(command) and command[file.argument] == argument:
                return file
        return None


def _loaded(command: tuple[str, ...], start: Start) -> str | None:
    """The path of the program that ld.so was told to load."""
    return next((word for word in command[1:] if base_name(word) == start.program and not word.startswith("-")), None)
