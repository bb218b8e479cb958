"""The words of whoseport: every type that crosses a room's door. Read this first.

Records are frozen and keyword-only (record.py). The closed lists of words are `Literal` types: a type checker holds
every comparison against them, and at run time each is the plain tuple of its words. A field's name is its JSON key.
Unknown is `None`, and an `Unseen` says why. No sentence meant for people lives here: `render/` words everything.
"""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal
else:

    class Literal:
        """Stands in for typing.Literal, whose import costs as much as a whole look-up."""

        def __class_getitem__(cls, words):
            return words


# --- the closed lists of words -------------------------------------------------------------------------------------

Transport = Literal["tcp", "udp", "sctp", "dccp"]
Protocol = Literal["tcp", "mptcp", "udp", "udplite", "sctp", "dccp"]
"""What the kernel calls the socket; mptcp speaks through tcp ports, udplite has a port space beside udp's."""

RangeName = Literal["system", "user", "dynamic"]
"""RFC 6335 section 6: 0-1023, 1024-49151, 49152-65535."""

PortState = Literal["assigned", "unassigned", "reserved", "unlisted", "dynamic"]
"""The registry's own rows only: `unlisted` where no row covers the port on this transport."""

Held = Literal["held", "nothing", "unknown"]
ListenerState = Literal["listen", "bound", "unconnected", "connected"]
Exposure = Literal["loopback", "link-local", "private", "public", "multicast", "all"]
"""Of the address a socket is bound to; what a firewall lets through is another question."""

ExecutableState = Literal["present", "deleted", "replaced", "memory", "unseen"]
Backend = Literal["linux", "psutil"]
Missing = Literal["owners", "executable", "command", "namespace", "sockets", "rules", "package", "container"]
Reason = Literal["not-permitted", "not-supported", "vanished", "unreadable", "too-many"]
CandidateReason = Literal["unit-main-process", "only-process-in-cgroup", "in-socket-cgroup"]
OwnersMethod = Literal["proc-walk", "bpf-iterator", "psutil"]
BpfRefusal = Literal["not-permitted", "no-btf", "other-pid-namespace", "refused-by-kernel", "not-supported"]
HeldReason = Literal["socket-here", "no-socket-here", "sockets-unreadable"]
Certainty = Literal["guess", "likely", "proven"]
Kind = Literal[
    "known-service",
    "moved-service",
    "development-server",
    "custom-application",
    "rpc",
    "kernel",
    "ephemeral",
    "container",
    "unknown",
]
Concern = Literal["none", "note", "suspicious", "undetermined"]
Outcome = Literal["identified", "unrecognized", "silent", "closed", "refused", "unreachable"]
Layer = Literal["registry", "practice", "host"]
UpdateStatus = Literal["updated", "unchanged", "not-modified"]
"""`unchanged`: fetched, the same as the one in use; `not-modified`: the server said so, and nothing was fetched."""

ChangeKind = Literal["added", "removed", "changed"]

TRANSPORTS: tuple[Transport, ...] = ("tcp", "udp", "sctp", "dccp")
LAST_PORT = 65535


# --- what goes wrong -----------------------------------------------------------------------------------------------


class WhoseportError(Exception):
    """Misuse, or broken surroundings. `problem` is a word that render/ knows a sentence for, `fields` fill it in."""

    exit_status = 2

    def __init__(self, problem: str, **fields: object) -> None:
        super().__init__(problem, fields)
        self.problem = problem
        self.fields = fields

    def __str__(self) -> str:
        return " ".join([self.problem, *(f"{name}={value!r}" for name, value in self.fields.items())])


class Misuse(WhoseportError):
    """The question or an option makes no sense: exit status 2."""


class NotFound(WhoseportError):
    """The answer is "no": an unknown name, nothing found: exit status 1."""

    exit_status = 1


class BrokenSurroundings(WhoseportError):
    """An unreadable snapshot, no network for `update`, a full disk: exit status 4."""

    exit_status = 4


# --- the question --------------------------------------------------------------------------------------------------


class Port(Record):
    """A port number on a transport: the key everywhere. 0-65535, or a `Misuse`."""

    number: int
    transport: Transport

    def __init__(self, **values: object) -> None:
        super().__init__(**values)  # type: ignore[call-arg]
        if not 0 <= self.number <= LAST_PORT:
            raise Misuse("port-out-of-range", text=str(self.number))


class Query(Record):
    """One question, as asked. `port` is None for a name; `last` differs from `port` for a range only."""

    port: int | None
    transport: Transport | None
    text: str


# --- the registry's word -------------------------------------------------------------------------------------------


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


# --- this machine --------------------------------------------------------------------------------------------------


class Unseen(Record):
    """What could not be seen, and why.

    `subject` ties it down: `socket:INODE`, `pid:N`, `netns:N`, `path:P`, or None.
    """

    missing: Missing
    reason: Reason
    subject: str | None


class Evidence(Record):
    """Where something was read (`/proc/812/exe`, `sock_diag`), and what was read there."""

    source: str
    observed: str


class Finding(Record):
    """A claim that stands on evidence; it cannot be made without."""

    claim: str
    certainty: Certainty
    evidence: tuple[Evidence, ...]

    def __init__(self, **values: object) -> None:
        super().__init__(**values)  # type: ignore[call-arg]
        if not self.evidence:
            raise TypeError(f"the finding {self.claim!r} has no evidence")


