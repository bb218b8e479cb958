"""Does an update take a good registry into use and say what changed, and leave everything as it was at any other?"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.http_server import Conversation, Server, redirecting, saying, serving, stalling
from tests.registry.iana_xml_writer import named, nameless, small_registry, write_xml
from whoseport.model import BrokenSurroundings, Misuse, Snapshot
from whoseport.registry import open_registry, remembered
from whoseport.registry import update as update_module
from whoseport.registry.compiler import compile_facts
from whoseport.registry.connection import Bounds
from whoseport.registry.download import Validators
from whoseport.registry.facts import read_folder
from whoseport.registry.iana_xml import parse
from whoseport.registry.update import update

if TYPE_CHECKING:
    from tests.registry.http_server import Behaviour
    from whoseport.model import ServiceRecord

FACTS = Path(__file__).parents[2] / "data" / "registry"
OLD = write_xml(small_registry(), updated="2031-05-01")


def grown() -> tuple[ServiceRecord, ...]:
    """The small registry after a service was described anew and another took 49001/tcp out of the last gap."""
    records = list(small_registry())
    assert records[-1] == nameless(41401, 49151)
    assert records[-3] == named("service-59", 41400)
    records[-3] = named("service-59", 41400, description="Renewed")
    udp = nameless(49001, 49001, description="Reserved").replace(transport="udp")
    records[-1:] = [nameless(41401, 49000), named("newcomer", 49001), udp, nameless(49002, 49151)]
    return tuple(records)


NEW = write_xml(grown(), updated="2031-06-01")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's snapshot lies, of OLD at first; no proxy, and nothing of the machine's own data."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    place = tmp_path / "data" / "whoseport" / "snapshot.bin"
    place.parent.mkdir(parents=True)
    place.write_bytes(compiled(OLD))
    return place


def compiled(xml: bytes, *, source: str = "test") -> bytes:
    return compile_facts(parse(xml, source=source))


def saved(xml: bytes, place: Path) -> str:
    path = place.parents[2] / "registry.xml"
    path.write_bytes(xml)
    return str(path)


def updated_of(place: Path) -> str:
    return open_registry(str(place)).snapshot.updated


# --- what goes well ------------------------------------------------------------------------------------------------


def test_an_update_from_an_address_tells_what_changed(place: Path) -> None:
    heard: list[int] = []
    with Server(serving(NEW, etag='"new"')) as server:
        report = update(source=server.address(), progress=lambda received, _expected: heard.append(received))
    assert (report.status, report.source, report.path) == ("updated", server.address(), str(place))
    assert report.before is not None
    assert (report.before.updated, report.after.updated) == ("2031-05-01", "2031-06-01")
    assert report.after == open_registry(str(place)).snapshot
    assert report.after.source == server.address()
    assert [(change.first, change.last, change.service_name) for change in report.added] == [
        (41401, 49000, None),
        (49001, 49001, "newcomer"),
        (49001, 49001, None),
        (49002, 49151, None),
    ]
    assert [(change.first, change.last, change.after) for change in report.removed] == [(41401, 49151, None)]
    [changed] = report.changed
    assert (changed.service_name, changed.differing) == ("service-59", ("description",))
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before.description, changed.after.description) == ("A service", "Renewed")
    assert heard[-1] > 0
    [status] = open_registry(str(place)).lookup(49001).transports.tcp.assignments
    assert status.service_name == "newcomer"
    assert sorted(os.listdir(place.parent)) == ["snapshot.bin", remembered.NAME, "update.lock"]


def test_a_second_update_fetches_nothing(place: Path) -> None:
    with Server(serving(NEW, etag='"new"', last_modified="Sun, 01 Jun 2031 00:00:00 GMT")) as server:
        update(source=server.address())
        content = place.read_bytes()
        report = update(source=server.address())
        asked = server.requests[1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"new"', "Sun, 01 Jun 2031 00:00:00 GMT")
    assert (report.status, report.path, report.added) == ("not-modified", None, ())
    assert report.before == report.after
    assert place.read_bytes() == content


def test_what_was_remembered_of_another_snapshot_or_address_is_not_asked(place: Path) -> None:
    with Server(serving(NEW, etag='"new"')) as server:
        update(source=server.address())
        assert update(source=server.address("/elsewhere.xml")).status == "unchanged"
        assert "if-none-match" not in server.requests[1].headers
        place.write_bytes(compiled(OLD))
        assert update(source=server.address("/elsewhere.xml")).status == "updated"
        assert "if-none-match" not in server.requests[2].headers
        (place.parent / remembered.NAME).write_bytes(b"\xff{")
        assert update(source=server.address("/elsewhere.xml")).status == "unchanged"
        assert update(source=server.address("/elsewhere.xml")).status == "not-modified"


def test_the_same_registry_is_not_written_again(place: Path) -> None:
    stamp = place.stat()
    report = update(source=saved(OLD, place))
    assert (report.status, report.path) == ("unchanged", None)
    assert place.stat().st_ino == stamp.st_ino


def test_a_correction_of_the_same_day_is_taken(place: Path) -> None:
    assert update(source=saved(write_xml(grown(), updated="2031-05-01"), place)).status == "updated"


@pytest.mark.parametrize("packed", [False, True])
def test_an_update_from_a_file(place: Path, packed: bool) -> None:
    path = saved(gzip.compress(NEW) if packed else NEW, place)
    report = update(source=path)
    assert (report.status, report.after.source) == ("updated", path)
    assert updated_of(place) == "2031-06-01"


def test_the_first_update_makes_the_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deeper = place.parent / "deeper"
    monkeypatch.setenv("XDG_DATA_HOME", str(deeper))
    report = update(source=saved(NEW, place), allow_loss=True)
    assert report.path == str(deeper / "whoseport" / "snapshot.bin")
    assert open_registry().snapshot == report.after


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_what_is_written_has_the_rights_that_the_user_gives_by_default(place: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        update(source=saved(NEW, place))
    finally:
        os.umask(before)
    assert place.stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_damaged_snapshot_is_replaced(place: Path) -> None:
    content = bytearray(place.read_bytes())
    content[20:40] = bytes(20)
    place.write_bytes(content)
    with Server(serving(NEW)) as server:
        assert update(source=server.address(), allow_loss=True).status == "updated"
    assert updated_of(place) == "2031-06-01"


def test_a_damaged_snapshot_is_replaced_by_what_the_package_holds_too(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = pack(OLD, place, monkeypatch)
    place.write_bytes(b"damaged")
    with Server(serving(OLD, etag='"old"')) as server:
        report = update(source=server.address())
        assert (report.status, report.added, report.changed) == ("updated", (), ())
        assert report.before == open_registry(str(packaged)).snapshot
        assert updated_of(place) == "2031-05-01"
        place.write_bytes(b"damaged")
        assert update(source=server.address()).status == "updated"


def pack(xml: bytes, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes it the snapshot that the package brings along."""
    packaged = place.parents[1] / "packaged.bin"
    packaged.write_bytes(compiled(xml))
    monkeypatch.setattr("whoseport.registry.packaged_snapshot_path", lambda: str(packaged))
    monkeypatch.setattr(update_module, "packaged_snapshot_path", lambda: str(packaged))
    return packaged


