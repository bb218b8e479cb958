"""What does IANA's registry say of the port? Its rows on the page, and its word for the headline."""

from __future__ import annotations

from whoseport.model import TRANSPORTS
from whoseport.render.escape import Safe, joined, plain, prose
from whoseport.render.language import worded
from whoseport.render.layout import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Assignment, Neighbour, PortState, RegistryEntry, Transport, TransportStatus
    from whoseport.render.language import Language

STATES: dict[PortState, str] = {
    "assigned": worded("officially assigned"),
    "unassigned": worded("officially unassigned"),
    "reserved": worded("officially reserved"),
    "unlisted": worded("without an entry in IANA's registry"),
    "dynamic": worded("officially dynamic, never assigned"),
}
STATES_ON: dict[PortState, str] = {
    "assigned": worded("assigned"),
    "unassigned": worded("unassigned"),
    "reserved": worded("reserved"),
    "unlisted": worded("no entry"),
    "dynamic": worded("dynamic, never assigned"),
}
SAME_STATE: dict[PortState, str] = {
    "assigned": worded("assigned"),
    "unassigned": worded("unassigned, like all of {first}-{last} ({count} ports)"),
    "reserved": worded("reserved, like all of {first}-{last} ({count} ports)"),
    "unlisted": worded("no entry, like all of {first}-{last} ({count} ports)"),
    "dynamic": worded("never assigned, like all of {first}-{last}: anyone's, for a time"),
}
RANGES = {
    "system": worded("System Port (0-1023)"),
    "user": worded("User Port (1024-49151)"),
    "dynamic": worded("Dynamic Port (49152-65535)"),
}

_WIDESPREAD = "unassigned but widespread use"
"""IANA's own note on names that it records without having assigned them."""

_PLAIN_DESCRIPTIONS = ("unassigned", "reserved")
_SHOWN_NAMES = 3


def word(entry: RegistryEntry, transport: Transport | None, language: Language) -> Safe:
    """The registry's state of the port as a clause of the headline; never a name."""
    if transport is not None:
        status: TransportStatus = getattr(entry.transports, transport)
        if _is_widespread(status):
            return language.say("in the registry as an unassigned but widespread use")
        return language.say(STATES[status.state])
    tcp, udp = entry.transports.tcp, entry.transports.udp
    if _is_widespread(tcp) and (_is_widespread(udp) or udp.state != "assigned"):
        return language.say("in the registry as an unassigned but widespread use")
    assigned = [name for name in TRANSPORTS if getattr(entry.transports, name).state == "assigned"]
    if assigned and not ("tcp" in assigned and "udp" in assigned):
        return language.say("officially assigned on {transports} only", transports=language.listed(_names(assigned)))
    if tcp.state == udp.state:
        return language.say(STATES[tcp.state])
    return language.say(
        "on tcp officially {tcp}, on udp {udp}",
        tcp=language.say(STATES_ON[tcp.state]),
        udp=language.say(STATES_ON[udp.state]),
    )


def rows(
    entry: RegistryEntry, *, transport: Transport | None, language: Language, today: str, verbose: bool
) -> list[Row]:
    """The registry's layer of the page. `today` is YYYY-MM-DD."""
    say = language.say
    label = say("Registry")
    told: list[Row] = []
    for transports, status in _groups(entry, transport, every=verbose):
        key = say("all four") if len(transports) == len(TRANSPORTS) else joined(", ", _names(transports))
        for place, row in enumerate(_status_rows(status, label=label, language=language, verbose=verbose)):
            told.append(row.replace(key=key) if place == 0 else row)
    assigned = any(getattr(entry.transports, name).state == "assigned" for name in TRANSPORTS)
    told += _neighbour_rows(entry, label=label, language=language, assigned=assigned, verbose=verbose)
    told += _range_rows(entry, label=label, language=language, assigned=assigned, verbose=verbose)
    told += _snapshot_rows(entry, label=label, language=language, today=today, verbose=verbose)
    return told


def _names(transports: list[Transport] | tuple[Transport, ...]) -> list[Safe]:
    return [plain(transport) for transport in transports]


