"""Which snapshot is answered from: the packaged one, or the user's own where it is there and not older."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.registry.strategies import facts_of, row
from whoseport import registry
from whoseport.model import BrokenSurroundings
from whoseport.registry import open_registry
from whoseport.registry.compiler import compile_facts
from whoseport.registry.places import user_snapshot_path
from whoseport.registry.snapshot_file import AT_FORMAT


def snapshot(updated: str) -> bytes:
    return compile_facts(facts_of([row("1", "tcp", "tcpmux")], updated=updated))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the user's own snapshot, beside a packaged one of 2026-08-17."""
    packaged = tmp_path / "packaged.bin"
    packaged.write_bytes(snapshot("2026-08-17"))
    monkeypatch.setattr(registry, "packaged_snapshot_path", lambda: str(packaged))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "data" / "whoseport" / "snapshot.bin"
    path.parent.mkdir(parents=True)
    return path


def test_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere")
    assert user_snapshot_path() == "/elsewhere/whoseport/snapshot.bin"
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", ignored)
        assert user_snapshot_path() == f"{tmp_path}/.local/share/whoseport/snapshot.bin"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert user_snapshot_path() == f"{tmp_path}/.local/share/whoseport/snapshot.bin"


@pytest.mark.parametrize(
    ("updated", "used"), [("2026-09-01", "2026-09-01"), ("2026-08-17", "own"), ("2026-08-16", "2026-08-17")]
)
def test_the_newer_one_is_used(own: Path, updated: str, used: str) -> None:
    own.write_bytes(snapshot(updated))
    opened = open_registry()
    if used == "own":
        assert opened.path == str(own)
    else:
        assert opened.snapshot.updated == used


def test_without_an_own_one(own: Path) -> None:
    assert open_registry().path != str(own)
    own.parent.rmdir()
    assert open_registry().snapshot.updated == "2026-08-17"


def test_one_of_another_format_is_passed_over(own: Path) -> None:
    content = snapshot("2026-09-01")
    own.write_bytes(content[:AT_FORMAT] + b"\x07" + content[AT_FORMAT + 1 :])
    assert open_registry().snapshot.updated == "2026-08-17"


@pytest.mark.parametrize("keep", [0, 100, 5000])
def test_a_damaged_one_is_told(own: Path, keep: int) -> None:
    own.write_bytes(snapshot("2026-09-01")[:keep])
    with pytest.raises(BrokenSurroundings) as refused:
        open_registry()
    assert refused.value.problem == "snapshot-unreadable"
    assert refused.value.fields["path"] == str(own)


def test_a_given_path_is_the_only_one(own: Path, tmp_path: Path) -> None:
    own.write_bytes(snapshot("2026-09-01"))
    with pytest.raises(BrokenSurroundings):
        open_registry(str(tmp_path / "nothing"))
    assert open_registry(str(own)).snapshot.updated == "2026-09-01"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to become another user")
def test_a_home_that_may_not_be_entered_leaves_the_packaged_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under `su` with another's HOME: asked as nobody, who may not look into root's folder."""
    with tempfile.TemporaryDirectory() as made:
        shared = Path(made)
        shared.chmod(0o755)
        (shared / "packaged.bin").write_bytes(snapshot("2026-08-17"))
        closed = shared / "closed"
        (closed / "whoseport").mkdir(parents=True)
        (closed / "whoseport" / "snapshot.bin").write_bytes(b"not ours to read")
        closed.chmod(0o700)
        monkeypatch.setattr(registry, "packaged_snapshot_path", lambda: str(shared / "packaged.bin"))
        monkeypatch.setenv("XDG_DATA_HOME", str(closed))
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setuid(65534)
                status = 0 if open_registry().snapshot.updated == "2026-08-17" else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
