"""What holds a port for another: socket activation, super-servers, forwarders, RPC services, workers that share it."""

from __future__ import annotations

from tests.zoo.cases import KNOWN, MOVED, OWN, Case
from tests.zoo.den import Den, program
from tests.zoo.honest_wiring import forward_of_ssh, forwards, handler_of_inetd
from tests.zoo.hostile_files import write

ACTIVATED = """import socket
made = socket.socket(fileno=3)
while True:
    made.accept()[0].close()
"""
WORKERS = """import os, socket, sys
made = socket.create_server(("127.0.0.1", int(sys.argv[1])))
for _ in range(3):
    if os.fork() == 0:
        break
while True:
    made.accept()[0].close()
"""
# rpcbind(8) has one lock and one socket for all namespaces of the network, in /run
RPC = "mount -t tmpfs none /run && mkdir -p /run/sendsigs.omit.d /run/rpcbind && rpcbind -w && {more}"


def socket_activated(den: Den) -> int:
    port = den.port()
    den.start("/usr/bin/python3", write(den.folder("/opt"), "report.py", ACTIVATED), sockets=[("tcp", port)])
    return den.ready(port)


def workers(den: Den) -> int:
    port = den.port()
    den.start("/usr/bin/python3", write(den.folder("/opt"), "report.py", WORKERS), port)
    return den.ready(port)


def rpcbind(den: Den) -> int:
    program("rpcbind")
    den.start("unshare", "--mount", "sh", "-c", RPC.format(more="exec sleep 300"))
    return den.ready(111)


def _rpc(den: Den, command: str) -> int:
    """On a random port below 1024, as bindresvport(3) takes it: the first that listens besides the port mapper's."""
    program(command.split(maxsplit=1)[0])
    program("rpcbind")
    before = _listening(den)
    den.start("unshare", "--mount", "sh", "-c", RPC.format(more=command))
    found: set[int] = set()

    def appeared() -> bool:
        found.update(_listening(den) - before - {111})
        return bool(found)

    den.wait(appeared, "a port of its own")
    return min(found)


def _listening(den: Den) -> set[int]:
    lines = den.inside("ss", "-Htln").stdout.splitlines()
    return {int(line.split()[3].rpartition(":")[2]) for line in lines}


def statd(den: Den) -> int:
    """Its state folder is a new one."""
    folder = den.folder("/srv", owner="statd")
    for name in ("sm", "sm.bak"):
        den.inside("install", "-d", "-o", "statd", folder / name)
    return _rpc(den, f"rpc.statd -F -L -P {folder}")


def mountd(den: Den) -> int:
    return _rpc(den, "rpc.mountd -F")


CASES: tuple[Case, ...] = (
    Case(name="socket-activated", start=socket_activated, kinds=(OWN,), called="report.py"),
    Case(name="workers", start=workers, kinds=(OWN,), called="report.py"),
    Case(name="rpcbind", start=rpcbind, kinds=(KNOWN,), alone=True, called="rpcbind"),
    Case(name="statd", start=statd, kinds=("rpc",), alone=True),
    Case(name="mountd", start=mountd, kinds=("rpc",), alone=True),
    Case(name="socat-forward", start=forwards, kinds=(MOVED, KNOWN), alone=True, called="socat"),
    Case(name="ssh-forward", start=forward_of_ssh, kinds=(MOVED, KNOWN), alone=True, called="ssh"),
    Case(name="inetd", start=handler_of_inetd, kinds=(MOVED, KNOWN, OWN), alone=True),
)
