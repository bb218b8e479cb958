"""A second reader of IANA's XML: do the states that whoseport tells agree with it, all 262,144 of them?

    whoseport registry dump | python -m tools.check_registry service-names-port-numbers.xml
    python -m tools.check_registry service-names-port-numbers.xml --against FILE

It imports nothing of whoseport and goes about it in another way: it lets every row of the registry speak on every port
that it covers, the weakest rows first, so that the strongest one has the last word. Exit status: 0 they agree, 1 they
differ, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import IO, NamedTuple
from xml.etree import ElementTree

TRANSPORTS = ("tcp", "udp", "sctp", "dccp")
PORTS = 65536
TAG = "{http://www.iana.org/assignments}"
MOST_SHOWN = 20

Key = tuple[int, str]
Told = tuple[str, frozenset[str]]


class Row(NamedTuple):
    ports: range
    transport: str
    name: str
    description: str

    @property
    def strength(self) -> tuple[bool, bool, int]:
        return bool(self.name), bool(self.transport), -len(self.ports)


def rows(path: str) -> list[Row]:
    found = []
    for record in ElementTree.parse(path).getroot().iter(TAG + "record"):
        fields = {child.tag.removeprefix(TAG): "".join(child.itertext()).strip() for child in record}
        if number := fields.get("number"):
            bounds = [int(bound) for bound in number.split("-")]
            ports = range(bounds[0], bounds[-1] + 1)
            found.append(Row(ports, fields.get("protocol", ""), fields.get("name", ""), fields["description"]))
    return found


def expected(path: str) -> dict[Key, Told]:
    state: dict[Key, str] = {}
    names: dict[Key, set[str]] = {}
    backwards = rows(path)[::-1]  # of equal rows the first in the file has the last word
    for row in sorted(backwards, key=lambda row: row.strength):
        if row.name:
            said = "assigned"
        else:
            said = "unassigned" if row.description.strip("(").casefold()[:10] == "unassigned" else "reserved"
        for transport in (row.transport,) if row.transport else TRANSPORTS:
            for port in row.ports:
                state[port, transport] = said
                if row.name:
                    names.setdefault((port, transport), set()).add(row.name)
    every = [(port, transport) for port in range(PORTS) for transport in TRANSPORTS]
    return {
        key: ("dynamic" if key[0] >= 0xC000 else state.get(key, "unlisted"), frozenset(names.get(key, ())))
        for key in every
    }


def told(lines: IO[str]) -> dict[Key, Told]:
    found: dict[Key, Told] = {}
    for line in lines:
        row = json.loads(line)
        key = (row["port"], row["transport"])
        if key in found:
            sys.exit(f"{key} is told twice")
        found[key] = (row["state"], frozenset(row["names"]))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare `whoseport registry dump` with IANA's XML file.")
    parser.add_argument("xml", help="IANA's service-names-port-numbers.xml")
    parser.add_argument("--against", metavar="FILE", help="the dump; standard input if not given")
    arguments = parser.parse_args()
    right = expected(arguments.xml)
    if arguments.against:
        with open(arguments.against, encoding="utf-8") as lines:
            given = told(lines)
    else:
        given = told(sys.stdin)
    differing = [key for key in sorted(right.keys() | given.keys()) if right.get(key) != given.get(key)]
    for key in differing[:MOST_SHOWN]:
        print(f"{key[0]}/{key[1]}: the registry says {right.get(key)}, whoseport {given.get(key)}")
    counts = {
        word: sum(state == word for state, _ in right.values()) for word in sorted({s for s, _ in right.values()})
    }
    print(f"{len(right) - len(differing)} of {len(right)} agree; {counts}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
