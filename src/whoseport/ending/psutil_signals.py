"""How does a process end where there is no pidfd? By psutil, which looks at the start time before it sends a signal.

For macOS, Windows and others. Between that look and the signal the number could be given away: the time for that is a
few microseconds, and no such system offers better.
"""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    import psutil

    from whoseport.model import EndResult


class Meant(Record):
    """A process as it was when the port was looked at; None: it was gone by then."""

    pid: int
    process: psutil.Process | None


def meant(pid: int) -> Meant:
    """Takes note of the process of that number, with its start time."""
    import psutil

    try:
        return Meant(pid=pid, process=psutil.Process(pid))
    except psutil.NoSuchProcess:
        return Meant(pid=pid, process=None)


def end(chosen: Iterable[Meant], *, grace: float) -> dict[int, EndResult]:
    """TERM to all (on Windows that ends them), KILL to those that live after `grace` seconds; what became of each."""
    import psutil

    results: dict[int, EndResult] = {}
    asked = []
    for one in chosen:
        if one.process is None:
            results[one.pid] = "gone"
            continue
        try:
            one.process.terminate()
        except psutil.NoSuchProcess:
            results[one.pid] = "another" if psutil.pid_exists(one.pid) else "gone"
        except psutil.AccessDenied:
            results[one.pid] = "not-permitted"
        else:
            asked.append(one.process)
    ended, living = psutil.wait_procs(asked, timeout=grace)
    results |= {process.pid: "ended" for process in ended}
    for process in living:
        try:
            process.kill()
        except psutil.Error:
            continue
    ended, living = psutil.wait_procs(living, timeout=max(grace, 1.0))
    results |= {process.pid: "killed" for process in ended}
    results |= {process.pid: "survived" for process in living}
    return results
