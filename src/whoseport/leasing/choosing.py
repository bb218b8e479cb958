"""Which port shall this project run on? The same one each time, as long as it is free, and held until it is used.

A project's first number follows from its identity and the name asked for in it; from there the next number is tried
until one is good. What makes a number bad is the caller's to tell (`objections`); what is taken, the kernel's.
"""

from __future__ import annotations

import os
import time

from whoseport.leasing.freedom import stands_in_the_way
from whoseport.leasing.leases import Lease, Table
from whoseport.leasing.owners import Owner, lives, owner_of
from whoseport.leasing.project import ProjectFolder
from whoseport.model import NotFound, Pick, Rejected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.model import PickReason, Rejection, Transport

    Objections = Callable[[int], tuple[Rejection, ...]]

FIRST, LAST = 20_000, 29_999
"""Where ports are looked for: User Ports that are mostly unassigned, below the ephemeral ranges of Linux (32768), macOS
and Windows (49152), below Kubernetes' NodePorts (30000)."""
_TOLD = 64
_GOOD: tuple[PickReason, ...] = (
    "free-on-every-address",
    "not-ephemeral",
    "not-reserved-here",
    "browsers-open-it",
    "no-known-default",
    "unassigned",
)


def choose(
    project: ProjectFolder,
    *,
    objections: Objections,
    folder: str,
    owner: int,
    name: str | None = None,
    transport: Transport = "tcp",
    near: int | None = None,
    first: int = FIRST,
    last: int = LAST,
    count: int = 1,
    seconds: int | None = None,
    again: bool = True,
    heir_of: int | None = None,
    proc: str = "/proc",
) -> tuple[Pick, ...]:
    """Picks `count` ports and leases them to the process `owner`, or for `seconds` whoever lives.

    `again`: who asks once more for the same project, name and owner, after the first asker is done, gets the same; so
    does the owner's child where the owner is `heir_of`, which takes the lease over.
    Raises NotFound("no-free-port", first=, last=, why=) and BrokenSurroundings("leases-unusable").
    """
    holder, asker = owner_of(owner, proc=proc), owner_of(os.getpid(), proc=proc)
    if holder is None or asker is None:
        raise NotFound("no-such-process", pid=owner)
    holders = {holder, None if heir_of is None else owner_of(heir_of, proc=proc)}
    namespace = _namespace(proc)
    until = None if seconds is None else int(time.time()) + seconds
    picks: list[Pick] = []
    with Table(folder, proc=proc) as table:
        leased = {one.port: one for one in table.leases if (one.transport, one.namespace) == (transport, namespace)}
        for place in range(count):
            key = _key(project, name, place)
            start = near if near is not None else first + _hash(key) % (last - first + 1)
            rejected: list[Rejected] = []
            for port in _from(start, first, last):
                held = leased.get(port)
                mine = held is not None and again and _is_same_asker(held, key, holders, asker, proc=proc)
                reasons = list(objections(port))
                if held is not None and not mine:
                    reasons.append("leased")
                if not reasons and (way := stands_in_the_way(port, transport)) is not None:
                    reasons.append(way)
                if not reasons:
                    break
                rejected.append(Rejected(port=port, reasons=tuple(reasons)))
            else:
                refused = all(one.reasons[-1] == "not-permitted" for one in rejected)
                raise NotFound("no-free-port", first=first, last=last, why="not-permitted" if refused else "none")
            if held is not None:
                table.leases.remove(held)
            lease = Lease(
                port=port, transport=transport, namespace=namespace, key=key, owner=holder, asker=asker, until=until
            )
            table.leases.append(lease)
            leased[port] = lease
            usual: PickReason = "next-free" if rejected or near is not None else "usual-for-project"
            picks.append(
                Pick(
                    port=port,
                    transport=transport,
                    reasons=(usual, *_GOOD),
                    rejected=tuple(rejected[:_TOLD]),
                    project=project.path,
                    name=name,
                    owner=owner,
                    until=None if until is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until)),
                )
            )
    return tuple(picks)


def release(port: int, *, transport: Transport, folder: str, owner: int, proc: str = "/proc") -> None:
    """Gives a lease of this owner back before its end; none is no error."""
    holder = owner_of(owner, proc=proc)
    namespace = _namespace(proc)
    with Table(folder, proc=proc) as table:
        table.leases = [
            one
            for one in table.leases
            if (one.port, one.transport, one.namespace, one.owner) != (port, transport, namespace, holder)
        ]


def _from(start: int, first: int, last: int) -> list[int]:
    if not first <= start <= last:
        start = first
    return [*range(start, last + 1), *range(first, start)]


def _is_same_asker(held: Lease, key: str, holders: set[Owner | None], asker: Owner, *, proc: str) -> bool:
    """Whether this is the same question asked again, rather than two that ask at the same time.

    They ask at the same time if the first asker still lives; this very process may ask again.
    """
    if held.key != key or held.owner not in holders:
        return False
    return held.asker == asker or not lives(held.asker, proc=proc)


def _key(project: ProjectFolder, name: str | None, place: int) -> str:
    """Hexadecimal, so that no name of a folder gets into the table."""
    plain = f"{project.device}:{project.inode}:{name or ''}:{place}"
    return plain.encode("utf-8", "surrogateescape").hex()


def _hash(key: str) -> int:
    """A number that spreads neighbours far apart; not for secrets (FNV-1a, 64 bits, then mixed)."""
    value = 0xCBF29CE484222325
    for byte in key.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & 0xFFFFFFFFFFFFFFFF
    return value ^ value >> 33


def _namespace(proc: str) -> str:
    try:
        return os.readlink(f"{proc}/self/ns/net")
    except OSError:
        return ""
