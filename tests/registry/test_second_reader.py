"""The maintainers' second reader agrees with the compiled snapshot, tells a difference, and stands on its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.registry.test_iana_xml import document
from whoseport.registry.compiler import compile_facts
from whoseport.registry.iana_xml import parse
from whoseport.registry.store import Registry

TOOL = Path(__file__).parents[2] / "tools" / "check_registry.py"

XML = document(
    """
    <record><description>Unassigned</description><number>0-100</number></record>
    <record><name>http</name><protocol>tcp</protocol><description/><number>80</number></record>
    <record><name>www</name><protocol>tcp</protocol><description/><number>80</number></record>
    <record><name/><protocol>udp</protocol><description>Reserved</description><number>80</number></record>
    <record><description>any private thing</description><number>24</number></record>
    <record><description>Unassigned</description><number>24</number></record>
    <record><protocol>tcp</protocol><description>(unassigned) x</description><number>20-30</number></record>
    <record><name>x11</name><description/><number>6000-6063</number></record>
    <record><name>high</name><description/><number>49000-49200</number></record>
    <record><name>portless</name><description/></record>"""
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The XML, and the dump of the snapshot compiled from it."""
    xml, snapshot, dump = tmp_path / "registry.xml", tmp_path / "snapshot.bin", tmp_path / "dump.jsonl"
    xml.write_bytes(XML)
    snapshot.write_bytes(compile_facts(parse(XML, source="test")))
    dump.write_text("".join(json.dumps(row.fields()) + "\n" for row in Registry(str(snapshot)).dump()))
    return xml, dump


def check(xml: Path, dump: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(TOOL), str(xml), "--against", str(dump)], capture_output=True, text=True, check=False
    )


def test_they_agree(files: tuple[Path, Path]) -> None:
    done = check(*files)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("262144 of 262144 agree")


def test_a_difference_is_told(files: tuple[Path, Path]) -> None:
    xml, dump = files
    lines = dump.read_text().splitlines(keepends=True)
    changed = [line.replace("reserved", "unassigned") if '"port": 24,' in line else line for line in lines]
    dump.write_text("".join(changed[:-1]))
    done = check(xml, dump)
    assert done.returncode == 1
    assert "24/udp: the registry says ('reserved'" in done.stdout
    assert "65535/dccp" in done.stdout


def test_it_imports_nothing_of_whoseport() -> None:
    source = TOOL.read_text()
    assert "import whoseport" not in source
    assert "from whoseport" not in source
