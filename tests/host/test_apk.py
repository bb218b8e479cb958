"""Owners of files by apk's list of what is installed."""

from __future__ import annotations

import os
from binascii import a2b_base64, b2a_base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import apk

RECORDING = Path(__file__).parent / "recordings" / "packages" / "apk-installed"


def same(*paths: bytes) -> dict[bytes, bytes]:
    return {path: path for path in paths}


@pytest.mark.parametrize("place", apk.PLACES)
def test_the_recorded_list_names_the_owner(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes(RECORDING.read_bytes())
    path = apk.database(str(tmp_path))
    assert path == f"{tmp_path}/{place}"
    wanted = same(
        b"/bin/busybox", b"/usr/sbin/nginx", b"/usr/bin/nginx", b"/nginx", b"/usr/share/udhcpc/default.script"
    )
    assert apk.find(wanted, path=path) == (
        {b"/bin/busybox": "busybox", b"/usr/sbin/nginx": "nginx", b"/usr/share/udhcpc/default.script": "busybox"},
        [],
    )


def test_many_paths_are_found_in_one_pass() -> None:
    content = RECORDING.read_bytes()
    wanted = same(b"/bin/busybox", b"/usr/sbin/nginx", *(b"/usr/bin/none%d" % number for number in range(30)))
    assert apk.owners(content, wanted) == {b"/bin/busybox": "busybox", b"/usr/sbin/nginx": "nginx"}


def test_another_spelling_leads_to_the_same_file() -> None:
    spellings = {b"/usr/bin/busybox": b"/usr/bin/busybox", b"/bin/busybox": b"/usr/bin/busybox"}
    assert apk.owners(RECORDING.read_bytes(), spellings) == {b"/usr/bin/busybox": "busybox"}


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert apk.database(str(tmp_path)) is None
    missing = apk.find(same(b"/a"), path=str(tmp_path / "none"))
    assert [(item.reason, item.subject) for item in missing[1]] == [("vanished", f"path:{tmp_path}/none")]
    os.mkfifo(tmp_path / "pipe")
    assert apk.find(same(b"/a"), path=str(tmp_path / "pipe"))[1][0].reason == "unreadable"
    monkeypatch.setattr(apk, "_LIMIT", 100)
    assert apk.find(same(b"/a"), path=str(RECORDING))[1][0].reason == "too-many"


LINES = st.sampled_from(
    [b"P:one", b"P:", b"F:usr/bin", b"F:", b"R:tool", b"R:", b"", b"\xff:\xff", b"Z:Q1", b"R:tool\r"]
)


@given(st.lists(LINES, max_size=40).map(b"\n".join) | st.binary(max_size=300))
def test_any_list_is_taken_apart(content: bytes) -> None:
    few = apk.owners(content, same(b"/usr/bin/tool"))
    assert set(few.values()) <= {"one"}
    many = apk.owners(content, same(b"/usr/bin/tool", *(b"/none/%d" % number for number in range(20))))
    assert few == many


def test_a_record_without_a_name_owns_nothing() -> None:
    assert apk.owners(b"F:usr/bin\nR:tool\n\nP:two\nF:usr\nR:tool\n", same(b"/usr/bin/tool")) == {}
    assert apk.owners(b"P:two\nF:usr/bin\nR:tool", same(b"/usr/bin/tool")) == {b"/usr/bin/tool": "two"}


RECORD = b"""P:busybox
V:1.36.1-r2
F:bin
R:busybox
a:0:0:755
Z:Q1qUqP0cyZ4xvJ1vF3hPq3cUMFkGI=
F:etc
R:odd
Z:Q3AAAA
R:none
F:
R:root
Z:Q2%s
"""


def test_version_and_digest_are_those_of_the_record(tmp_path: Path) -> None:
    sha256 = bytes(range(32))
    file = tmp_path / "installed"
    file.write_bytes(
        b"P:other\nV:9\nF:bin\nR:busybox\nZ:Q1AAAA\n\n" + RECORD % b2a_base64(sha256, newline=False) + b"\n"
    )
    sha1 = a2b_base64("qUqP0cyZ4xvJ1vF3hPq3cUMFkGI=").hex()
    for path, digest in (
        (b"/bin/busybox", ("sha1", sha1)),
        (b"/etc/odd", None),
        (b"/etc/none", None),
        (b"/root", ("sha256", sha256.hex())),
        (b"/bin/odd", None),
    ):
        assert apk.tell("busybox", {path}, path=str(file)) == ("1.36.1-r2", digest, True)
    assert apk.tell("nothing", {b"/bin/busybox"}, path=str(file)) is None
    assert apk.tell("busybox", {b"/bin/busybox"}, path=str(tmp_path / "missing")) is None


def test_the_recorded_list_tells_versions() -> None:
    told = apk.tell("nginx", {b"/usr/sbin/nginx"}, path=str(RECORDING))
    assert told is not None
    assert told[0] is not None
    assert told[0][0].isdigit()


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"F:bin", b"R:x", b"V:1", b"Z:Q1", b"Z:Q2"])))
def test_any_record_is_survived(rows: list[bytes]) -> None:
    version, digest = apk.version_and_digest(rows, {b"/bin/x"})
    assert version is None or isinstance(version, str)
    assert digest is None or len(digest[1]) in (40, 64)
