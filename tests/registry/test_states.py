"""Each port's state on each transport, by the rules at the top of states.py."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.strategies import row, service_records
from whoseport.model import LAST_PORT, TRANSPORTS, PortState, ServiceRecord
from whoseport.registry.facts import Facts
from whoseport.registry.states import Segment, nameless_state, says_more, segments


def at(parts: tuple[Segment, ...], port: int, transport: str = "tcp") -> tuple[PortState, tuple[int, ...]]:
    part = next(part for part in parts if part.first <= port <= part.last)
    told = next(told for told, name in zip(part.transports, TRANSPORTS, strict=True) if name == transport)
    return told.state, told.records


def run(parts: tuple[Segment, ...], port: int, transport: str = "tcp") -> tuple[int, int]:
    part = next(part for part in parts if part.first <= port <= part.last)
    told = next(told for told, name in zip(part.transports, TRANSPORTS, strict=True) if name == transport)
    return told.run_first, told.run_last


@pytest.mark.parametrize(
    ("description", "state"),
    [
        ("Unassigned", "unassigned"),
        ("unassigned", "unassigned"),
        ("Unassigned [was netstat]", "unassigned"),
        ("Unassigned (FRP-Released 12/7/00)", "unassigned"),
        ("(unassigned) Possibly assigned", "unassigned"),
        ("Reserved", "reserved"),
        ("Reserved - IANA", "reserved"),
        ("De-registered", "reserved"),
        ("Removed", "reserved"),
        ("Deprecated", "reserved"),
        ("De-Commissioned Port", "reserved"),
        ("Decomissioned Port 04/14/00, ms", "reserved"),
        ("any private mail system", "reserved"),
        ("Possibly used by Sun Solaris????", "reserved"),
        ("", "reserved"),
    ],
)
def test_rows_without_a_name(description: str, state: PortState) -> None:
    assert nameless_state(description) == state


def test_the_repository_has_no_other_row_without_a_name(repository_facts: Facts) -> None:
    """A new wording in IANA's file is to be read by a person before it counts as reserved."""
    nameless = {each.assignment.description for each in repository_facts.records if not each.assignment.service_name}
    known = ("Unassigned", "unassigned", "(unassigned)", "Reserved", "De-", "Removed", "Deprecated", "any private ")
    others = {description for description in nameless if not description.startswith(known)}
    assert others == {"Possibly used by Sun Solaris????", "Decomissioned Port 04/14/00, ms"}


def test_a_row_without_transport_counts_for_all() -> None:
    parts = segments([row("5-7", description="Unassigned")])
    assert [at(parts, 6, transport)[0] for transport in TRANSPORTS] == ["unassigned"] * 4
    parts = segments([row("5-7", "udp", description="Unassigned")])
    assert [at(parts, 6, transport)[0] for transport in TRANSPORTS] == [
        "unlisted",
        "unassigned",
        "unlisted",
        "unlisted",
    ]


def test_which_row_wins() -> None:
    whole, narrow, own = (
        row("1-9", description="Unassigned"),
        row("5", description="Removed"),
        row("1-20", "tcp", None, "Reserved"),
    )
    named = row("1-99", None, "x")
    assert at(segments([whole, narrow]), 5) == ("reserved", (1,))
    assert at(segments([whole, narrow]), 4) == ("unassigned", ())
    assert at(segments([narrow, whole, own]), 4)[0] == "reserved"
    assert at(segments([narrow, whole, own, named]), 5) == ("assigned", (3,))
    assert at(segments([row("5", description="Removed"), row("5", description="Unassigned")]), 5)[0] == "reserved"
    assert at(segments([row("5", description="Unassigned"), row("5", description="Removed")]), 5)[0] == "unassigned"


def test_a_widespread_use_is_a_name() -> None:
    parts = segments([row("3000", "tcp", "x", notes="This entry records an unassigned but widespread use")])
    assert at(parts, 3000) == ("assigned", (0,))


def test_dynamic_ports_are_dynamic_whatever_is_listed() -> None:
    parts = segments([row("49000-50000", "tcp", "x"), row("60000", description="Reserved")])
    assert at(parts, 49151) == ("assigned", (0,))
    assert at(parts, 49152) == ("dynamic", (0,))
    assert at(parts, 60000) == ("dynamic", ())
    assert run(parts, 60000) == (49152, LAST_PORT)


def test_runs_are_as_long_as_the_state_lasts() -> None:
    parts = segments(
        [row("5", "tcp", None, "Unassigned"), row("6-9", description="Unassigned", notes="n"), row("10", "udp", "x")]
    )
    assert run(parts, 7) == (5, 9)
    assert run(parts, 7, "udp") == (6, 9)
    assert run(parts, 3) == (0, 4)
    assert run(segments([]), 1024) == (0, 49151)


def test_ranges_of_the_rfc_bound_segments() -> None:
    assert [(part.first, part.last) for part in segments([])] == [(0, 1023), (1024, 49151), (49152, 65535)]


def test_what_says_more() -> None:
    assert not says_more(row("5", "tcp", None, "Reserved").assignment)
    assert says_more(row("5", "tcp", None, "Removed").assignment)
    assert says_more(row("5", "tcp", None, "Reserved", notes="De-assigned").assignment)
    assert says_more(row("5", "tcp", None, "Reserved").assignment.replace(modified="2025-02-13"))


@given(st.lists(service_records(), max_size=10))
def test_segments_leave_no_hole_and_agree_with_reading_port_by_port(records: list[ServiceRecord]) -> None:
    parts = segments(records)
    assert parts[0].first == 0
    assert parts[-1].last == LAST_PORT
    assert all(after.first == before.last + 1 for before, after in pairwise(parts))
    for part in parts:
        for told, transport in zip(part.transports, TRANSPORTS, strict=True):
            for port in (part.first, part.last):
                cover = [
                    (each.assignment.service_name is not None, each.transport is not None, -(last - first), -index)
                    for index, each in enumerate(records)
                    if each.transport in (transport, None)
                    and (first := each.assignment.first) is not None
                    and (last := each.assignment.last) is not None
                    and first <= port <= last
                ]
                strongest = records[-max(cover)[3]] if cover else None
                if port >= 49152:
                    assert told.state == "dynamic"
                elif strongest is None:
                    assert (told.state, told.records) == ("unlisted", ())
                elif strongest.assignment.service_name is not None:
                    assert told.state == "assigned"
                    assert len(told.records) == sum(each[0] for each in cover)
                else:
                    assert told.state == nameless_state(strongest.assignment.description)
            assert told.run_first <= part.first
            assert told.run_last >= part.last
