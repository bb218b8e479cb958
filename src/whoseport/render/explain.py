"""What does a claim mean? `whoseport explain`: one claim in full, or the table of all with a line each."""

from __future__ import annotations

from whoseport.render.claims.meaning import TECHNIQUES, Meaning
from whoseport.render.claims.phrases import PHRASES, phrase
from whoseport.render.escape import Safe, joined, plain
from whoseport.render.language import worded
from whoseport.render.layout import Page, Row, Step, page_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Claim, ClaimTopic, Strength
    from whoseport.render.language import Language

GROUPS: dict[tuple[ClaimTopic, Strength], str] = {
    ("kind", "none"): worded("What it is"),
    ("started", "none"): worded("What started it"),
    ("concern", "strong"): worded("Strong signs: one makes a listener suspicious"),
    ("concern", "weak"): worded("Weak signs: one is a note, two of different aspects are suspicious"),
    ("concern", "against"): worded("What speaks against concern"),
    ("port", "none"): worded("On the port itself"),
}
WEIGHTS: dict[Strength, str] = {
    "strong": worded("strong: alone it makes a listener suspicious, unless it is only a guess"),
    "weak": worded("weak: alone no more than a note; suspicious together with one of another aspect than {aspect}"),
    "against": worded("speaks against concern"),
    "none": worded("none: it says what is there, not whether to worry"),
}
ASPECTS: dict[str, str] = {
    "place": worded("place"),
    "name": worded("name"),
    "program": worded("program"),
    "control": worded("control"),
    "privilege": worded("privilege"),
    "exposure": worded("exposure"),
    "code": worded("code"),
    "wiring": worded("wiring"),
    "file": worded("file"),
    "view": worded("view"),
}


def meanings() -> dict[str, Meaning]:
    """The sentences on every claim, by its name."""
    from whoseport.render.claims import concern, kind, port, started

    return kind.MEANINGS | started.MEANINGS | concern.MEANINGS | port.MEANINGS


def told(
    claims: tuple[Claim, ...],
    *,
    language: Language,
    width: int | None,
    colour: bool,
    all: bool,
) -> str:
    """Each claim on a page of its own; `all`: one line each, in groups. `width` None: for a pipe, nothing cut."""
    if all:
        return _table(claims, language=language, width=width, colour=colour)
    pages = [_page(claim, language) for claim in claims]
    return "\n".join([page_text(page, width=width, colour=colour, most_lines=None) for page in pages])


def _page(claim: Claim, language: Language) -> Page:
    say = language.say
    meaning = meanings().get(claim.claim)
    told: list[tuple[Safe, Safe]] = []
    if meaning is not None:
        told.append((say("Read from"), say(meaning.looked)))
        told.append((say("Why"), say(meaning.matters)))
        told.append((say("Honest"), say(meaning.honest)))
    if claim.technique is not None:
        told.append((Safe("ATT&CK"), _technique(claim.technique)))
    told.append((say("Weight"), _weight(claim, language)))
    if meaning is not None:
        told.append((say("Next"), say(meaning.next)))
    return Page(
        headline=say("{claim}: {phrase}.", claim=plain(claim.claim, limit=80), phrase=phrase(claim.claim, language)),
        rows=tuple([Row(label=label, key=Safe(""), value=value, wide=True) for label, value in told]),
        steps=(),
        next_label=say("Next"),
    )


def _technique(identifier: str) -> Safe:
    """`T1070.004 Indicator Removal: File Deletion`, as ATT&CK writes a technique and its part."""
    parent = identifier.partition(".")[0]
    names = [TECHNIQUES[one] for one in dict.fromkeys((parent, identifier)) if one in TECHNIQUES]
    return plain(f"{identifier} {': '.join(names)}".rstrip(), limit=200)


def _weight(claim: Claim, language: Language) -> Safe:
    template = WEIGHTS[claim.strength]
    if claim.strength != "weak":
        return language.say(template)
    aspect = ASPECTS.get(claim.aspect or "")
    named = language.say(aspect) if aspect is not None else plain(claim.aspect or "-", limit=60)
    return language.say(template, aspect=named)


def _table(claims: tuple[Claim, ...], *, language: Language, width: int | None, colour: bool) -> str:
    from whoseport.render.width import columns, padded, trimmed, wrapped

    names = [plain(claim.claim, limit=60) for claim in claims]
    widest = max([0, *(columns(name) for name in names)])
    groups: dict[Safe, list[Safe]] = {}
    for claim, name in zip(claims, names, strict=True):
        template = GROUPS.get((claim.topic, claim.strength))
        title = language.say(template) if template is not None else plain(claim.topic)
        line = joined("  ", [Safe(""), name])
        if claim.claim in PHRASES:
            line = joined("  ", [Safe(""), padded(name, widest), phrase(claim.claim, language)])
        groups.setdefault(title, []).append(line if width is None else trimmed(line, width))
    told: list[Safe] = []
    for title, lines in groups.items():
        titles = [title] if width is None else wrapped(title, width)
        if colour:
            from whoseport.render.paint import paint

            titles = [paint(line, "label") for line in titles]
        told += [*titles, *lines, Safe("")]
    step = Step(command=Safe("whoseport explain executable-deleted"), meaning=language.say("one of them in full"))
    from whoseport.render.table import next_lines

    return "\n".join(told + next_lines([step], language, width=width, colour=colour)) + "\n"
