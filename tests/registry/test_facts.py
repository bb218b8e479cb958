"""The facts in the repository are whole, clean and written as this program writes them; damage is named by line."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.conftest import FOLDER
from tests.registry.strategies import all_facts, facts_of, row, service_records
from whoseport.model import BrokenSurroundings, ServiceRecord
from whoseport.registry.facts import (
    COLUMNS,
    FILES,
    DamagedLine,
    Facts,
    file_of,
    format_record,
    parse_record,
    parse_records,
    parse_snapshot,
    read_folder,
    write_folder,
)


def test_the_repository_has_all_records_and_is_as_it_would_be_written(repository_facts: Facts, tmp_path: Path) -> None:
    assert len(repository_facts.records) == repository_facts.snapshot.records
    assert re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", repository_facts.snapshot.updated)
    write_folder(tmp_path, repository_facts)
    for name in ("snapshot.tsv", *FILES):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(("snapshot.tsv", *FILES))


def test_the_repository_holds_what_ianas_file_holds(repository_facts: Facts) -> None:
    """Figures counted in IANA's file of 17 August 2026 by other means; a new file changes them."""
    if repository_facts.snapshot.updated != "2026-08-17":
        pytest.skip("the figures are those of the registry of 2026-08-17")
    records = repository_facts.records
    assignments = [record.assignment for record in records]
    assert len(records) == 14_533
    assert [sum(record.transport == name for record in records) for name in ("tcp", "udp", "sctp", "dccp", None)] == [
        6606,
        6356,
        93,
        11,
        1467,
    ]
    assert sum(each.first is None for each in assignments) == 1070
    assert sum(each.unauthorized_use is not None for each in assignments) == 112
    assert sum(each.service_code is not None for each in assignments) == 4
    assert sum(each.registered is not None for each in assignments) == 4725
    assert sum(each.modified is not None for each in assignments) == 602
    named_ranges = {each.service_name for each in assignments if each.service_name and each.first != each.last}
    assert named_ranges == {"active-net", "satvid-datalnk", "vrml-multi-use", "x11", "ircu", "swx", "flex-lm"}


def test_the_repository_holds_no_address() -> None:
    for name in FILES:
        for line in (FOLDER / name).read_text(encoding="utf-8").split("\n"):
            assert "mailto:" not in line
            assert not re.search(r"[\w.+-]+[@&][\w-]+\.[a-z]{2,}", re.sub(r"https?://\S+", "", line)), line


@given(all_facts)
def test_facts_survive_being_written(tmp_path_factory: pytest.TempPathFactory, facts: Facts) -> None:
    folder = tmp_path_factory.mktemp("facts")
    write_folder(folder, facts)
    assert read_folder(folder) == facts


@given(service_records())
def test_a_record_is_one_line(record: ServiceRecord) -> None:
    line = format_record(record)
    assert "\n" not in line
    assert parse_record(line) == record


def test_references_may_hold_the_sign_that_separates_them() -> None:
    record = row("1", "tcp", "x")
    record = record.replace(assignment=record.assignment.replace(references=("a | b", "\\p", "c|")))
    assert format_record(record).split("\t")[8] == r"a \p b | \\p | c\p"
    assert parse_record(format_record(record)) == record


def test_files_by_first_port() -> None:
    assert [file_of(row(ports)) for ports in ("0", "1023-1024", "1024", "")] == [
        "system.tsv",
        "system.tsv",
        "user.tsv",
        "services.tsv",
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("65536\ttcp", "ports"),
        ("9-8", "ports"),
        ("x", "ports"),
        ("1\tquic", "transport"),
        ("1\ttcp\ta\tb\tc\td\t2009", "date"),
        ("1\ttcp\t\\x", "escape"),
        ("1\ttcp\ta\\", "escape"),
        ("\t" * len(COLUMNS), "columns"),
        ("1\ttcp\t\x1b[31m", "control-character"),
        ("1\ttcp\ra", "control-character"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    write_folder(tmp_path, facts_of([row("1", "tcp", "tcpmux")]))
    with (tmp_path / "system.tsv").open("a", encoding="utf-8", newline="") as text:
        text.write(line + "\n")
    with pytest.raises(BrokenSurroundings) as damage:
        read_folder(tmp_path)
    assert damage.value.problem == "registry-facts-damaged"
    assert damage.value.fields == {"path": str(tmp_path / "system.tsv"), "line": 3, "reason": reason}


@pytest.mark.parametrize("name", ["snapshot.tsv", *FILES])
def test_a_missing_or_cut_file_is_named(tmp_path: Path, name: str) -> None:
    write_folder(tmp_path, facts_of([row("1", "tcp", "tcpmux"), row("2000", "tcp", "x"), row("", "tcp", "y")]))
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[:-1])
    with pytest.raises(BrokenSurroundings, match="'cut'"):
        read_folder(tmp_path)
    (tmp_path / name).write_bytes(whole[: whole.index(b"\n") + 1])
    with pytest.raises(BrokenSurroundings, match="registry-facts-damaged"):
        read_folder(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(BrokenSurroundings, match="registry-facts-damaged"):
        read_folder(tmp_path)


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenSurroundings, match="control-character"):
        write_folder(tmp_path, facts_of([row("1", "tcp", "a\x1fb")]))


tables = st.text("0169-\t\n\\|tcpudpa", max_size=100).map(lambda text: "\t".join(COLUMNS) + "\n" + text)


@given(st.text(max_size=200) | tables)
def test_any_text_reads_or_is_named_damaged(text: str) -> None:
    for parse in (parse_records, parse_snapshot):
        with contextlib.suppress(DamagedLine):
            parse(text)
