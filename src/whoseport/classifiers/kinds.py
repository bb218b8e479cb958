"""What is this listener? Settles its kind, its name and how sure that is, from all that the kind's classifiers find."""

from __future__ import annotations

from whoseport.classifiers.activation import activated
from whoseport.classifiers.command_line import Start
from whoseport.classifiers.containers import inside_container
from whoseport.classifiers.desktop import desktop_service
from whoseport.classifiers.ephemeral import client_port
from whoseport.classifiers.expected import Mentions, configured_port, other_port, usual_port
from whoseport.classifiers.forwarding import forwards
from whoseport.classifiers.kernel import every_owner_seen
from whoseport.classifiers.portrait import Portrait, portrait_of
from whoseport.classifiers.rpc import registered, registration, reserved_range
from whoseport.classifiers.settled import Settled, settled
from whoseport.classifiers.software import Known
from whoseport.model import Evidence
from whoseport.record import MANY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from whoseport.classifiers.origin import Word
    from whoseport.model import Finding, Inspection, Listener, Process, RpcProgram, Software, Transport


class Scene:
    """What all listeners of one inspection share: portraits of processes, mentions by port, what was not seen."""

    def __init__(
        self,
        inspection: Inspection,
        *,
        named: Callable[[str], tuple[Software, ...]],
        at: Callable[[int, Transport], tuple[Software, ...]],
    ) -> None:
        self.inspection = inspection
        self.named = named
        self.at = at
        self.mentions = Mentions(inspection)
        self.every_owner_seen = every_owner_seen(inspection)
        self._portraits: dict[tuple[int, str | None], Portrait] = {}
        self._roles: dict[int, Word | None] = {}
        self._listening: set[tuple[int, int]] | None = None
        if len(inspection.listeners) >= MANY:
            for made in (Evidence, Start, Portrait, Known, Settled):
                made.expect_many()

    def portrait(self, process: Process) -> Portrait:
        key = process.pid, process.started
        known = self._portraits.get(key)
        if known is None:
            known = self._portraits[key] = portrait_of(process, named=self.named, roles=self._roles)
        return known

    def listens(self, process: Process, port: int) -> bool:
        """Whether the process also takes connections on this port number: then its udp socket there serves, too."""
        if self._listening is None:
            self._listening = {
                (owner.pid, listener.port)
                for listener in self.inspection.listeners
                if listener.state == "listen"
                for owner in listener.owners
            }
        return (process.pid, port) in self._listening


def settle(
    listener: Listener,
    inspection: Inspection,
    *,
    named: Callable[[str], tuple[Software, ...]],
    at: Callable[[int, Transport], tuple[Software, ...]],
    cache: dict[str, Any],
) -> Settled:
    """What a listener is. `cache` is one dictionary for all listeners of one inspection, empty at first."""
    scene: Scene | None = cache.get("kinds")
    if scene is None:
        scene = cache["kinds"] = Scene(inspection, named=named, at=at)
    programs = registered(listener, inspection)
    if not listener.owners:
        from whoseport.classifiers.unowned import settle_unowned

        return settle_unowned(listener, scene, programs=programs)
    portraits = [scene.portrait(owner) for owner in listener.owners]
    main = portraits[0]
    for other in portraits[1:]:
        if (other.rank, -len(other.process.parents)) > (main.rank, -len(main.process.parents)):
            main = other
    if main.rank == 0:
        from whoseport.classifiers.unowned import settle_waiting

        return settle_waiting(listener, scene, main)
    made = _settle(listener, scene, main, programs=programs)
    return made.replace(findings=(*made.findings, *main.origin)) if main.origin else made


def _settle(listener: Listener, scene: Scene, main: Portrait, *, programs: tuple[RpcProgram, ...]) -> Settled:
    process = main.process
    around: list[Finding] = []
    mentions = scene.mentions.of(listener)
    for finding in (
        inside_container(listener, process),
        activated(listener, process, mentions=mentions),
        forwards(listener, process),
    ):
        if finding is not None:
            around.append(finding)
    if programs:
        around.append(registration(programs))
    for port, developed in main.debuggers:
        if port == listener.port:
            return settled(
                "development-server",
                developed.name,
                certainty=developed.certainty,
                reasons=developed.findings,
                around=around,
            )
    if main.known:
        return _known(listener, scene, main, around, programs=programs)
    client = None
    if listener.state != "listen" and not scene.listens(process, listener.port):
        client = client_port(listener, scene.inspection, process=process, client=False)
    if client is not None and not programs:
        return settled(
            "ephemeral", main.name, certainty=client.certainty, reasons=(client,), around=[*around, *_of_itself(main)]
        )
    if main.developed is not None:
        found = main.developed.findings
        if main.project is not None:
            found = (*found, main.project)
        if main.orphan is not None:
            around.append(main.orphan)
        return settled(
            "development-server", main.developed.name, certainty=main.developed.certainty, reasons=found, around=around
        )
    if programs:
        return settled(
            "rpc",
            programs[0].name or main.name,
            certainty="likely",
            reasons=(around.pop(),),
            around=[*around, *_of_itself(main)],
        )
    if process.name.startswith("rpc.") or main.start.program.startswith("rpc."):
        return _rpc_by_name(listener, main, around)
    if main.packaged is not None:
        configured = configured_port(listener, process, None, mentions=mentions)
        reasons = (main.packaged,) if configured is None else (main.packaged, configured)
        return settled("known-service", main.name, certainty="likely", reasons=reasons, around=around)
    return _custom(main, around)


