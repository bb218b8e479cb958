"""How long do commands take, one against the other? Whole processes, in turn (A B A B ...), compared round by round.

The machine's mood changes within seconds; what two commands took right after each other can be compared, what they took
in two different minutes cannot. So a ratio here is the median of the ratios of the rounds.
"""

from __future__ import annotations

import marshal
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import Load

LAUNCHER = Path(__file__).with_name("launcher.py")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class WrongAnswerError(Exception):
    """A command ended badly, or did not say what it has to say: its time would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is measured. `rounds` caps how often (a slow one need not be run as often as it takes to be sure)."""

    name: str
    words: tuple[str, ...]
    rounds: int | None = None
    statuses: tuple[int, ...] = (0,)
    check: Callable[[bytes], str | None] | None = None


@dataclass(slots=True)
class Series:
    """What one command took: seconds of each round, by the clock and of processors, and its most memory, in KiB."""

    seconds: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    peak: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


class Launcher:
    """Starts commands from a small process of its own, in the network namespace of a load if there is one."""

    def __init__(self, *, home: Path, load: Load | None = None) -> None:
        # PYTHONDONTWRITEBYTECODE, PYTHONPATH and the rest of this process's environment stay outside.
        self._environment = {"PATH": PATH, "HOME": str(home), "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=load.enter if load else None,
        )

    def run(self, command: Command, *, output: str = os.devnull, errors: str = os.devnull) -> tuple[float, float, int]:
        """Seconds by the clock, of processors, and peak KiB of one run; WrongAnswerError for another exit status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        marshal.dump((list(command.words), self._environment, output, errors), self._process.stdin)
        self._process.stdin.flush()
        status, seconds, busy, peak = marshal.load(self._process.stdout)
        if status not in command.statuses:
            raise WrongAnswerError(f"{command.name}: exit status {status}")
        return seconds, busy, peak

    def try_once(self, command: Command) -> None:
        """One run that does not count: it fills the caches, and its output is read to see that it is an answer."""
        with (
            tempfile.NamedTemporaryFile(prefix="whoseport-bench-") as output,
            tempfile.NamedTemporaryFile(prefix="whoseport-bench-") as errors,
        ):
            try:
                self.run(command, output=output.name, errors=errors.name)
            except WrongAnswerError as failure:
                said = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise WrongAnswerError(f"{failure}, {said}" if said else str(failure)) from None
            wrong = command.check(output.read()) if command.check else None
        if wrong:
            raise WrongAnswerError(f"{command.name}: {wrong}")

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def launching(*, home: Path, load: Load | None = None) -> Iterator[Launcher]:
    launcher = Launcher(home=home, load=load)
    try:
        yield launcher
    finally:
        launcher.close()


def in_turn(launcher: Launcher, commands: Sequence[Command], *, rounds: int) -> tuple[dict[str, Series], list[str]]:
    """Runs the commands in turn, so many rounds; a command that gives a wrong answer is left out, and named why."""
    series: dict[str, Series] = {}
    wrong: list[str] = []
    for command in commands:
        try:
            launcher.try_once(command)
        except WrongAnswerError as failure:
            wrong.append(str(failure))
        else:
            series[command.name] = Series()
    standing = [command for command in commands if command.name in series]
    for turn in range(rounds):
        for command in standing:
            if command.rounds is not None and turn >= command.rounds:
                continue
            try:
                seconds, busy, peak = launcher.run(command)
            except WrongAnswerError as failure:
                wrong.append(f"{failure} in round {turn + 1}")
                continue
            series[command.name].seconds.append(seconds)
            series[command.name].busy.append(busy)
            series[command.name].peak = max(series[command.name].peak, peak)
    return {name: taken for name, taken in series.items() if taken.seconds}, wrong


def ratio(left: Series, right: Series) -> float:
    """The median of left / right, round by round as far as both were run."""
    return statistics.median(a / b for a, b in zip(left.seconds, right.seconds, strict=False))


def excess(left: Series, right: Series, *, unit: Series) -> float:
    """The median of (left - right) / unit, round by round: by how many units left took longer than right."""
    return statistics.median((a - b) / c for a, b, c in zip(left.seconds, right.seconds, unit.seconds, strict=False))
