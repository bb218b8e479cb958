"""Which records fit a text, and in which order? Which names may a mistyped one have meant?

Every word of the text must occur in a record: in its service name, description, people, references, uses without
authority or notes; a number also fits the ports it lies in. `rfc 6335` is the word `rfc6335`, and fits no other RFC.

The best first: for each word the best place counts (the whole name or port; the name's beginning; a word of the name; a
word of the description; the beginning of one; a reference; a word of the people; any other place), and the worst word
decides before the sum. Among equals, those with a port come first, by port, then as the registry lists them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whoseport.model import LAST_PORT, SearchResult
from whoseport.registry.states import says_more

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whoseport.model import Assignment, ServiceRecord

MOST_WORDS = 16
LONGEST = 400

(
    WHOLE_NAME,
    NAME_BEGINS,
    NAME_WORD,
    DESCRIPTION_WORD,
    DESCRIPTION_BEGINS,
    REFERENCE,
    PERSON_WORD,
    ELSEWHERE,
    INSIDE,
) = range(9)

_RFC = re.compile(r"\brfc[\s-]*0*(?=[1-9])")
_RFC_WORD = re.compile(r"rfc[1-9][0-9]*")


def words_of(text: str) -> tuple[Word, ...]:
    """The words that a text asks for; none where it has none."""
    words = dict.fromkeys(_RFC.sub("rfc", text[:LONGEST].lower()).split())
    return tuple(Word(word) for word in list(words)[:MOST_WORDS])


def search(
    wanted: Sequence[Word], records: Iterable[tuple[int, ServiceRecord]], *, limit: int
) -> tuple[SearchResult, ...]:
    """At most `limit` results, one for each numbered record that fits; none where no word is wanted."""
    if not wanted or limit <= 0:
        return ()
    ranked: list[tuple[int, int, int, int, SearchResult]] = []
    for index, record in records:
        assignment = record.assignment
        if assignment.service_name is None and not says_more(assignment):
            continue
        fields = Fields(assignment)
        ranks: list[int] = []
        for word in wanted:
            rank = word.rank(fields)
            if rank is None:
                break
            ranks.append(rank)
        else:
            port = LAST_PORT + 1 if assignment.first is None else assignment.first
            ranked.append((max(ranks), sum(ranks), port, index, _result(record, fields, wanted)))
    ranked.sort(key=lambda each: each[:4])
    return tuple(result for *_, result in ranked[:limit])


class Fields:
    """The texts of a record in lower case, made once for all words."""

    __slots__ = ("description", "name", "others", "people", "ports", "references", "whole")

    def __init__(self, assignment: Assignment) -> None:
        self.name = (assignment.service_name or "").lower()
        self.description = assignment.description.lower()
        self.people = f"{assignment.assignee or ''}\n{assignment.contact or ''}".lower()
        self.references = "\n".join(assignment.references).lower()
        self.others = f"{assignment.unauthorized_use or ''}\n{assignment.notes or ''}".lower()
        first, last = assignment.first, assignment.last
        self.ports = range(0) if first is None or last is None else range(first, last + 1)
        self.whole = "\n".join((self.name, self.description, self.people, self.references, self.others))


class Word:
    """One word that is looked for, and where it fits."""

    __slots__ = ("_as_word", "_begins", "number", "only_whole", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        is_number = text.isascii() and text.isdigit()
        self.number = int(text) if is_number and len(text) <= 5 else None
        self.only_whole = is_number or _RFC_WORD.fullmatch(text) is not None
        self._begins = re.compile(rf"(?<![^\W_]){re.escape(text)}")
        self._as_word = re.compile(rf"(?<![^\W_]){re.escape(text)}(?![^\W_])")

    def rank(self, fields: Fields) -> int | None:
        """The best place at which the word occurs, None where it does not."""
        text = self.text
        if self.number is not None and self.number in fields.ports:
            return WHOLE_NAME
        if text not in fields.whole:
            return None
        for rank, fits in (
            (WHOLE_NAME, fields.name == text),
            (NAME_BEGINS, not self.only_whole and fields.name.startswith(text)),
            (NAME_WORD, self.is_word_of(fields.name)),
            (DESCRIPTION_WORD, self.is_word_of(fields.description)),
            (DESCRIPTION_BEGINS, not self.only_whole and self._begins.search(fields.description)),
            (REFERENCE, self.is_word_of(fields.references)),
            (PERSON_WORD, self.is_word_of(fields.people)),
            (ELSEWHERE, self.is_word_of(fields.others)),
        ):
            if fits:
                return rank
        return None if self.only_whole else INSIDE

    def is_word_of(self, text: str) -> bool:
        return self.text in text and self._as_word.search(text) is not None


def _result(record: ServiceRecord, fields: Fields, words: Sequence[Word]) -> SearchResult:
    """`text` is the description's first line, and after a semicolon what matched where it stands elsewhere."""
    assignment = record.assignment
    shown = [assignment.description.partition("\n")[0]]
    for word in words:
        if word.text in fields.name or word.text in fields.description or word.number is not None:
            continue
        places = (assignment.assignee, assignment.contact, *assignment.references, assignment.unauthorized_use)
        lines = [place for place in places if place] + (assignment.notes or "").split("\n")
        matched = next((line for line in lines if word.text in line.lower()), None)
        if matched and matched not in shown:
            shown.append(matched)
    return SearchResult(
        port=assignment.first,
        transport=record.transport,
        service_name=assignment.service_name,
        layer="registry",
        text="; ".join(shown),
    )


def suggest(text: str, names: Sequence[str]) -> tuple[str, ...]:
    """At most three names that resemble the text, the most alike first; a name itself is no suggestion for itself."""
    import difflib

    wanted = text.lower()[:64]
    alike = difflib.get_close_matches(wanted, [name for name in names if name != wanted], n=3, cutoff=0.75)
    return tuple(alike)
