"""JSON text against a conversion of its own, for every record that the model can hold."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import examples
from tests.model_strategies import RECORDS, records
from whoseport.model import Answer, Answers, Evidence, Finding, Listing, Process, Query, SearchResults
from whoseport.record import Record
from whoseport.render import json as json_module
from whoseport.render.json import pieces, to_json, to_json_lines


def plain(value: Any) -> Any:
    """What the document must say, found without the module under test."""
    if isinstance(value, Record):
        return {field: plain(getattr(value, field)) for field in type(value).__fields__}
    return [plain(element) for element in value] if isinstance(value, tuple) else value


class One(Record):
    only: object


class Nothing(Record):
    pass


class Anything(Record):
    first: object
    second: object


scalars = st.none() | st.booleans() | st.integers() | st.text(st.characters())  # halves of surrogate pairs, too
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.builds(One, only=inner)
        | st.builds(Anything, first=inner, second=inner)
        | st.just(Nothing())
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.sampled_from(RECORDS).flatmap(records))
def test_every_record_of_the_model_is_written_as_it_is(record: Record) -> None:
    compact, indented = to_json(record), to_json(record, indent=True)
    assert json.loads(compact) == json.loads(indented) == plain(record)
    assert "".join(pieces(record)) == compact
    assert list(to_json_lines((record, record))) == [compact + "\n"] * 2


@given(st.builds(Anything, first=values, second=values))
def test_any_value_is_written_as_it_is_in_printable_ascii(record: Record) -> None:
    compact, indented = to_json(record), to_json(record, indent=True)
    assert json.loads(compact) == json.loads(indented) == plain(record)
    for text in (compact, indented.replace("\n", "")):
        assert all(" " <= character <= "~" for character in text)


def test_what_could_steer_a_terminal_is_escaped() -> None:
    assert to_json(One(only="\x7f\x1b\x9b\u202e\n\ud800")) == '{"only":"\\u007f\\u001b\\u009b\\u202e\\n\\ud800"}'
    assert list(to_json_lines([One(only="\x7f")])) == ['{"only":"\\u007f"}\n']


def test_keys_stand_in_the_order_of_the_model() -> None:
    document = json.loads(to_json(Listing(host=examples.inspection())))
    assert list(document["host"]) == list(examples.inspection().fields())
    listener = document["host"]["listeners"][0]
    assert list(listener) == list(examples.listener().fields())
    assert list(listener["owners"][0]) == list(examples.DATABASE.fields())


def test_indented_text_reads_as_a_document() -> None:
    finding = Finding(claim="deleted", certainty="proven", evidence=(Evidence(source="exe", observed="/a"),))
    assert to_json(finding, indent=True) == (
        '{\n  "claim": "deleted",\n  "certainty": "proven",\n  "evidence": [\n    {\n'
        '      "source": "exe",\n      "observed": "/a"\n    }\n  ]\n}'
    )
    assert to_json(SearchResults(results=()), indent=True) == '{\n  "results": []\n}'


def test_compact_text_has_no_blanks() -> None:
    assert to_json(Query(port=1, transport=None, text="1 ")) == '{"port":1,"transport":null,"text":"1 "}'
    assert to_json(One(only=Nothing())) == '{"only":{}}'


def test_a_process_that_listeners_share_is_written_for_each() -> None:
    host = examples.inspection(examples.listener(1), examples.listener(2))
    owners = [listener["owners"] for listener in json.loads(to_json(Listing(host=host)))["host"]["listeners"]]
    assert owners == [[plain(examples.DATABASE)]] * 2


def test_processes_that_do_not_live_at_once_are_not_taken_for_one() -> None:
    lines = to_json_lines(examples.DATABASE.replace(pid=pid) for pid in range(50))
    assert [json.loads(line)["pid"] for line in lines] == list(range(50))


def test_a_listing_comes_in_a_piece_for_each_listener() -> None:
    host = examples.inspection(*(examples.listener(port) for port in range(1000)))
    longest = max(len(piece) for piece in pieces(Listing(host=host)))
    assert longest < 2 * len(to_json(examples.listener()))
    answer = Answer(query=Query(port=1, transport=None, text="1"), registry=None, host=host)
    assert max(len(piece) for piece in pieces(Answers(answers=(answer, answer)))) == longest


@pytest.mark.parametrize("value", [1.5, b"raw", ["list"], {"key": 1}, object()], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("indent", [False, True])
def test_what_json_cannot_say_is_an_error(value: object, indent: bool) -> None:
    with pytest.raises(TypeError, match=f"no way to say {type(value).__name__}"):
        to_json(One(only=value), indent=indent)


def test_an_interpreter_without_the_accelerator_writes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_json", None)
    specification = importlib.util.spec_from_file_location("slow_json", json_module.__file__)
    assert specification is not None
    assert specification.loader is not None
    slow = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(slow)
    process = examples.DATABASE.replace(name="\x1b\x7f\ud800漢\u202e")
    assert isinstance(process, Process)
    assert slow.to_json(process) == to_json(process)


def test_writing_json_imports_nothing_of_the_standard_library_but_builtins() -> None:
    program = (
        "import sys; sys.path[:0] = %r; before = set(sys.modules); import whoseport.render.json;"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('whoseport')))"
    ) % [path for path in sys.path if path]
    run = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) <= {"_json", "_operator", "__future__"}
