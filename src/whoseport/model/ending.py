"""How a port is freed: what would be ended and how, what is refused, and whether the port is free in the end."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.words import EndingWay, EndResult, PortAfter, StopRefusalReason, Transport


class Ending(Record):
    """One thing to end: a unit or a container by its manager's `command`, or a process by signals.

    `sockets` are the inodes by which a process is known to hold the port; empty for one that is ended along with its
    kin. `restarted_by` is the socket unit that will start a unit again. `result` is None before it was tried.
    """

    way: EndingWay
    name: str
    pid: int | None
    started: str | None
    sockets: tuple[int, ...]
    command: tuple[str, ...]
    restarted_by: str | None
    result: EndResult | None = None


class StopRefusal(Record):
    """What is not ended, and why; `pid` and `name` as far as they are known."""

    reason: StopRefusalReason
    pid: int | None
    name: str | None


class StopReport(Record):
    """One port: what was ended (with `dry_run`: what would be), and how the port is afterwards.

    `holders` are those who hold it afterwards (`sshd 812`); `time_wait` counts connections that only wait.
    """

    port: int
    transport: Transport | None
    dry_run: bool
    endings: tuple[Ending, ...]
    refused: tuple[StopRefusal, ...]
    after: PortAfter | None
    holders: tuple[str, ...]
    restarted: bool
    time_wait: int


class StopReports(Record):
    """Several ports."""

    reports: tuple[StopReport, ...]
