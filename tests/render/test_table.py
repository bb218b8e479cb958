"""The list: aligned, in the order of the look, one row for what holds a port; and as comma-separated values."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.render.facts import (
    HOME,
    POSTMASTER,
    VITE,
    host,
    listener,
    process,
    unseen,
)
from tests.render.judgements import verdict
from tests.render.views import BUSY, JUDGED_LIST
from whoseport.model import Inspection
from whoseport.render import table
from whoseport.render.language import ENGLISH, Language
from whoseport.render.width import columns


def shown(inspection: Inspection, *, width: int | None = None, colour: bool = False) -> list[str]:
    return table.listing(inspection, language=ENGLISH, width=width, colour=colour, home=HOME).splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_it_keeps_the_width(language: Language, width: int) -> None:
    lines = table.listing(BUSY, language=language, width=width, colour=False).splitlines()
    assert all(columns(line) <= width for line in lines)


def test_wide_characters_are_aligned() -> None:
    lines = shown(BUSY)[:9]
    for place in range(1, 5):
        starts = {columns("".join(re.split(r"( {2,})", line)[: place * 2])) for line in lines}
        assert len(starts) == 1


def test_the_order_of_the_look_is_kept() -> None:
    ports = [line.split("/")[0] for line in shown(BUSY)[1:9]]
    assert ports == ["22", "443", "3000", "5432", "8080", "8787", "5353", "80"]
    backwards = BUSY.replace(listeners=BUSY.listeners[::-1])
    assert [line.split("/")[0] for line in shown(backwards)[1:9]] == ports[::-1]


def test_like_processes_on_two_ports_keep_their_own_folders() -> None:
    other = VITE.replace(pid=5, working_directory="/home/ana/other")
    lines = shown(host(listener(port=3000, inode=1, owners=(VITE,)), listener(port=3001, inode=2, owners=(other,))))
    assert lines[1].endswith("~/code/shop-fix-cart")
    assert lines[2].endswith("~/other")


def test_a_folder_of_somebody_else_is_not_called_home() -> None:
    stranger = VITE.replace(uid=1001, user="eva")
    assert shown(host(listener(owners=(stranger,))))[1].endswith("  /home/ana/code/shop-fix-cart")


def test_partly_seen_is_marked_even_where_the_name_is_cut() -> None:
    long = process(1234, "n" * 60)
    lines = shown(host(listener(owners=(long,), inode=7), unseen=(unseen("executable", subject="pid:1234"),)), width=60)
    assert "… ~ " in lines[1]
    assert "1 partly seen (~)" in lines[3]


def test_a_socket_of_nobody_is_the_kernels_only_after_a_whole_look() -> None:
    assert "(kernel)" in shown(host(listener()))[1]
    assert "? ~" in shown(host(listener(), unseen=(unseen("owners", subject="pid:9"),)))[1]


def test_several_states_of_a_port_are_told() -> None:
    lines = shown(host(listener(state="bound", owners=(POSTMASTER,)), listener(inode=8, owners=(POSTMASTER,))))
    assert [", not listening" in line for line in lines[1:3]] == [True, False]


def test_colour_only_repeats() -> None:
    coloured = "\n".join(shown(BUSY, colour=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == "\n".join(shown(BUSY))
    assert coloured != "\n".join(shown(BUSY))


def test_root_is_not_told_to_become_root() -> None:
    root = BUSY.replace(privileges=BUSY.privileges.replace(uid=0))
    assert "sudo whoseport" in "\n".join(shown(BUSY))
    assert "sudo" not in "\n".join(shown(root))


def test_separated_values_can_be_read_back() -> None:
    rows = list(csv.DictReader(io.StringIO(table.csv(BUSY))))
    assert len(rows) == len(BUSY.listeners)
    assert rows[0].keys() == set(table.CSV_COLUMNS)
    assert [row["port"] for row in rows] == [str(one.port) for one in BUSY.listeners]
    assert rows[5]["commands"] == " ".join(POSTMASTER.command or ())
    assert table.csv(BUSY).count("\r\n") == len(rows) + 1


def test_no_cell_is_a_formula() -> None:
    evil = process(1, "=cmd|' /C calc'!A1", command=("-bash",), executable="@x", unit="+1")
    row = next(csv.DictReader(io.StringIO(table.csv(host(listener(owners=(evil,), unit=None))))))
    assert [row[key][0] for key in ("names", "commands", "executables", "unit")] == ["'"] * 4


def test_verdicts_are_told_to_spreadsheets() -> None:
    rows = list(csv.DictReader(io.StringIO(table.csv(JUDGED_LIST))))
    found = [one.verdict for one in JUDGED_LIST.listeners]
    assert [(row["kind"], row["concern"], row["name"]) for row in rows] == [
        (one.kind, one.concern, one.name) for one in found if one
    ]
    bare = next(csv.DictReader(io.StringIO(table.csv(BUSY))))
    assert (bare["kind"], bare["concern"], bare["name"]) == ("", "", "")


@pytest.mark.parametrize(
    ("name", "program", "shown_as"),
    [
        ("PostgreSQL", "postgres", "postgres"),
        ("OpenSSH", "sshd", "sshd"),
        ("CUPS", "cupsd", "cupsd"),
        ("Vite", "node", "Vite"),
        ("RabbitMQ", "beam.smp", "RabbitMQ"),
        ("report.jar", "java", "report.jar"),
        ("BIND", "named", "BIND"),
        (None, "named", "named"),
    ],
)
def test_what_runs_has_its_proper_name_where_the_program_does_not_tell_it(
    name: str | None, program: str, shown_as: str
) -> None:
    told = verdict("known-service", name=name)
    line = shown(host(listener(owners=(process(5, program),), verdict=told)))[1]
    assert re.split(r" {2,}", line)[2] == shown_as
    if name is not None:
        guessed = shown(host(listener(owners=(process(5, program),), verdict=told.replace(certainty="guess"))))[1]
        assert re.split(r" {2,}", guessed)[2] == program


@pytest.mark.parametrize("width", [None, 80, 60, 40])
def test_what_is_suspicious_is_marked_in_the_gap_and_nothing_moves(width: int | None) -> None:
    lines = shown(JUDGED_LIST, width=width)
    calm = JUDGED_LIST.replace(
        listeners=tuple(
            one.replace(verdict=one.verdict and one.verdict.replace(concern="none")) for one in JUDGED_LIST.listeners
        )
    )
    before = shown(calm, width=width)
    marked = [line for line in lines if "! " in line]
    assert len(marked) == 1
    assert marked[0].startswith("8787/tcp")
    assert [line.replace("! ", "  ") for line in lines[:8]] == before[:8]
    assert lines[9] == "7 listeners, 1 suspicious, 2 partly seen (~)"
    assert lines[10].startswith("Next      whoseport 8787/tcp")


def test_of_a_saved_list_no_step_acts_on_this_machine() -> None:
    text = table.listing(JUDGED_LIST, language=ENGLISH, width=None, colour=False, saved=True)
    assert "1 suspicious" in text
    assert "Next" not in text
