"""What else here speaks of the port? Redirects, kernel servers, files, a bind, the port mapper: their rows."""

from __future__ import annotations

from whoseport.render.conclusion import destination
from whoseport.render.escape import Safe, joined, plain, prose
from whoseport.render.language import worded
from whoseport.render.layout import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import BindOutcome, Finding, Inspection, Mention, MentionKind, Redirect, RpcProgram, Transport
    from whoseport.render.language import Language

MENTIONS: dict[MentionKind, str | None] = {
    "socket-unit": None,
    "inetd": None,
    "configuration": None,
    "nftables": worded("{place}, a rule"),
    "iptables": worded("{place}, a rule"),
    "firewalld": worded("{place}, firewalld"),
    "ufw": worded("{place}, ufw"),
    "etc-services": None,
}
"""In the order in which they are told: what starts or configures a service first, a mere list of names last."""

BINDS: dict[BindOutcome, str] = {
    "free": worded("{addresses}: free"),
    "in-use": worded("{addresses}: in use"),
    "not-permitted": worded("{addresses}: not permitted to you"),
    "not-available": worded("{addresses}: no such address here"),
    "refused": worded("{addresses}: refused"),
}
_TOLD_BY_OTHER_ROWS = frozenset(
    {
        "socket-here",
        "no-socket-here",
        "sockets-unreadable",
        "connection-holds",
        "time-wait",
        "client-port-range",
        "reserved-by-setting",
        "rules-unseen",
        "bound-not-listening",
        "held-elsewhere",
    }
)
_SHOWN = 2
_LIMIT = 160


def rows(
    host: Inspection, *, port: int, transport: Transport | None, language: Language, held: bool, verbose: bool
) -> list[Row]:
    """What is known of this port besides its sockets; everything of it with `verbose`."""
    told: list[Row] = []
    claims: set[str] = set(_TOLD_BY_OTHER_ROWS)
    redirects = [one for one in host.redirects or () if _meets(one.first, one.last, one.transport, port, transport)]
    told += _redirect_rows(redirects, language=language, verbose=verbose, rank=1 if held else 0)
    claims |= {"redirected"} if redirects else set()
    kernel = _kernel_rows(host, port=port, transport=transport, language=language, rank=1 if held else 0)
    claims |= {"kernel-port"} if kernel else set()
    binds = _bind_rows(host, language=language)
    claims |= {f"bind-{outcome}" for outcome in BINDS} if binds else set()
    rpc = _rpc_rows(host, port=port, transport=transport, language=language)
    claims |= {"rpc-registered", "rpc-registered-elsewhere"} if rpc else set()
    mentions = [one for one in host.mentions or () if _meets(one.first, one.last, one.transport, port, transport)]
    if any(mention.kind == "socket-unit" for mention in mentions):
        claims.add("socket-unit-waiting")
    told += kernel + binds + rpc
    told += _found_rows(host.findings or (), claims, language=language, verbose=verbose)
    told += _mention_rows(mentions, language=language, verbose=verbose)
    return told + (_detail_rows(host, language=language) if verbose else [])


def _meets(first: int, last: int, of: Transport | None, port: int, asked: Transport | None) -> bool:
    return first <= port <= last and (asked is None or of is None or of == asked)


def _redirect_rows(redirects: list[Redirect], *, language: Language, verbose: bool, rank: int) -> list[Row]:
    say = language.say
    values: dict[Safe, None] = {}
    for redirect in redirects:
        value = say(
            "{address}, {system} {hook} chain {chain}",
            address=destination(redirect, language),
            system=plain(redirect.system),
            hook=plain(redirect.hook, limit=40),
            chain=plain(redirect.chain, limit=100),
        )
        if redirect.transport is not None and redirect.transport != "tcp":
            value = say("{redirect}, {transport} only", redirect=value, transport=plain(redirect.transport))
        if redirect.address:
            value = say("{redirect}, if sent to {address}", redirect=value, address=plain(redirect.address, limit=80))
        if redirect.interface:
            name = plain(redirect.interface, limit=60)
            value = say("{redirect}, if it comes by {interface}", redirect=value, interface=name)
        if redirect.comment:
            value = say('{redirect}, "{comment}"', redirect=value, comment=prose(redirect.comment, limit=_LIMIT))
        if verbose:
            table = plain(f"{redirect.family} {redirect.table}", limit=100)
            value = say("{redirect}; table {table}", redirect=value, table=table)
        values[value] = None
    return _several(values, key=say("leads to"), language=language, verbose=verbose, rank=rank)


def _several(values: dict[Safe, None], *, key: Safe, language: Language, verbose: bool, rank: int) -> list[Row]:
    """Rows under one key; without -v the first few, and how many more there are."""
    shown = list(values) if verbose else list(values)[:_SHOWN]
    if len(values) > len(shown):
        more = len(values) - len(shown)
        shown[-1] = language.count("{names} and {number} more", "{names} and {number} more", more, names=shown[-1])
    return [
        Row(
            label=language.say("Here"),
            key=key if place == 0 else Safe(""),
            value=value,
            rank=rank if place == 0 else rank + 2,
        )
        for place, value in enumerate(shown)
    ]


def _kernel_rows(
    host: Inspection, *, port: int, transport: Transport | None, language: Language, rank: int
) -> list[Row]:
    values: dict[Safe, None] = {}
    for one in host.kernel_ports or ():
        if one.port == port and transport in (None, one.transport):
            name = plain(one.subsystem, limit=60)
            if one.name:
                name = language.say("{names}, {name}", names=name, name=plain(one.name, limit=80))
            values[
                language.say(
                    "{transport} served by {name} ({source})",
                    transport=plain(one.transport),
                    name=name,
                    source=plain(one.source, limit=120),
                )
            ] = None
    return _several(values, key=language.say("kernel"), language=language, verbose=False, rank=rank)


