"""What process holds all the sockets of a load? This one: it makes a network namespace and forks the load's processes.

Run by load.py, never imported by it: the fewer modules it has loaded, the lighter each of its thousands of forks.

Standard input is its life line: it stands until that reaches its end, then kills its processes and waits for each.
Standard output gets one line when the load stands: `ready` and the counts, read back from /proc, as NAME=NUMBER words;
or `failed` and why. Arguments: processes, descriptors, listeners, connections, port, own network namespace (0 or 1).
"""

import ctypes
import fcntl
import os
import resource
import signal
import struct
import sys
from _socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_IPV6,
    IPV6_V6ONLY,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_STREAM,
    SOL_SOCKET,
    dup,
    socket,
)

CLONE_NEWNET = 0x40000000  # linux/sched.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h
SIOCSIFFLAGS, IFF_UP = 0x8914, 1  # linux/sockios.h, linux/if.h
FIRST_PORT = 10000

# Half of all descriptors sit in a twentieth of the processes, which also hold the connections: few servers, many idle.
BUSY_SHARE = 20
# Of ten listeners; one of the ten is held by two processes.
MIX = ("tcp4", "tcp6", "tcp4", "udp4", "tcp4", "tcp6", "tcp4", "udp4", "udp6", "tcp4")
SHARED_EVERY = 10

libc = ctypes.CDLL(None, use_errno=True)


