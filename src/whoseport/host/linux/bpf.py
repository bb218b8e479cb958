"""Which processes hold these sockets, asked of the kernel by a BPF `task_file` iterator instead of a walk of /proc?

A program of some twenty instructions is loaded through bpf(2), run by the kernel once for each open file of each
process, and dropped: nothing is pinned, nothing stays. It needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN), Linux 5.8
or later with BTF, and the initial pid namespace, since the pids it tells are those of the root namespace.

It is never loaded unasked. Besides pairs of socket inode and process id it reads nothing. The answer holds a witness: a
socket of our own, which the program has to find in our hands, or its whole answer is thrown away.

Sources: linux/bpf.h, kernel/bpf/bpf_iter.c and task_iter.c, Documentation/bpf/bpf_iterators.rst.
"""

from __future__ import annotations

import _socket
import os
import struct
import sys

from whoseport.host.linux import btf
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from whoseport.model import BpfRefusal

Owners = dict[int, tuple[int, ...]]

# The number of bpf(2) by machine, little-endian ones alone: the instructions below are written for these.
SYSCALLS = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "loongarch64": 280, "ppc64le": 361}
INITIAL_PID_NAMESPACE = 0xEFFFFFFC  # PROC_PID_INIT_INO, linux/proc_ns.h
CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF = 21, 38, 39
PROG_LOAD, LINK_CREATE, ITER_CREATE = 5, 28, 33
PROG_TYPE_TRACING, TRACE_ITER = 26, 28
SEQ_WRITE = 127
SOCKFS_MAGIC = 0x534F434B  # linux/magic.h

# bpf_seq_write is open to GPL-compatible programs only. The instructions of `program` are therefore offered under the
# MIT licence or version 2 of the GPL as well, at the reader's choice; everything else stays under Apache-2.0.
LICENCE = b"Dual MIT/GPL\0"

FEW = 64  # up to so many inodes stand in the program itself; beyond, every socket is told and sifted here
RECORD = 16
CHUNK = 1 << 16
EPERM = 1

W, H, DW = 0x00, 0x08, 0x18
R0, R1, R2, R3, R4, R6, R7, R8, R10 = 0, 1, 2, 3, 4, 6, 7, 8, 10


class Surroundings(Record):
    """Where to look, and as what: all of it can be set by a test."""

    proc: str = "/proc"
    sys: str = "/sys"
    machine: str | None = None
    cache: str | None = None


def find_owners(inodes: Iterable[int], *, surroundings: Surroundings | None = None) -> Owners | BpfRefusal:
    """Every process that holds each of these sockets: inode to pids, ascending; or the word for why it cannot be told.

    A socket that nobody holds (the kernel's own, or gone by now) has no entry. Complete, also for sockets shared by
    several processes and for processes whose links /proc refuses even to root, or of which a thread other than the
    first has descriptors of its own.
    """
    around = surroundings or Surroundings(cache=btf.cache_folder(os.environ))
    refusal = refused(around)
    if refusal is not None:
        return refusal
    wanted = set(inodes)
    build = btf.build_id(sys=around.sys)
    kept = btf.recall(build, cache=around.cache) if build and around.cache else None
    if kept is not None:
        owners = _ask(kept, wanted, around)
        if not isinstance(owners, str):
            return owners
        # What was kept may have been wrong: ask the kernel's own word before believing the refusal.
    try:
        layout = btf.read_layout(sys=around.sys)
    except PermissionError:
        return "not-permitted"
    if layout is None:
        return "no-btf"
    owners = _ask(layout, wanted, around)
    if not isinstance(owners, str) and build and around.cache:
        btf.keep(layout, build, cache=around.cache)
    return owners


def refused(around: Surroundings) -> BpfRefusal | None:
    """Why it cannot work here, as far as that can be told without trying."""
    if sys.platform != "linux" or _syscall_number(around) is None or struct.calcsize("P") != 8:
        return "not-supported"
    try:
        namespace = os.stat(f"{around.proc}/self/ns/pid").st_ino
        with open(f"{around.proc}/self/status", "rb") as status:
            capabilities = parse_capabilities(status.read(65536))
    except OSError:
        return "not-supported"
    if not capabilities >> CAP_SYS_ADMIN & 1 and not (capabilities >> CAP_BPF & 1 and capabilities >> CAP_PERFMON & 1):
        return "not-permitted"
    if namespace != INITIAL_PID_NAMESPACE:
        return "other-pid-namespace"
    return None


