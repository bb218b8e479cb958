"""`whoseport completion SHELL`: completion scripts for bash, zsh and fish, made from the table of commands."""

from __future__ import annotations

from whoseport.cli.commands import COMMANDS, EVERYWHERE
from whoseport.cli.terminal import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.commands import Command, Option
    from whoseport.cli.parsing import Request


def run(request: Request) -> int:
    write(script(request.words[0]))
    return 0


def script(shell: str) -> str:
    """The script for `bash`, `zsh` or `fish`."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()


def _names(options: tuple[Option, ...]) -> str:
    return " ".join(name for option in options for name in option.names)


def _of(command: Command) -> tuple[Option, ...]:
    return command.options + EVERYWHERE


def _chosen() -> dict[str, tuple[str, ...]]:
    """The options whose values are a closed list, each once, by all their names."""
    options = {option.names: option.choices for command in COMMANDS for option in _of(command) if option.choices}
    return {"|".join(names): choices for names, choices in options.items()}


def _bash() -> str:
    commands = " ".join(command.name for command in COMMANDS)
    values = "\n".join(
        f'        {names}) COMPREPLY=($(compgen -W "{" ".join(choices)}" -- "$word")); return ;;'
        for names, choices in _chosen().items()
    )
    cases = "\n".join(
        f'        {command.name}) words="{" ".join((_names(_of(command)), *(command.choices or ())))}" ;;'
        for command in COMMANDS
    )
    show = _names(_of(COMMANDS[0]))
    return f"""# bash completion for whoseport
_whoseport() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" words
    case "$before" in
{values}
        --from) COMPREPLY=($(compgen -f -- "$word")); return ;;
    esac
    case "${{COMP_WORDS[1]}}" in
{cases}
        *) words="{show}" ;;
    esac
    if [ "$COMP_CWORD" -eq 1 ]; then words="{commands} $words"; fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -F _whoseport whoseport
"""


def _zsh() -> str:
    commands = "\n".join(f"        {_quoted(f'{command.name}:{command.summary}')}" for command in COMMANDS)
    cases = "\n".join(f"        {command.name}) _arguments {_zsh_options(command)} ;;" for command in COMMANDS)
    return f"""#compdef whoseport
_whoseport() {{
    local -a commands
    commands=(
{commands}
    )
    if (( CURRENT == 2 )); then _describe command commands; fi
    case "$words[2]" in
{cases}
        *) _arguments {_zsh_options(COMMANDS[0])} ;;
    esac
}}
_whoseport "$@"
"""


def _zsh_options(command: Command) -> str:
    parts = []
    for option in _of(command):
        for name in option.names:
            described = option.help.replace("[", "(").replace("]", ")").replace(":", "\\:")
            action = f"({' '.join(option.choices)})" if option.choices else "_files" if option.key == "from" else ""
            value = f":{option.value}:{action}" if option.value else ""
            parts.append(_quoted(f"{'*' if option.many else ''}{name}[{described}]{value}"))
    parts += [_quoted(f"*:word:({' '.join(command.choices)})")] if command.choices else []
    return " ".join(parts)


def _fish() -> str:
    lines = ["# fish completion for whoseport", "complete -c whoseport -f"]
    for command in COMMANDS:
        summary = _quoted(command.summary)
        lines.append(f"complete -c whoseport -n __fish_use_subcommand -a {command.name} -d {summary}")
        where = f"-n '__fish_seen_subcommand_from {command.name}'"
        if command.choices:
            lines.append(f"complete -c whoseport {where} -a {_quoted(' '.join(command.choices))}")
        lines += [_fish_option(option, where) for option in command.options]
        if command.name == "show":
            lines += [_fish_option(option, "-n __fish_use_subcommand") for option in command.options]
    return "\n".join([*lines, *(_fish_option(option, "") for option in EVERYWHERE)]) + "\n"


def _fish_option(option: Option, where: str) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
    value = (f" -x -a {_quoted(' '.join(option.choices))}" if option.choices else " -r -F") if option.value else ""
    return f"complete -c whoseport{' ' if where else ''}{where} {names}{value} -d {_quoted(option.help)}"


def _quoted(text: str) -> str:
    """In single quotes, as each of the three shells reads them."""
    return "'" + text.replace("'", "'\\''") + "'"
