"""What every record promises: frozen, keyword-only, slotted, equal by its fields, and clear when it is misused."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.model_strategies import RECORDS, records
from whoseport.model import Misuse, Port
from whoseport.record import Record


class Point(Record):
    x: int
    y: int = 0


class Marked(Point):
    """A record may add fields to another's."""

    mark: str | None = None


class Other(Record):
    x: int
    y: int = 0


class Empty(Record):
    pass


def loosely(kind: type[Record]) -> Any:
    """The same class, for calls that a type checker would refuse."""
    return kind


def test_fields_are_given_by_keyword_and_read_by_name() -> None:
    point = Point(y=2, x=1)
    assert (point.x, point.y) == (1, 2)
    assert point.fields() == {"x": 1, "y": 2}
    assert list(point.fields()) == ["x", "y"]


def test_a_default_fills_in_for_a_field_left_out() -> None:
    assert Point(x=1) == Point(x=1, y=0)
    assert Marked(x=1) == Marked(x=1, y=0, mark=None)


def test_inherited_fields_come_first() -> None:
    assert Marked.__fields__ == ("x", "y", "mark")
    assert repr(Marked(x=1, mark="a")) == "Marked(x=1, y=0, mark='a')"


def test_a_record_without_fields_can_be_made() -> None:
    assert Empty() == Empty()
    assert repr(Empty()) == "Empty()"


def test_positions_are_refused() -> None:
    with pytest.raises(TypeError):
        loosely(Point)(1)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Point needs the field 'x'"),
        ({"y": 1}, "Point needs the field 'x'"),
        ({"x": 1, "z": 2}, "Point has no field z"),
        ({"x": 1, "y": 2, "z": 3, "a": 4}, "Point has no field a, z"),
        ({"y": 1, "z": 2}, "Point needs the field 'x'"),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, int], told: str) -> None:
    with pytest.raises(TypeError) as caught:
        loosely(Point)(**fields)
    assert str(caught.value) == told


@pytest.mark.parametrize("field", ["x", "y", "z"])
def test_nothing_can_be_set_or_deleted(field: str) -> None:
    point = Point(x=1)
    with pytest.raises(AttributeError, match="Point is frozen"):
        setattr(point, field, 5)
    with pytest.raises(AttributeError, match="Point is frozen"):
        delattr(point, field)
    assert point == Point(x=1)


def test_a_record_has_slots_alone() -> None:
    for made in (Point(x=1), Marked(x=1)):
        assert not hasattr(made, "__dict__")


def test_equality_needs_the_same_type_and_the_same_fields() -> None:
    assert Point(x=1, y=2) == Point(x=1, y=2)
    assert Point(x=1, y=2) != Point(x=1, y=3)
    assert Point(x=2, y=2) != Point(x=1, y=2)
    assert loosely(Point)(x=1) != Other(x=1)
    assert Point(x=1) != Marked(x=1)
    assert loosely(Point)(x=1) != {"x": 1, "y": 0}


def test_equal_records_are_one_key() -> None:
    assert len({Point(x=1), Point(x=1, y=0), Point(x=2), Marked(x=1)}) == 3
    with pytest.raises(TypeError):
        hash(loosely(Point)(x=[]))


def test_replace_gives_another_record() -> None:
    point = Point(x=1)
    assert point.replace(y=4) == Point(x=1, y=4)
    assert point == Point(x=1)
    with pytest.raises(TypeError, match="Point has no field z"):
        point.replace(z=1)


def test_replace_runs_the_checks_of_the_class() -> None:
    class Positive(Record):
        number: int

        def __init__(self, **values: object) -> None:
            super().__init__(**values)
            if self.number < 0:
                raise ValueError("negative")

    with pytest.raises(ValueError, match="negative"):
        Positive(number=1).replace(number=-1)


def test_a_type_of_which_many_are_made_makes_the_same_records() -> None:
    class Many(Record):
        x: int
        y: int = 0

    before = Many(x=1)
    Many.expect_many()
    assert Many(x=1) == before
    assert Many(x=1, y=2).fields() == {"x": 1, "y": 2}
    assert before.replace(y=3) == Many(x=1, y=3)
    for wrong in ({}, {"y": 1}, {"x": 1, "z": 1}):
        with pytest.raises(TypeError):
            loosely(Many)(**wrong)
    with pytest.raises(TypeError):
        loosely(Many)(1)
    with pytest.raises(AttributeError, match="Many is frozen"):
        before.x = 2  # type: ignore[misc]


def test_a_subtype_made_later_still_takes_its_own_fields() -> None:
    class Many(Record):
        x: int

    Many.expect_many()

    class More(Many):
        y: int = 0

    assert More(x=1, y=2).fields() == {"x": 1, "y": 2}
    assert Many(x=1).fields() == {"x": 1}


def test_expecting_many_leaves_a_subtype_made_earlier_and_checks_alone() -> None:
    Point.expect_many()
    assert Marked(x=1, mark="a").mark == "a"
    Port.expect_many()
    with pytest.raises(Misuse):
        Port(number=-1, transport="tcp")
    Empty.expect_many()
    assert Empty() == Empty()


def test_matching_by_keyword() -> None:
    match Marked(x=1, mark="a"):
        case Marked(x=1, mark=str(mark)):
            assert mark == "a"
        case _:
            pytest.fail("not matched")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(protocol: int) -> None:
    made = Marked(x=1, mark="a")
    assert pickle.loads(pickle.dumps(made, protocol)) == made


def test_copying() -> None:
    made = Marked(x=1, mark="a")
    assert copy.copy(made) == made
    assert copy.deepcopy(made) == made


@given(st.sampled_from(RECORDS).flatmap(records))
def test_every_record_of_the_model_survives_replace_and_pickling(made: Record) -> None:
    assert made.replace() == made
    assert pickle.loads(pickle.dumps(made)) == made
    assert hash(made.replace()) == hash(made)
