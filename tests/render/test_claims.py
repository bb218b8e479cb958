"""The table of claims and the words for it agree: every claim is worded, in its group, and explained in full."""

from __future__ import annotations

import re

import pytest

from whoseport.classifiers.claims import CLAIMS
from whoseport.model import Claim
from whoseport.render import explain
from whoseport.render.claims import phrases
from whoseport.render.claims.meaning import TECHNIQUES
from whoseport.render.explain import ASPECTS, GROUPS, WEIGHTS, meanings
from whoseport.render.language import ENGLISH, Language
from whoseport.render.width import columns

NAMES = {claim.claim for claim in CLAIMS}
GROUP_OF = {
    ("kind", "none"): phrases.KIND,
    ("started", "none"): phrases.STARTED,
    ("concern", "strong"): phrases.STRONG,
    ("concern", "weak"): phrases.WEAK,
    ("concern", "against"): phrases.AGAINST,
    ("port", "none"): phrases.PORT,
}
HOLDER = re.compile(r"\bsudo rm\b|\bkill\b|whoseport stop")


def test_every_claim_is_worded_in_its_group_and_no_word_is_left_over() -> None:
    for (topic, strength), worded in GROUP_OF.items():
        assert set(worded) == {one.claim for one in CLAIMS if (one.topic, one.strength) == (topic, strength)}
    assert sum(map(len, GROUP_OF.values())) == len(phrases.PHRASES) == len(NAMES)
    assert {(one.topic, one.strength) for one in CLAIMS} == set(GROUPS)


def test_every_claim_has_a_meaning_and_no_meaning_is_left_over() -> None:
    assert set(meanings()) == NAMES


def test_every_technique_and_what_it_is_part_of_has_its_name() -> None:
    used = {one.technique for one in CLAIMS if one.technique}
    assert used | {technique.partition(".")[0] for technique in used} <= set(TECHNIQUES)
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", technique) for technique in TECHNIQUES)


def test_every_aspect_and_strength_is_worded() -> None:
    assert {one.aspect for one in CLAIMS if one.aspect} == set(ASPECTS)
    assert {one.strength for one in CLAIMS} == set(WEIGHTS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.claim)
class TestExplained:
    def test_it_tells_everything_and_keeps_the_width(self, claim: Claim, language: Language) -> None:
        shown = explain.told((claim,), language=language, width=80, colour=False, all=False)
        assert shown.startswith(f"{claim.claim}: ")
        labels = [line[:10].strip() for line in shown.splitlines()[2:] if line[:10].strip()]
        wanted: list[str] = [language.say(label) for label in ("Read from", "Why", "Honest")]
        wanted += ["ATT&CK"] if claim.technique else []
        assert labels == [*wanted, language.say("Weight"), language.say("Next")]
        assert all(columns(line) <= 80 for line in shown.splitlines())
        assert not claim.technique or claim.technique in shown

    def test_a_next_step_destroys_nothing(self, claim: Claim, language: Language) -> None:
        shown = explain.told((claim,), language=language, width=None, colour=False, all=False)
        assert not HOLDER.search(shown)

    def test_sentences_end_and_phrases_do_not(self, claim: Claim, language: Language) -> None:
        meaning = meanings()[claim.claim]
        for sentence in (meaning.looked, meaning.matters, meaning.honest, meaning.next):
            assert language.say(sentence).endswith(".")
        phrase = phrases.phrase(claim.claim, language)
        assert phrase[-1] not in ".!?"
        assert columns(phrase) <= 70


def test_all_claims_are_listed_once_in_groups(language: Language) -> None:
    shown = explain.told(CLAIMS, language=language, width=None, colour=False, all=True)
    listed = re.findall(r"^  ([a-z-]+)  ", shown, flags=re.MULTILINE)
    assert sorted(listed) == sorted(NAMES)
    for title in GROUPS.values():
        assert f"{language.say(title)}\n" in shown
    narrow = explain.told(CLAIMS, language=language, width=60, colour=False, all=True)
    assert all(columns(line) <= 60 for line in narrow.splitlines())


def test_several_claims_are_explained_one_after_another() -> None:
    shown = explain.told(CLAIMS[:2], language=ENGLISH, width=80, colour=False, all=False)
    assert f"\n\n{CLAIMS[1].claim}: " in shown


def test_colour_only_repeats_what_words_say(language: Language) -> None:
    for every in (True, False):
        bare = explain.told(CLAIMS, language=language, width=80, colour=False, all=every)
        coloured = explain.told(CLAIMS, language=language, width=80, colour=True, all=every)
        assert coloured != bare
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == bare


def test_a_claim_of_a_later_version_is_shown_by_its_name() -> None:
    later = Claim(claim="new\x1bsign", topic="concern", strength="strong", aspect=None, technique="T9999")
    shown = explain.told((later,), language=ENGLISH, width=80, colour=False, all=False)
    assert "new\\x1bsign" in shown
    assert "T9999" in shown
