"""Is there cause for concern, on all that was found? The law by which findings are weighed.

1. A strong sign makes a listener suspicious, whatever speaks against it: what explains it away is known to the rule
   that finds it, which then does not claim it.
2. A strong sign that is only guessed weighs like a weak one.
3. Weak signs count once for each aspect, and not where counter-evidence answers their aspect (claims.ANSWERS). Two
   that count make a listener suspicious; a single one, or one that is answered, is a note.
4. Signs of two processes that share a socket are not added up: each owner is weighed with what was found of the
   listener itself, and the worst counts.
5. Without any sign, concern is `none` only if enough could be seen; otherwise `undetermined`. A note does not hide
   that, either: what was not seen could still be the second sign.
6. The verdict is as certain as its kind; if it is suspicious, no more certain than the best sign it stands on.

Neither a port's number nor what the registry or practice say of it is a sign.
"""

from __future__ import annotations

from whoseport.classifiers.claims import ANSWERS, CLAIMS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Certainty, Concern, Finding

_STRENGTH = {entry.claim: entry.strength for entry in CLAIMS}
_ASPECT = {entry.claim: entry.aspect or entry.claim for entry in CLAIMS}
_SURENESS: dict[Certainty, int] = {"guess": 0, "likely": 1, "proven": 2}
_WORSE: dict[Concern, int] = {"none": 0, "note": 1, "undetermined": 2, "suspicious": 3}


def weigh(findings: Iterable[Finding], *, seen: bool) -> tuple[Concern, tuple[str, ...]]:
    """The concern of one owner, and the claims that decided it, the weightiest first, then what speaks against.

    `seen` tells whether enough could be seen of it to say that there are no signs.
    """
    strong: dict[str, None] = {}
    weak: dict[str, None] = {}
    against: dict[str, None] = {}
    for one in findings:
        strength = _STRENGTH.get(one.claim)
        if strength == "strong" and one.certainty != "guess":
            strong[one.claim] = None
        elif strength in ("strong", "weak"):
            weak[one.claim] = None
        elif strength == "against":
            against[one.claim] = None
    if strong:
        return "suspicious", (*strong, *weak, *against)
    if not weak:
        return ("none" if seen else "undetermined"), tuple(against)
    answered = {aspect for claim in against for aspect in ANSWERS.get(claim, ())}
    aspects = {_ASPECT[claim] for claim in weak} - answered
    if len(aspects) > 1:
        return "suspicious", (*weak, *against)
    return ("note" if seen else "undetermined"), (*weak, *against)


def worst(concerns: Iterable[tuple[Concern, tuple[str, ...]]]) -> tuple[Concern, tuple[str, ...]]:
    """The worst of several owners' concerns, with the claims that decided it."""
    return max(concerns, key=lambda one: _WORSE[one[0]])


def certainty(kind: Certainty, concern: Concern, findings: Iterable[Finding], because: tuple[str, ...]) -> Certainty:
    """How certain a verdict is as a whole: see rule 6."""
    if concern != "suspicious":
        return kind
    best = max(
        (
            _SURENESS[one.certainty]
            for one in findings
            if one.claim in because and _STRENGTH.get(one.claim) != "against"
        ),
        default=0,
    )
    return kind if _SURENESS[kind] <= best else ("guess", "likely")[best]
