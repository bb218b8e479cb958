"""Owners of files by dpkg's lists: against `dpkg -S` on a machine that has it, and in folders made for the case."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import dpkg

HERE = "/var/lib/dpkg"
needs_dpkg = pytest.mark.skipif(
    shutil.which("dpkg-query") is None or not os.path.isdir(f"{HERE}/info"), reason="needs a system with dpkg"
)


def installed(folder: Path, lists: dict[str, bytes], *, diversions: str = "") -> str:
    (folder / "info").mkdir(parents=True)
    for name, content in lists.items():
        (folder / "info" / f"{name}.list").write_bytes(content)
    if diversions:
        (folder / "diversions").write_text(diversions)
    return str(folder)


def owner(path: bytes, folder: str, *, also: tuple[bytes, ...] = ()) -> str | None:
    return dpkg.find(dict.fromkeys((path, *also), path), path=folder)[0].get(path)


def told_by_dpkg(paths: list[str]) -> dict[str, set[str]]:
    """path -> packages, as `dpkg-query -S` says; it takes patterns, so these must be plain paths."""
    environment = {**os.environ, "LC_ALL": "C"}
    answer = subprocess.run(
        ["dpkg-query", "-S", *paths], capture_output=True, text=True, check=False, env=environment
    ).stdout
    told: dict[str, set[str]] = {}
    for line in answer.splitlines():
        packages, _, path = line.partition(": ")
        if not line.startswith("diversion by "):
            told[path] = {package.partition(":")[0] for package in packages.split(", ")}
    return told


@needs_dpkg
@pytest.mark.parametrize("at_once", [1, 3, 200])
def test_agrees_with_dpkg_query_on_files_of_this_machine(at_once: int) -> None:
    lists = sorted(Path(HERE, "info").glob("*.list"))
    chosen: set[str] = set()
    for name in random.Random(at_once).sample(lists, min(150, len(lists))):
        lines = name.read_text(errors="surrogateescape").splitlines()
        files = [line for line in lines if os.path.isfile(line) and not set(line) & set("*?[\\ ")]
        chosen |= set(files[:1] + files[len(files) // 2 :][:1] + files[-1:])
    paths = sorted(chosen)[: 12 if at_once == 1 else 400]
    paths += [f"/nowhere/{number}" for number in range(3)]
    told = told_by_dpkg(paths)
    diverted = {path for path, _, _ in dpkg.diversions(Path(HERE, "diversions").read_bytes())}
    for start in range(0, len(paths), at_once):
        asked = {os.fsencode(path): os.fsencode(path) for path in paths[start : start + at_once]}
        found, unseen = dpkg.find(asked, path=HERE)
        assert unseen == []
        for raw in asked:
            path = os.fsdecode(raw)
            if os.fsencode(path) in diverted:
                continue
            if path in told:
                assert found[raw] in told[path]
            else:
                assert raw not in found
    assert len(told) > 5


def test_a_file_has_its_package_without_the_architecture(tmp_path: Path) -> None:
    folder = installed(tmp_path, {"libc6:amd64": b"/.\n/usr\n/usr/bin/ldd\n", "other": b"/.\n/usr\n"})
    assert owner(b"/usr/bin/ldd", folder) == "libc6"
    assert owner(b"/usr/bin/ld", folder) is None
    assert owner(b"/usr/bin/ldd2", folder) is None
    assert owner(b"/bin/ldd", folder) is None


def test_many_paths_are_found_in_one_pass(tmp_path: Path) -> None:
    folder = installed(tmp_path, {f"p{n}": b"/.\n/usr/bin/tool%d\n/usr/bin/also%d" % (n, n) for n in range(20)})
    wanted = [b"/usr/bin/%s%d" % (kind, n) for n in range(25) for kind in (b"tool", b"also")]
    found, unseen = dpkg.find({path: path for path in wanted}, path=folder)
    assert unseen == []
    assert found == {b"/usr/bin/%s%d" % (kind, n): f"p{n}" for n in range(20) for kind in (b"tool", b"also")}


def test_any_spelling_leads_to_the_file(tmp_path: Path) -> None:
    folder = installed(tmp_path, {"rpcbind": b"/sbin/rpcbind\n"})
    assert owner(b"/usr/sbin/rpcbind", folder, also=(b"/sbin/rpcbind",)) == "rpcbind"


def test_diverted_files_belong_to_those_whose_they_are(tmp_path: Path) -> None:
    both = b"/usr/bin/pg_config\n"
    folder = installed(
        tmp_path,
        {"libpq-dev": both + b"/usr/bin/kept\n", "postgresql-common": both, "admin": b"/usr/bin/local\n"},
        diversions="/usr/bin/pg_config\n/usr/bin/pg_config.libpq-dev\npostgresql-common\n"
        "/usr/bin/local\n/usr/bin/local.distrib\n:\n/unfinished\n",
    )
    assert owner(b"/usr/bin/pg_config", folder) == "postgresql-common"
    assert owner(b"/usr/bin/pg_config.libpq-dev", folder) == "libpq-dev"
    # the administrator put a file of their own in its place
    assert owner(b"/usr/bin/local", folder) is None
    assert owner(b"/usr/bin/local.distrib", folder) == "admin"
    assert owner(b"/usr/bin/kept", folder) == "libpq-dev"


def test_a_diverted_path_is_its_diverters_in_whatever_order_lists_are_read(tmp_path: Path) -> None:
    lists = {f"{kind}{n}": b"/usr/bin/%d\n" % n for n in range(12) for kind in ("diverter", "other")}
    diversions = "".join(f"/usr/bin/{n}\n/usr/bin/{n}.real\ndiverter{n}\n" for n in range(12))
    folder = installed(tmp_path, lists, diversions=diversions)
    for n in range(12):
        assert owner(b"/usr/bin/%d" % n, folder) == f"diverter{n}"
        assert owner(b"/usr/bin/%d.real" % n, folder) == f"other{n}"


def test_a_list_that_cannot_be_read_is_told_and_hides_no_other(tmp_path: Path) -> None:
    folder = installed(tmp_path, {"good": b"/usr/bin/good\n"})
    os.mkfifo(tmp_path / "info" / "pipe.list")
    (tmp_path / "info" / "folder.list").mkdir()
    (tmp_path / "info" / "link.list").symlink_to(tmp_path / "info" / "good.list")
    found, unseen = dpkg.find({b"/usr/bin/good": b"g", b"/usr/bin/absent": b"a"}, path=folder)
    assert found == {b"g": "good"}
    assert {(item.reason, item.subject) for item in unseen} == {
        ("unreadable", f"path:{folder}/info/{name}.list") for name in ("pipe", "folder", "link")
    }


def test_a_list_over_the_limit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = installed(tmp_path, {"huge": b"/usr/bin/line\n" * 100_000})
    monkeypatch.setattr(dpkg, "_LIST_LIMIT", 1 << 20)
    found, unseen = dpkg.find({b"/usr/bin/absent": b"a"}, path=folder)
    assert found == {}
    assert [(item.missing, item.reason) for item in unseen] == [("package", "too-many")]


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    folder = installed(tmp_path, {})
    (tmp_path / "diversions").mkdir()
    assert dpkg.find({b"/x": b"/x"}, path=folder)[1][0].reason == "unreadable"
    assert dpkg.find({b"/x": b"/x"}, path=f"{folder}/none")[1][0].reason == "vanished"
    assert dpkg.database(str(tmp_path)) is None


@pytest.mark.parametrize("wanted", [2, 9])
@given(
    content=st.lists(st.sampled_from([b"/a", b"/bb", b"/a/b", b"", b"/" + b"c" * 20, b"x/a"]), max_size=40),
    size=st.integers(8, 64),
    ended=st.booleans(),
)
def test_lines_are_found_wherever_the_memory_ends(wanted: int, content: list[bytes], size: int, ended: bool) -> None:
    lines = [b"/a", b"/bb", *(b"/none%d" % number for number in range(wanted - 2))]
    memory = os.memfd_create("list")
    try:
        os.write(memory, b"\n".join(content) + (b"\n" if ended else b""))
        os.lseek(memory, 0, os.SEEK_SET)
        looked = dpkg.Lines(lines, size=size)
        # a line longer than the memory is cut, and the cut may leave what looks like a line
        exact = all(len(line) < size - 3 for line in content)
        found = looked._read(memory)
    finally:
        os.close(memory)
    if exact:
        assert found == set(content) & set(lines)
    else:
        assert found >= {line for line in set(content) & set(lines) if len(line) < size - 3}


@given(st.binary(max_size=200))
def test_diversions_are_whole_or_left_out(content: bytes) -> None:
    assert len(dpkg.diversions(content)) == (content.count(b"\n") + 1) // 3


@given(st.lists(st.binary(min_size=1, max_size=20), unique=True), st.sets(st.binary(max_size=40)))
def test_ordering_keeps_every_package(names: list[bytes], paths: set[bytes]) -> None:
    assert sorted(dpkg.order(names, paths)) == sorted(names)


def test_what_resembles_the_path_comes_first() -> None:
    names = [b"zlib1g", b"openssh-server", b"postgresql-15", b"python3.11-minimal"]
    assert dpkg.order(names, {b"/usr/sbin/sshd"})[0] == b"openssh-server"
    assert dpkg.order(names, {b"/usr/lib/postgresql/15/bin/postgres"})[0] == b"postgresql-15"
    assert dpkg.order(names, {b"/usr/bin/python3.11"})[0] == b"python3.11-minimal"
    assert dpkg.order([b"a-ssh-tool", b"ssh", b"ssh-tools"], {b"/usr/bin/ssh"})[0] == b"ssh"


@needs_dpkg
def test_version_and_digest_agree_with_dpkg_query_and_the_files() -> None:
    """Files that dpkg --verify would find intact have the digest that is told."""
    packages = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\n"], capture_output=True, text=True, check=True
    ).stdout
    versions = dict(line.split(" ") for line in packages.splitlines())
    for package, file in (("coreutils", "/bin/sleep"), ("dpkg", "/usr/bin/dpkg"), ("libc6", "/usr/bin/ldd")):
        if package not in versions:
            continue
        told = dpkg.tell(package, {os.fsencode(file), b"/usr" + os.fsencode(file)}, path=HERE)
        if package == "libc6":
            file, told = "/usr/bin/ldd", dpkg.tell("libc-bin", {b"/usr/bin/ldd"}, path=HERE)
            package = "libc-bin"
        assert told is not None
        assert told[0] == versions[package]
        assert told[1] == ("md5", hashlib.md5(Path(file).read_bytes()).hexdigest())


def test_digests_are_found_for_every_architecture(tmp_path: Path) -> None:
    folder = installed(tmp_path / "dpkg", {"a:amd64": b"/usr/x\n", "a:i386": b"/usr/y\n"})
    for architecture, path in (("amd64", "usr/x"), ("i386", "usr/y")):
        (tmp_path / f"dpkg/info/a:{architecture}.md5sums").write_text(
            f"{'0' * 31}{architecture[0].encode()[0] % 10}  {path}\n"
        )
    assert dpkg.tell("a", {b"/usr/y"}, path=folder) == (None, ("md5", "0" * 31 + str(ord("i") % 10)), True)
    assert dpkg.tell("a", {b"/usr/z"}, path=folder) == (None, None, True)
    assert dpkg.tell("b", {b"/usr/y"}, path=folder) is None
    assert dpkg.tell("../a", {b"/usr/y"}, path=folder) is None
    newest = max(os.stat(f"{folder}/info/a:{one}.list").st_ctime_ns for one in ("amd64", "i386"))
    assert dpkg.installed("a", path=folder) == newest
    assert dpkg.installed("b", path=folder) is None


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"0123456789abcdef0123456789abcdef  usr/bin/a\n", "0123456789abcdef0123456789abcdef"),
        (b"x\n0123456789abcdef0123456789abcdef  usr/bin/a\n", "0123456789abcdef0123456789abcdef"),
        (b"0123456789abcdef0123456789abcdef  usr/bin/a", None),
        (b"0123456789abcdef0123456789abcdeg  usr/bin/a\n", None),
        (b"00123456789abcdef0123456789abcdef  usr/bin/a\n", None),
        (b"0123456789abcdef  usr/bin/a\n", None),
        (b"0123456789abcdef0123456789abcdef  usr/bin/ab\n", None),
        (b"0123456789abcdef0123456789abcdef  opt/usr/bin/a\n", None),
        (b"", None),
    ],
)
def test_a_digest_is_a_whole_line(content: bytes, found: str | None) -> None:
    assert dpkg.md5sums(content, {b"/usr/bin/a"}) == found


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"Package: a\nVersion: 1\n\nPackage: ab\nVersion: 2\n", "1"),
        (b"Package: ab\nVersion: 2\n\nPackage: a\nDescription: x\n Version: 9\nVersion: 1:3-4\n", "1:3-4"),
        (b"Package: a\nStatus: x\n\nPackage: b\nVersion: 2\n", None),
        (b"", None),
    ],
)
def test_a_version_is_that_of_the_package(content: bytes, found: str | None) -> None:
    assert dpkg.version_of(content, b"a") == found


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=9))
def test_any_status_and_any_sums_are_survived(content: bytes, name: bytes) -> None:
    digest = dpkg.md5sums(content, {b"/" + name})
    assert digest is None or len(digest) == 32
    version = dpkg.version_of(content, name)
    assert version is None or len(version) <= 4 * 256
