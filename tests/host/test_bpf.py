"""The BPF iterator tells what the walk of /proc tells, gives way with the right word, and trusts no cache."""

from __future__ import annotations

import array
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import whoseport
from whoseport.host.linux import bpf, btf
from whoseport.host.linux.bpf import Surroundings
from whoseport.host.linux.owners import find_holders

SOURCES = str(Path(whoseport.__file__).parents[1])
REFUSED = bpf.refused(Surroundings()) if sys.platform == "linux" else "not-supported"
needs_bpf = pytest.mark.skipif(REFUSED is not None, reason=f"a BPF iterator cannot be loaded here: {REFUSED}")
needs_root = pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root")


def inode_of(held: socket.socket | int) -> int:
    return os.fstat(held if isinstance(held, int) else held.fileno()).st_ino


def asked(inodes: set[int], *, cache: Path | None = None) -> dict[int, tuple[int, ...]]:
    owners = bpf.find_owners(inodes, surroundings=Surroundings(cache=None if cache is None else str(cache)))
    assert not isinstance(owners, str), owners
    return owners


@contextmanager
def child(program: str, *pass_fds: int) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """A Python process that runs `program` with `line`, a unix socket to here; it is ready when it has sent a byte."""
    ours, theirs = socket.socketpair()
    code = f"import array, os, socket, sys, threading\nline = socket.socket(fileno={theirs.fileno()})\n{program}"
    with ours:
        with theirs:
            process = subprocess.Popen([sys.executable, "-c", code], pass_fds=(theirs.fileno(), *pass_fds))
        try:
            ours.settimeout(30)
            assert ours.recv(1) == b"r"
            yield process, ours
        finally:
            process.kill()
            process.wait()


# --- the contract: equal to the walk ---------------------------------------------------------------------------------


@needs_bpf
def test_every_holder_of_each_socket_is_told_as_by_the_walk() -> None:
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.socket(family, kind))
            for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX)
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)
            for _ in range(40)
        ]
        shared = [held.fileno() for held in sockets[::7]]
        waiting = "line.send(b'r'); line.recv(1)"
        processes = [stack.enter_context(child(waiting, *shared[place::3]))[0] for place in range(3)]
        inodes = {inode_of(held) for held in sockets}
        owners = asked(inodes)
        assert owners == find_holders(inodes).pids
        assert set(owners) == inodes
        for place in range(3):
            for descriptor in shared[place::3]:
                assert owners[inode_of(descriptor)] == tuple(sorted((os.getpid(), processes[place].pid)))
        # The whole, sifted here, and a few, sifted in the kernel, are two programs: both have to be right.
        for few in ({inode_of(shared[0])}, {inode_of(held) for held in sockets[: bpf.FEW - 1]}):
            assert asked(few) == {inode: owners[inode] for inode in few}


@needs_bpf
def test_four_holders_are_four() -> None:
    with socket.socket() as held, ExitStack() as stack:
        waiting = "line.send(b'r'); line.recv(1)"
        pids = [stack.enter_context(child(waiting, held.fileno()))[0].pid for _ in range(3)]
        assert asked({inode_of(held)}) == {inode_of(held): tuple(sorted((os.getpid(), *pids)))}


@needs_bpf
def test_a_socket_that_was_handed_over_is_found_with_its_new_holder() -> None:
    receiving = (
        "data, sent, _flags, _peer = line.recvmsg(1, socket.CMSG_SPACE(4))\n"
        "line.send(b'k'); line.recv(1)"  # holds what came, unnamed
    )
    with child(f"line.send(b'r')\n{receiving}") as (process, line):
        held = socket.socket()
        inode = inode_of(held)
        line.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [held.fileno()]))])
        assert line.recv(1) == b"k"
        held.close()
        assert asked({inode}) == {inode: (process.pid,)} == find_holders({inode}).pids


@needs_bpf
def test_a_process_whose_first_thread_has_exited_still_holds_its_sockets() -> None:
    program = (
        "import ctypes\n"
        "first = threading.main_thread().native_id\n"
        "def stay():\n"
        "    while open(f'/proc/self/task/{first}/stat').read().rpartition(')')[2].split()[0] != 'Z': pass\n"
        "    line.send(b'r'); line.recv(1)\n"
        "threading.Thread(target=stay).start()\n"
        "ctypes.CDLL(None).syscall(60 if os.uname().machine == 'x86_64' else 93, 0)\n"  # exit of this thread alone
    )
    with socket.socket() as held, child(program, held.fileno()) as (process, _line):
        inode = inode_of(held)
        expected = tuple(sorted((os.getpid(), process.pid)))
        assert asked({inode}) == {inode: expected} == find_holders({inode}).pids


