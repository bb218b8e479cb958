"""`whoseport run -- CMD {port}`: runs a command on a leased port."""

from __future__ import annotations

import errno
import os
import sys

from whoseport.cli.pick import number, port_range, transport
from whoseport.cli.terminal import language
from whoseport.leasing.freedom import stands_in_the_way
from whoseport.leasing.running import listening_socket
from whoseport.leasing.running import run as become
from whoseport.model import LAST_PORT, Misuse, NotFound
from whoseport.picking import pick

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket

    from whoseport.cli.parsing import Request

MOST_TRIES = 20


def run(request: Request) -> int:
    handed: _socket.socket | None = None
    for place in range(MOST_TRIES):
        found = pick(
            owner=os.getpid(),
            heir_of=os.getppid(),
            again=place == 0,
            name=request.value("name"),
            near=number(request, "near", least=1, most=LAST_PORT),
            within=port_range(request),
            transport=transport(request),
            project=request.value("project") or ".",
        )
        port = found.picks[0].port
        if request.has("fd"):
            address = request.value("address") or "127.0.0.1"
            try:
                handed = listening_socket(port, address=address, transport=transport(request))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    _tell_taken(request, port)
                    continue
                raise Misuse("address-not-usable", address=address, reason=error.strerror or "unusable") from None
        elif stands_in_the_way(port, transport(request)) is not None:
            _tell_taken(request, port)
            continue
        if request.has("verbose"):
            from whoseport.render.picked import running

            sys.stderr.write(running(port, language=language(request)))
        sys.stdout.flush()
        become(request.words, port=port, handed=handed)
    raise NotFound("no-free-port", first=port, last=port, why="none")


def _tell_taken(request: Request, port: int) -> None:
    from whoseport.render.picked import taken

    sys.stderr.write(taken(port, language=language(request)))
