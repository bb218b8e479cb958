"""What else on this machine speaks of a port: its files, its firewall rules, the kernel's own servers, other views."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.words import BindOutcome, MentionKind, RuleSystem, Transport


class Mention(Record):
    """A line of a file of this machine that names ports; evidence of an intention, never that anything is reachable.

    `transport` None: the line names none. `name` is the service, unit or zone that the line belongs to; `address` the
    address that it names, if any; `text` the line itself, bounded. `package` owns the file, as far as is known.
    `program` is what the line starts, for a socket unit or inetd.
    """

    kind: MentionKind
    path: str
    line: int | None
    transport: Transport | None
    first: int
    last: int
    address: str | None
    name: str | None
    program: str | None
    package: str | None
    text: str


class Redirect(Record):
    """A firewall rule of this network namespace that leads what arrives on the ports somewhere else.

    `first`-`last` are the ports it takes; `to_port` None: the port stays. `address` is the destination that it
    matches, `interface` where it must arrive; `hook` is the chain's (`prerouting`, `output`). `chain` is the path from
    the base chain (`KUBE-NODEPORTS`), `comment` the rule's own.
    """

    system: RuleSystem
    family: str
    table: str
    chain: str
    hook: str
    transport: Transport | None
    first: int
    last: int
    address: str | None
    interface: str | None
    to_address: str | None
    to_port: int | None
    comment: str | None


class View(Record):
    """What another source than the first one shows of the sockets on the port (or of all listening ones): inodes."""

    source: str
    transport: Transport
    sockets: tuple[int, ...]


class KernelPort(Record):
    """A port that a part of the kernel itself serves (`nfsd`, `vxlan`, `wireguard`), by its own word in `source`."""

    transport: Transport
    port: int
    subsystem: str
    name: str | None
    source: str


class BindAttempt(Record):
    """What the kernel answered to a real bind(2) on one address; `errno` is its name (`EADDRINUSE`), None if free."""

    transport: Transport
    address: str
    outcome: BindOutcome
    errno: str | None


class RpcProgram(Record):
    """What the port mapper on loopback tells of a port (RFC 1833): `name` from this machine's /etc/rpc or our facts."""

    program: int
    version: int
    transport: Transport
    port: int
    name: str | None
    owner: str | None
