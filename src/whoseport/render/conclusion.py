"""What is the conclusion, where the classifiers came to one? The clause of the headline from verdicts and findings."""

from __future__ import annotations

from whoseport.render.escape import Safe, plain
from whoseport.render.holding import box_name, endpoint, is_kernel_socket, listed, placed, saw_every_owner
from whoseport.render.verdict import PUBLISHERS, WORST, suspicion, up, verdict_of, what

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Inspection, Redirect, Verdict
    from whoseport.render.holding import Holding
    from whoseport.render.language import Language


def judged(host: Inspection, here: list[Holding], *, held: Safe, language: Language) -> Safe:
    """What runs on the port by its verdicts, those of most concern first; `held` is what is said without any."""
    clauses: dict[Safe, None] = {}
    nameless: list[Holding] = []
    worst: Verdict | None = None
    for holding in sorted(here, key=gravity):
        verdict = verdict_of(holding.listeners)
        clause = _clause(host, holding, verdict, language) if verdict is not None else None
        if clause is None:
            nameless.append(holding)
        else:
            clauses[clause] = None
        if worst is None and verdict is not None and verdict.concern == "suspicious":
            worst = verdict
            if clause is None:
                # who it is has no better name than that of its processes
                first = nameless.pop() if holding.owners else None
                clauses[_names([holding], language) if first is not None else held] = None
    if not clauses:
        return held
    if worst is None:
        told = listed(list(clauses), language)
    else:
        first_clause, *others = clauses
        told = suspicion(worst, first_clause, language)
        if others:
            told = language.say("{what}; also {others}", what=told, others=listed(others, language))
    return _with_nameless(host, nameless, told, language) if nameless and held not in clauses else told


def gravity(holding: Holding) -> int:
    """Sorts holders of most concern first."""
    verdict = verdict_of(holding.listeners)
    return WORST.index(verdict.concern) if verdict is not None else len(WORST)


def _clause(host: Inspection, holding: Holding, verdict: Verdict, language: Language) -> Safe | None:
    clause = what(host, holding, verdict, language)
    if clause is not None:
        return _placed(host, holding, verdict, clause, language)
    return _published(holding, language) if verdict.kind == "container" else None


def _names(holdings: list[Holding], language: Language) -> Safe:
    names = {plain(owner.name, limit=40): None for holding in holdings for owner in holding.owners}
    return listed(list(names), language)


def _with_nameless(host: Inspection, nameless: list[Holding], clause: Safe, language: Language) -> Safe:
    say = language.say
    if any(holding.owners for holding in nameless):
        return say("{what}; also {others}", what=clause, others=_names(nameless, language))
    listeners = [listener for holding in nameless for listener in holding.listeners]
    saw_all = saw_every_owner(host)
    if all(is_kernel_socket(listener, saw_every_owner=saw_all) for listener in listeners):
        return say("{held}, and by the kernel itself", held=clause)
    return say("{held}; who else, could not be seen", held=clause)


def _placed(host: Inspection, holding: Holding, verdict: Verdict, clause: Safe, language: Language) -> Safe:
    """Adds the container, unit or destination; for what a developer started, how long it has been up."""
    say = language.say
    forwarding, box = holding.forwards_to, holding.container
    if forwarding is not None and forwarding.container is not None:
        inside = verdict.name or ""
        if inside.lower() in ("", "docker", "podman", forwarding.via.lower()):
            return _published(holding, language) or clause
        told = say("{what} in container {container}", what=clause, container=box_name(forwarding.container))
        told = _by_publisher(told, forwarding.via, language)
    elif box is not None and forwarding is None:
        told = say("{what} in container {container}", what=clause, container=box_name(box))
    else:
        told = placed(clause, [holding], language)
    if verdict.kind == "moved-service":
        return say("{what}, on a port not its own", what=told)
    if verdict.kind == "development-server" and (age := up(host, holding, language)):
        return say("{what}, up {age}", what=told, age=age)
    return told


def _published(holding: Holding, language: Language) -> Safe | None:
    forwarding = holding.forwards_to
    if forwarding is not None and forwarding.container is not None:
        box = language.say("container {container}", container=box_name(forwarding.container))
        return _by_publisher(box, forwarding.via, language)
    if holding.container is not None:
        return language.say("container {container}", container=box_name(holding.container))
    return None


def _by_publisher(box: Safe, via: str, language: Language) -> Safe:
    publisher = PUBLISHERS.get(via.rpartition("/")[2])
    if publisher is None:
        return language.say("{what}, through {forwarder}", what=box, forwarder=plain(via, limit=40))
    return language.say("{what}, published by {publisher}", what=box, publisher=plain(publisher))


def unheld(host: Inspection, port: int | None, language: Language) -> Safe | None:
    """Why the port is taken although no socket here shows it; None where nothing tells."""
    say = language.say
    claims = {finding.claim for finding in host.findings or ()}
    if "hidden-from-view" in claims:
        return say("suspicious: something holds it that one view of the system hides")
    if "view-differs" in claims:
        return say("no socket in the tables, yet another view of the system shows one")
    leads = [redirect for redirect in host.redirects or () if port is None or redirect.first <= port <= redirect.last]
    if leads:
        return say("no socket here, but the firewall leads it to {address}", address=destination(leads[0], language))
    if "redirected" in claims:
        return say("no socket here, but the firewall leads it elsewhere")
    served = [one for one in host.kernel_ports or () if port is None or one.port == port]
    if served:
        return say("{name}, served by the kernel itself", name=plain(served[0].subsystem, limit=40))
    if "kernel-port" in claims:
        return say("served by the kernel itself")
    if "bind-in-use" in claims:
        return say("nothing seen here, yet the kernel says it is in use")
    if "socket-unit-waiting" in claims:
        units = [one.name for one in host.mentions or () if one.kind == "socket-unit" and one.name]
        if units:
            return say("nothing listens yet, {unit} claims it", unit=plain(units[0], limit=60))
        return say("nothing listens yet, a socket unit claims it")
    return None


def destination(redirect: Redirect, language: Language) -> Safe:
    """Where a redirect leads: an address, a port of this machine, or, where the rule does not say, elsewhere."""
    if redirect.to_address is not None and redirect.to_port is not None:
        return endpoint(redirect.to_address, redirect.to_port)
    if redirect.to_address is not None:
        return plain(redirect.to_address, limit=80)
    if redirect.to_port is not None:
        return language.say("port {port} of this machine", port=redirect.to_port)
    return language.say("somewhere else")
