"""The question and its answer."""

from __future__ import annotations

from whoseport.model.errors import Misuse
from whoseport.model.words import LAST_PORT
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.claims import Claim
    from whoseport.model.machine import Inspection
    from whoseport.model.official import RegistryEntry, SearchResult, ServiceRecord
    from whoseport.model.practice import BrowserRefusal, PracticeFact, ReportedUse
    from whoseport.model.words import Transport


class Port(Record):
    """A port number on a transport: the key everywhere. 0-65535, or a `Misuse`."""

    number: int
    transport: Transport

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if not 0 <= self.number <= LAST_PORT:
            raise Misuse("port-out-of-range", text=str(self.number))


class Query(Record):
    """One question, as asked. `port` is None for a name; `last` differs from `port` for a range only."""

    port: int | None
    transport: Transport | None
    text: str


class Answer(Record):
    """Everything known of one port. A layer that was not asked for, or cannot be told, is None."""

    query: Query
    registry: RegistryEntry | None
    history: None = None
    practice: tuple[PracticeFact, ...] | None = None
    reported: tuple[ReportedUse, ...] | None = None
    browsers: tuple[BrowserRefusal, ...] | None = None
    host: Inspection | None


class Answers(Record):
    """Several ports, a range, or a name. `services` are records found by name that have no port."""

    answers: tuple[Answer, ...]
    services: tuple[ServiceRecord, ...] = ()


class Listing(Record):
    """`whoseport list` and `whoseport inspect`."""

    host: Inspection


class SearchResults(Record):
    results: tuple[SearchResult, ...]


class Claims(Record):
    """`whoseport explain --json`: entries of the table of claims."""

    claims: tuple[Claim, ...]
