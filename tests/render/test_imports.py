"""Only what is shown is imported: words of claims for findings, this machine's rows for a look, text for people."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAD = """
import sys
from tests.render.cases import CASES
from whoseport.model import Listing
before = {name for name in sys.modules if name.startswith("whoseport.render")}
assert not before, before
"""
PAGE = """
from whoseport.render import text
from whoseport.render.language import ENGLISH
text.told(CASES["%s"], language=ENGLISH, width=80, colour=False, verbose=False, today="2026-11-23")
"""
DOCUMENT = """
from whoseport.render.json import to_json
to_json(Listing(host=CASES["judged-suspicious"].host))
"""
TABLE = """
from whoseport.render import table
from whoseport.render.language import ENGLISH
table.listing(CASES["%s"].host, language=ENGLISH, width=80, colour=False)
"""
TAIL = """
print(*(name.removeprefix("whoseport.render.") for name in sys.modules if name.startswith("whoseport.render.")))
"""


def imported(program: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", HEAD + program + TAIL], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


OF_A_LOOK = {"here", "holding", "owners", "addresses", "verdict", "conclusion", "around", "behaviour", "steps"}
WORDS = {"claims", "claims.phrases", "claims.kind", "claims.concern", "claims.meaning", "explain"}


@pytest.mark.parametrize("name", ["nothing-no-live", "judged-no-live"])
def test_without_a_look_nothing_of_this_machine_is_imported(name: str) -> None:
    loaded = imported(PAGE % name)
    assert {"text", "official"} <= loaded
    assert not loaded & (OF_A_LOOK | WORDS | {"width", "paint", "schema", "table"})
    assert ("practice" in loaded) == (name == "judged-no-live")


def test_a_document_needs_no_text() -> None:
    assert imported(DOCUMENT) == {"json"}


def test_words_of_claims_are_imported_where_a_finding_is_told() -> None:
    assert not imported(PAGE % "judged-development") & WORDS
    assert imported(PAGE % "judged-suspicious") & WORDS == {"claims", "claims.phrases"}


def test_a_look_without_verdicts_needs_none_of_their_words() -> None:
    assert not imported(PAGE % "postgres-seen") & (WORDS | {"verdict", "conclusion", "around", "behaviour"})


def test_a_list_needs_no_words_of_claims() -> None:
    assert not imported(TABLE % "judged-suspicious") & (WORDS | {"verdict", "conclusion", "around", "here", "text"})