def _bind_rows(host: Inspection, *, language: Language) -> list[Row]:
    """What a real bind(2) met, for each outcome the addresses that met it."""
    groups: dict[tuple[Transport, BindOutcome, str | None, bool], list[Safe]] = {}
    for attempt in host.bind_attempts or ():
        address = f"[{attempt.address}]" if ":" in attempt.address else attempt.address
        alike = (attempt.transport, attempt.outcome, attempt.errno, attempt.reuse_address)
        groups.setdefault(alike, []).append(plain(address, limit=80))
    told: list[Row] = []
    for (transport, outcome, errno, reuse_address), addresses in groups.items():
        several = joined(" ", [plain(transport), joined(", ", addresses)])
        value = language.say(BINDS[outcome], addresses=several)
        if errno:
            value = language.say("{outcome} ({errno})", outcome=value, errno=plain(errno, limit=40))
        if reuse_address:
            value = language.say("{outcome}, with SO_REUSEADDR", outcome=value)
        key = language.say("bind") if not told else Safe("")
        told.append(Row(label=language.say("Here"), key=key, value=value, rank=0 if len(told) < 3 else 1))
    return told


def _rpc_rows(host: Inspection, *, port: int, transport: Transport | None, language: Language) -> list[Row]:
    """Programs that the port mapper names: number, name, and all versions on one line."""
    found: dict[tuple[int, str | None, str | None], list[RpcProgram]] = {}
    for one in host.rpc_programs or ():
        if one.port == port and transport in (None, one.transport):
            found.setdefault((one.program, one.name, one.owner), []).append(one)
    values: dict[Safe, None] = {}
    for (program, name, owner), several in found.items():
        versions = joined(", ", [plain(str(number)) for number in sorted({one.version for one in several})])
        transports = joined(", ", [plain(word) for word in sorted({one.transport for one in several})])
        value = language.say(
            "program {program}, version {versions} on {transports}",
            program=plain(str(program)),
            versions=versions,
            transports=transports,
        )
        if name:
            value = language.say("{name}: {program}", name=plain(name, limit=60), program=value)
        if owner:
            value = language.say("{program}, registered by {owner}", program=value, owner=plain(owner, limit=60))
        values[value] = None
    return _several(values, key=Safe("RPC"), language=language, verbose=False, rank=0)


def _found_rows(findings: tuple[Finding, ...], told: set[str], *, language: Language, verbose: bool) -> list[Row]:
    """Findings on the port itself that no other row tells."""
    from whoseport.render.verdict import evidence_text, finding_rows

    if verbose:
        return finding_rows(findings, key=language.say("found"), language=language)
    left = [finding for finding in findings if finding.claim not in told]
    if not left:
        return []
    from whoseport.render.claims.phrases import phrase

    values: dict[Safe, None] = {}
    for finding in left:
        seen = evidence_text(finding.evidence[0], language, limit=120)
        values[language.say("{sign} ({evidence})", sign=phrase(finding.claim, language), evidence=seen)] = None
    return _several(values, key=language.say("found"), language=language, verbose=False, rank=1)


def _mention_rows(mentions: list[Mention], *, language: Language, verbose: bool) -> list[Row]:
    """What files of this machine say of the port, with the line that says it."""
    order = list(MENTIONS)
    telling = sorted(mentions, key=lambda one: order.index(one.kind))
    if not verbose:
        others = [mention for mention in telling if mention.kind != "etc-services"]
        telling = others or telling
    values = {_mention(mention, language, verbose=verbose): None for mention in telling}
    only_names = bool(telling) and telling[0].kind == "etc-services"
    return _several(values, key=language.say("says"), language=language, verbose=verbose, rank=6 if only_names else 3)


def _mention(mention: Mention, language: Language, *, verbose: bool) -> Safe:
    say = language.say
    place = plain(mention.path, limit=_LIMIT)
    if mention.line is not None:
        place = say("{path} line {line}", path=place, line=plain(str(mention.line)))
    template = MENTIONS[mention.kind]
    if template is not None:
        place = say(template, place=place)
    if verbose and mention.package:
        place = say("{place}, package {package}", place=place, package=plain(mention.package, limit=80))
    value = say("{place}: {text}", place=place, text=prose(mention.text, limit=_LIMIT))
    if mention.enabled is False:
        value = say("{mention}; not in force", mention=value)
    if verbose and mention.program:
        value = say("{mention}; starts {program}", mention=value, program=plain(mention.program, limit=_LIMIT))
    return value


def _detail_rows(host: Inspection, *, language: Language) -> list[Row]:
    """On what the state of the port stands, and what each view of the system shows."""
    from whoseport.render.verdict import finding_rows

    say = language.say
    told: list[Row] = []
    if host.port_state is not None:
        told += finding_rows(host.port_state.because, key=say("state"), language=language)
    for place, view in enumerate(host.views or ()):
        sockets = language.count("{number} socket", "{number} sockets", len(view.sockets))
        value = say("{source}: {sockets}", source=plain(view.source, limit=_LIMIT), sockets=sockets)
        value = say("{transport} by {view}", transport=plain(view.transport), view=value)
        told.append(Row(label=say("Here"), key=say("view") if place == 0 else Safe(""), value=value))
    return told
