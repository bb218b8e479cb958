"""The shapes of the model's fields, against what a type checker would read there."""

from __future__ import annotations

import pytest

from tests.model_strategies import RECORDS
from whoseport import model, shapes
from whoseport.record import Record
from whoseport.shapes import OrNone, RecordOf, Scalar, TupleOf, Words, shapes_of

TEXT = Scalar(kind=str)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_field_of_the_model_has_a_shape_in_order(kind: type[Record]) -> None:
    assert tuple(shapes_of(kind)) == kind.__fields__


def test_every_way_to_write_a_field() -> None:
    listener = shapes_of(model.Listener)
    assert listener["transport"] == Words(words=("tcp", "udp", "sctp", "dccp"))
    assert listener["address"] == TEXT
    assert listener["port"] == Scalar(kind=int)
    assert listener["v6only"] == OrNone(of=Scalar(kind=bool))
    assert listener["owners"] == TupleOf(of=RecordOf(kind=model.Process))
    assert listener["findings"] == OrNone(of=TupleOf(of=RecordOf(kind=model.Finding)))
    assert shapes_of(model.Process)["command"] == OrNone(of=TupleOf(of=TEXT))
    assert shapes_of(model.Answer)["history"] == Scalar(kind=type(None))


def test_inherited_fields_come_first() -> None:
    class Heading(Record):
        text: str

    class Numbered(Heading):
        number: int

    assert shapes_of(Numbered) == {"text": TEXT, "number": Scalar(kind=int)}


class Float(Record):
    seconds: float


class Open(Record):
    many: list[str]


class Either(Record):
    one: int | str


class Pair(Record):
    two: tuple[int, int]


class HalfNone(Record):
    half: tuple[int, None]


class Empty(Record):
    nothing: tuple[()]


@pytest.mark.parametrize("kind", [Float, Open, Either, Pair, HalfNone, Empty], ids=lambda kind: kind.__name__)
def test_a_field_that_json_could_not_carry_is_refused_by_name(kind: type[Record]) -> None:
    with pytest.raises(TypeError, match=rf"^{kind.__name__}\.{kind.__fields__[0]}: "):
        shapes_of(kind)


def test_a_word_list_is_told_from_a_module_constant_of_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(Record):
        word: Unknown  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(TypeError, match="neither a record nor a closed list"):
        shapes_of(Odd)
    assert shapes.shapes_of is shapes_of
