"""`whoseport wait PORT...`: waits until something listens, or nothing does."""

from __future__ import annotations

import sys

from whoseport.cli.terminal import language, write
from whoseport.model import Misuse, Waits
from whoseport.query import read
from whoseport.waiting import wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request
    from whoseport.model import Transport

LONGEST = 10**8
MOST_PORTS = 1000


def run(request: Request) -> int:
    if request.has("gone") and request.has("http"):
        raise Misuse("options-contradict", first="--gone", second="--http")
    ports: list[tuple[int, Transport | None]] = []
    for word in request.words:
        question = read(word)
        if question.first is None or question.last is None or question.last - question.first >= MOST_PORTS:
            raise Misuse("port-unreadable", text=word)
        ports += [(number, question.transport) for number in range(question.first, question.last + 1)]
    waited = []
    for one in wait(tuple(ports), gone=request.has("gone"), http=request.has("http"), timeout=_seconds(request)):
        waited.append(one)
        if not (request.has("quiet") or request.has("json")):
            from whoseport.render.waited import told

            write(told(one, gone=request.has("gone"), http=request.has("http"), language=language(request)))
            sys.stdout.flush()
    if request.has("json"):
        from whoseport.cli.documents import write_json

        write_json(Waits(waits=tuple(waited)))
    return 0 if all(one.done for one in waited) else 1


def _seconds(request: Request) -> float | None:
    value = request.value("timeout")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST:
        raise Misuse("option-value-unknown", option="--timeout", value=value, known=("10", "0.5", "..."))
    return seconds
