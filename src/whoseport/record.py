"""How a record is made: frozen, slotted, keyword-only, at a tenth of the start-up cost of dataclasses.

A subclass lists its fields as annotations, with defaults where a field may be left out:

>>> class Point(Record):
...     x: int
...     y: int = 0
>>> Point(x=3)
Point(x=3, y=0)
>>> Point(x=3).replace(y=4)
Point(x=3, y=4)

Type checkers read it as a frozen dataclass (PEP 681); docs/decisions/0002-records.md has the measurements.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

    _Class = TypeVar("_Class")
else:

    def dataclass_transform(**_options: object) -> Callable[[_Class], _Class]:
        return lambda made: made


_set = object.__setattr__

MANY = 300
"""From this many records on it pays to compile their constructor (`expect_many`)."""


class RecordType(type):
    """Turns the annotations of a class body into slots, in order, and their values into defaults."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> RecordType:
        own = tuple(field for field in body.get("__annotations__", ()) if not field.startswith("__"))
        inherited: tuple[str, ...] = ()
        defaults: dict[str, object] = {}
        for base in bases:
            inherited += getattr(base, "__fields__", ())
            defaults |= getattr(base, "__defaults__", {})
        defaults |= {field: body.pop(field) for field in own if field in body}
        if any("_unrolled" in vars(base) for base in bases):
            body.setdefault("__init__", Record.__init__)
        body["__slots__"] = own
        body["__fields__"] = inherited + own
        body["__defaults__"] = defaults
        return super().__new__(mcs, name, bases, body)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record(metaclass=RecordType):
    """A frozen value made of named fields; equal to another of its type with equal fields."""

    if TYPE_CHECKING:
        __fields__: ClassVar[tuple[str, ...]]
        __defaults__: ClassVar[dict[str, object]]
        _unrolled: ClassVar[bool]
    else:

        def __init__(self, **values):
            fields = self.__fields__
            if len(values) != len(fields):
                values = self.__defaults__ | values
            try:
                for field in fields:
                    _set(self, field, values[field])
            except KeyError:
                raise _misfit(type(self), values) from None
            if len(values) != len(fields):
                raise _misfit(type(self), values)

        def __setattr__(self, field, value):
            raise AttributeError(f"{type(self).__name__} is frozen: {field!r} cannot be set")

        def __delattr__(self, field):
            raise AttributeError(f"{type(self).__name__} is frozen: {field!r} cannot be deleted")

    @classmethod
    def expect_many(cls) -> None:
        """Compiles a constructor for this type: half the time for each record, for half a millisecond once.

        Worth it from `MANY` records on. A type with checks of its own, or with subtypes, keeps what it has.
        """
        if cls.__init__ is Record.__init__ and cls.__fields__ and not cls.__subclasses__():
            cls.__init__ = _compiled_constructor(cls)  # type: ignore[method-assign]
            cls._unrolled = True

    def replace(self, **changes: object) -> Self:
        """The same record with some fields changed; an unknown field is a TypeError."""
        return type(self)(**(self.fields() | changes))

    __replace__ = replace

    def fields(self) -> dict[str, Any]:
        """Field names and values, in the order of the class."""
        return {field: getattr(self, field) for field in self.__fields__}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, field) == getattr(other, field) for field in self.__fields__)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, field) for field in self.__fields__)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.fields().items())})"

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[type[Self], dict[str, Any]]]:
        return _rebuild, (type(self), self.fields())


def _misfit(made: type[Record], values: dict[str, Any]) -> TypeError:
    for field in made.__fields__:
        if field not in values and field not in made.__defaults__:
            return TypeError(f"{made.__name__} needs the field {field!r}")
    return TypeError(f"{made.__name__} has no field {', '.join(sorted(set(values) - set(made.__fields__)))}")


def _compiled_constructor(made: type[Record]) -> Callable[..., None]:
    """What __init__ does, with the loop unrolled; it tells a wrong field in Python's own words."""
    names: dict[str, Any] = {}
    parameters = lines = ""
    for index, field in enumerate(made.__fields__):
        names[f"_set{index}"] = getattr(made, field).__set__
        parameters += f", {field}"
        if field in made.__defaults__:
            names[f"_default{index}"] = made.__defaults__[field]
            parameters += f"=_default{index}"
        lines += f"\n    _set{index}(self, {field})"
    exec(f"def __init__(self, *{parameters}):{lines}", names)
    constructor: Callable[..., None] = names["__init__"]
    return constructor


def _rebuild(made: type[Any], values: dict[str, Any]) -> Any:
    return made(**values)
