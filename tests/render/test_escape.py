"""The gate: nothing that a terminal acts upon passes, nothing that is plainly visible is changed."""

from __future__ import annotations

import shlex
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.render.escape import command_line, plain, prose

DANGEROUS = (
    *map(chr, (*range(0x20), *range(0x7F, 0xA0))),  # C0, DEL, C1
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",  # bidi
    *"\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u3164\u2800\ufe0f\U000e0100\U000e0041",  # invisible
    *"\u2028\u2029\u00a0\u3000",  # separators and blanks that are none of ours
    "\ud800",
    "\ue000",
    "\uffff",
)


def is_harmless(text: str, *, allowed: str = "") -> bool:
    return all(character.isprintable() or character in allowed for character in text) and not set(text) & (
        set(DANGEROUS) - set(allowed)
    )


@pytest.mark.parametrize("character", DANGEROUS, ids=ascii)
def test_what_a_terminal_acts_upon_is_escaped(character: str) -> None:
    shown = plain(f"a{character}b")
    assert is_harmless(shown)
    code = ord(character)
    digits = f"x{code:02x}" if code < 0x100 else f"u{code:04x}" if code < 0x10000 else f"U{code:08x}"
    assert shown == f"a\\{digits}b"
    assert shown.encode()


@pytest.mark.parametrize("text", ["nginx", "", "C:\\Windows", "ação", "漢字サーバ", "😀", "résumé", "สวัสดี", "a b"])
def test_what_is_plainly_visible_stays(text: str) -> None:
    assert plain(text) == text


def test_marks_do_not_pile_up() -> None:
    shown = plain("a" + "\u0301" * 50)
    assert shown.count("\u0301") <= 3
    assert plain("\u0301a") == "\\u0301a"


@given(st.text(max_size=60))
def test_nothing_harmful_passes(text: str) -> None:
    for shown in (plain(text), prose(text), command_line([text, text])):
        assert is_harmless(shown)
        assert shown.encode().decode() == shown


@given(st.text(max_size=300), st.integers(10, 200))
def test_length_is_bounded(text: str, limit: int) -> None:
    shown = plain(text, limit=limit)
    assert len(shown) <= limit * 10
    if text.isascii() and text.isprintable():
        assert len(shown) <= limit
        assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def test_a_cut_never_splits_an_escape() -> None:
    for length in range(20, 40):
        shown = plain("ab\x1b" * 30, limit=length)
        assert shown.endswith("…")
        assert shown.removesuffix("…").replace("\\x1b", "").strip("ab") == ""


def test_a_mebibyte_of_command_line_is_cut() -> None:
    assert len(command_line(["x" * 1_000_000] * 3, limit=200)) <= 200
    assert len(command_line(["x"] * 1_000_000, limit=200)) <= 200


def test_running_text_loses_its_line_breaks() -> None:
    assert prose(" added\n  5/21/97\u2028x ") == "added 5/21/97 x"


@given(st.lists(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=10), max_size=5))
def test_a_command_can_be_typed_as_it_is_shown(command: list[str]) -> None:
    assert shlex.split(command_line(command)) == command


def test_unicode_agrees_on_what_is_dangerous() -> None:
    """Everything of the categories other, control, format, surrogate, private and separator is escaped."""
    for code in range(0x20, 0x3100):
        character = chr(code)
        if character != " " and unicodedata.category(character)[0] in "CZ":
            assert plain(f"x{character}").startswith("x\\"), ascii(character)
