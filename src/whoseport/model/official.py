"""The registry's word: assignments, gaps, neighbours, and what an update changed."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.words import ChangeKind, Layer, PortState, RangeName, Transport, UpdateStatus


class Snapshot(Record):
    """The state of IANA's registry that an answer stands on. `updated` is IANA's own date, YYYY-MM-DD."""

    source: str
    updated: str
    sha256: str
    records: int


class Gap(Record):
    """A run of ports in one same state, bounds included."""

    first: int
    last: int
    length: int


class Assignment(Record):
    """One record of the registry. Dates are YYYY-MM-DD or YYYY-MM. A record without a transport holds for all four."""

    service_name: str | None
    description: str
    assignee: str | None
    contact: str | None
    registered: str | None
    modified: str | None
    references: tuple[str, ...]
    unauthorized_use: str | None
    notes: str | None
    service_code: str | None
    first: int | None
    last: int | None


class TransportStatus(Record):
    """What the registry says of a port on one transport. `gap` is None when it is assigned."""

    state: PortState
    gap: Gap | None
    assignments: tuple[Assignment, ...]


class Transports(Record):
    tcp: TransportStatus
    udp: TransportStatus
    sctp: TransportStatus
    dccp: TransportStatus


class Neighbour(Record):
    """The nearest port that is assigned on any transport, with the service names it bears there."""

    port: int
    transports: tuple[Transport, ...]
    names: tuple[str, ...]


class Neighbours(Record):
    below: Neighbour | None
    above: Neighbour | None


class RegistryEntry(Record):
    """Everything the registry says of one port number. `procedures`: RFC 6335 section 8.1.2, names of RFC 8126."""

    snapshot: Snapshot
    range: RangeName
    procedures: tuple[str, ...]
    transports: Transports
    neighbours: Neighbours


class ServiceRecord(Record):
    """One record found by its service name; `transport` None: it names none; no ports: registered by name only."""

    transport: Transport | None
    assignment: Assignment


class SearchResult(Record):
    """One hit of `find`. `text` is the registry's description, or what matched."""

    port: int | None
    transport: Transport | None
    service_name: str | None
    layer: Layer
    text: str


class DumpRow(Record):
    """One line of `registry dump`."""

    port: int
    transport: Transport
    state: PortState
    names: tuple[str, ...]


class Change(Record):
    """What an update did to one record of the registry. `service_name` is None for a nameless row: a gap, a reserve.

    `before` is None for an added record, `after` for a removed one; `differing` names the fields of the Assignment that
    differ in a changed one.
    """

    kind: ChangeKind
    transport: Transport | None
    first: int | None
    last: int | None
    service_name: str | None
    differing: tuple[str, ...]
    before: Assignment | None
    after: Assignment | None


class UpdateReport(Record):
    """How `update` ended: the snapshot in use before it (None: there was none to read) and the one in use now.

    `source` is the file or address that was read, `path` the snapshot's file, None where nothing had to be written.
    Without a snapshot before it, there is nothing to tell changes from, and all three lists are empty.
    """

    status: UpdateStatus
    source: str
    before: Snapshot | None
    after: Snapshot
    path: str | None
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]
