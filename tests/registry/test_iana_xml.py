"""IANA's XML is read completely where it is the registry, and refused with a name where it is anything else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.model import Assignment, BrokenSurroundings, ServiceRecord
from whoseport.registry import iana_xml
from whoseport.registry.facts import Facts
from whoseport.registry.iana_xml import parse

PEOPLE = """
  <people>
    <person id="Jane_Doe"><name>Jane Doe</name><uri>mailto:jane&amp;example.com</uri></person>
    <person id="Acme"><org>Acme, Inc.</org></person>
    <person id="John_Smith_2"><uri>mailto:js@example.com</uri></person>
    <person id="Empty"><name/><org>Fallback Org</org></person>
  </people>"""


def document(records: str, *, people: str = PEOPLE, updated: str = "2026-08-17") -> bytes:
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<registry xmlns="http://www.iana.org/assignments" id="service-names-port-numbers">
  <title>Service Name and Transport Protocol Port Number Registry</title>
  <updated>{updated}</updated>
  {records}
  <footnote anchor="1">Only for
experiments.</footnote>{people}
</registry>""".encode()


def one(record: str) -> ServiceRecord:
    facts = parse(document(f"<record>{record}</record>"), source="test")
    return facts.records[0]


def refusal(xml: bytes) -> str:
    with pytest.raises(BrokenSurroundings) as refused:
        parse(xml, source="test")
    return refused.value.problem


def test_a_whole_record() -> None:
    xml = document(
        """<record date="2009-01" updated="2026-02-03">
             <name>example</name><protocol>dccp</protocol>
             <assignee><xref type="person" data="Acme"/></assignee>
             <xref type="person" data="Jane_Doe"/>
             <description>Example
                Service</description>
             <number>6000-6063</number>
             <xref type="rfc" data="rfc6335"/>
             <sc>1145656131</sc>
             <unauthorized>Known use on 6001 </unauthorized>
             <note>Line one<br/>
                line two, see <xref type="rfc" data="rfc1"/></note>
           </record>"""
    )
    facts = parse(xml, source="somewhere")
    assert facts.snapshot.source == "somewhere"
    assert facts.snapshot.updated == "2026-08-17"
    assert facts.snapshot.sha256 == hashlib.sha256(xml).hexdigest()
    assert facts.snapshot.records == 1
    assert facts.records == (
        ServiceRecord(
            transport="dccp",
            assignment=Assignment(
                service_name="example",
                description="Example Service",
                assignee="Acme, Inc.",
                contact="Jane Doe",
                registered="2009-01",
                modified="2026-02-03",
                references=("RFC6335",),
                unauthorized_use="Known use on 6001",
                notes="Line one\nline two, see [RFC1]",
                service_code="1145656131",
                first=6000,
                last=6063,
            ),
        ),
    )


def test_records_come_by_port_and_those_without_one_last() -> None:
    xml = document(
        "<record><name>a</name></record>"
        "<record><name>b</name><number>9</number></record>"
        "<record><name>c</name><number>3</number></record>"
        "<record><name>d</name><number>9</number></record>"
    )
    names = [record.assignment.service_name for record in parse(xml, source="test").records]
    assert names == ["c", "b", "d", "a"]


@pytest.mark.parametrize(
    ("identifier", "name"),
    [("Jane_Doe", "Jane Doe"), ("Acme", "Acme, Inc."), ("John_Smith_2", "John Smith"), ("Empty", "Fallback Org")],
)
def test_people_have_names_and_no_addresses(identifier: str, name: str) -> None:
    assert one(f'<xref type="person" data="{identifier}"/>').assignment.contact == name


def test_who_is_named_alone_is_assignee_and_contact() -> None:
    found = one('<xref type="person" data="Jane_Doe"/><xref type="person" data="Acme"/>').assignment
    assert (found.assignee, found.contact) == ("Jane Doe; Acme, Inc.", "Jane Doe; Acme, Inc.")
    found = one('<assignee><xref type="person" data="Acme"/></assignee>').assignment
    assert (found.assignee, found.contact) == ("Acme, Inc.", None)
    assert one('<xref type="person" data="Nobody_Known"/>').assignment.contact is None


@pytest.mark.parametrize(
    ("xref", "references"),
    [
        ('<xref type="rfc" data="rfc6335"/>', ("RFC6335",)),
        ('<xref type="rfc" data="rfc8765" section="6.1">RFC8765, Section 6.1</xref>', ("RFC8765, Section 6.1",)),
        ('<xref type="rfc" data="rfc8765" section="6.1"/>', ("RFC8765, Section 6.1",)),
        ('<xref type="draft" data="RFC-ietf-example-07"/>', ("RFC-ietf-example-07",)),
        ('<xref type="uri" data="https://example.com/x"/>', ("https://example.com/x",)),
        ('<xref type="uri" data="https://example.com/x">TR-352</xref>', ("TR-352, https://example.com/x",)),
        ('<xref type="uri" data="mailto:jane@example.com"/>', ()),
        ('<xref type="text">ISO/IEC\n   13818-6</xref>', ("ISO/IEC 13818-6",)),
        ('<xref type="text">n/a</xref>', ()),
        ('<xref type="text">Jane &lt;jane&amp;example.nl&gt; 2009</xref>', ("Jane [e-mail] 2009",)),
        (
            '<xref type="rfc" data="rfc1"/><xref type="rfc" data="rfc2"/><xref type="rfc" data="rfc1"/>',
            ("RFC1", "RFC2"),
        ),
    ],
)
def test_references(xref: str, references: tuple[str, ...]) -> None:
    assert one(xref).assignment.references == references


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("<note/>", None),
        ("<note>one\n  two</note>", "one\ntwo"),
        ("<note>keys:<br />\n  a<br />\n  b</note>", "keys:\na\nb"),
        ("<note>a<br /><br />\nb</note>", "a\n\nb"),
        (
            "<note>\n  <paragraph>First\n wraps.</paragraph>\n  <paragraph>Second.</paragraph>\n</note>",
            "First wraps.\n\nSecond.",
        ),
        ('<note>(was<xref type="person" data="Jane_Doe"/>)</note>', "(was Jane Doe)"),
        ('<note>at <xref type="uri" data="http://example.com/#x"/></note>', "at http://example.com/#x"),
        ("<note>Contact &lt;jane at example.com&gt;</note>", "Contact [e-mail]"),
        ('<xref type="note" data="1"/>', "Only for experiments."),
        ('<note>Mine.</note><xref type="note" data="1"/>', "Mine.\n\nOnly for experiments."),
    ],
)
def test_notes_keep_their_lines(note: str, text: str | None) -> None:
    assert one(note).assignment.notes == text


