"""When does a socket close? The kernel tells those with CAP_NET_ADMIN; without it, time has to pass.

sock_diag's multicast groups (enum sknetlink_groups, linux/sock_diag.h): one message for each socket that is destroyed.
"""

from __future__ import annotations

import _socket
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

NETLINK_SOCK_DIAG = 4
_GROUPS = 0b1111  # SKNLGRP_INET_TCP_DESTROY, _INET_UDP_, _INET6_TCP_, _INET6_UDP_
_MOST = 1 << 16


class Closings:
    """`with Closings() as closings: closings.pause(0.1, events=True)`."""

    def __init__(self) -> None:
        self._socket: _socket.socket | None = None

    def __enter__(self) -> Self:
        try:
            made = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        except OSError:
            return self
        try:
            made.bind((0, _GROUPS))
            made.setblocking(False)
        except OSError:
            made.close()
        else:
            self._socket = made
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()

    def pause(self, seconds: float, *, events: bool) -> None:
        """Waits this long, or with `events` until a socket closes."""
        if not events or self._socket is None:
            select.select((), (), (), seconds)
            return
        if select.select((self._socket.fileno(),), (), (), seconds)[0]:
            try:
                while self._socket.recv(_MOST):
                    pass
            except OSError:
                return  # read empty; or more events than fit, which is one reason more to look
