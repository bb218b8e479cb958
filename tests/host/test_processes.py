"""What is told of a process is what it is, whatever it does to confuse; psutil is the witness."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from calendar import timegm
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.children import NOBODY, child
from whoseport.host.linux import processes
from whoseport.host.linux.processes import Processes, parse_command, parse_stat, read_process_details
from whoseport.host.linux.users import Users, parse_passwd
from whoseport.model import ParentProcess, Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.host.linux.behaviour import Behaviour
    from whoseport.host.linux.processes import Details

if sys.platform != "linux":
    pytest.skip("reads Linux's /proc", allow_module_level=True)

IDLE = "ready()\nwait()\n"
NOTHING: Behaviour = (0, 0, 0, None, None, None, None, None, None)


def described(pid: int) -> Process:
    details = read_process_details(pid)
    assert details is not None
    return Processes(Users(), lambda _paths: None).describe(details)


@contextmanager
def running(*command: str | bytes, executable: str | bytes | None = None) -> Iterator[int]:
    """A process that has become the command when its pid is told."""
    process = subprocess.Popen(command, executable=executable, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def test_a_process_is_what_psutil_says() -> None:
    with child(IDLE, "an argument", "", "tail") as told:
        found = described(told["pid"])
        witness = psutil.Process(told["pid"])
        assert found.pid == told["pid"]
        assert found.name == witness.name()
        assert found.executable == witness.exe()
        assert found.executable_state == "present"
        assert list(found.command or ()) == witness.cmdline()
        assert found.command is not None
        assert found.command[-3:] == ("an argument", "", "tail")
        assert found.uid == witness.uids().effective
        assert found.user == witness.username()
        assert found.working_directory == witness.cwd()
        assert found.started is not None
        started = timegm(time.strptime(found.started, "%Y-%m-%dT%H:%M:%SZ"))
        assert abs(started - witness.create_time()) <= 1.5
        assert found.parents == tuple(
            ParentProcess(
                pid=parent.pid,
                name=_comm(parent.pid),
                executable=_link(parent.pid, "exe"),
                command=_command(parent.pid),
            )
            for parent in witness.parents()
        )


def _link(pid: int, name: str) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/{name}").removesuffix(" (deleted)")
    except OSError:
        return None


def _command(pid: int) -> tuple[str, ...] | None:
    try:
        return parse_command(Path(f"/proc/{pid}/cmdline").read_bytes()[:1024])
    except OSError:
        return None


def _comm(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().removesuffix("\n")


def test_the_start_is_the_same_in_every_look() -> None:
    details = read_process_details(os.getpid())
    assert details is not None
    assert len({Processes(Users(), lambda _paths: None).started(details[3]) for _ in range(50)}) == 1


def test_the_start_counts_from_the_boot() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    made = Processes(Users(), lambda _paths: None, booted=1_000_000_500_000_000)
    assert made.started(0) == "1970-01-12T13:46:40Z"
    assert made.started(ticks * 61) == "1970-01-12T13:47:41Z"


@pytest.mark.parametrize("name", [b"\x1b[31mred", b"a) R 1 1", b"two\nlines", b"((", b"\xff\xfe", b" ", b")\n("])
def test_a_name_may_hold_anything(name: bytes) -> None:
    code = 'open("/proc/self/comm", "wb").write(bytes.fromhex(sys.argv[1]))\nready()\nwait()\n'
    with child(code, name.hex()) as told:
        found = described(told["pid"])
        assert found.name == name.decode("utf-8", "backslashreplace")
        assert found.parents[0].pid == os.getpid()


def test_an_executable_that_was_deleted_replaced_or_only_sounds_so(tmp_path: Path) -> None:
    program = tmp_path / "program"
    shutil.copy("/bin/sleep", program)
    with running("sleep", "60", executable=str(program)) as pid:
        assert (described(pid).executable, described(pid).executable_state) == (str(program), "present")
        program.unlink()
        assert (described(pid).executable, described(pid).executable_state) == (str(program), "deleted")
        shutil.copy("/bin/sleep", program)
        assert (described(pid).executable, described(pid).executable_state) == (str(program), "replaced")
    odd = tmp_path / "odd (deleted)"
    shutil.copy("/bin/sleep", odd)
    with running("sleep", "60", executable=str(odd)) as pid:
        assert (described(pid).executable, described(pid).executable_state) == (str(odd), "present")
        odd.unlink()
        assert (described(pid).executable, described(pid).executable_state) == (str(odd), "deleted")


def test_an_executable_that_lives_in_memory_alone() -> None:
    code = """
memory = os.memfd_create("payload", 0)
with open("/bin/sleep", "rb") as source:
    os.write(memory, source.read())
