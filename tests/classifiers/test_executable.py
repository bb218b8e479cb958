"""Deleted, replaced, in memory, in odd places: each hostile case beside the honest one that looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.classifiers.making import concern_of, daemon, file, named_file, parent, process, project, subject
from whoseport.classifiers.executable import findings
from whoseport.classifiers.places import TOOL_FOLDERS, place_of
from whoseport.model import Process

CARGO = project("/home/ana/shop", "Cargo.toml")


def gone(path: str, state: str = "deleted", **other: Any) -> Process:
    return process(path, executable_state=state, **other)


def claims(one: Process) -> set[str]:
    return {finding.claim for finding in findings(subject(one))}


@pytest.mark.parametrize(
    "one",
    [
        gone("/tmp/x/server"),
        gone("/home/ana/server"),
        gone("/usr/sbin/updated"),
        gone("/dev/shm/a"),
        gone("/home/ana/.x/server"),
        gone("/tmp/.x/server", "replaced"),
        gone("/dev/shm/.x/server", "replaced"),
        # a project elsewhere, or a folder that only looks like one, explains nothing
        gone("/tmp/x/bin/server", project=CARGO),
        gone("/home/ana/.x/bin/server", project=project("/home/ana", "package.json")),
        gone("/tmp/bin/server", project=project("/tmp", "Makefile")),
        gone("/tmp/shop/server", project=project("/tmp/shop", "Cargo.toml")),
        # started by the name of another program, or from a folder that only sounds like a version
        gone("/opt/evil/sshd", command=("/usr/sbin/sshd",), files=(named_file(0, "/usr/sbin/sshd"),)),
        gone("/opt/evil/other", command=("/opt/evil/x",), files=(named_file(0, "/opt/evil/x"),)),
        gone("/tmp/app-1.2.3/server"),
        gone("/opt/app/server-1.2.3"),
        # a version manager's folder below a hidden or temporary one is nobody's
        gone("/tmp/.vscode-server/bin/0/node"),
        process("/memfd:x (deleted)", executable_state="memory"),
        process("/memfd:runc_cloned:/proc/self/exe", executable_state="memory"),
        process("/dev/shm/.a/b"),
        process("/dev/shm/server"),
        process(
            "/usr/bin/python3.11",
            package="python3.11-minimal",
            command=("python3", "/proc/self/fd/3"),
            files=(named_file(1, "/memfd:x (deleted)"),),
        ),
    ],
    ids=lambda one: f"{one.executable} {one.executable_state}",
)
def test_hostile(one: Process) -> None:
    concern, because = concern_of(one)
    assert concern == "suspicious"
    assert {"executable-deleted", "executable-in-memory"} & set(because)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        # an upgraded package still runs its old file
        (daemon(executable_state="replaced"), {"executable-replaced", "package-upgraded"}),
        # rebuilt while it runs, or cleaned up
        (gone("/home/ana/shop/target/debug/shop", "replaced", project=CARGO), {"executable-replaced"}),
        (gone("/home/ana/shop/target/debug/shop", project=CARGO), {"executable-removed"}),
        (gone("/home/ana/shop/server", project=CARGO), {"executable-removed"}),
        (gone("/tmp/shop/target/debug/shop", project=project("/tmp/shop", "Cargo.toml")), {"executable-removed"}),
        (gone("/tmp/build/server", "replaced"), {"executable-replaced", "temporary-place"}),
        (gone("/home/ana/.local/bin/tool", "replaced"), {"executable-replaced"}),
        # updates remove the folder of the old version
        (gone("/home/ana/.vscode-server/bin/0a1b/node"), {"executable-removed"}),
        (gone("/snap/lxd/24061/bin/lxd"), {"executable-removed"}),
        (gone("/home/ana/.nvm/versions/node/v18.1.0/bin/node"), {"executable-removed"}),
        (gone("/opt/app-1.2.3/bin/app"), {"executable-removed"}),
        (gone("/home/ana/.config/discord/0.0.30/Discord"), {"executable-removed"}),
        # a new release beside the old one, and the link to it moved on
        (
            gone(
                "/srv/app/releases/7/server",
                command=("/srv/app/current/server",),
                files=(named_file(0, "/srv/app/releases/8/server"),),
            ),
            {"executable-removed"},
        ),
        # what updates itself in a folder that no list knows
        (gone("/home/ana/.newtool/bin/newtool", "replaced"), {"executable-replaced"}),
        (gone("/nix/store/abc-redis-7/bin/redis-server"), {"executable-removed"}),
    ],
    ids=lambda one: f"{one.executable} {one.executable_state}" if isinstance(one, Process) else "",
)
def test_honest_twins_are_a_note(one: Process, expected: set[str]) -> None:
    assert expected <= claims(one)
    assert concern_of(one)[0] == "note"


def test_a_container_runtimes_sealed_copy_is_honest() -> None:
    copy = process(
        "/memfd:runc_cloned:/proc/self/exe",
        executable_state="memory",
        parents=(parent("containerd-shim"), parent("systemd")),
    )
    assert claims(copy) == set()


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/tmp/a", "temporary"),
        ("/var/tmp/a/b", "temporary"),
        ("/dev/shm/a", "temporary"),
        ("/run/user/1000/a", "temporary"),
        ("/tmpfiles/a", None),
        ("/home/ana/.a/b", "hidden"),
        ("/home/ana/.cache/.a/b", "hidden"),
        ("/usr/lib/.a/b", "hidden"),
        ("/home/ana/app/.server", "hidden"),
        ("/home/ana/ /server", "hidden"),
        ("/root/.ssh/x", "hidden"),
        ("/usr/sbin/nginx", "system"),
        ("/nix/store/abc-x/bin/.nginx-wrapped", "system"),
        ("/home/ana/app/server", "by-hand"),
        ("/opt/app/server", "by-hand"),
        ("/builds/app", None),
    ],
)
def test_places(path: str, place: str | None) -> None:
    assert place_of(path) == place


@pytest.mark.parametrize(
    "path",
    [
        "/home/ana/.nvm/versions/node/v20.1.0/bin/node",
        "/home/ana/.local/share/uv/python/cpython-3.12/bin/python3.12",
        "/home/ana/shop/.venv/bin/python3",
        "/home/ana/shop/node_modules/.bin/vite",
        "/home/ana/shop/node_modules/.pnpm/esbuild@0.2/node_modules/esbuild/bin/esbuild",
        "/home/ana/.cache/ms-playwright/chromium-1/chrome",
        "/home/ana/.vscode-server/bin/0a1b/node",
        "/home/ana/shop/.next/standalone/server.js",
        "/home/ana/shop/.worktrees/fix/target/debug/shop",
    ],
)
def test_tools_keep_programs_in_hidden_folders(path: str) -> None:
    assert place_of(path) == "by-hand"
    assert concern_of(process(path))[0] == "none"


def test_every_tool_folder_is_hidden() -> None:
    assert all(name.startswith(".") and "/" not in name for name in TOOL_FOLDERS)


@pytest.mark.parametrize(
    "path", ["/tmp/go-build123/b001/exe/main", "/tmp/.mount_AppXyz/usr/bin/app", "/tmp/_MEIabc/app", "/tmp/x/test"]
)
def test_a_test_of_ones_own_in_a_temporary_folder_is_a_note(path: str) -> None:
    assert concern_of(process(path))[0] == "note"


def test_hidden_below_a_temporary_folder_is_two_signs() -> None:
    assert concern_of(process("/tmp/.x/server"))[0] == "suspicious"
    assert concern_of(process("/home/ana/.x/server"))[0] == "note"
    # tools make such folders, too
    assert concern_of(process("/tmp/.tmpAb12Cd/server"))[0] == "note"
    assert concern_of(process("/tmp/shop/.venv/bin/python3"))[0] == "note"


def test_shared_memory_is_where_nobody_installs() -> None:
    assert concern_of(process("/dev/shm/build/server", project=project("/dev/shm/build", "Cargo.toml")))[0] == "note"


def test_build_tools_and_bundles_are_told() -> None:
    assert "build-place" in claims(process("/tmp/go-build123/b001/exe/main"))
    assert "build-place" not in claims(process("/tmp/gobuild/main"))


def test_a_source_tree_explains_a_server_built_in_it() -> None:
    built = "/tmp/redis-7.2/src/redis-server"
    assert concern_of(process(built))[0] == "suspicious"
    around = project("/tmp/redis-7.2", "Makefile")
    assert concern_of(process(built, project=around))[0] == "note"
    assert concern_of(process("/tmp/.x/src/redis-server", project=project("/tmp/.x", "Makefile")))[0] == "suspicious"


def test_the_script_is_the_place_of_an_interpreter() -> None:
    def python(script: str, **other: Any) -> Process:
        return process("/usr/bin/python3.11", package="python3.11-minimal", command=("python3", script), **other)

    assert claims(python("/tmp/a.py")) == {"script-in-odd-place"}
    assert claims(python("/home/ana/.x/a.py")) == {"script-in-odd-place"}
    assert claims(python("/tmp/.x/a.py")) == {"script-in-odd-place", "hidden-place"}
    assert concern_of(python("/tmp/.x/a.py"))[0] == "suspicious"
    assert claims(python("/home/ana/shop/a.py")) == set()
    assert claims(python("a.py", working_directory="/tmp/x")) == {"script-in-odd-place"}
    missing = named_file(1, "/tmp/a.py", state="missing", uid=None, mode=None)
    deleted = python("/tmp/a.py", files=(missing,))
    assert claims(deleted) == {"script-in-odd-place", "script-deleted"}
    assert concern_of(deleted)[0] == "note"
    # a daemon that went to / after it was started by a relative path
    gone_to_root = python("app.py", working_directory="/", files=(named_file(1, "/app.py", state="missing"),))
    assert claims(gone_to_root) == set()


def test_a_program_behind_the_loader_is_judged_by_its_own_place() -> None:
    loader = "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
    hidden = process(loader, package="libc6", command=(loader, "--library-path", "/x", "/tmp/.x/sshd"))
    assert "temporary-place" in claims(hidden)
    assert claims(process(loader, package="libc6", command=(loader, "/usr/bin/cat"))) == set()


def test_a_file_that_anybody_may_write_is_a_note() -> None:
    one = process("/srv/app/server", executable_file=file(uid=1000, open_to_all="/srv/app"))
    assert concern_of(one) == ("note", ("open-to-all", "own-binary"))


def test_among_what_tools_keep_lie_no_programs() -> None:
    for path in ("/home/ana/.cache/nginx", "/root/.config/redis-server", "/home/ana/.local/share/a", "/root/.local/a"):
        assert place_of(path) == "hidden", path
    for path in ("/home/ana/.cache/mongodb-binaries/7/mongod", "/root/.local/bin/a", "/home/ana/.config/app/run"):
        assert place_of(path) == "by-hand", path
    assert concern_of(process("/home/ana/.cache/redis-server"))[0] == "suspicious"
    assert concern_of(process("/home/ana/.cache/binaries/redis-server"))[0] == "none"
    assert concern_of(process("/home/ana/.cache/report"))[0] == "note"
