"""Does a command line hand a shell to whoever connects: `nc -e /bin/sh`, `socat EXEC:bash`, `telnetd -l /bin/sh`?

A handler of its own is what such tools are for: only a shell that takes commands, or a program that starts one, counts.
"""

from __future__ import annotations

from whoseport.classifiers.command_line import started_by
from whoseport.classifiers.commands import split_words, takes_commands, unwrapped, without_redirections
from whoseport.classifiers.found import found
from whoseport.classifiers.interpreters import LOADERS, MULTI_CALL, family_of
from whoseport.classifiers.places import base_name
from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding, Process

RELAYS = words(
    "nc ncat netcat nc.openbsd nc.traditional nc6 cryptcat socat sbd tcpsvd udpsvd tcpserver telnet s_server pwncat "
    "dbclient gnutls-serv"
)
"""Programs that pass on what comes through a socket, and do nothing of their own with it."""

_EXECUTE = ("-e", "--exec", "--sh-exec", "--lua-exec")
_SOCAT = ("exec:", "system:", "shell:")
_TAKES_PROGRAM = {"tcpserver": 2, "tcpsvd": 2, "udpsvd": 2}
"""Super-servers and the number of words (address, port) before the program that they start."""

_WITHOUT_PROGRAM = words("xterm urxvt rxvt konsole gnome-terminal gdbserver lldb-server")


def findings(subject: Subject) -> list[Finding]:
    """`offers-shell`, from the process's own command line."""
    process = subject.process
    if subject.start.family is not None or not process.command or len(process.command) < 2:
        return []
    offered = _offer(subject, process)
    return [] if offered is None else [found("offers-shell", "proven", subject.link("cmdline"), offered)]


def is_relay(process: Process) -> bool:
    """Whether a process is a relay, by any of its names."""
    names = {base_name(process.executable or ""), process.name}
    if process.command:
        names.add(base_name(process.command[0]))
        if names & MULTI_CALL and len(process.command) > 1:
            names.add(base_name(process.command[1]))
        if "s_server" in process.command[1:3]:
            return True
    return not names.isdisjoint(RELAYS)


def _offer(subject: Subject, process: Process) -> str | None:
    """The part of a command line by which whoever connects is given a shell; None where none is."""
    command = process.command or ()
    program = subject.start.program
    if subject.own.startswith(LOADERS):
        command = command[next((at for at, word in enumerate(command) if at and base_name(word) == program), 0) :]
    name = base_name(command[0].lstrip("-"))
    if name in MULTI_CALL:
        command = command[1:]
        name = base_name(command[0]) if command else ""
    if {name, program} & _WITHOUT_PROGRAM or "term" in name:
        return None
    if "telnetd" in name or "telnetd" in program:
        return _login_of_telnetd(command)
    relay = is_relay(process)
    for place, word in enumerate(command[1:512], 1):
        offered = _of_word(word, command, place)
        if offered and word == "-e" and subject.own in MULTI_CALL:
            offered = (*offered, *command[place + 2 :])
        if offered and (relay or offered[0].startswith("/") or not word.startswith("-")) and _gives_shell(offered):
            return f"{word} {' '.join(offered)}" if word in _EXECUTE else word
    if name in _TAKES_PROGRAM or program in _TAKES_PROGRAM:
        return _of_super_server(command, _TAKES_PROGRAM.get(name) or _TAKES_PROGRAM[program])
    if name in ("nc", "ncat", "netcat", "nc.traditional") or program in ("ncat", "nc.traditional"):
        return _of_netcat(command)
    if "websocketd" in (name, program):
        return _of_websocketd(command)
    return None


def _of_word(word: str, command: Sequence[str], place: int) -> tuple[str, ...] | None:
    """The command that an option hands on: `-e PROGRAM`, `--exec=PROGRAM`, `EXEC:PROGRAM,pty`."""
    option, equals, value = word.partition("=")
    if option in _EXECUTE:
        given = value if equals else (command[place + 1] if place + 1 < len(command) else "")
        return ("sh", "-c", given) if option == "--sh-exec" else split_words(given)
    lowered = word[:7].lower()
    if lowered.startswith(_SOCAT):
        given = _address(word[word.index(":") + 1 :])
        if lowered[0] != "e":
            return "sh", "-c", given
        # socat takes the quotes away before it splits at blanks; whoever wrote them meant a shell's
        meant = split_words(given)
        return meant if _gives_shell(meant) else tuple(given.replace('"', "").replace("'", "").split())
    return None


