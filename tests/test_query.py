"""What a question means: every spelling of a port that people paste, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.model import Misuse
from whoseport.query import Question, read


@pytest.mark.parametrize(
    ("text", "first", "last", "transport"),
    [
        ("971", 971, 971, None),
        (" 971\n", 971, 971, None),
        (":971", 971, 971, None),
        ("0", 0, 0, None),
        ("65535", 65535, 65535, None),
        ("0971", 971, 971, None),
        ("971/tcp", 971, 971, "tcp"),
        ("971/UDP", 971, 971, "udp"),
        ("tcp/971", 971, 971, "tcp"),
        ("tcp:971", 971, 971, "tcp"),
        (":971/sctp", 971, 971, "sctp"),
        ("954-988", 954, 988, None),
        ("954-988/dccp", 954, 988, "dccp"),
        ("localhost:3000", 3000, 3000, None),
        ("127.0.0.1:80", 80, 80, None),
        ("*:22", 22, 22, None),
        ("[::1]:443", 443, 443, None),
        (":::111", 111, 111, None),
        ("http://localhost:3000/x", 3000, 3000, None),
        ("https://user:secret@example.com:8443/a?b=c#d", 8443, 8443, None),
        ("http://[::1]:5173", 5173, 5173, None),
    ],
)
def test_ports_are_read_as_people_write_them(text: str, first: int, last: int, transport: str | None) -> None:
    question = read(text)
    assert (question.first, question.last, question.transport, question.word) == (first, last, transport, None)


@pytest.mark.parametrize(
    ("text", "word", "transport"),
    [
        ("https", "https", None),
        ("domain/udp", "domain", "udp"),
        ("https://example.com/x:80", "https", None),
        ("postgresql://localhost", "postgresql", None),
        ("http://[::1]/", "http", None),
        ("postgresql@16-main", "postgresql@16-main", None),
        ("ssh.service", "ssh.service", None),
        ("x-y", "x-y", None),
    ],
)
def test_anything_else_is_a_word(text: str, word: str, transport: str | None) -> None:
    question = read(text)
    assert (question.word, question.transport, question.first) == (word, transport, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "query-empty"),
        ("  ", "query-empty"),
        ("65536", "port-out-of-range"),
        ("70000/tcp", "port-out-of-range"),
        ("9" * 2000, "port-out-of-range"),
        ("http://localhost:99999/", "port-out-of-range"),
        ("http://localhost:abc/", "port-unreadable"),
        ("988-954", "range-reversed"),
        ("971/icmp", "transport-unknown"),
        ("x" * 3000, "query-too-long"),
    ],
)
def test_a_question_without_sense_is_refused_with_its_reason(text: str, problem: str) -> None:
    with pytest.raises(Misuse) as refused:
        read(text)
    assert refused.value.problem == problem
    assert refused.value.exit_status == 2


@given(st.text(max_size=60))
def test_any_text_is_a_question_or_misuse(text: str) -> None:
    try:
        question = read(text)
    except Misuse:
        return
    assert isinstance(question, Question)
    assert (question.word is None) != (question.first is None)
    if question.first is not None and question.last is not None:
        assert 0 <= question.first <= question.last <= 65535
