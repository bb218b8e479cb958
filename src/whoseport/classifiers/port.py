"""What is there to say of the port itself: why is it taken although nothing shows, and is it really free?

Redirects, sockets elsewhere and files that name the port hold nothing here. Held is what a socket of this namespace
holds, what the kernel says that it serves, and what a real bind finds in use.
"""

from __future__ import annotations

from whoseport.classifiers.found import cut, found, merged
from whoseport.classifiers.offers import mentioned
from whoseport.classifiers.views import unknown_sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import (
        BindAttempt,
        Connections,
        Finding,
        Held,
        HeldState,
        Inspection,
        KernelPort,
        Listener,
        Mention,
        Redirect,
    )

_FINISHING = ("time_wait", "last_ack", "closing")
"""Both sides have closed; the kernel keeps the port to itself for a while (RFC 9293 section 3.3.2)."""
_LEADING = ("dnat", "redirect", "forward", "tproxy", "masquerade to", "to-port", "toport")
_MOST = 8


def findings(inspection: Inspection) -> tuple[Finding, ...]:
    """All that speaks of the port besides its listeners, for an inspection of one port."""
    here = [one for one in inspection.listeners if one.netns == inspection.netns]
    made: list[Finding] = []
    for listener in here:
        if listener.transport == "tcp" and listener.state == "bound":
            made.append(found("bound-not-listening", "proven", "sock_diag", _socket(listener)))
    for listener in inspection.listeners:
        if listener.netns != inspection.netns:
            observed = f"{_socket(listener)} in namespace {listener.netns}"
            made.append(found("held-elsewhere", "proven", "sock_diag", observed))
    for kernel in inspection.kernel_ports or ():
        made.append(_kernel_port(kernel))
    for view, inode in unknown_sockets(inspection):
        made.append(found("view-differs", "proven", view.source, f"{view.transport} inode {inode}, not in sock_diag"))
    for listener in here:
        if _is_missing(listener, inspection):
            observed = f"{_socket(listener)}, not in the other view"
            made.append(found("view-differs", "proven", "sock_diag", observed))
    for redirect in inspection.redirects or ():
        made.append(found("redirected", "proven", redirect.system, _redirect(redirect)))
    made += _waiting(inspection, here)
    if inspection.connections is not None:
        finishing = _finishing(inspection.connections)
        if finishing:
            made.append(found("time-wait", "proven", "sock_diag", finishing))
    ephemeral = inspection.ephemeral
    if ephemeral is not None and ephemeral.inside:
        observed = f"{ephemeral.first}-{ephemeral.last}"
        made.append(found("client-port-range", "proven", "net.ipv4.ip_local_port_range", observed))
    if inspection.reserved_here:
        observed = " ".join(f"{one.first}-{one.last}" for one in (inspection.settings.reserved or ())[:_MOST])
        made.append(found("reserved-by-setting", "proven", "net.ipv4.ip_local_reserved_ports", observed))
    made += [_bind(attempt) for attempt in inspection.bind_attempts or ()]
    if not inspection.listeners:
        for program in inspection.rpc_programs or ():
            observed = (
                f"{program.transport} {program.port}: {program.name or program.program} version {program.version}"
            )
            made.append(found("rpc-registered-elsewhere", "proven", "rpcbind", observed))
    for unseen in inspection.unseen:
        if unseen.missing == "rules":
            made.append(found("rules-unseen", "proven", unseen.subject or "rules", unseen.reason))
    return merged(made)


def settled(inspection: Inspection, findings: tuple[Finding, ...]) -> HeldState | None:
    """Whether something holds the port here, corrected by what else was found, with that beside what it stood on."""
    state = inspection.port_state
    if state is None:
        return None
    by_claim = {one.claim: one for one in findings}
    held: Held = state.state
    because = list(state.because)
    if held != "held":
        proof = _holds(inspection, by_claim)
        if proof:
            # the tables of sockets only show that they do not tell all
            because = [*proof, *because]
            held = "held"
        elif (
            held == "nothing" and (pointing := _points_elsewhere(inspection)) is not None and "rules-unseen" in by_claim
        ):
            because += [by_claim["rules-unseen"], pointing]
            held = "unknown"
    for claim in ("kernel-port", "view-differs", "bind-in-use", "bind-free", "time-wait", "redirected"):
        one = by_claim.get(claim)
        if one is not None and one not in because:
            because.append(one)
    return state.replace(state=held, because=tuple(because))


