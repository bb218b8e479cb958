"""What does this machine show of the port? Its rows on the page: sockets, holders, settings, and what was not seen."""

from __future__ import annotations

from whoseport.render.addresses import socket_rows
from whoseport.render.escape import Safe, joined, plain
from whoseport.render.holding import (
    Holding,
    box_name,
    endpoint,
    holdings,
    is_kernel_socket,
    living_connections,
    saw_every_owner,
    sockets_unseen,
)
from whoseport.render.language import worded
from whoseport.render.layout import Row
from whoseport.render.owners import holder_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import BpfRefusal, CandidateReason, Connections, Inspection, Missing, Reason, Transport, Unseen
    from whoseport.render.language import Language

MISSING: dict[Missing, str] = {
    "owners": worded("who holds the socket"),
    "executable": worded("the executable"),
    "command": worded("the command line"),
    "namespace": worded("other network namespaces"),
    "sockets": worded("the table of sockets"),
    "rules": worded("firewall redirects"),
    "package": worded("the package"),
    "container": worded("the container's name and image"),
}
REASONS: dict[Reason, str] = {
    "not-permitted": worded("{missing} (not permitted)"),
    "not-supported": worded("{missing} (this system does not tell)"),
    "vanished": worded("{missing} (gone while looking)"),
    "unreadable": worded("{missing} (unreadable)"),
    "too-many": worded("{missing} (too many to look at)"),
}
CANDIDATES: dict[CandidateReason, str] = {
    "unit-main-process": worded("pid {pid}, {name}: the unit's main process"),
    "only-process-in-cgroup": worded("pid {pid}, {name}: alone in the socket's cgroup"),
    "in-socket-cgroup": worded("pid {pid}, {name}: in the socket's cgroup"),
}
BPF_REFUSALS: dict[BpfRefusal, str] = {
    "not-permitted": worded("not used: CAP_BPF and CAP_PERFMON are needed"),
    "no-btf": worded("not used: the kernel has no type information (BTF)"),
    "other-pid-namespace": worded("not used: it would tell the pids of another namespace"),
    "refused-by-kernel": worded("not used: the kernel refused the program"),
    "not-supported": worded("not used: not supported here"),
}
_SHOWN = 3


def rows(
    host: Inspection,
    *,
    port: int,
    transport: Transport | None,
    language: Language,
    home: str | None,
    verbose: bool,
) -> list[Row]:
    """This machine's layer of the page. `home` is the asking user's home folder, shown as ~."""
    label = language.say("Here")
    told: list[Row] = []
    every = holdings(host, apart=verbose)
    here = [holding for holding in every if holding.elsewhere is None]
    if len(here) > 1 and any(listener.verdict for holding in here for listener in holding.listeners):
        from whoseport.render.conclusion import gravity

        here.sort(key=gravity)
    for place, holding in enumerate(here):
        told += _holding_rows(host, holding, language=language, home=home, verbose=verbose, rank=0 if place == 0 else 2)
    if not here:
        told.append(_no_socket(host, transport, label=label, language=language, elsewhere=bool(every)))
    for place, holding in enumerate(holding for holding in every if holding.elsewhere is not None):
        told += _elsewhere_rows(
            host, holding, language=language, home=home, verbose=verbose, rank=0 if place == 0 and not here else 4
        )
    if host.connections is not None:
        told += _connection_rows(host.connections, label=label, language=language, verbose=verbose)
    if verbose or _speaks_of_it(host):
        from whoseport.render.around import rows as around_rows

        told += around_rows(host, port=port, transport=transport, language=language, held=bool(here), verbose=verbose)
    told += _unseen_rows(host, label=label, language=language, verbose=verbose)
    told += _setting_rows(host, label=label, language=language, held=bool(here), verbose=verbose)
    return told + (_look_rows(host, label=label, language=language) if verbose or host.bpf_refused else [])


