"""What are a record's fields made of? Read from the annotations of the model, for those who check or describe records.

>>> from whoseport.model import Peer
>>> shapes_of(Peer)["port"]
Scalar(kind=<class 'int'>)
>>> shapes_of(Peer)["transport"]
Words(words=('tcp', 'udp', 'sctp', 'dccp'))
"""

from __future__ import annotations

import ast
import functools
import sys
from collections import ChainMap

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Scalar(Record):
    """`kind` is str, int or bool, or NoneType for a field that nothing fills yet."""

    kind: type


class Words(Record):
    """One word of a closed list."""

    words: tuple[str, ...]


class OrNone(Record):
    """`of`, or None."""

    of: Shape


class TupleOf(Record):
    """Any number of `of`."""

    of: Shape


class RecordOf(Record):
    """A record of this very type."""

    kind: type[Record]


Shape = Scalar | Words | OrNone | TupleOf | RecordOf

_SCALARS = {"str": str, "int": int, "bool": bool}


@functools.cache
def _scope(base: type[Record]) -> dict[str, object]:
    """The names that the annotations of a class may use: its module's, and those that its package gives to all."""
    package = sys.modules.get(base.__module__.rpartition(".")[0])
    return (vars(package) if package else {}) | vars(sys.modules[base.__module__])


def shapes_of(kind: type[Record]) -> Mapping[str, Shape]:
    """The shape of each field, in the order of the fields.

    An annotation that is not one of the five shapes is a TypeError: such a field could neither be described nor read.
    """
    annotations: dict[str, tuple[str, type]] = {}
    for base in reversed(kind.__mro__):
        own: dict[str, str] = getattr(base, "__annotations__", {})
        annotations |= {field: (text, base) for field, text in own.items()}
    shapes: dict[str, Shape] = {}
    for field in kind.__fields__:
        text, base = annotations[field]
        try:
            shapes[field] = _shape(ast.parse(text, mode="eval").body, _scope(base))
        except TypeError as error:
            raise TypeError(f"{kind.__name__}.{field}: {error}") from None
    return shapes


def _names_beside(kind: type) -> Mapping[str, object]:
    # a module imports the names of its annotations for the type checker alone; its package has them all
    package = sys.modules.get(kind.__module__.rpartition(".")[0])
    return ChainMap(vars(sys.modules[kind.__module__]), {} if package is None else vars(package))


def _shape(node: ast.expr, names: Mapping[str, object]) -> Shape:
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return OrNone(of=_shape(left, names))
        case ast.Constant(value=None):
            return Scalar(kind=type(None))
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[of, ast.Constant(value=value)])) if (
            value is ...
        ):
            return TupleOf(of=_shape(of, names))
        case ast.Name(id=name) if name in _SCALARS:
            return Scalar(kind=_SCALARS[name])
        case ast.Name(id=name):
            return _named(name, names.get(name))
    raise TypeError(f"{ast.unparse(node)} is not a shape")


def _named(name: str, meant: object) -> Shape:
    if isinstance(meant, type) and issubclass(meant, Record):
        return RecordOf(kind=meant)
    if isinstance(meant, tuple) and meant and all(isinstance(word, str) for word in meant):
        return Words(words=meant)
    raise TypeError(f"{name} is neither a record nor a closed list of words")
