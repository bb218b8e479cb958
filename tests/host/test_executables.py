"""The file that runs is told as the file system has it, and compared with its package and with our own sum."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from calendar import timegm
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import describing, executables, packages
from whoseport.host.linux.describing import describe_owners
from whoseport.host.linux.executables import Executables
from whoseport.host.linux.owners import Holders
from whoseport.host.linux.processes import Processes, read_process_details
from whoseport.host.linux.users import Users
from whoseport.model import ExecutableFile, Process

if sys.platform != "linux":
    pytest.skip("reads Linux's /proc", allow_module_level=True)


@contextmanager
def running(*command: str, executable: Path | str, cwd: Path | None = None) -> Iterator[int]:
    process = subprocess.Popen(command, executable=str(executable), cwd=cwd, stdin=subprocess.PIPE)
    try:
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def described(*pids: int, one_port: bool = True, deep: bool = False, root: str = "") -> list[Process]:
    details = {}
    for pid in pids:
        found = read_process_details(pid)
        assert found is not None
        details[pid] = found
    holders = Holders(pids={}, details=details, refused=(), hidden=False)
    processes = Processes(Users(), lambda _paths: None)
    owners, _ = describe_owners(holders, processes, one_port=one_port, deep=deep, proc="/proc", root=root)
    return [owners[pid] for pid in pids]


def file_of(pid: int, *, one_port: bool = True, deep: bool = False) -> ExecutableFile:
    found = described(pid, one_port=one_port, deep=deep)[0].executable_file
    assert found is not None
    return found


@pytest.fixture
def program(tmp_path: Path) -> Path:
    made = tmp_path / "program"
    shutil.copy("/bin/sleep", made)
    made.chmod(0o755)
    return made


def test_a_file_is_what_stat_says(program: Path) -> None:
    program.chmod(0o4751)
    os.utime(program, (1_000_000_000, 1_000_000_000))
    os.link(program, program.with_name("another"))
    status = program.stat()
    with running("sleep", "60", executable=program) as pid:
        found = file_of(pid, deep=True)
        assert (found.uid, found.gid, found.mode) == (status.st_uid, status.st_gid, 0o4751)
        assert (found.size, found.links) == (status.st_size, 2)
        assert found.modified == "2001-09-09T01:46:40Z"
        assert abs(timegm(time.strptime(found.changed, "%Y-%m-%dT%H:%M:%SZ")) - status.st_ctime) <= 1
        kind = subprocess.run(["stat", "-f", "-c", "%T", program], capture_output=True, text=True, check=True).stdout
        assert found.filesystem is not None
        assert found.filesystem[:4] == kind.strip()[:4].replace("ext2", "ext4")
        assert found.sha256 == hashlib.sha256(program.read_bytes()).hexdigest()
        assert found.checksum is None
        assert file_of(pid).sha256 is None


def test_a_deleted_file_is_still_told(program: Path) -> None:
    size = program.stat().st_size
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    with running("sleep", "60", executable=program) as pid:
        program.unlink()
        found = file_of(pid, deep=True)
        assert (found.size, found.links, found.sha256) == (size, 0, digest)
        program.write_bytes(b"another")
        (process,) = described(pid, deep=True)
        assert process.executable_state == "replaced"
        assert process.executable_file is not None
        assert process.executable_file.sha256 == digest


def test_two_files_of_one_path_are_told_apart(program: Path) -> None:
    with running("sleep", "60", executable=program) as first:
        program.unlink()
        shutil.copy("/bin/cat", program)
        with running("cat", executable=program) as second:
            old, new = described(first, second)
            assert old.executable == new.executable
            assert old.executable_file is not None
            assert new.executable_file is not None
            assert old.executable_file.size == os.stat("/bin/sleep").st_size
            assert new.executable_file.size == os.stat("/bin/cat").st_size


def test_capabilities_of_a_file_are_told(program: Path) -> None:
    if shutil.which("setcap") is None:
        pytest.skip("needs setcap")
    set_ = subprocess.run(["setcap", "cap_net_bind_service,cap_sys_nice+ep", program], capture_output=True, check=False)
    if set_.returncode:
        pytest.skip("capabilities cannot be set on files here")
    with running("sleep", "60", executable=program) as pid:
        assert file_of(pid).capabilities == ("CAP_NET_BIND_SERVICE", "CAP_SYS_NICE")


@pytest.mark.parametrize(
    ("folder", "file", "expected"),
    [
        (0o755, 0o755, None),
        (0o777, 0o755, "folder"),
        (0o1777, 0o755, None),
        (0o755, 0o757, "file"),
        (0o777, 0o757, "folder"),
    ],
)
def test_what_anybody_may_write_is_told(tmp_path: Path, folder: int, file: int, expected: str | None) -> None:
    place = tmp_path / "place"
    place.mkdir()
    program = place / "program"
    shutil.copy("/bin/sleep", program)
    program.chmod(file)
    place.chmod(folder)
    with running("sleep", "60", executable=program) as pid:
        told = {None: None, "folder": str(place), "file": str(program)}[expected]
        assert file_of(pid).open_to_all == told


def test_a_pid_that_is_another_process_by_now_tells_nothing(program: Path) -> None:
    with running("sleep", "60", executable=program) as pid:
        status = program.stat()
        right = status.st_dev, status.st_ino
        assert Executables().describe(pid, os.fsencode(program), right) is not None
        assert Executables().describe(pid, os.fsencode(program), (right[0], right[1] + 1)) is None
        assert executables.digest(pid, right, "md5") is not None
        assert executables.digest(pid, (0, 0), "md5") is None
    assert Executables().describe(pid, os.fsencode(program), right) is None
    assert executables.digest(pid, right, "md5") is None


def test_a_file_beyond_the_limit_gets_no_sum(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executables, "LARGEST_TO_DIGEST", 1000)
    with running("sleep", "60", executable=program) as pid:
        assert file_of(pid, deep=True).sha256 is None


# --- against the package ---------------------------------------------------------------------------------------------


def database(root: Path, program: Path, *, digest: str | None, version: str = "1:2.3-4") -> None:
    """A dpkg database in which a package of the test's owns the program."""
    info = root / "var/lib/dpkg/info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "quay.list").write_text(f"/.\n{program}\n")
    (info / "quay.md5sums").write_text("" if digest is None else f"{digest}  {str(program)[1:]}\n")
    (root / "var/lib/dpkg/status").write_text(
        f"Package: other\nVersion: 9\n\nPackage: quay\nStatus: install ok installed\nVersion: {version}\n"
    )


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program in a folder where packages may put files; what the test's system is called lies beside it."""
    with tempfile.TemporaryDirectory(dir="/opt" if os.access("/opt", os.W_OK) else None) as folder:
        if folder.startswith("/tmp"):
            pytest.skip("needs a folder that packages may use")
        root = Path(folder) / "root"
        program = Path(folder) / "quayd"
        shutil.copy("/bin/sleep", program)
        monkeypatch.setattr(packages, "_aliases", lambda _root: {})
        # the program is at its path on this very system, its package in a database of the test's
        (root / "opt").mkdir(parents=True)
        (root / folder[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / folder[1:]).symlink_to(folder)
        yield program


def of_package(program: Path, *, one_port: bool = True) -> Process:
    with running("quayd", "60", executable=program) as pid:
        return described(pid, one_port=one_port, root=str(program.parent / "root"))[0]


def checksum(process: Process) -> str | None:
    assert process.executable_file is not None
    return process.executable_file.checksum


def test_a_checksum_is_compared_for_one_port(packaged: Path) -> None:
    root = packaged.parent / "root"
    database(root, packaged, digest=hashlib.md5(packaged.read_bytes()).hexdigest())
    found = of_package(packaged)
    assert (found.package, found.package_version, checksum(found)) == ("quay", "1:2.3-4", "intact")
    database(root, packaged, digest="0" * 32)
    assert checksum(of_package(packaged)) == "changed"
    database(root, packaged, digest=None)
    assert checksum(of_package(packaged)) == "unlisted"


def test_in_a_list_only_a_file_changed_after_its_package_is_compared(packaged: Path) -> None:
    root = packaged.parent / "root"
    digest = hashlib.md5(packaged.read_bytes()).hexdigest()
    database(root, packaged, digest=digest)
    untouched = of_package(packaged, one_port=False)
    assert (untouched.package, untouched.package_version, checksum(untouched)) == ("quay", None, None)
    packaged.chmod(0o751)  # touched, as by a setting of the administrator's
    assert checksum(of_package(packaged, one_port=False)) == "intact"
    with packaged.open("ab") as file:
        file.write(b"\0")
    assert checksum(of_package(packaged, one_port=False)) == "changed"


def test_a_list_compares_so_much_and_no_more(packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database(packaged.parent / "root", packaged, digest="0" * 32)
    packaged.chmod(0o751)
    monkeypatch.setattr(describing, "_MOST_DIGESTED", 1000)
    assert checksum(of_package(packaged, one_port=False)) is None


def test_a_bind_mount_over_a_packaged_path_is_seen(packaged: Path) -> None:
    """The path is the package's, the file is not."""
    root = packaged.parent / "root"
    database(root, packaged, digest=hashlib.md5(packaged.read_bytes()).hexdigest())
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    code = f"mount --bind /bin/cat {packaged} && exec {packaged}"
    process = subprocess.Popen(["unshare", "--mount", "sh", "-c", code], stdin=subprocess.PIPE)
    try:
        while process.poll() is None and os.readlink(f"/proc/{process.pid}/exe") != str(packaged):
            os.sched_yield()
        if process.poll() is not None:
            pytest.skip("mounts are not permitted here")
        with running("quayd", "60", executable=packaged) as honest:
            good, bad = described(honest, process.pid, root=str(root))
            assert (good.package, checksum(good)) == ("quay", "intact")
            assert bad.executable == good.executable
            assert (bad.package, checksum(bad)) == (None, None)
    finally:
        process.kill()
        process.communicate()


@given(st.binary(max_size=400))
def test_any_mountinfo_is_survived(content: bytes) -> None:
    by_mount, by_device = executables.mounts(content)
    assert all(len(kind) <= 256 for kind in (*by_mount.values(), *by_device.values()))


def test_mountinfo_of_this_machine_is_read() -> None:
    by_mount, _ = executables.mounts(Path("/proc/self/mountinfo").read_bytes())
    assert "proc" in by_mount.values()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_time_of_a_file_is_told(seconds: float) -> None:
    assert executables.moment(seconds).endswith("Z")
