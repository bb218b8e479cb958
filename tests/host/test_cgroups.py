"""Cgroups by id, units by path, on trees made for the test and on the machine's own."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import cgroups
from whoseport.host.linux.cgroups import Cgroups, hierarchy, paths_of_process, unit_of

if sys.platform != "linux":
    pytest.skip("cgroups are Linux's", allow_module_level=True)


@contextmanager
def own_cgroup(name: str) -> Iterator[tuple[str, Path]]:
    """A new cgroup of the machine: its path below the mount, and its folder. Its processes must be gone at the end."""
    mount = Cgroups().mount
    if mount is None:
        pytest.skip("no cgroup2 is mounted here")
    top = Path(mount) / f"whoseport{uuid.uuid4().hex}.slice"
    folder = top / name
    try:
        folder.mkdir(parents=True)
    except OSError:
        pytest.skip("making a cgroup is not permitted here")
    try:
        yield f"/{top.name}/{name}", folder
    finally:
        folder.rmdir()
        top.rmdir()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of folders that stands for a hierarchy, below a /proc that says so."""
    for path in ("system.slice/ssh.service", "system.slice/a b.service/deep/er", "user.slice/user-7.slice"):
        (tmp_path / "groups" / path).mkdir(parents=True)
    (tmp_path / "groups" / "cgroup.procs").write_text("1\n")
    (tmp_path / "proc" / "self").mkdir(parents=True)
    mount = str(tmp_path / "groups").replace(" ", "\\040")
    (tmp_path / "proc/self/mountinfo").write_text(
        f"1 2 0:3 / /else rw - tmpfs x rw\n41 31 0:38 / {mount} rw - cgroup2 x rw\n"
    )
    return tmp_path


def test_an_id_is_the_inode_of_a_folder(tree: Path) -> None:
    found = Cgroups(str(tree / "proc"))
    for path in ("/system.slice", "/system.slice/ssh.service", "/system.slice/a b.service/deep/er"):
        assert found.path(os.stat(f"{tree}/groups{path}").st_ino) == path
    assert found.path(1) == "/"
    assert found.path(None) is None
    assert found.path(2**60) is None


def test_several_ids_are_found_in_one_search(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Cgroups(str(tree / "proc"))
    ids = {os.stat(tree / "groups" / path).st_ino: f"/{path}" for path in ("system.slice", "user.slice/user-7.slice")}
    found.resolve({*ids, 1, 2**60})

    def refuse(_path: str) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr(os, "scandir", refuse)
    assert {one: found.path(one) for one in ids} == ids
    assert found.path(2**60) is None


def test_a_path_that_is_known_is_not_searched(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Cgroups(str(tree / "proc"))
    found.learn("/system.slice/ssh.service")
    found.learn("/system.slice/gone.service")
    found.learn("/a\0b")

    def refuse(_path: str) -> None:
        raise AssertionError("searched")

    monkeypatch.setattr(os, "scandir", refuse)
    assert found.path(os.stat(tree / "groups/system.slice/ssh.service").st_ino) == "/system.slice/ssh.service"


def test_the_search_is_bounded(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "_MOST_DIRECTORIES", 2)
    found = Cgroups(str(tree / "proc"))
    assert found.path(os.stat(tree / "groups/system.slice/a b.service/deep/er").st_ino) is None


def test_processes_of_a_cgroup(tree: Path) -> None:
    (tree / "groups/system.slice/ssh.service/cgroup.procs").write_bytes(b"12\n0\n7\n0\n12\nx\n99999999999999999999\n")
    found = Cgroups(str(tree / "proc"))
    assert found.processes("/system.slice/ssh.service") == (7, 12)
    assert found.processes("/missing") == ()
    assert found.processes("/a\0b") == ()


def test_without_a_hierarchy_nothing_is_known(tmp_path: Path) -> None:
    found = Cgroups(str(tmp_path))
    assert (found.mount, found.path(77), found.processes("/x"), found.path(1)) == (None, None, (), "/")


def test_the_machine_agrees() -> None:
    with own_cgroup("a-name.service") as (path, folder):
        assert Cgroups().path(folder.stat().st_ino) == path


@pytest.mark.parametrize(
    ("path", "unit", "holder"),
    [
        ("/", None, None),
        ("/system.slice", None, "system.slice"),
        ("/system.slice/ssh.service", "ssh.service", "system.slice"),
        ("/system.slice/ssh.service/delegated/x.service", "ssh.service", "system.slice"),
        ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", "system-getty.slice"),
        ("/system.slice/dev-disk-by\\x2duuid-7.swap", "dev-disk-by\\x2duuid-7.swap", "system.slice"),
        ("/system.slice/docker-4f.scope", "docker-4f.scope", "system.slice"),
        ("/system.slice/cups.socket", "cups.socket", "system.slice"),
        ("/system.slice/_cgroup.service", "cgroup.service", "system.slice"),
        ("/init.scope", "init.scope", None),
        ("/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "user-1000.slice"),
        ("/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service", "user-1000.slice"),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/vite.service", "vite.service", "app.slice"),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service", "app.slice"),
        ("/machine.slice/systemd-nspawn@b.service/payload/system.slice/ssh.service", "systemd-nspawn@b.service", None),
        ("/docker/4f", None, None),
        ("/../../system.slice/ssh.service", "ssh.service", "system.slice"),
        ("/kubepods.slice/kubepods-pod1.slice/cri-containerd-4f.scope", "cri-containerd-4f.scope", None),
    ],
)
def test_units_and_slices(path: str, unit: str | None, holder: str | None) -> None:
    found = unit_of(path)
    assert found[0] == unit
    if holder is not None or unit is None:
        assert found[1] == holder


def test_the_best_hierarchy_of_a_process_comes_first() -> None:
    content = b"""\
12:devices:/user.slice
3:memory:/docker/4f
1:name=systemd:/system.slice/docker.service
0::/system.slice/docker.service
"""
    assert paths_of_process(content) == ("/system.slice/docker.service", "/user.slice", "/docker/4f")
    assert paths_of_process(b"0::/\n") == ()
    assert paths_of_process(b"0::/a:b/c (deleted)\n") == ("/a:b/c",)


@given(st.binary(max_size=300))
def test_any_file_is_survived(content: bytes) -> None:
    assert all(path and path != "/" for path in paths_of_process(content))
    found = hierarchy(content)
    assert found is None or isinstance(found, str)


@given(st.text(st.sampled_from("/._@-user1000.serviceslcpx\\"), max_size=60))
def test_any_path_is_survived(path: str) -> None:
    unit, holder = unit_of(path)
    assert unit is None or "/" not in unit
    assert holder is None or holder.endswith(".slice")


@given(st.lists(st.sampled_from(["/a", "\\040", "\\", "\\12", "\\134x", "é"]), max_size=5))
def test_mount_points_are_unescaped(parts: list[str]) -> None:
    line = f"41 31 0:38 / /{''.join(parts)} rw - cgroup2 cgroup2 rw"
    found = hierarchy(line.encode())
    assert found is not None
    if "\\" not in "".join(parts):
        assert found == f"/{''.join(parts)}"
    assert hierarchy(b"41 31 0:38 / /a\\040b\\134c rw - cgroup2 cgroup2 rw") == "/a b\\c"
