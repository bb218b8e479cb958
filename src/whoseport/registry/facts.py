"""What do we keep of the registry, and how is it written as text that can be reviewed and compared line by line?

A folder of tab-separated files, UTF-8, one record a line, the first line naming the columns: `system.tsv` (records
whose first port is 0-1023), `user.tsv` (from 1024 on), `services.tsv` (service names without a port), and
`snapshot.tsv` (on what it all stands). Records keep the registry's own order within one port. An empty column is
unknown, empty columns at a line's end are left out. Within a column `\\t`, `\\n` and `\\\\` stand for tab, line feed
and backslash, and `\\p` for a bar, because ` | ` separates references.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, TypeVar

from whoseport.model import LAST_PORT, TRANSPORTS, Assignment, BrokenSurroundings, ServiceRecord, Snapshot
from whoseport.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_Read = TypeVar("_Read")

COLUMNS = (
    "ports",
    "transport",
    "service_name",
    "description",
    "assignee",
    "contact",
    "registered",
    "modified",
    "references",
    "unauthorized_use",
    "notes",
    "service_code",
)
FILES = ("system.tsv", "user.tsv", "services.tsv")
FIRST_USER_PORT = 1024

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})
_MEANING = {"\\": "\\", "t": "\t", "n": "\n", "p": "|"}
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_SEPARATOR = " | "
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]")
"""Control characters, which XML 1.0 does not allow either, and lone surrogates, which UTF-8 cannot carry."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


class Facts(Record):
    """One whole state of the registry: records by first port, those without a port last."""

    snapshot: Snapshot
    records: tuple[ServiceRecord, ...]


def in_order(records: Iterable[ServiceRecord]) -> tuple[ServiceRecord, ...]:
    """Records by first port, those without a port last; what shares a first port keeps its order."""
    return tuple(
        sorted(records, key=lambda each: LAST_PORT + 1 if each.assignment.first is None else each.assignment.first)
    )


def is_date(text: str) -> bool:
    """Whether it is YYYY-MM-DD or YYYY-MM, the two forms of the registry."""
    return _DATE.fullmatch(text) is not None


def parse_ports(text: str) -> tuple[int, int]:
    """`80` or `6000-6063` as first and last; anything else, also above 65535, is a ValueError."""
    match = _PORTS.fullmatch(text)
    if match is None:
        raise ValueError(text)
    first, last = int(match[1]), int(match[2] or match[1])
    if not first <= last <= LAST_PORT:
        raise ValueError(text)
    return first, last


# --- writing -------------------------------------------------------------------------------------------------------


def write_folder(folder: Path, facts: Facts) -> None:
    """Writes the files of the folder anew, each replaced in one step; the same facts give the same bytes."""
    snapshot = facts.snapshot
    texts = {"snapshot.tsv": "".join(f"{key}\t{_escape(str(value))}\n" for key, value in snapshot.fields().items())}
    for name in FILES:
        lines = [format_record(record) for record in facts.records if file_of(record) == name]
        texts[name] = "\n".join(["\t".join(COLUMNS), *lines]) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        unfinished = folder / f".{name}.{os.getpid()}.new"
        unfinished.write_bytes(text.encode())
        unfinished.replace(folder / name)


def file_of(record: ServiceRecord) -> str:
    """The name of the file that a record belongs into."""
    first = record.assignment.first
    if first is None:
        return "services.tsv"
    return "system.tsv" if first < FIRST_USER_PORT else "user.tsv"


def format_record(record: ServiceRecord) -> str:
    """One line, without its end."""
    assignment = record.assignment
    ports = "" if assignment.first is None else str(assignment.first)
    if assignment.last != assignment.first:
        ports += f"-{assignment.last}"
    references = _SEPARATOR.join(_escape(each).replace("|", "\\p") for each in assignment.references)
    texts = (
        record.transport,
        assignment.service_name,
        assignment.description,
        assignment.assignee,
        assignment.contact,
        assignment.registered,
        assignment.modified,
    )
    columns = [ports, *(_escape(text or "") for text in texts), references]
    columns += [
        _escape(text or "") for text in (assignment.unauthorized_use, assignment.notes, assignment.service_code)
    ]
    return "\t".join(columns).rstrip("\t")


def _escape(text: str) -> str:
    if _UNWRITABLE.search(text):
        raise BrokenSurroundings("registry-bad-record", record=text, reason="control-character")
    return text.translate(_ESCAPED)