def _holds(inspection: Inspection, by_claim: dict[str, Finding]) -> list[Finding]:
    """What proves that the port is held, although no socket of it was shown."""
    proof = [by_claim[claim] for claim in ("kernel-port",) if claim in by_claim]
    if unknown_sockets(inspection):
        proof.append(by_claim["view-differs"])
    if "bind-in-use" in by_claim and any(_is_held(one, inspection) for one in inspection.bind_attempts or ()):
        proof.append(by_claim["bind-in-use"])
    return proof


def _is_held(attempt: BindAttempt, inspection: Inspection) -> bool:
    """Whether this answer means that the port is held: what is left of connections refuses only a plain bind."""
    if attempt.outcome != "in-use":
        return False
    freed = any(
        other.reuse_address and other.outcome == "free" and other.transport == attempt.transport
        and other.address == attempt.address
        for other in inspection.bind_attempts or ()
    )  # fmt: skip
    finishing = inspection.connections is not None and _finishing(inspection.connections)
    return not (freed and finishing)


def _points_elsewhere(inspection: Inspection) -> Finding | None:
    """What on this machine points to a redirect of the port that could not be ruled out."""
    for mention in inspection.mentions or ():
        if mention.kind in ("nftables", "iptables", "firewalld", "ufw") and mention.enabled is not False:
            text = mention.text.lower()
            if any(word in text for word in _LEADING):
                return found("redirected", "guess", _line(mention), mention.text)
    return None


def _waiting(inspection: Inspection, here: list[Listener]) -> list[Finding]:
    """Socket units that name the port where no socket of their transport is here."""
    made = []
    for mention in inspection.mentions or ():
        if mention.kind != "socket-unit" or mention.enabled is False:
            continue
        if any(mention.transport in (None, listener.transport) for listener in here):
            continue
        certainty = "likely" if mention.enabled else "guess"
        label = f"{mention.name}: {mention.text}" if mention.name else mention.text
        made.append(found("socket-unit-waiting", "likely" if certainty == "likely" else "guess", _line(mention), label))
    return made


def offered_shells(inspection: Inspection, listener: Listener) -> list[Finding]:
    """`offers-shell` by a line of inetd's or of a socket unit's that starts a shell for whoever connects."""
    made = []
    for mention in inspection.mentions or ():
        if mention.kind not in ("inetd", "socket-unit") or mention.program is None or mention.enabled is False:
            continue
        if not mention.first <= listener.port <= mention.last or mention.transport not in (None, listener.transport):
            continue
        if mentioned(mention.program, mention.text):
            made.append(found("offers-shell", "likely", _line(mention), f"{mention.program}: {mention.text}"))
    return made


def _is_missing(listener: Listener, inspection: Inspection) -> bool:
    if listener.protocol not in ("tcp", "mptcp", "udp") or (listener.transport == "tcp" and listener.state != "listen"):
        return False
    return any(
        view.transport == listener.transport
        and view.port in (None, listener.port)
        and listener.inode not in view.sockets
        for view in inspection.views or ()
    )


def _finishing(connections: Connections) -> str:
    counts = [(state, getattr(connections, state)) for state in _FINISHING]
    return " ".join(f"{state} {number}" for state, number in counts if number)


def _bind(attempt: BindAttempt) -> Finding:
    observed = f"{attempt.transport} {attempt.address}"
    if attempt.reuse_address:
        observed += " with SO_REUSEADDR"
    if attempt.errno is not None:
        observed += f": {attempt.errno}"
    return found(f"bind-{attempt.outcome}", "proven", "bind(2)", observed)


def _kernel_port(kernel: KernelPort) -> Finding:
    label = f"{kernel.subsystem} {kernel.name}" if kernel.name else kernel.subsystem
    return found("kernel-port", "proven", kernel.source, f"{kernel.transport} {kernel.port}: {label}")


def _redirect(redirect: Redirect) -> str:
    ports = str(redirect.first) if redirect.first == redirect.last else f"{redirect.first}-{redirect.last}"
    target = f"{redirect.to_address or ''}:{redirect.to_port if redirect.to_port is not None else ports}"
    rule = f"{redirect.family} {redirect.table} {redirect.chain} {redirect.hook}"
    return f"{rule}: {redirect.transport or 'any'} {ports} -> {target}"


def _socket(listener: Listener) -> str:
    return f"{listener.transport} {listener.address} {listener.state} inode {listener.inode}"


def _line(mention: Mention) -> str:
    return cut(mention.path if mention.line is None else f"{mention.path}:{mention.line}")
