"""`--help` and `--version`, from the table of commands."""

from __future__ import annotations

from whoseport.cli.commands import COMMANDS, EVERYWHERE
from whoseport.cli.terminal import language, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.commands import Command, Option
    from whoseport.cli.parsing import Request
    from whoseport.render.language import Language

EXAMPLES = (
    "whoseport 971",
    "whoseport 443/tcp -v",
    "whoseport https",
    "whoseport http://localhost:3000/",
    "whoseport 954-988 --no-live",
    "whoseport list --transport tcp --address all",
    "whoseport find kerberos",
)


def run(request: Request) -> int:
    if request.has("version"):
        from whoseport.version import __version__

        write(f"whoseport {__version__}")
    else:
        spoken = language(request)
        write(command_help(request.command, spoken) if request.named else overview(spoken))
    return 0


def overview(language: Language) -> str:
    """What whoseport does, its commands, what holds everywhere, examples and exit statuses."""
    say = language.say
    lines = [
        say("whoseport: whose port is it? Officially, and on this machine right now."),
        "",
        say("Usage:"),
        *(f"  {usage(command)}" for command in COMMANDS if command.name == "show"),
        f"  whoseport COMMAND [{say('OPTION')}...]",
        "",
        say("Commands:"),
        *_table([(command.name, language.gettext(command.summary)) for command in COMMANDS]),
        "",
        say("Options everywhere:"),
        *_options(EVERYWHERE, language),
        "",
        say("Examples:"),
        *(f"  {example}" for example in EXAMPLES),
        "",
        say(
            "Exit status: 0 answered, 1 the answer is no, 2 wrong usage, 3 could not see enough, 4 broken surroundings."
        ),
        say("`whoseport COMMAND --help` tells the options of a command."),
    ]
    return "\n".join(lines)


def command_help(command: Command, language: Language) -> str:
    """The usage, the summary and the options of one command."""
    say = language.say
    lines = [f"{say('Usage:')} {usage(command)}", "", language.gettext(command.summary)]
    if command.options:
        lines += ["", say("Options:"), *_options(command.options, language)]
    lines += ["", say("Options everywhere:"), *_options(EVERYWHERE, language)]
    return "\n".join(lines)


def usage(command: Command) -> str:
    """One line: `whoseport list [OPTION...]`; the word `show` is left out, as users leave it out."""
    name = [] if command.name == "show" else [command.name]
    options = ["[OPTION...]"] if command.options else []
    return " ".join(["whoseport", *name, *options, *([command.words] if command.words else [])])


def spelled(option: Option) -> str:
    """An option as help and manual write it: `-t, --transport NAME`."""
    return ", ".join(option.names) + (f" {option.value}" if option.value else "")


def _options(options: tuple[Option, ...], language: Language) -> list[str]:
    return _table([(spelled(option), language.gettext(option.help)) for option in options])


def _table(rows: list[tuple[str, str]]) -> list[str]:
    column = max(len(left) for left, right in rows) + 2
    return [f"  {left:<{column}}{right}" for left, right in rows]