def _groups(
    entry: RegistryEntry, transport: Transport | None, *, every: bool
) -> list[tuple[list[Transport], TransportStatus]]:
    """Transports of which the registry says the same; without `every`, sctp and dccp only where they are given out."""
    groups: list[tuple[list[Transport], TransportStatus, object]] = []
    for name in TRANSPORTS:
        status: TransportStatus = getattr(entry.transports, name)
        wanted = every or name == transport or (transport is None and name in ("tcp", "udp"))
        if not wanted and not (transport is None and status.state == "assigned" and not _names_no_transport(entry)):
            continue
        said = _said(status, fully=every)
        for transports, _, same in groups:
            if same == said:
                transports.append(name)
                break
        else:
            groups.append(([name], status, said))
    return [(transports, status) for transports, status, _ in groups]


def _names_no_transport(entry: RegistryEntry) -> bool:
    """Whether one record without a transport speaks for all four, so that sctp and dccp tell nothing new."""
    return entry.transports.tcp == entry.transports.sctp == entry.transports.dccp


def _said(status: TransportStatus, *, fully: bool) -> object:
    if fully:
        return status
    assignments = tuple((a.service_name, a.description, a.unauthorized_use, a.references) for a in status.assignments)
    return status.state, status.gap, assignments


def _is_widespread(status: TransportStatus) -> bool:
    return bool(status.assignments) and all(_WIDESPREAD in (a.notes or "") for a in status.assignments)


def _status_rows(status: TransportStatus, *, label: Safe, language: Language, verbose: bool) -> list[Row]:
    named = [assignment for assignment in status.assignments if assignment.service_name]
    nameless = [assignment for assignment in status.assignments if not assignment.service_name]
    told: list[Row] = []
    if not named:
        told.append(Row(label=label, key=Safe(""), value=_state(status, language)))
    shown = named if verbose else named[:_SHOWN_NAMES]
    for place, assignment in enumerate(shown):
        aliases = [] if verbose else _same_thing(shown, place)
        if aliases is None:
            continue
        value = _assigned(assignment, aliases=aliases, language=language)
        told.append(Row(label=label, key=Safe(""), value=value, rank=0 if not told else 3))
        told += _detail_rows(assignment, label=label, language=language) if verbose else []
    if len(shown) < len(named):
        more = language.count("and {number} more", "and {number} more", len(named) - len(shown))
        told.append(Row(label=label, key=Safe(""), value=more, rank=3))
    for assignment in nameless:
        told += _nameless_rows(assignment, label=label, language=language, verbose=verbose)
    if not verbose:
        told += _unauthorized_rows(status.assignments, label=label, language=language)
    return told


def _same_thing(assignments: list[Assignment], place: int) -> list[Safe] | None:
    """Further names of the same thing, told with the first of them; None for such a further name itself."""
    mine = assignments[place]
    if any(other.description == mine.description for other in assignments[:place]):
        return None
    return [plain(a.service_name or "") for a in assignments[place + 1 :] if a.description == mine.description]


def _state(status: TransportStatus, language: Language) -> Safe:
    gap = status.gap
    if gap is None or gap.length < 2:
        return language.say(STATES_ON[status.state])
    return language.say(SAME_STATE[status.state], first=gap.first, last=gap.last, count=language.number(gap.length))


def _assigned(assignment: Assignment, *, aliases: list[Safe], language: Language) -> Safe:
    say = language.say
    names = joined(", ", [plain(assignment.service_name or ""), *aliases])
    description = prose(assignment.description)
    told = names
    if description and description.lower() != names.lower():
        told = say('{names}, "{description}"', names=names, description=description)
    references = joined(", ", [_reference(reference) for reference in assignment.references[:2]])
    if references:
        told = say("{service} ({references})", service=told, references=references)
    if assignment.first is not None and assignment.last is not None and assignment.first != assignment.last:
        told = say("{service}, all of {first}-{last}", service=told, first=assignment.first, last=assignment.last)
    if _WIDESPREAD in (assignment.notes or ""):
        told = say("{service} (widespread, unassigned)", service=told)
    return told


def _reference(reference: str) -> Safe:
    """`RFC9110` and `rfc9110` as people write them: `RFC 9110`."""
    head, tail = reference[:3], reference[3:].strip()
    return plain(f"RFC {tail}") if head.upper() == "RFC" and tail[:1].isdigit() else prose(reference)


def _nameless_rows(assignment: Assignment, *, label: Safe, language: Language, verbose: bool) -> list[Row]:
    """What a row without a name says besides its state: "any private mail system", "De-registered", a note."""
    texts = [assignment.description] if assignment.description.lower() not in _PLAIN_DESCRIPTIONS else []
    texts += [assignment.notes] if assignment.notes else []
    told = [
        Row(label=label, key=Safe(""), value=language.say('"{text}"', text=prose(text)), rank=0 if verbose else 3)
        for text in texts
    ]
    return told + (_detail_rows(assignment.replace(notes=None), label=label, language=language) if verbose else [])


