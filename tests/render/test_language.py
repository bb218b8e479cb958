"""Languages: which one speaks, and that every message is translated, as a native would say it."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from tools.messages import LOCALE, SOURCES, TEMPLATE, catalogues, extracted, in_step, template

from whoseport.model import Misuse
from whoseport.render.language import ENGLISH, LANGUAGES, Language, pick

SAME_IN_PORTUGUESE = {
    "multicast",
    "loopback",
    "slice",
    "(kernel)",
    "{number} s",
    "{number} min",
    "{number} h",
    "{sockets}; inode {inodes}",
    "bind",
    "cluster",
    "kernel",
    "terminal",
    "{file}, {number} link",
    "{file}, {number} links",
    "{number} socket",
    "{number} sockets",
    "{place}, firewalld",
    "{place}, ufw",
    "{project}, branch {branch}",
    "{what}, branch {branch}",
}
"""What a Brazilian says in the same words."""


def forms(message: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [message] if isinstance(message, str) else list(message or ())


def letters(message: str) -> str:
    return re.sub(r"[^A-Za-z]", "", re.sub(r"\{\w+\}", "", message))


def places(message: str) -> set[str | None]:
    return {field for _, field, _, _ in string.Formatter().parse(message) if field is not None}


def read(path: Path) -> Catalog:
    with path.open("rb") as text:
        return read_po(text, locale=path.parent.parent.name)


def test_the_template_is_in_step_with_the_sources() -> None:
    assert TEMPLATE.read_bytes() == template(), "run python -m tools.messages"


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: path.parent.parent.name)
class TestCatalogue:
    def test_it_is_in_step_with_the_sources(self, path: Path) -> None:
        assert path.read_bytes() == in_step(path), "run python -m tools.messages and translate what is new"

    def test_every_message_is_translated_and_none_is_fuzzy(self, path: Path) -> None:
        catalogue = read(path)
        assert not catalogue.obsolete
        said = {message.id: message for message in catalogue if message.id}
        wanted = {message.id for message in extracted() if message.id}
        assert set(said) == wanted
        assert not [message.id for message in said.values() if not all(forms(message.string)) or message.fuzzy]

    def test_the_same_places_are_filled(self, path: Path) -> None:
        catalogue = read(path)
        for message in catalogue:
            if message.id:
                wanted = places(forms(message.id)[-1])
                assert all(places(form) == wanted for form in forms(message.string)), message.id

    def test_nothing_is_said_in_english(self, path: Path) -> None:
        catalogue = read(path)
        same = {
            one
            for message in catalogue
            if message.id
            for one, other in zip(forms(message.id), forms(message.string), strict=True)
            if one == other and letters(one)
        }
        assert same == SAME_IN_PORTUGUESE


def test_every_template_can_be_filled() -> None:
    for message in extracted():
        for form in forms(message.id):
            assert form.format(**{str(place): "x" for place in places(form)}) is not None
            assert all(str(place).isidentifier() for place in places(form)), form


def test_every_language_has_a_folder() -> None:
    assert {path.parent.parent.name for path in catalogues()} == set(LANGUAGES) - {"en"}


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "pt_BR"),
        ({"LANG": "pt_PT.UTF-8@euro"}, "pt_BR"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "pt_BR"}, "pt_BR"),
        ({"LC_ALL": "C.UTF-8", "LANG": "pt_BR.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "pt_BR.UTF-8"}, "pt_BR"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "../../pt"}, "en"),
    ],
)
def test_the_locale_is_honoured(
    environment: dict[str, str], code: str, languages: dict[str, Language], tmp_path: Path
) -> None:
    del languages
    assert pick(None, environment, folder=str(compiled(tmp_path))).code == code


@pytest.mark.parametrize("wanted", ["pt", "pt_BR", "pt-br", "PT_br.UTF-8", "pt_PT"])
def test_a_language_asked_for_speaks(wanted: str, tmp_path: Path) -> None:
    spoken = pick(wanted, {"LANG": "en_US"}, folder=str(compiled(tmp_path)))
    assert spoken.say("Registry") == "Registro"
    assert pick("en", {"LANG": "pt_BR"}).say("Registry") == "Registry"


def compiled(folder: Path) -> Path:
    from tools.hatch_build import compile_catalogues

    target = folder / "pt_BR" / "LC_MESSAGES" / "whoseport.po"
    target.parent.mkdir(parents=True)
    target.write_bytes((LOCALE / "pt_BR" / "LC_MESSAGES" / "whoseport.po").read_bytes())
    compile_catalogues(folder)
    return folder


@pytest.mark.parametrize("wanted", ["tlh", "", "..", "de_DE"])
def test_a_language_that_is_not_there_is_misuse(wanted: str) -> None:
    with pytest.raises(Misuse) as caught:
        pick(wanted, {})
    assert caught.value.problem == "language-unknown"
    assert caught.value.fields["known"] == LANGUAGES


def test_without_a_compiled_catalogue_english_speaks(tmp_path: Path) -> None:
    assert pick("pt_BR", {}, folder=str(tmp_path)) is ENGLISH


def test_numbers_and_lists(languages: dict[str, Language]) -> None:
    portuguese = languages["pt_BR"]
    assert [ENGLISH.number(14533), portuguese.number(14533), ENGLISH.number(9999)] == ["14,533", "14.533", "9999"]
    names = [ENGLISH.number(number) for number in range(3)]
    assert [ENGLISH.listed(names), portuguese.listed(names), ENGLISH.listed(names[:1]), ENGLISH.listed([])] == [
        "0, 1 and 2",
        "0, 1 e 2",
        "0",
        "",
    ]
    assert [portuguese.count("{number} day", "{number} days", number) for number in (0, 1, 2)] == [
        "0 dia",
        "1 dia",
        "2 dias",
    ]


def test_only_the_gate_makes_safe_text() -> None:
    """`Safe(...)` of anything but a literal is written where text is escaped, said, measured, set or painted."""
    gate = {"escape.py", "language.py", "layout.py", "width.py", "paint.py"}
    made = re.compile(r"\bSafe\((?!\"[^\"{}]*\"\))")
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted((SOURCES / "render").glob("*.py"))
        if path.name not in gate
        for line in path.read_text(encoding="utf-8").splitlines()
        if made.search(line)
    ]
    assert not found
