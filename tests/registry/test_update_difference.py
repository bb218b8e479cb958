"""Does the difference of two states of the registry tell all of what changed, and nothing else?"""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.registry.iana_xml_writer import named, nameless
from whoseport.model import Change, ServiceRecord
from whoseport.registry.difference import difference

SSH = named("ssh", 22)
GAP = nameless(954, 988)


def told(*changes: Change) -> list[tuple[str, int | None, str | None, tuple[str, ...]]]:
    return [(change.kind, change.first, change.service_name, change.differing) for change in changes]


def test_the_same_in_another_order_is_no_difference() -> None:
    found = difference([SSH, GAP, SSH], [GAP, SSH, SSH])
    assert (found.added, found.removed, found.changed) == ((), (), ())


def test_a_service_that_takes_a_number_out_of_a_gap() -> None:
    found = difference([GAP], [nameless(954, 970), named("new", 971), nameless(972, 988)])
    assert told(*found.added) == [("added", 954, None, ()), ("added", 971, "new", ()), ("added", 972, None, ())]
    assert told(*found.removed) == [("removed", 954, None, ())]
    assert found.changed == ()


def test_a_service_that_got_another_name() -> None:
    found = difference([SSH, GAP], [named("shell", 22), GAP])
    [change] = found.changed
    assert told(change) == [("changed", 22, "shell", ("service_name",))]
    assert change.before == SSH.assignment
    assert (found.added, found.removed) == ((), ())


def test_a_service_that_was_described_anew() -> None:
    [change] = difference([SSH], [named("ssh", 22, description="Shell")]).changed
    assert told(change) == [("changed", 22, "ssh", ("description",))]


def test_a_gap_that_was_set_aside() -> None:
    [change] = difference([GAP], [nameless(954, 988, description="Reserved")]).changed
    assert told(change) == [("changed", 954, None, ("description",))]


def test_a_reserved_number_that_was_assigned_is_no_renaming() -> None:
    found = difference([nameless(22, 22)], [named("ssh", 22, transport=None)])
    assert told(*found.added) == [("added", 22, "ssh", ())]
    assert told(*found.removed) == [("removed", 22, None, ())]


def test_of_several_at_one_place_none_is_guessed_to_be_another() -> None:
    found = difference([named("http", 80), named("www", 80)], [named("web", 80)])
    assert told(*found.added) == [("added", 80, "web", ())]
    assert told(*found.removed) == [("removed", 80, "http", ()), ("removed", 80, "www", ())]


def test_one_of_two_equal_records_that_went() -> None:
    assert told(*difference([SSH, SSH], [SSH]).removed) == [("removed", 22, "ssh", ())]


def test_services_without_a_port_are_not_taken_for_each_other() -> None:
    def portless(name: str) -> ServiceRecord:
        record = named(name, 1)
        return record.replace(assignment=record.assignment.replace(first=None, last=None))

    found = difference([portless("a")], [portless("b")])
    assert told(*found.added) == [("added", None, "b", ())]
    assert told(*found.removed) == [("removed", None, "a", ())]


RECORDS = st.lists(
    st.one_of(
        st.builds(
            named,
            st.sampled_from(["a", "b"]),
            st.integers(1, 3),
            transport=st.sampled_from(["tcp", None]),
            description=st.sampled_from(["x", "y"]),
        ),
        st.builds(nameless, st.just(1), st.integers(1, 2), description=st.sampled_from(["Unassigned", "Reserved"])),
    ),
    max_size=8,
)


@given(before=RECORDS, after=RECORDS)
def test_the_changes_lead_from_the_one_to_the_other(before: list[ServiceRecord], after: list[ServiceRecord]) -> None:
    found = difference(before, after)
    gone, come = Counter[ServiceRecord](), Counter[ServiceRecord]()
    for change in (*found.removed, *found.changed):
        assert change.before is not None
        gone[ServiceRecord(transport=change.transport, assignment=change.before)] += 1
    for change in (*found.added, *found.changed):
        assert change.after is not None
        come[ServiceRecord(transport=change.transport, assignment=change.after)] += 1
    assert not gone - Counter(before)
    assert Counter(before) - gone + come == Counter(after)
    for change in found.changed:
        assert change.differing
    assert not Counter(found.removed).keys() & Counter(found.added).keys()
