"""Facts as XML of IANA's form, for tests that need a registry to download: what `iana_xml.parse` reads, written back.

Not every turn of IANA's file is used, but each field of a record is, and each is read back as it was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from whoseport.model import Assignment, ServiceRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Transport

_RFC = re.compile(r"RFC[0-9]+")


def write_xml(records: Iterable[ServiceRecord], *, updated: str, identity: str = "service-names-port-numbers") -> bytes:
    """The file of a registry that consists of these records, in their order."""
    people: dict[str, str] = {}
    body = "".join(_record(record, people) for record in records)
    persons = "".join(f'<person id="{key}"><name>{escape(name)}</name></person>\n' for name, key in people.items())
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<?xml-stylesheet type="text/xsl" href="service-names-port-numbers.xsl"?>\n'
        f'<registry xmlns="http://www.iana.org/assignments" id="{identity}">\n'
        "<title>Service Name and Transport Protocol Port Number Registry</title>\n"
        f"<updated>{updated}</updated>\n{body}<people>\n{persons}</people>\n</registry>\n"
    ).encode()


def small_registry(services: int = 60, *, first: int = 0) -> tuple[ServiceRecord, ...]:
    """Every port of 0-49151 covered on both transports: `services` names on tcp and udp, and the gaps between them.

    The names are `service-N` with N from `first`, at port 100 + 700 * N.
    """
    records: list[ServiceRecord] = []
    below = 0
    for number in range(first, first + services):
        port = 100 + 700 * number
        records.append(nameless(below, port - 1))
        transports: tuple[Transport, ...] = ("tcp", "udp")
        records += [named(f"service-{number}", port, transport=transport) for transport in transports]
        below = port + 1
    return (*records, nameless(below, 49151))


def named(
    name: str, port: int, *, transport: Transport | None = "tcp", description: str = "A service"
) -> ServiceRecord:
    return ServiceRecord(transport=transport, assignment=assignment(name, description, first=port, last=port))


def nameless(first: int, last: int, *, description: str = "Unassigned") -> ServiceRecord:
    return ServiceRecord(transport=None, assignment=assignment(None, description, first=first, last=last))


def assignment(service_name: str | None, description: str, *, first: int | None, last: int | None) -> Assignment:
    return Assignment(
        service_name=service_name,
        description=description,
        assignee="Ada Lovelace" if service_name else None,
        contact="Ada Lovelace" if service_name else None,
        registered="2020-01-31" if service_name else None,
        modified=None,
        references=("RFC6335",) if service_name else (),
        unauthorized_use=None,
        notes=None,
        service_code=None,
        first=first,
        last=last,
    )


def _record(record: ServiceRecord, people: dict[str, str]) -> str:
    told = record.assignment
    dates = {"date": told.registered, "updated": told.modified}
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in dates.items() if value)
    ports = None if told.first is None else str(told.first) if told.first == told.last else f"{told.first}-{told.last}"
    pieces = [_element("name", told.service_name), _element("protocol", record.transport)]
    if told.assignee and told.assignee != told.contact:
        pieces.append(f"<assignee>{_persons(told.assignee, people)}</assignee>")
    pieces.append(_persons(told.contact, people))
    pieces.append(f"<description>{_broken(told.description)}</description>")
    pieces += [_element("number", ports), *map(_reference, told.references)]
    pieces += [_element("sc", told.service_code), _element("unauthorized", told.unauthorized_use)]
    pieces.append(f"<note>{_broken(told.notes)}</note>" if told.notes else "")
    return f"<record{attributes}>{''.join(pieces)}</record>\n"


def _element(name: str, text: str | None) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def _broken(text: str) -> str:
    return escape(text).replace("\n", "<br/>")


def _persons(names: str | None, people: dict[str, str]) -> str:
    keys = [people.setdefault(name, f"person_{len(people)}") for name in (names or "").split("; ") if name]
    return "".join(f'<xref type="person" data="{key}"/>' for key in keys)


def _reference(text: str) -> str:
    if _RFC.fullmatch(text):
        return f'<xref type="rfc" data="{text.lower()}"/>'
    return f'<xref type="text">{escape(text)}</xref>'
