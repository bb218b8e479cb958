"""What changed between two states of the registry, record by record?

Records that are equal in every field fall away. Of the rest, two belong together that have the same transport and ports
and the same service name; then two that are alone in having the same transport and ports, if both are named (the
service was renamed) or both nameless. What finds no partner was added or removed: a service that takes a number out of
a gap adds itself and the two ends of the gap, and removes the gap.
"""

from __future__ import annotations

from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING

from whoseport.model import Assignment, Change
from whoseport.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from whoseport.model import ServiceRecord

    Pair = tuple[ServiceRecord, ServiceRecord]

content_of: Callable[[ServiceRecord], Hashable] = attrgetter(
    "transport", *(f"assignment.{field}" for field in Assignment.__fields__)
)
"""All that a record says, as a tuple: it is compared and hashed a hundred times faster than the record."""


class Difference(Record):
    """Each in the order of ports; services without a port come first."""

    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]


def difference(before: Iterable[ServiceRecord], after: Iterable[ServiceRecord]) -> Difference:
    """What became of the records of `before`, and which are new in `after`; their order does not matter."""
    gone, come = _without_equals(before, after)
    pairs, gone, come = _paired(gone, come, key=_same_service, alone=False)
    more, gone, come = _paired(gone, come, key=_same_place, alone=True)
    return Difference(
        added=_in_order(_change(None, record) for record in come),
        removed=_in_order(_change(record, None) for record in gone),
        changed=_in_order(_change(*pair) for pair in [*pairs, *more]),
    )


def _without_equals(
    before: Iterable[ServiceRecord], after: Iterable[ServiceRecord]
) -> tuple[list[ServiceRecord], list[ServiceRecord]]:
    kept: dict[Hashable, list[ServiceRecord]] = defaultdict(list)
    for record in before:
        kept[content_of(record)].append(record)
    come: list[ServiceRecord] = []
    for record in after:
        equals = kept.get(content_of(record))
        if equals:
            equals.pop()
        else:
            come.append(record)
    return [record for records in kept.values() for record in records], come


def _same_service(record: ServiceRecord) -> Hashable:
    assignment = record.assignment
    return record.transport, assignment.first, assignment.last, assignment.service_name


def _same_place(record: ServiceRecord) -> Hashable:
    assignment = record.assignment
    if assignment.first is None:
        return record
    return record.transport, assignment.first, assignment.last, assignment.service_name is None


def _paired(
    gone: list[ServiceRecord], come: list[ServiceRecord], *, key: Callable[[ServiceRecord], Hashable], alone: bool
) -> tuple[list[Pair], list[ServiceRecord], list[ServiceRecord]]:
    """The pairs that share a key, and both lists without them; with `alone`, only where a key has one on each side."""
    places: dict[Hashable, tuple[list[ServiceRecord], list[ServiceRecord]]] = defaultdict(lambda: ([], []))
    for side, records in enumerate((gone, come)):
        for record in records:
            places[key(record)][side].append(record)
    pairs: list[Pair] = []
    gone, come = [], []
    for old, new in places.values():
        partners = min(len(old), len(new))
        if alone and len(old) + len(new) > 2:
            partners = 0
        pairs.extend(zip(old[:partners], new[:partners], strict=True))
        gone.extend(old[partners:])
        come.extend(new[partners:])
    return pairs, gone, come


def _change(before: ServiceRecord | None, after: ServiceRecord | None) -> Change:
    old, new = before.assignment if before else None, after.assignment if after else None
    record = after or before
    assert record is not None
    return Change(
        kind="changed" if old and new else "added" if new else "removed",
        transport=record.transport,
        first=record.assignment.first,
        last=record.assignment.last,
        service_name=record.assignment.service_name,
        differing=_differing(old, new) if old and new else (),
        before=old,
        after=new,
    )


def _differing(old: Assignment, new: Assignment) -> tuple[str, ...]:
    return tuple(field for field, value in old.fields().items() if value != getattr(new, field))


def _in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    def place(change: Change) -> tuple[int, int, str, str]:
        first, last = change.first, change.last
        return (
            -1 if first is None else first,
            -1 if last is None else last,
            change.transport or "",
            change.service_name or "",
        )

    return tuple(sorted(changes, key=place))
