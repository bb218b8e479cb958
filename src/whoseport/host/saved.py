"""What did a look see that was saved as JSON? Reads what `whoseport inspect` wrote, here or on another machine.

The file may come from anyone: its size and depth are bounded, every value is checked against the model, and keys that
the model does not know (a later version's) are passed over. Keys with a default may be missing.
"""

from __future__ import annotations

import errno
import functools
import json
import sys

from whoseport.model import LAST_PORT, Inspection, Misuse
from whoseport.record import Record
from whoseport.shapes import OrNone, RecordOf, Scalar, Shape, TupleOf, Words, shapes_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    Reader = Callable[[object], object]
    """From a value of the document to one of the model, or an _UnreadableError."""

LARGEST = 128 * 2**20
"""Bytes. A look at 5,000 listeners and 60,000 connections takes about 10 MiB."""

_PORT_FIELDS = frozenset(("port", "first", "last"))
_PORTS = range(LAST_PORT + 1)
_NUMBERS = range(-(2**63), 2**64)  # inode numbers of the kernel, and the negative ones that stand in for them

_REASONS = {errno.ENOENT: "not-found", errno.EACCES: "not-permitted", errno.EISDIR: "not-a-file"}


def load(path: str, *, largest: int = LARGEST) -> Inspection:
    """The inspection in a file, or on standard input for `-`: any JSON document with a `host` object will do.

    Raises Misuse("inspection-unreadable", path=, reason=, where=). `reason`: not-found, not-permitted, not-a-file,
    unreadable, too-large (more than `largest` bytes), not-json, too-deep, no-host, missing-key, wrong-type,
    unknown-word, out-of-range, no-evidence; `where` leads to the value (`host.listeners[3].port`), or is None.
    """
    try:
        data = _read(path, largest)
    except _UnreadableError as found:
        raise Misuse("inspection-unreadable", path=path, reason=found.reason, where=None) from None
    return parse(data, path=path, largest=largest)


def parse(data: bytes, *, path: str | None = None, largest: int = LARGEST) -> Inspection:
    """The inspection in a JSON text in UTF-8, UTF-16 or UTF-32. Raises as `load` does; `path` is for the error."""
    try:
        return _parse(data, largest)
    except _UnreadableError as found:
        raise Misuse("inspection-unreadable", path=path, reason=found.reason, where=found.where or None) from None


class _UnreadableError(Exception):
    """`where` grows from the value outwards while the error goes up."""

    def __init__(self, reason: str, where: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where


def _read(path: str, largest: int) -> bytes:
    try:
        if path == "-":
            return sys.stdin.buffer.read(largest + 1)
        with open(path, "rb") as file:
            return file.read(largest + 1)
    except OSError as error:
        raise _UnreadableError(_REASONS.get(error.errno or 0, "unreadable")) from None
    except ValueError:  # a NUL in the path
        raise _UnreadableError("not-found") from None


def _parse(data: bytes, largest: int) -> Inspection:
    if len(data) > largest:
        raise _UnreadableError("too-large")
    try:
        document = json.loads(data, parse_constant=_refuse_constant)
    except RecursionError:
        raise _UnreadableError("too-deep") from None
    except ValueError:  # not JSON, not Unicode, or a number of thousands of digits
        raise _UnreadableError("not-json") from None
    if not isinstance(document, dict) or not isinstance(document.get("host"), dict):
        raise _UnreadableError("no-host")
    try:
        host = _record_reader(Inspection)(document["host"])
    except _UnreadableError as found:
        found.where = "host" + found.where
        raise
    assert isinstance(host, Inspection)
    return host


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


@functools.cache
def _reader(shape: Shape) -> Reader:
    match shape:
        case OrNone(of=of):
            read = _reader(of)
            return lambda value: None if value is None else read(value)
        case Scalar(kind=kind):
            return _text if kind is str else _number if kind is int else functools.partial(_exactly, kind)
        case Words(words=words):
            return functools.partial(_word, frozenset(words))
        case TupleOf(of=of):
            return functools.partial(_many, _reader(of))
        case RecordOf(kind=of_kind):
            return _record_reader(of_kind)


@functools.cache
def _record_reader(kind: type[Record]) -> Reader:
    readers = {
        field: functools.partial(_port, _reader(shape)) if field in _PORT_FIELDS else _reader(shape)
        for field, shape in shapes_of(kind).items()
    }

    def read_record(value: object) -> Record:
        if not isinstance(value, dict):
            raise _UnreadableError("wrong-type")
        made: dict[str, object] = {}
        for field, read in readers.items():
            try:
                if field in value:
                    made[field] = read(value[field])
                elif field not in kind.__defaults__:
                    raise _UnreadableError("missing-key")
            except _UnreadableError as found:
                found.where = f".{field}{found.where}"
                raise
        try:
            return kind(**made)
        except TypeError:  # a finding cannot be made without evidence
            raise _UnreadableError("no-evidence") from None

    return read_record


def _many(read: Reader, value: object) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise _UnreadableError("wrong-type")
    made: list[object] = []
    try:
        for element in value:
            made.append(read(element))
    except _UnreadableError as found:
        found.where = f"[{len(made)}]{found.where}"
        raise
    return tuple(made)


def _exactly(kind: type, value: object) -> object:
    if type(value) is not kind:
        raise _UnreadableError("wrong-type")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _UnreadableError("wrong-type")
    # half of a surrogate pair can be written in JSON, and then in no encoding
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def _number(value: object) -> object:
    if _exactly(int, value) not in _NUMBERS:
        raise _UnreadableError("out-of-range")
    return value


def _port(read: Reader, value: object) -> object:
    if isinstance(read(value), int) and value not in _PORTS:
        raise _UnreadableError("out-of-range")
    return value


def _word(words: frozenset[str], value: object) -> object:
    if not isinstance(value, str):
        raise _UnreadableError("wrong-type")
    if value not in words:
        raise _UnreadableError("unknown-word")
    return value
