"""How real processes behave is told as it is: terminals, streams, relatives, tracers, rights, environment, memory."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.children import LISTENER, NOBODY, PREAMBLE, as_nobody, child
from whoseport.host import look
from whoseport.host.linux import behaviour, capabilities, environment, libraries
from whoseport.model import Process, Streams, Variable

if sys.platform != "linux":
    pytest.skip("reads Linux's /proc", allow_module_level=True)

SLEEP = "/bin/sleep"


def owner(told: dict[str, Any], *, port: bool = True, deep: bool = False) -> Process:
    """The process as a look tells it that listens on the port it told."""
    found = look(told["ports"][0] if port else None, deep=deep)
    (listener,) = [one for one in found.listeners if one.inode in told["inodes"]]
    (process,) = [one for one in listener.owners if one.pid == told["pid"]]
    return process


@contextmanager
def listening(*prefix: str, code: str = LISTENER, **options: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """A listener with any standard streams and environment, and its Popen."""
    import json

    process = subprocess.Popen(
        [*prefix, sys.executable, "-I", "-c", PREAMBLE + code],
        **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, **options},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the child died before it was ready"
        yield json.loads(line), process
    finally:
        process.kill()
        process.communicate()


def test_streams_and_session_are_those_of_the_process(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log, listening(stderr=log, start_new_session=True) as (told, process):
        found = owner(told)
        links = [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)]
        assert found.streams == Streams(input=links[0], output=links[1], error=str(tmp_path / "log"))
        assert links[0].startswith("pipe:[")
        assert found.session == process.pid
        assert found.terminal is None
        assert found.kernel_thread is False
        assert owner(told, port=False).streams == found.streams


def test_closed_streams_are_closed() -> None:
    code = LISTENER.replace("ready(", "os.close(2)\nready(")
    with listening(code=code, stderr=subprocess.DEVNULL) as (told, _process):
        found = owner(told)
        assert found.streams is not None
        assert found.streams.error is None
        assert found.streams.input is not None


def test_a_socket_on_the_standard_streams_is_told() -> None:
    code = "made = listen()\nos.dup2(made.fileno(), 0)\nready(inodes=[inode(made)], ports=[made.getsockname()[1]])\n"
    code += "threading.Event().wait()\n"
    with listening(code=code) as (told, _process):
        found = owner(told)
        assert found.streams is not None
        assert found.streams.input == f"socket:[{told['inodes'][0]}]"


def test_a_terminal_is_named() -> None:
    ours, theirs = pty.openpty()
    code = "import fcntl, termios\nos.setsid()\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\n" + LISTENER
    try:
        with listening(code=code, stdin=theirs) as (told, _process):
            assert f"/dev/{owner(told).terminal}" == os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def test_children_are_told_with_what_they_run() -> None:
    code = f"""
import subprocess
made = listen()
first = subprocess.Popen([{SLEEP!r}, "300"], stdin=subprocess.PIPE, stdout=made.fileno())
# a child of another thread is one of the process
other = []
def go_on():
    other.append(subprocess.Popen([{SLEEP!r}, "301"]))
    threading.Event().wait()
threading.Thread(target=go_on, daemon=True).start()
while not other:
    os.sched_yield()
ready(inodes=[inode(made)], ports=[made.getsockname()[1]], children=[first.pid, other[0].pid])
sys.stdin.buffer.read()
first.kill()
other[0].kill()
"""
    with child(code) as told:
        for port in (True, False):
            related = {one.pid: one for one in owner(told, port=port).related or ()}
            assert sorted(related) == sorted(told["children"])
            first = related[told["children"][0]]
            assert (first.relation, first.name, first.command) == ("child", "sleep", (SLEEP, "300"))
            assert first.executable == os.path.realpath(SLEEP)
            assert first.streams is not None
            assert first.streams.output == f"socket:[{told['inodes'][0]}]"


def test_the_children_of_a_copy_of_itself_are_told() -> None:
    code = f"""
import subprocess
made = listen()
reading, writing = os.pipe()
copy = os.fork()
if copy == 0:
    made.close()
    running = subprocess.Popen([{SLEEP!r}, "300"])
    os.write(writing, str(running.pid).encode())
    os.close(writing)
    running.wait()
    os._exit(0)
