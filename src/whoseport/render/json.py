"""How is a record written as JSON? (RFC 8259, in ASCII: whatever a machine or a wire said arrives escaped.)

Keys are the field names in the order of the model, tuples become arrays, records objects. A listing of thousands of
listeners passes here on its way to the first answer: what a type looks like is worked out once, and a record that many
others share (a process with many sockets) is written once.
"""

from __future__ import annotations

from _operator import attrgetter

from whoseport.model import (
    Answer,
    Answers,
    Container,
    ExecutableFile,
    Inspection,
    Listing,
    Process,
    Project,
    SearchResults,
    Verdict,
)
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Writer = Callable[[object], str]

try:
    from _json import encode_basestring_ascii as quote
except ImportError:  # an interpreter built without the accelerator
    from json.encoder import encode_basestring_ascii as quote

_OPENED = frozenset((Answers, Answer, Listing, Inspection, SearchResults))
_SHARED = frozenset((Process, Container, ExecutableFile, Project, Verdict))
_LONG = 4
"""Elements from which on a tuple may be one that many share, as processes do their parents and capabilities."""


def to_json(record: Record, *, indent: bool = False) -> str:
    """One JSON document, without a newline at its end; indented by two spaces where asked.

    Raises TypeError for a field that holds anything but records, tuples, str, int, bool and None.
    """
    return "".join(pieces(record, indent=indent))


def to_json_lines(records: Iterable[Record]) -> Iterator[str]:
    """JSON Lines: a document on a line of its own for each record, newline included."""
    writers = _Writers(None)
    for record in records:
        yield writers[type(record)](record) + "\n"


def pieces(record: Record, *, indent: bool = False) -> Iterator[str]:
    """The text of `to_json` in pieces of a few kilobytes, so that a long listing never has to be held whole."""
    return _pieces(record, _Writers("\n" if indent else None))


def _pieces(value: object, writers: _Writers) -> Iterator[str]:
    if type(value) in _OPENED:
        before = "{" + writers.inside
        for field, content in value.fields().items():  # type: ignore[attr-defined]
            yield before + writers.key(field)
            yield from _pieces(content, writers.deeper)
            before = writers.between
        yield writers.margin + "}"
    elif type(value) is tuple and value:
        before = "[" + writers.inside
        for element in value:
            yield before
            yield from _pieces(element, writers.deeper)
            before = writers.between
        yield writers.margin + "]"
    else:
        yield writers[type(value)](value)


class _Writers(dict[type, "Writer"]):
    """The writer of each type at one depth; that of a record's type is made when the type is first met there.

    `margin` is what stands before a closing bracket, None where nothing is indented.
    """

    def __init__(self, margin: str | None) -> None:
        super().__init__()
        self.margin = margin or ""
        self.inside = "" if margin is None else margin + "  "
        self.between = "," + self.inside
        self._colon = ":" if margin is None else ": "
        self._deeper = self if margin is None else None
        self[str] = quote  # type: ignore[assignment]
        self[int] = int.__repr__
        self[bool] = {False: "false", True: "true"}.__getitem__  # type: ignore[assignment]
        self[type(None)] = {None: "null"}.__getitem__  # type: ignore[assignment]
        short, shared = self._tuple, _written_once(self._tuple)
        self[tuple] = lambda values: (short if len(values) < _LONG else shared)(values)  # type: ignore[arg-type]

    @property
    def deeper(self) -> _Writers:
        if self._deeper is None:
            self._deeper = _Writers(self.inside)
        return self._deeper

    def key(self, field: str) -> str:
        return f"{quote(field)}{self._colon}"

    def __missing__(self, kind: type) -> Writer:
        if not issubclass(kind, Record):
            raise TypeError(f"JSON has no way to say {kind.__name__}")
        write = self._record(kind)
        self[kind] = write = _written_once(write) if kind in _SHARED else write
        return write

    def _record(self, kind: type[Record]) -> Writer:
        fields = kind.__fields__
        if not fields:
            return lambda _record: "{}"
        inner = self.deeper
        template = (
            "{" + self.inside + self.between.join([self.key(field) + "%s" for field in fields]) + self.margin + "}"
        )
        values_of = attrgetter(*fields)
        if len(fields) == 1:  # one name alone does not come as a tuple
            return lambda record: template % inner[type(values_of(record))](values_of(record))
        return lambda record: template % tuple([inner[type(value)](value) for value in values_of(record)])

    def _tuple(self, values: object) -> str:
        if not values:
            return "[]"
        inner = self.deeper
        written = [inner[type(value)](value) for value in values]  # type: ignore[attr-defined]
        return "[" + self.inside + self.between.join(written) + self.margin + "]"


def _written_once(write: Writer) -> Writer:
    """Keeps the text of a value that comes a second time; of most, which come once, only that they came."""
    known: dict[int, tuple[object, str | None]] = {}

    def written(value: object) -> str:
        entry = known.get(id(value))
        if entry is None:
            # the value is kept: its id is not given to another while it lives
            known[id(value)] = value, None
            return write(value)
        if entry[1] is None:
            entry = known[id(value)] = value, write(value)
        return entry[1] or ""

    return written
