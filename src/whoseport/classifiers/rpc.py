"""Is it an RPC service, on a port that it was handed? By its program, or by the port mapper's word (RFC 1833)."""

from __future__ import annotations

from whoseport.classifiers.found import cut, found
from whoseport.model import Evidence, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Inspection, Listener, RpcProgram

FIRST_RESERVED, LAST_RESERVED = 600, 1023
"""What glibc's bindresvport(3) takes: inet/bindresvport.c, STARTPORT 600 and ENDPORT IPPORT_RESERVED - 1."""


def registered(listener: Listener, inspection: Inspection) -> tuple[RpcProgram, ...]:
    """The programs that the port mapper tells to be on the listener's port."""
    if not inspection.rpc_programs:
        return ()
    return tuple(
        [one for one in inspection.rpc_programs if one.port == listener.port and one.transport == listener.transport]
    )


def registration(programs: tuple[RpcProgram, ...]) -> Finding:
    """`rpc-registered`: what the port mapper said; proven that it said so, and that nobody else is meant by it."""
    evidence = [
        Evidence(source="rpcbind", observed=cut(f"{one.name or one.program} version {one.version}"))
        for one in programs[:8]
    ]
    return Finding(claim="rpc-registered", certainty="proven", evidence=tuple(evidence))


def reserved_range(listener: Listener) -> Finding | None:
    """`rpc-port-range`, a hint: the port is one that bindresvport(3) gives, which RPC servers use."""
    if FIRST_RESERVED <= listener.port <= LAST_RESERVED:
        return found("rpc-port-range", "guess", "bindresvport(3)", f"{listener.port}: {FIRST_RESERVED}-{LAST_RESERVED}")
    return None