def _address(text: str) -> str:
    """What an address of socat(1) starts, without its options after a comma; quotes and backslashes protect commas."""
    given = ""
    quote = ""
    escaped = False
    for character in text[:65536]:
        if escaped:
            given += character
            escaped = False
        elif character == "\\":
            escaped = True
        elif quote:
            given += character
            quote = "" if character == quote else quote
        elif character == ",":
            break
        else:
            quote = character if character in "'\"" else ""
            given += character
    return given


def _of_netcat(command: Sequence[str]) -> str | None:
    """`-c COMMAND` of the traditional netcat and of ncat, and letters joined (`-lvke /bin/sh`)."""
    for place, word in enumerate(command[1:512], 1):
        if word.startswith("--") or not word.startswith("-") or len(word) < 2:
            continue
        letter = word[-1]
        if letter in "ec" and place + 1 < len(command):
            given = split_words(command[place + 1]) if letter == "e" else ("sh", "-c", command[place + 1])
            if _gives_shell(given):
                return f"{word} {command[place + 1]}"
    return None


def _of_super_server(command: Sequence[str], words: int) -> str | None:
    """What tcpserver(1) or tcpsvd(8) starts: after its options, an address and a port."""
    rest = [place for place, word in enumerate(command) if place and not word.startswith("-")]
    for start in range(words, min(words + 6, len(rest))):
        given = tuple(command[rest[start] :])
        if family_of(base_name(given[0])) or base_name(given[0]) in MULTI_CALL:
            return " ".join(given) if _gives_shell(given) else None
    return None


def _of_websocketd(command: Sequence[str]) -> str | None:
    for place, word in enumerate(command[1:], 1):
        if not word.startswith("-"):
            given = tuple(command[place:])
            return " ".join(given) if _gives_shell(given) else None
    return None


def _login_of_telnetd(command: Sequence[str]) -> str | None:
    """telnetd asks for a name and a password by login(1), unless `-l` (BusyBox) or `-L`/`-E` names another program."""
    for place, word in enumerate(command[1:], 1):
        if word[:1] == "-" and word[-1:] in ("l", "L", "E") and not word.startswith("--") and place + 1 < len(command):
            given = split_words(command[place + 1])
            if given and (_gives_shell(given) or (base_name(given[0]) in MULTI_CALL and len(given) == 1)):
                return f"{word} {command[place + 1]}"
        for option in ("--exec-login=", "-l/"):
            if word.startswith(option) and _gives_shell(split_words(word[len(option) - (option == "-l/") :])):
                return word
    return None


def _gives_shell(words: Sequence[str]) -> bool:
    """Whether a command is a shell that takes commands, or a program on its own command line that starts one."""
    words = unwrapped(without_redirections(words))
    if not words:
        return False
    if takes_commands(words):
        return True
    program = base_name(words[0])
    if program in MULTI_CALL:
        return len(words) > 1 and takes_commands(words[1:])
    family = family_of(program)
    if family is None:
        return False
    start = started_by(words)
    if start.form != "inline":
        return False
    from whoseport.classifiers.inline_code import gives_shell

    return gives_shell(family, start.subject)


def mentioned(program: str, text: str) -> bool:
    """Whether a line of inetd's or a socket unit's hands out a shell: its program, or the command in the line.

    >>> mentioned("/bin/sh", "9 stream tcp nowait root /bin/sh sh -i"), mentioned("/bin/sh", "ExecStart=/bin/sh /a/b")
    (True, False)
    """
    words = split_words(text)
    for place, word in enumerate(words):
        if word.rpartition("=")[2].lstrip("-@:+!") == program:
            rest = words[place + 1 :]
            if rest and base_name(rest[0]) == base_name(program):
                rest = rest[1:]
            return _gives_shell((program, *rest))
    return _gives_shell((program,))
