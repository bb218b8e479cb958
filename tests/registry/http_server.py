"""A real HTTP server on loopback that behaves as well, or as badly, as a test asks: bytes on a socket, no framework.

A behaviour is a function of one `Conversation`: it has read the request's head and writes whatever it likes. What it
waits for ends when the server does, so a server that stalls never outlives its test.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Behaviour = Callable[["Conversation"], None]

LONGEST_HEAD = 64 * 1024


class Conversation:
    """One connection: the request line's parts, the headers (names in lower case), and the means to answer."""

    def __init__(
        self, connection: socket.socket, head: bytes, *, ended: threading.Event, opened: list[socket.socket]
    ) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _version = lines[0].split(" ", 2)
        fields = (line.partition(":") for line in lines[1:] if line)
        self.headers = {name.lower(): value.strip() for name, _, value in fields}
        self.connection = connection
        self.opened = opened
        self._ended = ended

    def send(self, content: bytes) -> None:
        self.connection.sendall(content)

    def answer(self, content: bytes = b"", *, status: str = "200 OK", **headers: str | None) -> None:
        """A whole response; header names with _ for -, None for none; Content-Length is added unless given."""
        named = {"Content_Length": str(len(content))} | headers
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items() if value is not None)
        self.send(f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + content)

    def stall(self) -> None:
        """Says nothing more until the other side goes, or the test ends."""
        self._ended.wait()

    def pause(self, seconds: float) -> bool:
        """Between the drops of a dripping server; whether the test has ended meanwhile."""
        return self._ended.wait(seconds)


class Server:
    """Serves every connection in a thread of its own, by the behaviour that it bears at that moment."""

    def __init__(self, behaviour: Behaviour, *, tls: ssl.SSLContext | None = None) -> None:
        self.behaviour = behaviour
        self.requests: list[Conversation] = []
        self._tls = tls
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)

    def address(self, path: str = "/registry.xml", *, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._ended.set()
        # wakes accept(), which closing alone does not
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for connection in self._connections:
            _shut(connection)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._connections.append(connection)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            with connection:
                head = _head(connection)
                if head is not None:
                    conversation = Conversation(connection, head, ended=self._ended, opened=self._connections)
                    self.requests.append(conversation)
                    self.behaviour(conversation)
                    _linger(connection)
        except OSError:
            # the client has gone, or will not speak to such a server: what the tests are about
            return
        finally:
            connection.close()


def _head(connection: socket.socket) -> bytes | None:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < LONGEST_HEAD:
        piece = connection.recv(4096)
        if not piece:
            return None
        head += piece
    return head.partition(b"\r\n\r\n")[0]


def _linger(connection: socket.socket) -> None:
    """Lets the client read what was sent: closing with bytes unread would reset the connection."""
    if isinstance(connection, ssl.SSLSocket):
        connection.unwrap()
        return
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # already closed by its thread
        return


# --- behaviours ----------------------------------------------------------------------------------------------------


def serving(content: bytes, *, etag: str | None = None, last_modified: str | None = None) -> Behaviour:
    """A good server: gzip for who accepts it, 304 for who has it already."""

    def behave(conversation: Conversation) -> None:
        asked = conversation.headers
        if (etag and asked.get("if-none-match") == etag) or (
            last_modified and not etag and asked.get("if-modified-since") == last_modified
        ):
            conversation.answer(status="304 Not Modified", ETag=etag, Last_Modified=last_modified)
        elif "gzip" in asked.get("accept-encoding", ""):
            conversation.answer(
                gzip.compress(content, mtime=0), Content_Encoding="gzip", ETag=etag, Last_Modified=last_modified
            )
        else:
            conversation.answer(content, ETag=etag, Last_Modified=last_modified)

    return behave


def saying(raw: bytes) -> Behaviour:
    """These bytes and nothing else, then the end of the connection."""
    return lambda conversation: conversation.send(raw)


def redirecting(to: str, *, status: str = "302 Found") -> Behaviour:
    return lambda conversation: conversation.answer(status=status, Location=to)


def dripping(beginning: bytes, *, drop: bytes, seconds: float) -> Behaviour:
    """A drop every so often, for as long as anybody listens."""

    def behave(conversation: Conversation) -> None:
        conversation.send(beginning)
        while not conversation.pause(seconds):
            conversation.send(drop)

    return behave


def stalling(beginning: bytes = b"") -> Behaviour:
    def behave(conversation: Conversation) -> None:
        conversation.send(beginning)
        conversation.stall()

    return behave


def forwarding(conversation: Conversation) -> None:
    """A small proxy (RFC 9112 section 3.2.2, RFC 9110 section 9.3.6): fetches absolute addresses, tunnels CONNECT."""
    tunnel = conversation.method == "CONNECT"
    place = conversation.target if tunnel else conversation.target.split("/", 3)[2]
    host, _, port = place.rpartition(":")
    with socket.create_connection((host, int(port))) as onward:
        conversation.opened.append(onward)
        if tunnel:
            conversation.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = "/" + conversation.target.split("/", 3)[3]
            kept = "".join(f"{name}: {value}\r\n" for name, value in conversation.headers.items())
            onward.sendall(f"{conversation.method} {path} HTTP/1.1\r\n{kept}\r\n".encode("latin-1"))
        back = threading.Thread(target=_copy, args=(onward, conversation.connection))
        back.start()
        if tunnel:
            _copy(conversation.connection, onward)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(64 * 1024):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # one side has gone: so must the other, or its copying would wait for ever
        _shut(source)
        _shut(target)


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
