"""Hypothesis strategies for every record of the model, built from the model's own annotations."""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import strategies as st

from whoseport import model
from whoseport.model import LAST_PORT
from whoseport.record import Record
from whoseport.shapes import OrNone, RecordOf, Scalar, Shape, TupleOf, Words, shapes_of

RECORDS: tuple[type[Record], ...] = tuple(
    sorted(
        (
            kind
            for kind in vars(model).values()
            if isinstance(kind, type) and issubclass(kind, Record) and kind is not Record
        ),
        key=lambda kind: kind.__name__,
    )
)

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x07\x00\x7f",
    "\u202etxt.exe",
    "\u2028",
    '"\\/',
    "</script>",
    "\x9b2J",
    "漢字",
    "😀",
    "a" * 300,
)

texts = st.one_of(st.text(max_size=8), st.sampled_from(HOSTILE))
_PORT_FIELDS = ("port", "first", "last", "number")


@functools.cache
def records(kind: type[Record]) -> st.SearchStrategy[Any]:
    """Any record of this type that may be made."""
    fields = {field: _values(shape, field) for field, shape in shapes_of(kind).items()}
    if kind is model.Finding:
        fields["evidence"] = st.lists(records(model.Evidence), min_size=1, max_size=2).map(tuple)
    return st.builds(kind, **fields)


def _values(shape: Shape, field: str) -> st.SearchStrategy[Any]:
    match shape:
        case Scalar(kind=kind) if kind is int:
            return st.integers(0, LAST_PORT) if field in _PORT_FIELDS else st.integers(-1, 2**64 - 1)
        case Scalar(kind=kind) if kind is bool:
            return st.booleans()
        case Scalar(kind=kind) if kind is str:
            return texts
        case Scalar():
            return st.none()
        case Words(words=words):
            return st.sampled_from(words)
        case OrNone(of=of):
            return st.none() | _values(of, field)
        case TupleOf(of=of):
            return st.lists(_values(of, field), max_size=2).map(tuple)
        case RecordOf(kind=of_kind):
            return records(of_kind)
