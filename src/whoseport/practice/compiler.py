"""How do the facts become the one file that the program reads? Called when the package is built."""

from __future__ import annotations

import marshal
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whoseport.practice.facts import Facts, read_facts
from whoseport.practice.store import MAGIC, MARSHAL_VERSION, SECTIONS, WIDE

if TYPE_CHECKING:
    from whoseport.model import Source


def compile_folder(data: Path, target: Path) -> None:
    """Compiles the project's data folder into `target`, which is replaced in one step. Raises FactError."""
    content = compile_facts(read_facts(data))
    unfinished = target.with_suffix(".new")
    unfinished.write_bytes(content)
    os.replace(unfinished, target)


def compile_facts(facts: Facts) -> bytes:
    """A header (magic, length of each section), then each section by marshal: what store.py takes apart."""
    sources: dict[tuple[str, str | None, str], int] = {}

    def source_of(source: Source) -> int:
        return sources.setdefault((source.title, source.version, source.where), len(sources))

    ports: dict[int, list[int]] = {}
    wide: list[tuple[int, int, int]] = []
    for number, fact in enumerate(facts.practice):
        if fact.last - fact.first >= WIDE:
            wide.append((fact.first, fact.last, number))
            continue
        for port in range(fact.first, fact.last + 1):
            ports.setdefault(port, []).append(number)
    practice = [
        (fact.software, fact.transport, fact.first, fact.last, fact.role, source_of(fact.source), fact.common)
        for fact in facts.practice
    ]
    reported: dict[int, list[tuple[object, ...]]] = {}
    for one in facts.reported:
        report = one.report
        row = report.family, report.transport, report.side, report.endpoints, report.references
        reported.setdefault(one.port, []).append((*row, source_of(report.source)))
    refused: dict[int, list[tuple[object, ...]]] = {}
    for other in facts.refused:
        refusal = other.refusal
        refused.setdefault(other.port, []).append((refusal.browser, refusal.since, source_of(refusal.source)))
    names: dict[str, list[int]] = {}
    for number, software in enumerate(facts.software):
        for name in dict.fromkeys(
            name.lower() for name in (*software.programs, *software.scripts, *software.packages, *software.units)
        ):
            names.setdefault(name, []).append(number)
    rows = [
        (
            software.name,
            software.kind,
            software.programs,
            software.scripts,
            software.packages,
            software.units,
            tuple((port.transport, port.first, port.last, port.role) for port in software.ports),
        )
        for software in facts.software
    ]
    bodies: dict[str, Any] = {
        "facts": (ports, wide, practice),
        "reported": reported,
        "refused": refused,
        "sources": list(sources),
        "software": (names, rows),
    }
    sections = [marshal.dumps(bodies[name], MARSHAL_VERSION) for name in SECTIONS]
    header = MAGIC + b"".join(len(section).to_bytes(4, "little") for section in sections)
    return header + b"".join(sections)
