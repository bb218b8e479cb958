"""What else on this machine speaks of a port: its files, its firewall rules, the kernel's own servers, other views."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.words import BindOutcome, MentionKind, RuleSystem, Transport


class Mention(Record):
    """A line of a file of this machine that names ports; evidence of an intention, never that anything is reachable.

    `transport` None: the line names none. `name` is the service, unit or zone that the line belongs to; `address` the
    address that it names, if any, as it is written (`*`, `localhost`, `::1`), for a configuration also where a line
    beside it does, one mention for each; `text` the line itself, bounded. `package` owns the file, as far as is known.
    `program` is what the line starts, for a socket unit or inetd. `enabled` tells whether it is in force, as far as
    files can: a socket unit that another unit wants (systemctl(1), is-enabled), rules of a firewall that is switched
    on; None where files do not tell.
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
    enabled: bool | None = None


class Redirect(Record):
    """A firewall rule of this network namespace that leads what arrives on the ports somewhere else.

    `first`-`last` are the ports it takes; `to_port` None: the port stays. `address` is the destination that it
    matches, `interface` where it must arrive; each begins with `!` where it is the one that does not fit (`!docker0`).
    `hook` is the chain's (`prerouting`, `output`). `chain` is the path from the base chain (`PREROUTING > DOCKER`);
    `comment` is the rule's own, or that of the last rule with one that leads there.
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
    """What another source than the first one shows of the sockets on the port (or of all listening ones): inodes.

    Of tcp only listening sockets count, of udp all. `port` None: of all ports; a look at everything has one more view
    for each port on which this source shows a socket that the first one does not. What came or went between the two
    readings is given as the first one has it, so that each difference stood when both were read again.
    """

    source: str
    transport: Transport
    sockets: tuple[int, ...]
    port: int | None = None


class KernelPort(Record):
    """A port that a part of the kernel itself serves (`nfsd`, `vxlan`, `wireguard`), by its own word in `source`."""

    transport: Transport
    port: int
    subsystem: str
    name: str | None
    source: str


class BindAttempt(Record):
    """What the kernel answered to a real bind(2) on one address; `errno` is its name (`EADDRINUSE`), None if free.

    `reuse_address`: asked with SO_REUSEADDR, as most servers ask; told only beside the attempt without it that was
    `in-use`, and only where it changes the answer. Free with it alone: no socket listens there, what is left of old
    connections (TIME-WAIT) or a bound socket keeps the port.
    """

    transport: Transport
    address: str
    outcome: BindOutcome
    errno: str | None
    reuse_address: bool = False


class RpcProgram(Record):
    """What the port mapper on loopback tells of a port (RFC 1833): `name` from this machine's /etc/rpc or our facts."""

    program: int
    version: int
    transport: Transport
    port: int
    name: str | None
    owner: str | None
