"""What do the reviewable facts say? Reads data/practice/*.toml, data/reported/*.tsv and data/browsers/*.tsv.

A fact without a source, a duplicate, a port out of range, a word of no closed list, an unknown key: none is let
through. This runs when the package is built, never on the way to an answer.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from whoseport.model import (
    LAST_PORT,
    TRANSPORTS,
    BrowserName,
    BrowserRefusal,
    PracticeFact,
    ReportedSide,
    ReportedUse,
    Role,
    Software,
    SoftwareKind,
    SoftwarePort,
    Source,
)
from whoseport.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whoseport.model import Transport

NAME_LISTS = ("programs", "scripts", "packages", "units")
_SOFTWARE_KEYS = {"name", "kind", "ports", *NAME_LISTS}
_PORT_KEYS = {"transport", "port", "first", "last", "role", "source", "common"}
_SOURCE_KEYS = {"title", "version", "where"}
_SLUG = re.compile(r"[a-z0-9][a-z0-9.+-]*")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}(?![\w./])", re.ASCII | re.IGNORECASE)

REPORT_SOURCES = {
    "maltrail": Source(title="Maltrail, lists of command-and-control servers", version=None, where="trails/static"),
    "attack": Source(title="MITRE ATT&CK", version="18.1", where="https://attack.mitre.org/"),
}
BROWSER_SOURCES = {
    "fetch-standard": Source(title="Fetch standard", version="2026-07-02", where="section 2.9, Port blocking"),
    "firefox": Source(title="Firefox", version=None, where="netwerk/base/nsIOService.cpp: gBadPortList"),
    "chromium": Source(title="Chromium", version=None, where="net/base/port_util.cc: kRestrictedPorts"),
}


class FactError(Exception):
    """A fact that is not let through; the message names the file, the place in it and what is wrong."""


class Facts(Record):
    """Everything that is compiled. `reported` and `refused` go with the port that they are about."""

    software: tuple[Software, ...]
    practice: tuple[PracticeFact, ...]
    reported: tuple[PortReport, ...]
    refused: tuple[PortRefusal, ...]


class PortReport(Record):
    port: int
    report: ReportedUse


class PortRefusal(Record):
    port: int
    refusal: BrowserRefusal


def read_facts(data: Path) -> Facts:
    """The facts below the project's data folder. Raises FactError for the first that is not let through."""
    software: list[Software] = []
    practice: list[PracticeFact] = []
    names: dict[str, Path] = {}
    for path in sorted((data / "practice").glob("*.toml")):
        made, facts = _software(path)
        other = names.setdefault(made.name.lower(), path)
        if other is not path:
            raise FactError(f"{path.name}: {made.name!r} is also the name in {other.name}")
        software.append(made)
        practice += facts
    return Facts(
        software=tuple(software),
        practice=tuple(practice),
        reported=tuple(_reports(data / "reported")),
        refused=tuple(_refusals(data / "browsers" / "refused.tsv")),
    )


def _software(path: Path) -> tuple[Software, list[PracticeFact]]:
    place = path.name
    if not _SLUG.fullmatch(path.stem):
        raise FactError(f"{place}: a file's name is the software's in lower case, with hyphens")
    text = path.read_text(encoding="utf-8")
    if found := _MAIL.search(text):
        raise FactError(f"{place}: no mail address belongs in a fact: {found[0]}")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FactError(f"{place}: {error}") from None
    _known_keys(table, _SOFTWARE_KEYS, place)
    name = _text(table, "name", place)
    lists = {key: _names(table, key, place) for key in NAME_LISTS}
    if not any(lists.values()):
        raise FactError(f"{place}: {name} has no program, script, package or unit to be known by")
    facts: list[PracticeFact] = []
    seen: set[tuple[object, ...]] = set()
    for number, row in enumerate(table.get("ports", []), 1):
        fact = _fact(name, row, f"{place}, port {number}")
        key = fact.transport, fact.first, fact.last, fact.role
        if key in seen:
            raise FactError(f"{place}, port {number}: said twice")
        seen.add(key)
        facts.append(fact)
    ports = tuple(SoftwarePort(transport=one.transport, first=one.first, last=one.last, role=one.role) for one in facts)
    kind = cast("SoftwareKind", _word(table, "kind", SoftwareKind, place))
    return Software(name=name, kind=kind, ports=ports, **lists), facts