def own_network() -> None:
    """Moves this process into a network namespace of its own, with loopback up; needs CAP_SYS_ADMIN."""
    if libc.unshare(CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    with_flags = socket(AF_INET, SOCK_DGRAM)
    fcntl.ioctl(with_flags.fileno(), SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    with_flags.close()


def share_out(total: int, heads: int) -> list[int]:
    """Splits a total over heads as evenly as whole numbers allow."""
    return [-(-total * (head + 1) // heads) + (-total * head // heads) for head in range(heads)]


def listener(number: int, *, port: int, wide: bool) -> socket:
    """The load's listener of this number: tcp or udp, v4 or v6; on port 0 where the wanted one is taken."""
    kind = MIX[number % len(MIX)]
    family = AF_INET6 if kind.endswith("6") else AF_INET
    anywhere = wide and number % 3 == 0
    address = ("::" if anywhere else "::1") if family == AF_INET6 else ("0.0.0.0" if anywhere else "127.0.0.1")
    made = socket(family, SOCK_STREAM if kind.startswith("tcp") else SOCK_DGRAM)
    if family == AF_INET6:
        made.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
    made.setsockopt(SOL_SOCKET, SO_REUSEADDR, int(kind.startswith("tcp")))
    try:
        made.bind((address, port))
    except OSError:
        made.bind((address, 0))
    if kind.startswith("tcp"):
        made.listen(4096)
    return made


def fill(count: int) -> None:
    """Opens this many descriptors that are no network sockets: files, pipes, event counters, unix sockets."""
    while count > 0:
        turn = count % 10
        if turn in (1, 4) and count > 1:
            os.pipe()
            count -= 2
        elif turn == 7 and count > 1:
            pair = unix_pair()
            count -= len(pair)
        elif turn in (0, 6):
            os.eventfd(0)
            count -= 1
        else:
            os.open("/dev/null", os.O_RDONLY)
            count -= 1


def unix_pair() -> tuple[int, int]:
    from _socket import socketpair

    first, second = socketpair()
    return first.detach(), second.detach()


def become(number: int, *, close: list[int], descriptors: int, ready: int) -> None:
    """The whole life of one process of the load."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for descriptor in close:
        os.close(descriptor)
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    with open("/proc/self/comm", "w") as name:
        name.write(f"load-{number}")
    fill(descriptors - 3)
    os.write(ready, b".")
    os.close(ready)
    while True:
        signal.pause()


def raise_descriptor_limit(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))


def stand(
    pids: list[int], *, processes: int, descriptors: int, listeners: int, connections: int, port: int, own: int
) -> str:
    """Makes the load and returns its line of counts; `pids` grows by each process as it is made."""
    if own:
        own_network()
    busy = max(1, processes // BUSY_SHARE) if processes > 1 else 1
    idle = processes - busy
    in_busy = descriptors // 2 if idle else descriptors
    targets = share_out(in_busy, busy) + (share_out(descriptors - in_busy, idle) if idle else [])
    pairs = share_out(connections // 2, busy)
    held = share_out(listeners, processes)
    raise_descriptor_limit(2 * max(targets) + 64)

    ready_read, ready_write = os.pipe()
    carried: list[int] = []
    number = 0
    first_port = 0
    target: socket | None = (
        None  # where this process's connections come in; the one before's, if it has no tcp listener
    )
    for process in range(processes):
        own_sockets, carried = carried, []
        both: list[int] = []
        fresh = True
        for _ in range(held[process]):
            wanted = port if number == 0 else FIRST_PORT + number
            made = listener(number, port=wanted, wide=bool(own))
            if number == 0:
                first_port = made.getsockname()[1]
            if number % SHARED_EVERY == 0 and process + 1 < processes:
                both.append(dup(made.fileno()))
            if fresh and made.type == SOCK_STREAM and process < busy:
                fresh = False
                if target is not None:
                    target.close()
                target = socket(made.family, made.type, 0, dup(made.fileno()))
            own_sockets.append(made.detach())
            number += 1
        if process < busy and pairs[process]:
            if target is None:
                raise ValueError("connections need a tcp listener in the first process")
            last = process + 1 == busy
            for _ in range(pairs[process]):
                client = socket(target.family, SOCK_STREAM)
                client.connect(target.getsockname()[:2])
                accepted, _peer = target._accept()  # type: ignore[attr-defined]
                own_sockets.append(accepted)
                (own_sockets if last else carried).append(client.detach())
        if process == busy - 1 and target is not None:
            target.close()
        # `carried` and the duplicates in `both` are for the next process; this one closes them after the fork.
        kept = [target.fileno()] if process < busy - 1 and target is not None else []
        pid = os.fork()
        if pid == 0:
            try:
                become(
                    process,
                    close=[ready_read, *carried, *both, *kept],
                    descriptors=targets[process] - len(own_sockets),
                    ready=ready_write,
                )
            finally:
                os._exit(1)
        pids.append(pid)
        for descriptor in own_sockets:
            os.close(descriptor)
        carried += both
    os.close(ready_write)
    for descriptor in carried:
        os.close(descriptor)
    came = 0
    while arrived := len(os.read(ready_read, 65536)):  # until the last of them has closed its end
        came += arrived
    if came != processes:
        raise ValueError(f"only {came} of {processes} processes came up")
    os.close(ready_read)
    return counts(pids, port=first_port)


def counts(pids: list[int], *, port: int) -> str:
    """The load as /proc shows it: processes, descriptors, listening and unconnected sockets, rows of `ss -tan`."""
    alive = descriptors = 0
    for pid in pids:
        descriptors += len(os.listdir(f"/proc/{pid}/fd"))
        alive += 1
    states: dict[tuple[str, str], int] = {}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        with open(f"/proc/self/net/{table}", "rb") as rows:
            next(rows)
            for row in rows:
                state = (table[:3], row.split(None, 4)[3].decode())
                states[state] = states.get(state, 0) + 1
    listening = states.get(("tcp", "0A"), 0) + states.get(("udp", "07"), 0)
    established = states.get(("tcp", "01"), 0)
    return f"processes={alive} descriptors={descriptors} listeners={listening} connections={established} port={port}"


def main() -> None:
    os.setsid()
    pids: list[int] = []
    try:
        processes, descriptors, listeners, connections, port, own = (int(word) for word in sys.argv[1:7])
        line = stand(
            pids,
            processes=processes,
            descriptors=descriptors,
            listeners=listeners,
            connections=connections,
            port=port,
            own=own,
        )
        os.write(1, f"ready {line}\n".encode())
        while os.read(0, 4096):
            pass
    except (OSError, ValueError) as failure:
        os.write(1, f"failed {failure}\n".encode())
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
