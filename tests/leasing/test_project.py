"""Which folder is a project, and what changes its identity."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from whoseport.leasing.project import project_of
from whoseport.model import Misuse


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=30,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def test_every_folder_of_a_checkout_is_the_same_project(checkout: Path) -> None:
    below = checkout / "packages" / "api"
    below.mkdir(parents=True)
    (below / "package.json").write_text("{}")
    assert project_of(str(below)) == project_of(str(checkout))


def test_a_worktree_is_a_project_of_its_own(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "worktree", "add", "-q", str(tmp_path / "fix"))
    one, other = project_of(str(checkout)), project_of(str(tmp_path / "fix"))
    assert (one.device, one.inode) != (other.device, other.inode)


def test_a_rename_and_a_link_keep_the_identity(checkout: Path, tmp_path: Path) -> None:
    before = project_of(str(checkout))
    (tmp_path / "link").symlink_to(checkout)
    assert project_of(str(tmp_path / "link")) == before
    renamed = checkout.rename(tmp_path / "renamed")
    after = project_of(str(renamed))
    assert (after.device, after.inode) == (before.device, before.inode)


def test_without_a_repository_a_marker_makes_the_project(tmp_path: Path) -> None:
    below = tmp_path / "app" / "src"
    below.mkdir(parents=True)
    (tmp_path / "app" / "pyproject.toml").write_text("")
    assert project_of(str(below)).path == str(tmp_path / "app")


@pytest.mark.parametrize("path", ["missing", "file", "nul\0"])
def test_what_is_no_folder_is_no_project(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misuse) as caught:
        project_of(f"{tmp_path}/{path}")
    assert caught.value.problem == "unknown-project"
