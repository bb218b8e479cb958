"""What do our JSON documents look like? As JSON Schema (draft 2020-12), generated from the model.

Every key is always there, so all are required. Keys may be added by any later version: a reader passes over those it
does not know, and the schemas allow them. Closed lists of words are `enum`; a word more means a new major version.
"""

from __future__ import annotations

import inspect
import json
import re
from types import MappingProxyType

from whoseport import model
from whoseport.model import Misuse
from whoseport.record import Record
from whoseport.shapes import OrNone, RecordOf, Scalar, Shape, TupleOf, Words, shapes_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"

DOCUMENTS: MappingProxyType[str, type[Record]] = MappingProxyType(
    {
        "answer": model.Answer,
        "answers": model.Answers,
        "list": model.Listing,
        "inspect": model.Listing,
        "find": model.SearchResults,
        "claims": model.Claims,
        "pick": model.Pick,
        "picks": model.Picks,
        "stop": model.StopReport,
        "stops": model.StopReports,
        "wait": model.Waits,
        "dump": model.DumpRow,
        "snapshot": model.Snapshot,
        "update": model.UpdateReport,
        "listener": model.Listener,
    }
)
"""The documents by name: `listener` is a line of `list` as JSON Lines, `dump` one of `registry dump`, `snapshot` what
`registry info` says."""

_TYPES: dict[type, str | list[str]] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    # a layer that nothing fills yet: a reader written today shall accept it when a later version does
    type(None): ["null", "array", "object"],
}


def schema(name: str) -> dict[str, object]:
    """The schema of the document of this name; an unknown name is a `Misuse("unknown-schema", text=, known=)`."""
    kind = DOCUMENTS.get(name)
    if kind is None:
        raise Misuse("unknown-schema", text=name, known=tuple(DOCUMENTS))
    return {"$schema": DIALECT, "title": f"whoseport {name}", **schema_of(kind)}


def schema_text(name: str) -> str:
    """The same as JSON text, indented, with a newline at its end."""
    return json.dumps(schema(name), indent=2) + "\n"


def schema_of(kind: type[Record]) -> dict[str, object]:
    """The schema of one record; the records that it is made of are its `$defs`."""
    found: dict[str, dict[str, object]] = {}
    _collect(kind, found)
    whole = found.pop(kind.__name__)
    return whole | ({"$defs": dict(sorted(found.items()))} if found else {})


def _collect(kind: type[Record], found: dict[str, dict[str, object]]) -> None:
    if kind.__name__ in found:
        return
    described: dict[str, object] = {}
    if kind.__doc__:
        described["description"] = re.sub(r"\bNone\b", "null", inspect.cleandoc(kind.__doc__))
    found[kind.__name__] = described
    described["type"] = "object"
    described["properties"] = {field: _described(shape, found) for field, shape in shapes_of(kind).items()}
    described["required"] = list(kind.__fields__)


def _described(shape: Shape, found: dict[str, dict[str, object]]) -> dict[str, object]:
    match shape:
        case Scalar(kind=kind):
            return {"type": _TYPES[kind]}
        case Words(words=words):
            return {"enum": list(words)}
        case OrNone(of=of):
            return _or_null(_described(of, found))
        case TupleOf(of=of):
            return {"type": "array", "items": _described(of, found)}
        case RecordOf(kind=kind):
            _collect(kind, found)
            return {"$ref": f"#/$defs/{kind.__name__}"}


def _or_null(described: dict[str, object]) -> dict[str, object]:
    if list(described) == ["type"]:
        return {"type": [described["type"], "null"]}
    return {"anyOf": [described, {"type": "null"}]}
