"""Is it a client's own port, taken from the range that the system hands out?"""

from __future__ import annotations

from whoseport.classifiers.found import found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Certainty, Finding, Inspection, Listener, Process

_MOST_WORDS = 256


def in_client_range(port: int, inspection: Inspection) -> bool:
    """Whether the system may have picked the port for a client; by Linux's own default where its setting is unseen."""
    chosen = inspection.settings.ephemeral
    return chosen.first <= port <= chosen.last if chosen is not None else 32768 <= port <= 60999


def client_port(listener: Listener, inspection: Inspection, *, process: Process | None, client: bool) -> Finding | None:
    """`client-port` for a socket that a client may have got so; None for a listening one, and for any other port.

    `client`: the program is known to be a client. Others serve over udp, too: what names the port on its own command
    line, or chose its address, serves.
    """
    if listener.state == "listen" or not in_client_range(listener.port, inspection):
        return None
    certainty: Certainty = "likely"
    if listener.state == "unconnected" and not client:
        if listener.exposure != "all" or (process is not None and names_port(process, listener.port)):
            return None
        certainty = "guess" if process is None else "likely"
    return found("client-port", certainty, "sock_diag", f"{listener.transport} {listener.port} {listener.state}")


def names_port(process: Process, port: int) -> bool:
    """Whether the command line, or PORT in the environment, names this port.

    >>> from whoseport.model import Process
    >>> names_port(Process(pid=7, started=None, name="", executable=None, executable_state="unseen", uid=0, user=None,
    ...     command=("dnsd", "--listen=127.0.0.1:5353"), unit=None, slice=None, container=None, package=None,
    ...     working_directory=None, parents=()), 5353)
    True
    """
    digits = str(port)
    for word in (process.command or ())[:_MOST_WORDS]:
        place = word.find(digits)
        while place >= 0:
            after = word[place + len(digits) : place + len(digits) + 1]
            if not after.isdigit() and not word[max(0, place - 1) : place].isdigit():
                return True
            place = word.find(digits, place + 1)
    return any(variable.value == digits for variable in process.environment or () if variable.name.endswith("PORT"))
