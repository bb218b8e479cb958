"""This machine: listeners, what was not seen, and one look at one host."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.claims import Finding, Verdict
    from whoseport.model.process import Container, Process
    from whoseport.model.surroundings import BindAttempt, KernelPort, Mention, Redirect, RpcProgram, View
    from whoseport.model.words import (
        Backend,
        BpfRefusal,
        CandidateReason,
        Exposure,
        Held,
        ListenerState,
        Missing,
        Outcome,
        OwnersMethod,
        Protocol,
        Reason,
        Transport,
    )


class Unseen(Record):
    """What could not be seen, and why.

    `subject` ties it down: `socket:INODE`, `pid:N`, `netns:N`, `path:P`, or None.
    """

    missing: Missing
    reason: Reason
    subject: str | None


class Identity(Record):
    """What the service said of itself when it was talked to."""

    protocol: str | None
    product: str | None
    version: str | None
    outcome: Outcome


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
    `socket:INODE` tells why, where nobody could be found; a kernel socket has none. A system without inode numbers
    (backend psutil) gives negative ones, each once in an inspection.
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
    """Whether something holds the port in this network namespace, and the findings on which that stands."""

    state: Held
    because: tuple[Finding, ...]


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
    """One look at one host: plain facts. The fields on a single port are None unless one port was asked for, `port`.

    `bpf_refused` tells why a BPF iterator that was asked for gave way to the walk of /proc. `mentions`, `redirects`,
    `views` and `kernel_ports` are None where they were not looked at; a look at everything has those of every port.
    `bind_attempts` and `rpc_programs` are None unless asked for by name, since they do more than look; `rpc_refused`
    tells why the port mapper, though it is there, told nothing.
    """

    hostname: str
    taken_at: str
    backend: Backend
    privileges: Privileges
    version: str
    complete: bool
    netns: str | None
    settings: Settings
    port: int | None = None
    port_state: HeldState | None = None
    findings: tuple[Finding, ...] | None = None
    bind: Bind | None = None
    ephemeral: Ephemeral | None = None
    reserved_here: bool | None = None
    connections: Connections | None = None
    port_connections: tuple[PortConnections, ...] | None = None
    mentions: tuple[Mention, ...] | None = None
    redirects: tuple[Redirect, ...] | None = None
    views: tuple[View, ...] | None = None
    kernel_ports: tuple[KernelPort, ...] | None = None
    bind_attempts: tuple[BindAttempt, ...] | None = None
    rpc_programs: tuple[RpcProgram, ...] | None = None
    rpc_refused: Outcome | None = None
    owners_method: OwnersMethod | None = None
    bpf_refused: BpfRefusal | None = None
    listeners: tuple[Listener, ...]
    unseen: tuple[Unseen, ...]
