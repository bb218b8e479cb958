"""The files that arguments name, as the process itself sees them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux.named_files import MOST, read_files
from whoseport.model import NamedFile

if sys.platform != "linux":
    pytest.skip("reads Linux's /proc", allow_module_level=True)


@contextmanager
def running(*command: str, cwd: Path, root: Path | None = None) -> Iterator[int]:
    """A process with these arguments; with a root of its own where one is given."""
    jail = "import os, sys\nos.chroot(sys.argv[1])\nos.chdir('/')\n" if root else "import sys\n"
    code = jail + "print(flush=True)\nsys.stdin.read()\n"
    before = [str(root)] if root else []
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", code, *before, *command], cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def named(*command: str, cwd: Path, root: Path | None = None) -> tuple[NamedFile, ...]:
    with running(*command, cwd=cwd, root=root) as pid:
        content = b"".join(os.fsencode(argument) + b"\0" for argument in ("program", *command))
        working_directory = os.fsencode(os.readlink(f"/proc/{pid}/cwd"))
        found = read_files(pid, command=content, working_directory=working_directory)
    assert found is not None
    return found


def told(path: Path, argument: int, *, missing: bool = False) -> NamedFile:
    if missing:
        return NamedFile(argument=argument, path=str(path), state="missing", uid=None, mode=None, package=None)
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    return NamedFile(argument=argument, path=str(path), state="present", uid=status.st_uid, mode=mode, package=None)


def test_files_are_found_by_full_and_relative_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("server.js", "sub/a file", "plain"):
        (tmp_path / name).touch()
    (tmp_path / "plain").chmod(0o666)
    assert named("server.js", "./sub/../sub/a file", str(tmp_path / "plain"), cwd=tmp_path) == (
        told(tmp_path / "server.js", 1),
        told(tmp_path / "sub/a file", 2),
        told(tmp_path / "plain", 3),
    )


def test_what_looks_like_a_path_is_told_though_it_is_gone(tmp_path: Path) -> None:
    assert named(
        "gone.py", "./run", "/opt/no such/x", "/opt/gone", "GET/PUT", "word", "http://x/y.py", cwd=tmp_path
    ) == (
        told(tmp_path / "gone.py", 1, missing=True),
        told(tmp_path / "run", 2, missing=True),
        told(Path("/opt/gone"), 4, missing=True),
    )


def test_a_file_behind_an_option_is_found(tmp_path: Path) -> None:
    (tmp_path / "conf").touch()
    assert named("-c", "conf", f"--config={tmp_path}/conf", "--port=80", "-conf", cwd=tmp_path) == (
        told(tmp_path / "conf", 2),
        told(tmp_path / "conf", 3),
    )


def test_folders_and_devices_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    os.mkfifo(tmp_path / "fifo")
    assert named("sub", ".", "/dev/null", "fifo", str(tmp_path), cwd=tmp_path) == ()


def test_the_name_of_the_program_counts_where_it_is_a_path(tmp_path: Path) -> None:
    for first, expected in (
        (b"/usr/bin/env", ["/usr/bin/env"]),
        (b"python", []),
        (b"-/bin/sh", []),
        (b"nginx: master process /usr/sbin/nginx", []),
        (b"./here", [str(tmp_path / "here")]),
    ):
        found = read_files(os.getpid(), command=first + b"\0", working_directory=os.fsencode(tmp_path))
        assert [file.path for file in found or ()] == expected


def test_only_the_first_arguments_count(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    assert [file.argument for file in named(*["x"] * 40, cwd=tmp_path)] == list(range(1, MOST + 1))


def test_a_process_with_another_root_is_asked_there(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("another root needs root")
    (tmp_path / "app").touch()
    (tmp_path / "passwd").touch()
    found = named("app", "/app", "/etc/passwd", cwd=tmp_path, root=tmp_path)
    assert [(file.argument, file.path, file.state) for file in found] == [
        (1, str(tmp_path / "app"), "present"),
        (2, "/app", "present"),
        (3, "/etc/passwd", "missing"),
    ]


def test_what_may_not_be_read_is_none() -> None:
    assert read_files(os.getpid(), command=None, working_directory=b"/") is None
    assert read_files(2**22 + 1, command=b"a\0b.py\0", working_directory=None) is None


@given(st.binary(max_size=200), st.none() | st.binary(max_size=20))
def test_any_arguments_are_survived(command: bytes, working_directory: bytes | None) -> None:
    found = read_files(os.getpid(), command=command, working_directory=working_directory)
    assert all(0 <= file.argument <= MOST for file in found or ())
