"""The command line: a door. Reads the arguments, runs the command, turns what goes wrong into words and a status."""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from whoseport.model import WhoseportError

INTERRUPTED = 130
BROKEN = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `whoseport` and returns its exit status.

    0 answered, 1 the answer is no, 2 misuse, 3 cannot tell, 4 broken surroundings, 130 interrupted.
    """
    gc.disable()  # a short life: to look for cycles takes longer than they are worth
    try:
        try:
            status = _run(sys.argv[1:] if arguments is None else list(arguments))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _silence_output()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        _silence_output()
        sys.stderr.write(f"whoseport: {error}\n")
        return BROKEN
    return status


def _run(arguments: list[str]) -> int:
    from whoseport.cli.parsing import parse
    from whoseport.model import WhoseportError

    try:
        request = parse(arguments)
        if "help" in request.given or "version" in request.given:
            from whoseport.cli.help import run

            return run(request)
        return request.command.run(request)
    except WhoseportError as error:
        _complain(error, arguments)
        return error.exit_status


def _complain(error: WhoseportError, arguments: list[str]) -> None:
    """Says what is wrong, in the language that was asked for even where the arguments could not be read."""
    from whoseport.cli.terminal import language_of
    from whoseport.model import Misuse
    from whoseport.render.errors import message
    from whoseport.render.language import ENGLISH

    wanted = None
    for position, argument in enumerate(arguments):
        if argument == "--lang":
            wanted = "".join(arguments[position + 1 : position + 2])
        elif argument.startswith("--lang="):
            wanted = argument.partition("=")[2]
    try:
        language = language_of(wanted)
    except Misuse:  # the very thing that is complained of
        language = ENGLISH
    sys.stdout.flush()
    sys.stderr.write(f"whoseport: {message(error, language)}\n")


def _silence_output() -> None:
    """Points standard output to nowhere, so that Python's own last flush has nothing to complain about."""
    import os

    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        sys.stdout = None
