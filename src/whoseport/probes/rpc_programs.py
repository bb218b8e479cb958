"""Which RPC programs does this machine's port mapper know, and what are they called?

Names are those of this machine's rpc(5) file; else ours, which are those of IANA's registry of RPC program numbers
(RFC 5531 section 8.3) and of the rpc files that libc packages ship (Debian's libc-bin, netbase; FreeBSD's etc/rpc).
"""

from __future__ import annotations

import os

from whoseport.probes.exchange import TIMEOUT, exchange
from whoseport.probes.portmap import PORT, VERSIONS, NotUnderstood, call, marked, parse, unmarked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from whoseport.model import Outcome, RpcProgram
    from whoseport.probes.exchange import Carrier

RPC_FILE = "/etc/rpc"
SOCKET = "/run/rpcbind.sock"
_LARGEST = 1 << 20

NAMES = {
    100000: "portmapper",
    100001: "rstatd",
    100002: "rusersd",
    100003: "nfs",
    100004: "ypserv",
    100005: "mountd",
    100007: "ypbind",
    100008: "walld",
    100009: "yppasswdd",
    100011: "rquotad",
    100012: "sprayd",
    100017: "rexd",
    100020: "llockmgr",
    100021: "nlockmgr",
    100024: "status",
    100026: "bootparam",
    100028: "ypupdated",
    100029: "keyserv",
    100068: "cmsd",
    100069: "ypxfrd",
    100083: "ttdbserverd",
    100133: "nsm_addrand",
    100227: "nfs_acl",
    100300: "nisd",
    150001: "pcnfsd",
    391002: "sgi_fam",
    391004: "sgi_mountd",
    545580417: "ugidd",
    600100069: "fypxfrd",
    788585389: "bwnfsd",
    1073741824: "nfs-callback",
}


def programs(
    *,
    address: str = "127.0.0.1",
    port: int = PORT,
    socket_path: str | None = SOCKET,
    rpc_file: str = RPC_FILE,
    unix_table: str = "/proc/net/unix",
    timeout: float = TIMEOUT,
) -> tuple[RpcProgram, ...] | Outcome:
    """Everything registered with the port mapper on loopback, or the word for why it is not known.

    Asked by tcp, then by udp, then through its own socket, each in version 4, 3 and 2 until one is understood. The
    socket is only asked where this network namespace has it: a path leads also to another namespace's port mapper.
    `timeout`: seconds for each exchange. `refused` where nothing is there to ask.
    """
    ways: list[tuple[Carrier, str, int]] = [("tcp", address, port), ("udp", address, port)]
    if socket_path is not None and _is_ours(socket_path, unix_table):
        ways.append(("unix", socket_path, 0))
    names: Mapping[int, str] = NAMES | parse_names(_content(rpc_file))
    worst: Outcome = "refused"
    for carrier, where, number in ways:
        answer = _ask(carrier, where, number, names=names, timeout=timeout)
        if not isinstance(answer, str):
            return answer
        if answer != "refused":
            worst = answer
    return worst


def _ask(
    carrier: Carrier, address: str, port: int, *, names: Mapping[int, str], timeout: float
) -> tuple[RpcProgram, ...] | Outcome:
    stream = carrier != "udp"
    for version in VERSIONS:
        transaction = int.from_bytes(os.urandom(4), "big")
        message = call(version, transaction=transaction)
        reply = exchange(
            marked(message) if stream else message,
            carrier=carrier,
            address=address,
            port=port,
            complete=_record_complete if stream else _begins_with(message[:4]),
            timeout=timeout,
        )
        if reply.outcome != "identified":
            return reply.outcome
        try:
            content = unmarked(reply.content) if stream else reply.content
            return parse(content or b"", version=version, transaction=transaction, names=names)
        except NotUnderstood as problem:
            if not problem.mismatch:
                return "unrecognized"
    return "unrecognized"


def _begins_with(start: bytes) -> Callable[[bytes], bool]:
    return lambda datagram: datagram.startswith(start)


def _record_complete(stream: bytes) -> bool:
    try:
        return unmarked(stream) is not None
    except NotUnderstood:
        return True  # nothing that could still come would mend it


def _is_ours(path: str, table: str) -> bool:
    """Whether a socket of this network namespace bears the path (proc(5), /proc/net/unix)."""
    return any(line.endswith(b" " + os.fsencode(path)) for line in _content(table).split(b"\n"))


def parse_names(content: bytes) -> dict[int, str]:
    """rpc(5): `portmapper 100000 portmap sunrpc rpcbind`, the first name of each number.

    >>> parse_names(b"nfs\\t100003 nfsprog # comment")
    {100003: 'nfs'}
    """
    found: dict[int, str] = {}
    for line in content.split(b"\n"):
        words = line.partition(b"#")[0].split(None, 2)
        if len(words) > 1 and words[1].isdigit() and len(words[1]) < 11 and len(words[0]) < 80:
            found.setdefault(int(words[1]), words[0].decode("utf-8", "backslashreplace"))
    return found


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST)
    except OSError:
        return b""
