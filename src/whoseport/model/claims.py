"""What is claimed of a listener, on what evidence, and how it is weighed."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.words import Certainty, ClaimTopic, Concern, Kind, Strength


class Evidence(Record):
    """Where something was read (`/proc/812/exe`, `sock_diag`), and what was read there."""

    source: str
    observed: str


class Finding(Record):
    """A claim that stands on evidence; it cannot be made without."""

    claim: str
    certainty: Certainty
    evidence: tuple[Evidence, ...]

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        if not self.evidence:
            raise TypeError(f"the finding {self.claim!r} has no evidence")


class Verdict(Record):
    """What runs there, whether to worry, and the claims that decided both.

    `name` is the proper name of what runs (`PostgreSQL`, `Vite`, `report.jar`), as told by the machine or by the facts
    on programs, never by the registry; None where it has none.
    """

    kind: Kind
    concern: Concern
    certainty: Certainty
    because: tuple[str, ...]
    name: str | None = None


class Claim(Record):
    """An entry of the table of claims: what a classifier may say, and what it weighs.

    `strength` counts for concern: `strong` alone makes a listener suspicious, two `weak` ones of different `aspect` do
    (signs of one aspect follow from each other), `against` speaks against concern, `none` says what something is.
    `technique` is the ATT&CK identifier where there is one (`T1055.012`).
    """

    claim: str
    topic: ClaimTopic
    strength: Strength
    aspect: str | None
    technique: str | None
