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
    "dynamic": worded("never assigned, like all of {first}-{last}: for private and temporary use"),
}
RANGES = {
    "system": worded("System Port (0-1023)"),
    "user": worded("User Port (1024-49151)"),
    "dynamic": worded("Dynamic Port (49152-65535)"),
}

_WIDESPREAD = "unassigned but widespread use"
"""IANA's own note on names that it records without having assigned them."""

_FOR_DISCOVERY = "Defined TXT keys"
"""Notes on what DNS-SD (RFC 6763) carries of the service; nothing about the port."""

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
        "officially {tcp} on tcp, {udp} on udp",
        tcp=language.say(STATES_ON[tcp.state]),
        udp=language.say(STATES_ON[udp.state]),
    )


def rows(
    entry: RegistryEntry,
    *,
    port: int,
    transport: Transport | None,
    language: Language,
    today: str,
    verbose: bool,
) -> list[Row]:
    """The registry's layer of the page. `today` is YYYY-MM-DD."""
    say = language.say
    label = say("Registry")
    told: list[Row] = []
    for transports, status in _groups(entry, transport, every=verbose):
        key = say("all four") if len(transports) == len(TRANSPORTS) else joined(", ", _names(transports))
        status_rows = _status_rows(status, port=port, label=label, language=language, verbose=verbose)
        told += [row.replace(key=key) if place == 0 else row for place, row in enumerate(status_rows)]
    states = {getattr(entry.transports, name).state for name in TRANSPORTS}
    free = "assigned" not in states and entry.range != "dynamic"
    told += _neighbour_rows(entry, label=label, language=language) if free or verbose else []
    told += _range_rows(entry, label=label, language=language, verbose=verbose)
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


def _status_rows(status: TransportStatus, *, port: int, label: Safe, language: Language, verbose: bool) -> list[Row]:
    named = [assignment for assignment in status.assignments if assignment.service_name]
    nameless = [assignment for assignment in status.assignments if not assignment.service_name]
    told: list[Row] = []
    if not named:
        told.append(Row(label=label, key=Safe(""), value=_state(status, nameless, language)))
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
    if verbose:
        for assignment in nameless:
            told += _detail_rows(assignment, label=label, language=language)
        return told
    return told + _note_rows(status.assignments, port=port, label=label, language=language)


def _same_thing(assignments: list[Assignment], place: int) -> list[Safe] | None:
    """Further names of the same thing, told with the first of them; None for such a further name itself."""
    mine = assignments[place]
    if any(other.description == mine.description for other in assignments[:place]):
        return None
    return [plain(a.service_name or "") for a in assignments[place + 1 :] if a.description == mine.description]


def _state(status: TransportStatus, nameless: list[Assignment], language: Language) -> Safe:
    """The state with the run of ports that share it, and what a nameless row says: "any private mail system"."""
    gap = status.gap
    if gap is None or gap.length < 2:
        told = language.say(STATES_ON[status.state])
    else:
        count = language.number(gap.length)
        told = language.say(SAME_STATE[status.state], first=gap.first, last=gap.last, count=count)
    for assignment in nameless:
        if assignment.description.lower() not in _PLAIN_DESCRIPTIONS:
            told = language.say('{state}; "{text}"', state=told, text=prose(assignment.description))
    return told


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


def _note_rows(assignments: tuple[Assignment, ...], *, port: int, label: Safe, language: Language) -> list[Row]:
    say = language.say
    texts = [one.notes for one in assignments if one.notes]
    notes = {prose(text): None for text in texts if _WIDESPREAD not in text and not text.startswith(_FOR_DISCOVERY)}
    uses = {
        _unauthorized(prose(one.unauthorized_use), port, language): None for one in assignments if one.unauthorized_use
    }
    told = [Row(label=label, key=say("also used"), value=use, rank=2) for use in uses]
    return told + [Row(label=label, key=say("note"), value=note, rank=4) for note in notes]


def _unauthorized(text: Safe, port: int, language: Language) -> Safe:
    """IANA's remark on a use that it did not assign, which may be about another port of the same record."""
    numbers = "".join(character if character.isdigit() else " " for character in text).split()
    if text.lower() == "yes" or ("unauthorized use" in text.lower() and numbers == [str(port)]):
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


def _neighbour_rows(entry: RegistryEntry, *, label: Safe, language: Language) -> list[Row]:
    beside = [neighbour for neighbour in (entry.neighbours.below, entry.neighbours.above) if neighbour]
    if not beside:
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


def _range_rows(entry: RegistryEntry, *, label: Safe, language: Language, verbose: bool) -> list[Row]:
    """The range, and what it takes to be given the port: of interest where nobody was given it yet, or with -v."""
    say = language.say
    states = {getattr(entry.transports, name).state for name in ("tcp", "udp")}
    told = []
    if verbose:
        told.append(Row(label=label, key=say("range"), value=say(RANGES[entry.range])))
        if entry.range == "dynamic":
            told.append(Row(label=label, key=say("to get it"), value=say("IANA assigns none in this range (RFC 6335)")))
        if "reserved" in states:
            value = say("reserved ports are not available for regular assignment (RFC 6335, section 6)")
            told.append(Row(label=label, key=say("to get it"), value=value))
    if not entry.procedures or not ("unassigned" in states or (verbose and states != {"reserved"})):
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
