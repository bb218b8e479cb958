"""How does a command get to run on a leased port? It takes this process's place, and with it the lease.

exec(3) keeps pid and start time, which is what a lease is tied to: so signals reach the command, its exit status is
ours, and the lease ends with it, without anybody in between. `{port}` stands for the number in its arguments, PORT in
its environment; or the listening socket itself is handed over, as systemd does (sd_listen_fds(3)).
"""

from __future__ import annotations

import _socket
import os

from whoseport.model import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from whoseport.model import Transport

PLACEHOLDER = "{port}"
FIRST_DESCRIPTOR = 3  # SD_LISTEN_FDS_START, systemd/sd-daemon.h
BACKLOG = 4096


def listening_socket(port: int, *, address: str, transport: Transport) -> _socket.socket:
    """A socket bound to the address and port, listening where the transport listens. OSError as bind(2) has it."""
    family = _socket.AF_INET6 if ":" in address else _socket.AF_INET
    made = _socket.socket(family, _socket.SOCK_STREAM if transport == "tcp" else _socket.SOCK_DGRAM)
    try:
        if transport == "tcp":
            made.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        if transport == "tcp":
            made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def run(command: tuple[str, ...], *, port: int, handed: _socket.socket | None = None) -> NoReturn:
    """Becomes the command. Raises Misuse("command-not-run", command=, reason=) where there is no such program."""
    arguments = [argument.replace(PLACEHOLDER, str(port)) for argument in command]
    environment = dict(os.environ) | {"PORT": str(port)}
    for name in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"):
        environment.pop(name, None)
    if handed is not None:
        _hand_over(handed)
        environment |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": "whoseport"}
    try:
        os.execvpe(arguments[0], arguments, environment)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise Misuse("command-not-run", command=arguments[0], reason=reason or "unusable") from None


def _hand_over(handed: _socket.socket) -> None:
    descriptor = handed.detach()
    if descriptor == FIRST_DESCRIPTOR:
        os.set_inheritable(descriptor, True)
    else:
        os.dup2(descriptor, FIRST_DESCRIPTOR, inheritable=True)
        os.close(descriptor)
