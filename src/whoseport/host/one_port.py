"""What does an inspection say of one port? The same for a fresh look and for one that was saved elsewhere."""

from __future__ import annotations

from whoseport.model import Bind, Connections, Ephemeral, Evidence, Finding, HeldState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whoseport.model import Held, Inspection, Listener, Settings, Transport, Unseen, View

CAPABILITY = "CAP_NET_BIND_SERVICE"
_HOLDING = ("established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "close_wait")
"""States of a connection in which a process may still have its socket, and with it the port (RFC 9293 section 3.3.2).

In the others, LAST-ACK, CLOSING and TIME-WAIT, both sides have closed and the kernel finishes alone: that is not held.
"""
_SHOWN = 8
_TRANSPORT_OF = {"tcp": "tcp", "mptcp": "tcp", "udp": "udp", "udplite": "udp", "sctp": "sctp", "dccp": "dccp"}


def for_port(inspection: Inspection, port: int, *, transport: Transport | None = None) -> Inspection:
    """The inspection narrowed to one port, of one transport or of all, with the fields of a single port filled in.

    The port is held if a socket of this network namespace is bound to it, listening or not, or if a connection that
    a process may still have uses it as its own local port: none of them lets another bind it freely. Sockets of other
    namespaces are listed and hold nothing here.
    """
    listeners = tuple(
        listener
        for listener in _by_port(inspection).get(port, ())
        if transport is None or listener.transport == transport
    )
    connections = _connections(inspection, port, transport)
    narrowed = _narrowed(inspection, listeners, port, transport)
    unseen = tuple(one for one in inspection.unseen if _concerns(one, listeners))
    settings = inspection.settings
    return inspection.replace(
        listeners=listeners,
        unseen=unseen,
        complete=not unseen,
        port=port,
        port_state=_held(inspection, listeners, connections, transport),
        bind=_bind(settings, port),
        ephemeral=_ephemeral(settings, port),
        reserved_here=None
        if settings.reserved is None
        else any(reserved.first <= port <= reserved.last for reserved in settings.reserved),
        connections=connections,
        port_connections=None
        if inspection.port_connections is None
        else tuple(
            one
            for one in inspection.port_connections
            if one.port == port and (transport is None or one.transport == transport)
        ),
        **narrowed,
    )


def _narrowed(
    inspection: Inspection, listeners: Iterable[Listener], port: int, transport: Transport | None
) -> dict[str, object]:
    """What else speaks of the port, narrowed to it; None stays None. What names no transport speaks of each."""

    def told(one: Transport | None) -> bool:
        return transport is None or one is None or one == transport

    found: dict[str, object] = {}
    if inspection.mentions is not None:
        found["mentions"] = tuple(
            one for one in inspection.mentions if one.first <= port <= one.last and told(one.transport)
        )
    if inspection.redirects is not None:
        redirects = [one for one in inspection.redirects if one.first <= port <= one.last and told(one.transport)]
        found["redirects"] = tuple(dict.fromkeys(one.replace(first=port, last=port) for one in redirects))
    if inspection.views is not None:
        found["views"] = _views(inspection, listeners, port, told)
    if inspection.kernel_ports is not None:
        found["kernel_ports"] = tuple(
            one for one in inspection.kernel_ports if one.port == port and told(one.transport)
        )
    if inspection.bind_attempts is not None:
        found["bind_attempts"] = tuple(one for one in inspection.bind_attempts if told(one.transport))
    if inspection.rpc_programs is not None:
        found["rpc_programs"] = tuple(
            one for one in inspection.rpc_programs if one.port == port and told(one.transport)
        )
    return found


def _views(
    inspection: Inspection,
    listeners: Iterable[Listener],
    port: int,
    told: Callable[[Transport | None], bool],
) -> tuple[View, ...]:
    """The views of the port: where a source has none of its own on it, what it shows of the sockets that are on it."""
    here = {one.inode for one in listeners if one.netns == inspection.netns}
    found: dict[tuple[str, str], View] = {}
    for view in inspection.views or ():
        if not told(view.transport) or view.port not in (None, port):
            continue
        if view.port is None:
            view = view.replace(sockets=tuple(one for one in view.sockets if one in here), port=port)
            found.setdefault((view.source, view.transport), view)
        else:
            found[view.source, view.transport] = view
    return tuple(found.values())


_indexed: list[tuple[Inspection, dict[int, list[Listener]]]] = []


def _by_port(inspection: Inspection) -> dict[int, list[Listener]]:
    """Listeners by port; kept for the last inspection, of which a range of ports asks thousands of times."""
    for known, index in _indexed:
        if known is inspection:
            return index
    made: dict[int, list[Listener]] = {}
    for listener in inspection.listeners:
        made.setdefault(listener.port, []).append(listener)
    _indexed[:] = [(inspection, made)]
    return made


def _connections(inspection: Inspection, port: int, transport: Transport | None) -> Connections | None:
    """The connections on this port, all transports added up; None where the inspection did not look at them."""
    if inspection.port_connections is None:
        return None
    counts: dict[str, int] = {}
    peers = None
    for one in inspection.port_connections:
        if one.port != port or (transport is not None and one.transport != transport):
            continue
        for state, number in one.connections.fields().items():
            if state == "peers":
                peers = number if peers is None else peers + (number or ())
            else:
                counts[state] = counts.get(state, 0) + number
    return Connections(**counts, peers=peers)


def _held(
    inspection: Inspection,
    listeners: Iterable[Listener],
    connections: Connections | None,
    transport: Transport | None,
) -> HeldState:
    source = "sock_diag" if inspection.backend == "linux" else inspection.backend
    here = [listener for listener in listeners if listener.netns == inspection.netns]
    if here:
        observed = " ".join(f"{one.transport} {one.address} {one.state} inode {one.inode}" for one in here[:_SHOWN])
        return _state("held", "socket-here", source, observed)
    used = [(state, getattr(connections, state)) for state in _HOLDING] if connections is not None else []
    if any(number for _state_name, number in used):
        observed = " ".join(f"{name} {number}" for name, number in used if number)
        return _state("held", "connection-holds", source, observed)
    unread = [one for one in inspection.unseen if _unread(one, transport)]
    if connections is None or unread:
        observed = " ".join(f"{one.subject or one.missing} {one.reason}" for one in unread) or "connections"
        return _state("unknown", "sockets-unreadable", source, observed)
    return _state("nothing", "no-socket-here", source, "0 sockets")


def _state(state: Held, claim: str, source: str, observed: str) -> HeldState:
    evidence = (Evidence(source=source, observed=observed),)
    return HeldState(state=state, because=(Finding(claim=claim, certainty="proven", evidence=evidence),))


def _unread(unseen: Unseen, transport: Transport | None) -> bool:
    """Whether a socket on the port could have been missed: a whole table of this namespace was not readable.

    `sock_diag:PROTOCOL` with another reason than `unreadable` tells of a table that was read in another way.
    """
    source, _, protocol = (unseen.subject or "").partition(":")
    if unseen.missing != "sockets" or source not in ("", "sockets", "sock_diag"):
        return False
    if source == "sock_diag" and unseen.reason != "unreadable":
        return False
    return transport is None or _TRANSPORT_OF.get(protocol, transport) == transport


def _concerns(unseen: Unseen, listeners: Iterable[Listener]) -> bool:
    """Whether something unseen makes this port uncertain: it is about one of its sockets or owners, or about all."""
    kind, _, value = (unseen.subject or "").partition(":")
    if kind == "socket":
        return any(str(listener.inode) == value for listener in listeners)
    if unseen.missing == "owners" and kind == "pid" and unseen.reason == "unreadable":
        return any(not listener.owners for listener in listeners)  # it may hold what nobody is seen to hold
    if kind == "pid" and unseen.missing != "namespace":
        return any(str(owner.pid) == value for listener in listeners for owner in listener.owners)
    if unseen.missing == "package":
        return any(owner.executable and owner.package is None for listener in listeners for owner in listener.owners)
    if unseen.missing == "container":
        boxes = {box for listener in listeners for box in (listener.container, *(o.container for o in listener.owners))}
        return any(box is not None and (box.name is None or box.image is None) for box in boxes)
    if kind == "path":
        return any(owner.executable == value for listener in listeners for owner in listener.owners)
    return True


def _bind(settings: Settings, port: int) -> Bind:
    """Privileged below the threshold; without one (other systems tell their own), it is not. Port 0 means: any port."""
    threshold = settings.unprivileged_port_start
    privileged = threshold is not None and 0 < port < threshold
    return Bind(privileged=privileged, threshold=threshold, needs=CAPABILITY if privileged else None)


def _ephemeral(settings: Settings, port: int) -> Ephemeral | None:
    found = settings.ephemeral
    if found is None:
        return None
    return Ephemeral(first=found.first, last=found.last, inside=found.first <= port <= found.last)
