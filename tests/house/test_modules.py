"""The house rules that a machine can hold: size, first lines, names, and what must never be committed."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PYTHON = sorted(path for folder in ("src", "tests", "tools", "bench") for path in (ROOT / folder).rglob("*.py"))
WALL = 500
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
MAIL = re.compile(rb"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]*[A-Za-z]")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_a_module_stays_within_the_wall(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= WALL


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_module_answers_one_question_in_its_first_line(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring
    assert docstring.splitlines()[0].rstrip().endswith((".", "?", "`", ":", ";")) or len(docstring.splitlines()) > 1


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_public_functions_and_classes_tell_what_they_do(path: Path) -> None:
    tree = ast.parse(path.read_text())
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not (node.name == "run" and path.parent.name == "cli")
        and ast.get_docstring(node) is None
        and not (isinstance(node, ast.ClassDef) and all(isinstance(part, ast.AnnAssign) for part in node.body))
    ]
    assert not silent


def test_no_module_hides_behind_an_empty_name() -> None:
    assert not {path.stem for path in PYTHON} & BANNED_NAMES
    assert not {part.name for part in (ROOT / "src").rglob("*") if part.is_dir()} & BANNED_NAMES


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name and (ROOT / name.decode()).is_file()]


def test_no_mail_address_is_shipped() -> None:
    """Units of systemd (getty@tty1.service) and git's git@host look alike; in the facts nothing may."""
    found = [
        (relative(path), match.group())
        for path in tracked()
        if path.is_relative_to(ROOT / "data") or path.suffix == ".po"
        for match in MAIL.finditer(path.read_bytes())
    ]
    assert not found


def test_facts_hide_no_mail_address_behind_a_word() -> None:
    hidden = re.compile(r"\b[\w.-]+\s+(?:at|&)\s+[\w-]+\.(?:com|org|net|edu|de|uk|fr|jp|ca)\b", re.IGNORECASE)
    found = [
        (relative(path), match.group())
        for path in sorted((ROOT / "data").rglob("*"))
        if path.is_file()
        for match in hidden.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_the_repository_names_no_path_of_a_workplace() -> None:
    private = re.compile(rb"(?<![\w.])/work/|\.\./shared")
    found = [
        (relative(path), match.group())
        for path in tracked()
        if path != Path(__file__) and path.suffix in {".py", ".md", ".toml", ".po", ".pot", ".tsv", ".json", ""}
        for match in private.finditer(path.read_bytes())
    ]
    assert not found
