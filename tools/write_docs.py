"""Writes what is made from the program itself: the manual page and the completions. `make docs` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

from whoseport.cli.commands import COMMANDS, EVERYWHERE, Option
from whoseport.cli.completion import script
from whoseport.cli.help import EXAMPLES, spelled, usage
from whoseport.render.schema import DOCUMENTS, schema_text
from whoseport.version import __version__

ROOT = Path(__file__).resolve().parent.parent
EXIT_STATUS = (
    ("0", "answered; a plain answer about a valid port is 0 whatever it says"),
    ("1", 'the answer is "no": nothing found, an unknown name; with -q: nothing holds the port here'),
    ("2", "wrong usage"),
    ("3", "could not see enough to answer"),
    ("4", "broken surroundings: an unreadable snapshot, no network for update, a full disk"),
    ("130", "interrupted"),
)
FILES = (
    ("$XDG_DATA_HOME/whoseport/snapshot.bin", "the registry's snapshot that `whoseport update` wrote"),
    ("$XDG_CONFIG_HOME/whoseport/config.toml", "settings: lang (text), bpf (true or false)"),
)


def made() -> dict[Path, str]:
    """Every made file, with what it must contain."""
    share = ROOT / "share"
    return {
        share / "man" / "man1" / "whoseport.1": manual(),
        share / "completions" / "whoseport.bash": script("bash"),
        share / "completions" / "_whoseport": script("zsh"),
        share / "completions" / "whoseport.fish": script("fish"),
        **{ROOT / "docs" / "schemas" / f"{name}.json": schema_text(name) for name in DOCUMENTS},
    }


def manual() -> str:
    """The manual page whoseport(1), in the man macros (groff_man(7))."""
    lines = [
        f'.TH WHOSEPORT 1 "" "whoseport {__version__}" "User Commands"',
        ".SH NAME",
        "whoseport \\- whose port is it? Officially, and on this machine right now",
        ".SH SYNOPSIS",
        *(line for command in COMMANDS for line in (f".B {_roff(usage(command))}", ".br")),
        ".SH DESCRIPTION",
        "whoseport tells whose a port is: what IANA's registry says of it, and what holds it on this machine.",
        "The layers never mix: a registry name is never shown as what is running, and a port number alone raises no",
        "suspicion. What could not be seen is said. A look changes nothing: whoseport opens files and asks the kernel;",
        "it connects to no port, binds none, runs no program, and loads nothing into the kernel unless told by",
        "\\fB\\-\\-bpf\\fR.",
        ".SH COMMANDS",
    ]
    for command in COMMANDS:
        lines += [".TP", f".B {_roff(command.name)} \\fI{_roff(command.words)}\\fR", _roff(command.summary)]
        lines += [*([".RS"] if command.options else []), *_options(command.options)]
        lines += [".RE"] if command.options else []
    lines += [".SH OPTIONS EVERYWHERE", *_options(EVERYWHERE), ".SH EXIT STATUS"]
    lines += [line for status, meaning in EXIT_STATUS for line in (".TP", f".B {status}", _roff(meaning))]
    lines += [".SH FILES"]
    lines += [line for name, meaning in FILES for line in (".TP", f".I {_roff(name)}", _roff(meaning))]
    lines += [".SH EXAMPLES", ".nf", *(_roff(example) for example in EXAMPLES), ".fi"]
    lines += [".SH SEE ALSO", ".BR ss (8),", ".BR lsof (8),", ".BR sock_diag (7),", ".BR services (5)"]
    return "\n".join(lines) + "\n"


def _options(options: tuple[Option, ...]) -> list[str]:
    return [line for option in options for line in (".TP", f".B {_roff(spelled(option))}", _roff(option.help))]


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def main() -> int:
    for path, content in made().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
