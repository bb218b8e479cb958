"""How is a finding made? Shortens what was observed, which may be as long as whoever runs the process likes."""

from __future__ import annotations

from whoseport.model import Evidence, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Certainty

LONGEST = 240
"""Characters of one observation."""
MOST = 8
"""Pieces of evidence of one finding."""
_ORDER = {"guess": 0, "likely": 1, "proven": 2}


def found(claim: str, certainty: Certainty, source: str, observed: str) -> Finding:
    """A finding that stands on one observation.

    >>> found("traced", "proven", "/proc/7/status", "TracerPid 9 gdb").evidence[0].observed
    'TracerPid 9 gdb'
    """
    return Finding(claim=claim, certainty=certainty, evidence=(Evidence(source=source, observed=cut(observed)),))


def cut(text: str) -> str:
    """The beginning of a long text.

    >>> len(cut("a" * 1000))
    240
    """
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each claim, in the order of the first ones, with the evidence of all and the best certainty."""
    by_claim: dict[str, Finding] = {}
    for one in findings:
        known = by_claim.get(one.claim)
        if known is None:
            by_claim[one.claim] = one
        elif known is not one and known != one:
            evidence = tuple(dict.fromkeys((*known.evidence, *one.evidence)))[:MOST]
            certainty = max(known.certainty, one.certainty, key=_ORDER.__getitem__)
            by_claim[one.claim] = Finding(claim=one.claim, certainty=certainty, evidence=evidence)
    return tuple(by_claim.values())
