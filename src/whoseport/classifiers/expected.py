"""Is the software where it is expected? On a port that it usually takes, or one that its own configuration names."""

from __future__ import annotations

from whoseport.classifiers.found import cut, found
from whoseport.classifiers.places import base_name
from whoseport.classifiers.software import unit_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Finding, Inspection, Listener, Mention, Process, Software

_OWN_FILES = ("configuration", "socket-unit", "inetd")
_WIDEST = 4096
"""Ports of one line that are still a choice of this port."""


def usual_port(listener: Listener, software: Software) -> Finding | None:
    """`listens-on-usual-port`, where the facts on the software name the port; only likely by another transport."""
    port, transport = listener.port, listener.transport
    fitting = [one for one in software.ports if one.first <= port <= one.last]
    if not fitting:
        return None
    same = [one for one in fitting if one.transport == transport]
    one = (same or fitting)[0]
    told = f"{software.name}, {one.role}: {one.transport} {one.first}"
    if one.last != one.first:
        told += f"-{one.last}"
    return found("listens-on-usual-port", "proven" if same else "likely", "practice", told)


def configured_port(
    listener: Listener, process: Process, software: Software | None, *, mentions: tuple[Mention, ...]
) -> Finding | None:
    """`listens-on-usual-port`, where a file of the process's own package, or its unit, names the port."""
    own: set[str] | None = None
    for mention in mentions:
        if own is None:
            own = _names(process, software)
        names = {mention.package, mention.name, mention.program and base_name(mention.program)}
        if mention.name is not None:
            names.update(unit_names(mention.name))
        if not own.isdisjoint(name.lower() for name in names if name):
            line = "" if mention.line is None else f":{mention.line}"
            return found("listens-on-usual-port", "proven", cut(f"{mention.path}{line}"), mention.text)
    del listener
    return None


def other_port(listener: Listener, software: Software) -> Finding | None:
    """`listens-on-other-port`, where its usual ports are known and this is none of them."""
    usual = [one for one in software.ports if one.transport == listener.transport] or list(software.ports)
    if not usual:
        return None
    told = ", ".join([f"{one.transport} {one.first}" for one in usual[:6]])
    return found("listens-on-other-port", "proven", "practice", f"{software.name}: {told}; here {listener.port}")


class Mentions:
    """The lines of this machine's own files that name a port, by port: those of servers, not of firewalls."""

    def __init__(self, inspection: Inspection) -> None:
        self._by_port: dict[int, list[Mention]] = {}
        for mention in inspection.mentions or ():
            if mention.kind in _OWN_FILES and 0 <= mention.last - mention.first < _WIDEST:
                for port in range(mention.first, mention.last + 1):
                    self._by_port.setdefault(port, []).append(mention)

    def of(self, listener: Listener) -> tuple[Mention, ...]:
        found = self._by_port.get(listener.port)
        if not found:
            return ()
        return tuple([one for one in found if one.transport in (None, listener.transport)])


def _names(process: Process, software: Software | None) -> set[str]:
    names = {process.package, process.executable and base_name(process.executable)}
    if process.unit is not None:
        names.update(unit_names(process.unit))
    if software is not None:
        names.update(software.packages)
        names.update(software.programs)
        names.update(software.units)
        names.add(software.name)
    return {name.lower() for name in names if name}
