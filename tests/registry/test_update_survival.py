"""Is the snapshot the old one or the new one, whole, whatever happens to the update, and does the next one work?"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.registry.http_server import Conversation, Server, serving
from tests.registry.iana_xml_writer import small_registry, write_xml
from whoseport.model import BrokenSurroundings
from whoseport.registry import open_registry
from whoseport.registry.compiler import compile_facts
from whoseport.registry.iana_xml import parse
from whoseport.registry.replacement import UNFINISHED, replace, sole_updater
from whoseport.registry.update import update

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
OLD = write_xml(small_registry(40), updated="2031-05-01")
NEW = write_xml(small_registry(41), updated="2031-06-01")
UPDATE = """
import sys
from whoseport.model import BrokenSurroundings
from whoseport.registry.update import update
try:
    print(update(source=sys.argv[1]).status)
except BrokenSurroundings as problem:
    print(problem.problem, problem.fields.get("reason"))
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's snapshot lies, of OLD at first."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "src")]))
    place = tmp_path / "data" / "whoseport" / "snapshot.bin"
    place.parent.mkdir(parents=True)
    place.write_bytes(compile_facts(parse(OLD, source="test")))
    return place


def updated_of(place: Path) -> str:
    registry = open_registry(str(place))
    registry.verify()
    return registry.snapshot.updated


def saved(place: Path) -> str:
    path = place.parents[2] / "registry.xml"
    path.write_bytes(NEW)
    return str(path)


def told_by(*command: str, environment: Mapping[str, str] | None = None) -> str:
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True, env={**os.environ, **(environment or {})}
    )
    return ended.stdout.strip()


# --- killed --------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_killed_at_any_line_it_leaves_the_old_or_the_new_snapshot(place: Path) -> None:
    with Server(serving(NEW, etag='"new"')) as server:
        printed = told_by_killing(server.address())
    deaths = [json.loads(line) for line in printed.splitlines()]
    assert {death["line"].partition(":")[0] for death in deaths} == {
        "update.py",
        "replacement.py",
        "remembered.py",
        "download.py",
        "connection.py",
    }
    assert {death["left"] for death in deaths} == {"old", "new"}
    for death in deaths:
        assert death["killed"], death
        assert (death["again"], death["then"]) == (0, "new"), death
        assert death["files"] == ["snapshot.bin", "snapshot.validators.json", "update.lock"], death


def told_by_killing(address: str) -> str:
    command = [sys.executable, "-m", "tests.registry.killed_updates", address]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_an_interrupted_update_leaves_nothing_behind(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("whoseport.registry.update.refuse_miscompiled", interrupted)
    with pytest.raises(KeyboardInterrupt):
        update(source=saved(place))
    assert updated_of(place) == "2031-05-01"
    assert sorted(os.listdir(place.parent)) == ["snapshot.bin", "update.lock"]
    with sole_updater(str(place.parent), patience=0):
        pass


def test_only_what_killed_updates_left_is_swept(place: Path) -> None:
    for name in (f"{UNFINISHED}99999.snapshot.bin", "snapshot.bin.kept", ".hidden"):
        (place.parent / name).write_bytes(b"left")
    (place.parent / f"{UNFINISHED}folder").mkdir()
    assert update(source=saved(place)).status == "updated"
    left = {".hidden", "snapshot.bin.kept", "snapshot.bin", "update.lock", f"{UNFINISHED}folder"}
    assert set(os.listdir(place.parent)) == left


# --- two at once ---------------------------------------------------------------------------------------------------


def test_two_updates_at_once_both_end_well(place: Path) -> None:
    both = threading.Barrier(2)

    def together(conversation: Conversation) -> None:
        both.wait(timeout=60)
        serving(NEW)(conversation)

    with Server(together) as server:
        command = [sys.executable, "-c", UPDATE, server.address()]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        printed = [process.communicate(timeout=60)[0].strip() for process in running]
    assert sorted(printed) == ["unchanged", "updated"]
    assert updated_of(place) == "2031-06-01"
    assert not [name for name in os.listdir(place.parent) if name.startswith(UNFINISHED)]


def test_another_update_that_does_not_end_is_told(place: Path) -> None:
    lock = place.parent / "update.lock"
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BrokenSurroundings) as raised:
            update(source=saved(place), patience=0.1)
        assert raised.value.problem == "update-already-running"
        assert raised.value.fields == {"folder": str(place.parent), "seconds": 0.1}
        assert updated_of(place) == "2031-05-01"
    assert update(source=saved(place)).status == "updated"


def test_an_update_waits_for_another_that_ends(place: Path) -> None:
    script = "import fcntl, sys; f = open(sys.argv[1], 'wb'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    command = [sys.executable, "-c", script, str(place.parent / "update.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        other.stdout.readline()
        found: list[str] = []
        waiting = threading.Thread(target=lambda: found.append(update(source=saved(place), patience=60).status))
        waiting.start()
        other.stdin.close()
        waiting.join()
    assert found == ["updated"]


def test_readers_meanwhile_see_one_whole_snapshot(place: Path) -> None:
    contents = [compile_facts(parse(xml, source="test")) for xml in (OLD, NEW)]
    ended = threading.Event()
    seen: set[str] = set()

    def read() -> None:
        while not ended.is_set():
            seen.add(updated_of(place))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        with sole_updater(str(place.parent), patience=0):
            for turn in range(60):
                replace(str(place), contents[turn % 2], check=lambda _unfinished: None)
    finally:
        ended.set()
        reader.join()
    assert seen <= {"2031-05-01", "2031-06-01"}
    assert seen


# --- no room, no right ---------------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(place))
    with pytest.raises(BrokenSurroundings) as raised:
        update(source=saved(place), allow_loss=True)
    assert raised.value.problem == "update-folder-unusable"
    assert raised.value.fields["reason"] == "ENOTDIR"


def test_a_limit_of_file_size_leaves_the_old_one(place: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
    assert told_by(sys.executable, "-c", limit + UPDATE, saved(place)) == "update-not-written EFBIG"
    assert updated_of(place) == "2031-05-01"
    assert sorted(os.listdir(place.parent)) == ["snapshot.bin", "update.lock"]


@pytest.mark.parametrize(("options", "problem"), [("size=32k", "update-not-written ENOSPC"), ("ro", "EROFS")])
def test_a_full_or_read_only_disk_leaves_the_old_one(place: Path, options: str, problem: str) -> None:
    script = """
        set -e
        mount -t tmpfs -o size=32k none "$1"
        mkdir "$1/whoseport"
        cp "$2" "$1/whoseport/snapshot.bin"
        [ "$3" != ro ] || mount -o remount,ro "$1"
        "$4" -c "$5" "$6"
        cmp "$2" "$1/whoseport/snapshot.bin"
        ls -A "$1/whoseport"
    """
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("mounting a small disk takes root and unshare(1)")
    disk = place.parents[2] / "disk"
    disk.mkdir()
    sample = place.parents[2] / "sample.bin"
    shutil.copy(place, sample)
    assert 16 * 1024 < sample.stat().st_size < 28 * 1024  # one fits, two do not
    arguments = [str(disk), str(sample), options, sys.executable, UPDATE, saved(place)]
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *arguments]
    if subprocess.run([*command[:4], "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody make mount namespaces")
    lines = told_by(*command, environment={"XDG_DATA_HOME": str(disk)}).splitlines()
    assert lines[0] == (problem if " " in problem else f"update-folder-unusable {problem}")
    assert set(lines[1:]) <= {"snapshot.bin", "update.lock"}
