"""What /proc/net tells of sockets, for where sock_diag is denied: the fallback, slower and with less to tell.

proc_pid_net(5) describes the lines; net/ipv4/tcp_ipv4.c, net/ipv4/udp.c, net/ipv6/* and net/sctp/proc.c print them.
Not told there, and so None: interface, v6only, the backlog's limit, the cgroup; sockets bound but not listening are
left out altogether.
"""

from __future__ import annotations

import _socket
import sys

from whoseport.model import LAST_PORT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.host.linux.sock_diag import Row

FILE_LIMIT = 64 << 20
"""Bytes; 400,000 sockets take as many."""

_LITTLE_ENDIAN = sys.byteorder == "little"


def parse(text: bytes) -> list[Row]:
    """The sockets of one of tcp, tcp6, udp, udp6, udplite and udplite6; a line that makes no sense is left out."""
    rows: list[Row] = []
    for line in text.split(b"\n"):
        words = line.split()
        if len(words) < 10 or words[0] == b"sl":
            continue
        try:
            address, port = _endpoint(words[1])
            peer_address, peer_port = _endpoint(words[2])
            state, uid, inode = int(words[3], 16), _count(words[7]), _count(words[9])
        except ValueError:
            continue
        if len(address) == len(peer_address):
            rows.append(
                (state, port, peer_port, address, peer_address, 0, None, uid, inode, None, None, False, b"", False),
            )
    return rows


def parse_sctp_endpoints(text: bytes) -> list[Row]:
    """The SCTP sockets of /proc/net/sctp/eps, one row for each local address; see sctp_eps_seq_show.

    `ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS`, addresses as text, an asterisk at the primary one.
    """
    rows: list[Row] = []
    for line in text.split(b"\n"):
        words = line.split()
        try:
            state, port, uid, inode = (_count(word) for word in (words[3], *words[5:8]))
        except (ValueError, IndexError):
            continue
        if port > LAST_PORT:
            continue
        for word in words[8:]:
            address = _numeric(word.lstrip(b"*"))
            if address is not None:
                any_address = bytes(len(address))
                rows.append((state, port, 0, address, any_address, 0, None, uid, inode, None, None, False, b"", False))
    return rows


def sockets_in_use(protocols: bytes, name: bytes) -> int | None:
    """How many sockets of a protocol, such as `MPTCP`, /proc/net/protocols counts here; None if it does not list it.

    Sockets that are only bound are not counted for every protocol (net/core/sock.c: sock_prot_inuse_get).
    """
    for line in protocols.split(b"\n"):
        words = line.split(None, 3)
        if len(words) > 2 and words[0] == name and words[2].isdigit() and len(words[2]) < 20:
            return int(words[2])
    return None


def _endpoint(word: bytes) -> tuple[bytes, int]:
    """`0100007F:1F90`: the address as 32-bit words in the machine's byte order, and the port."""
    address, _, port = word.partition(b":")
    if len(address) not in (8, 32) or len(port) != 4:
        raise ValueError(word)
    raw = bytes.fromhex(address.decode("ascii"))
    if _LITTLE_ENDIAN:
        raw = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    return raw, int(port, 16)


def _count(word: bytes) -> int:
    if not word.isdigit() or len(word) > 20:
        raise ValueError(word)
    return int(word)


def _numeric(word: bytes) -> bytes | None:
    text = word.decode("ascii", "replace")
    try:
        return _socket.inet_pton(_socket.AF_INET6 if ":" in text else _socket.AF_INET, text)
    except (OSError, ValueError):
        return None