os.close(writing)
grandchild = int(os.read(reading, 20))
ready(inodes=[inode(made)], ports=[made.getsockname()[1]], children=[copy, grandchild])
sys.stdin.buffer.read()
os.kill(grandchild, 9)
os.waitpid(copy, 0)
"""
    with child(code) as told:
        for port in (True, False):
            related = owner(told, port=port).related or ()
            assert [(one.pid, one.relation) for one in related] == [(pid, "child") for pid in told["children"]]


def test_a_sibling_on_the_same_pipe_with_a_name_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f")
    both = os.open(tmp_path / "f", os.O_RDWR)
    plain = os.open(tmp_path / "g", os.O_RDWR | os.O_CREAT)
    sibling = subprocess.Popen([SLEEP, "300"], stdin=subprocess.DEVNULL, stdout=both, stderr=plain)
    writes = subprocess.Popen([SLEEP, "300"], stdin=subprocess.DEVNULL, stdout=plain)
    try:
        with listening(stdin=both, stderr=plain) as (told, _process):
            assert [one.pid for one in owner(told).related or ()] == [sibling.pid]
    finally:
        for process in (sibling, writes):
            process.kill()
            process.wait()
        os.close(both)
        os.close(plain)


def test_a_sibling_on_the_same_pipe_is_told_and_no_other() -> None:
    reading, writing = os.pipe()
    sibling = subprocess.Popen([SLEEP, "300"], stdout=writing)
    stranger = subprocess.Popen([SLEEP, "300"], stdout=subprocess.DEVNULL)
    try:
        with listening(stdin=reading) as (told, _process):
            related = owner(told).related
            assert related is not None
            assert [(one.pid, one.relation, one.name) for one in related] == [(sibling.pid, "pipe", "sleep")]
            assert owner(told, port=False).related == related
    finally:
        for process in (sibling, stranger):
            process.kill()
            process.wait()
        os.close(reading)
        os.close(writing)


def test_the_environment_that_matters_is_told_and_nothing_else() -> None:
    values = {"PORT": "3000", "NODE_ENV": "x" * 9000, "AWS_SECRET_ACCESS_KEY": "hidden", "npm_lifecycle_event": "d\nv"}
    with listening(env={"PADDING": "y" * 100_000, **values}) as (told, _process):
        found = owner(told).environment
        assert found is not None
        assert {one.name: one.value for one in found} == {
            "PORT": "3000",
            "NODE_ENV": "x" * environment.LONGEST_VALUE,
            "npm_lifecycle_event": "d\nv",
        }
        assert owner(told, port=False).environment == found


@pytest.mark.parametrize("number", [0, 1, 10, 39])
def test_capabilities_are_the_effective_ones(number: int) -> None:
    if os.geteuid() != 0 or shutil.which("capsh") is None:
        pytest.skip("needs root and capsh")
    name = capabilities.NAMES[number].lower()
    command = ("setpriv", "--bounding-set", f"-all,+{name.removeprefix('cap_')}", "--inh-caps", "-all", "--")
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("setpriv cannot drop the others here")
    with child(LISTENER, command=command) as told:
        assert owner(told).capabilities == (capabilities.NAMES[number],)


def test_who_traces_is_named() -> None:
    code = """
made = listen()
pid = os.fork()
libc = ctypes.CDLL(None, use_errno=True)
if pid == 0:
    os.read(0, 1)
    os._exit(0)
tracer = os.fork()
if tracer == 0:
    open("/proc/self/comm", "w").write("watcher")
    # PTRACE_SEIZE: the other goes on running
    if libc.ptrace(0x4206, ctypes.c_long(pid), None, None):
        os._exit(1)
    os.write(1, json.dumps({"pid": pid, "tracer": os.getpid(), "inodes": [inode(made)],
                            "ports": [made.getsockname()[1]]}).encode() + b"\\n")
    os.read(0, 1)
    os._exit(0)
wait()
"""
    if os.geteuid() != 0:
        pytest.skip("tracing a sibling needs root")
    with child(code) as told:
        found = owner(told)
        assert found.traced_by is not None
        assert (found.traced_by.pid, found.traced_by.name) == (told["tracer"], "watcher")


def test_a_process_without_its_first_thread_is_told_by_the_others() -> None:
    code = """
made = listen()
os.environ["x"] = "y"
def go_on():
    ready(inodes=[inode(made)], ports=[made.getsockname()[1]])
    wait()
threading.Thread(target=go_on).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
"""
    with child(code, command=("env", "-i", "PORT=5")) as told:
        found = owner(told)
        assert found.streams is not None
        assert found.environment == (Variable(name="PORT", value="5"),)
        assert found.related == ()
        assert found.session == told["pid"]
        assert found.capabilities is not None


def test_what_an_ordinary_user_may_not_read_is_none_and_not_empty() -> None:
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    with child(LISTENER) as told:
        code = f"""
