"""What `find` finds, in which order, and what a typo may have meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.strategies import facts_of, row
from whoseport.model import SearchResult, ServiceRecord
from whoseport.registry.compiler import compile_facts
from whoseport.registry.facts import Facts
from whoseport.registry.search import search, words_of
from whoseport.registry.states import says_more
from whoseport.registry.store import Registry


def names(registry: Registry, text: str, *, limit: int = 1000) -> list[str | None]:
    return list(dict.fromkeys(result.service_name for result in registry.search(text, limit=limit)))


def test_kerberos_comes_first(registry: Registry) -> None:
    results = registry.search("kerberos", limit=100)
    assert results[0] == SearchResult(
        port=88, transport="tcp", service_name="kerberos", layer="registry", text="Kerberos"
    )
    assert [(each.port, each.service_name) for each in results[1:5]] == [
        (88, "kerberos"),
        (749, "kerberos-adm"),
        (749, "kerberos-adm"),
        (750, "kerberos-iv"),
    ]
    assert registry.search("KERBEROS", limit=100) == results
    assert registry.search("kerberos", limit=3) == results[:3]


def test_an_rfc_is_found_by_its_number_only(registry: Registry) -> None:
    results = registry.search("RFC6335", limit=100)
    assert {each.port for each in results} >= {0, 1021, 1022, 1023, 1024, 49151}
    assert registry.search("rfc 6335", limit=100) == registry.search("rfc-6335", limit=100) == results
    assert registry.search("rfc06335", limit=100) == results
    assert registry.search("rfc633", limit=100) == ()
    assert results[0].text == "Reserved; RFC6335"


def test_every_word_must_occur_in_any_order(registry: Registry) -> None:
    assert names(registry, "postgresql database")[0] == "postgresql"
    assert names(registry, "database postgresql")[0] == "postgresql"
    assert registry.search("postgresql kerberos-nonsense", limit=10) == ()


def test_people_and_notes_and_uses_are_searched(registry: Registry) -> None:
    postel = registry.search("postel", limit=100)
    assert ("rje", "Remote Job Entry; Jon Postel") in [(each.service_name, each.text) for each in postel]
    assert 24 in [each.port for each in registry.search("private mail", limit=100)]
    assert {2, 3} <= {each.port for each in registry.search("compressnet", limit=100)}
    assert 4443 in [each.port for each in registry.search("unauthorized pharos", limit=100)]


def test_a_number_is_a_port(registry: Registry) -> None:
    assert {each.service_name for each in registry.search("443", limit=3)} == {"https"}
    assert {each.service_name for each in registry.search("6030", limit=10)} == {"x11"}
    assert registry.search("954", limit=10) == ()
    assert "kink" not in names(registry, "443"), "RFC4430 is another number"


def test_names_with_signs(registry: Registry) -> None:
    assert registry.search("z39.50", limit=1)[0].service_name == "z39.50"
    assert registry.search("whois++", limit=1)[0].service_name == "whois++"


def test_bare_rows_are_no_results(registry: Registry, repository_facts: Facts) -> None:
    found = [each for each in registry.search("unassigned", limit=5000) if each.service_name is None]
    nameless = [each.assignment for each in repository_facts.records if each.assignment.service_name is None]
    unassigned = [each for each in nameless if "unassigned" in each.description.lower()]
    assert 0 < len(found) == sum(says_more(each) for each in unassigned) < len(unassigned)


@pytest.mark.parametrize("text", ["", "  ", "\n", "nosuchwordanywhere", "99999", "\x1f", "\x1e\x1f", "²"])
def test_nothing_is_found(registry: Registry, text: str) -> None:
    assert registry.search(text, limit=10) == ()


@pytest.mark.parametrize("limit", [0, -1])
def test_no_results_are_asked_for(registry: Registry, limit: int) -> None:
    assert registry.search("http", limit=limit) == ()


def test_order_of_places(tmp_path: Path) -> None:
    records = [
        row("9", "tcp", "a", "nothing", notes="xylo inside"),
        row("8", "tcp", "b", "maxylolith"),
        row("7", "tcp", "c", "xylophone"),
        row("6", "tcp", "d", "a xylo"),
        row("5", "tcp", "my-xylo", "e"),
        row("4", "tcp", "xylonite", "f"),
        row("3", "tcp", "xylo", "g"),
        row("", "tcp", "xylo", "h"),
        row("2", "tcp", "y", "i"),
    ]
    path = tmp_path / "snapshot.bin"
    path.write_bytes(compile_facts(facts_of(records)))
    assert [each.port for each in Registry(str(path)).search("xylo", limit=20)] == [3, None, 4, 5, 6, 7, 9, 8]


@given(st.text(max_size=30) | st.text("rfc 0169htp-", max_size=12))
def test_the_short_cut_finds_what_reading_everything_finds(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    records = [
        row("80", "tcp", "http", "World Wide Web HTTP, É"),
        row("160-169", None, "rfc", "RFC0"),
        row("0", "tcp", None, "Reserved", notes="RFC6169 h-t"),
        ServiceRecord(transport="udp", assignment=row("1").assignment.replace(references=("RFC10",), contact="Hip")),
    ]
    facts = facts_of(records)
    path = tmp_path_factory.mktemp("search") / "snapshot.bin"
    path.write_bytes(compile_facts(facts))
    everything = search(words_of(text), enumerate(facts.records), limit=100)
    assert Registry(str(path)).search(text, limit=100) == everything


def test_a_typo_is_understood(registry: Registry) -> None:
    assert registry.suggest("kerberso")[0] == "kerberos"
    assert registry.suggest("HTPPS")[0] == "https"
    assert registry.suggest("postgres")[0] == "postgresql"
    assert len(registry.suggest("mysq")) <= 3
    assert "ssh" not in registry.suggest("ssh")
    assert registry.suggest("zzzzzzzzz") == ()
    assert registry.suggest("x" * 100_000) == ()
