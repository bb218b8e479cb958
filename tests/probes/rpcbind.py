"""A real port mapper in a network namespace of its own, with a /run of its own."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.host.network import Room, die_with_parent, need_namespaces, room

_RUNNING: list[subprocess.Popen[bytes]] = []


def need_rpcbind() -> None:
    """Skips the test where there is no rpcbind, or no namespace for it."""
    need_namespaces()
    if shutil.which("rpcbind", path="/usr/sbin:/sbin:/usr/bin:/bin") is None:
        pytest.skip("rpcbind is not installed")


@contextmanager
def port_mapper() -> Iterator[tuple[Room, int]]:
    """The namespace, and the pid of the rpcbind in it, which is ready."""
    need_rpcbind()
    with room() as there:
        pid = there.call(start)
        try:
            yield there, pid
        finally:
            there.call(stop)


def start() -> int:
    """Starts rpcbind and waits until it says that it serves, as it does to systemd (sd_notify(3)).

    By then it is another user, so the socket has no path; names of that kind belong to the network namespace.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind("\0ready")
        notices.settimeout(30)
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /run && exec rpcbind -f -w"],
            env={**os.environ, "NOTIFY_SOCKET": "@ready", "PATH": "/usr/sbin:/sbin:/usr/bin:/bin"},
            preexec_fn=die_with_parent,
        )
        _RUNNING.append(process)
        while b"READY=1" not in notices.recv(4096):
            pass
    return process.pid


def stop() -> None:
    while _RUNNING:
        with _RUNNING.pop() as process:
            process.kill()


def register(program: int, version: int, protocol: int, port: int) -> bool:
    """PMAPPROC_SET (RFC 1833 section 3.2), which rpcbind takes from root on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.settimeout(10)
        wire.bind(("127.0.0.1", 1000))
        header = struct.pack(">IIIIIIIIII", 7, 0, 2, 100000, 2, 1, 0, 0, 0, 0)
        wire.sendto(header + struct.pack(">IIII", program, version, protocol, port), ("127.0.0.1", 111))
        answer = wire.recv(1024)
    return struct.unpack(">I", answer[-4:]) == (1,)


def witness() -> set[tuple[int, int, str, int]]:
    """What `rpcinfo -p` tells."""
    text = subprocess.check_output(["rpcinfo", "-p", "127.0.0.1"], text=True)
    rows = [line.split() for line in text.splitlines()[1:]]
    return {(int(row[0]), int(row[1]), row[2], int(row[3])) for row in rows}