def test_the_whole_registry_survives_the_way_through_xml(place: Path) -> None:
    facts = read_folder(FACTS)
    xml = write_xml(facts.records, updated="2031-06-01")
    assert parse(xml, source="").records == facts.records
    with Server(serving(xml)) as server:
        report = update(source=server.address())
    assert report.after.records == len(facts.records)
    assert tuple(open_registry(str(place)).records()) == facts.records


# --- what is refused -----------------------------------------------------------------------------------------------

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE registry [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + b"".join(b'<!ENTITY %c "%b">' % (99 + level, b"&%c;" % (98 + level) * 10) for level in range(20))
    + b'<!ENTITY z "&v;">]><registry xmlns="http://www.iana.org/assignments">&z;</registry>'
)
HOLED = tuple(record for record in small_registry() if record.assignment.first not in (101, 100))
UNWANTED: dict[str, tuple[bytes, str]] = {
    "html": (b"\n<!DOCTYPE html><html><body>Please log in</body></html>", "registry-is-html"),
    "xhtml": (b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', "registry-is-html"),
    "empty": (b"", "registry-not-well-formed"),
    "cut": (NEW[:-200], "registry-not-well-formed"),
    "billion-laughs": (LAUGHS, "registry-doctype"),
    "external-entity": (
        b'<!DOCTYPE registry [<!ENTITY x SYSTEM "file:///etc/passwd">]><registry>&x;</registry>',
        "registry-doctype",
    ),
    "another-registry": (
        write_xml(grown(), updated="2031-06-01", identity="dns-parameters"),
        "registry-not-the-registry",
    ),
    "no-date": (write_xml(grown(), updated="soon"), "registry-not-the-registry"),
    "older": (write_xml(grown(), updated="2031-04-30"), "registry-older"),
    "a-tenth-lost": (write_xml(small_registry(54), updated="2031-06-01"), "registry-shrunk"),
    "names-lost": (
        write_xml(
            [
                nameless(record.assignment.first or 0, record.assignment.last or 0)
                if record.assignment.first in range(100, 5000, 700)
                else record
                for record in small_registry()
            ],
            updated="2031-06-01",
        ),
        "registry-shrunk",
    ),
    "uncovered": (write_xml(HOLED, updated="2031-06-01"), "registry-incomplete"),
    "uncovered-udp": (
        write_xml(
            [*HOLED, nameless(100, 799).replace(transport="tcp")],
            updated="2031-06-01",
        ),
        "registry-incomplete",
    ),
}


BOUNDS = Bounds(connect=5, idle=0.2, total=30, largest=1 << 20)


def refused(source: str, place: Path, *, allow_older: bool = False) -> BrokenSurroundings:
    """The problem; everything is as it was."""
    content = place.read_bytes()
    with pytest.raises(BrokenSurroundings) as raised:
        update(source=source, allow_older=allow_older, bounds=BOUNDS, patience=0)
    assert raised.value.exit_status == 4
    assert place.read_bytes() == content
    assert set(os.listdir(place.parent)) <= {"snapshot.bin", "update.lock"}
    return raised.value


@pytest.mark.parametrize("unwanted", UNWANTED)
def test_what_cannot_be_the_registry_is_refused(place: Path, unwanted: str) -> None:
    body, problem = UNWANTED[unwanted]
    with Server(serving(body)) as server:
        assert refused(server.address(), place).problem == problem
    assert refused(saved(body, place), place).problem == problem


def test_the_refusals_say_how_much(place: Path) -> None:
    problems = {name: refused(saved(UNWANTED[name][0], place), place).fields for name in UNWANTED}
    assert problems["older"] == {"updated": "2031-04-30", "in_use": "2031-05-01"}
    assert problems["a-tenth-lost"] == {"counted": "records", "before": 181, "after": 163}
    assert problems["names-lost"] == {"counted": "named", "before": 120, "after": 106}
    assert problems["uncovered"] == {"transport": "tcp", "uncovered": 700, "allowed": 200}
    assert problems["uncovered-udp"] == {"transport": "udp", "uncovered": 700, "allowed": 200}


BAD_SERVERS: dict[str, tuple[Behaviour, str]] = {
    "missing": (lambda conversation: conversation.answer(status="404 Not Found"), "download-refused"),
    "down": (lambda conversation: conversation.answer(status="500 Oh"), "download-refused"),
    "busy": (lambda conversation: conversation.answer(status="429 Slow down"), "download-refused"),
    "cut": (lambda conversation: conversation.answer(NEW[:999], Content_Length="9999"), "download-truncated"),
    "lying": (lambda conversation: conversation.answer(NEW, Content_Length="999"), "registry-not-well-formed"),
    "stalled": (stalling(), "download-timed-out"),
    "elsewhere": (redirecting("file:///etc/passwd"), "download-redirect-refused"),
    "bomb": (lambda conversation: conversation.answer(gzip.compress(bytes(1 << 21))), "download-too-large"),
    "nonsense": (saying(b"\x00" * 100), "download-not-http"),
}


@pytest.mark.parametrize("server", BAD_SERVERS)
def test_a_bad_server_changes_nothing(place: Path, server: str) -> None:
    behaviour, problem = BAD_SERVERS[server]
    with Server(behaviour) as bad:
        assert refused(bad.address(), place).problem == problem


def test_a_server_killed_half_way_changes_nothing(place: Path) -> None:
    def die(conversation: Conversation) -> None:
        conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + NEW[:1000])
        conversation.connection.close()

    with Server(die) as server:
        assert refused(server.address(), place).problem == "download-truncated"
        server.behaviour = serving(NEW)
        assert update(source=server.address()).status == "updated"


