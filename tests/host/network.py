"""Network namespaces of the tests' own, with random sockets in them, and `ss` as an independent witness."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import resource
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar

import pytest

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

IPPROTO_MPTCP = 262
IPPROTO_UDPLITE = 136


@dataclass(frozen=True)
class Wanted:
    """A socket to open: tcp-listen, tcp-bound, mptcp-listen, udp, udp-connected or udplite."""

    kind: str
    address: str
    v6only: bool | None = None
    device: str | None = None
    backlog: int = 5
    port: int = 0


@dataclass(frozen=True)
class Opened:
    """What was opened, by the number that the opener knows it by; `v6only` as the socket itself says (getsockopt)."""

    wanted: Wanted
    number: int
    inode: int
    port: int
    v6only: bool | None


class Room:
    """A process in a network namespace of its own, which runs functions for us. Sockets opened there stay open."""

    def __init__(self, pid: int, connection: Connection) -> None:
        self.pid = pid
        self._connection = connection

    @property
    def inode(self) -> str:
        return str(os.stat(f"/proc/{self.pid}/ns/net").st_ino)

    def call(
        self, function: Callable[Parameters, Result], *arguments: Parameters.args, **options: Parameters.kwargs
    ) -> Result:
        self._connection.send((function, arguments, options))
        if not self._connection.poll(60):
            raise TimeoutError(f"{function.__name__} took too long in the other namespace")
        succeeded, result = self._connection.recv()
        if not succeeded:
            raise result
        answer: Result = result
        return answer


@cache
def _can_unshare() -> bool:
    return subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0


def need_namespaces() -> None:
    """Skips the test where network namespaces cannot be made."""
    if sys.platform != "linux":
        pytest.skip("network namespaces are Linux's")
    if not _can_unshare():
        pytest.skip("making a network namespace is not permitted here (needs root)")


@contextmanager
def room() -> Iterator[Room]:
    """A new network namespace with lo up, gone with its process when this is left, however that happens."""
    need_namespaces()
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([here, f"{here}/src"])}
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-m", "tests.host.network", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            cwd=here,
            env=environment,
        )
    connection = Connection(ours.detach())
    try:
        made = Room(process.pid, connection)
        made.call(prepare)
        yield made
    finally:
        connection.close()
        process.kill()
        process.wait()


# --- what runs inside ----------------------------------------------------------------------------------------------

_kept: dict[int, list[socket.socket]] = {}


def prepare() -> None:
    """Brings lo up, with addresses to choose from."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    for command in (
        ["ip", "link", "set", "lo", "up"],
        ["ip", "address", "add", "10.9.8.7/32", "dev", "lo"],
        ["ip", "address", "add", "2001:db8::7/128", "dev", "lo", "nodad"],
    ):
        subprocess.run(command, check=True)


def open_sockets(wishes: list[Wanted]) -> list[Opened]:
    """Opens one after another and keeps them; a wish whose port is taken is left out."""
    opened: list[Opened] = []
    for wanted in wishes:
        try:
            made = _open(wanted)
        except OSError as problem:
            if problem.errno in (errno.EADDRINUSE, errno.EPROTONOSUPPORT):
                continue
            raise
        number = len(_kept)
        _kept[number] = made
        first = made[0]
        v6only = None
        if first.family == socket.AF_INET6:
            v6only = first.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) != 0
        inode, port = os.fstat(first.fileno()).st_ino, first.getsockname()[1]
        opened.append(Opened(wanted=wanted, number=number, inode=inode, port=port, v6only=v6only))
    return opened


def close_sockets(numbers: list[int]) -> None:
    for number in numbers:
        for one in _kept[number]:
            one.close()


def _open(wanted: Wanted) -> list[socket.socket]:
    family = socket.AF_INET6 if ":" in wanted.address else socket.AF_INET
    kind, _, doing = wanted.kind.partition("-")
    protocol = {"mptcp": IPPROTO_MPTCP, "udplite": IPPROTO_UDPLITE}.get(kind, 0)
    made = socket.socket(family, socket.SOCK_DGRAM if kind.startswith("udp") else socket.SOCK_STREAM, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if wanted.v6only is not None:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(wanted.v6only))
        if wanted.device is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, wanted.device.encode())
        made.bind((wanted.address, wanted.port))
        if doing == "listen":
            made.listen(wanted.backlog)
        elif doing == "connected":
            made.connect(({"::": "::1", "0.0.0.0": "127.0.0.1"}.get(wanted.address, wanted.address), 9))
    except OSError:
        made.close()
        raise
    return [made]


