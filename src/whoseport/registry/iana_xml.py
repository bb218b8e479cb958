"""What does IANA's XML file of the registry say, as facts?

The file is `service-names-port-numbers.xml`, described by IANA's RELAX NG schema beside it. It is read as hostile: no
document type (so no entity is ever expanded), bounded size, depth and length of text.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from whoseport.model import TRANSPORTS, Assignment, BrokenSurroundings, ServiceRecord, Snapshot
from whoseport.registry.addresses import without_addresses
from whoseport.registry.facts import Facts, in_order, is_date, parse_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

NAMESPACE = "http://www.iana.org/assignments"
REGISTRY_ID = "service-names-port-numbers"
SOURCE = "https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xml"

LARGEST = 64 * 1024 * 1024
"""Bytes; the file of August 2026 has 3.9 million."""

DEEPEST = 16
LONGEST_TEXT = 100_000
"""Characters of text that one record may have."""

_FOLDED = re.compile(r"\s+")
_SPACE_RUN = re.compile(r"[ \t\r\f\v]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_UNKEPT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Element:
    """One XML element: its name without namespace, its attributes, and text and elements in their order."""

    __slots__ = ("attributes", "content", "name")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.content: list[str | Element] = []

    def children(self, name: str) -> Iterator[Element]:
        return (each for each in self.content if isinstance(each, Element) and each.name == name)

    def child(self, name: str) -> Element | None:
        return next(self.children(name), None)

    def text(self) -> str:
        """All text in it, white space folded."""
        return _FOLDED.sub(" ", "".join(self._pieces())).strip()

    def _pieces(self) -> Iterator[str]:
        for each in self.content:
            if isinstance(each, Element):
                yield from each._pieces()
            else:
                yield each


def parse(xml: bytes, *, source: str) -> Facts:
    """The facts of one file; their snapshot's `sha256` is that of these bytes, `source` is taken as it is.

    Assignee and contact are names, several joined by `; `. Where a record names no assignee, the people it names are
    both, as in IANA's own tables. A date that is neither YYYY-MM-DD nor YYYY-MM is unknown. No e-mail address is kept.

    Raises:
        BrokenSurroundings: `registry-too-large`, `registry-not-well-formed`, `registry-doctype` (a document type
            declaration, which IANA's file does not have), `registry-too-deep`, `registry-not-the-registry` (another
            root or identifier, or no date), `registry-bad-record`.
    """
    if len(xml) > LARGEST:
        raise BrokenSurroundings("registry-too-large", size=len(xml), largest=LARGEST)
    root = _tree(xml)
    updated = next((each.text() for each in root.children("updated")), "")
    if root.name != "registry" or root.attributes.get("id") != REGISTRY_ID or not is_date(updated):
        raise BrokenSurroundings(
            "registry-not-the-registry", root=root.name, id=root.attributes.get("id"), updated=updated
        )
    people = {
        person.attributes.get("id", ""): _person(person)
        for group in root.children("people")
        for person in group.children("person")
    }
    footnotes = {note.attributes.get("anchor", ""): note.text() for note in root.children("footnote")}
    records = in_order(
        _record(element, number=number, people=people, footnotes=footnotes)
        for number, element in enumerate(root.children("record"), start=1)
    )
    digest = hashlib.sha256(xml).hexdigest()
    return Facts(
        snapshot=Snapshot(source=source, updated=updated, sha256=digest, records=len(records)), records=records
    )


def _tree(xml: bytes) -> Element:
    """The root element; every bound is held while reading, not after."""
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    outside = Element("", {})
    stack = [outside]
    length = 0

    def refuse(*_declaration: object) -> NoReturn:
        raise BrokenSurroundings("registry-doctype")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal length
        if len(stack) > DEEPEST:
            raise BrokenSurroundings("registry-too-deep", deepest=DEEPEST)
        if len(stack) == 2:
            length = 0
        namespace, _, local = name.rpartition(" ")
        element = Element(local if namespace == NAMESPACE else name, attributes)
        stack[-1].content.append(element)
        stack.append(element)

    def end(_name: str) -> None:
        stack.pop()

    def text(characters: str) -> None:
        nonlocal length
        if len(stack) <= 2:
            return
        length += len(characters)
        if length > LONGEST_TEXT and stack[2].name == "record":
            raise BrokenSurroundings("registry-bad-record", record=None, field="text", value="too-long")
        stack[-1].content.append(characters)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as failure:
        raise BrokenSurroundings(
            "registry-not-well-formed",
            line=failure.lineno,
            column=failure.offset,
            reason=expat.ErrorString(failure.code) or "",
        ) from None
    root = outside.content[0]
    assert isinstance(root, Element)
    return root


def _person(person: Element) -> str:
    """A name, else an organisation, else what the identifier says (`Ben_Darnell`); never an address."""
    for field in ("name", "org"):
        for element in person.children(field):
            if name := without_addresses(element.text()):
                return name
    words = person.attributes.get("id", "").replace("_", " ")
    return without_addresses(re.sub(r"\s+[0-9]+$", "", words).strip())


def _record(element: Element, *, number: int, people: dict[str, str], footnotes: dict[str, str]) -> ServiceRecord:
    def field(name: str) -> str | None:
        child = element.child(name)
        return without_addresses(child.text()) or None if child else None

    def date(name: str) -> str | None:
        value = element.attributes.get(name, "").strip()
        return value if is_date(value) else None

    transport = field("protocol")
    if transport not in (None, *TRANSPORTS):
        raise BrokenSurroundings("registry-bad-record", record=number, field="protocol", value=transport)
    ports = field("number")
    try:
        first, last = parse_ports(ports) if ports else (None, None)
    except ValueError:
        raise BrokenSurroundings("registry-bad-record", record=number, field="number", value=ports) from None
    contacts = _names(element, people)
    assignees = [name for each in element.children("assignee") for name in _names(each, people)]
    notes = [_prose(each, people=people, wraps=False) for each in element.children("note")]
    notes += [footnotes.get(each.attributes.get("data", ""), "") for each in _xrefs(element, "note")]
    description = element.child("description")
    return ServiceRecord(
        transport=transport,
        assignment=Assignment(
            service_name=field("name"),
            description=_prose(description, people=people, wraps=True) if description else "",
            assignee="; ".join(assignees or contacts) or None,
            contact="; ".join(contacts) or None,
            registered=date("date"),
            modified=date("updated"),
            references=_references(element),
            unauthorized_use=field("unauthorized"),
            notes="\n\n".join(each for each in notes if each) or None,
            service_code=field("sc"),
            first=first,
            last=last,
        ),
    )


def _xrefs(element: Element, *kinds: str) -> Iterator[Element]:
    return (each for each in element.children("xref") if each.attributes.get("type") in kinds)


def _names(element: Element, people: dict[str, str]) -> list[str]:
    names = (people.get(each.attributes.get("data", ""), "") for each in _xrefs(element, "person"))
    return list(dict.fromkeys(name for name in names if name))


def _references(element: Element) -> tuple[str, ...]:
    found = (_reference(each) for each in _xrefs(element, "rfc", "draft", "uri", "text"))
    return tuple(dict.fromkeys(each for each in found if each))


def _reference(xref: Element) -> str:
    """`RFC6335`, `RFC8765, Section 6.1`, `draft-herbert-gue-02`, a URL (its title before it), or free text."""
    kind, data, text = xref.attributes.get("type"), xref.attributes.get("data", "").strip(), xref.text()
    if kind == "uri":
        if data.lower().startswith("mailto:"):
            return ""
        return without_addresses(f"{text}, {data}" if text else data)
    if kind == "rfc":
        data = data.upper()
    section = xref.attributes.get("section")
    named = text or (f"{data}, Section {section}" if section and data else data)
    return "" if named.lower() == "n/a" else without_addresses(_FOLDED.sub(" ", named).strip())


def _prose(element: Element, *, people: dict[str, str], wraps: bool) -> str:
    """Text with its breaks as line feeds; a source line's end is a break too, unless the text only `wraps` there."""
    lines = _SPACE_RUN.sub(" ", _flat(element, people=people, wraps=wraps))
    text = "\n".join(line.strip() for line in lines.split("\n"))
    return without_addresses(_UNKEPT.sub("", _BLANK_LINES.sub("\n\n", text)).strip())


def _flat(element: Element, *, people: dict[str, str], wraps: bool) -> str:
    pieces: list[str] = []
    after_break = False
    for each in element.content:
        if isinstance(each, str):
            text = each.replace("\r", "\n")
            if after_break:
                text = re.sub(r"^[ \t]*\n", "", text)
            pieces.append(_FOLDED.sub(" ", text) if wraps else text)
        elif each.name == "br":
            pieces.append("\n")
        elif each.name == "paragraph":
            pieces.append("\n\n" + _flat(each, people=people, wraps=True) + "\n\n")
        elif each.name == "xref":
            if pieces and pieces[-1][-1:].isalnum():
                pieces.append(" ")
            pieces.append(_inline(each, people=people))
        else:
            pieces.append(_flat(each, people=people, wraps=wraps))
        after_break = not isinstance(each, str) and each.name == "br"
    return "".join(pieces)


def _inline(xref: Element, *, people: dict[str, str]) -> str:
    if xref.attributes.get("type") == "person":
        return people.get(xref.attributes.get("data", ""), "")
    reference = _reference(xref)
    return f"[{reference}]" if xref.attributes.get("type") in ("rfc", "draft") and reference else reference