found = look({told["ports"][0]})
from whoseport.host.linux.processes import Processes, read_process_details
from whoseport.host.linux.users import Users
from whoseport.host.linux.describing import describe_owners
from whoseport.host.linux.owners import Holders
details = read_process_details({told["pid"]})
holders = Holders(pids={{}}, details={{{told["pid"]}: details}}, refused=(), hidden=False)
processes = Processes(Users(), lambda _: None)
owners, _ = describe_owners(holders, processes, one_port=True, deep=True, proc="/proc", root="")
(one,) = owners.values()
fields = one.fields()
ready(complete=found.complete, none=[key for key in fields if fields[key] is None], session=one.session,
      capabilities=one.capabilities, related=list(one.related))
"""
        seen = as_nobody(code)
        assert not seen["complete"]
        assert seen["session"] == told["pid"]
        assert seen["related"] == []
        assert "CAP_KILL" in seen["capabilities"]
        unread = {
            "streams",
            "environment",
            "libraries",
            "executable_file",
            "project",
            "executable",
            "working_directory",
        }
        assert unread <= set(seen["none"])


def test_nobody_sees_all_of_its_own_process() -> None:
    code = """
os.chdir("/")
made = listen()
import subprocess
found = look(made.getsockname()[1])
(one,) = [one for one in found.listeners[0].owners if one.pid == os.getpid()]
ready(none=[key for key, value in one.fields().items() if value is None], uid=one.uid)
"""
    seen = as_nobody(code)
    assert seen["uid"] == NOBODY
    for field in ("streams", "related", "environment", "libraries", "capabilities", "session"):
        assert field not in seen["none"]


def test_a_kernel_thread_is_one() -> None:
    from whoseport.host.linux.processes import Processes, read_process_details
    from whoseport.host.linux.users import Users

    if not Path("/proc/2/comm").exists() or Path("/proc/2/comm").read_text() != "kthreadd\n":
        pytest.skip("no kernel thread is to be seen from here")
    details = read_process_details(2)
    assert details is not None
    found = Processes(Users(), lambda _paths: None).describe(details)
    assert found.kernel_thread is True
    assert found.environment == ()


# --- executable memory -----------------------------------------------------------------------------------------------

MAPPED = """
import mmap
def mapped(descriptor, flags=None):
    return mmap.mmap(descriptor, 4096, mmap.MAP_PRIVATE if flags is None else flags, mmap.PROT_READ | mmap.PROT_EXEC)

kept = []
for path in sys.argv[1:]:
    state, _, path = path.partition("=")
    if state == "memory":
        descriptor = os.memfd_create(path)
        os.ftruncate(descriptor, 4096)
    else:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o700)
        os.ftruncate(descriptor, 4096)
    kept.append(mapped(descriptor, mmap.MAP_SHARED if state == "shared" else None))
    if state in ("deleted", "replaced"):
        os.unlink(path)
    if state == "replaced":
        os.close(os.open(path, os.O_CREAT, 0o700))
