"""What does the kernel answer to a real bind(2) on the port? Asked for by name only: for a moment it takes the port.

Each socket is closed at once and never listens, in this network namespace and as this user. Works on every system.
"""

from __future__ import annotations

import errno
import os

from whoseport.model import BindAttempt

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from whoseport.model import BindOutcome, Transport

ADDRESSES = ("0.0.0.0", "::", "127.0.0.1", "::1")

_SOCKETS: dict[Transport, tuple[str, int]] = {
    "tcp": ("SOCK_STREAM", 6),
    "udp": ("SOCK_DGRAM", 17),
    "sctp": ("SOCK_STREAM", 132),
    "dccp": ("SOCK_DCCP", 33),
}
_SOCK_DCCP = 6  # linux/net.h, without a name in Python
_OUTCOMES: dict[int, BindOutcome] = {
    errno.EADDRINUSE: "in-use",
    errno.EACCES: "not-permitted",
    errno.EPERM: "not-permitted",
    errno.EADDRNOTAVAIL: "not-available",
    errno.EAFNOSUPPORT: "not-available",
    errno.EPROTONOSUPPORT: "not-available",
    errno.ESOCKTNOSUPPORT: "not-available",
}


def attempt(port: int, *, transport: Transport | None = None) -> tuple[BindAttempt, ...]:
    """One bind on every address of `ADDRESSES`, IPv6 without IPv4, for this transport or for tcp and udp.

    Without SO_REUSEADDR; a tcp address that is in use is asked for with it as well, as most servers would, and told in
    a second attempt where that changes the answer: it passes over TIME-WAIT (RFC 9293 section 3.6.1) and over bound
    sockets that do not listen, on Linux only over those that had set it themselves (socket(7)). Not for udp and not on
    Windows, where two sockets would share the port, and one take what is the other's.
    """
    transports: tuple[Transport, ...] = ("tcp", "udp") if transport is None else (transport,)
    found = []
    for each in transports:
        for address in ADDRESSES:
            first = _bind(port, address, transport=each, reuse_address=False)
            found.append(first)
            if first.outcome == "in-use" and each == "tcp" and os.name == "posix":
                second = _bind(port, address, transport=each, reuse_address=True)
                if second.outcome != first.outcome:
                    found.append(second)
    return tuple(found)


def _bind(port: int, address: str, *, transport: Transport, reuse_address: bool) -> BindAttempt:
    outcome: BindOutcome = "free"
    name = None
    try:
        with _socket(address, transport) as made:
            if reuse_address:
                import socket

                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((address, port))
    except OSError as refusal:
        number = refusal.errno or 0
        outcome = _OUTCOMES.get(number, "refused")
        name = errno.errorcode.get(number, str(number))
    return BindAttempt(transport=transport, address=address, outcome=outcome, errno=name, reuse_address=reuse_address)


def _socket(address: str, transport: Transport) -> socket.socket:
    import socket

    kind, protocol = _SOCKETS[transport]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, getattr(socket, kind, _SOCK_DCCP), protocol)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if os.name == "nt":
            # without it Windows lets a socket take over a port that another left open to that
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        made.close()
        raise
    return made