def connect(number: int, times: int) -> None:
    """Connects to a listener that many times, and accepts."""
    listener = _kept[number][0]
    for _ in range(times):
        client = socket.socket(listener.family)
        client.connect(listener.getsockname()[:2])
        accepted, _address = listener.accept()
        _kept[number] += [client, accepted]


CHURN = """
import random, socket
ring = []
print("ready", flush=True)
while True:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen()
    ring.append(made)
    if len(ring) > 200:
        ring.pop(random.randrange(len(ring))).close()
"""


def churn() -> None:
    """Opens and closes listeners, in another process, as fast as it goes, until told to stop."""
    process = subprocess.Popen([sys.executable, "-c", CHURN], stdout=subprocess.PIPE, preexec_fn=die_with_parent)
    _churning.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"


def stop_churning() -> None:
    while _churning:
        with _churning.pop() as process:
            process.kill()


_churning: list[subprocess.Popen[bytes]] = []


def die_with_parent() -> None:
    """prctl(PR_SET_PDEATHSIG, SIGKILL): nothing outlives its room."""
    ctypes.CDLL(None).prctl(1, 9)


def become_nobody() -> None:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)


def deny_netlink(number: int) -> None:
    """From now on, socket(AF_NETLINK, ...) fails with this errno in this process, by seccomp(2)."""
    machines = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
    architecture, socket_call = machines[platform.machine()]
    load, equal, give = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
    instructions = [
        (load, 0, 0, 4),  # seccomp_data.arch
        (equal, 0, 5, architecture),
        (load, 0, 0, 0),  # seccomp_data.nr
        (equal, 0, 3, socket_call),
        (load, 0, 0, 16),  # seccomp_data.args[0]
        (equal, 0, 1, socket.AF_NETLINK),
        (give, 0, 0, 0x00050000 | number),  # SECCOMP_RET_ERRNO
        (give, 0, 0, 0x7FFF0000),  # SECCOMP_RET_ALLOW
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in instructions))
    program = struct.pack("@HP", len(instructions), ctypes.addressof(code))
    library = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_seccomp, filtering = 38, 22, 2
    for call in ((no_new_privileges, 1, 0, 0, 0), (set_seccomp, filtering, program, 0, 0)):
        if library.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


# --- the witness ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Witnessed:
    """One line of `ss -Hane`."""

    protocol: str
    state: str
    address: str
    interface: str | None
    port: int
    uid: int
    inode: int
    backlog: int
    v6only: bool | None


def ss() -> list[Witnessed]:
    """Every tcp and udp socket that `ss` tells of in this network namespace, with its inode; time-wait has none."""
    text = subprocess.run(["ss", "-Htuane"], capture_output=True, text=True, check=True).stdout
    found: list[Witnessed] = []
    for line in text.splitlines():
        words = line.split()
        inode = re.search(r"\bino:(\d+)", line)
        if inode is None or inode[1] == "0":
            continue
        place, _, port = words[4].rpartition(":")
        address, _, interface = place.partition("%")
        if address.startswith("[") and "%" in place and not address.endswith("]"):
            address += "]"
        only = re.search(r"\bv6only:(\d)", line)
        uid = re.search(r"\buid:(\d+)", line)
        found.append(
            Witnessed(
                protocol=words[0],
                state=words[1],
                address={"*": "::"}.get(address, address.strip("[]")),
                interface=interface.strip("]") or None,
                port=int(port),
                uid=int(uid[1]) if uid else 0,
                inode=int(inode[1]),
                backlog=int(words[3]),
                v6only=None if only is None else only[1] == "1",
            )
        )
    return found


def serve(descriptor: int) -> None:
    """Runs what comes in, until the other side hangs up."""
    with Connection(descriptor) as connection:
        while True:
            try:
                function, arguments, options = connection.recv()
            except EOFError:
                return
            try:
                answer = (True, function(*arguments, **options))
            except Exception as problem:  # noqa: BLE001 - whatever it is, the other side shall have it
                answer = (False, problem)
            connection.send(answer)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