made = listen()
ready(inodes=[inode(made)], ports=[made.getsockname()[1]])
wait()
"""


def test_executable_memory_that_stands_out_is_told(tmp_path: Path) -> None:
    hidden = tmp_path / ".x"
    hidden.mkdir()
    paths = {state: str(tmp_path / f"{state} library.so") for state in ("present", "deleted", "replaced", "shared")}
    paths["memory"] = "payload"
    with child(MAPPED, *(f"{state}={path}" for state, path in paths.items())) as told:
        found = {one.path: (one.state, one.private) for one in owner(told).libraries or ()}
        odd = {path: found.get(path) for path in paths.values() if path != "payload"}
        # pytest's own folder lies in /tmp
        assert odd == {
            paths["present"]: ("present", True),
            paths["deleted"]: ("deleted", True),
            paths["replaced"]: ("replaced", True),
            paths["shared"]: ("present", False),
        }
        assert found["/memfd:payload"] == ("memory", True)
        assert owner(told, port=False).libraries is not None


def test_ordinary_memory_is_nothing_to_tell() -> None:
    with child(LISTENER, command=("env", "-i")) as told:
        found = owner(told).libraries
        own = os.path.dirname(os.path.dirname(os.path.realpath(sys.executable)))
        assert [one for one in found or () if not one.path.startswith(own)] == []
        assert found is not None


def test_memory_that_is_data_is_not_told() -> None:
    content = (
        b"7f00-7f01 rw-p 00000000 08:01 5   /tmp/data\n"
        b"7f00-7f01 r-xp 00000000 08:01 5   /usr/lib/x86_64-linux-gnu/libc.so.6\n"
        b"7f00-7f01 rw-s 00000000 00:01 5   /dev/zero (deleted)\n"
        b"7f00-7f01 rwxs 00000000 00:01 5   /memfd:doublemapper (deleted)\n"
        b"7f00-7f01 r-xp 00000000 00:00 0   [vdso]\n"
        b"7f00-7f01 rwxp 00000000 00:00 0\n"
        b"7f00-7f01 r-xp 00000000 08:01 5   /home/a/.nvm/bin/node\n"
        b"7f00-7f01 r-xp 00000000 08:01 5   /home/a/.nvm/lib/addon.so\n"
        b"7f00-7f01 r-xp 00000000 08:01 5   /home/a/.cache/odd.so\n"
        b"7f00-7f01 r--s 00000000 08:01 5   /dev/shm/data\n"
        b"7f00-7f01 r-xp 00000000 08:01 5   /dev/shm/code\n"
        b"7f00-7f01 r--p 00000000 08:01 5   /dev/shm/code\n"
    )
    assert libraries.odd_mappings(content, executable=b"/home/a/.nvm/bin/node") == (
        (b"/memfd:doublemapper (deleted)", False),
        (b"/dev/shm/code", True),
        (b"/home/a/.cache/odd.so", True),
    )


def test_what_is_worst_is_told_though_much_is_hidden() -> None:
    lines = [b"7f00-7f01 r-xp 00000000 08:01 5   /home/a/.venv/lib/%d.so\n" % number for number in range(40)]
    found = libraries.odd_mappings(b"".join(lines) + b"7f00-7f01 r-xp 0 08:01 5   /tmp/x.so\n")
    assert len(found) == libraries.MOST
    assert found[0] == (b"/tmp/x.so", True)


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b"7f-8f r-xp 0 0:0 1 ", b"/tmp/", b"/.", b"\n", b"x"])).map(b"".join)
)
def test_any_maps_are_survived(content: bytes) -> None:
    found = libraries.odd_mappings(content, executable=b"/x")
    assert len(found) <= libraries.MOST
    assert all(path.startswith(b"/") for path, _private in found)


# --- what it is read from --------------------------------------------------------------------------------------------


@given(st.binary(max_size=400))
def test_any_status_is_survived(content: bytes) -> None:
    assert all(number is None or 0 <= number < 1 << 64 for number in behaviour.parse_status(content))


def test_a_name_cannot_pretend_to_be_a_line_of_the_status() -> None:
    code = 'open("/proc/self/comm", "wb").write(b"a\\nCapEff:\\t0")\n' + LISTENER
    with child(code) as told:
        status = Path(f"/proc/{told['pid']}/status").read_bytes()
        assert behaviour.parse_status(status)[1:] == (
            int(status.partition(b"\nCapEff:\t")[2].split()[0], 16),
            0,
        )
        assert behaviour.parse_status(status)[0] == os.geteuid()


@given(st.binary(max_size=400))
def test_any_environment_is_survived(content: bytes) -> None:
    assert all(name in environment.WANTED for name, _value in environment.wanted(content))


@given(
    st.dictionaries(st.sampled_from(sorted(environment.WANTED)), st.binary(max_size=9).filter(lambda v: b"\0" not in v))
)
def test_what_is_wanted_is_found_in_any_environment(values: dict[bytes, bytes]) -> None:
    content = b"A=1\0" + b"".join(name + b"=" + value + b"\0" for name, value in values.items())
    assert dict(environment.wanted(content)) == values


def test_no_secret_is_wanted() -> None:
    for word in (b"KEY", b"TOKEN", b"SECRET", b"PASSW", b"CREDENTIAL"):
        assert [name for name in environment.WANTED if word in name.upper()] == []


@given(st.integers(0, 2**64 - 1))
def test_names_of_capabilities_tell_the_mask(bits: int) -> None:
    numbers = [
        capabilities.NAMES.index(name) if name in capabilities.NAMES else int(name[4:])
        for name in capabilities.names(bits)
    ]
    assert sum(1 << number for number in numbers) == bits


@given(st.binary(max_size=40))
def test_any_attribute_of_a_file_is_survived(content: bytes) -> None:
    assert all(name.startswith("CAP_") for name in capabilities.of_file(content))


@given(st.integers(0, 2**32 - 1))
def test_any_terminal_has_a_name(number: int) -> None:
    name = behaviour.terminal_of(number)
    assert (name is None) is (number == 0)
