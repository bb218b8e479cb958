"""Was the socket made by another and handed over? Socket activation by systemd (sd_listen_fds(3)), inetd, others."""

from __future__ import annotations

from whoseport.classifiers.found import cut, found
from whoseport.classifiers.places import base_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Finding, Listener, Mention, Process

_SUPER_SERVERS = frozenset(
    {"inetd", "xinetd", "inetutils-inetd", "openbsd-inetd", "rlinetd", "systemd-socket-activate", "tcpsvd", "tcpserver"}
)


def is_activator(process: Process) -> bool:
    """Whether it holds sockets for others: a system or user manager of systemd, an inetd."""
    program = base_name(process.executable) if process.executable else process.name
    if program in ("systemd", "init", "launchd"):
        return process.pid == 1 or process.name == "systemd"
    return program in _SUPER_SERVERS


def activated(listener: Listener, process: Process, *, mentions: tuple[Mention, ...]) -> Finding | None:
    """`socket-activated`: by what the process was given, by who else holds the socket, or by a socket unit's file."""
    pid = str(process.pid)
    passed = None
    for variable in process.environment or ():
        if variable.name == "LISTEN_FDS" and variable.value != "0":
            passed = variable.value
        elif variable.name == "LISTEN_PID" and variable.value != pid:
            passed = None  # meant for a process that started this one
            break
    if passed is not None:
        return found("socket-activated", "proven", f"/proc/{pid}/environ", f"LISTEN_FDS={passed}")
    other = next((one for one in listener.owners if is_activator(one)), None)
    if other is not None:
        return found("socket-activated", "proven", f"/proc/{other.pid}/fd", f"{other.name}, socket:[{listener.inode}]")
    if listener.unit is not None and listener.unit.endswith(".socket"):
        return found("socket-activated", "likely", "sock_diag", listener.unit)
    for mention in mentions:
        if mention.kind == "socket-unit" and mention.enabled and process.unit is not None:
            stem = process.unit.removesuffix(".service").partition("@")[0]
            if (mention.name or "").removesuffix(".socket").partition("@")[0] == stem:
                return found("socket-activated", "guess", cut(mention.path), mention.text)
    return None


def waiting_program(mentions: tuple[Mention, ...]) -> tuple[str, Mention] | None:
    """The program that a socket unit or inetd starts on the port, and the line that says so."""
    for mention in mentions:
        if mention.kind in ("socket-unit", "inetd") and mention.program and mention.enabled is not False:
            return base_name(mention.program.split()[0]) if mention.program.strip() else "", mention
    return None
