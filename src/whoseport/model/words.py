"""The closed lists of words that programs compare.

Each is a `Literal` to a type checker and the plain tuple of its words at run time.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal
else:

    class Literal:
        """Stands in for typing.Literal, whose import costs as much as a whole look-up."""

        def __class_getitem__(cls, words):
            return words


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
Relation = Literal["child", "pipe"]
FileState = Literal["present", "missing", "unseen"]
Checksum = Literal["intact", "changed", "unlisted"]
"""Against the package's own list: `unlisted` where the package gives no checksum for the file."""

MentionKind = Literal[
    "etc-services",
    "socket-unit",
    "inetd",
    "configuration",
    "firewalld",
    "ufw",
    "nftables",
    "iptables",
]
RuleSystem = Literal["nftables", "iptables"]
BindOutcome = Literal["free", "in-use", "not-permitted", "not-available", "refused"]
PickReason = Literal[
    "usual-for-project",
    "next-free",
    "free-on-every-address",
    "not-ephemeral",
    "not-reserved-here",
    "browsers-open-it",
    "no-known-default",
    "unassigned",
]
Rejection = Literal[
    "in-use", "leased", "ephemeral", "reserved-here", "browsers-refuse", "known-default", "assigned", "not-permitted"
]
EndingWay = Literal["unit", "container", "process"]
EndResult = Literal["ended", "killed", "gone", "another", "not-permitted", "survived", "failed"]
PortAfter = Literal["free", "held", "unknown"]
StopRefusalReason = Literal["kernel", "first-process", "own-lineage", "not-permitted", "not-seen", "not-mine"]
Strength = Literal["strong", "weak", "against", "none"]
ClaimTopic = Literal["kind", "started", "concern", "port"]
Role = Literal["default", "admin", "metrics", "cluster", "development", "client", "tls", "debug", "legacy"]
SoftwareKind = Literal["server", "development-server", "desktop", "rpc", "forwarder", "interpreter", "client"]
ReportedSide = Literal["remote", "listening"]
"""Where a report saw the port: on servers that malware talks to, or opened by malware itself where it ran."""

BrowserName = Literal["fetch-standard", "firefox", "chromium"]
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
