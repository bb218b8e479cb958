"""Frees a port: looks who holds it, plans, ends, looks again. Where the host and the ending of processes meet.

For Linux. Elsewhere a signal cannot be tied to the process that was seen, and psutil's own check is taken.
"""

from __future__ import annotations

import os
import shutil

from whoseport.answering import Wish, answer
from whoseport.ending.plan import plan
from whoseport.model import Answer, Ending, StopReport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.model import Inspection, PortAfter, StopRefusal
    from whoseport.query import Question

    Call = Callable[[tuple[str, ...]], bool]

SYSTEMD_RUNS = "/run/systemd/system"
"""sd_booted(3)"""
TOOL_PATIENCE = 120
MOST_TOLD = 8


class Intent:
    """What would be done about one port, before anybody is asked."""

    __slots__ = ("answer", "endings", "question", "refused", "ticks")

    def __init__(
        self,
        question: Question,
        found: Answer,
        endings: tuple[Ending, ...],
        refused: tuple[StopRefusal, ...],
        ticks: dict[int, int],
    ) -> None:
        self.question = question
        self.answer = found
        self.endings = endings
        self.refused = refused
        self.ticks = ticks


def intend(question: Question, *, tree: bool = False, folder: str | None = None) -> Intent:
    """Looks at one port and plans; `tree` adds those that run with its owners, `folder` keeps to one project."""
    from whoseport.host.linux.kin import everyone, lineage_of, tree_of

    found = answer([question.text], Wish())
    assert isinstance(found, Answer)
    assert found.host is not None
    processes = everyone()
    lineage = lineage_of(os.getpid(), processes)
    endings, refused = plan(
        found.host, lineage=lineage, uid=os.geteuid(), folder=folder, managed=os.path.isdir(SYSTEMD_RUNS)
    )
    ticks = {}
    if tree:
        owners = [one.pid for one in endings if one.pid is not None]
        for one in tree_of(owners, processes, spared={*lineage, 1, 2}):
            if os.geteuid() not in (0, one.uid):
                continue
            ticks[one.pid] = one.ticks
            endings += (
                Ending(
                    way="process",
                    name=one.name,
                    pid=one.pid,
                    started=None,
                    sockets=(),
                    command=(),
                    restarted_by=None,
                ),
            )
    return Intent(question, found, endings, refused, ticks)


def carry_out(intent: Intent, *, grace: float, call: Call | None = None) -> StopReport:
    """Ends what was planned, then says how the port is: a true last word, from a second look."""
    from whoseport.ending.signals import Target, end

    done: list[Ending] = []
    targets: list[tuple[Ending, Target]] = []
    for ending in intent.endings:
        if ending.pid is None:
            succeeded = (call or _call)(ending.command)
            done.append(ending.replace(result="ended" if succeeded else "failed"))
        else:
            targets.append((ending, Target(ending.pid, _is_same(ending, intent.ticks))))
    end([target for _, target in targets], grace=grace)
    done += [ending.replace(result=target.result) for ending, target in targets]
    return _report(intent, tuple(done))


def undone(intent: Intent) -> StopReport:
    """The report of a dry run."""
    return StopReport(
        port=intent.question.first or 0,
        transport=intent.question.transport,
        dry_run=True,
        endings=intent.endings,
        refused=intent.refused,
        after=None,
        holders=(),
        restarted=False,
        time_wait=0,
    )


def _is_same(ending: Ending, ticks: dict[int, int]) -> Callable[[], bool]:
    from whoseport.host.linux.kin import holds_any, kin_of

    pid = ending.pid or 0

    def is_same() -> bool:
        if ending.sockets:
            return holds_any(pid, ending.sockets)
        now = kin_of(pid)
        return now is not None and now.ticks == ticks.get(pid)

    return is_same


def _call(command: tuple[str, ...]) -> bool:
    """Runs a manager's own command; what it prints goes to standard error."""
    import subprocess

    program = shutil.which(command[0])
    if program is None:
        return False
    try:
        done = subprocess.run([program, *command[1:]], stdin=subprocess.DEVNULL, stdout=2, timeout=TOOL_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _report(intent: Intent, done: tuple[Ending, ...]) -> StopReport:
    found = answer([intent.question.text], Wish())
    assert isinstance(found, Answer)
    assert found.host is not None
    host = found.host
    before = _pids(intent.answer.host) | {one.pid for one in done}
    after: PortAfter = "unknown"
    if host.port_state is not None and host.port_state.state != "unknown":
        after = "held" if host.port_state.state == "held" else "free"
    owners = {
        (owner.pid, owner.name): None for one in host.listeners for owner in one.owners if one.netns == host.netns
    }
    return StopReport(
        port=intent.question.first or 0,
        transport=intent.question.transport,
        dry_run=False,
        endings=done,
        refused=intent.refused,
        after=after,
        holders=tuple(f"{name} {pid}" for pid, name in list(owners)[:MOST_TOLD]),
        restarted=any(pid not in before for pid, _ in owners) and bool(done),
        time_wait=host.connections.time_wait if host.connections else 0,
    )


def _pids(host: Inspection | None) -> set[int | None]:
    return {owner.pid for one in host.listeners for owner in one.owners} if host else set()