@needs_bpf
def test_a_socket_nobody_holds_has_no_entry() -> None:
    with socket.socket() as held:
        gone = inode_of(held)
        assert asked({gone}) == {gone: (os.getpid(),)}
    assert asked({gone}) == {}
    assert asked(set()) == {}


@needs_bpf
def test_the_file_of_a_unix_socket_is_not_taken_for_a_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(str(tmp_path / "s"))
        path = os.open(tmp_path / "s", os.O_PATH)
        try:
            inode = inode_of(path)
            assert inode != inode_of(held)
            owners = asked({inode})
            assert owners == find_holders({inode}).pids
            assert os.getpid() not in owners.get(inode, ())
        finally:
            os.close(path)


@needs_bpf
def test_nothing_stays_open() -> None:
    before = os.listdir("/proc/self/fd")
    asked({1})
    assert os.listdir("/proc/self/fd") == before


# --- giving way ------------------------------------------------------------------------------------------------------


def fake_proc(folder: Path, *, capabilities: int) -> str:
    """A /proc whose process has these capabilities, in a pid namespace that is not the initial one."""
    (folder / "self" / "ns").mkdir(parents=True)
    (folder / "self" / "ns" / "pid").touch()
    (folder / "self" / "status").write_text(f"Name:\tx\nCapInh:\t0\nCapEff:\t{capabilities:016x}\n")
    return str(folder)


@pytest.mark.parametrize(
    ("capabilities", "word"),
    [
        (0, "not-permitted"),
        (1 << bpf.CAP_BPF, "not-permitted"),
        (1 << bpf.CAP_PERFMON, "not-permitted"),
        (1 << bpf.CAP_BPF | 1 << bpf.CAP_PERFMON, "other-pid-namespace"),
        (1 << bpf.CAP_SYS_ADMIN, "other-pid-namespace"),
    ],
)
def test_what_is_missing_is_told_apart(tmp_path: Path, capabilities: int, word: str) -> None:
    proc = fake_proc(tmp_path, capabilities=capabilities)
    assert bpf.find_owners({1}, surroundings=Surroundings(proc=proc, machine="x86_64")) == word


def test_a_machine_whose_system_call_is_not_known_is_not_supported() -> None:
    assert bpf.find_owners({1}, surroundings=Surroundings(machine="s390x")) == "not-supported"


def test_without_proc_it_is_not_supported(tmp_path: Path) -> None:
    assert bpf.find_owners({1}, surroundings=Surroundings(proc=str(tmp_path))) == "not-supported"


@needs_bpf
def test_a_kernel_without_btf_is_told(tmp_path: Path) -> None:
    assert bpf.find_owners({1}, surroundings=Surroundings(sys=str(tmp_path))) == "no-btf"


@needs_root
def test_without_capabilities_it_is_not_permitted() -> None:
    # The sources are read before the rights are dropped: nobody may not enter every home.
    drop = "os.setresuid(65534, 65534, 65534)"
    code = f"import os; from whoseport.host.linux import bpf; {drop}; print(bpf.find_owners({{1}}))"
    told = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": SOURCES}, capture_output=True, check=True)
    assert told.stdout == b"not-permitted\n"


@needs_bpf
def test_in_another_pid_namespace_it_gives_way() -> None:
    if shutil.which("unshare") is None:
        pytest.skip("unshare(1) is not installed")
    code = "from whoseport.host.linux import bpf; print(bpf.find_owners({1}))"
    told = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code],
        env={"PYTHONPATH": SOURCES},
        capture_output=True,
        check=True,
    )
    assert told.stdout == b"other-pid-namespace\n"


@needs_bpf
def test_a_program_that_the_kernel_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = btf.read_layout()
    assert layout is not None
    monkeypatch.setattr(btf, "read_layout", lambda *, sys: layout.replace(iterator=1))
    assert bpf.find_owners({1}, surroundings=Surroundings()) == "refused-by-kernel"


@needs_bpf
def test_an_answer_without_its_witness_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.getpid()
    monkeypatch.setattr("whoseport.host.linux.bpf.os.getpid", lambda: own + 1)
    assert bpf.find_owners({1}, surroundings=Surroundings()) == "not-supported"


# --- what is kept for the next time ----------------------------------------------------------------------------------

LAYOUT = btf.Layout(iterator=7, meta=0, task=8, file=24, seq=0, tgid=1268, f_inode=32, i_ino=64, i_sb=40, s_magic=96)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    return folder


def test_a_layout_is_kept_and_recalled(cache: Path) -> None:
    assert btf.recall("ab", cache=str(cache)) is None
    btf.keep(LAYOUT, "ab", cache=str(cache))
    assert btf.recall("ab", cache=str(cache)) == LAYOUT
    assert btf.recall("cd", cache=str(cache)) is None
    assert os.listdir(cache / "whoseport") == ["btf-ab"]


