"""Hostile text in every field of every record, in every view: nothing of it acts on the terminal."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.model_strategies import records
from tests.render.facts import TODAY
from tests.render.judged import JUDGED
from tests.render.test_escape import is_harmless
from tests.render.views import CLAIMS, JUDGED_LIST
from whoseport import model
from whoseport.model import Answer, Answers, Query
from whoseport.record import Record
from whoseport.render import explain, found, snapshot, table, text, update
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
@given(records(model.Answer), WIDTHS, st.booleans())
def test_every_layer(answer: Any, width: int | None, verbose: bool) -> None:
    """Findings, verdicts, redirects, mentions, projects and practice: whatever an answer can hold."""
    answer = answer.replace(query=Query(port=971, transport=None, text=""))
    near = answer.host and answer.host.replace(
        redirects=tuple(one.replace(first=0, last=65535) for one in answer.host.redirects or ()),
        mentions=tuple(one.replace(first=0, last=65535) for one in answer.host.mentions or ()),
        kernel_ports=tuple(one.replace(port=971) for one in answer.host.kernel_ports or ()),
        rpc_programs=tuple(one.replace(port=971) for one in answer.host.rpc_programs or ()),
    )
    for host in (answer.host, near, None):
        shown = answer.replace(host=host)
        check(text.told(shown, language=ENGLISH, width=width, colour=False, verbose=verbose, today="2026-11-23"))


def hostile(value: Any, text: str) -> Any:
    """The value with every text in it replaced, except the words of closed lists and what must be a port's."""
    if isinstance(value, Record):
        return value.replace(
            **{
                field: hostile(content, text)
                for field, content in value.fields().items()
                if field not in KEPT and not (field == "state" and not isinstance(value, model.Peer))
            }
        )
    if isinstance(value, tuple):
        return tuple(hostile(one, text) for one in value)
    return text if isinstance(value, str) else value


KEPT = {
    *("query", "registry", "transport", "protocol", "exposure", "executable_state", "kind", "concern", "certainty"),
    *(
        "because",
        "backend",
        "missing",
        "reason",
        "role",
        "browser",
        "side",
        "outcome",
        "relation",
        "system",
        "checksum",
    ),
    *("topic", "strength", "claim", "netns", "bpf_refused", "owners_method"),
}
EVIL = (
    "\x1b]0;owned\x07\x1b[2J\u202e" + "x" * 50,
    b"\xff\xfe\x80 not utf-8 \xc3".decode("utf-8", "backslashreplace"),
    b"\xff\xc3(".decode("utf-8", "surrogateescape"),
    "A" * (1 << 20),
    "\n\r\t" * 1000,
    "",
)


@pytest.mark.parametrize("evil", EVIL, ids=lambda evil: ascii(evil[:12]))
@pytest.mark.parametrize("name", JUDGED)
def test_hostile_text_in_every_field_of_every_case(name: str, evil: str) -> None:
    answer = hostile(JUDGED[name], evil)
    for verbose in (False, True):
        shown = text.told(answer, language=ENGLISH, width=80, colour=False, verbose=verbose, today=TODAY)
        check(shown)
        assert len(shown) < 300_000
        assert verbose or len(shown.splitlines()) <= 16


@pytest.mark.parametrize("evil", EVIL, ids=lambda evil: ascii(evil[:12]))
def test_hostile_text_in_every_field_of_a_list(evil: str) -> None:
    busy = hostile(JUDGED_LIST, evil)
    for width in (None, 80, 40):
        shown = table.listing(busy, language=ENGLISH, width=width, colour=False)
        check(shown)
        assert len(shown) < 100_000
    assert is_harmless(table.csv(busy), allowed="\r\n")


@patient
@given(st.lists(records(model.Claim), max_size=4).map(tuple), WIDTHS, st.booleans())
def test_explain(claims: Any, width: int | None, every: bool) -> None:
    check(explain.told((*claims, *CLAIMS), language=ENGLISH, width=width, colour=False, all=every))


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
