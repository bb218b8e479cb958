"""What is commonly run on the port? The layer of practice: software by role, browsers that refuse it, reports."""

from __future__ import annotations

from whoseport.render.escape import Safe, joined, plain, prose
from whoseport.render.language import worded
from whoseport.render.layout import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Answer, BrowserName, PracticeFact, ReportedUse, Role, Source, Transport
    from whoseport.render.language import Language

ROLES: dict[Role, str] = {
    "default": worded("default"),
    "tls": worded("with TLS"),
    "admin": worded("administration"),
    "development": worded("development"),
    "metrics": worded("metrics"),
    "cluster": worded("cluster"),
    "debug": worded("debugging"),
    "client": worded("clients"),
    "legacy": worded("in earlier versions"),
}
"""The strongest first."""

BROWSERS: dict[BrowserName, str] = {
    "fetch-standard": worded("Fetch standard"),
    "firefox": "Firefox",
    "chromium": "Chromium",
}
RPC_FIRST, RPC_LAST = 600, 1023
"""From which glibc's bindresvport(3) takes a port."""

_SHOWN_NAMES = 4
_SHOWN_FAMILIES = 3


def rows(answer: Answer, *, language: Language, verbose: bool) -> list[Row]:
    """The rows of practice, each under its own heading; none where practice was not looked up."""
    told: list[Row] = []
    if answer.practice is not None:
        told += _software_rows(answer, language=language, verbose=verbose)
    told += _browser_rows(answer, language=language, verbose=verbose)
    return told + _reported_rows(answer, language=language, verbose=verbose)


def _software_rows(answer: Answer, *, language: Language, verbose: bool) -> list[Row]:
    say = language.say
    asked = answer.query.transport
    facts = [fact for fact in answer.practice or () if asked is None or fact.transport == asked]
    label = say("Practice")
    if not facts:
        handed = RPC_FIRST <= (answer.query.port or 0) <= RPC_LAST
        value = say("no software known; RPC services may be handed it") if handed else say("no software known")
        return [Row(label=label, key=Safe(""), value=value, wide=True, rank=0 if handed else 4)]
    if verbose:
        return [
            Row(label=label, key=Safe(""), value=_fact(fact, language), wide=True)
            for fact in sorted(facts, key=lambda fact: list(ROLES).index(fact.role))
        ]
    first_told = [fact for fact in facts if fact.common] or facts
    left = len({fact.software for fact in facts} - {fact.software for fact in first_told})
    by_role: dict[Role, dict[str, list[Transport]]] = {}
    for fact in first_told:
        transports = by_role.setdefault(fact.role, {}).setdefault(fact.software, [])
        transports += [fact.transport] if fact.transport not in transports else []
    parts = [_role(role, by_role[role], language) for role in ROLES if role in by_role]
    if left:
        parts.append(language.count("{number} other is less common", "{number} others are less common", left))
    first = Row(label=label, key=Safe(""), value=parts[0], wide=True, whole=False)
    if len(parts) == 1:
        return [first]
    return [first, first.replace(value=joined("; ", parts[1:]), rank=3)]


def _role(role: Role, software: dict[str, list[Transport]], language: Language) -> Safe:
    """`Next.js, Grafana: default`; one alone `PostgreSQL, default`."""
    names = [_with_transport(name, transports, language) for name, transports in software.items()]
    shown = joined(", ", names[:_SHOWN_NAMES])
    if len(names) > _SHOWN_NAMES:
        more = len(names) - _SHOWN_NAMES
        shown = language.count("{names} and {number} more", "{names} and {number} more", more, names=shown)
    if len(names) == 1:
        return joined(", ", [shown, language.say(ROLES[role])])
    return language.say("{names}: {role}", names=shown, role=language.say(ROLES[role]))


def _with_transport(name: str, transports: list[Transport], language: Language) -> Safe:
    told = prose(name, limit=60)
    if transports == ["tcp"]:
        return told
    return language.say("{name} ({transports})", name=told, transports=joined(", ", [plain(one) for one in transports]))


def _fact(fact: PracticeFact, language: Language) -> Safe:
    ports = plain(str(fact.first) if fact.first == fact.last else f"{fact.first}-{fact.last}")
    return language.say(
        "{software}, {role}, {ports}/{transport}: {source}",
        software=prose(fact.software, limit=60),
        role=language.say(ROLES[fact.role]),
        ports=ports,
        transport=plain(fact.transport),
        source=_source(fact.source, language),
    )


def _source(source: Source, language: Language) -> Safe:
    title = prose(source.title, limit=200)
    if source.version:
        title = joined(" ", [title, prose(source.version, limit=60)])
    if not source.where:
        return title
    return language.say("{source}, {where}", source=title, where=prose(source.where, limit=300))


def _browser_rows(answer: Answer, *, language: Language, verbose: bool) -> list[Row]:
    say = language.say
    refusals = answer.browsers or ()
    if not refusals or answer.query.transport not in (None, "tcp"):
        return []
    names = []
    for refusal in refusals:
        template = BROWSERS[refusal.browser]
        name = say(template) if refusal.browser == "fetch-standard" else plain(template)
        if refusal.since:
            since = plain(refusal.since, limit=40)
            name = say("{browser} since {date}", browser=name, date=since)
        names.append(name)
    label = say("Practice")
    value = say("refused by browsers ({names})", names=joined(", ", names))
    told = [Row(label=label, key=Safe(""), value=value, wide=True, rank=3)]
    if verbose:
        sources = {_source(refusal.source, language): None for refusal in refusals}
        told += [Row(label=label, key=Safe(""), value=say("by {source}", source=one), wide=True) for one in sources]
    return told


def _reported_rows(answer: Answer, *, language: Language, verbose: bool) -> list[Row]:
    """Reports on malware elsewhere: told as exactly that."""
    say = language.say
    asked = answer.query.transport
    label = say("Practice")
    told: list[Row] = []
    by_side = {
        "remote": worded("servers of {families} were reported on this port elsewhere; says nothing of this machine"),
        "listening": worded("reported to be opened by {families} elsewhere; says nothing of this machine"),
    }
    for side, template in by_side.items():
        uses = [one for one in answer.reported or () if one.side == side and asked in (None, one.transport or asked)]
        if not uses:
            continue
        spelled: dict[str, Safe] = {}  # sources write a family's name in different ways
        for one in uses:
            spelled.setdefault(one.family.lower(), prose(one.family, limit=60))
        families = list(spelled.values())
        value = say(template, families=_families(families, language))
        told.append(Row(label=label, key=Safe(""), value=value, wide=True, rank=4))
        if verbose:
            told += [Row(label=label, key=Safe(""), value=_report(one, language), wide=True) for one in uses]
    return told


def _families(families: list[Safe], language: Language) -> Safe:
    if len(families) <= _SHOWN_FAMILIES:
        return language.listed(families)
    more = len(families) - _SHOWN_FAMILIES
    shown = joined(", ", families[:_SHOWN_FAMILIES])
    return language.count("{names} and {number} more", "{names} and {number} more", more, names=shown)


def _report(use: ReportedUse, language: Language) -> Safe:
    told = prose(use.family, limit=60)
    if use.endpoints is not None:
        told = language.count("{family}, {number} server", "{family}, {number} servers", use.endpoints, family=told)
    told = language.say("{report}: {source}", report=told, source=_source(use.source, language))
    if use.references:
        references = joined(" ", [plain(reference, limit=300) for reference in use.references[:5]])
        told = language.say("{report}; {references}", report=told, references=references)
    return told
