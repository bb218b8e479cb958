"""Who probably holds a socket whose owners could not be seen? Processes in the cgroup where it was made.

It stays a guess: the socket may have been handed on, and a process may have moved to another cgroup since.
"""

from __future__ import annotations

from whoseport.host.linux.processes import read_stat
from whoseport.model import Candidate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from whoseport.host.linux.cgroups import Cgroups
    from whoseport.model import CandidateReason

MOST = 16
"""Candidates that are named; more say no more."""
_MOST_READ = 256


class Candidates:
    """Likely owners by cgroup path, each cgroup read once."""

    def __init__(self, cgroups: Cgroups, *, proc: str = "/proc") -> None:
        self._cgroups = cgroups
        self._proc = proc
        self._known: dict[str, tuple[Candidate, ...]] = {}

    def of(self, path: str | None, *, possible: Collection[int], service: bool) -> tuple[Candidate, ...]:
        """Likely owners of a socket made in this cgroup, the likeliest first; none for the root cgroup.

        `possible`: the processes into which we could not look; all others were seen not to hold it. `service`: the
        cgroup is that of one service, so that the process which its manager started is its main one.
        """
        if path is None or path == "/":
            return ()
        if path not in self._known:
            self._known[path] = self._read(path, possible, service=service)
        return self._known[path]

    def _read(self, path: str, possible: Collection[int], *, service: bool) -> tuple[Candidate, ...]:
        members = self._cgroups.processes(path)
        together = set(members)
        # start, pid, name, whether someone outside started it
        found: list[tuple[int, int, str, bool]] = []
        for pid in members[:_MOST_READ]:
            status = read_stat(pid, proc=self._proc) if pid in possible else None
            if status is not None:
                name = status[2].decode("utf-8", "backslashreplace")
                found.append((status[3], pid, name, status[1] not in together))
        found.sort(key=lambda one: (not one[3], one[0], one[1]))
        first: CandidateReason = "in-socket-cgroup"
        if len(members) == 1:
            first = "only-process-in-cgroup"
        elif service and found and found[0][3]:
            first = "unit-main-process"
        return tuple(
            Candidate(pid=pid, name=name, because="in-socket-cgroup" if place else first)
            for place, (_start, pid, name, _outside) in enumerate(found[:MOST])
        )
