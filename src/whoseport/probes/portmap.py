"""Which RPC programs are registered with the port mapper, and on which ports?

RFC 1833: rpcbind versions 4 and 3 (RPCBPROC_DUMP) and port mapper version 2 (PMAPPROC_DUMP), program 100000 on port
111. Sent is one call without arguments or credentials (RFC 5531 section 9); what proves the answer is its transaction
number, and that it is taken apart to its end as what was asked for. XDR: RFC 4506.
"""

from __future__ import annotations

import struct

from whoseport.model import LAST_PORT, RpcProgram

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from whoseport.model import Transport

PROGRAM = 100000
PORT = 111
VERSIONS = (4, 3, 2)

_DUMP = 4  # PMAPPROC_DUMP and RPCBPROC_DUMP alike
_CALL, _REPLY, _RPC_VERSION = 0, 1, 2
_LAST_FRAGMENT = 1 << 31
_LONGEST_STRING = 1024
_LONGEST_REPLY = 4 << 20
_MOST = 10_000
_TRANSPORT_OF_NUMBER: dict[int, Transport] = {6: "tcp", 17: "udp", 33: "dccp", 132: "sctp"}
_TRANSPORT_OF_NETID: dict[bytes, Transport] = {
    b"tcp": "tcp",
    b"tcp6": "tcp",
    b"udp": "udp",
    b"udp6": "udp",
    b"sctp": "sctp",
    b"sctp6": "sctp",
}


class NotUnderstood(Exception):
    """The bytes are no answer to this call. `mismatch`: one that refuses the version, another may be understood."""

    def __init__(self, *, mismatch: bool = False) -> None:
        super().__init__()
        self.mismatch = mismatch


def call(version: int, *, transaction: int) -> bytes:
    """The message that asks for everything registered, as a datagram carries it."""
    credentials = verifier = struct.pack(">II", 0, 0)  # AUTH_NONE
    return struct.pack(">IIIIII", transaction, _CALL, _RPC_VERSION, PROGRAM, version, _DUMP) + credentials + verifier


def marked(message: bytes) -> bytes:
    """The message as one record of a stream (RFC 5531 section 11)."""
    return struct.pack(">I", _LAST_FRAGMENT | len(message)) + message


def unmarked(stream: bytes) -> bytes | None:
    """The first record of a stream; None while it is not all there. NotUnderstood where it would be too large."""
    message = b""
    at = 0
    while at + 4 <= len(stream):
        (mark,) = struct.unpack_from(">I", stream, at)
        length = mark & ~_LAST_FRAGMENT
        if length + len(message) > _LONGEST_REPLY:
            raise NotUnderstood
        if at + 4 + length > len(stream):
            return None
        message += stream[at + 4 : at + 4 + length]
        at += 4 + length
        if mark & _LAST_FRAGMENT:
            return message
        if length == 0:
            raise NotUnderstood  # fragments of nothing could go on for ever
    return None


def parse(
    message: bytes, *, version: int, transaction: int, names: Mapping[int, str] | None = None
) -> tuple[RpcProgram, ...]:
    """The registrations of a reply, each once, in the order of their ports. `names` are those of program numbers.

    Of addresses that are no port of ours (`local`) nothing is told. Raises NotUnderstood.
    """
    reader = _Reader(message)
    if reader.number() != transaction or reader.number() != _REPLY:
        raise NotUnderstood
    if reader.number() != 0:
        # MSG_DENIED: another RPC version, or credentials wanted
        raise NotUnderstood
    reader.number()
    reader.string()  # the verifier
    status = reader.number()
    if status != 0:
        # PROG_MISMATCH; PROC_UNAVAIL of a version that knows no dump
        raise NotUnderstood(mismatch=status in (2, 3))
    found: dict[RpcProgram, None] = {}
    for _ in range(_MOST):
        more = reader.number()
        if more == 0:
            break
        if more != 1:
            raise NotUnderstood
        registered = _registration(reader, version=version, names=names or {})
        if registered is not None:
            found[registered] = None
    else:
        raise NotUnderstood
    return tuple(sorted(found, key=lambda one: (one.port, one.program, one.version, one.transport)))


def _registration(reader: _Reader, *, version: int, names: Mapping[int, str]) -> RpcProgram | None:
    program, program_version = reader.number(), reader.number()
    owner = None
    transport: Transport | None
    if version == 2:
        transport = _TRANSPORT_OF_NUMBER.get(reader.number())
        port: int | None = reader.number()
    else:
        transport = _TRANSPORT_OF_NETID.get(reader.string())
        port = port_of(reader.string())
        owner = reader.string().decode("utf-8", "backslashreplace") or None
    if transport is None or port is None or not 0 < port <= LAST_PORT:
        return None
    return RpcProgram(
        program=program, version=program_version, transport=transport, port=port, name=names.get(program), owner=owner
    )


def port_of(address: bytes) -> int | None:
    """The port of a universal address: its last two numbers (RFC 5665 section 5.2.3.3).

    >>> port_of(b"0.0.0.0.0.111"), port_of(b"::.3.203"), port_of(b"/run/rpcbind.sock")
    (111, 971, None)
    """
    parts = address.rsplit(b".", 2)
    if len(parts) != 3 or not all(part.isdigit() and len(part) <= 3 for part in parts[1:]):
        return None
    high, low = int(parts[1]), int(parts[2])
    return high << 8 | low if high < 256 and low < 256 else None


class _Reader:
    """Takes XDR apart, one value after another."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def number(self) -> int:
        try:
            (value,) = struct.unpack_from(">I", self._content, self._at)
        except struct.error:
            raise NotUnderstood from None
        self._at += 4
        return int(value)

    def string(self) -> bytes:
        length = self.number()
        if length > _LONGEST_STRING or self._at + length > len(self._content):
            raise NotUnderstood
        value = self._content[self._at : self._at + length]
        self._at += length + -length % 4
        return value
