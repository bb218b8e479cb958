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
    told: dict[Safe, Verdict] = {}
    nameless: list[Holding] = []
    for holding in here:
        verdict = verdict_of(holding.listeners)
        clause = what(host, holding, verdict, language) if verdict is not None else None
        if verdict is not None and clause is not None:
            told.setdefault(_placed(host, holding, verdict, clause, language), verdict)
        elif verdict is not None and verdict.kind == "container" and (box := _published(holding, language)):
            told.setdefault(box, verdict)
        else:
            nameless.append(holding)
    worst = [verdict for holding in here if (verdict := verdict_of(holding.listeners)) is not None]
    gravest = min(worst, key=lambda one: WORST.index(one.concern)) if worst else None
    clause = held
    if told:
        clauses = sorted(told, key=lambda one: WORST.index(told[one].concern))
        clause = listed(clauses, language)
        if nameless:
            clause = _with_nameless(host, nameless, clause, language)
    if gravest is not None and gravest.concern == "suspicious":
        return suspicion(gravest, clause, language)
    return clause


def _with_nameless(host: Inspection, nameless: list[Holding], clause: Safe, language: Language) -> Safe:
    say = language.say
    owners = [owner for holding in nameless for owner in holding.owners]
    if owners:
        names = list({plain(owner.name, limit=40): None for owner in owners})
        return say("{held}, and {names}", held=clause, names=listed(names, language))
    listeners = [listener for holding in nameless for listener in holding.listeners]
    saw_all = saw_every_owner(host)
    if all(is_kernel_socket(listener, saw_every_owner=saw_all) for listener in listeners):
        return say("{held}, and by the kernel itself", held=clause)
    return say("{held}; who else, could not be seen", held=clause)


def _placed(host: Inspection, holding: Holding, verdict: Verdict, clause: Safe, language: Language) -> Safe:
    """Adds the container, unit or destination; for what a developer started, how long it has been up."""
    forwarding = holding.forwards_to
    if forwarding is not None and forwarding.container is not None:
        inside = verdict.name or ""
        if inside.lower() in ("", "docker", "podman", forwarding.via.lower()):
            return _published(holding, language) or clause
        box = language.say("{what} in container {container}", what=clause, container=box_name(forwarding.container))
        return _by_publisher(box, forwarding.via, language)
    if holding.container is not None and forwarding is None:
        return language.say("{what} in container {container}", what=clause, container=box_name(holding.container))
    told = placed(clause, [holding], language)
    if verdict.kind == "development-server" and (age := up(host, holding, language)):
        told = language.say("{what}, up {age}", what=told, age=age)
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
        return say("served by the kernel itself, {name}", name=plain(served[0].subsystem, limit=40))
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