class Verdict(Record):
    kind: Kind
    concern: Concern
    certainty: Certainty
    because: tuple[str, ...]


class Identity(Record):
    """What the service said of itself when it was talked to."""

    protocol: str | None
    product: str | None
    version: str | None
    outcome: Outcome


class ParentProcess(Record):
    pid: int
    name: str


class Container(Record):
    """`id` is the runtime's own, whole; the rest as far as the runtime's files could be read."""

    id: str
    name: str | None
    image: str | None
    runtime: str | None


class Process(Record):
    """One owner of a socket, named by pid and start time (UTC, ISO 8601: a pid alone is used again).

    `command` is None where it could not be read, empty for a kernel thread. `parents` go up to pid 1, nearest first.
    """

    pid: int
    started: str | None
    name: str
    executable: str | None
    executable_state: ExecutableState
    command: tuple[str, ...] | None
    uid: int | None
    user: str | None
    unit: str | None
    slice: str | None
    container: Container | None
    package: str | None
    working_directory: str | None
    parents: tuple[ParentProcess, ...]


class Candidate(Record):
    """A likely owner, where owners could not be seen."""

    pid: int
    name: str
    because: CandidateReason


class Forwarding(Record):
    """Where a forwarder leads; `via` is the forwarder's program, read from its own command line."""

    address: str
    port: int
    container: Container | None
    via: str


class Listener(Record):
    """One bound socket with all its owners. `address` is numeric, `0.0.0.0` or `::` for any; `netns` an inode number.

    `v6only` is None for an IPv4 socket and where it could not be told. `owners` is empty and an `Unseen` on
    `socket:INODE` tells why, where nobody could be found; a kernel socket has none.
    """

    transport: Transport
    protocol: Protocol
    address: str
    port: int
    interface: str | None
    v6only: bool | None
    state: ListenerState
    inode: int
    uid: int | None
    user: str | None
    netns: str | None
    backlog: int | None
    exposure: Exposure
    cgroup: str | None
    unit: str | None
    slice: str | None
    container: Container | None
    forwards_to: Forwarding | None
    candidates: tuple[Candidate, ...]
    owners: tuple[Process, ...]
    findings: tuple[Finding, ...] | None = None
    verdict: Verdict | None = None
    identity: Identity | None = None


class HeldState(Record):
    """Whether something holds the port in this network namespace, and the words for why it is said."""

    state: Held
    because: tuple[HeldReason, ...]


class Bind(Record):
    """What binding the port takes here. `needs` names the capability, or is None where none is needed."""

    privileged: bool
    threshold: int | None
    needs: str | None


class Ephemeral(Record):
    """The range from which the system picks a client's own port; `inside` tells whether this port lies in it."""

    first: int
    last: int
    inside: bool | None


class Peer(Record):
    transport: Transport
    local_address: str
    address: str
    port: int
    state: str


class Connections(Record):
    """Sockets on this local port by TCP state (names of RFC 9293, as the kernel counts them). `peers` when asked."""

    established: int = 0
    syn_sent: int = 0
    syn_recv: int = 0
    fin_wait1: int = 0
    fin_wait2: int = 0
    time_wait: int = 0
    close_wait: int = 0
    last_ack: int = 0
    closing: int = 0
    peers: tuple[Peer, ...] | None = None


class PortConnections(Record):
    """Connections of one local port, as a saved inspection keeps them for every port."""

    port: int
    transport: Transport
    connections: Connections


class PortRange(Record):
    first: int
    last: int


class Settings(Record):
    """The settings of this network namespace that decide about ports; None where unknown.

    Linux: net.ipv4.ip_unprivileged_port_start, ip_local_port_range, ip_local_reserved_ports.
    """

    unprivileged_port_start: int | None
    ephemeral: PortRange | None
    reserved: tuple[PortRange, ...] | None


class Privileges(Record):
    """As whom this look was taken; `capabilities` are the effective ones that matter for seeing, by kernel name."""

    uid: int | None
    user: str | None
    capabilities: tuple[str, ...]


class Inspection(Record):
    """One look at one host: plain facts. The fields on a single port are None unless one port was asked for.

    `bpf_refused` tells why a BPF iterator that was asked for gave way to the walk of /proc.
    """

    hostname: str
    taken_at: str
    backend: Backend
    privileges: Privileges
    version: str
    complete: bool
    netns: str | None
    settings: Settings
    port_state: HeldState | None = None
    findings: tuple[Finding, ...] | None = None
    bind: Bind | None = None
    ephemeral: Ephemeral | None = None
    reserved_here: bool | None = None
    connections: Connections | None = None
    port_connections: tuple[PortConnections, ...] | None = None
    owners_method: OwnersMethod | None = None
    bpf_refused: BpfRefusal | None = None
    listeners: tuple[Listener, ...]
    unseen: tuple[Unseen, ...]


# --- the answer ----------------------------------------------------------------------------------------------------


class Answer(Record):
    """Everything known of one port. A layer that was not asked for, or cannot be told, is None."""

    query: Query
    registry: RegistryEntry | None
    history: None = None
    practice: None = None
    browsers: None = None
    host: Inspection | None


class Answers(Record):
    """Several ports, a range, or a name. `services` are records found by name that have no port."""

    answers: tuple[Answer, ...]
    services: tuple[ServiceRecord, ...] = ()


class Listing(Record):
    """`whoseport list` and `whoseport inspect`."""

    host: Inspection


class SearchResults(Record):
    results: tuple[SearchResult, ...]


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
