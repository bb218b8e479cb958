"""Who probably holds a socket whose owners could not be seen? Processes in the cgroup where it was made.

It stays a guess: the socket may have been handed on, and a process may have moved to another cgroup since.
"""

from __future__ import annotations

from whoseport.host.linux.processes import read_stat
from whoseport.model import Candidate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from whoseport.model import CandidateReason

MOST = 16
"""Candidates that are named; more say no more."""
_MOST_READ = 256


def likely_owners(
    members: tuple[int, ...], *, possible: Collection[int], service: bool, proc: str = "/proc"
) -> tuple[Candidate, ...]:
    """Likely owners of a socket made in a cgroup with these processes, the likeliest first.

    `possible`: the processes into which we could not look; all others were seen not to hold it. `service`: the cgroup
    is that of one service, so that the process which its manager started is its main one.
    """
    together = set(members)
    # started from inside the cgroup, start, pid, name
    found: list[tuple[bool, int, int, str]] = []
    for pid in members[:_MOST_READ]:
        status = read_stat(pid, proc=proc) if pid in possible else None
        if status is not None:
            _pid, parent, name, start = status
            found.append((parent in together, start, pid, name.decode("utf-8", "backslashreplace")))
    found.sort()
    first: CandidateReason = "in-socket-cgroup"
    if len(members) == 1:
        first = "only-process-in-cgroup"
    elif service and found and not found[0][0]:
        first = "unit-main-process"
    return tuple(
        Candidate(pid=pid, name=name, because="in-socket-cgroup" if place else first)
        for place, (_inside, _start, pid, name) in enumerate(found[:MOST])
    )
