"""What is said of a listener's kind once it is settled?"""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Certainty, Finding, Kind

_ALWAYS = ("forwards", "inside-container")
"""That it only leads on, or runs in a container, is part of what it is, whatever decided it."""


class Settled(Record):
    """What a listener is. `because` names the claims that decided it; `findings` are all, those that did not, too."""

    kind: Kind
    name: str | None
    certainty: Certainty
    because: tuple[str, ...]
    findings: tuple[Finding, ...]


def settled(
    kind: Kind, name: str | None, *, certainty: Certainty, reasons: Iterable[Finding], around: Iterable[Finding]
) -> Settled:
    """`reasons` decided it, what is `around` is told besides."""
    findings = (*reasons, *around)
    decided = len(findings) - len(tuple(around))
    because = dict.fromkeys([finding.claim for finding in findings[:decided]])
    for finding in findings[decided:]:
        if finding.claim in _ALWAYS:
            because[finding.claim] = None
    return Settled(kind=kind, name=name, certainty=certainty, because=tuple(because), findings=findings)
