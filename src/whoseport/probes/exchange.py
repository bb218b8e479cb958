"""How are a question and its answer carried? The one place of this room that has sockets, bounded in time and size."""

from __future__ import annotations

import errno
import time

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Literal

    from whoseport.model import Outcome

    Carrier = Literal["tcp", "udp", "unix"]

TIMEOUT = 2.0
"""Seconds for a whole exchange."""

LARGEST = 4 << 20
_CHUNK = 1 << 16
_REFUSED = (errno.ECONNREFUSED, errno.ENOENT)


class Reply(Record):
    """How an exchange ended. `outcome` is `identified` where all that was waited for came, and not yet understood.

    `silent`: nothing came; `closed`: the other side hung up before it had said all; `refused`, `unreachable`: it was
    not reached; `unrecognized`: it said more than the bounds let in, or did not come to an end in time.
    """

    outcome: Outcome
    content: bytes = b""


def exchange(
    request: bytes,
    *,
    carrier: Carrier,
    address: str,
    port: int = 0,
    complete: Callable[[bytes], bool] = bool,
    timeout: float = TIMEOUT,
    limit: int = LARGEST,
) -> Reply:
    """Sends the request and reads until `complete` says of all that came that it is. `address` is numeric, or a path.

    Of udp each datagram is taken by itself, from the address asked only; those that are not complete are passed over.
    """
    import socket

    until = time.monotonic() + timeout
    family = socket.AF_UNIX if carrier == "unix" else socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if carrier == "udp" else socket.SOCK_STREAM
    where: str | tuple[str, int] = address if carrier == "unix" else (address, port)
    try:
        with socket.socket(family, kind | socket.SOCK_CLOEXEC) as wire:
            wire.settimeout(timeout)
            wire.connect(where)
            return _talk(wire, request, complete, until=until, limit=limit, datagrams=carrier == "udp")
    except TimeoutError:
        return Reply(outcome="unreachable")
    except OSError as refusal:
        # a datagram that nobody takes is refused by ICMP, told by the next call on the socket
        return Reply(outcome="refused" if refusal.errno in _REFUSED else "unreachable")


def _talk(
    wire: socket.socket,
    request: bytes,
    complete: Callable[[bytes], bool],
    *,
    until: float,
    limit: int,
    datagrams: bool,
) -> Reply:
    content = b""
    try:
        wire.sendall(request)
        while True:
            left = until - time.monotonic()
            if left <= 0:
                break
            wire.settimeout(left)
            piece = wire.recv(_CHUNK)
            content = piece if datagrams else content + piece
            if complete(content):
                return Reply(outcome="identified", content=content)
            if not piece and not datagrams:
                return Reply(outcome="closed", content=content)
            if len(content) > limit:
                break
    except TimeoutError:
        pass
    except (ConnectionResetError, BrokenPipeError):
        return Reply(outcome="closed", content=content)
    return Reply(outcome="unrecognized" if content else "silent", content=content)