def test_a_description_wraps_but_keeps_its_breaks() -> None:
    found = one(
        '<description>whois++<br /><br />\nIANA assigned\nthis, see <xref type="rfc" data="rfc9"/></description>'
    )
    assert found.assignment.description == "whois++\n\nIANA assigned this, see [RFC9]"


def test_empty_elements_are_unknown() -> None:
    found = one("<name/><protocol/><number/><description/><unauthorized/><sc/>")
    assert found.transport is None
    assert set(found.assignment.fields().values()) == {None, "", ()}


def test_a_misprinted_date_is_unknown() -> None:
    facts = parse(document('<record date="2009-1-1" updated="yesterday"/>'), source="test")
    assert (facts.records[0].assignment.registered, facts.records[0].assignment.modified) == (None, None)


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        (b"", "registry-not-well-formed"),
        (b"<registry", "registry-not-well-formed"),
        (document("").replace(b"</registry>", b""), "registry-not-well-formed"),
        (document("\x00"), "registry-not-well-formed"),
        (document("&undefined;"), "registry-not-well-formed"),
        (b"<html><body>Sign in</body></html>", "registry-not-the-registry"),
        (document("").replace(b"iana.org", b"example.org"), "registry-not-the-registry"),
        (document("").replace(b'id="service-', b'id="other-'), "registry-not-the-registry"),
        (document("", updated="soon"), "registry-not-the-registry"),
        (document("<record><number>65536</number></record>"), "registry-bad-record"),
        (document("<record><number>9-8</number></record>"), "registry-bad-record"),
        (document("<record><number>-1</number></record>"), "registry-bad-record"),
        (document("<record><number>http</number></record>"), "registry-bad-record"),
        (document("<record><protocol>quic</protocol></record>"), "registry-bad-record"),
        (document("<a>" * 100 + "</a>" * 100), "registry-too-deep"),
    ],
)
def test_what_is_not_the_registry_is_refused(xml: bytes, problem: str) -> None:
    assert refusal(xml) == problem


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE registry>",
        '<!DOCTYPE registry SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE registry [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE registry [<!ENTITY % p SYSTEM "http://127.0.0.1/p"> %p;]>',
    ],
)
def test_no_document_type_is_accepted(doctype: str) -> None:
    xml = document("<record><name>&b;</name></record>").replace(b"<registry", doctype.encode() + b"<registry")
    assert refusal(xml) == "registry-doctype"


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iana_xml, "LARGEST", 1000)
    assert refusal(document("<record/>" * 100)) == "registry-too-large"
    monkeypatch.setattr(iana_xml, "LONGEST_TEXT", 50)
    monkeypatch.setattr(iana_xml, "LARGEST", 10_000)
    assert refusal(document(f"<record><note>{'a' * 40}<br/>{'a' * 40}</note></record>")) == "registry-bad-record"
    assert len(parse(document(f"<record><note>{'a' * 40}</note></record>" * 3), source="test").records) == 3


GOOD = document(
    '<record date="2009-01"><name>example</name><protocol>tcp</protocol><xref type="person" data="Acme"/>'
    "<description>Example<br/>two</description><number>10-12</number><note>a<br/>b<paragraph>c</paragraph></note></record>"
)


def parses_or_is_refused(xml: bytes) -> None:
    try:
        facts = parse(xml, source="test")
    except BrokenSurroundings as refused:
        if not refused.problem.startswith("registry-"):
            raise
    else:
        assert isinstance(facts, Facts)
        assert facts.snapshot.records == len(facts.records)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_parse_or_are_refused(xml: bytes) -> None:
    parses_or_is_refused(xml)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, len(GOOD)), st.binary(max_size=8))
def test_a_damaged_file_parses_or_is_refused(start: int, end: int, piece: bytes) -> None:
    parses_or_is_refused(GOOD[:start] + piece + GOOD[max(start, min(end, start + 20)) :])


tags = st.sampled_from(
    ["record", "name", "number", "protocol", "note", "xref", "br", "paragraph", "people", "person", "updated"]
)


@given(
    st.recursive(
        st.text("ab \n-0169&@.", max_size=8).map(lambda text: text.replace("&", "&amp;")),
        lambda inner: st.tuples(tags, st.lists(inner, max_size=4)).map(
            lambda made: f'<{made[0]} type="person" data="1" id="x" date="2009-01">{"".join(made[1])}</{made[0]}>'
        ),
        max_leaves=20,
    )
)
def test_any_tree_parses_or_is_refused(inner: str) -> None:
    parses_or_is_refused(document(inner))
