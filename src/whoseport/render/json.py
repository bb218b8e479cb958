"""How is a record written as JSON? (RFC 8259, in ASCII: whatever a machine or a wire said arrives escaped.)

Keys are the field names in the order of the model, tuples become arrays, records objects. A listing of thousands of
listeners passes here on its way to the first answer: what a type looks like is worked out once, and a record that many
others share (a process with many sockets) is written once.
"""

from __future__ import annotations

from _operator import attrgetter

from whoseport.model import Answer, Answers, Container, Inspection, Listing, Process, SearchResults
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
_SHARED = frozenset((Process, Container))


def to_json(record: Record, *, indent: bool = False) -> str:
    """One JSON document, without a newline at its end; indented by two spaces where asked.

    Raises TypeError for a field that holds anything but records, tuples, str, int, bool and None.
    """
    if indent:
        return _without_delete(_indented(record, _writers(), "\n"))
    return "".join(pieces(record))


def to_json_lines(records: Iterable[Record]) -> Iterator[str]:
    """JSON Lines: a document on a line of its own for each record, newline included."""
    writers = _writers()
    for record in records:
        yield _without_delete(writers[type(record)](record)) + "\n"


def pieces(record: Record) -> Iterator[str]:
    """The text of `to_json` in pieces of a few kilobytes, so that a long listing never has to be held whole."""
    return _pieces(record, _writers())


def _pieces(value: object, writers: _Writers) -> Iterator[str]:
    if type(value) in _OPENED:
        before = "{"
        for field, content in value.fields().items():  # type: ignore[attr-defined]
            yield f"{before}{quote(field)}:"
            yield from _pieces(content, writers)
            before = ","
        yield "}"
    elif type(value) is tuple and value:
        before = "["
        for element in value:
            yield before
            yield from _pieces(element, writers)
            before = ","
        yield "]"
    else:
        yield _without_delete(writers[type(value)](value))


def _without_delete(text: str) -> str:
    # the one control character that JSON leaves as it is: sought once, not in every string
    return text.replace("\x7f", "\\u007f")


class _Writers(dict[type, "Writer"]):
    """The writer of each type; that of a record's type is made when the type is first met."""

    def __missing__(self, kind: type) -> Writer:
        if not issubclass(kind, Record):
            raise TypeError(f"JSON has no way to say {kind.__name__}")
        write = _record_writer(kind, self)
        self[kind] = write = _written_once(write) if kind in _SHARED else write
        return write


def _writers() -> _Writers:
    writers = _Writers()
    writers[str] = quote  # type: ignore[assignment]
    writers[int] = int.__repr__
    writers[bool] = {False: "false", True: "true"}.__getitem__  # type: ignore[assignment]
    writers[type(None)] = {None: "null"}.__getitem__  # type: ignore[assignment]
    writers[tuple] = lambda values: (
        "[" + ",".join([writers[type(value)](value) for value in values]) + "]"  # type: ignore[attr-defined]
    )
    return writers


def _record_writer(kind: type[Record], writers: _Writers) -> Writer:
    fields = kind.__fields__
    template = "{" + ",".join([f"{quote(field)}:%s" for field in fields]) + "}"
    if len(fields) < 2:  # attrgetter gives a tuple for two names and more
        return lambda record: template % tuple([writers[type(v)](v) for v in record.fields().values()])  # type: ignore[attr-defined]
    values_of = attrgetter(*fields)
    return lambda record: template % tuple([writers[type(value)](value) for value in values_of(record)])


def _written_once(write: Writer) -> Writer:
    known: dict[int, tuple[object, str]] = {}

    def written(record: object) -> str:
        entry = known.get(id(record))
        if entry is None:
            # the record is kept beside its text: its id is not given to another while it lives
            entry = known[id(record)] = (record, write(record))
        return entry[1]

    return written


def _indented(value: object, writers: _Writers, margin: str) -> str:
    deeper = margin + "  "
    if isinstance(value, Record) and value.__fields__:
        members = [f"{quote(field)}: {_indented(held, writers, deeper)}" for field, held in value.fields().items()]
        return f"{{{deeper}{f',{deeper}'.join(members)}{margin}}}"
    if type(value) is tuple and value:
        return f"[{deeper}{f',{deeper}'.join([_indented(held, writers, deeper) for held in value])}{margin}]"
    return writers[type(value)](value)
