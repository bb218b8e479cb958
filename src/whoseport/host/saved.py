"""What did a look see that was saved as JSON? Reads what `whoseport inspect` wrote, here or on another machine.

The file may come from anyone: its size and depth are bounded, every value is checked against the model, and keys that
the model does not know (a later version's) are passed over. Keys with a default may be missing.
"""

from __future__ import annotations

import errno
import json
import sys

from whoseport.model import LAST_PORT, Inspection, Misuse
from whoseport.record import Record
from whoseport.shapes import OrNone, RecordOf, Scalar, Shape, TupleOf, Words, shapes_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

LARGEST = 128 * 2**20
"""Bytes. A look at 5,000 listeners and 60,000 connections takes about 10 MiB."""

_PORT_FIELDS = frozenset(("port", "first", "last"))
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
        raise Misuse("inspection-unreadable", path=path, reason=found.reason, where=found.where) from None


class _UnreadableError(Exception):
    def __init__(self, reason: str, where: str | None = None) -> None:
        super().__init__(reason, where)
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
    host = _record(document["host"], Inspection, "host")
    assert isinstance(host, Inspection)
    return host


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _record(value: object, kind: type[Record], where: str) -> Record:
    if not isinstance(value, dict):
        raise _UnreadableError("wrong-type", where)
    fields: dict[str, object] = {}
    for field, shape in shapes_of(kind).items():
        inner = f"{where}.{field}"
        if field in value:
            fields[field] = _value(value[field], shape, inner)
            if field in _PORT_FIELDS and isinstance(fields[field], int) and not 0 <= value[field] <= LAST_PORT:
                raise _UnreadableError("out-of-range", inner)
        elif field not in kind.__defaults__:
            raise _UnreadableError("missing-key", inner)
    try:
        return kind(**fields)
    except TypeError:  # a finding cannot be made without evidence
        raise _UnreadableError("no-evidence", where) from None


def _value(value: object, shape: Shape, where: str) -> object:
    match shape:
        case OrNone(of=of):
            return None if value is None else _value(value, of, where)
        case Scalar(kind=kind) if type(value) is kind:
            if isinstance(value, str):
                return _text(value)
            if isinstance(value, int) and value not in _NUMBERS:
                raise _UnreadableError("out-of-range", where)
            return value
        case Words(words=words) if type(value) is str:
            if value not in words:
                raise _UnreadableError("unknown-word", where)
            return value
        case TupleOf(of=of) if type(value) is list:
            return tuple([_value(element, of, f"{where}[{index}]") for index, element in enumerate(value)])
        case RecordOf(kind=kind) if type(value) is dict:
            return _record(value, kind, where)
    raise _UnreadableError("wrong-type", where)


def _text(value: str) -> str:
    # half of a surrogate pair can be written in JSON, and then in no encoding
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
