"""What is this listener? Settles its kind, its name and how sure that is, from all that the kind's classifiers find."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from whoseport.model import Certainty, Finding, Inspection, Kind, Listener, Software, Transport


class Settled(Record):
    """What a listener is. `because` names the claims that decided it; `findings` are all, those that did not, too."""

    kind: Kind
    name: str | None
    certainty: Certainty
    because: tuple[str, ...]
    findings: tuple[Finding, ...]


def settle(
    listener: Listener,
    inspection: Inspection,
    *,
    named: Callable[[str], tuple[Software, ...]],
    at: Callable[[int, Transport], tuple[Software, ...]],
    cache: dict[str, Any],
) -> Settled:
    """What a listener is. `cache` is one dictionary for all listeners of one inspection, empty at first."""
    del listener, inspection, named, at, cache
    return Settled(kind="unknown", name=None, certainty="guess", because=(), findings=())
