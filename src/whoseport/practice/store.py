"""What is known of this port, of this program? Looks the compiled facts up.

The file is the package's own, made when it was built: a header that tells how long each section is, and the sections,
each read when it is first needed. Its length is checked; a file of another build is refused.
"""

from __future__ import annotations

import marshal

from whoseport.model import (
    BrokenSurroundings,
    BrowserRefusal,
    PracticeFact,
    ReportedUse,
    SearchResult,
    Software,
    SoftwarePort,
    Source,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from whoseport.model import Transport

MAGIC = b"whoseport.prac02"
MARSHAL_VERSION = 2  # without references between values, which would bind the file to how Python counts them
SECTIONS = ("facts", "reported", "refused", "sources", "software")
LARGEST = 1 << 24

WIDE = 16
"""Ports from which on a range is looked through rather than found under each of its ports."""

_ROLES = ("default", "tls", "admin", "development", "metrics", "cluster", "debug", "client", "legacy")
"""The strongest first."""
_KINDS = ("server", "rpc", "development-server", "desktop", "forwarder", "interpreter", "client")


class Practice:
    """The facts of practice, compiled from data/practice, data/reported and data/browsers."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._sections: dict[str, Any] = {}
        self._software: dict[int, Software] = {}
        self._at: dict[tuple[int, Transport], tuple[Software, ...]] = {}
        try:
            with open(path, "rb", buffering=0) as file:
                content = file.read(LARGEST)
        except OSError as error:
            raise BrokenSurroundings("practice-unreadable", path=path, reason=error.strerror or "unreadable") from None
        start = len(MAGIC) + 4 * len(SECTIONS)
        at = start
        self._bodies: dict[str, bytes] = {}
        for number, name in enumerate(SECTIONS):
            length = int.from_bytes(content[len(MAGIC) + 4 * number : len(MAGIC) + 4 * number + 4], "little")
            self._bodies[name] = content[at : at + length]
            at += length
        if not content.startswith(MAGIC) or at != len(content):
            raise BrokenSurroundings("practice-unreadable", path=path, reason="damaged")

    def facts(self, port: int) -> tuple[PracticeFact, ...]:
        """What is commonly run on the port, the strongest first: what is common there, then by role."""
        rows = self._section("facts")[2]
        found = [rows[number] for number in self._numbers(port)]
        found.sort(key=lambda row: (not row[6], _ROLES.index(row[4]), row[2] != row[3]))
        return tuple(
            PracticeFact(
                software=software,
                transport=transport,
                first=first,
                last=last,
                role=role,
                source=self._source(source),
                common=common,
            )
            for software, transport, first, last, role, source, common in found
        )

    def reported(self, port: int) -> tuple[ReportedUse, ...]:
        """Reports that malware elsewhere used the port, those with most servers first."""
        found = sorted(self._section("reported").get(port, ()), key=lambda row: -(row[3] or 0))
        return tuple(
            ReportedUse(
                family=family,
                transport=transport,
                side=side,
                endpoints=endpoints,
                references=references,
                source=self._source(source),
            )
            for family, transport, side, endpoints, references, source in found
        )

    def refused(self, port: int) -> tuple[BrowserRefusal, ...]:
        """The browsers that refuse to open the port."""
        return tuple(
            BrowserRefusal(browser=browser, since=since, source=self._source(source))
            for browser, since, source in self._section("refused").get(port, ())
        )

    def named(self, name: str) -> tuple[Software, ...]:
        """The software that goes by this name, in lower case: a program, script, package or unit; servers first."""
        names, _ = self._section("software")
        return self._softwares(names.get(name, ()))

    def at(self, port: int, transport: Transport) -> tuple[Software, ...]:
        """The software that commonly runs on the port, servers first."""
        known = self._at.get((port, transport))
        if known is None:
            _, rows = self._section("software")
            facts = self._section("facts")[2]
            wanted = {facts[number][0] for number in self._numbers(port) if facts[number][1] == transport}
            places = [number for number, row in enumerate(rows) if row[0] in wanted] if wanted else []
            known = self._at[port, transport] = self._softwares(places)
        return known

    def search(self, text: str) -> tuple[SearchResult, ...]:
        """Facts in whose software, programs or packages every word of the text occurs; whole names first."""
        words = text.lower().split()
        if not words:
            return ()
        _, rows = self._section("software")
        facts = self._section("facts")[2]
        ranks: dict[str, int] = {}
        for name, _kind, programs, scripts, packages, _units, _ports in rows:
            names = [name.lower(), *(one.lower() for one in (*programs, *scripts, *packages))]
            if all(any(word in one for one in names) for word in words):
                ranks[name] = 0 if " ".join(words) in names else 1
        found = [row for row in facts if row[0] in ranks or words == [str(row[2])] == [str(row[3])]]
        found.sort(key=lambda row: (ranks.get(row[0], 2), _ROLES.index(row[4]), row[2]))
        return tuple(
            SearchResult(port=row[2], transport=row[1], service_name=None, layer="practice", text=f"{row[0]}, {row[4]}")
            for row in found
        )

    def _numbers(self, port: int) -> list[int]:
        ports, wide, _ = self._section("facts")
        return [*ports.get(port, ()), *(number for first, last, number in wide if first <= port <= last)]

    def _softwares(self, numbers: Any) -> tuple[Software, ...]:
        found = [self._one_software(number) for number in numbers]
        found.sort(key=lambda one: _KINDS.index(one.kind))
        return tuple(found)

    def _one_software(self, number: int) -> Software:
        known = self._software.get(number)
        if known is None:
            _, rows = self._section("software")
            name, kind, programs, scripts, packages, units, ports = rows[number]
            known = self._software[number] = Software(
                name=name,
                kind=kind,
                programs=programs,
                scripts=scripts,
                packages=packages,
                units=units,
                ports=tuple(
                    SoftwarePort(transport=transport, first=first, last=last, role=role)
                    for transport, first, last, role in ports
                ),
            )
        return known

    def _source(self, number: int) -> Source:
        title, version, where = self._section("sources")[number]
        return Source(title=title, version=version, where=where)

    def _section(self, name: str) -> Any:
        section = self._sections.get(name)
        if section is None:
            try:
                section = self._sections[name] = marshal.loads(self._bodies[name])
            except (ValueError, EOFError, TypeError):
                raise BrokenSurroundings("practice-unreadable", path=self._path, reason="damaged") from None
        return section
