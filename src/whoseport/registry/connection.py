"""How is a connection made and read so that no server, however slow, can outlast its time?

Each wait on the socket gets what is left of the whole time, at most the idle time: a server that drips a byte now and
then ends where one that stalls does. `urllib.request` does the rest (proxies from the environment, TLS); handlers that
it would add on its own (redirects, file:, ftp:, data:) are left out.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import urllib.request
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Any

from whoseport.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPResponse


class Bounds(Record):
    """Seconds for connecting, for each wait after it, and for all of it; `largest` is bytes, packed and unpacked."""

    connect: float = 15.0
    idle: float = 20.0
    total: float = 300.0
    largest: int = 64 * 1024 * 1024
    redirects: int = 5


class Deadline:
    """The time left of a whole fetch, on a clock that never jumps."""

    def __init__(self, bounds: Bounds, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.bounds = bounds
        self.connected = False
        self._clock = clock
        self._until = clock() + bounds.total

    def wait(self, longest: float) -> float:
        """Seconds that one wait may take, at most `longest`; a TimeoutError when there is none left."""
        left = self._until - self._clock()
        if left <= 0:
            raise TimeoutError
        return min(longest, left)

    @property
    def over(self) -> bool:
        return self._clock() >= self._until


class UnusableProxy(Exception):
    """The environment names a proxy that does not speak HTTP, to which urllib.request would speak HTTP all the same."""


def open_address(address: str, headers: dict[str, str], *, deadline: Deadline) -> HTTPResponse:
    """The response to one GET, whatever its status.

    Errors are `UnusableProxy` and those of urllib.request and http.client: OSError, HTTPException, ValueError for a
    malformed address.
    """
    opener = urllib.request.OpenerDirector()
    opener.addheaders = []
    for handler in (_Proxy(), _Http(deadline), _Https(deadline)):
        opener.add_handler(handler)
    response: HTTPResponse = opener.open(urllib.request.Request(address, headers=headers))
    return response


def connect(host: str, port: int, *, deadline: Deadline) -> socket.socket:
    """A connected socket; its addresses are tried in turn, each with its share of the time that is left for all."""
    deadline.connected = False
    until = time.monotonic() + deadline.wait(deadline.bounds.connect)
    addresses = _resolve(host, port, seconds=until - time.monotonic())
    refusal: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    for place, (family, kind, protocol, _name, where) in enumerate(addresses):
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        made = _bounded_socket(family, kind, protocol, deadline=deadline)
        try:
            made.settimeout(left / (len(addresses) - place))
            made.connect(where)
        except OSError as error:
            made.close()
            refusal = error
            continue
        made.settimeout(deadline.wait(deadline.bounds.idle))
        deadline.connected = True
        return made
    raise refusal


def _resolve(host: str, port: int, *, seconds: float) -> list[Any]:
    # getaddrinfo knows no timeout; a thread that hangs in it does not hold up the end of the program
    found: list[list[Any]] = []
    refused: list[Exception] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            refused.append(error)

    asking = threading.Thread(target=ask, daemon=True, name="whoseport-resolver")
    asking.start()
    asking.join(seconds)
    if refused:
        raise refused[0]
    if not found:
        raise TimeoutError
    return found[0]


def _bounded_socket(family: int, kind: int, protocol: int, *, deadline: Deadline) -> socket.socket:
    class BoundedSocket(socket.socket):
        def recv_into(self, *arguments: Any) -> int:
            self.settimeout(deadline.wait(deadline.bounds.idle))
            return super().recv_into(*arguments)

    return BoundedSocket(family, kind, protocol)


def _bounded_tls(deadline: Deadline) -> ssl.SSLContext:
    class BoundedTls(ssl.SSLSocket):
        def recv_into(self, *arguments: Any) -> int:
            self.settimeout(deadline.wait(deadline.bounds.idle))
            return super().recv_into(*arguments)

    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = BoundedTls
    return context


class _Proxy(urllib.request.ProxyHandler):
    def proxy_open(self, req: urllib.request.Request, proxy: str, type: str) -> HTTPResponse | None:
        kind, separator, _place = proxy.partition("://")
        if req.host and urllib.request.proxy_bypass(req.host):
            return None
        if separator and kind.lower() not in ("http", "https"):
            raise UnusableProxy(kind)
        found: HTTPResponse | None = super().proxy_open(req, proxy, type)
        return found


class _Http(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        def made(host: str, **options: Any) -> HTTPConnection:
            return _bounded(HTTPConnection(host, **options), self._deadline)

        return self.do_open(made, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        def made(host: str, **options: Any) -> HTTPConnection:
            return _bounded(HTTPSConnection(host, context=_bounded_tls(self._deadline), **options), self._deadline)

        return self.do_open(made, req)


def _bounded(connection: HTTPConnection, deadline: Deadline) -> HTTPConnection:
    # the one seam that http.client has between its tunnels and TLS and the socket below them
    def create(where: tuple[str, int], *_rest: object) -> socket.socket:
        return connect(where[0], where[1], deadline=deadline)

    connection._create_connection = create  # type: ignore[attr-defined]
    return connection
