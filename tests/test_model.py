"""What the model refuses, and that its words are fit to be compared and printed."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from typing import Any

import pytest

from tests.model_strategies import RECORDS
from whoseport import model
from whoseport.model import (
    LAST_PORT,
    TRANSPORTS,
    BrokenSurroundings,
    Evidence,
    Finding,
    Misuse,
    NotFound,
    Port,
    WhoseportError,
    words,
)
from whoseport.record import Record

WORD_LISTS: dict[str, tuple[str, ...]] = {
    node.targets[0].id: vars(words)[node.targets[0].id]
    for node in ast.parse(inspect.getsource(words)).body
    if isinstance(node, ast.Assign)
    and isinstance(node.targets[0], ast.Name)
    and isinstance(node.value, ast.Subscript)
    and ast.unparse(node.value.value) == "Literal"
}


def test_the_word_lists_are_found() -> None:
    assert len(WORD_LISTS) > 20
    assert WORD_LISTS["Transport"] == TRANSPORTS


def test_every_word_list_and_record_is_had_from_the_package_itself() -> None:
    modules = [
        importlib.import_module(f"{model.__name__}.{part.name}") for part in pkgutil.iter_modules(model.__path__)
    ]
    made_there = {
        name
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, (Record, WhoseportError))
        and value.__module__ == module.__name__
    }
    assert len(made_there) > 30
    assert sorted((made_there | set(WORD_LISTS)) - set(vars(model))) == []


@pytest.mark.parametrize("name", sorted(WORD_LISTS))
def test_a_closed_list_is_a_tuple_of_different_words(name: str) -> None:
    listed = WORD_LISTS[name]
    assert isinstance(listed, tuple)
    assert len(set(listed)) == len(listed) > 1
    for word in listed:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", word), word


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_a_key_is_a_plain_name(kind: type[Record]) -> None:
    for field in kind.__fields__:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field), field


@pytest.mark.parametrize("number", [0, 1, 971, LAST_PORT])
def test_a_port_within_bounds(number: int) -> None:
    assert Port(number=number, transport="tcp").number == number


@pytest.mark.parametrize("number", [-1, LAST_PORT + 1, 10**30])
def test_a_port_out_of_bounds_is_misuse(number: int) -> None:
    with pytest.raises(Misuse) as caught:
        Port(number=number, transport="udp")
    assert caught.value.problem == "port-out-of-range"
    assert caught.value.fields == {"text": str(number)}


def test_a_port_is_a_key() -> None:
    assert {Port(number=53, transport="udp"): 1}[Port(number=53, transport="udp")] == 1
    assert Port(number=53, transport="udp") != Port(number=53, transport="tcp")


def test_a_finding_cannot_be_made_without_evidence() -> None:
    with pytest.raises(TypeError, match="'executable-deleted' has no evidence"):
        Finding(claim="executable-deleted", certainty="proven", evidence=())
    seen = Evidence(source="/proc/812/exe", observed="/tmp/x (deleted)")
    finding = Finding(claim="executable-deleted", certainty="proven", evidence=(seen,))
    with pytest.raises(TypeError):
        finding.replace(evidence=())


@pytest.mark.parametrize(("kind", "status"), [(Misuse, 2), (NotFound, 1), (BrokenSurroundings, 4)])
def test_an_error_carries_a_word_its_fields_and_an_exit_status(kind: type[WhoseportError], status: int) -> None:
    error: Any = kind("port-out-of-range", text="70000")
    assert isinstance(error, WhoseportError)
    assert (error.problem, error.fields, error.exit_status) == ("port-out-of-range", {"text": "70000"}, status)
    assert str(error) == "port-out-of-range text='70000'"
