"""`whoseport list`: everything that listens on this machine."""

from __future__ import annotations

import sys

from whoseport.answering import listing
from whoseport.cli.show import wish
from whoseport.cli.terminal import colour, home, language, width, write
from whoseport.model import Misuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.cli.parsing import Request
    from whoseport.model import Inspection, Listener

FORMATS = ("json", "json-lines", "csv")
USUAL_STATES = ("listen", "unconnected")


def run(request: Request) -> int:
    formats = [name for name in FORMATS if request.has(name)]
    if len(formats) > 1:
        raise Misuse("options-contradict", first=f"--{formats[0]}", second=f"--{formats[1]}")
    states = request.values("state")
    whole = listing(wish(request), everything=bool({"connected", "all"} & set(states)))
    shown = whole.host.replace(listeners=tuple(_sorted(request, _filtered(request, whole.host))))
    if request.has("json"):
        from whoseport.cli.documents import write_json

        write_json(whole.replace(host=shown), indent=sys.stdout.isatty())
    elif request.has("json-lines"):
        from whoseport.cli.documents import write_json_lines

        write_json_lines(shown.listeners)
    else:
        from whoseport.render import table

        if request.has("csv"):
            write(table.csv(shown))
        else:
            write(
                table.listing(
                    shown,
                    language=language(request),
                    width=width(),
                    colour=colour(request),
                    verbose=request.has("verbose"),
                    home=home(),
                    saved=request.has("from"),
                )
            )
    return 0


def _filtered(request: Request, host: Inspection) -> list[Listener]:
    states = request.values("state") or USUAL_STATES
    tests: list[Callable[[Listener], bool]] = []
    if "all" not in states:
        tests.append(lambda listener: listener.state in states)
    if transports := request.values("transport"):
        tests.append(lambda listener: listener.transport in transports)
    if addresses := tuple(address.strip("[]") for address in request.values("address")):
        tests.append(lambda listener: listener.address in addresses or listener.exposure in addresses)
    if users := request.values("user"):
        tests.append(lambda listener: not _users(listener).isdisjoint(users))
    if processes := request.values("process"):
        tests.append(lambda listener: not _processes(listener).isdisjoint(processes))
    return [listener for listener in host.listeners if all(test(listener) for test in tests)]


def _users(listener: Listener) -> set[str]:
    users = {listener.user, str(listener.uid)}
    for owner in listener.owners:
        users |= {owner.user, str(owner.uid)}
    return {user for user in users if user}


def _processes(listener: Listener) -> set[str]:
    names = set()
    for owner in listener.owners:
        names |= {owner.name, str(owner.pid), (owner.executable or "").rpartition("/")[2]}
    return names | {candidate.name for candidate in listener.candidates}


def _sorted(request: Request, listeners: list[Listener]) -> list[Listener]:
    """In the order of the key, ties by port; the order of the look where no key is given."""
    key = request.value("sort")
    if key is not None:
        listeners.sort(key=lambda listener: (_sort_value(listener, key), listener.port, listener.transport))
    return listeners[::-1] if request.has("reverse") else listeners


def _sort_value(listener: Listener, key: str) -> tuple[bool, str]:
    first = listener.owners[0] if listener.owners else None
    value = {
        "port": "",
        "address": listener.address,
        "user": listener.user or (first.user if first else None),
        "process": first.name if first else None,
        "started": first.started if first else None,
    }[key]
    return value is None, value or ""
