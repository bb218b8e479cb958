"""Which port to run on? Where leases meet what registry, practice, browsers and this machine say of a port."""

from __future__ import annotations

import os

from whoseport.leasing.choosing import FIRST, LAST, choose, release
from whoseport.leasing.leases import leases_folder
from whoseport.leasing.project import project_of
from whoseport.model import LAST_PORT, Misuse, Picks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from whoseport.model import Rejection, Transport

NEAR_FIRST, NEAR_LAST = 1024, 49151
"""Where ports near one are looked for: the User Ports."""


def pick(
    *,
    owner: int,
    name: str | None = None,
    near: int | None = None,
    within: tuple[int, int] | None = None,
    count: int = 1,
    seconds: int | None = None,
    transport: Transport = "tcp",
    project: str = ".",
    again: bool = True,
    heir_of: int | None = None,
) -> Picks:
    """Ports to run on now, leased to the process `owner`, or for `seconds`; see leasing/choosing.py.

    Raises `Misuse` for a port out of range or a folder that is none, `NotFound` where no port is free,
    `BrokenSurroundings` where the leases cannot be kept.
    """
    for number in (*(within or ()), *(() if near is None else (near,))):
        if not 0 < number <= LAST_PORT:
            raise Misuse("port-out-of-range", text=str(number))
    if within is not None and near is not None and not within[0] <= near <= within[1]:
        raise Misuse("options-contradict", first="--near", second="--range")
    first, last = within or ((FIRST, LAST) if near is None else (NEAR_FIRST, NEAR_LAST))
    if not first <= (near or first) <= last:
        first, last = 1, LAST_PORT
    return Picks(
        picks=choose(
            project_of(project),
            objections=objections(transport),
            folder=leases_folder(),
            owner=owner,
            name=name,
            transport=transport,
            near=near,
            first=first,
            last=last,
            count=count,
            seconds=seconds,
            again=again,
            heir_of=heir_of,
        )
    )


class Held:
    """Ports leased to this process for the length of a `with`, given back at its end."""

    def __init__(self, found: Picks) -> None:
        self.ports = tuple(one.port for one in found.picks)
        self._transport = found.picks[0].transport

    def __enter__(self) -> int:
        return self.ports[0]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Gives the ports back."""
        for port in self.ports:
            release(port, transport=self._transport, folder=leases_folder(), owner=os.getpid())


def objections(transport: Transport) -> Callable[[int], tuple[Rejection, ...]]:
    """What speaks against running on a port, apart from what holds it: a function of the number."""
    from whoseport import host
    from whoseport.practice import open_practice
    from whoseport.registry import open_registry

    registry, practice, settings = open_registry(), open_practice(), host.settings()
    ephemeral, reserved = settings.ephemeral, settings.reserved or ()

    def object_to(port: int) -> tuple[Rejection, ...]:
        found: list[Rejection] = []
        if ephemeral is not None and ephemeral.first <= port <= ephemeral.last:
            found.append("ephemeral")
        if any(one.first <= port <= one.last for one in reserved):
            found.append("reserved-here")
        if transport == "tcp" and practice.refused(port):
            found.append("browsers-refuse")
        if practice.at(port, transport):
            found.append("known-default")
        if getattr(registry.lookup(port).transports, transport).state in ("assigned", "reserved"):
            found.append("assigned")
        return tuple(found)

    return object_to
