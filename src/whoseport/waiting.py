"""Has it come, has it gone? Waits for a port without a busy loop.

That a socket closes, the kernel tells root (SKNLGRP_INET_TCP_DESTROY and its kin, linux/sock_diag.h); that one begins
to listen, it tells nobody. So the tables are asked again, for this port only, after pauses that grow to a tenth of a
second, and at once when an event arrives.
"""

from __future__ import annotations

import time

from whoseport.model import Waited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from whoseport.model import Transport

SHORTEST, LONGEST = 0.01, 0.1
_TRANSPORTS: tuple[Transport, ...] = ("tcp", "udp")
HTTP_PATIENCE = 2.0
_LONGEST_REPLY = 4096


def wait(
    ports: tuple[tuple[int, Transport | None], ...],
    *,
    gone: bool = False,
    http: bool = False,
    timeout: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Waited]:
    """Yields each port when what is waited for has come, in that order; at the end those for which it has not.

    Something listens where a tcp socket of this network namespace listens, or a udp socket is bound; with `http`, where
    it answers HTTP on loopback.
    """
    from whoseport import host

    started = clock()
    left = list(dict.fromkeys(ports))
    pause = SHORTEST
    with host.closings() as closings:
        while left:
            for one in list(left):
                number, transport = one
                there = _answers_http(number) if http else _listens(number, transport)
                if there is not gone:
                    left.remove(one)
                    yield _waited(one, done=True, elapsed=clock() - started)
            remaining = None if timeout is None else started + timeout - clock()
            if not left or (remaining is not None and remaining <= 0):
                break
            closings.pause(pause if remaining is None else min(pause, remaining), events=gone and not http)
            pause = min(pause * 1.5, LONGEST)
    for one in left:
        yield _waited(one, done=False, elapsed=clock() - started)


def _waited(port: tuple[int, Transport | None], *, done: bool, elapsed: float) -> Waited:
    return Waited(port=port[0], transport=port[1], done=done, elapsed_ms=int(elapsed * 1000))


def _listens(port: int, transport: Transport | None) -> bool:
    from whoseport import host

    return bool(host.listening(port) & ({transport} if transport else set(_TRANSPORTS)))


def _answers_http(port: int) -> bool:
    import socket

    for address in ("127.0.0.1", "::1"):
        try:
            with socket.create_connection((address, port), timeout=HTTP_PATIENCE) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                reply = b""
                while len(reply) < _LONGEST_REPLY and b"\n" not in reply:
                    piece = connection.recv(_LONGEST_REPLY)
                    if not piece:
                        break
                    reply += piece
        except OSError:
            continue
        if reply.startswith(b"HTTP/"):
            return True
    return False