def test_older_and_smaller_are_taken_when_asked_for(place: Path) -> None:
    older = write_xml(grown(), updated="2031-04-30")
    assert update(source=saved(older, place), allow_older=True).status == "updated"
    assert updated_of(place) == "2031-04-30"
    lost = write_xml(small_registry(30), updated="2031-06-01")
    assert refused(saved(lost, place), place, allow_older=True).problem == "registry-shrunk"
    assert update(source=saved(lost, place), allow_loss=True).status == "updated"


def test_what_would_be_passed_over_is_not_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(OLD, place, monkeypatch)
    older = saved(write_xml(grown(), updated="2031-04-30"), place)
    problem = refused(older, place, allow_older=True)
    assert problem.problem == "registry-older-than-packaged"
    assert problem.fields == {"updated": "2031-04-30", "packaged": "2031-05-01"}


@pytest.mark.parametrize("flaw", ["another", "another-snapshot", "damaged", "nothing"])
def test_what_was_compiled_wrong_never_comes_into_use(place: Path, monkeypatch: pytest.MonkeyPatch, flaw: str) -> None:
    right = compiled(NEW)
    wrong = {
        "another": compiled(OLD),
        "another-snapshot": right,  # its source is not the file
        "damaged": right[:-9] + b"\xff" * 9,
        "nothing": b"",
    }[flaw]
    monkeypatch.setattr(update_module, "compile_facts", lambda _facts: wrong)
    assert refused(saved(NEW, place), place).problem == "update-miscompiled"


