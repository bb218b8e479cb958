"""What does a command line start? Finds the script, module, jar or class behind an interpreter, or the inline program.

A command line is what its process wants it to be: a title that was written over it is told as such.
"""

from __future__ import annotations

from whoseport.classifiers.interpreters import DIALECTS, LOADERS, MULTI_CALL, family_of
from whoseport.classifiers.places import base_name
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from whoseport.classifiers.interpreters import Dialect

    Form = Literal["program", "script", "module", "jar", "class", "inline", "input", "server", "title", "applet"]

_MOST_WORDS = 256
"""Words of a command line that are read; what it starts stands long before."""


class Start(Record):
    """What a command line starts.

    `program` is the base name of what runs, `family` that of its interpreter (`python`, `node`), None for a program of
    its own. `form` tells what `subject` is: `program` (nothing else to tell), `script` (a path), `module`, `jar`,
    `class`, `inline` (the program's text), `input` (it reads its program from its input), `server` (PHP's own server:
    an address), `title` (what a process wrote over its command line), `applet` (of busybox). `options` stand before the
    subject, `arguments` after it.
    """

    program: str
    family: str | None
    form: Form
    subject: str
    options: tuple[str, ...]
    arguments: tuple[str, ...]

    @property
    def name(self) -> str:
        """The subject's short name: base name of a path, class or module as it is."""
        return base_name(self.subject) if self.form in ("program", "script", "jar") else self.subject


def started_by(command: tuple[str, ...] | None, executable: str | None = None, name: str = "") -> Start:
    """What this command line starts. `executable` is the file that runs, `name` the process's own (proc(5), comm).

    >>> start = started_by(("python3", "-u", "-m", "http.server", "8000"), "/usr/bin/python3.11")
    >>> start.family, start.form, start.subject, start.arguments
    ('python', 'module', 'http.server', ('8000',))
    >>> started_by(("gunicorn: master [app:app]",), "/usr/bin/python3.11").form
    'title'
    """
    key = command, executable, None if command else name
    start = _read.get(key)
    if start is None:
        if len(_read) >= _MOST_REMEMBERED:
            _read.clear()
        start = _read[key] = _started_by(command, executable, name)
    return start


_read: dict[tuple[object, ...], Start] = {}
"""What command lines were found to start: those of a crowd, and of ancestors that many share, are alike."""
_MOST_REMEMBERED = 1024


def _started_by(command: tuple[str, ...] | None, executable: str | None, name: str) -> Start:
    words = command[:_MOST_WORDS] if command else ()
    called = base_name(words[0]) if words else name
    program = base_name(executable) if executable else called
    if program.startswith(LOADERS) and len(words) > 1 and executable:
        return _loaded(program, words)
    if program in MULTI_CALL:
        return _applet(program, called, words)
    family = family_of(program)
    if family is None:
        return Start(
            program=program, family=None, form="program", subject=program, options=(), arguments=tuple(words[1:])
        )
    if len(words) == 1 and family_of(called.partition(" ")[0].lstrip("-")) is None and words[0]:
        return Start(program=program, family=family, form="title", subject=words[0], options=(), arguments=())
    return _READERS.get(family, _plain)(program, family, words[1:])


def _start(
    program: str, family: str, form: Form, subject: str, *, options: tuple[str, ...], arguments: tuple[str, ...]
) -> Start:
    return Start(
        program=program, family=family, form=form, subject=subject, options=options, arguments=tuple(arguments)
    )


def _loaded(program: str, words: tuple[str, ...]) -> Start:
    """ld.so(8): options, then the program and its arguments."""
    at = 1
    while at < len(words) and words[at].startswith("-"):
        takes_value = words[at] in ("--library-path", "--preload", "--audit", "--inhibit-rpath", "--argv0", "-L", "-0")
        at += 2 if takes_value else 1
    if at >= len(words):
        return Start(program=program, family=None, form="program", subject=program, options=(), arguments=())
    return started_by(words[at:], words[at])


def _applet(program: str, called: str, words: tuple[str, ...]) -> Start:
    rest = words
    if called in MULTI_CALL:
        rest = words[1:]
        called = base_name(rest[0]) if rest else program
    called = called.lstrip("-")
    if family_of(called) == "shell":
        return _plain(called, "shell", rest[1:])
    if called == program:
        return Start(program=program, family=None, form="program", subject=program, options=(), arguments=())
    return Start(program=program, family=None, form="applet", subject=called, options=(), arguments=tuple(rest[1:]))


