"""Projects and their checkouts, in folders made for the case; git itself is the witness where it is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import project_files, projects
from whoseport.host.linux.project_files import dependencies_of, name_of
from whoseport.host.linux.projects import Projects, branch_of, checkout
from whoseport.model import Project

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(*arguments: str, cwd: Path) -> str:
    settings = ("-c", "user.name=A", "-c", "user.email=a@localhost", "-c", "init.defaultBranch=main")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    return subprocess.run(
        ["git", *settings, *arguments], cwd=cwd, capture_output=True, text=True, check=True, env=environment
    ).stdout.strip()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "shop"
    made.mkdir()
    return made


def project(folder: Path, *, whole: bool = True) -> Project | None:
    return Projects(whole=whole).of(str(folder))


def test_the_nearest_folder_with_a_marker_is_the_project(place: Path) -> None:
    (place / "package.json").write_text(
        json.dumps({"name": "shop", "dependencies": {"left-pad": "1", "vite": "5"}, "devDependencies": {"next": "14"}})
    )
    (place / "vite.config.ts").touch()
    (place / "src/deep").mkdir(parents=True)
    expected = Project(
        folder=str(place),
        name="shop",
        markers=("package.json", "vite.config.ts"),
        dependencies=("left-pad", "vite", "next"),
        repository=None,
        branch=None,
        worktree_of=None,
    )
    assert project(place / "src/deep") == expected
    assert project(place, whole=False) == expected.replace(dependencies=("vite", "next"))


def test_no_marker_is_no_project(place: Path) -> None:
    assert project(place) is None
    (place / "Makefile").touch()
    (place / "config.toml").touch()
    assert project(place) is None, "names that lie about everywhere do not make a project"
    (place / "a.c").touch()
    assert project(place).markers == ("config.toml", "Makefile"), "but beside sources"  # type: ignore[union-attr]
    (place / "go.mod").write_text("module example.org/shop\n\nrequire (\n\tgithub.com/x/y v1.2.3\n)\n")
    found = project(place)
    assert found is not None
    assert (found.name, found.dependencies) == ("example.org/shop", ("github.com/x/y",))
    assert found.markers == ("go.mod", "config.toml", "Makefile")


@needs_git
def test_branch_and_worktree_are_those_that_git_tells(place: Path) -> None:
    git("init", cwd=place)
    git("commit", "--allow-empty", "-m", "a", cwd=place)
    git("worktree", "add", "-b", "fix/cart", "../shop-fix", cwd=place)
    (place / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    (place / "api").mkdir()
    main, linked = project(place / "api"), project(place.with_name("shop-fix"))
    assert main is not None
    assert linked is not None
    assert (main.folder, main.repository, main.branch, main.worktree_of) == (str(place), str(place), "main", None)
    assert (linked.folder, linked.branch, linked.worktree_of) == (
        str(place.with_name("shop-fix")),
        "fix/cart",
        str(place),
    )
    assert linked.branch == git("branch", "--show-current", cwd=place.with_name("shop-fix"))
    git("checkout", "--detach", cwd=place)
    assert checkout(str(place))[0] == git("rev-parse", "HEAD", cwd=place)[:12]


@needs_git
def test_a_project_inside_a_repository_keeps_both(place: Path) -> None:
    git("init", cwd=place)
    (place / "packages/web").mkdir(parents=True)
    (place / "packages/web/package.json").write_text('{"name": "@shop/web"}')
    found = project(place / "packages/web")
    assert found is not None
    assert (found.folder, found.repository, found.name) == (str(place / "packages/web"), str(place), "@shop/web")


@needs_git
def test_a_submodule_is_no_worktree(place: Path) -> None:
    inner = place.with_name("inner")
    inner.mkdir()
    git("init", cwd=inner)
    git("commit", "--allow-empty", "-m", "a", cwd=inner)
    git("init", cwd=place)
    git("-c", "protocol.file.allow=always", "submodule", "add", str(inner), "sub", cwd=place)
    assert checkout(str(place / "sub")) == ("main", None)


@pytest.mark.parametrize(
    "folder",
    ["/", "/usr", "/etc", "/var/lib/postgresql", "/tmp", "/usr/share/x", "/home", "/root", "/proc", "/dev", "a"],
)
def test_folders_of_the_system_are_no_projects(tmp_path: Path, folder: str) -> None:
    inside = tmp_path / folder.strip("/")
    inside.mkdir(parents=True, exist_ok=True)
    (inside / "package.json").write_text("{}")
    assert Projects(root=str(tmp_path)).of(folder) is None


def test_a_home_folder_is_a_project_only_from_inside(tmp_path: Path) -> None:
    (tmp_path / "home/ana/notes").mkdir(parents=True)
    (tmp_path / "home/ana/package.json").write_text("{}")
    found = Projects(root=str(tmp_path))
    assert found.of("/home/ana/notes") is None
    inside = found.of("/home/ana")
    assert inside is not None
    assert inside.folder == "/home/ana"


def test_one_folder_is_looked_at_once(place: Path) -> None:
    (place / "package.json").write_text("{}")
    found = Projects()
    first = found.of(str(place))
    (place / "package.json").unlink()
    assert found.of(str(place)) is first
    assert project(place) is None


def test_hostile_files_make_no_trouble(place: Path) -> None:
    os.mkfifo(place / "pyproject.toml")
    (place / "package.json").symlink_to("/dev/zero")
    (place / "Cargo.toml").write_bytes(b'[package]\nname = "' + b"x" * 9000 + b'"\n')
    (place / ".git").write_bytes(b"gitdir: /dev/zero\n")
    found = project(place)
    assert found is not None
    assert found.name == "x" * 214
    assert (found.repository, found.branch, found.worktree_of) == (str(place), None, None)


def test_a_folder_of_a_crowd_of_files_is_not_read_to_its_end(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "_MOST_ENTRIES", 0)
    (place / "package.json").touch()
    assert project(place) is None


@pytest.mark.parametrize(
    ("marker", "content", "name", "dependencies"),
    [
        ("package.json", b'\xef\xbb\xbf {"name": "a", "dependencies": []}', "a", ()),
        ("package.json", b'{"name": 3, "dependencies": {"x": 1}}', None, ("x",)),
        ("package.json", b'{"name": "\\ud800"}', "\\ud800", ()),
        ("package.json", b"[" * 100_000, None, ()),
        ("package.json", b"[]", None, ()),
        ("composer.json", b'{"name": "a/b", "require": {"laravel/framework": "1"}}', "a/b", ("laravel/framework",)),
        (
            "pyproject.toml",
            b'[build-system]\nname = "no"\n[project]\nname = "yes" # c\ndependencies = [\n  "Flask>=3", # web\n'
            b"  'uvicorn[standard]',\n]\n[tool.x]\nname = 1\n",
            "yes",
            ("flask", "uvicorn"),
        ),
        ("pyproject.toml", b'[tool.poetry]\nname = "p"\n[tool.poetry.dependencies]\nDjango = "^4"\n', "p", ("django",)),
        ("Cargo.toml", b'[package]\nname = "c"\n[dependencies]\naxum = "0.7"\n', "c", ("axum",)),
        ("requirements.txt", b"# c\n-r x\nDjango==4.2\n  fast_api\nhttps://x/y\n", None, ("django", "fast-api")),
        ("go.mod", b'module "m"\nrequire a.b/c v1\n', "m", ("a.b/c",)),
        ("Makefile", b"name = x\n", None, ()),
    ],
)
def test_files_of_projects_are_read(
    marker: str, content: bytes, name: str | None, dependencies: tuple[str, ...]
) -> None:
    assert name_of(marker, content) == name
    assert dependencies_of(marker, content) == dependencies


@given(
    st.sampled_from(["package.json", "composer.json", "pyproject.toml", "Cargo.toml", "go.mod", "requirements.txt"]),
    st.binary(max_size=200)
    | st.lists(
        st.sampled_from(
            [
                b"[project]",
                b"\n",
                b"name",
                b"=",
                b'"',
                b"[",
                b"]",
                b"dependencies",
                b"x",
                b"{",
                b"}",
                b":",
                b",",
                b" ",
                b"v1",
            ]
        )
    ).map(b"".join),
)
def test_any_content_is_survived(marker: str, content: bytes) -> None:
    name = name_of(marker, content)
    assert name is None or 0 < len(name) <= 256 * 6
    assert all(dependencies_of(marker, content))
    for text in (name or "", *dependencies_of(marker, content)):
        text.encode()


@given(st.binary(max_size=100))
def test_any_head_is_survived(content: bytes) -> None:
    branch = branch_of(content)
    assert branch is None or branch


def test_without_the_accelerator_json_is_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    content = b'{"name": "a", "n": [1, 2.5, NaN, true]}'
    fast = project_files._json(content)
    monkeypatch.setitem(sys.modules, "_json", None)
    assert project_files._json(content)["name"] == fast["name"] == "a"