def test_the_folder_is_made_in_a_home_that_is_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    btf.keep(LAYOUT, "ab", cache=str(tmp_path / ".cache"))
    assert btf.recall("ab", cache=str(tmp_path / ".cache")) == LAYOUT
    assert (tmp_path / ".cache").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"7 0 8 24 0 1268 32 64 40\n",
        b"7 0 8 24 0 1268 32 64 40 96 1\n",
        b"7 0 8 24 0 1268 32 64 40 99999\n",
        b"7 0 8 24 0 1268 32 64 40 -8\n",
        b"0 0 8 24 0 1268 32 64 40 96\n",
        b"7 0 8 24 0 1268 32 64 40 \xff\n",
        b"7 0 8 24 0 1268 32 64 40 96" + b" " * btf.MAX_CACHED,
    ],
)
def test_a_kept_layout_that_cannot_be_one_is_passed_over(cache: Path, content: bytes) -> None:
    btf.keep(LAYOUT, "ab", cache=str(cache))
    (cache / "whoseport" / "btf-ab").write_bytes(content)
    assert btf.recall("ab", cache=str(cache)) is None


def test_a_folder_that_others_can_write_is_not_trusted(cache: Path) -> None:
    btf.keep(LAYOUT, "ab", cache=str(cache))
    (cache / "whoseport").chmod(0o777)
    assert btf.recall("ab", cache=str(cache)) is None
    btf.keep(LAYOUT, "cd", cache=str(cache))
    assert os.listdir(cache / "whoseport") == ["btf-ab"]


@needs_root
def test_a_folder_of_another_user_is_not_touched(cache: Path) -> None:
    os.chown(cache, 65534, 65534)
    btf.keep(LAYOUT, "ab", cache=str(cache))
    assert os.listdir(cache) == []


def test_no_symbolic_link_is_followed(cache: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (cache / "whoseport").symlink_to(elsewhere)
    btf.keep(LAYOUT, "ab", cache=str(cache))
    assert os.listdir(elsewhere) == []


@needs_bpf
def test_wrong_offsets_in_the_cache_are_found_out_and_replaced(cache: Path) -> None:
    build = btf.build_id()
    right = btf.read_layout()
    if build is None:
        pytest.skip("this kernel tells no build id")
    assert right is not None
    for wrong in (right.replace(i_ino=right.i_ino + 8), right.replace(iterator=1), right.replace(tgid=0)):
        btf.keep(wrong, build, cache=str(cache))
        with socket.socket() as held:
            assert asked({inode_of(held)}, cache=cache) == {inode_of(held): (os.getpid(),)}
        assert btf.recall(build, cache=str(cache)) == right


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x"),
        ({"XDG_CACHE_HOME": "not/absolute", "HOME": "/h"}, "/h/.cache"),
        ({"HOME": "/h"}, "/h/.cache"),
        ({"HOME": ""}, None),
        ({}, None),
    ],
)
def test_the_cache_is_where_the_user_keeps_caches(environment: dict[str, str], folder: str | None) -> None:
    assert btf.cache_folder(environment) == folder


# --- parsers ---------------------------------------------------------------------------------------------------------


class TypeBook:
    """Writes BTF (Documentation/bpf/btf.rst of Linux), type by type."""

    def __init__(self) -> None:
        self.strings = bytearray(b"\0")
        self.types = bytearray()
        self.count = 0

    def add(self, kind: int, name: str = "", *, parts: int = 0, flag: int = 0, size: int = 0, rest: bytes = b"") -> int:
        self.types += struct.pack("<3I", self.string(name), flag << 31 | kind << 24 | parts, size) + rest
        self.count += 1
        return self.count

    def struct(self, name: str, members: list[tuple[str, int, int]], *, flag: int = 0, kind: int = 4) -> int:
        rest = b"".join(struct.pack("<3I", self.string(member), of, bits) for member, of, bits in members)
        return self.add(kind, name, parts=len(members), flag=flag, rest=rest)

    def string(self, text: str) -> int:
        if not text:
            return 0
        place = self.strings.find(b"\0" + text.encode() + b"\0")
        if place >= 0:
            return place + 1
        self.strings += text.encode() + b"\0"
        return len(self.strings) - len(text) - 1

    def whole(self) -> bytes:
        header = struct.pack("<HBBIIIII", btf.MAGIC, 1, 0, 24, 0, len(self.types), len(self.types), len(self.strings))
        return header + bytes(self.types) + bytes(self.strings)


