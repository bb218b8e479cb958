"""Could a server take this port now? Asked of the kernel by a real bind(2), given back at once.

As a server would: on the wildcard address of each family, where a listener on any single address stands in the way,
with SO_REUSEADDR, so that a connection in TIME-WAIT does not (socket(7)). Nothing listens, so no client is misled.
"""

from __future__ import annotations

import _socket
import errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Rejection, Transport

_TYPES = {"tcp": _socket.SOCK_STREAM, "udp": _socket.SOCK_DGRAM}
_FAMILIES = ((_socket.AF_INET, "0.0.0.0"), (_socket.AF_INET6, "::"))
_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)


def stands_in_the_way(port: int, transport: Transport) -> Rejection | None:
    """Why no server could take the port on every address now; None where one could."""
    for family, address in _FAMILIES:
        try:
            probe = _socket.socket(family, _TYPES[transport])
        except OSError as error:
            if error.errno in _NO_SUCH_FAMILY:
                continue
            raise
        try:
            if family == _socket.AF_INET6:
                probe.setsockopt(_socket.IPPROTO_IPV6, _socket.IPV6_V6ONLY, 1)
            if transport == "tcp":
                probe.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
        except OSError as error:
            if error.errno in _NO_SUCH_FAMILY:
                continue
            return "not-permitted" if error.errno == errno.EACCES else "in-use"
        finally:
            probe.close()
    return None
