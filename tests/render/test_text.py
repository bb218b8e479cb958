"""The page of an answer: its words in every language, its length, its width, its colours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.render.cases import CASES
from tests.render.views import golden_text, page, views
from whoseport.render.language import Language
from whoseport.render.width import columns

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NAMES = re.compile(r"\b(?:postgresql|https|www|hbci|remoteware|x11|pharos|mshnet|rndc|ftps-data)\b")


def test_golden(language: Language, golden: Path) -> None:
    """Run python -m tests.render.views after a change of words, and read the difference."""
    assert golden_text(language) == (golden / f"{language.code}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
class TestPage:
    def test_it_has_at_most_16_lines(self, name: str, language: Language) -> None:
        lines = page(name, language).splitlines()
        assert len(lines) <= 16
        assert lines[0]
        assert lines[1] == "" or lines[2] == ""

    @pytest.mark.parametrize("width", [40, 60, 80, 120])
    def test_it_keeps_the_width(self, name: str, language: Language, width: int) -> None:
        for verbose in (False, True):
            *lines, last = page(name, language, width=width, verbose=verbose).splitlines()
            steps = [line for line in (*lines, last) if re.match(r".*\b(whoseport|systemctl|docker|sudo) ", line)]
            assert all(columns(line) <= width for line in (*lines, last) if line not in steps)
            assert width < 60 or all(columns(line) <= width for line in steps)

    def test_colour_only_repeats_what_words_say(self, name: str, language: Language) -> None:
        for verbose in (False, True):
            coloured = page(name, language, colour=True, verbose=verbose)
            bare = page(name, language, verbose=verbose)
            assert "\x1b" not in bare
            assert coloured != bare
            assert COLOUR.sub("", coloured) == bare

    def test_the_conclusion_names_no_service_of_the_registry(self, name: str, language: Language) -> None:
        headline = page(name, language, width=None).splitlines()[0]
        running = {"postgresql@16-main"}
        for name_of_unit in running:
            headline = headline.replace(name_of_unit, "")
        assert not NAMES.search(headline)

    def test_piped_it_is_never_cut(self, name: str, language: Language) -> None:
        assert "…" not in page(name, language, width=None)


def test_the_next_step_comes_last_and_changes_nothing(language: Language) -> None:
    harmless = re.compile(r"(?:sudo )?whoseport\b|systemctl (?:--user )?status |docker logs |podman logs ")
    for name in CASES:
        paragraphs = page(name, language, width=None).rstrip("\n").split("\n\n")
        label = language.say("Next")
        assert paragraphs[-1].startswith(label), name
        for line in paragraphs[-1].splitlines():
            assert harmless.match(line[10:]), line


def test_a_saved_look_has_no_step_on_this_machine(language: Language) -> None:
    shown = views(language)["saved, piped"]
    assert "sudo" not in shown
    assert "systemctl" not in shown


def test_what_is_left_out_is_to_be_had(language: Language) -> None:
    shown = page("two-holders", language)
    assert "4026532999" not in shown
    assert "whoseport -v 53" in shown
    assert "4026532999" in page("two-holders", language, verbose=True)


def test_a_registry_of_today_and_of_tomorrow(language: Language) -> None:
    from tests.render.facts import SNAPSHOT
    from whoseport.render.official import snapshot_age

    ages = [
        snapshot_age(SNAPSHOT.updated, today, language) for today in ("2026-08-17", "2026-08-18", "2026-08-16", "x")
    ]
    assert "1" in ages[1].removeprefix("2026-08-17")
    assert ages[2:] == ["2026-08-17", "2026-08-17"]
    assert len(set(ages)) == 3
