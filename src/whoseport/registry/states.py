"""In which state is each port on each transport, and which records say so?

How IANA's rows are read, where they leave room:

- A row without a transport counts for all four.
- A named row wins over a nameless one, a row with a transport over one without, then the narrower range, then the
  earlier row. A name that the registry itself records as "an unassigned but widespread use" is a name of the port like
  any other.
- A nameless row is `unassigned` if its description begins with that word ("unassigned", "Unassigned [was netstat]",
  "(unassigned) Possibly assigned"); everything else is set aside and so `reserved` ("any private mail system",
  "De-registered", "Removed", "Deprecated", "Possibly used by Sun Solaris????").
- 49152-65535 is `dynamic`, whatever rows there may be (RFC 6335 section 6); elsewhere no row means `unlisted`.
- The assignments of an assigned port are its named rows. Of another port they are the nameless rows of that same state
  that say more than the bare word: a note, a date, a person, a reference, a use without authority.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from whoseport.model import LAST_PORT, TRANSPORTS, Assignment
from whoseport.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whoseport.model import PortState, ServiceRecord, Transport

FIRST_USER = 1024
FIRST_DYNAMIC = 49152
BARE_WORDS = ("unassigned", "reserved")


class TransportSegment(Record):
    """One transport over a segment: the run of its state, and the records (by index) that are told of it."""

    state: PortState
    run_first: int
    run_last: int
    records: tuple[int, ...]


class Segment(Record):
    """A run of ports of one range of RFC 6335 over which nothing changes, on no transport; by `TRANSPORTS`."""

    first: int
    last: int
    transports: tuple[TransportSegment, ...]


def nameless_state(description: str) -> PortState:
    """What a row without a service name means."""
    return "unassigned" if description.lstrip("( ").lower().startswith("unassigned") else "reserved"


def says_more(assignment: Assignment) -> bool:
    """Whether a nameless row carries anything but its ports and the bare word of its state."""
    return assignment.description.lower() not in BARE_WORDS or any(
        (
            assignment.assignee,
            assignment.contact,
            assignment.registered,
            assignment.modified,
            assignment.references,
            assignment.unauthorized_use,
            assignment.notes,
        )
    )


def segments(records: Sequence[ServiceRecord]) -> tuple[Segment, ...]:
    """All ports from 0 to 65535, without a hole; records without a port play no part."""
    rows = [
        (index, record.assignment.first, record.assignment.last)
        for index, record in enumerate(records)
        if record.assignment.first is not None and record.assignment.last is not None
    ]
    bounds = {0, FIRST_USER, FIRST_DYNAMIC, LAST_PORT + 1}
    bounds |= {first for _, first, _ in rows} | {last + 1 for _, _, last in rows}
    starts = sorted(bounds)
    covering: list[list[int]] = [[] for _ in starts[:-1]]
    for index, first, last in rows:
        for piece in range(bisect_left(starts, first), bisect_left(starts, last + 1)):
            covering[piece].append(index)
    told = [
        [_told(records, indexes, transport=transport, port=start) for transport in TRANSPORTS]
        for start, indexes in zip(starts, covering, strict=False)
    ]
    runs = [_runs([piece[position][0] for piece in told], starts) for position in range(len(TRANSPORTS))]
    made: list[Segment] = []
    for piece, states in enumerate(told):
        transports = tuple(
            TransportSegment(state=state, run_first=run[piece][0], run_last=run[piece][1], records=indexes)
            for (state, indexes), run in zip(states, runs, strict=True)
        )
        first, last = starts[piece], starts[piece + 1] - 1
        if made and made[-1].transports == transports and first not in (FIRST_USER, FIRST_DYNAMIC):
            made[-1] = made[-1].replace(last=last)
        else:
            made.append(Segment(first=first, last=last, transports=transports))
    return tuple(made)


def _told(
    records: Sequence[ServiceRecord], indexes: list[int], *, transport: Transport, port: int
) -> tuple[PortState, tuple[int, ...]]:
    """State of a port on a transport, and the indexes of the records to tell, the deciding one first."""

    def precedence(index: int) -> tuple[bool, int, int]:
        row = records[index].assignment
        assert row.first is not None
        assert row.last is not None
        return records[index].transport is None, row.last - row.first, index

    order = sorted((index for index in indexes if records[index].transport in (transport, None)), key=precedence)
    named = tuple(index for index in order if records[index].assignment.service_name)
    if port >= FIRST_DYNAMIC:
        return "dynamic", named
    if named:
        return "assigned", named
    if not order:
        return "unlisted", ()
    state = nameless_state(records[order[0]].assignment.description)
    rows = ((index, records[index].assignment) for index in order)
    return state, tuple(i for i, row in rows if nameless_state(row.description) == state and says_more(row))


def _runs(states: list[PortState], starts: list[int]) -> list[tuple[int, int]]:
    """For each piece the bounds of the longest run of pieces of its state around it."""
    runs: list[tuple[int, int]] = []
    begin = 0
    for piece in range(1, len(states) + 1):
        if piece == len(states) or states[piece] != states[begin]:
            runs += [(starts[begin], starts[piece] - 1)] * (piece - begin)
            begin = piece
    return runs
