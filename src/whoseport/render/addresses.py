"""On which addresses is the port held? Sockets of one holder grouped into rows, told by address and reach."""

from __future__ import annotations

from whoseport.render.escape import Safe, joined, plain
from whoseport.render.language import worded
from whoseport.render.layout import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Exposure, Listener, ListenerState
    from whoseport.render.language import Language

REACH: dict[Exposure, str] = {
    "loopback": worded("{addresses}; this machine only"),
    "link-local": worded("{addresses}; this link only"),
    "private": worded("{addresses}; private network"),
    "public": worded("{addresses}; public address"),
    "multicast": worded("{addresses}; multicast group"),
    "all": worded("{addresses}; all addresses"),
}
STATES: dict[ListenerState, str | None] = {
    "listen": None,
    "unconnected": None,
    "bound": worded("{sockets}; bound, not listening"),
    "connected": worded("{sockets}; connected to one peer"),
}
_SHOWN_ADDRESSES = 4


ORDER = ("tcp", "udp", "udplite", "sctp", "dccp")


def socket_rows(
    listeners: tuple[Listener, ...], *, language: Language, verbose: bool, rank: int, reach: bool = True
) -> list[Row]:
    """One row for what is the same on several transports. `reach`: say how far the addresses reach, too."""
    groups: dict[tuple[str, Exposure, ListenerState], list[Listener]] = {}
    for listener in listeners:
        kind: str = listener.protocol if listener.protocol != "mptcp" else listener.transport
        groups.setdefault((kind, listener.exposure, listener.state), []).append(listener)
    by_value: dict[Safe, list[Safe]] = {}
    for (kind, exposure, state), same in groups.items():
        addresses = _addresses(same, language, verbose=verbose)
        value = language.say(REACH[exposure], addresses=addresses) if reach else addresses
        template = STATES[state]
        if template is not None:
            value = language.say(template, sockets=value)
        if any(listener.protocol == "mptcp" for listener in same):
            value = language.say("{sockets} (also MPTCP)", sockets=value)
        if verbose:
            value = _detailed(value, same, language)
        by_value.setdefault(value, []).append(plain(kind))
    told = []
    for place, (value, kinds) in enumerate(by_value.items()):
        key = joined(", ", sorted(dict.fromkeys(kinds), key=ORDER.index))
        told.append(Row(label=language.say("Here"), key=key, value=value, rank=rank if place < 2 else rank + 3))
    return told


def _addresses(listeners: list[Listener], language: Language, *, verbose: bool) -> Safe:
    counted: dict[Safe, int] = {}
    has_ipv4 = any(":" not in listener.address for listener in listeners)
    for listener in listeners:
        shown = _address(listener, language, has_ipv4=has_ipv4)
        counted[shown] = counted.get(shown, 0) + 1
    told = [
        address if number == 1 else language.say("{address} ×{number}", address=address, number=number)  # noqa: RUF001
        for address, number in counted.items()
    ]
    if not verbose and len(told) > _SHOWN_ADDRESSES:
        more = len(told) - _SHOWN_ADDRESSES
        return language.count(
            "{addresses} and {number} more",
            "{addresses} and {number} more",
            more,
            addresses=joined(", ", told[:_SHOWN_ADDRESSES]),
        )
    return joined(", ", told)


def _address(listener: Listener, language: Language, *, has_ipv4: bool) -> Safe:
    address = listener.address
    if listener.interface:
        address = f"{address}%{listener.interface}"
    shown = plain(f"[{address}]" if ":" in listener.address else address, limit=80)
    if listener.address == "::" and listener.v6only is False:
        return language.say("{address} (IPv4 too)", address=shown)
    if listener.address == "::" and listener.v6only and not has_ipv4:
        return language.say("{address} (IPv6 only)", address=shown)
    return shown


def _detailed(value: Safe, listeners: list[Listener], language: Language) -> Safe:
    inodes = joined(", ", [plain(str(listener.inode)) for listener in listeners if listener.inode])
    backlogs = {listener.backlog for listener in listeners if listener.backlog is not None}
    if inodes:
        value = language.say("{sockets}; inode {inodes}", sockets=value, inodes=inodes)
    if backlogs:
        backlog = joined(", ", [plain(str(number)) for number in sorted(backlogs)])
        value = language.say("{sockets}; backlog {backlog}", sockets=value, backlog=backlog)
    return value