# --- reading -------------------------------------------------------------------------------------------------------


def read_folder(folder: Path) -> Facts:
    """The facts of a folder.

    Raises:
        BrokenSurroundings: `registry-facts-damaged` with path, line and reason, down to the first wrong line.
    """
    snapshot = _read_file(folder / "snapshot.tsv", parse_snapshot)
    records: list[ServiceRecord] = []
    for name in FILES:
        records += _read_file(folder / name, parse_records)
    if len(records) != snapshot.records:
        raise BrokenSurroundings("registry-facts-damaged", path=str(folder), line=None, reason="record-count")
    return Facts(snapshot=snapshot, records=in_order(records))


class DamagedLine(ValueError):
    """A line that is not as this module writes it."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


def _read_file(path: Path, parse: Callable[[str], _Read]) -> _Read:
    try:
        return parse(path.read_bytes().decode("utf-8"))
    except DamagedLine as damage:
        raise BrokenSurroundings(
            "registry-facts-damaged", path=str(path), line=damage.line, reason=damage.reason
        ) from None
    except (OSError, UnicodeDecodeError) as failure:
        raise BrokenSurroundings("registry-facts-damaged", path=str(path), line=None, reason=str(failure)) from failure


def parse_snapshot(text: str) -> Snapshot:
    """The text of `snapshot.tsv`; a `DamagedLine` where it is not one."""
    values: dict[str, str] = {}
    for number, line in enumerate(_lines(text), start=1):
        key, separator, value = line.partition("\t")
        if not separator or key not in Snapshot.__fields__ or key in values:
            raise DamagedLine(number, "columns")
        values[key] = _unescape(value, line=number)
    if len(values) != len(Snapshot.__fields__):
        raise DamagedLine(0, "columns")
    if not is_date(values["updated"]) or not _DIGEST.fullmatch(values["sha256"]):
        raise DamagedLine(0, "value")
    if not re.fullmatch("[0-9]{1,9}", values["records"]):
        raise DamagedLine(0, "value")
    return Snapshot(
        source=values["source"],
        updated=values["updated"],
        sha256=values["sha256"],
        records=int(values["records"]),
    )


def parse_records(text: str) -> tuple[ServiceRecord, ...]:
    """The text of a file of records; a `DamagedLine` where it is not one."""
    lines = _lines(text)
    if not lines or lines[0] != "\t".join(COLUMNS):
        raise DamagedLine(1, "columns")
    return tuple(parse_record(line, number=number) for number, line in enumerate(lines[1:], start=2))


def parse_record(line: str, *, number: int = 0) -> ServiceRecord:
    """One line; a `DamagedLine` of that number where it is not one."""
    columns = line.split("\t")
    if len(columns) > len(COLUMNS):
        raise DamagedLine(number, "columns")
    columns += [""] * (len(COLUMNS) - len(columns))
    ports, references = columns[0], columns[8]
    texts = [_unescape(each, line=number) or None for each in columns]
    transport = texts[1]
    if transport not in (None, *TRANSPORTS):
        raise DamagedLine(number, "transport")
    if any(date is not None and not is_date(date) for date in texts[6:8]):
        raise DamagedLine(number, "date")
    try:
        first, last = parse_ports(ports) if ports else (None, None)
    except ValueError:
        raise DamagedLine(number, "ports") from None
    return ServiceRecord(
        transport=transport,
        assignment=Assignment(
            service_name=texts[2],
            description=texts[3] or "",
            assignee=texts[4],
            contact=texts[5],
            registered=texts[6],
            modified=texts[7],
            references=tuple(_unescape(each, line=number) for each in references.split(_SEPARATOR) if each),
            unauthorized_use=texts[9],
            notes=texts[10],
            service_code=texts[11],
            first=first,
            last=last,
        ),
    )


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    if lines.pop():
        raise DamagedLine(len(lines) + 1, "cut")
    for number, line in enumerate(lines, start=1):
        if _UNWRITABLE.search(line):
            raise DamagedLine(number, "control-character")
    return lines


def _unescape(text: str, *, line: int) -> str:
    if "\\" not in text:
        return text
    try:
        return _ESCAPE.sub(lambda match: _MEANING[match[1]], text)
    except KeyError:
        raise DamagedLine(line, "escape") from None