def _known(
    listener: Listener, scene: Scene, main: Portrait, around: list[Finding], *, programs: tuple[RpcProgram, ...]
) -> Settled:
    process = main.process
    chosen, place = _chosen(listener, main)
    software = chosen.software
    if place is None:
        place = configured_port(listener, process, software, mentions=scene.mentions.of(listener))
    personal = desktop_service(process, software, serves=listener.state == "listen" or place is not None)
    reasons = list(chosen.findings)
    if software.kind == "development-server":
        if main.project is not None:
            reasons.append(main.project)
        return settled(
            "development-server", software.name, certainty=chosen.certainty, reasons=tuple(reasons), around=around
        )
    if place is not None:
        reasons.append(place)
    if personal is not None:
        around.append(personal)
    if place is not None:
        return settled(
            "known-service", software.name, certainty=chosen.certainty, reasons=tuple(reasons), around=around
        )
    if software.kind == "rpc" or programs:
        return _rpc(listener, software, chosen, around)
    client = None
    if listener.state != "listen" and not scene.listens(process, listener.port):
        client = client_port(listener, scene.inspection, process=process, client=software.kind == "client")
    if client is not None:
        return settled(
            "ephemeral", software.name, certainty=chosen.certainty, reasons=(*reasons, client), around=around
        )
    elsewhere = other_port(listener, software) if software.kind not in ("client", "forwarder") else None
    if elsewhere is not None and not any(finding.claim == "forwards" for finding in around):
        return settled(
            "moved-service", software.name, certainty=chosen.certainty, reasons=(*reasons, elsewhere), around=around
        )
    return settled("known-service", software.name, certainty=chosen.certainty, reasons=tuple(reasons), around=around)


def _chosen(listener: Listener, main: Portrait) -> tuple[Known, Finding | None]:
    """Of the software that a process may be, that whose usual port this is; otherwise the surest."""
    for one in main.known:
        if one.certainty == main.known[0].certainty:
            place = usual_port(listener, one.software)
            if place is not None:
                return one, place
    return main.known[0], None


def _rpc(listener: Listener, software: Software, chosen: Known, around: list[Finding]) -> Settled:
    from whoseport.classifiers.found import found

    program = found("rpc-program", chosen.certainty, chosen.findings[0].evidence[0].source, software.name)
    reasons = [*chosen.findings, program]
    hint = reserved_range(listener)
    if hint is not None:
        around.append(hint)
    sure = any(finding.claim == "rpc-registered" for finding in around)
    if sure:
        reasons += [finding for finding in around if finding.claim == "rpc-registered"]
        around = [finding for finding in around if finding.claim != "rpc-registered"]
    return settled(
        "rpc", software.name, certainty="proven" if sure else chosen.certainty, reasons=tuple(reasons), around=around
    )


def _rpc_by_name(listener: Listener, main: Portrait, around: list[Finding]) -> Settled:
    from whoseport.classifiers.found import found

    program = found("rpc-program", "likely", f"/proc/{main.process.pid}/comm", main.process.name)
    hint = reserved_range(listener)
    extra = [*around, *_of_itself(main)] if hint is None else [*around, *_of_itself(main), hint]
    return settled("rpc", main.start.program or main.process.name, certainty="likely", reasons=(program,), around=extra)


def _custom(main: Portrait, around: list[Finding]) -> Settled:
    if main.orphan is not None:
        around.append(main.orphan)
    if main.project is not None:
        around.append(main.project)
    if main.own:
        return settled(
            "custom-application", main.name, certainty=main.own[0].certainty, reasons=main.own, around=around
        )
    inside = [finding for finding in around if finding.claim == "inside-container"]
    if inside:
        rest = [finding for finding in around if finding.claim != "inside-container"]
        return settled("container", None, certainty=inside[0].certainty, reasons=tuple(inside), around=rest)
    return settled("unknown", None, certainty="guess", reasons=(), around=around)


def _of_itself(main: Portrait) -> tuple[Finding, ...]:
    return main.own if main.packaged is None else (main.packaged,)
