"""How is reading /proc shared among the processors? By forked copies of this process, since threads do not help there.

The pieces of work stand in a common queue, a pipe filled beforehand, from which each copy takes the next one: so all
of them end at about the same time, whatever a piece costs and however busy the processors are.
"""

from __future__ import annotations

import gc
import marshal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    Result = TypeVar("Result")

MOST_WORKERS = 8
MOST_PIECES = 30_000
"""Numbers of two bytes that fit into a pipe of 64 KiB (pipe(7))."""
_SIGKILL = 9


def processors() -> int:
    """How many processors we may use, within reason."""
    try:
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    except OSError:
        return 1


def share(pieces: int, work: Callable[[Iterable[int]], Result], *, workers: int) -> list[Result]:
    """Does the pieces of work 0 to pieces - 1 and returns what each worker made of its own.

    `work` takes numbers of pieces and returns what `marshal` can carry. What a worker took and did not deliver, since
    it was killed, is done here once more. A program with threads works alone: after a fork, locks that the others
    held would stay shut for ever. Standard streams are left alone, and every child is waited for.
    """
    workers = min(workers, pieces)
    if workers < 2 or pieces > MOST_PIECES or not _alone():
        return [work(range(pieces))]
    queue = _filled_queue(pieces)
    # a collection in a child would touch, and thereby copy, all that it shares with us
    collecting = gc.isenabled()
    gc.disable()
    children: list[tuple[int, int]] = []
    results: list[Result] = []
    done: list[int] = []
    try:
        for _ in range(workers - 1):
            try:
                children.append(_start(queue, work))
            except OSError:
                break  # no process or no descriptor to be had
        results.append(work(_taken(queue, done)))
        while children:
            pid, reading = children[-1]
            delivered: tuple[list[int], Result] | None = _delivered(reading)
            if delivered is not None:
                done += delivered[0]
                results.append(delivered[1])
            children.pop()
            os.close(reading)
            _reap(pid)
    finally:
        os.close(queue)
        for pid, reading in children:
            os.close(reading)
            os.kill(pid, _SIGKILL)
            _reap(pid)
        if collecting:
            gc.enable()
    missing = set(range(pieces)).difference(done)
    if missing:
        results.append(work(sorted(missing)))
    return results


def aside(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begins a piece of work in a forked copy, and returns how to get at its result, which `marshal` can carry.

    Where no copy can be made, or it is killed, the work is done here when its result is asked for.
    """
    if processors() < 2 or not _alone():
        return work
    nothing = _filled_queue(0)
    try:
        pid, reading = _start(nothing, lambda _pieces: work())
    except OSError:
        return work
    finally:
        os.close(nothing)

    def result() -> Result:
        delivered: tuple[list[int], Result] | None = None
        try:
            delivered = _delivered(reading)
        finally:
            os.close(reading)
            if delivered is None:
                os.kill(pid, _SIGKILL)
            _reap(pid)
        return work() if delivered is None else delivered[1]

    return result


def _alone() -> bool:
    """Whether this process has one thread only; its own count would miss those that a library started."""
    try:
        return os.stat("/proc/self/task").st_nlink == 3
    except OSError:
        return False


def _filled_queue(pieces: int) -> int:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"".join(number.to_bytes(2, "little") for number in range(pieces)))
    finally:
        os.close(writing)
    return reading


def _taken(queue: int, done: list[int]) -> Iterator[int]:
    while number := os.read(queue, 2):
        piece = int.from_bytes(number, "little")
        yield piece
        done.append(piece)


def _start(queue: int, work: Callable[[Iterable[int]], Result]) -> tuple[int, int]:
    """Pid of a new worker, and the descriptor on which it delivers."""
    reading, writing = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if pid == 0:
        try:
            os.close(reading)
            done: list[int] = []
            result: Any = work(_taken(queue, done))
            delivery = memoryview(marshal.dumps((done, result)))
            while delivery:
                delivery = delivery[os.write(writing, delivery) :]
        finally:
            # whatever went wrong, nothing of the program that we are a copy of may run here
            os._exit(0)
    os.close(writing)
    return pid, reading


def _delivered(reading: int) -> tuple[list[int], Result] | None:
    pieces = []
    while piece := os.read(reading, 1 << 20):
        pieces.append(piece)
    try:
        delivered: tuple[list[int], Result] = marshal.loads(b"".join(pieces))
    except (EOFError, ValueError, TypeError):
        return None
    return delivered


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return  # the program around us ignores SIGCHLD
