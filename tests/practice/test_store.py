"""The compiled facts against the facts in the repository, and what a damaged file does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.model import BrokenSurroundings
from whoseport.practice import open_practice, packaged_facts_path
from whoseport.practice.compiler import compile_facts
from whoseport.practice.facts import Facts, read_facts
from whoseport.practice.store import Practice

DATA = Path(__file__).resolve().parent.parent.parent / "data"


@pytest.fixture(scope="module")
def facts() -> Facts:
    return read_facts(DATA)


@pytest.fixture(scope="module")
def practice(facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> Practice:
    path = tmp_path_factory.mktemp("practice") / "facts.bin"
    path.write_bytes(compile_facts(facts))
    return Practice(str(path))


def test_every_fact_is_found_at_its_ports_and_no_other(facts: Facts, practice: Practice) -> None:
    for port in range(65536):
        expected = {one for one in facts.practice if one.first <= port <= one.last}
        assert set(practice.facts(port)) == expected


def test_what_is_common_comes_first_and_then_the_default(practice: Practice, facts: Facts) -> None:
    assert sum(one.common for one in facts.practice) > 20
    for port in {one.first for one in facts.practice}:
        told = practice.facts(port)
        ranks = [(not one.common, one.role != "default") for one in told]
        assert ranks == sorted(ranks), port


def test_every_name_leads_to_its_software(facts: Facts, practice: Practice) -> None:
    for software in facts.software:
        for name in (*software.programs, *software.scripts, *software.packages, *software.units):
            assert software in practice.named(name.lower())
    assert practice.named("no such program") == ()


def test_software_is_found_at_its_ports(facts: Facts, practice: Practice) -> None:
    for software in facts.software:
        for port in software.ports:
            assert software in practice.at(port.first, port.transport)
            assert software in practice.at(port.last, port.transport)


def test_every_report_and_refusal_is_told(facts: Facts, practice: Practice) -> None:
    ports = {one.port for one in facts.reported} | {one.port for one in facts.refused}
    assert len(ports) > 150
    for port in ports:
        assert set(practice.reported(port)) == {one.report for one in facts.reported if one.port == port}
        assert set(practice.refused(port)) == {one.refusal for one in facts.refused if one.port == port}
    assert practice.refused(971) == ()


def test_a_port_that_browsers_refuse_is_told_with_the_day(practice: Practice) -> None:
    told = {one.browser: one.since for one in practice.refused(10080)}
    assert told == {"fetch-standard": "2021-04-13", "firefox": None, "chromium": None}


def test_what_is_installed_is_what_the_repository_holds(facts: Facts) -> None:
    assert Path(packaged_facts_path()).read_bytes() == compile_facts(facts)
    assert open_practice() is open_practice()


def test_search_finds_by_name_program_and_package(facts: Facts, practice: Practice) -> None:
    software = next(one for one in facts.software if one.ports and one.programs)
    for text in (software.name, software.name.upper(), software.programs[0]):
        assert any(result.text.startswith(software.name) for result in practice.search(text))
    assert practice.search("") == ()
    assert practice.search("no such software anywhere") == ()


@pytest.mark.parametrize("content", [b"", b"whoseport.prac01", b"x" * 100])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "facts.bin"
    path.write_bytes(content)
    with pytest.raises(BrokenSurroundings) as caught:
        Practice(str(path))
    assert caught.value.fields["path"] == str(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenSurroundings):
        Practice(str(tmp_path / "none"))


@given(cut=st.integers(min_value=0))
def test_a_file_cut_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    content = Path(packaged_facts_path()).read_bytes()
    path = tmp_path_factory.mktemp("cut") / "facts.bin"
    path.write_bytes(content[: cut % len(content)])
    with pytest.raises(BrokenSurroundings):
        Practice(str(path))
