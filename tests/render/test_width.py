"""Columns of a terminal: wide and combining characters, cutting, padding, wrapping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.render.escape import Safe, plain
from whoseport.render.width import columns, padded, trimmed, wrapped

WORDS = st.text(st.sampled_from("ab 漢字ｱ\u0301é😀"), max_size=40).map(plain)


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("漢字", 4), ("e\u0301", 1), ("ｱ", 1), ("\uff21", 2), ("😀", 2), ("é", 1)]
)
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width


@given(WORDS, st.integers(2, 50))
def test_cut_text_fits_and_is_a_beginning(text: Safe, width: int) -> None:
    cut = trimmed(text, width)
    assert columns(cut) <= width
    assert cut == text if columns(text) <= width else cut.endswith("…") and text.startswith(cut[:-1])
    assert columns(padded(cut, width)) == width


@given(WORDS, st.integers(2, 50))
def test_wrapped_lines_fit_and_lose_nothing(text: Safe, width: int) -> None:
    lines = wrapped(text, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
