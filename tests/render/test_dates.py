"""Ages without datetime, which is here the witness."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.render.dates import day_number, duration, seconds
from whoseport.render.language import ENGLISH


@given(st.dates(), st.dates())
def test_days_between(first: datetime.date, second: datetime.date) -> None:
    one, two = day_number(first.isoformat()), day_number(second.isoformat())
    assert one is not None
    assert two is not None
    assert two - one == (second - first).days


@given(st.datetimes(), st.datetimes())
def test_seconds_between(first: datetime.datetime, second: datetime.datetime) -> None:
    first, second = first.replace(microsecond=0), second.replace(microsecond=0)
    one, two = seconds(first.isoformat() + "Z"), seconds(second.isoformat() + "+00:00")
    assert one is not None
    assert two is not None
    assert two - one == (second - first).total_seconds()


@given(st.text(st.sampled_from("0123456789-:TZ²x"), max_size=20))
def test_anything_may_stand_where_a_date_should(text: str) -> None:
    for told in (day_number(text), seconds(text)):
        assert told is None or isinstance(told, int)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13-01", "2026-1-001", "20²6-01-01", "2026-01-01T", "2026-01-01T1:00:000"]
)
def test_what_is_no_moment_has_no_seconds(text: str) -> None:
    assert seconds(text) is None


@pytest.mark.parametrize(
    ("elapsed", "shown"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7200, "2 h"),
        (172_800, "2 days"),
        (10**9, "11,574 days"),
    ],
)
def test_durations(elapsed: int, shown: str) -> None:
    assert duration(elapsed, ENGLISH) == shown
