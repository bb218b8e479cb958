"""Owners of files by the rpm database: one that rpm wrote, one that rpm writes now, and damaged ones."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import rpm, rpm_header

RECORDING = Path(__file__).parent / "recordings" / "packages" / "porthole-rpmdb.sqlite.gz"
OWNED = (b"/usr/sbin/portholed", b"/usr/sbin/portholectl", b"/opt/porthole/bin/porthole")


def same(*paths: bytes) -> dict[bytes, bytes]:
    return {path: path for path in paths}


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    database = tmp_path / "var/lib/rpm/rpmdb.sqlite"
    database.parent.mkdir(parents=True)
    database.write_bytes(gzip.decompress(RECORDING.read_bytes()))
    return database


@pytest.fixture(scope="session")
def header(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The header of the recorded package, as rpm wrote it."""
    database = tmp_path_factory.mktemp("rpm") / "rpmdb.sqlite"
    database.write_bytes(gzip.decompress(RECORDING.read_bytes()))
    connection = sqlite3.connect(f"file:{database}?immutable=1", uri=True)
    try:
        blob = connection.execute("SELECT blob FROM Packages").fetchone()[0]
    finally:
        connection.close()
    assert isinstance(blob, bytes)
    return blob


def ndb(header: bytes, *, index: int = 7) -> bytes:
    """A database in the format of rpm's lib/backend/ndb/rpmpkg.c that holds one header; empty slots around it."""
    blob = struct.pack("<4sIII", b"BlbS", index, 1, len(header)) + header
    blob += bytes(-(len(blob) + 12) % 16) + struct.pack("<II4s", 0, len(header), b"BlbE")
    slots = [(0, 0, 0)] * 254
    slots[3] = (index, 256, len(blob) // 16)
    start = struct.pack("<4sIIII12x", b"RpmP", 0, 1, 1, index + 1)
    return start + b"".join(struct.pack("<4sIII", b"Slot", *slot) for slot in slots) + blob


def test_the_recorded_database_names_the_owner_and_is_left_as_it_was(recorded: Path, tmp_path: Path) -> None:
    before = recorded.read_bytes()
    path = rpm.database(str(tmp_path))
    assert path == str(recorded)
    wanted = same(*OWNED, b"/usr/bin/portholed", b"/usr/sbin/porthole", b"/sbin/portholed", b"/portholed", b"/\xff/x")
    owners, unseen = rpm.find(wanted, path=path)
    assert owners == dict.fromkeys(OWNED, "porthole")
    assert unseen == []
    assert recorded.read_bytes() == before
    assert os.listdir(recorded.parent) == [recorded.name]


def test_a_path_with_marks_of_a_uri_is_opened(tmp_path: Path) -> None:
    database = tmp_path / "a?mode=rw&b#c%20" / "rpmdb.sqlite"
    database.parent.mkdir()
    database.write_bytes(gzip.decompress(RECORDING.read_bytes()))
    assert rpm.find(same(OWNED[0]), path=str(database))[0] == {OWNED[0]: "porthole"}


@pytest.mark.skipif(shutil.which("rpmbuild") is None, reason="needs rpmbuild")
def test_a_database_that_rpm_writes_now(tmp_path: Path) -> None:
    specification = tmp_path / "quayside.spec"
    specification.write_text(
        "Name: quayside\nVersion: 1\nRelease: 1\nSummary: s\nLicense: Apache-2.0\nBuildArch: noarch\n%description\nd\n"
        "%install\nmkdir -p %{buildroot}/usr/bin %{buildroot}/usr/libexec/quay\n"
        "for n in $(seq 60); do\n"
        "echo $n > %{buildroot}/usr/bin/quay$n; echo $n > %{buildroot}/usr/libexec/quay/q$n\ndone\n"
        "%files\n/usr/bin/*\n/usr/libexec/quay\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "LC_ALL": "C"}
    top = f"_topdir {tmp_path}/top"
    database = tmp_path / "db"
    database.mkdir()
    rpm_command = ["rpm", "--define", "_db_backend sqlite", "--dbpath", str(database)]

    def run(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("rpmbuild", "-bb", "--quiet", "--define", top, str(specification))
    run(*rpm_command, "--initdb")
    built = str(tmp_path / "top/RPMS/noarch/quayside-1-1.noarch.rpm")
    run(*rpm_command, "-i", "--nodeps", "--justdb", "--noscripts", built)
    listed = [os.fsencode(line) for line in run(*rpm_command, "-ql", "quayside").splitlines()]
    assert len(listed) == 121
    owners, unseen = rpm.find(same(*listed, b"/usr/bin/q1"), path=str(database / "rpmdb.sqlite"))
    assert owners == dict.fromkeys(listed, "quayside")
    assert unseen == []


def test_what_waits_in_the_journal_makes_no_owner_uncertain(recorded: Path) -> None:
    Path(f"{recorded}-wal").write_bytes(b"x" * 100)
    assert rpm.find(same(OWNED[0]), path=str(recorded))[1] == []
    unseen = rpm.find(same(b"/usr/bin/newer"), path=str(recorded))[1]
    assert [(item.reason, item.subject) for item in unseen] == [("unreadable", f"path:{recorded}")]


def test_ndb_names_the_owner(tmp_path: Path, header: bytes) -> None:
    database = tmp_path / "usr/lib/sysimage/rpm/Packages.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(ndb(header))
    path = rpm.database(str(tmp_path))
    assert path == str(database)
    assert rpm.ndb_slots(ndb(header)[32:4096]) == [(7, 256, (len(header) + 16 + 12 + 15) // 16)]
    assert rpm.find(same(*OWNED, b"/usr/bin/absent"), path=path) == (dict.fromkeys(OWNED, "porthole"), [])
    database.write_bytes(ndb(header).replace(b"BlbS\x07", b"BlbS\x08"))
    assert rpm.find(same(*OWNED), path=path) == ({}, [])


def test_the_old_format_is_told_as_not_supported(tmp_path: Path) -> None:
    database = tmp_path / "var/lib/rpm/Packages"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"\0" * 12 + b"\x61\x15\x06\0")
    path = rpm.database(str(tmp_path))
    assert path == str(database)
    owners, unseen = rpm.find(same(OWNED[0]), path=path)
    assert owners == {}
    assert [(item.reason, item.subject) for item in unseen] == [("not-supported", f"path:{database}")]


def test_no_database_is_none(tmp_path: Path) -> None:
    assert rpm.database(str(tmp_path)) is None


@pytest.mark.parametrize("name", ["rpmdb.sqlite", "Packages.db"])
@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + b"\xff" * 4096, b"RpmP" + b"\xff" * 5000, b"RpmP\0\0"])
def test_damaged_databases_are_told(tmp_path: Path, name: str, content: bytes) -> None:
    database = tmp_path / name
    database.write_bytes(content)
    owners, unseen = rpm.find(same(OWNED[0]), path=str(database))
    assert owners == {}
    assert [item.reason for item in unseen] == ["unreadable"]


@pytest.mark.parametrize("name", ["rpmdb.sqlite", "Packages.db"])
def test_a_pipe_in_place_of_a_database_does_not_hold_us(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert rpm.find(same(OWNED[0]), path=str(tmp_path / name))[1][0].reason == "unreadable"
    assert rpm.find(same(OWNED[0]), path=str(tmp_path / "none" / name))[1][0].reason == "vanished"


def test_an_endless_view_is_given_up(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "rpmdb.sqlite")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
    connection.execute("CREATE TABLE Dirnames (key TEXT, hnum INTEGER)")
    connection.execute(
        "CREATE VIEW Basenames AS WITH RECURSIVE n(hnum) AS (SELECT 1 UNION ALL SELECT hnum + 1 FROM n)"
        " SELECT 'portholed' AS key, hnum FROM n"
    )
    connection.commit()
    connection.close()
    assert rpm.find(same(OWNED[0]), path=str(tmp_path / "rpmdb.sqlite"))[1][0].reason == "unreadable"


@given(st.data())
def test_a_damaged_header_owns_the_file_or_nothing(header: bytes, data: st.DataObject) -> None:
    damaged = bytearray(header)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    for content in (bytes(damaged), cut):
        name = rpm_header.owner_of(content, OWNED[0])
        assert name is None or isinstance(name, str)


@given(st.binary(max_size=400), st.sampled_from([b"/a", b"/", b"", b"a", b"/usr/sbin/portholed"]))
def test_any_bytes_are_a_header_without_effect(content: bytes, path: bytes) -> None:
    assert rpm_header.owner_of(content, path) is None
    assert rpm.ndb_header(content, 1) == b"" or content[:4] == b"BlbS"


@given(st.binary(max_size=200))
def test_slots_are_told_or_refused(content: bytes) -> None:
    try:
        slots = rpm.ndb_slots(content)
    except rpm.Unusable:
        assert content[:4] != b"Slot" or len(content) > 16
    else:
        assert len(slots) <= len(content) // 16


def test_files_that_are_not_there_are_not_owned(header: bytes) -> None:
    # the tag of the file states stands once in the index; its first byte of five is the state of /opt/porthole
    found = rpm_header.entries(header)
    assert found is not None
    states = found[1029][2]
    position = header.index(struct.pack(">I", 1029), 8)
    offset = struct.unpack_from(">I", header, position + 8)[0]
    amount = struct.unpack_from(">I", header)[0]
    names = rpm_header.strings(found, 1117)
    at = 8 + 16 * amount + offset + names.index(b"portholed")
    assert states[: len(names)] == bytes(len(names))
    for state, owner in ((0, "porthole"), (1, None), (2, None), (3, "porthole"), (4, None)):
        changed = header[:at] + bytes([state]) + header[at + 1 :]
        assert rpm_header.owner_of(changed, OWNED[0]) == owner
        assert rpm_header.owner_of(changed, OWNED[1]) == "porthole"


def test_the_recorded_database_tells_version_and_digest(recorded: Path) -> None:
    digests = []
    for path in OWNED:
        told = rpm.tell("porthole", {path, b"/nowhere"}, path=str(recorded))
        assert told is not None
        version, digest, read = told
        assert version is not None
        assert version[0].isdigit()
        assert "-" in version
        assert read
        # one of them is a link, which has none
        assert digest is None or (digest[0], len(digest[1])) == ("sha256", 64)
        digests.append(digest)
    assert sum(digest is not None for digest in digests) == 2
    assert rpm.tell("porthole", {b"/nowhere"}, path=str(recorded)) == (version, None, True)
    assert rpm.tell("another", {OWNED[0]}, path=str(recorded)) is None
    assert rpm.tell("porthole", {OWNED[0]}, path=str(recorded) + ".none") is None


def test_ndb_tells_the_same(recorded: Path, header: bytes, tmp_path: Path) -> None:
    (tmp_path / "Packages.db").write_bytes(ndb(header))
    by_sqlite = rpm.tell("porthole", {OWNED[0]}, path=str(recorded))
    assert rpm.tell("porthole", {OWNED[0]}, path=str(tmp_path / "Packages.db")) == by_sqlite
    assert rpm.tell("another", {OWNED[0]}, path=str(tmp_path / "Packages.db")) is None


@given(st.data())
def test_what_a_damaged_header_tells_is_bounded(header: bytes, data: st.DataObject) -> None:
    damaged = bytearray(header)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    told = rpm_header.told_by(bytes(damaged), b"porthole", set(OWNED))
    assert told is None or told[1] is None or told[1][0] in {"md5", "sha1", "sha256", "sha384", "sha512", "sha224"}
