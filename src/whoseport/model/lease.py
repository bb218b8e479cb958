"""Which port to run on: what was picked, why, and what was passed over."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.words import PickReason, Rejection, Transport


class Rejected(Record):
    """A port that was passed over, and why."""

    port: int
    reasons: tuple[Rejection, ...]


class Pick(Record):
    """A port to run on now; `rejected` are those that were tried before it, in that order.

    `project` is the folder for which it was picked, `name` the name asked for within it, `owner` the pid that holds the
    lease and `until` when it ends at the latest (UTC, ISO 8601), or None: with its owner.
    """

    port: int
    transport: Transport
    reasons: tuple[PickReason, ...]
    rejected: tuple[Rejected, ...]
    project: str
    name: str | None
    owner: int
    until: str | None


class Picks(Record):
    """Several ports picked at once."""

    picks: tuple[Pick, ...]


class Waited(Record):
    """A port that was waited for: whether what was waited for came, and after how many milliseconds."""

    port: int
    transport: Transport | None
    done: bool
    elapsed_ms: int


class Waits(Record):
    """`whoseport wait --json`."""

    waits: tuple[Waited, ...]