def _plain(program: str, family: str, words: tuple[str, ...]) -> Start:
    """By the interpreter's dialect, option after option up to the first operand."""
    dialect = DIALECTS[family]
    at = 0
    subcommand = script = code = None
    while at < len(words):
        word = words[at]
        if word == "--":
            at += 1
            break
        if word == "-" or not word.startswith("-") or (word.startswith("--") and dialect.single_dash and len(word) < 3):
            if word.startswith("+") and family == "shell":
                at += 1
                continue
            if subcommand is None and word in dialect.subcommands:
                subcommand = word
                at += 1
                continue
            break
        form, value, at = _option(dialect, words, at)
        if form == "inline" and value is not None and dialect.script_after_code:
            code = value
        elif form == "inline" and value is None:
            code = ""
        elif form == "script":
            script = value
        elif form is not None:
            return _start(program, family, form, value or "", options=words[:at], arguments=words[at:])
    options, rest = words[:at], words[at:]
    if script is not None:
        return _start(program, family, "script", script, options=options, arguments=rest)
    if code == "" and rest:
        return _start(program, family, "inline", rest[0], options=options, arguments=rest[1:])
    if subcommand == "eval" and rest:
        return _start(program, family, "inline", rest[0], options=options, arguments=rest[1:])
    if rest and rest[0] != "-":
        form = "inline" if dialect.first_is_code else "script"
        if subcommand in ("task", "dev", "x") and family in ("deno", "bun"):
            form = "module"
        return _start(program, family, form, rest[0], options=options, arguments=rest[1:])
    if code:
        return _start(program, family, "inline", code, options=options, arguments=rest)
    return _start(program, family, "input", "", options=options, arguments=rest[1:])


def _option(dialect: Dialect, words: tuple[str, ...], at: int) -> tuple[Form | None, str | None, int]:
    """What one word of options says: a form with its value (None: the first operand), and where the next word is."""
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    long, equals, value = word.partition("=")
    known = long.lower() if dialect.single_dash else long
    if known in dialect.long_code:
        return ("inline", value, at + 1) if equals else ("inline", following, at + 2)
    if word.startswith("--") or dialect.single_dash or known in dialect.words:
        if known in ("--file", "-file"):
            return ("script", value, at + 1) if equals else ("script", following, at + 2)
        return None, None, at + (2 if known in dialect.words and not equals else 1)
    for place in range(1, len(word)):
        letter, rest = word[place], word[place + 1 :]
        if letter in dialect.code:
            if dialect.code_is_operand:
                return "inline", None, at + 1
            return ("inline", rest, at + 1) if rest else ("inline", following, at + 2)
        if letter == dialect.module:
            return ("module", rest, at + 1) if rest else ("module", following, at + 2)
        if letter in dialect.files:
            return ("script", rest, at + 1) if rest else ("script", following, at + 2)
        if letter in dialect.letters:
            if letter == "S" and "S" in dialect.letters and "r" in dialect.code:
                return ("server", rest, at + 1) if rest else ("server", following, at + 2)
            return None, None, at + (1 if rest else 2)
        if letter in dialect.attached and not (letter in "l0" and rest):
            return None, None, at + 1
    return None, None, at + 1


def _java(program: str, family: str, words: tuple[str, ...]) -> Start:
    """java(1): java [options] mainclass | -jar FILE | -m MODULE/CLASS | FILE.java."""
    takes_value = DIALECTS["java"].words
    at = 0
    while at < len(words):
        word = words[at]
        following = words[at + 1] if at + 1 < len(words) else ""
        if word == "-jar":
            return _start(program, family, "jar", following, options=words[:at], arguments=words[at + 2 :])
        if word in ("-m", "--module"):
            return _start(program, family, "class", following, options=words[:at], arguments=words[at + 2 :])
        if word.startswith("--module="):
            return _start(program, family, "class", word[9:], options=words[:at], arguments=words[at + 1 :])
        if word in takes_value:
            at += 2
        elif word.startswith(("-", "@")):
            at += 1
        else:
            if word == "clojure.main" and "-m" in words[at + 1 : -1]:
                at = words.index("-m", at) + 1
                word = words[at]
            form: Form = "script" if word.endswith(".java") else "class"
            return _start(program, family, form, word, options=words[:at], arguments=words[at + 1 :])
    return _start(program, family, "input", "", options=words, arguments=())


def _beam(program: str, family: str, words: tuple[str, ...]) -> Start:
    """erl(1), init(3erl): -s, -run and -S name a module, -extra a script (mix, iex), -boot a release."""
    module = script = code = boot = ""
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        if word in ("-s", "-run", "-S") and following:
            # what Elixir starts by itself says nothing
            if following not in ("elixir", "user_drv", "crypto", "ssl", "inets"):
                module = following
        elif word == "-eval" and following:
            code = following
        elif word == "-boot" and "/" in following:
            boot = following
        elif word == "-extra":
            operands = [one for one in words[at + 1 :] if not one.startswith(("-", "+"))]
            if operands:
                script = operands[0]
                after = words[words.index(script, at) + 1 :]
                return _start(program, family, "script", script, options=words[:at], arguments=after)
            break
    if module:
        return _start(program, family, "module", module, options=words, arguments=())
    if boot and not base_name(boot).startswith(("start_clean", "no_dot_erlang", "start_sasl")):
        return _start(program, family, "script", boot, options=words, arguments=())
    if code:
        return _start(program, family, "inline", code, options=words, arguments=())
    return _start(program, family, "input", "", options=words, arguments=())


_READERS = {"java": _java, "beam": _beam}
