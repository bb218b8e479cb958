"""Hostile text in every field of every record, in every view: nothing of it acts on the terminal."""

from __future__ import annotations

import csv
import io
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model_strategies import records
from tests.render.test_escape import is_harmless
from whoseport import model
from whoseport.model import Answer, Answers, Query
from whoseport.render import found, snapshot, table, text, update
from whoseport.render.language import ENGLISH

WIDTHS = st.sampled_from([None, 20, 40, 80, 120])
patient = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)


def check(shown: str) -> None:
    assert shown.endswith("\n")
    assert is_harmless(shown, allowed="\n")
    assert shown.encode()


@patient
@given(
    records(model.RegistryEntry), st.one_of(st.none(), records(model.Inspection)), WIDTHS, st.booleans(), st.booleans()
)
def test_answer(registry: Any, host: Any, width: int | None, verbose: bool, saved: bool) -> None:
    for transport in (None, "udp"):
        answer = Answer(query=Query(port=971, transport=transport, text="\x1b[31m971"), registry=registry, host=host)
        said: dict[str, Any] = {"language": ENGLISH, "width": width, "colour": False, "verbose": verbose}
        shown = text.told(answer, today="2026-11-23", home="/home/ana", saved=saved, **said)
        check(shown)
        if not verbose and width in (None, 80, 120):
            assert len(shown.splitlines()) <= 16 + 8  # what must be said, in hostile lengths, may wrap


@patient
@given(records(model.Inspection), records(model.RegistryEntry), records(model.ServiceRecord), WIDTHS)
def test_several_answers(host: Any, registry: Any, service: Any, width: int | None) -> None:
    answers = tuple(
        Answer(query=Query(port=port, transport=None, text=""), registry=registry, host=host) for port in range(5)
    )
    for count in (1, 5):
        several = Answers(answers=answers[:count], services=(service,))
        check(text.told(several, language=ENGLISH, width=width, colour=False, verbose=False, today="2026-11-23"))


@patient
@given(records(model.Inspection), WIDTHS, st.booleans())
def test_list(host: Any, width: int | None, verbose: bool) -> None:
    check(table.listing(host, language=ENGLISH, width=width, colour=False, verbose=verbose, home="/home/ana"))
    separated = table.csv(host)
    assert is_harmless(separated, allowed="\r\n")
    assert len(list(csv.reader(io.StringIO(separated)))) == len(host.listeners) + 1


@patient
@given(records(model.SearchResults), st.text(max_size=20), WIDTHS, st.integers(0, 3))
def test_find(results: Any, query: str, width: int | None, limit: int) -> None:
    check(found.results(results, text=query, language=ENGLISH, width=width, colour=False, limit=limit))


@patient
@given(records(model.UpdateReport), records(model.Snapshot), st.text(max_size=20))
def test_update_and_snapshot(report: Any, held: Any, path: str) -> None:
    check(update.told(report, language=ENGLISH))
    check(snapshot.told(held, path=path, language=ENGLISH, today="2026-11-23"))
