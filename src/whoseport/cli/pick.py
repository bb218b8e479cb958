"""`whoseport pick`: a port to run on now."""

from __future__ import annotations

import os
import sys

from whoseport.cli.terminal import language, write
from whoseport.model import LAST_PORT, Misuse
from whoseport.picking import pick

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request
    from whoseport.model import Transport

MOST = 1000
LONGEST_LEASE = 366 * 86400


def run(request: Request) -> int:
    owner = number(request, "owner", least=1, most=2**31 - 1)
    found = pick(
        owner=owner or os.getppid(),
        count=number(request, "count", least=1, most=MOST) or 1,
        seconds=number(request, "ttl", least=1, most=LONGEST_LEASE),
        name=request.value("name"),
        near=number(request, "near", least=1, most=LAST_PORT),
        within=port_range(request),
        transport=transport(request),
        project=request.value("project") or ".",
    )
    if request.has("json"):
        from whoseport.cli.documents import write_json

        write_json(found if request.has("count") else found.picks[0])
        return 0
    write("\n".join(str(one.port) for one in found.picks))
    if request.has("verbose"):
        from whoseport.render.picked import told

        # the number alone is the output, so that PORT=$(whoseport pick -v) still works
        sys.stdout.flush()
        sys.stderr.write(told(found, language=language(request)))
    return 0


def number(request: Request, key: str, *, least: int, most: int) -> int | None:
    """The value of an option that takes a number of this range, or None where it was not given."""
    value = request.value(key)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 12 and least <= int(value) <= most):
        raise Misuse("option-value-unknown", option=f"--{key}", value=value, known=(f"{least}-{most}",))
    return int(value)


def port_range(request: Request) -> tuple[int, int] | None:
    """The first and last port of `--range A-B`, or None."""
    value = request.value("range")
    if value is None:
        return None
    first, dash, last = value.partition("-")
    if not dash or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in (first, last)):
        raise Misuse("option-value-unknown", option="--range", value=value, known=("20000-29999",))
    if int(first) > int(last):
        raise Misuse("range-reversed", first=first, last=last)
    return int(first), int(last)


def transport(request: Request) -> Transport:
    """The transport asked for; tcp where none was."""
    return "udp" if request.value("transport") == "udp" else "tcp"
