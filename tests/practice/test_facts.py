"""What is let through into the facts of practice, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.practice.facts import FactError, read_facts

GOOD = """
name = "Redis"
kind = "server"
programs = ["redis-server"]

[[ports]]
transport = "tcp"
port = 6379
role = "default"
source = { title = "Debian package redis-server", version = "5:7.0.15-1", where = "/etc/redis/redis.conf: port 6379" }
"""
HEAD = "port\ttransport\tside\tfamily\tendpoints\tidentifier\treferences\n"


def folder(tmp_path: Path, text: str = GOOD, *, name: str = "redis.toml", reported: str = HEAD) -> Path:
    for below in ("practice", "reported", "browsers"):
        (tmp_path / below).mkdir(exist_ok=True)
    (tmp_path / "practice" / name).write_text(text, encoding="utf-8")
    (tmp_path / "reported" / "attack.tsv").write_text(reported, encoding="utf-8")
    (tmp_path / "browsers" / "refused.tsv").write_text("port\tbrowser\tsince\n", encoding="utf-8")
    return tmp_path


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    facts = read_facts(folder(tmp_path))
    assert [(one.name, one.programs, one.packages) for one in facts.software] == [("Redis", ("redis-server",), ())]
    fact = facts.practice[0]
    assert (fact.software, fact.transport, fact.first, fact.last, fact.role) == ("Redis", "tcp", 6379, 6379, "default")
    assert fact.source.where == "/etc/redis/redis.conf: port 6379"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("port = 6379", "port = 65536", "a port, 0-65535"),
        ("port = 6379", "port = -1", "a port, 0-65535"),
        ("port = 6379", "port = true", "a port, 0-65535"),
        ("port = 6379", 'port = "6379"', "a port, 0-65535"),
        ("port = 6379", 'port = 6379\ncommon = "yes"', "true or false"),
        ("port = 6379", "first = 9\nlast = 8", "9 is above 8"),
        ("port = 6379", "port = 1\nfirst = 1\nlast = 2", "either"),
        ('role = "default"', 'role = "main"', "`role` is one of"),
        ('transport = "tcp"', 'transport = "icmp"', "`transport` is one of"),
        ('kind = "server"', 'kind = "daemon"', "`kind` is one of"),
        ('kind = "server"', 'kind = "server"\ncolour = "red"', "unknown key colour"),
        ('programs = ["redis-server"]', "", "no program, script, package or unit"),
        ('programs = ["redis-server"]', 'programs = ["a", "a"]', "a name twice"),
        ('programs = ["redis-server"]', "programs = [1]", "a list of names"),
        ('name = "Redis"', 'name = "Re\\u0007dis"', "a text of one line"),
        ('name = "Redis"', 'name = "ann@example.org"', "no mail address"),
        ('title = "Debian package redis-server", ', "", "`title` has to be"),
        ("source = {", "sauce = {", "unknown key sauce"),
        (GOOD[GOOD.index("source") :], "", "no fact without a source"),
        ("[[ports]]", "[[ports]", "redis.toml"),
    ],
)
def test_a_bad_fact_is_refused_with_its_place(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(FactError, match=complaint) as caught:
        read_facts(folder(tmp_path, GOOD.replace(old, new)))
    assert "redis.toml" in str(caught.value)


def test_the_same_fact_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FactError, match="port 2: said twice"):
        read_facts(folder(tmp_path, GOOD + GOOD[GOOD.index("[[ports]]") :]))


def test_the_same_software_in_two_files_is_refused(tmp_path: Path) -> None:
    folder(tmp_path)
    with pytest.raises(FactError, match="also the name in redis"):
        read_facts(folder(tmp_path, GOOD.replace("Redis", "REDIS"), name="redis2.toml"))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("80\ttcp\tremote\tname\t\tS0001\n", "6 cells below 7 heads"),
        ("80\ttcp\tremote\tname\t\tS0001\t\n", "no fact without a reference"),
        ("80\ttcp\tnear\tname\t\tS0001\thttps://example.org/\n", "`side` is one of"),
        ("80\ttcp\tremote\t\t\tS0001\thttps://example.org/\n", "`family` has to be"),
        ("65536\ttcp\tremote\tname\t\tS0001\thttps://example.org/\n", "a port, 0-65535"),
    ],
)
def test_a_bad_report_is_refused(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(FactError, match=complaint):
        read_facts(folder(tmp_path, reported=HEAD + row))


@given(text=st.text(max_size=200) | st.text(alphabet='abc=[]"\n{},01', max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    place = tmp_path_factory.mktemp("facts")
    try:
        facts = read_facts(folder(place, text))
    except FactError:
        return
    assert len(facts.software) == 1
