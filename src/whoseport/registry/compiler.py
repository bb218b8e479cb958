"""How do facts become the one file that a look-up reads?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from whoseport.model import LAST_PORT, TRANSPORTS, BrokenSurroundings
from whoseport.registry.facts import read_folder
from whoseport.registry.snapshot_file import (
    AT_CHECKSUM,
    AT_RECORDS,
    AT_SOURCE,
    BLOCK,
    FIELD,
    FORMAT,
    MAGIC,
    NO_SEGMENT,
    REFERENCE,
    ROW,
    SECTIONS,
    checksum,
)
from whoseport.registry.states import Segment, segments
from whoseport.registry.store import STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from whoseport.model import ServiceRecord, Snapshot
    from whoseport.registry.facts import Facts
    from whoseport.registry.snapshot_file import Section


def compile_folder(folder: Path, target: Path) -> None:
    """Compiles the facts of a folder into the file `target`, replaced in one step."""
    compiled = compile_facts(read_folder(folder))
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.new")
    unfinished.write_bytes(compiled)
    unfinished.replace(target)


def compile_facts(facts: Facts) -> bytes:
    """The whole file; the same facts give the same bytes. A record that cannot be kept is a `registry-bad-record`."""
    names: dict[str, list[int]] = {}
    for index, record in enumerate(facts.records):
        if record.assignment.service_name:
            names.setdefault(record.assignment.service_name.lower(), []).append(index)
    records = [_record_text(record, number=number) for number, record in enumerate(facts.records, start=1)]
    named = sorted((name.encode(), indexes) for name, indexes in names.items())
    name_texts = [name + FIELD.encode() + ",".join(map(str, indexes)).encode() for name, indexes in named]
    parts: dict[Section, bytes] = {
        **_segment_sections(segments(facts.records)),
        "record_ends": _ends(records),
        "records": b"".join(records),
        "name_ends": _ends(name_texts),
        "names": b"".join(name_texts),
    }
    return _file(facts.snapshot, [parts[name] for name in SECTIONS])


def _numbers(values: Iterable[int], width: int) -> bytes:
    return b"".join(value.to_bytes(width, "little") for value in values)


def _ends(texts: Sequence[bytes]) -> bytes:
    """Where each text ends, with a leading zero: text n lies between the values n and n + 1."""
    ends = [0]
    for text in texts:
        ends.append(ends[-1] + len(text))
    return _numbers(ends, 4)


def _record_text(record: ServiceRecord, *, number: int) -> bytes:
    assignment = record.assignment
    fields = [
        record.transport,
        assignment.service_name,
        assignment.description,
        assignment.assignee,
        assignment.contact,
        assignment.registered,
        assignment.modified,
        REFERENCE.join(assignment.references),
        assignment.unauthorized_use,
        assignment.notes,
        assignment.service_code,
        None if assignment.first is None else str(assignment.first),
        None if assignment.last is None else str(assignment.last),
    ]
    text = FIELD.join(field or "" for field in fields)
    references = text.count(REFERENCE) + 1 if assignment.references else 0
    if text.count(FIELD) != len(fields) - 1 or references != len(assignment.references) or "" in assignment.references:
        raise BrokenSurroundings("registry-bad-record", record=number, field="text", value=assignment.description)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BrokenSurroundings(
            "registry-bad-record", record=number, field="text", value=ascii(assignment.description)
        ) from None


def _segment_sections(parts: tuple[Segment, ...]) -> dict[Section, bytes]:
    assigned = [place for place, part in enumerate(parts) if any(each.state == "assigned" for each in part.transports)]
    below = NO_SEGMENT
    rows: list[int] = []
    indexes: list[int] = []
    directory: list[int] = []
    upcoming = iter([*assigned, NO_SEGMENT])
    above = next(upcoming)
    for place, part in enumerate(parts):
        directory += [place] * ((part.last >> 8) + 1 - len(directory))
        rows += [part.first, part.last]
        for position in range(len(TRANSPORTS)):
            told = part.transports[position]
            rows += [STATES.index(told.state), told.run_first, told.run_last, len(told.records)]
        is_assigned = place == above
        if is_assigned:
            above = next(upcoming)
        rows += [below, above, len(indexes) & 0xFFFF, len(indexes) >> 16]
        if is_assigned:
            below = place
        indexes += [index for told in part.transports for index in told.records]
    directory.append(len(parts))
    if len(parts) >= NO_SEGMENT or len(rows) != len(parts) * ROW or len(directory) != ((LAST_PORT + 1) >> 8) + 1:
        raise BrokenSurroundings("registry-bad-record", record=None, field="number", value=len(parts))
    return {"directory": _numbers(directory, 4), "segments": _numbers(rows, 2), "indexes": _numbers(indexes, 4)}


def _file(snapshot: Snapshot, parts: list[bytes]) -> bytes:
    body = b"".join(parts)
    places: list[int] = []
    offset = 0
    for part in parts:
        places += [offset, len(part)]
        offset += len(part)
    source = snapshot.source.encode()
    checksums = _numbers((checksum(body[start : start + BLOCK]) for start in range(0, len(body), BLOCK)), 4)
    # the body starts on a page: a block is a page
    length = -(-(AT_SOURCE + len(source) + len(checksums)) // BLOCK) * BLOCK
    source = source.ljust(length - AT_SOURCE - len(checksums), b"\0")
    begin = MAGIC + _numbers([FORMAT, length], 4) + (length + len(body)).to_bytes(8, "little")
    rest = (
        _numbers([snapshot.records], 4)
        + snapshot.updated.encode("ascii").ljust(10, b"\0")
        + bytes.fromhex(snapshot.sha256)
        + _numbers(places, 4)
        + source
        + checksums
    )
    assert len(begin) == AT_CHECKSUM
    assert len(begin) + 4 == AT_RECORDS
    assert AT_RECORDS + len(rest) == length
    return begin + checksum(begin + rest).to_bytes(4, "little") + rest + body
