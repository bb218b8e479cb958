"""How is a machine made busy, the same way each time? Processes, descriptors, listeners and connections to order.

    python -m bench.load medium -- ss -H -tulpn

stands the load, runs the command among it (in the load's network namespace), and takes the load down again. As root
the load has a network namespace of its own; the processes are the machine's, as its /proc shows them.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NURSERY = Path(__file__).with_name("nursery.py")
CLONE_NEWNET = 0x40000000  # linux/sched.h
PORT = 971


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a load is asked to hold. `connections` counts as `ss -tan` does: both ends of each, as both are here."""

    processes: int
    descriptors: int
    listeners: int
    connections: int


SIZES = {
    "small": Size(processes=53, descriptors=1_670, listeners=100, connections=0),
    "medium": Size(processes=1_020, descriptors=48_100, listeners=1_000, connections=10_000),
    "large": Size(processes=3_060, descriptors=347_500, listeners=5_000, connections=60_000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A load that stands: what /proc counted in it, a tcp port that two of its processes hold, where it lives."""

    size: Size
    port: int
    pid: int
    own_network: bool

    def enter(self) -> None:
        """Moves the calling thread, and what it starts from now on, into the load's network namespace."""
        if self.own_network:
            enter_network(self.pid)


class LoadError(Exception):
    """The load could not be made here; the message says why (a limit, a right)."""


def enter_network(pid: int) -> None:
    """setns(2) into the network namespace of a process; OSError where that is refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(descriptor, CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


@contextmanager
def standing(size: Size, *, own_network: bool | None = None) -> Iterator[Load]:
    """Stands a load for the length of a `with`; LoadError where it cannot be made.

    `own_network` None: as root yes, otherwise no. The load dies with this process, however that ends.
    """
    own = os.geteuid() == 0 if own_network is None else own_network
    asked = (size.processes, size.descriptors, size.listeners, size.connections, PORT, int(own))
    nursery = subprocess.Popen(
        [sys.executable, "-I", "-S", str(NURSERY), *map(str, asked)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    try:
        word, _, rest = nursery.stdout.readline().decode().strip().partition(" ")
        if word != "ready":
            raise LoadError(rest or "the load's first process died")
        told = {name: int(number) for name, _, number in (pair.partition("=") for pair in rest.split())}
        port = told.pop("port")
        yield Load(size=Size(**told), port=port, pid=nursery.pid, own_network=own)
    finally:
        nursery.stdin.close()
        nursery.stdout.close()
        take_down(nursery)


def take_down(nursery: subprocess.Popen[bytes]) -> None:
    """Kills what is left of the load, and waits until the last of its processes is gone."""
    try:
        nursery.wait(timeout=30)
    except subprocess.TimeoutExpired:
        nursery.kill()  # its children asked the kernel to die with it
        nursery.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description="Run a command while a load stands.")
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("command", nargs="*", metavar="-- COMMAND", help="without one: until interrupted")
    chosen = parser.parse_args(arguments)
    try:
        with standing(SIZES[chosen.size]) as load:
            print(
                f"{load.size}, port {load.port}, network namespace of process {load.pid}", file=sys.stderr, flush=True
            )
            if not chosen.command:
                signal.pause()
            return subprocess.call(chosen.command, preexec_fn=load.enter)
    except LoadError as failure:
        print(f"The load could not be made: {failure}", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