def kernel_types() -> TypeBook:
    """A kernel in small: nested nameless unions, bit fields, and a part of every length before what is looked for."""
    book = TypeBook()
    number = book.add(1, "int", size=4, rest=bytes(4))
    book.add(3, rest=bytes(12))
    book.add(6, "enum", parts=2, rest=bytes(16))
    book.add(15, ".data", parts=1, rest=bytes(12))
    book.add(19, "wide", parts=1, rest=bytes(12))
    book.add(17, "tag", size=number, rest=bytes(4))
    inner = book.struct("", [("task", number, 0)], kind=5)
    book.struct("bpf_iter__task_file", [("meta", number, 0), ("", inner, 64), ("file", number, 192)])
    book.struct("bpf_iter_meta", [("seq", number, 0)])
    book.struct("task_struct", [("flags", number, 3 << 24 | 8), ("tgid", number, 32 << 24 | 1268 * 8)], flag=1)
    book.struct("file", [("other", number, 0)])  # a namesake without the member
    book.struct("file", [("f_inode", number, 32 * 8)])
    book.struct("inode", [("i_sb", number, 40 * 8), ("i_ino", number, 64 * 8)])
    book.struct("super_block", [("s_magic", number, 96 * 8)])
    return book


def test_the_layout_is_read_from_the_types() -> None:
    book = kernel_types()
    iterator = book.add(12, btf.ITERATOR)
    book.add(13, parts=1, rest=bytes(8))
    assert btf.parse_layout(book.whole()) == LAYOUT.replace(iterator=iterator)


def test_types_that_lack_something_have_no_layout() -> None:
    book = kernel_types()
    assert btf.parse_layout(book.whole()) is None
    book.add(12, btf.ITERATOR)
    whole = book.whole()
    assert btf.parse_layout(whole) is not None
    assert btf.parse_layout(whole.replace(b"s_magic", b"s_mystic"[:7])) is None
    assert btf.parse_layout(whole[:-1]) is None
    assert btf.parse_layout(b"\xeb\x9f" + whole[2:]) is None


@given(st.data())
def test_damaged_types_are_a_layout_or_none(data: st.DataObject) -> None:
    book = kernel_types()
    book.add(12, btf.ITERATOR)
    whole = bytearray(book.whole())
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=8)):
        whole[place] = data.draw(st.integers(0, 255))
    layout = btf.parse_layout(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    assert layout is None or layout.plausible()


@given(st.binary(max_size=400))
def test_any_bytes_are_a_layout_or_none(data: bytes) -> None:
    assert btf.parse_layout(data) is None


def test_the_build_id_is_found_among_other_notes() -> None:
    other = struct.pack("<3I", 6, 5, 0x101) + b"Linux\0\0\0" + b"\1\2\3\4\5\0\0\0"
    own = struct.pack("<3I", 4, 8, 3) + b"GNU\0" + bytes(range(8))
    assert btf.parse_build_id(other + own) == "0001020304050607"
    assert btf.parse_build_id(other) is None
    assert btf.parse_build_id((other + own)[:-1]) is None


@given(st.binary(max_size=200))
def test_any_notes_are_a_build_id_or_none(notes: bytes) -> None:
    told = btf.parse_build_id(notes)
    assert told is None or 8 <= len(bytes.fromhex(told)) <= 64


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1 << 22))), st.sets(st.integers(0, 9)), st.binary(max_size=15)
)
def test_wanted_pairs_are_told_whatever_follows(pairs: list[tuple[int, int]], wanted: set[int], torn: bytes) -> None:
    data = b"".join(struct.pack("<2Q", *pair) for pair in pairs) + torn
    assert bpf.parse_pairs(data, wanted) == [pair for pair in pairs if pair[0] in wanted]


@given(st.binary(max_size=300))
def test_capabilities_of_any_text_are_a_number(status: bytes) -> None:
    assert bpf.parse_capabilities(status) >= 0
    assert bpf.parse_capabilities(b"CapEff:" + status.replace(b"\n", b"")) >= 0


@given(st.sets(st.integers(0, (1 << 32) - 1), max_size=bpf.FEW))
def test_every_jump_of_the_program_stays_inside(inodes: set[int]) -> None:
    code = bpf.program(LAYOUT, inodes)
    steps = [struct.unpack_from("<BBhi", code, at) for at in range(0, len(code), 8)]
    for place, (operation, _registers, offset, _number) in enumerate(steps):
        if operation & 0x07 in (5, 6) and operation not in (0x85, 0x95):
            assert place < place + 1 + offset <= len(steps) - 2
    assert [number & 0xFFFFFFFF for operation, _r, _o, number in steps if operation == 0x16] == sorted(inodes)
