"""The law of weighing, rule by rule, and the table that it reads."""

from __future__ import annotations

import pytest

from whoseport.classifiers.claims import ANSWERS, CLAIMS, claim_named
from whoseport.classifiers.found import found, merged
from whoseport.classifiers.weigh import certainty, weigh, worst
from whoseport.model import Certainty, Finding


def finding(claim: str, sure: Certainty = "likely") -> Finding:
    return found(claim, sure, "/proc/1/exe", "x")


def weighed(*claims: str, seen: bool = True) -> str:
    return weigh([finding(claim) for claim in claims], seen=seen)[0]


@pytest.mark.parametrize(
    ("claims", "seen", "concern"),
    [
        ((), True, "none"),
        ((), False, "undetermined"),
        (("from-package",), True, "none"),
        (("own-binary", "orphaned"), True, "none"),
        (("temporary-place",), True, "note"),
        (("temporary-place",), False, "undetermined"),
        (("temporary-place", "script-deleted", "open-to-all"), True, "note"),
        (("temporary-place", "server-without-package"), True, "suspicious"),
        (("temporary-place", "server-without-package"), False, "suspicious"),
        (("temporary-place", "server-without-package", "project-around"), True, "note"),
        (("temporary-place", "inline-program", "project-around"), True, "note"),
        (("temporary-place", "inline-program", "traced", "project-around"), True, "suspicious"),
        (("traced", "debugger-of-same-user", "hidden-place"), True, "note"),
        (("executable-replaced", "package-upgraded", "traced"), True, "note"),
        (("executable-deleted",), True, "suspicious"),
        (("executable-deleted", "from-package", "project-around", "checksum-intact"), True, "suspicious"),
        (("executable-deleted",), False, "suspicious"),
    ],
)
def test_signs_are_weighed(claims: tuple[str, ...], seen: bool, concern: str) -> None:
    assert weighed(*claims, seen=seen) == concern


def test_a_strong_sign_that_is_guessed_weighs_like_a_weak_one_of_its_aspect() -> None:
    guessed = finding("kernel-thread-name", "guess")
    assert weigh([guessed], seen=True)[0] == "note"
    assert weigh([guessed, finding("server-without-package")], seen=True)[0] == "note"
    assert weigh([guessed, finding("temporary-place")], seen=True)[0] == "suspicious"
    assert weigh([finding("kernel-thread-name", "likely")], seen=True)[0] == "suspicious"


def test_what_decides_comes_first_and_what_speaks_against_last() -> None:
    signs = [finding("from-package"), finding("traced"), finding("executable-deleted")]
    assert weigh(signs, seen=True) == ("suspicious", ("executable-deleted", "traced", "from-package"))


def test_the_worst_owner_counts() -> None:
    assert worst([("note", ("traced",)), ("suspicious", ("offers-shell",)), ("none", ())])[0] == "suspicious"
    assert worst([("note", ("traced",)), ("undetermined", ())])[0] == "undetermined"


def test_a_suspicion_is_no_more_certain_than_its_best_sign() -> None:
    likely, proven = finding("offers-shell", "likely"), finding("traced", "proven")
    assert certainty("proven", "suspicious", [likely], ("offers-shell",)) == "likely"
    assert certainty("proven", "suspicious", [likely, proven], ("offers-shell", "traced")) == "proven"
    assert certainty("guess", "suspicious", [proven], ("traced",)) == "guess"
    assert certainty("proven", "note", [likely], ("offers-shell",)) == "proven"


def test_the_table_is_whole() -> None:
    names = [entry.claim for entry in CLAIMS]
    assert len(names) == len(set(names))
    for entry in CLAIMS:
        assert (entry.aspect is not None) == (entry.strength in ("strong", "weak")), entry.claim
        assert entry.strength == "none" or entry.topic == "concern"
    aspects = {entry.aspect for entry in CLAIMS}
    for claim, answered in ANSWERS.items():
        assert claim_named(claim).strength == "against"
        assert aspects.issuperset(answered)
    assert {entry.claim for entry in CLAIMS if entry.strength == "against"} == set(ANSWERS)


def test_an_unknown_claim_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        claim_named("no-such-claim")


def test_findings_of_one_claim_become_one_with_all_evidence() -> None:
    first = found("traced", "likely", "/proc/1/status", "a")
    second = found("traced", "proven", "/proc/2/status", "b")
    (both,) = merged([first, second, first])
    assert both.certainty == "proven"
    assert [one.observed for one in both.evidence] == ["a", "b"]
    many = merged([found("traced", "likely", f"/proc/{pid}/status", "a") for pid in range(100)])
    assert len(many[0].evidence) == 8


def test_what_is_observed_is_cut() -> None:
    assert len(found("traced", "likely", "s", "x" * (1 << 20)).evidence[0].observed) == 240


def test_an_environment_below_a_temporary_folder_is_one_place_not_two_signs() -> None:
    """Its script and its libraries lie there because it does: somebody tries a clone in /tmp."""
    assert weighed("script-in-odd-place", "library-from-odd-place") == "note"
    assert weighed("library-from-odd-place", "server-without-package") == "suspicious"