def parse_capabilities(status: bytes) -> int:
    """The effective capabilities in /proc/PID/status (proc(5)) as a bit mask; 0 where they are not told."""
    for line in status.split(b"\n"):
        if line.startswith(b"CapEff:"):
            try:
                return int(line[7:], 16)
            except ValueError:
                return 0
    return 0


def _syscall_number(around: Surroundings) -> int | None:
    return SYSCALLS.get(around.machine or os.uname().machine)


# --- the program -----------------------------------------------------------------------------------------------------


def instruction(code: int, *, to: int = 0, by: int = 0, offset: int = 0, number: int = 0) -> bytes:
    """One instruction of BPF (RFC 9669 section 3): code, registers, offset, immediate value."""
    return struct.pack("<BBhi", code, by << 4 | to, offset, number)


def _load(size: int, to: int, by: int, offset: int) -> bytes:
    return instruction(0x61 | size, to=to, by=by, offset=offset)


def _store(size: int, to: int, by: int, offset: int) -> bytes:
    return instruction(0x63 | size, to=to, by=by, offset=offset)


def program(layout: btf.Layout, inodes: Iterable[int]) -> bytes:
    """Writes (inode, process id) of each socket to the iterator's output, 64 bits each; of these inodes, or of all.

    A socket is told by its file system, not by its mode: the file of a unix socket, opened with O_PATH, is none, and
    its inode number could be that of a real one. Inode numbers of sockets have 32 bits (get_next_ino).
    """
    tell = [
        _load(W, R4, R7, layout.tgid),
        _store(DW, R10, R3, -16),
        _store(DW, R10, R4, -8),
        _load(DW, R1, R6, layout.meta),
        _load(DW, R1, R1, layout.seq),
        instruction(0xBF, to=R2, by=R10),  # r2 = r10
        instruction(0x07, to=R2, number=-16),  # r2 += -16
        instruction(0xB7, to=R3, number=RECORD),  # r3 = 16
        instruction(0x85, number=SEQ_WRITE),  # call
    ]
    end = [instruction(0xB7, to=R0, number=0), instruction(0x95)]
    # Each jump's offset counts the instructions between it and its target.
    chosen = sorted(inodes)
    sift = [
        instruction(0x16, to=R3, offset=len(chosen) - place, number=_signed(inode))  # if w3 == inode goto tell
        for place, inode in enumerate(chosen)
    ]
    if sift:
        sift.append(instruction(0x05, offset=len(tell)))  # goto end
    inode = [
        _load(DW, R3, R1, layout.i_ino),
    ]
    is_socket = [
        _load(DW, R1, R8, layout.f_inode),
        _load(DW, R2, R1, layout.i_sb),
        _load(DW, R2, R2, layout.s_magic),
        instruction(0x55, to=R2, offset=len(inode + sift + tell), number=SOCKFS_MAGIC),  # if r2 != number goto end
    ]
    rest = len(is_socket + inode + sift + tell)
    begin = [
        instruction(0xBF, to=R6, by=R1),  # r6 = r1, the context
        _load(DW, R7, R6, layout.task),
        instruction(0x15, to=R7, offset=rest + 2, number=0),  # if r7 == 0 goto end
        _load(DW, R8, R6, layout.file),
        instruction(0x15, to=R8, offset=rest, number=0),
    ]
    return b"".join(begin + is_socket + inode + sift + tell + end)


def _signed(number: int) -> int:
    return (number & 0xFFFFFFFF) - ((number & 0x80000000) << 1)


# --- asking the kernel -----------------------------------------------------------------------------------------------