def _holding_rows(
    host: Inspection, holding: Holding, *, language: Language, home: str | None, verbose: bool, rank: int
) -> list[Row]:
    say = language.say
    label = say("Here")
    told = socket_rows(
        holding.listeners, language=language, verbose=verbose, rank=rank, reach=holding.elsewhere is None
    )
    forwarding = holding.forwards_to
    if forwarding is not None:
        value = endpoint(forwarding.address, forwarding.port)
        if forwarding.container is not None:
            value = say("{address}, container {container}", address=value, container=box_name(forwarding.container))
            if forwarding.container.image:
                value = say("{container}, {image}", container=value, image=plain(forwarding.container.image, limit=100))
        told.append(Row(label=label, key=say("leads to"), value=value, rank=rank))
    if holding.owners:
        told += holder_rows(host, holding, language=language, home=home, verbose=verbose, rank=rank)
    else:
        told += _unowned_rows(host, holding, language=language, verbose=verbose, rank=rank)
    if any(listener.verdict for listener in holding.listeners):
        from whoseport.render.verdict import concern_rows

        told += concern_rows(holding, language=language, verbose=verbose, rank=rank)
    return told


def _speaks_of_it(host: Inspection) -> bool:
    """Whether anything but sockets may have something to say of the port."""
    return bool(
        host.findings or host.mentions or host.redirects or host.kernel_ports or host.bind_attempts or host.rpc_programs
    )


def _unowned_rows(host: Inspection, holding: Holding, *, language: Language, verbose: bool, rank: int) -> list[Row]:
    """What the socket itself tells of its holder, where nobody was seen to hold it."""
    say = language.say
    label = say("Here")
    first = holding.listeners[0]
    told: list[Row] = []
    user = first.user or (str(first.uid) if first.uid is not None else None)
    if user is not None:
        value = say("{user} (the socket's)", user=plain(user, limit=60))
        told.append(Row(label=label, key=say("user"), value=value, rank=rank and rank + 1))
    if first.container is not None:
        value = say("{container} (the socket's cgroup)", container=box_name(first.container))
        told.append(Row(label=label, key=say("container"), value=value, rank=rank))
    elif first.unit is not None:
        value = say("{unit} (the socket's cgroup)", unit=plain(first.unit, limit=100))
        told.append(Row(label=label, key=say("unit"), value=value, rank=rank))
    shown = first.candidates if verbose else first.candidates[:_SHOWN]
    for place, one in enumerate(shown):
        value = say(CANDIDATES[one.because], pid=one.pid, name=plain(one.name, limit=60))
        key = say("likely") if place == 0 else Safe("")
        told.append(Row(label=label, key=key, value=value, rank=rank if place == 0 else rank + 2))
    if len(shown) < len(first.candidates):
        more = language.count("and {number} more", "and {number} more", len(first.candidates) - len(shown))
        told.append(Row(label=label, key=Safe(""), value=more, rank=rank + 2))
    if is_kernel_socket(first, saw_every_owner=saw_every_owner(host)):
        told.append(Row(label=label, key=say("process"), value=say("none; the kernel's own socket"), rank=rank))
    return told


def _no_socket(
    host: Inspection, transport: Transport | None, *, label: Safe, language: Language, elsewhere: bool
) -> Row:
    say = language.say
    key = plain(transport) if transport else Safe("tcp, udp")
    if sockets_unseen(host):
        value = say("could not be looked at")
    elif living_connections(host):
        value = say("no listening socket")
    elif host.netns is None:
        value = say("no socket")
    elif elsewhere:
        value = say("no socket in this network namespace")
    elif host.complete:
        value = say("no socket, in this or any other network namespace")
    else:
        value = say("no socket, in this or any readable namespace")
    return Row(label=label, key=key, value=value)


def _elsewhere_rows(
    host: Inspection, holding: Holding, *, language: Language, home: str | None, verbose: bool, rank: int
) -> list[Row]:
    say = language.say
    label = say("Here")
    value = say("in another network namespace")
    if holding.elsewhere:
        value = say("{where} ({namespace})", where=value, namespace=plain(holding.elsewhere, limit=40))
    if holding.container is not None:
        value = say("{where}, container {container}", where=value, container=box_name(holding.container))
    told = [Row(label=label, key=say("elsewhere"), value=value, rank=rank)]
    inner = _holding_rows(host, holding, language=language, home=home, verbose=verbose, rank=rank)
    kept = inner if verbose else [row for row in inner if row.key != say("container")][:2]
    return told + kept


