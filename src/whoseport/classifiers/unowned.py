"""What is a listener whose owner could not be seen, or that only waits for one to be started?

What the socket itself tells remains: its unit, container, user, the processes of its cgroup; and whether the kernel
serves it.
"""

from __future__ import annotations

from whoseport.classifiers.activation import activated, waiting_program
from whoseport.classifiers.containers import inside_container
from whoseport.classifiers.ephemeral import client_port
from whoseport.classifiers.expected import other_port, usual_port
from whoseport.classifiers.forwarding import forwards
from whoseport.classifiers.found import cut, found
from whoseport.classifiers.kernel import kernel_server, kernel_server_finding, kernel_socket
from whoseport.classifiers.rpc import registration, reserved_range
from whoseport.classifiers.settled import Settled, settled
from whoseport.classifiers.software import program_names, unit_names
from whoseport.model import Evidence, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.kinds import Scene
    from whoseport.classifiers.portrait import Portrait
    from whoseport.model import Certainty, Kind, Listener, RpcProgram, Software


def settle_unowned(listener: Listener, scene: Scene, *, programs: tuple[RpcProgram, ...]) -> Settled:
    """A listener without owners: the kernel's own, or somebody's who could not be seen."""
    around: list[Finding] = [registration(programs)] if programs else []
    rpc_name = programs[0].name if programs else None
    server = kernel_server(listener, scene.inspection)
    if server is not None:
        return settled(
            "kernel", server.subsystem, certainty="proven", reasons=(kernel_server_finding(server),), around=around
        )
    kernel = kernel_socket(listener, every_owner_seen=scene.every_owner_seen)
    if kernel is not None and listener.container is None:
        return settled("kernel", rpc_name, certainty="likely", reasons=(kernel, *around), around=[])
    for finding in (inside_container(listener, None), forwards(listener, None), reserved_range(listener)):
        if finding is not None:
            around.append(finding)
    told = _by_unit(listener, scene) or _by_candidate(listener, scene) or _by_user(listener, scene)
    if told is not None:
        software, certainty, reason = told
        return _placed(listener, software, certainty, (reason,), around)
    if listener.forwards_to is not None:
        return settled("known-service", listener.forwards_to.via, certainty="likely", reasons=(), around=around)
    if programs:
        return settled("rpc", rpc_name, certainty="likely", reasons=(around[0],), around=around[1:])
    client = client_port(listener, scene.inspection, process=None, client=False)
    if client is not None:
        return settled("ephemeral", None, certainty="guess", reasons=(client,), around=around)
    usual = scene.at(listener.port, listener.transport)
    if usual:
        names = ", ".join([software.name for software in usual[:6]])
        around.append(found("usual-practice", "guess", "practice", f"{listener.transport} {listener.port}: {names}"))
    if listener.container is not None:
        return settled("container", None, certainty="likely", reasons=(), around=around)
    return settled("unknown", None, certainty="guess", reasons=(), around=around)


def settle_waiting(listener: Listener, scene: Scene, holder: Portrait) -> Settled:
    """A listener that systemd or an inetd holds for a program that it starts when somebody connects."""
    mentions = scene.mentions.of(listener)
    process = holder.process
    around = [finding for finding in (activated(listener, process, mentions=mentions),) if finding is not None]
    waiting = waiting_program(mentions)
    if waiting is not None:
        program, mention = waiting
        where = cut(mention.path if mention.line is None else f"{mention.path}:{mention.line}")
        line = Finding(
            claim="unit-of-server", certainty="likely", evidence=(Evidence(source=where, observed=mention.text),)
        )
        software = _of_program(scene, program)
        names = unit_names(mention.name) if mention.name is not None and "." in mention.name else ()
        software = software or next((one for name in names for one in scene.named(name) if _is_unit(one, name)), None)
        if software is not None and software.kind not in ("interpreter", "client"):
            return _placed(listener, software, "likely", (line,), around)
        name = program or (mention.name or "").removesuffix(".socket") or None
        kind: Kind = "known-service" if mention.package is not None or mention.kind == "inetd" else "custom-application"
        return settled(kind, name, certainty="likely", reasons=(line,), around=around)
    told = _by_unit(listener, scene)
    if told is not None:
        return _placed(listener, told[0], told[1], (told[2],), around)
    if holder.known:
        software = holder.known[0].software
        place = usual_port(listener, software)
        if place is not None or not software.ports:
            reasons = holder.known[0].findings if place is None else (*holder.known[0].findings, place)
            return settled(
                "known-service", software.name, certainty=holder.known[0].certainty, reasons=reasons, around=around
            )
    unit = listener.unit
    if unit is not None and unit.endswith((".socket", ".service")):
        return settled("unknown", unit.rpartition(".")[0], certainty="guess", reasons=(), around=around)
    name = holder.known[0].software.name if holder.known else holder.name
    reasons = holder.known[0].findings if holder.known else ()
    return settled(
        "known-service" if holder.known else "unknown", name, certainty="guess", reasons=reasons, around=around
    )


