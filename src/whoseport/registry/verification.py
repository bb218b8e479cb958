"""May this state of the registry take the place of the one in use?

What comes from the network is well-formed by now and says that it is the registry; here it is asked whether it can be
true, and whether what was compiled from it says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whoseport.model import BrokenSurroundings
from whoseport.registry.difference import content_of
from whoseport.registry.store import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import ServiceRecord, Snapshot, Transport
    from whoseport.registry.facts import Facts

MANAGED = 49152
"""RFC 6335 section 6: IANA's rows are about 0-49151."""

MOST_UNCOVERED = 200
"""Port numbers that no row may cover, for tcp and for udp; there are 16 and 19 in the registry of August 2026."""

MOST_LOST = 0.03
"""The part of the records, and of the named ones alone, that may be gone at once."""

HTML_BEGINNINGS = (b"<!doctype html", b"<html", b"<head", b"<body")
EVERY = 97


def refuse_html(body: bytes) -> None:
    """`registry-is-html`: a login page, a maintenance page, a proxy's own page, in the place of the registry."""
    beginning = body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if beginning.startswith(HTML_BEGINNINGS):
        raise BrokenSurroundings("registry-is-html")


def refuse_uncovered(facts: Facts) -> None:
    """`registry-incomplete` transport, uncovered, allowed: port numbers of 0-49151 that no row covers."""
    transports: tuple[Transport, ...] = ("tcp", "udp")
    for transport in transports:
        covered = bytearray(MANAGED)
        for record in facts.records:
            first, last = record.assignment.first, record.assignment.last
            if record.transport in (transport, None) and first is not None and last is not None and first < MANAGED:
                last = min(last, MANAGED - 1)
                covered[first : last + 1] = b"\x01" * (last + 1 - first)
        uncovered = covered.count(0)
        if uncovered > MOST_UNCOVERED:
            raise BrokenSurroundings(
                "registry-incomplete", transport=transport, uncovered=uncovered, allowed=MOST_UNCOVERED
            )


def refuse_older(facts: Facts, *, in_use: Snapshot | None, packaged: Snapshot | None, allow_older: bool) -> None:
    """`registry-older` updated, in_use; `registry-older-than-packaged` updated, packaged: it would be passed over."""
    updated = facts.snapshot.updated
    if in_use is not None and updated < in_use.updated and not allow_older:
        raise BrokenSurroundings("registry-older", updated=updated, in_use=in_use.updated)
    if packaged is not None and updated < packaged.updated:
        raise BrokenSurroundings("registry-older-than-packaged", updated=updated, packaged=packaged.updated)


def refuse_loss(facts: Facts, *, in_use: Iterable[ServiceRecord]) -> None:
    """`registry-shrunk` counted (`records`, `named`), before, after: more of them gone than an ordinary month takes."""
    old, new = _counts(in_use), _counts(facts.records)
    for counted, before in old.items():
        after = new[counted]
        if after < before * (1 - MOST_LOST):
            raise BrokenSurroundings("registry-shrunk", counted=counted, before=before, after=after)


def refuse_miscompiled(path: str, *, facts: Facts) -> None:
    """`update-miscompiled` reason: the file, opened as any reader would, does not say what the facts say."""
    try:
        registry = Registry(path)
        registry.verify()
        if registry.snapshot != facts.snapshot:
            raise BrokenSurroundings("update-miscompiled", reason="snapshot")
        if [*map(content_of, registry.records())] != [*map(content_of, facts.records)]:
            raise BrokenSurroundings("update-miscompiled", reason="records")
        named = [record for record in facts.records if record.assignment.service_name and _managed(record)]
        for record in named[::EVERY]:
            _refuse_unfound(record, registry)
    except BrokenSurroundings as problem:
        if problem.problem == "update-miscompiled":
            raise
        raise BrokenSurroundings("update-miscompiled", reason=str(problem)) from None


def _refuse_unfound(record: ServiceRecord, registry: Registry) -> None:
    assert record.assignment.first is not None
    told = registry.lookup(record.assignment.first).transports.fields()
    for transport, status in told.items():
        if record.transport in (transport, None) and record.assignment not in status.assignments:
            raise BrokenSurroundings("update-miscompiled", reason=f"{record.assignment.first}/{transport}")


def _managed(record: ServiceRecord) -> bool:
    return record.assignment.first is not None and record.assignment.first < MANAGED


def _counts(records: Iterable[ServiceRecord]) -> dict[str, int]:
    names = [record.assignment.service_name for record in records]
    return {"records": len(names), "named": sum(name is not None for name in names)}
