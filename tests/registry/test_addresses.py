"""No e-mail address of IANA's file stays, in none of the disguises that it uses; nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.registry.addresses import REMOVED, without_addresses


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x@y.com", REMOVED),
        ("Write to first.last+tag@sub.example.co.uk, please", f"Write to {REMOVED}, please"),
        ("Jane Doe <jane&example.nl> 15 June 2009", f"Jane Doe {REMOVED} 15 June 2009"),
        ("<feil&kronos.nisd.cam.example.com>\nPort 126", f"{REMOVED}\nPort 126"),
        ("The Software <clipboard at example.com>", f"The Software {REMOVED}"),
        ("contact jane at example.com.", f"contact {REMOVED}."),
        ("jane (at) example (dot) com", REMOVED),
        ("jane[at]example[dot]com", REMOVED),
        ("jane at example dot com", REMOVED),
        ("mailto:jane&example.com", REMOVED),
        ("mailto:jane", REMOVED),
        ("https://jane@example.com/x", f"https://{REMOVED}/x"),
    ],
)
def test_an_address_goes(text: str, kept: str) -> None:
    assert without_addresses(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "AT&T",
        "Miele & Cie. KG",
        "Miele@home Protocol",
        "SCOOP@F Project",
        "SNI R&D network",
        "President at Digital Rowing Inc.",
        "Will be described at www.example.com",
        "Described at example.com",
        "see http://example.com/?a=1&b.html and //example.com",
        "user=<user portion of the mail address>",
        "cc:mail/lotus",
        "AppleTalk at-rtmp",
        "u=<username> p=<password> path=<path to document>",
        "Known UNAUTHORIZED USE: Ports 44515 & 44516",
    ],
)
def test_anything_else_stays(text: str) -> None:
    assert without_addresses(text) == text


@given(
    st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8})?", fullmatch=True),
    st.sampled_from(["@", "&", " (at) ", "[at]"]),
    st.from_regex(r"[a-z]{1,8}\.(com|org|co\.uk)", fullmatch=True),
    st.sampled_from(["", "Contact: ", "(", "<", "a, "]),
)
def test_whatever_stands_before_it(local: str, sign: str, host: str, before: str) -> None:
    assert host not in without_addresses(f"{before}{local}{sign}{host}")


@pytest.mark.parametrize("piece", ["a.", "a ", "a@", "a&b.", "a at ", "<", "a dot ", "at", "a (at) b"])
@pytest.mark.timeout(20)
def test_no_text_makes_the_search_run_away(piece: str) -> None:
    assert without_addresses(piece * 20_000 + "x@example.com").endswith(REMOVED)


@given(st.text(max_size=200) | st.text("ab@&. <>[]()atdomil:/", max_size=200))
def test_an_address_is_found_behind_any_text(text: str) -> None:
    assert "jane@example" not in without_addresses(text + " jane@example.com")
