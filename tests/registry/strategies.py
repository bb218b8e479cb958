"""Made-up facts, for the tests that need any."""

from __future__ import annotations

from hypothesis import strategies as st

from whoseport.model import TRANSPORTS, Assignment, ServiceRecord, Snapshot
from whoseport.registry.facts import Facts, in_order

texts = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\t\n\\|"), max_size=20)
optional_texts = st.none() | texts.filter(bool)
dates = st.none() | st.sampled_from(["2026-08-17", "1999-01"])
ports = st.sampled_from([0, 1, 2, 80, 255, 256, 1023, 1024, 1025, 49150, 49151, 49152, 65535]) | st.integers(0, 65535)
port_pairs = st.none() | st.tuples(ports, ports).map(sorted) | ports.map(lambda port: [port, port])
descriptions = st.sampled_from(["Reserved", "Unassigned", "unassigned", "Removed", "(unassigned) Possibly"]) | texts


@st.composite
def service_records(draw: st.DrawFn) -> ServiceRecord:
    pair = draw(port_pairs)
    return ServiceRecord(
        transport=draw(st.none() | st.sampled_from(TRANSPORTS)),
        assignment=Assignment(
            service_name=draw(optional_texts),
            description=draw(descriptions),
            assignee=draw(optional_texts),
            contact=draw(optional_texts),
            registered=draw(dates),
            modified=draw(dates),
            references=tuple(draw(st.lists(texts.filter(bool), max_size=2))),
            unauthorized_use=draw(optional_texts),
            notes=draw(optional_texts),
            service_code=draw(optional_texts),
            first=pair[0] if pair else None,
            last=pair[1] if pair else None,
        ),
    )


def facts_of(records: list[ServiceRecord], *, updated: str = "2026-08-17") -> Facts:
    snapshot = Snapshot(source="test", updated=updated, sha256="ab" * 32, records=len(records))
    return Facts(snapshot=snapshot, records=in_order(records))


def row(
    ports: str, transport: str | None = None, name: str | None = None, description: str = "", notes: str | None = None
) -> ServiceRecord:
    """A short way to write a record: `row("80-90", "tcp", "http")`."""
    first, _, last = ports.partition("-")
    return ServiceRecord(
        transport=next((each for each in TRANSPORTS if each == transport), None),
        assignment=Assignment(
            service_name=name,
            description=description,
            assignee=None,
            contact=None,
            registered=None,
            modified=None,
            references=(),
            unauthorized_use=None,
            notes=notes,
            service_code=None,
            first=int(first) if first else None,
            last=int(last or first) if first else None,
        ),
    )


all_facts = st.lists(service_records(), max_size=12).map(facts_of)