def _fact(software: str, row: Any, place: str) -> PracticeFact:
    if not isinstance(row, dict):
        raise FactError(f"{place}: not a table")
    _known_keys(row, _PORT_KEYS, place)
    if ("port" in row) == ("first" in row or "last" in row):
        raise FactError(f"{place}: either `port`, or `first` and `last`")
    first = _port(row, "port" if "port" in row else "first", place)
    last = first if "port" in row else _port(row, "last", place)
    if first > last:
        raise FactError(f"{place}: {first} is above {last}")
    source = row.get("source")
    if not isinstance(source, dict):
        raise FactError(f"{place}: no fact without a source")
    _known_keys(source, _SOURCE_KEYS, place)
    if type(row.get("common", False)) is not bool:
        raise FactError(f"{place}: `common` is true or false")
    return PracticeFact(
        common=row.get("common", False),
        software=software,
        transport=cast("Transport", _word(row, "transport", TRANSPORTS, place)),
        first=first,
        last=last,
        role=cast("Role", _word(row, "role", Role, place)),
        source=Source(
            title=_text(source, "title", place),
            version=_text(source, "version", place) if "version" in source else None,
            where=_text(source, "where", place),
        ),
    )


def _reports(folder: Path) -> Iterator[PortReport]:
    for path in sorted(folder.glob("*.tsv")):
        source = REPORT_SOURCES.get(path.stem)
        if source is None:
            raise FactError(f"{path.name}: no source is known for it")
        for place, row in _rows(path):
            where = f"{source.where}software/{row['identifier']}" if row["identifier"].startswith("S") else source.where
            if row["identifier"].startswith("G"):
                where = f"{source.where}groups/{row['identifier']}"
            elif row["identifier"].startswith("C"):
                where = f"{source.where}campaigns/{row['identifier']}"
            report = ReportedUse(
                family=_text(row, "family", place),
                transport=cast("Transport", _word(row, "transport", TRANSPORTS, place)) if row["transport"] else None,
                side=cast("ReportedSide", _word(row, "side", ReportedSide, place)),
                endpoints=int(row["endpoints"]) if row["endpoints"] else None,
                references=tuple(row["references"].split()),
                source=source.replace(where=where),
            )
            if not report.references:
                raise FactError(f"{place}: no fact without a reference")
            yield PortReport(port=_port({"port": int(row["port"])}, "port", place), report=report)


def _refusals(path: Path) -> Iterator[PortRefusal]:
    for place, row in _rows(path):
        browser = cast("BrowserName", _word(row, "browser", BrowserName, place))
        refusal = BrowserRefusal(browser=browser, since=row["since"] or None, source=BROWSER_SOURCES[browser])
        yield PortRefusal(port=_port({"port": int(row["port"])}, "port", place), refusal=refusal)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    heads: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if not heads:
            heads = cells
        elif len(cells) != len(heads):
            raise FactError(f"{path.name}, line {number}: {len(cells)} cells below {len(heads)} heads")
        else:
            yield f"{path.name}, line {number}", dict(zip(heads, cells, strict=True))


def _known_keys(table: dict[str, Any], known: set[str], place: str) -> None:
    if unknown := sorted(set(table) - known):
        raise FactError(f"{place}: unknown key {', '.join(unknown)}")


def _text(table: dict[str, Any], key: str, place: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise FactError(f"{place}: `{key}` has to be a text of one line")
    return value


def _names(table: dict[str, Any], key: str, place: str) -> tuple[str, ...]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(one, str) and one.strip() == one != "" for one in values):
        raise FactError(f"{place}: `{key}` has to be a list of names")
    if len(set(values)) < len(values):
        raise FactError(f"{place}: `{key}` has a name twice")
    return tuple(values)


def _word(table: dict[str, Any], key: str, words: object, place: str) -> str:
    value = table.get(key)
    if value not in cast("tuple[str, ...]", words):
        raise FactError(f"{place}: `{key}` is one of {', '.join(cast('tuple[str, ...]', words))}, not {value!r}")
    return cast("str", value)


def _port(table: dict[str, Any], key: str, place: str) -> int:
    value = table.get(key)
    if type(value) is not int or not 0 <= value <= LAST_PORT:
        raise FactError(f"{place}: `{key}` has to be a port, 0-65535, not {value!r}")
    return value
