"""How does a process end that is surely the one that was meant? Through a pidfd, checked before the signal is sent.

A pidfd stays with its process, whatever becomes of the number (pidfd_open(2), Linux 5.3). It is opened first; then it
is asked whether the process of that number still is the one that was seen, which holds for the pidfd if that process
still lives afterwards. So the signal meets that process or none.
"""

from __future__ import annotations

import os
import select
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whoseport.model import EndResult

POLL_AT_MOST = 1.0


class Target:
    """A process to be ended: `is_same` asks /proc whether the pid still is the process that was seen."""

    def __init__(self, pid: int, is_same: Callable[[], bool]) -> None:
        self.pid = pid
        self._is_same = is_same
        self.result: EndResult | None = None
        self.descriptor = -1

    def open(self) -> None:
        """Takes hold of it, or settles that it is gone or another."""
        try:
            self.descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self.result = "gone"
            return
        if not self._is_same():
            self.result = "gone" if self.ended() else "another"
        elif self.ended():
            self.result = "gone"
        if self.result is not None:
            self.close()

    def send(self, number: signal.Signals) -> None:
        try:
            signal.pidfd_send_signal(self.descriptor, number)
        except ProcessLookupError:
            return
        except PermissionError:
            self.result = "not-permitted"

    def ended(self) -> bool:
        return bool(select.select((self.descriptor,), (), (), 0)[0])

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def end(targets: Iterable[Target], *, grace: float, clock: Callable[[], float] = time.monotonic) -> None:
    """TERM to all, and KILL to those that still live after `grace` seconds; fills each target's `result`.

    `ended` by TERM, `killed` after the grace, `gone` before any signal, `another` where the number belongs to another
    process now, `not-permitted`, `survived` where not even KILL ended it (uninterruptible sleep).
    """
    chosen = list(targets)
    try:
        for target in chosen:
            target.open()
        living = [target for target in chosen if target.result is None]
        for target in living:
            target.send(signal.SIGTERM)
        living = _await(living, until=clock() + grace, clock=clock, result="ended")
        for target in living:
            target.send(signal.SIGKILL)
        for target in _await(living, until=clock() + max(grace, POLL_AT_MOST), clock=clock, result="killed"):
            target.result = "survived"
    finally:
        for target in chosen:
            target.close()


def _await(targets: list[Target], *, until: float, clock: Callable[[], float], result: EndResult) -> list[Target]:
    """Waits until all have ended, or until that moment; those that live on."""
    living = [target for target in targets if target.result is None]
    while living and (left := until - clock()) > 0:
        ended = select.select([target.descriptor for target in living], (), (), left)[0]
        for target in living:
            if target.descriptor in ended:
                target.result = result
        living = [target for target in living if target.result is None]
    return living
