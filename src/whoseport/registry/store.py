"""What does the snapshot say of a port, of a name, of a text? Read from the compiled file when it is asked for."""

from __future__ import annotations

from whoseport.model import (
    LAST_PORT,
    TRANSPORTS,
    Assignment,
    DumpRow,
    Gap,
    Misuse,
    Neighbour,
    Neighbours,
    RegistryEntry,
    ServiceRecord,
    Transports,
    TransportStatus,
)
from whoseport.registry.snapshot_file import (
    FIELD,
    NO_SEGMENT,
    REFERENCE,
    ROW,
    OtherFormat,
    SnapshotFile,
    SnapshotMissing,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from whoseport.model import PortState, RangeName, SearchResult, Transport
    from whoseport.registry.snapshot_file import Section

__all__ = ["STATES", "OtherFormat", "Registry", "SnapshotMissing"]

STATES: tuple[PortState, ...] = ("assigned", "unassigned", "reserved", "unlisted", "dynamic")
"""The order is part of the file's format."""

_ASSIGNED = 0
_LAST_SYSTEM, _LAST_USER = 1023, 49151


def range_of(number: int) -> RangeName:
    """RFC 6335 section 6."""
    if number <= _LAST_SYSTEM:
        return "system"
    return "user" if number <= _LAST_USER else "dynamic"


def procedures_of(range_name: RangeName) -> tuple[str, ...]:
    """The procedures that assign ports of a range, RFC 6335 section 8.1.2, by their names in RFC 8126.

    They are those of the range, also where a port in it is reserved or assigned already.
    """
    if range_name == "dynamic":
        return ()
    if range_name == "system":
        return ("IETF Review", "IESG Approval")
    return ("IETF Review", "IESG Approval", "Expert Review")


class Registry:
    """An open snapshot of the registry; `snapshot` tells which. What was read once is kept.

    Every method raises BrokenSurroundings (`snapshot-unreadable`, with path and reason) where it meets damage.
    """

    def __init__(self, path: str) -> None:
        self._file = SnapshotFile(path)
        self.snapshot = self._file.snapshot
        self._firsts: dict[int, tuple[int, list[int]]] = {}
        self._rows: dict[int, list[int]] = {}
        self._statuses: dict[int, Transports] = {}
        self._gaps: dict[tuple[int, int], Gap] = {}
        self._entries: dict[int, RegistryEntry] = {}
        self._neighbours: dict[int, Neighbour] = {}
        self._records: dict[int, ServiceRecord] = {}

    @property
    def path(self) -> str:
        return self._file.path

    # --- by number ---------------------------------------------------------------------------------------------

    def lookup(self, number: int) -> RegistryEntry:
        """What the registry says of a port number, 0-65535; a `Misuse` otherwise."""
        if not 0 <= number <= LAST_PORT:
            raise Misuse("port-out-of-range", text=str(number))
        place = self._segment_of(number)
        entry = self._entries.get(place)
        if entry is not None:
            return entry
        row = self._row(place)
        first, last = row[0], row[1]
        shared = _ASSIGNED not in row[2:18:4] or first == last
        range_name = range_of(number)
        entry = RegistryEntry(
            snapshot=self.snapshot,
            range=range_name,
            procedures=procedures_of(range_name),
            transports=self._transports(place),
            neighbours=Neighbours(
                below=self._neighbour(row[18], None)
                if shared or number == first
                else self._neighbour(place, number - 1),
                above=self._neighbour(row[19], None, above=True)
                if shared or number == last
                else self._neighbour(place, number + 1),
            ),
        )
        if shared:
            self._entries[place] = entry
        return entry

    def _segment_of(self, number: int) -> int:
        """The number of the segment that a port lies in."""
        page = number >> 8
        found = self._firsts.get(page)
        if found is None:
            directory = self._file.read("directory", 4 * page, 8)
            lowest, highest = int.from_bytes(directory[:4], "little"), int.from_bytes(directory[4:], "little")
            # the next page's first segment may have begun in this one
            count = min(highest + 1, self._file.length("segments") // (2 * ROW)) - lowest
            rows = self._file.read("segments", 2 * ROW * lowest, 2 * ROW * count)
            firsts = [int.from_bytes(rows[at : at + 2], "little") for at in range(0, len(rows), 2 * ROW)]
            found = self._firsts[page] = (lowest, firsts)
        lowest, firsts = found
        low, high = 0, len(firsts)
        while low < high:
            middle = (low + high) // 2
            if firsts[middle] <= number:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            raise self._file.damaged("content")
        return lowest + low - 1

    def _row(self, place: int) -> list[int]:
        row = self._rows.get(place)
        if row is None:
            text = self._file.read("segments", 2 * ROW * place, 2 * ROW)
            row = [int.from_bytes(text[at : at + 2], "little") for at in range(0, 2 * ROW, 2)]
            if row[0] > row[1] or max(row[2:18:4]) >= len(STATES):
                raise self._file.damaged("content")
            self._rows[place] = row
        return row

    def _records_of(self, row: list[int]) -> tuple[tuple[ServiceRecord, ...], ...]:
        """The records to tell of a segment, for each transport."""
        records = [self._record(index) for index in self._indexes_of(row)]
        found: list[tuple[ServiceRecord, ...]] = []
        for count in row[5:18:4]:
            found.append(tuple(records[:count]))
            del records[:count]
        return tuple(found)

    def _indexes_of(self, row: list[int]) -> list[int]:
        text = self._file.read("indexes", 4 * (row[20] | row[21] << 16), 4 * sum(row[5:18:4]))
        return [int.from_bytes(text[at : at + 4], "little") for at in range(0, len(text), 4)]

    def _transports(self, place: int) -> Transports:
        transports = self._statuses.get(place)
        if transports is None:
            row = self._row(place)
            tcp, udp, sctp, dccp = (
                TransportStatus(
                    state=STATES[row[at]],
                    gap=None if row[at] == _ASSIGNED else self._gap(row[at + 1], row[at + 2]),
                    assignments=tuple(record.assignment for record in records),
                )
                for at, records in zip(range(2, 18, 4), self._records_of(row), strict=True)
            )
            transports = self._statuses[place] = Transports(tcp=tcp, udp=udp, sctp=sctp, dccp=dccp)
        return transports

    def _gap(self, first: int, last: int) -> Gap:
        gap = self._gaps.get((first, last))
        if gap is None:
            gap = self._gaps[first, last] = Gap(first=first, last=last, length=last - first + 1)
        return gap

    def _neighbour(self, place: int, number: int | None, *, above: bool = False) -> Neighbour | None:
        """The port in an assigned segment, its own near end if no number is given."""
        if place == NO_SEGMENT:
            return None
        row = self._row(place)
        if number is None:
            number = row[0] if above else row[1]
        neighbour = self._neighbours.get(number)
        if neighbour is None:
            found = self._records_of(row)
            names = [record.assignment.service_name for records in found for record in records]
            transports = tuple(
                transport for transport, state in zip(TRANSPORTS, row[2:18:4], strict=True) if state == _ASSIGNED
            )
            neighbour = self._neighbours[number] = Neighbour(
                port=number, transports=transports, names=tuple(dict.fromkeys(name for name in names if name))
            )
        return neighbour

    # --- by name and text --------------------------------------------------------------------------------------

    def named(self, name: str) -> tuple[ServiceRecord, ...]:
        """Every record that bears the service name, aliases included; upper and lower case are the same."""
        wanted = name.lower().encode("utf-8", "surrogatepass")
        low, high = 0, self._file.length("name_ends") // 4 - 1
        while low < high:
            middle = (low + high) // 2
            found, _, indexes = self._item("name_ends", "names", middle).partition(FIELD.encode())
            if found == wanted:
                try:
                    return tuple(self._record(int(index)) for index in indexes.split(b","))
                except ValueError:
                    raise self._file.damaged("content") from None
            if found < wanted:
                low = middle + 1
            else:
                high = middle
        return ()

    def names(self) -> tuple[str, ...]:
        """Every service name, in lower case, sorted."""
        ends = range(self._file.length("name_ends") // 4 - 1)
        items = (self._item("name_ends", "names", number) for number in ends)
        return tuple(item.partition(FIELD.encode())[0].decode("utf-8", "backslashreplace") for item in items)

    def suggest(self, text: str) -> tuple[str, ...]:
        """Service names that the text may have meant, the likeliest first, at most three."""
        from whoseport.registry.search import suggest

        return suggest(text, self.names())

    def search(self, text: str, *, limit: int) -> tuple[SearchResult, ...]:
        """Records in which every word of the text occurs, the best first; see `search.py` for the order."""
        from whoseport.registry.search import search, words_of

        wanted = words_of(text)
        hits = self._holding([word.text for word in wanted])
        return search(wanted, ((index, self._record(index)) for index in hits), limit=limit)

    def _holding(self, words: list[str]) -> list[int]:
        """The numbers of records that may fit: whose text holds every word, or whose ports hold the number it is."""
        texts = self._file.read("records", 0, self._file.length("records")).lower()
        ends = self._file.read("record_ends", 0, 4 * (self.snapshot.records + 1))
        bounds = [int.from_bytes(ends[at : at + 4], "little") for at in range(0, len(ends), 4)]
        hits = set(range(self.snapshot.records))
        for word in words:
            if not word.isascii():
                continue  # bytes know the case of ASCII only
            wanted = word.encode()
            fits = {index for index in hits if texts.find(wanted, bounds[index], bounds[index + 1]) >= 0}
            if word.isdigit() and len(word) <= 5 and int(word) <= LAST_PORT:
                row = self._row(self._segment_of(int(word)))
                fits |= set(self._indexes_of(row)) & hits
            hits = fits
        return sorted(hits)

    def records(self) -> Iterator[ServiceRecord]:
        """Every record, by first port, those without a port last."""
        return (self._record(index) for index in range(self.snapshot.records))

    def _record(self, index: int) -> ServiceRecord:
        record = self._records.get(index)
        if record is None:
            try:
                record = _parse_record(self._item("record_ends", "records", index).decode())
            except (ValueError, IndexError):
                raise self._file.damaged("content") from None
            self._records[index] = record
        return record

    def _item(self, ends: Section, texts: Section, number: int) -> bytes:
        pair = self._file.read(ends, 4 * number, 8)
        start = int.from_bytes(pair[:4], "little")
        return self._file.read(texts, start, int.from_bytes(pair[4:], "little") - start)

    # --- everything --------------------------------------------------------------------------------------------

    def dump(self) -> Iterator[DumpRow]:
        """Every port on every transport: 262,144 rows, by port, then tcp, udp, sctp, dccp."""
        for place in range(self._file.length("segments") // (2 * ROW)):
            row = self._row(place)
            told: list[tuple[Transport, PortState, tuple[str, ...]]] = []
            for transport, at, records in zip(TRANSPORTS, range(2, 18, 4), self._records_of(row), strict=True):
                names = (record.assignment.service_name for record in records)
                told.append((transport, STATES[row[at]], tuple(dict.fromkeys(name for name in names if name))))
            for port in range(row[0], row[1] + 1):
                for transport, state, called in told:
                    yield DumpRow(port=port, transport=transport, state=state, names=called)

    def verify(self) -> None:
        """Compares every block with its checksum, and reads every record, name and segment."""
        self._file.verify()
        if self._file.length("record_ends") != 4 * (self.snapshot.records + 1):
            raise self._file.damaged("content")
        for _ in self.records():
            pass
        expected = 0
        for place in range(self._file.length("segments") // (2 * ROW)):
            row = self._row(place)
            if row[0] != expected or self._segment_of(row[0]) != place or self._segment_of(row[1]) != place:
                raise self._file.damaged("content")
            self._transports(place)
            expected = row[1] + 1
        if expected != LAST_PORT + 1:
            raise self._file.damaged("content")
        for name in self.names():
            if not self.named(name):
                raise self._file.damaged("content")


def _parse_record(text: str) -> ServiceRecord:
    """The text of one record; a ValueError or IndexError where it is not one."""
    fields = text.split(FIELD)
    first, last = fields[11], fields[12]
    return ServiceRecord(
        transport=TRANSPORTS[TRANSPORTS.index(fields[0])] if fields[0] else None,
        assignment=Assignment(
            service_name=fields[1] or None,
            description=fields[2],
            assignee=fields[3] or None,
            contact=fields[4] or None,
            registered=fields[5] or None,
            modified=fields[6] or None,
            references=tuple(fields[7].split(REFERENCE)) if fields[7] else (),
            unauthorized_use=fields[8] or None,
            notes=fields[9] or None,
            service_code=fields[10] or None,
            first=int(first) if first else None,
            last=int(last) if last else None,
        ),
    )