ready()
os.execve(memory, ["sleep", "60"], {})
"""
    with child(code) as told:
        while Path(f"/proc/{told['pid']}/cmdline").read_bytes() != b"sleep\x0060\0":
            os.sched_yield()
        found = described(told["pid"])
        assert found.executable_state == "memory"
        assert found.executable is not None
        assert found.executable.startswith("/memfd:payload")
        assert found.command == ("sleep", "60")


def test_a_command_line_of_a_mebibyte_is_whole() -> None:
    arguments = [str(number).rjust(100_000, "x") for number in range(11)]
    with child(IDLE, *arguments) as told:
        command = described(told["pid"]).command
        assert command is not None
        assert list(command[-11:]) == arguments


def test_a_command_line_that_is_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LONGEST_COMMAND", 10_000)
    with child(IDLE, "x" * 50_000) as told:
        details = read_process_details(told["pid"])
        assert details is not None
        assert details[6] is not None
        assert len(details[6]) == 10_000


def test_another_user_is_named_even_if_the_process_is_closed_to_others() -> None:
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    with child("become_nobody()\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\nready()\nwait()\n") as told:
        assert os.stat(f"/proc/{told['pid']}/exe", follow_symlinks=False).st_uid == 0
        found = described(told["pid"])
        assert (found.uid, found.user) == (NOBODY, psutil.Process(told["pid"]).username())


def test_a_kernel_thread_has_neither_command_nor_executable() -> None:
    if not Path("/proc/2/comm").exists() or Path("/proc/2/comm").read_text() != "kthreadd\n":
        pytest.skip("no kernel thread is to be seen from here")
    found = described(2)
    assert (found.name, found.command, found.executable) == ("kthreadd", (), None)
    assert (found.executable_state, found.parents) == ("unseen", ())


def test_who_has_gone_is_no_error() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert read_process_details(gone.pid) is None
    directory = os.open("/proc/self/fdinfo", os.O_PATH)
    try:
        assert processes.read_details(directory) is None
    finally:
        os.close(directory)


def test_details_are_of_the_process_whose_directory_was_opened() -> None:
    with running("sleep", "60") as pid:
        directory = os.open(f"/proc/{pid}", os.O_PATH)
    try:
        assert processes.read_details(directory) is None
    finally:
        os.close(directory)


def test_a_zombie_is_told_without_command() -> None:
    zombie = subprocess.Popen(["true"], stdin=subprocess.DEVNULL)
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    try:
        found = described(zombie.pid)
        assert (found.name, found.command, found.executable_state) == ("true", (), "unseen")
    finally:
        zombie.wait()


def test_parents_never_go_in_circles(tmp_path: Path) -> None:
    for pid, parent in ((10, 11), (11, 12), (12, 10)):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_bytes(b"%d (p%d) S %d " % (pid, pid, parent) + b"0 " * 40)
    details: Details = (9, 10, b"child", 0, None, "unseen", b"", 0, None, b"", NOTHING)
    made = Processes(Users(), lambda _paths: None, proc=str(tmp_path))
    assert [parent.pid for parent in made.describe(details).parents] == [10, 11, 12]


def test_what_is_known_of_owners_is_not_read_again(tmp_path: Path) -> None:
    made = Processes(Users(), lambda _paths: None, proc=str(tmp_path))
    made.note((10, 0, b"init", 0, None, "unseen", b"", 0, None, b"", NOTHING))
    found = made.describe((11, 10, b"child", 0, None, "unseen", b"", 0, None, b"", NOTHING))
    assert found.parents == (ParentProcess(pid=10, name="init", command=()),)


def test_hostile_bytes_are_escaped() -> None:
    details: Details = (
        9,
        0,
        b"\xff",
        0,
        b"/\xfe",
        "present",
        b"a\xfd\0b",
        0,
        b"/\xfc",
        b"0::/system.slice/\xfb.service",
        NOTHING,
    )
    found = Processes(Users(), lambda _paths: None).describe(details)
    assert (found.name, found.executable, found.working_directory) == ("\\xff", "/\\xfe", "/\\xfc")
    assert found.command == ("a\\xfd", "b")
    assert found.unit == "\\xfb.service"


@given(st.binary(max_size=400))
def test_any_stat_is_survived(content: bytes) -> None:
    parsed = parse_stat(content)
    assert parsed is None or all(number >= 0 for number in (parsed[0], parsed[1], parsed[3]))


@given(
    st.integers(0, 2**31),
    st.binary(max_size=64).filter(lambda name: b"\0" not in name),
    st.integers(0, 2**31),
    st.integers(0, 2**63),
)
def test_any_name_is_found_in_stat(pid: int, name: bytes, parent: int, ticks: int) -> None:
    content = b"%d (%s) S %d " % (pid, name, parent) + b"-1 " * 17 + b"%d 0 0\n" % ticks
    assert parse_stat(content) == (pid, parent, name, ticks)


@given(st.lists(st.binary(max_size=20).map(lambda word: word.replace(b"\0", b"")), max_size=6))
def test_arguments_come_back_as_they_were(arguments: list[bytes]) -> None:
    command = parse_command(b"".join(argument + b"\0" for argument in arguments))
    expected = [argument.decode("utf-8", "backslashreplace") for argument in arguments]
    if len(expected) > 2 and expected[0] and not any(expected[1:]):
        expected = expected[:1]  # a rewritten title
    assert list(command) == expected


@given(st.binary(max_size=200))
def test_any_command_is_survived(content: bytes) -> None:
    command = parse_command(content)
    assert not any("\0" in argument for argument in command)
    assert bool(command) is bool(content)


@given(st.binary(max_size=300))
def test_any_passwd_is_survived(content: bytes) -> None:
    assert all(uid >= 0 and name for uid, name in parse_passwd(content).items())


def test_users_come_from_the_file_first_and_the_system_last(tmp_path: Path) -> None:
    file = tmp_path / "passwd"
    file.write_bytes(b"root:x:0:0::/:/bin/sh\nbroken\n+::::::\nt\xffm:x:7:7::/:\nlate:x:7:7::/:\nneg:x:-1:0::/:\n")
    users = Users(str(file))
    assert [users.name(uid) for uid in (0, 7, 8, None)] == ["root", "t\\xffm", None, None]
    assert Users(str(tmp_path / "missing")).name(0) is None
    assert Users().name(0) == "root"
    assert Users().name(4_294_000_000) is None
    assert Users().name(2**40) is None


def test_a_killed_process_vanishes_without_harm() -> None:
    for _ in range(30):
        with running("sleep", "60") as pid:
            directory = os.open(f"/proc/{pid}", os.O_PATH)
            try:
                os.kill(pid, signal.SIGKILL)
                details = processes.read_details(directory)
                assert details is None or details[0] == pid
            finally:
                os.close(directory)
