"""How are the results of a search told? One line each: port, service name, and what it is for."""

from __future__ import annotations

from whoseport.render.escape import Safe, command_line, joined, plain, prose
from whoseport.render.layout import Step
from whoseport.render.table import next_lines
from whoseport.render.width import columns, padded, trimmed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Layer, SearchResults
    from whoseport.render.language import Language


def results(
    found: SearchResults, *, text: str, language: Language, width: int | None, colour: bool, limit: int = 0
) -> str:
    """The results, best first; the same service on several transports of a port on one line.

    `limit` is how many lines were asked for, 0 for all.
    """
    say = language.say
    merged: dict[tuple[int | None, str | None, str, Layer], list[str]] = {}
    for result in found.results:
        transports = merged.setdefault((result.port, result.service_name, result.text, result.layer), [])
        transports += [result.transport] if result.transport and result.transport not in transports else []
    rows: list[tuple[Safe, Safe, Safe]] = []
    for (port, name, text_found, layer), transports in merged.items():
        numbered = plain("/".join([str(port), ",".join(transports)] if transports else [str(port)]))
        description = _practice(text_found, language) if layer == "practice" else prose(text_found)
        rows.append((numbered if port is not None else say("no port"), plain(name or "-", limit=60), description))
    told = _set(rows[: limit or None], width=width)
    if not rows:
        told.append(say("Nothing found."))
    elif limit and len(rows) > limit:
        command = command_line(("whoseport", "find", "-n", "0", text))
        told += [
            Safe(""),
            *next_lines([Step(command=command, meaning=say("every result"))], language, width=width, colour=colour),
        ]
    else:
        port = next((port for port, *_ in merged if port is not None), None)
        if port is not None:
            command = command_line(("whoseport", str(port)))
            told += [
                Safe(""),
                *next_lines(
                    [Step(command=command, meaning=say("one port in full"))], language, width=width, colour=colour
                ),
            ]
    return "\n".join(told) + "\n"


def _practice(text: str, language: Language) -> Safe:
    """A fact of practice, `SOFTWARE, ROLE`, in words of this language; it is not the registry's word."""
    from whoseport.render.practice import ROLES

    software, _, role = text.rpartition(", ")
    template = {str(known): words for known, words in ROLES.items()}.get(role)
    if not software or template is None:
        return language.say("{text} (in practice)", text=prose(text))
    told = language.say("{software}, {role}", software=prose(software), role=language.say(template))
    return language.say("{text} (in practice)", text=told)


def _set(rows: list[tuple[Safe, Safe, Safe]], *, width: int | None) -> list[Safe]:
    port_columns = max([0, *(columns(port) for port, _, _ in rows)])
    name_columns = max([0, *(columns(name) for _, name, _ in rows)])
    told: list[Safe] = []
    for port, name, description in rows:
        line = joined("  ", [padded(port, port_columns), padded(name, name_columns), description])
        told.append(line if width is None else trimmed(line, width))
    return told
