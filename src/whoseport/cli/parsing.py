"""From the arguments to a request, by the table of commands; argparse costs as much as the whole answer."""

from __future__ import annotations

from whoseport.cli.commands import COMMANDS, EVERYWHERE, command_named
from whoseport.model import Misuse
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from whoseport.cli.commands import Command, Option


class Request(Record):
    """A command to run, its words, and the values of its options by key; `True` for an option without value."""

    command: Command
    words: tuple[str, ...]
    given: dict[str, tuple[str, ...]]
    named: bool
    """Was the command named, or is it the one that is meant without a name?"""

    def has(self, key: str) -> bool:
        return key in self.given

    def value(self, key: str) -> str | None:
        """The last value given, or None."""
        values = self.given.get(key)
        return values[-1] if values else None

    def values(self, key: str) -> tuple[str, ...]:
        return self.given.get(key, ())


def parse(arguments: list[str]) -> Request:
    """Reads options anywhere, `--name value`, `--name=value`, `-n value`, `-nvalue`, `-qv`; after `--` only words.

    The first word that is a command's name is the command; without one, words are ports and names to show, and no
    word at all is `list`. Raises `Misuse` with what was meant, where that can be guessed.
    """
    name, rest = _command(arguments)
    command = command_named(name)
    known = {option_name: option for option in command.options + EVERYWHERE for option_name in option.names}
    words: list[str] = []
    given: dict[str, tuple[str, ...]] = {}
    left = iter(rest)
    for argument in left:
        if argument == "--":
            words += left
        elif argument.startswith("--"):
            spelled, equals, value = argument.partition("=")
            option = _known(spelled, known, command)
            if option.value is None:
                if equals:
                    raise Misuse("option-takes-no-value", option=spelled)
                _give(given, option, value="")
            else:
                _give(given, option, value=value if equals else _next(left, spelled))
        elif argument.startswith("-") and argument != "-":
            _short(argument, left, known, command=command, given=given)
        elif command.begins:
            words += [argument, *left]
        else:
            words.append(argument)
    if not {"help", "version"} & given.keys():
        _check_words(command, words)
    return Request(command=command, words=tuple(words), given=given, named=len(rest) < len(arguments))


def _command(arguments: list[str]) -> tuple[str, list[str]]:
    """The command's name, and the arguments without it."""
    valued = {name for command in COMMANDS for option in command.options if option.value for name in option.names}
    valued |= {name for option in EVERYWHERE if option.value for name in option.names}
    skip = False
    for index, argument in enumerate(arguments):
        if skip:
            skip = False
        elif argument == "--":
            return "show", arguments
        elif argument.startswith("-") and argument != "-":
            skip = argument in valued
        else:
            if any(command.name == argument for command in COMMANDS):
                return argument, arguments[:index] + arguments[index + 1 :]
            return "show", arguments
    return ("show" if {"-q", "--quiet"} & set(arguments) else "list"), arguments


def _short(
    argument: str, left: Iterator[str], known: dict[str, Option], *, command: Command, given: dict[str, tuple[str, ...]]
) -> None:
    letters = argument[1:]
    while letters:
        spelled, letters = f"-{letters[0]}", letters[1:]
        option = _known(spelled, known, command)
        if option.value is None:
            _give(given, option, value="")
        else:
            _give(given, option, value=letters.removeprefix("=") if letters else _next(left, spelled))
            letters = ""


def _known(spelled: str, known: dict[str, Option], command: Command) -> Option:
    if spelled in known:
        return known[spelled]
    begun = {known[name].key: known[name] for name in known if len(spelled) > 3 and name.startswith(spelled)}
    if len(begun) == 1:
        return next(iter(begun.values()))
    elsewhere = [other.name for other in COMMANDS if any(spelled in option.names for option in other.options)]
    raise Misuse("option-unknown", option=spelled, command=command.name, elsewhere=tuple(elsewhere))


def _next(left: Iterator[str], spelled: str) -> str:
    value = next(left, None)
    if value is None:
        raise Misuse("option-needs-value", option=spelled)
    return value


def _give(given: dict[str, tuple[str, ...]], option: Option, *, value: str) -> None:
    if option.choices and value not in option.choices:
        raise Misuse("option-value-unknown", option=max(option.names, key=len), value=value, known=option.choices)
    given[option.key] = (*given.get(option.key, ()), value) if option.many else (value,)


def _check_words(command: Command, words: list[str]) -> None:
    if len(words) < command.least:
        raise Misuse("word-missing", command=command.name, words=command.words)
    if command.most is not None and len(words) > command.most:
        raise Misuse("word-too-many", command=command.name, word=words[command.most])
    if command.choices and words[0] not in command.choices:
        raise Misuse("word-unknown", command=command.name, word=words[0], known=command.choices)