def _unauthorized_rows(assignments: tuple[Assignment, ...], *, label: Safe, language: Language) -> list[Row]:
    texts = {prose(assignment.unauthorized_use): None for assignment in assignments if assignment.unauthorized_use}
    return [
        Row(label=label, key=language.say("also used"), value=_unauthorized(text, language), rank=2) for text in texts
    ]


def _unauthorized(text: Safe, language: Language) -> Safe:
    if text.lower() == "yes" or "unauthorized use" in text.lower():
        return language.say("without authorization, as IANA notes")
    return language.say('"{text}", as IANA notes', text=text)


def _detail_rows(assignment: Assignment, *, label: Safe, language: Language) -> list[Row]:
    say = language.say
    facts = (
        (say("assignee"), assignment.assignee),
        (say("contact"), assignment.contact if assignment.contact != assignment.assignee else None),
        (say("registered"), assignment.registered),
        (say("modified"), assignment.modified),
        (say("references"), ", ".join(assignment.references[2:])),
        (say("note"), assignment.notes),
        (say("also used"), assignment.unauthorized_use),
        (say("DCCP code"), assignment.service_code),
    )
    return [Row(label=label, key=key, value=prose(value)) for key, value in facts if value]


def _neighbour_rows(
    entry: RegistryEntry, *, label: Safe, language: Language, assigned: bool, verbose: bool
) -> list[Row]:
    beside = [neighbour for neighbour in (entry.neighbours.below, entry.neighbours.above) if neighbour]
    if not beside or (assigned and not verbose):
        return []
    value = joined(", ", [_neighbour(neighbour, language) for neighbour in beside])
    return [Row(label=label, key=language.say("beside"), value=value, rank=2)]


def _neighbour(neighbour: Neighbour, language: Language) -> Safe:
    names = joined("/", [plain(name) for name in neighbour.names[:2]])
    transports = joined(", ", _names(neighbour.transports))
    return language.say(
        "{port} {names} ({transports})",
        port=neighbour.port,
        names=names,
        transports=language.say("all four") if len(neighbour.transports) == len(TRANSPORTS) else transports,
    )


def _range_rows(entry: RegistryEntry, *, label: Safe, language: Language, assigned: bool, verbose: bool) -> list[Row]:
    say = language.say
    told = []
    if verbose:
        told.append(Row(label=label, key=say("range"), value=say(RANGES[entry.range])))
    if not entry.procedures:
        if verbose:
            told.append(Row(label=label, key=say("to get it"), value=say("IANA assigns none in this range (RFC 6335)")))
        return told
    if assigned and not verbose:
        return told
    procedures = _either([plain(procedure) for procedure in entry.procedures], language)
    if verbose:
        value = say("{procedures} (RFC 6335, section 8.1.2; RFC 8126)", procedures=procedures)
    else:
        value = say("{range}: {procedures}", range=say(RANGES[entry.range]), procedures=procedures)
    return [*told, Row(label=label, key=say("to get it"), value=value, rank=0 if verbose else 6)]


def _either(parts: list[Safe], language: Language) -> Safe:
    if len(parts) < 2:
        return joined("", parts)
    return language.say("{several} or {last}", several=joined(", ", parts[:-1]), last=parts[-1])


def _snapshot_rows(entry: RegistryEntry, *, label: Safe, language: Language, today: str, verbose: bool) -> list[Row]:
    say = language.say
    snapshot = entry.snapshot
    told = [Row(label=label, key=say("snapshot"), value=snapshot_age(snapshot.updated, today, language), rank=5)]
    if verbose:
        records = language.count("{number} record", "{number} records", snapshot.records)
        told.append(Row(label=label, key=say("records"), value=records))
        told.append(Row(label=label, key=say("source"), value=prose(snapshot.source)))
        told.append(Row(label=label, key=Safe("SHA-256"), value=plain(snapshot.sha256)))
    return told


def snapshot_age(updated: str, today: str, language: Language) -> Safe:
    """`2026-08-17, 98 days old`; the date alone where the two dates do not tell an age."""
    from whoseport.render.dates import day_number

    date = plain(updated)
    then, now = day_number(updated), day_number(today)
    if then is None or now is None or now < then:
        return date
    if now == then:
        return language.say("{date}, of today", date=date)
    return language.count("{date}, {number} day old", "{date}, {number} days old", now - then, date=date)
