"""Figures are compared round by round, and told with what was demanded of them."""

from __future__ import annotations

import pytest
from bench.measuring import Command, Launcher, Series, WrongAnswerError, excess, in_turn, launching, ratio

from bench import report


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    left, right = Series(seconds=[1, 10, 3]), Series(seconds=[2, 5, 3])
    assert ratio(left, right) == 1
    assert ratio(left, Series(seconds=[4])) == 0.25
    assert excess(left, right, unit=Series(seconds=[1, 1, 2])) == 0


@pytest.mark.parametrize(
    ("value", "must", "aim", "word"),
    [
        (1.0, 2.5, 1.5, "aim met"),
        (2.0, 2.5, 1.5, "met"),
        (3.0, 2.5, 1.5, "**falls short**"),
        (3.0, None, 1.5, "aim missed"),
        (3.0, None, None, ""),
    ],
)
def test_a_figure_is_told_for_what_it_is(value: float, must: float | None, aim: float | None, word: str) -> None:
    assert report.word(report.demand("a", "b", value, must=must, aim=aim)) == word


def test_tables_stand_between_the_marks_and_nothing_else_changes() -> None:
    page = f"above\n{report.BEGIN}\nold\n{report.END}\nbelow\n"
    result = report.part(
        "Title",
        series={"a | b": Series(seconds=[0.5], busy=[0.25], peak=2048)},
        demands=[report.demand("`a`", "`b`", 0.5, must=0.8)],
        wrong=["c: exit status 1"],
    )
    told = report.with_tables(page, {"machine": "A machine.", "answer": result})
    assert told.startswith(f"above\n{report.BEGIN}\n")
    assert told.endswith(f"{report.END}\nbelow\n")
    assert "old" not in told
    assert "| `a` | `b` | 0.5x | 0.8x |  | met |" in told
    assert "| `a \\| b` | 500.0 | 500.0 | 500.0 | 250.0 | 2.0 | 1 |" in told
    assert "- Left out: c: exit status 1" in told
    assert report.with_tables(told, {"machine": "A machine.", "answer": result}) == told


def test_commands_run_in_turn_and_wrong_answers_are_left_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    right = Command(name="right", words=("/bin/sh", "-c", "echo 1"), check=lambda out: None if out == b"1\n" else "no")
    once = Command(name="once", words=("/bin/sh", "-c", ":"), rounds=1)
    fails = Command(name="fails", words=("/bin/sh", "-c", "echo a >&2; echo no way >&2; exit 3"))
    lies = Command(name="lies", words=("/bin/sh", "-c", "echo 2"), check=right.check)
    with launching(home=tmp_path_factory.mktemp("home")) as launcher:
        series, wrong = in_turn(launcher, [right, once, fails, lies], rounds=3)
    assert {name: len(taken.seconds) for name, taken in series.items()} == {"right": 3, "once": 1}
    assert wrong == ["fails: exit status 3, no way", "lies: no"]
    assert series["right"].peak > 0


def test_what_is_measured_does_not_inherit_this_environment(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    home = tmp_path_factory.mktemp("home")
    launcher = Launcher(home=home)
    try:
        launcher.run(
            Command(
                name="none",
                words=("/bin/sh", "-c", f'test -z "$PYTHONDONTWRITEBYTECODE$PYTHONPATH" -a "$HOME" = {home}'),
            )
        )
        with pytest.raises(WrongAnswerError, match="status 1"):
            launcher.run(Command(name="some", words=("/bin/sh", "-c", 'test -z "$HOME"')))
    finally:
        launcher.close()
