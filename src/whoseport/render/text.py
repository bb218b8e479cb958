"""How is an answer told on a terminal? First the conclusion, then this machine, the registry, what to do next."""

from __future__ import annotations

from whoseport.model import Answer
from whoseport.render.escape import Safe, command_line, joined, plain, prose
from whoseport.render.layout import MOST_LINES, Page, Row, Step, page_text
from whoseport.render.official import rows as registry_rows
from whoseport.render.official import word as registry_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Answers, Query, ServiceRecord
    from whoseport.render.language import Language

MOST_PAGES = 3
"""Of more ports than this, each gets one line: the headline."""


def told(
    found: Answer | Answers,
    *,
    language: Language,
    width: int | None,
    colour: bool,
    verbose: bool,
    today: str,
    home: str | None = None,
    saved: bool = False,
) -> str:
    """The answer as text. `width` None: for a pipe, nothing cut. `today` is YYYY-MM-DD, `home` the asking user's.

    `saved`: the look at the machine was taken before, perhaps elsewhere, so that no next step acts on this one.
    """
    if isinstance(found, Answer):
        page = _page(found, language=language, verbose=verbose, today=today, home=home, saved=saved)
        return page_text(page, width=width, colour=colour, most_lines=None if verbose else MOST_LINES)
    if len(found.answers) > MOST_PAGES and not verbose:
        return _overview(found, language=language, width=width, colour=colour)
    pages = [
        told(
            one,
            language=language,
            width=width,
            colour=colour,
            verbose=verbose,
            today=today,
            home=home,
            saved=saved,
        )
        for one in found.answers
    ]
    pages += [_services(found.services, language=language, width=width, colour=colour)] if found.services else []
    return "\n".join(pages)


def headline(answer: Answer, language: Language) -> Safe:
    """The conclusion in one line; what holds the port, or that nothing seen here does and what the registry says."""
    port = _port(answer.query)
    official = registry_word(answer.registry, answer.query.transport, language) if answer.registry else None
    if answer.host is None:
        if official is None:
            return language.say("Port {port}: nothing known.", port=port)
        return language.say("Port {port}: {registry}.", port=port, registry=official)
    from whoseport.render.holding import conclusion

    here, held = conclusion(answer.host, language, port=answer.query.port)
    if held or official is None:
        return language.say("Port {port}: {here}.", port=port, here=here)
    return language.say("Port {port}: {here}, {registry}.", port=port, here=here, registry=official)


def _port(query: Query) -> Safe:
    number = plain(str(query.port))
    return plain(f"{number}/{query.transport}") if query.transport else number


def _page(answer: Answer, *, language: Language, verbose: bool, today: str, home: str | None, saved: bool) -> Page:
    rows: list[Row] = []
    steps: list[Step] = []
    asked = _port(answer.query)
    if answer.host is not None:
        from whoseport.render.here import rows as host_rows
        from whoseport.render.steps import next_steps

        rows += host_rows(
            answer.host,
            port=answer.query.port or 0,
            transport=answer.query.transport,
            language=language,
            home=home,
            verbose=verbose,
        )
        if not saved:
            steps += next_steps(answer.host, asked=asked, language=language)
    else:
        steps.append(Step(command=command_line(("whoseport", asked)), meaning=language.say("what holds it here")))
    if answer.practice is not None or answer.browsers or answer.reported:
        from whoseport.render.practice import rows as practice_rows

        rows += practice_rows(answer, language=language, verbose=verbose)
    if answer.registry is not None:
        rows += registry_rows(
            answer.registry,
            port=answer.query.port or 0,
            transport=answer.query.transport,
            language=language,
            today=today,
            verbose=verbose,
        )
    rest = Step(command=command_line(("whoseport", "-v", asked)), meaning=language.say("every detail"))
    if not steps and not verbose:
        steps.append(rest)
    return Page(
        headline=headline(answer, language),
        rows=tuple(rows),
        steps=tuple(steps),
        next_label=language.say("Next"),
        rest=rest,
    )


def _overview(found: Answers, *, language: Language, width: int | None, colour: bool) -> str:
    """One line a port; a run of neighbours of which the same is said takes one line together."""
    rows: list[Row] = []
    runs: list[tuple[int, int, Safe]] = []
    for answer in found.answers:
        port = answer.query.port or 0
        said = _without_port(answer, language)
        if runs and runs[-1][1] == port - 1 and runs[-1][2] == said:
            runs[-1] = (runs[-1][0], port, said)
        else:
            runs.append((port, port, said))
    for first, last, said in runs:
        key = plain(str(first) if first == last else f"{first}-{last}")
        rows.append(Row(label=Safe(""), key=key, value=said))
    rows += _service_rows(found.services, language)
    title = language.count("{number} port:", "{number} ports:", len(found.answers))
    step = Step(command=command_line(("whoseport", str(runs[0][0]))), meaning=language.say("one of them in full"))
    page = Page(headline=title, rows=tuple(rows), steps=(step,), next_label=language.say("Next"))
    return page_text(page, width=width, colour=colour, most_lines=None)


def _without_port(answer: Answer, language: Language) -> Safe:
    """What the headline says, without the number."""
    official = registry_word(answer.registry, answer.query.transport, language) if answer.registry else Safe("")
    names = _registry_names(answer)
    if names:
        official = language.say("{registry}: {names}", registry=official, names=names)
    if answer.host is None:
        return official
    from whoseport.render.holding import conclusion

    here, _ = conclusion(answer.host, language, port=answer.query.port)
    return language.say("{here}; {registry}", here=here, registry=official)


def _registry_names(answer: Answer) -> Safe:
    if answer.registry is None:
        return Safe("")
    transports = answer.registry.transports
    chosen = (answer.query.transport,) if answer.query.transport else ("tcp", "udp", "sctp", "dccp")
    names = {
        plain(assignment.service_name): None
        for transport in chosen
        for assignment in getattr(transports, transport).assignments
        if assignment.service_name
    }
    return joined(", ", list(names)[:3])


def _services(services: tuple[ServiceRecord, ...], *, language: Language, width: int | None, colour: bool) -> str:
    title = language.count(
        "{number} service registered by name only, without a port.",
        "{number} services registered by name only, without a port.",
        len(services),
    )
    page = Page(
        headline=title, rows=tuple(_service_rows(services, language)), steps=(), next_label=language.say("Next")
    )
    return page_text(page, width=width, colour=colour, most_lines=None)


def _service_rows(services: tuple[ServiceRecord, ...], language: Language) -> list[Row]:
    rows: list[Row] = []
    for service in services:
        transport = plain(service.transport or "")
        name, description = plain(service.assignment.service_name or ""), prose(service.assignment.description)
        value = language.say('{names}, "{description}"', names=name, description=description)
        rows.append(Row(label=language.say("Registry"), key=transport or language.say("no port"), value=value))
    return rows