def _connection_rows(connections: Connections, *, label: Safe, language: Language, verbose: bool) -> list[Row]:
    say = language.say
    told: list[Row] = []
    counts: list[Safe] = []
    for state, number in connections.fields().items():
        if state == "established" and number:
            counts.append(language.count("{number} established", "{number} established", number))
        elif state != "peers" and number:
            counts.append(say("{number} {state}", number=language.number(number), state=plain(state.replace("_", "-"))))
    if counts:
        told.append(Row(label=label, key=say("connected"), value=joined(", ", counts), rank=1))
    peers = connections.peers or ()
    for place, peer in enumerate(peers if verbose else peers[:_SHOWN]):
        value = say(
            "{transport} {peer} with {local} here, {state}",
            transport=plain(peer.transport),
            peer=endpoint(peer.address, peer.port),
            local=plain(peer.local_address, limit=60),
            state=plain(peer.state, limit=20),
        )
        told.append(Row(label=label, key=say("peers") if place == 0 else Safe(""), value=value, rank=4))
    if not verbose and len(peers) > _SHOWN:
        more = language.count("and {number} more", "and {number} more", len(peers) - _SHOWN)
        told.append(Row(label=label, key=Safe(""), value=more, rank=4))
    return told


def _unseen_rows(host: Inspection, *, label: Safe, language: Language, verbose: bool) -> list[Row]:
    """One row a reason; with `verbose` every single one, with what it is tied to."""
    say = language.say
    by_reason: dict[Reason, dict[Safe, None]] = {}
    for unseen in host.unseen:
        by_reason.setdefault(unseen.reason, {})[_missing(unseen, language, verbose=verbose)] = None
    told: list[Row] = []
    for reason, missing in by_reason.items():
        template = REASONS[reason]
        if reason == "not-permitted" and host.privileges.uid not in (0, None):
            template = worded("{missing} (root only)")
        elif reason == "not-permitted" and host.privileges.uid == 0:
            template = worded("{missing} (not permitted, even to root)")
        values = [joined(", ", missing)] if not verbose else list(missing)
        for value in values:
            key = say("not seen") if not told else Safe("")
            told.append(Row(label=label, key=key, value=say(template, missing=value), unseen=True))
    return told


def _missing(unseen: Unseen, language: Language, *, verbose: bool) -> Safe:
    kind, _, subject = (unseen.subject or "").partition(":")
    if unseen.missing == "owners" and kind == "pid":
        if verbose:
            return language.say("what process {pid} holds", pid=plain(subject, limit=40))
        return language.say("what some processes hold")
    missing = language.say(MISSING[unseen.missing])
    if not verbose or unseen.subject is None:
        return missing
    return language.say("{missing}: {subject}", missing=missing, subject=plain(unseen.subject, limit=200))


def _setting_rows(host: Inspection, *, label: Safe, language: Language, held: bool, verbose: bool) -> list[Row]:
    say = language.say
    told: list[Row] = []
    if host.reserved_here:
        value = say("in ip_local_reserved_ports: not handed to clients")
        told.append(Row(label=label, key=say("reserved"), value=value, rank=3))
    ephemeral = host.ephemeral
    if ephemeral is not None and (ephemeral.inside or verbose):
        template = (
            worded("inside {first}-{last}: the system may hand it to a client")
            if ephemeral.inside
            else worded("outside {first}-{last}, the range handed to clients")
        )
        value = say(template, first=ephemeral.first, last=ephemeral.last)
        told.append(Row(label=label, key=say("ephemeral"), value=value, rank=4))
    bind = host.bind
    if bind is not None and (not held or verbose):
        if bind.needs is not None:
            value = say("needs {capability}", capability=plain(bind.needs, limit=60))
        elif bind.privileged:
            value = say("needs a privilege")
        else:
            value = say("needs no privilege")
        if verbose and bind.threshold is not None:
            value = say("{need} (privileged below {threshold})", need=value, threshold=bind.threshold)
        told.append(Row(label=label, key=say("to bind"), value=value, rank=3 if bind.privileged else 5))
    return told


def _look_rows(host: Inspection, *, label: Safe, language: Language) -> list[Row]:
    """When, where and as whom it was looked."""
    say = language.say
    user = host.privileges.user or (str(host.privileges.uid) if host.privileges.uid is not None else None)
    value = say("{moment} on {host}", moment=plain(host.taken_at, limit=40), host=plain(host.hostname, limit=100))
    if user is not None:
        value = say("{look}, as {user}", look=value, user=plain(user, limit=60))
    told = [Row(label=label, key=say("looked"), value=value)]
    if host.bpf_refused is not None:
        told.append(Row(label=label, key=Safe("BPF"), value=say(BPF_REFUSALS[host.bpf_refused])))
    return told