def test_a_source_of_another_kind_is_misuse(place: Path) -> None:
    with pytest.raises(Misuse) as raised:
        update(source="file:///etc/passwd")
    assert raised.value.problem == "source-scheme-unsupported"
    assert refused(str(place.parent / "none.xml"), place).problem == "file-unreadable"


# --- what is remembered --------------------------------------------------------------------------------------------

KEPT = Snapshot(source="a", updated="2031-05-01", sha256="0" * 64, records=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["address", "sha256", "etag"]) | st.text(), inner),
    max_leaves=8,
)


@given(etag=st.none() | st.text(), date=st.none() | st.text(), address=st.text())
def test_what_is_remembered_is_read_back(etag: str | None, date: str | None, address: str) -> None:
    validators = Validators(etag=etag, last_modified=date)
    text = remembered.text_of(validators, address=address, snapshot=KEPT)
    assert remembered.parse(text, address=address, snapshot=KEPT) == validators
    assert remembered.parse(text, address=address + "x", snapshot=KEPT) is None
    assert remembered.parse(text, address=address, snapshot=KEPT.replace(sha256="1" * 64)) is None


@given(text=st.one_of(st.binary(), JSON.map(lambda value: json.dumps(value).encode()), st.just(b"[" * 9999)))
def test_damaged_notes_are_no_notes(text: bytes) -> None:
    assert remembered.parse(text, address="a", snapshot=KEPT) is None
