"""Saved inspections: what was written is read back, and whatever else is in a file is refused with the place named."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import examples
from tests.model_strategies import records
from whoseport.host import saved
from whoseport.host.saved import load, parse
from whoseport.model import Answer, Inspection, Listing, Misuse, Query
from whoseport.render.json import to_json

REASONS = {
    "not-found",
    "not-permitted",
    "not-a-file",
    "unreadable",
    "too-large",
    "not-json",
    "too-deep",
    "no-host",
    "missing-key",
    "wrong-type",
    "unknown-word",
    "out-of-range",
    "no-evidence",
}


def document() -> Any:
    return json.loads(to_json(Listing(host=examples.inspection(examples.listener(1), examples.listener(2)))))


def refused(data: bytes, *, largest: int = saved.LARGEST) -> tuple[object, object]:
    with pytest.raises(Misuse) as caught:
        parse(data, largest=largest)
    assert caught.value.problem == "inspection-unreadable"
    return caught.value.fields["reason"], caught.value.fields["where"]


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records(Inspection), st.booleans())
def test_what_was_written_is_read_back(inspection: Inspection, indent: bool) -> None:
    assert parse(to_json(Listing(host=inspection), indent=indent).encode()) == inspection


def test_a_file_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = to_json(Listing(host=examples.inspection()))
    file = tmp_path / "db1.json"
    file.write_text(text, encoding="ascii")
    assert load(str(file)) == examples.inspection()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert load("-") == examples.inspection()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_encodings_that_shells_write(encoding: str) -> None:
    assert parse(json.dumps(document(), ensure_ascii=False).encode(encoding)).hostname == "db1"


def test_an_answer_holds_an_inspection_too() -> None:
    answer = Answer(query=Query(port=1, transport=None, text="1"), registry=None, host=examples.inspection())
    assert parse(to_json(answer).encode()) == examples.inspection()


def test_keys_of_a_later_version_are_passed_over() -> None:
    later = document()
    later["news"] = later["host"]["firewall"] = later["host"]["listeners"][0]["risk"] = {"any": ["thing", 1.5]}
    assert parse(encoded(later)) == parse(encoded(document()))


def test_keys_with_a_default_may_be_missing() -> None:
    earlier = document()
    for field in Inspection.__defaults__:
        del earlier["host"][field]
    assert parse(encoded(earlier)) == parse(encoded(document()))


def test_half_a_surrogate_pair_becomes_text_that_can_be_printed() -> None:
    odd = document()
    odd["host"]["hostname"] = "a\ud800b"
    assert parse(encoded(odd)).hostname == r"a\ud800b"


def put(place: tuple[str | int, ...], value: object) -> bytes:
    whole = document()
    node = whole
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    return encoded(whole)


LISTENER = ("host", "listeners", 1)


@pytest.mark.parametrize(
    ("place", "value", "reason", "where"),
    [
        ((*LISTENER, "port"), "80", "wrong-type", "host.listeners[1].port"),
        ((*LISTENER, "port"), 80.0, "wrong-type", "host.listeners[1].port"),
        ((*LISTENER, "port"), True, "wrong-type", "host.listeners[1].port"),
        ((*LISTENER, "port"), None, "wrong-type", "host.listeners[1].port"),
        ((*LISTENER, "port"), 65536, "out-of-range", "host.listeners[1].port"),
        ((*LISTENER, "port"), -1, "out-of-range", "host.listeners[1].port"),
        ((*LISTENER, "inode"), 2**64, "out-of-range", "host.listeners[1].inode"),
        ((*LISTENER, "inode"), -(2**63) - 1, "out-of-range", "host.listeners[1].inode"),
        ((*LISTENER, "v6only"), 1, "wrong-type", "host.listeners[1].v6only"),
        ((*LISTENER, "state"), "listening", "unknown-word", "host.listeners[1].state"),
        ((*LISTENER, "state"), ["listen"], "wrong-type", "host.listeners[1].state"),
        ((*LISTENER, "owners", 0, "command", 2), None, "wrong-type", "host.listeners[1].owners[0].command[2]"),
        ((*LISTENER, "owners", 0, "command"), "postgres", "wrong-type", "host.listeners[1].owners[0].command"),
        ((*LISTENER, "owners", 0), "postgres", "wrong-type", "host.listeners[1].owners[0]"),
        ((*LISTENER, "owners"), {}, "wrong-type", "host.listeners[1].owners"),
        (LISTENER, {}, "missing-key", "host.listeners[1].transport"),
        (
            (*LISTENER, "findings"),
            [{"claim": "a", "certainty": "proven", "evidence": []}],
            "no-evidence",
            "host.listeners[1].findings[0]",
        ),
        (("host", "settings", "ephemeral", "last"), 65536, "out-of-range", "host.settings.ephemeral.last"),
        (("host", "settings"), None, "wrong-type", "host.settings"),
        (("host",), None, "no-host", None),
        (("host",), [], "no-host", None),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(
    place: tuple[str | int, ...], value: object, reason: str, where: str | None
) -> None:
    assert refused(put(place, value)) == (reason, where)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"\xff\xff", "not-json"),
        (b'{"host": NaN}', "not-json"),
        (b'{"host": {"taken_at": ' + b"9" * 5000 + b"}}", "not-json"),
        (b"null", "no-host"),
        (b"[]", "no-host"),
        (b"{}", "no-host"),
        (b"[" * 500_000, "too-deep"),
        (b'{"host": {"later": ' + b"[" * 300_000 + b"]" * 300_000 + b"}}", "too-deep"),
        (b'{"a":' * 300_000, "too-deep"),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else value,
)
def test_what_is_no_inspection_is_refused(data: bytes, reason: str) -> None:
    assert refused(data) == (reason, None)


def test_size_is_bounded(tmp_path: Path) -> None:
    data = encoded(document())
    assert parse(data, largest=len(data)).hostname == "db1"
    assert refused(data, largest=len(data) - 1) == ("too-large", None)
    file = tmp_path / "large.json"
    file.write_bytes(data)
    with pytest.raises(Misuse, match="too-large"):
        load(str(file), largest=len(data) - 1)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="this system has no file without an end")
def test_a_file_without_an_end_is_read_no_further_than_allowed() -> None:
    with pytest.raises(Misuse, match="too-large"):
        load("/dev/zero", largest=1000)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, reason in [(tmp_path / "none.json", "not-found"), (tmp_path, "not-a-file")]:
        with pytest.raises(Misuse) as caught:
            load(str(path))
        assert caught.value.fields == {"path": str(path), "reason": reason, "where": None}
    with pytest.raises(Misuse, match="not-found"):
        load("nul\0byte")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no users to become")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "secret.json"
    file.touch(mode=0)
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(Misuse, match="not-permitted"):
            load(str(file))
    finally:
        os.seteuid(before)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(node: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found = [here] if here else []
    for key, value in inner:
        found += places(value, (*here, key))
    return found


def read_or_refused(data: bytes) -> None:
    try:
        read: object = parse(data)
    except Misuse as error:
        refusal = error
    else:
        assert isinstance(read, Inspection)
        return
    assert refusal.problem == "inspection-unreadable"
    assert refusal.fields["reason"] in REASONS


@given(st.sampled_from(places(document())), json_values)
def test_fuzz_one_value_replaced_by_any_other(place: tuple[str | int, ...], value: object) -> None:
    read_or_refused(put(place, value))


@given(st.binary(max_size=200))
def test_fuzz_any_bytes(data: bytes) -> None:
    read_or_refused(data)


@given(st.data())
def test_fuzz_a_document_cut_and_overwritten(data: st.DataObject) -> None:
    text = bytearray(encoded(document()))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    read_or_refused(bytes(text[: data.draw(st.integers(1, len(text)))] if data.draw(st.booleans()) else text))


def test_every_reason_is_documented() -> None:
    assert saved.load.__doc__ is not None
    for reason in REASONS:
        assert reason in saved.load.__doc__
