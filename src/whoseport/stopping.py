"""Frees a port: looks who holds it, plans, ends, looks again. Where the host and the ending of processes meet.

On Linux a signal meets the process that was seen, or none. Elsewhere psutil's own check has to do.
"""

from __future__ import annotations

import os
import shutil
import sys

from whoseport.answering import Wish, answer
from whoseport.ending.plan import plan
from whoseport.model import Answer, Ending, StopReport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from whoseport.ending.psutil_signals import Meant
    from whoseport.model import EndResult, Inspection, PortAfter, StopRefusal
    from whoseport.query import Question

    Call = Callable[[tuple[str, ...]], bool]
    _Kin: TypeAlias = "_LinuxKin | _PsutilKin"

_SYSTEM: str = sys.platform
SYSTEMD_RUNS = "/run/systemd/system"
"""sd_booted(3)"""
TOOL_PATIENCE = 120
MOST_TOLD = 8


class Intent:
    """What would be done about one port, before anybody is asked."""

    __slots__ = ("answer", "endings", "kin", "question", "refused")

    def __init__(
        self,
        question: Question,
        found: Answer,
        endings: tuple[Ending, ...],
        refused: tuple[StopRefusal, ...],
        kin: _Kin,
    ) -> None:
        self.question = question
        self.answer = found
        self.endings = endings
        self.refused = refused
        self.kin = kin


def intend(question: Question, *, tree: bool = False, folder: str | None = None) -> Intent:
    """Looks at one port and plans; `tree` adds those that run with its owners, `folder` keeps to one project."""
    found = answer([question.text], Wish())
    assert isinstance(found, Answer)
    assert found.host is not None
    kin: _Kin = _LinuxKin() if _SYSTEM == "linux" else _PsutilKin()
    endings, refused = plan(
        found.host, lineage=kin.lineage, uid=_uid(), folder=folder, managed=os.path.isdir(SYSTEMD_RUNS)
    )
    owners = tuple([one.pid for one in endings if one.pid is not None])
    if tree:
        endings += tuple([_along(pid, name) for pid, name in kin.tree(owners)])
    kin.note([one.pid for one in endings if one.pid is not None])
    return Intent(question, found, endings, refused, kin)


def carry_out(intent: Intent, *, grace: float, call: Call | None = None) -> StopReport:
    """Ends what was planned, then says how the port is: a true last word, from a second look."""
    done = [
        ending.replace(result="ended" if (call or _call)(ending.command) else "failed")
        for ending in intent.endings
        if ending.pid is None
    ]
    processes = tuple([ending for ending in intent.endings if ending.pid is not None])
    results = intent.kin.end(processes, grace=grace)
    done += [ending.replace(result=results[ending.pid]) for ending in processes if ending.pid is not None]
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


class _LinuxKin:
    """Processes by /proc, ended through pidfds."""

    def __init__(self) -> None:
        from whoseport.host.linux.kin import everyone, lineage_of

        self._everyone = everyone()
        self.lineage = lineage_of(os.getpid(), self._everyone)
        self._ticks: dict[int, int] = {}

    def tree(self, owners: tuple[int, ...]) -> list[tuple[int, str]]:
        from whoseport.host.linux.kin import tree_of

        found = tree_of(owners, self._everyone, spared={*self.lineage, 1, 2})
        return [(one.pid, one.name) for one in found if _uid() in (0, one.uid)]

    def note(self, pids: list[int]) -> None:
        self._ticks = {pid: self._everyone[pid].ticks for pid in pids if pid in self._everyone}

    def end(self, endings: tuple[Ending, ...], *, grace: float) -> dict[int, EndResult]:
        from whoseport.ending.signals import Target, end

        targets = [Target(ending.pid, self._is_same(ending)) for ending in endings if ending.pid is not None]
        end(targets, grace=grace)
        return {target.pid: target.result or "survived" for target in targets}

    def _is_same(self, ending: Ending) -> Callable[[], bool]:
        from whoseport.host.linux.kin import holds_any, kin_of

        pid = ending.pid or 0

        def is_same() -> bool:
            if ending.sockets:
                return holds_any(pid, ending.sockets)
            now = kin_of(pid)
            return now is not None and now.ticks == self._ticks.get(pid)

        return is_same


class _PsutilKin:
    """Processes by psutil, on systems without /proc."""

    def __init__(self) -> None:
        from whoseport.host.psutil_kin import lineage

        self.lineage = lineage(os.getpid())
        self._meant: dict[int, Meant] = {}

    def tree(self, owners: tuple[int, ...]) -> list[tuple[int, str]]:
        from whoseport.host.psutil_kin import tree

        return list(tree(owners, spared=(*self.lineage, 0, 1)))

    def note(self, pids: list[int]) -> None:
        from whoseport.ending.psutil_signals import meant

        self._meant = {pid: meant(pid) for pid in pids}

    def end(self, endings: tuple[Ending, ...], *, grace: float) -> dict[int, EndResult]:
        from whoseport.ending.psutil_signals import end

        return end([self._meant[ending.pid] for ending in endings if ending.pid is not None], grace=grace)


def _along(pid: int, name: str) -> Ending:
    return Ending(way="process", name=name, pid=pid, started=None, sockets=(), command=(), restarted_by=None)


def _uid() -> int:
    """The effective user; Windows, which has none, decides on its own who may end what."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


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