def _ask(layout: btf.Layout, wanted: set[int], around: Surroundings) -> Owners | BpfRefusal:
    number = _syscall_number(around)
    if number is None:
        return "not-supported"
    try:
        witness = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
    except OSError:
        return "not-supported"
    try:
        seen = os.fstat(witness.fileno()).st_ino
        sought = wanted | {seen}
        try:
            pairs = _run(program(layout, sought if len(sought) <= FEW else ()), layout, number=number, wanted=sought)
        except OSError as failure:
            return "not-permitted" if failure.errno == EPERM else "refused-by-kernel"
    finally:
        witness.close()
    if os.getpid() not in pairs.get(seen, ()):
        return "not-supported"
    if seen not in wanted:
        del pairs[seen]
    return {inode: tuple(sorted(pids)) for inode, pids in pairs.items()}


def _run(code: bytes, layout: btf.Layout, *, number: int, wanted: set[int]) -> dict[int, set[int]]:
    """Loads the program, lets it visit every open file, reads what it tells; OSError where the kernel refuses."""
    bpf = _system_call(number)
    open_descriptors: list[int] = []
    try:
        loaded = bpf(PROG_LOAD, lambda address: _load_request(code, address=address, iterator=layout.iterator))
        open_descriptors.append(loaded)
        link = bpf(LINK_CREATE, lambda _address: struct.pack("<4IQI4x", loaded, 0, TRACE_ITER, 0, 0, 0))
        open_descriptors.append(link)
        iterator = bpf(ITER_CREATE, lambda _address: struct.pack("<2I", link, 0))
        open_descriptors.append(iterator)
        return _read_pairs(iterator, wanted)
    finally:
        for descriptor in reversed(open_descriptors):
            os.close(descriptor)


def _load_request(code: bytes, *, address: Callable[[bytes], int], iterator: int) -> bytes:
    """union bpf_attr of BPF_PROG_LOAD (linux/bpf.h), without a log: the verifier's words are nobody's reading here."""
    return struct.pack(
        "<2I2Q2IQ2I16s2I8xQ8xQ4xI8x",
        PROG_TYPE_TRACING,
        len(code) // 8,
        address(code),
        address(LICENCE),
        0,
        0,
        0,
        0,
        0,
        b"whoseport",
        0,
        TRACE_ITER,
        0,
        0,
        iterator,
    )


def _system_call(number: int) -> Callable[[int, Callable[[Callable[[bytes], int]], bytes]], int]:
    """bpf(2) as a function of the command and what makes its request; OSError where it fails."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)

    def bpf(command: int, request: Callable[[Callable[[bytes], int]], bytes]) -> int:
        alive: list[Any] = []

        def address(data: bytes) -> int:
            buffer = ctypes.create_string_buffer(data, len(data))
            alive.append(buffer)
            return ctypes.addressof(buffer)

        attributes = request(address)
        place = ctypes.c_void_p(address(attributes))
        result = library.syscall(ctypes.c_long(number), ctypes.c_long(command), place, ctypes.c_long(len(attributes)))
        if result < 0:
            failed = ctypes.get_errno()
            raise OSError(failed, os.strerror(failed))
        return int(result)

    return bpf


def _read_pairs(iterator: int, wanted: set[int]) -> dict[int, set[int]]:
    """Reads the iterator to its end, which comes: it goes up by process and descriptor and never back.

    The kernel answers EAGAIN after a million files of which the program told nothing (bpf_seq_read).
    """
    owners: dict[int, set[int]] = {}
    while True:
        try:
            data = os.read(iterator, CHUNK)
        except BlockingIOError:
            continue
        if not data:
            return owners
        for inode, pid in parse_pairs(data, wanted):
            owners.setdefault(inode, set()).add(pid)


def parse_pairs(data: bytes, wanted: set[int]) -> list[tuple[int, int]]:
    """The wanted ones of the (inode, process id) pairs in a piece of the program's output, without a torn last one."""
    from itertools import compress

    numbers = memoryview(data[: len(data) // RECORD * RECORD]).cast("Q").tolist()
    inodes, pids = numbers[0::2], numbers[1::2]
    return list(compress(zip(inodes, pids, strict=True), map(wanted.__contains__, inodes)))
