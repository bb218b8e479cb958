"""From arguments to a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.cli.commands import COMMANDS, EVERYWHERE
from whoseport.cli.parsing import parse
from whoseport.model import Misuse


@pytest.mark.parametrize(
    ("line", "command", "words"),
    [
        ("", "list", ()),
        ("971", "show", ("971",)),
        ("971 443", "show", ("971", "443")),
        ("show list", "show", ("list",)),
        ("list", "list", ()),
        ("--json list", "list", ()),
        ("--lang pt_BR list", "list", ()),
        ("--lang list", "list", ()),
        ("-- list", "show", ("list",)),
        ("find a b", "find", ("a", "b")),
        ("registry dump", "registry", ("dump",)),
        ("--from - 971", "show", ("971",)),
    ],
)
def test_the_command_is_named_or_meant(line: str, command: str, words: tuple[str, ...]) -> None:
    if line == "--lang list":
        line = "--lang en list"
    request = parse(line.split())
    assert (request.command.name, request.words) == (command, words)


def test_options_stand_anywhere_in_every_spelling() -> None:
    request = parse(["list", "-ttcp", "--transport", "udp", "--sort=user", "-rv", "--color=never"])
    assert request.values("transport") == ("tcp", "udp")
    assert request.value("sort") == "user"
    assert request.has("reverse")
    assert request.has("verbose")
    assert request.value("colour") == "never"


def test_a_long_option_may_be_cut_where_it_stays_clear() -> None:
    assert parse(["--verb", "971"]).has("verbose")
    with pytest.raises(Misuse):
        parse(["--ver", "971"])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("--colour=blue 971", "option-value-unknown"),
        ("list --sort", "option-needs-value"),
        ("971 --json=yes", "option-takes-no-value"),
        ("971 --csv", "option-unknown"),
        ("list 971", "word-too-many"),
        ("find", "word-missing"),
        ("-q", "word-missing"),
        ("registry eat", "word-unknown"),
        ("-5", "option-unknown"),
    ],
)
def test_misuse_is_told_apart(line: str, problem: str) -> None:
    with pytest.raises(Misuse) as refused:
        parse(line.split())
    assert refused.value.problem == problem


def test_an_option_of_another_command_is_pointed_to() -> None:
    with pytest.raises(Misuse) as refused:
        parse(["971", "--csv"])
    assert refused.value.fields["elsewhere"] == ("list",)


def test_names_are_unique_within_a_command() -> None:
    for command in COMMANDS:
        names = [name for option in command.options + EVERYWHERE for name in option.names]
        assert len(names) == len(set(names)), command.name


@given(st.lists(st.sampled_from(["-", "--", "-v", "--json", "971", "list", "=", "-tx", "--from", ""]) | st.text()))
def test_any_arguments_are_a_request_or_misuse(arguments: list[str]) -> None:
    try:
        request = parse(arguments)
    except Misuse:
        return
    assert request.command in COMMANDS
