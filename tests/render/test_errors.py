"""Every problem that the sources can raise has a sentence, in every language, and fills it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.messages import SOURCES

from tests.render.test_escape import is_harmless
from whoseport.model import BrokenSurroundings, Misuse, NotFound, WhoseportError
from whoseport.render.errors import SENTENCES, message
from whoseport.render.language import ENGLISH, Language

KINDS = ("Misuse", "NotFound", "BrokenSurroundings")


def raised() -> Iterator[tuple[str, frozenset[str], str]]:
    """Problem word, field names and file of every error that the sources make."""
    for path in sorted(SOURCES.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        kinds = {*KINDS, *(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and is_error(node))}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds and node.args:
                word = node.args[0]
                assert isinstance(word, ast.Constant), f"{path.name}:{node.lineno}: the problem is no plain word"
                yield str(word.value), frozenset(field.arg or "" for field in node.keywords), path.name


def is_error(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id in KINDS for base in node.bases)


RAISED = sorted(set(raised()), key=lambda one: (one[0], one[2], sorted(one[1])))


@pytest.mark.parametrize(
    ("problem", "fields", "file"), RAISED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_problem_has_a_sentence(problem: str, fields: frozenset[str], file: str, language: Language) -> None:
    del file
    for value in ("some-word", 7, ("a", "b"), None):
        error = WhoseportError(problem, **dict.fromkeys(fields, value))
        said = message(error, language)
        assert said != str(error), "without a sentence"
        assert "{" not in said
        assert "\n" not in said


def test_no_sentence_is_left_over() -> None:
    words = {problem for problem, _, _ in RAISED}
    assert {sentence.partition(":")[0].partition(" without ")[0] for sentence in SENTENCES} == words


def test_the_collection_finds_what_is_raised() -> None:
    words = {problem for problem, _, _ in RAISED}
    assert {"port-out-of-range", "unknown-name", "snapshot-unreadable", "language-unknown"} <= words


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (
            NotFound("nothing-found", text="kerbros", suggestions=("kerberos", "kerb")),
            "(did you mean: kerberos, kerb?)",
        ),
        (NotFound("unknown-name", name="x", suggestions=(), unseen=True), "not every process could be seen"),
        (Misuse("option-unknown", option="--x", command="show", elsewhere=("list",)), "(it belongs to: list)"),
        (
            BrokenSurroundings("download-redirect-refused", address="a", to=None, reason="nowhere"),
            "without saying where",
        ),
        (BrokenSurroundings("download-redirect-refused", address="a", to="b", reason="downgrade"), "not encrypted"),
        (BrokenSurroundings("update-not-written", path="/x", reason="ENOSPC"), "the disk is full"),
        (BrokenSurroundings("file-too-large", path="/x", largest=10_000_000), "10,000,000 bytes"),
        (BrokenSurroundings("file-unreadable", path="/x", reason="EXYZ"), "(EXYZ)"),
    ],
)
def test_the_sentence_fits_the_case(error: WhoseportError, part: str) -> None:
    assert part in message(error, ENGLISH)


def test_an_unknown_problem_is_shown_as_it_is() -> None:
    assert message(Misuse("never-heard-of", path="/x\x1b"), ENGLISH) == "never-heard-of path='/x\\x1b'"


@given(
    st.sampled_from(RAISED), st.one_of(st.text(max_size=400), st.none(), st.integers(), st.tuples(st.text(max_size=9)))
)
def test_no_field_reaches_the_terminal_unescaped(raised: tuple[str, frozenset[str], str], value: object) -> None:
    problem, fields, _ = raised
    assert is_harmless(message(WhoseportError(problem, **dict.fromkeys(fields, value)), ENGLISH))