def _by_unit(listener: Listener, scene: Scene) -> tuple[Software, Certainty, Finding] | None:
    if listener.unit is None:
        return None
    for name in unit_names(listener.unit):
        fitting = [one for one in scene.named(name) if _is_unit(one, name)]
        if fitting:
            software = _at_port(listener, fitting)
            return software, "likely", found("unit-of-server", "likely", "sock_diag", listener.unit)
    return None


def _by_candidate(listener: Listener, scene: Scene) -> tuple[Software, Certainty, Finding] | None:
    for candidate in listener.candidates:
        software = _of_program(scene, candidate.name, listener)
        if software is not None and software.kind != "interpreter":
            alone = candidate.because in ("unit-main-process", "only-process-in-cgroup")
            certainty: Certainty = "likely" if alone and listener.unit is not None else "guess"
            where = f"/proc/{candidate.pid}/comm"
            return (
                software,
                certainty,
                found("known-program", certainty, where, f"{candidate.name}: {candidate.because}"),
            )
    return None


def _by_user(listener: Listener, scene: Scene) -> tuple[Software, Certainty, Finding] | None:
    """A user that bears the name of software which usually runs on this very port: a guess from practice."""
    user = listener.user
    if not user:
        return None
    bare = user.lower().lstrip("_").removesuffix("user")
    for software in scene.at(listener.port, listener.transport):
        names = {name.lower() for name in (*software.programs, *software.units, *software.packages, software.name)}
        if bare in names or f"{bare}d" in names:
            told = f"user {user}, {software.name}: {listener.transport} {listener.port}"
            return software, "guess", found("usual-practice", "guess", "practice", told)
    return None


def _of_program(scene: Scene, program: str, listener: Listener | None = None) -> Software | None:
    for name in program_names(program):
        fitting = [one for one in scene.named(name) if any(name == known.lower() for known in one.programs)]
        if fitting:
            return fitting[0] if listener is None else _at_port(listener, fitting)
    return None


def _is_unit(software: Software, name: str) -> bool:
    return any(name == unit.lower() for unit in software.units)


def _at_port(listener: Listener, fitting: list[Software]) -> Software:
    return next((one for one in fitting if usual_port(listener, one) is not None), fitting[0])


def _placed(
    listener: Listener, software: Software, certainty: Certainty, reasons: tuple[Finding, ...], around: list[Finding]
) -> Settled:
    """Software that is known by something else than its process: on a usual port of its own, or on another."""
    place = usual_port(listener, software)
    if software.kind == "development-server":
        return settled("development-server", software.name, certainty=certainty, reasons=reasons, around=around)
    if place is not None:
        return settled("known-service", software.name, certainty=certainty, reasons=(*reasons, place), around=around)
    if software.kind == "rpc":
        program = found("rpc-program", certainty, reasons[0].evidence[0].source, software.name)
        return settled("rpc", software.name, certainty=certainty, reasons=(*reasons, program), around=around)
    elsewhere = other_port(listener, software) if software.kind not in ("client", "forwarder") else None
    if elsewhere is not None and listener.forwards_to is None:
        return settled(
            "moved-service", software.name, certainty=certainty, reasons=(*reasons, elsewhere), around=around
        )
    return settled("known-service", software.name, certainty=certainty, reasons=reasons, around=around)
