"""Which processes are wired to an owner: its children, and siblings that share a pipe of its standard streams?

The children of a copy of itself (fork(2)), as servers make one for each connection, are its children, too. Each is read
once, however many owners it is related to.
"""

from __future__ import annotations

import os
import stat

from whoseport.host.linux.behaviour import MOST_RELATED, children, links
from whoseport.model import RelatedProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.host.linux.behaviour import Links, Names
    from whoseport.host.linux.processes import Details
    from whoseport.model import ParentProcess, Relation

_MOST_SIBLINGS = 8192
_MOST_COPIES = 8
_MOST_READ = 2048
"""Processes read in one look, all owners together: beyond, a crowd would cost more than it tells."""


class Relatives:
    """The relatives of owners. `one` names a process by pid, None if it is gone; `own_streams` are those of owners."""

    def __init__(
        self,
        names: Names,
        one: Callable[[int], ParentProcess | None],
        *,
        own_streams: dict[int, Links | None],
        proc: str = "/proc",
    ) -> None:
        self._names = names
        self._one = one
        self._proc = proc
        self._owners = frozenset(own_streams)
        self._links: dict[int, Links | None] = dict(own_streams)
        self._siblings: dict[int, tuple[int, ...]] = {}
        self._known: dict[tuple[int, Relation], RelatedProcess | None] = {}
        self._left = _MOST_READ
        self._asking = os.getpid()

    def of(self, details: Details) -> tuple[RelatedProcess, ...] | None:
        """Those of one owner, the children first; None where the kernel does not tell children."""
        pid, parent, behaviour = details[0], details[1], details[10]
        streams, young = behaviour[3], behaviour[7]
        if young is None:
            return None
        pipes = {
            link for number, link in enumerate(streams or ()) if link is not None and self._is_pipe(pid, number, link)
        }
        if not young and not pipes:
            return ()
        # who asks is nobody's relative: it is there because of the question
        found = [self._related(one, "child") for one in young if one != self._asking]
        found += [self._related(one, "child") for one in self._of_copies(details, found)]
        if pipes and parent > 0:
            # a pipeline's processes are started together, and so have numbers that are near
            near = sorted(self._children_of(parent), key=lambda other: abs(other - pid))[: MOST_RELATED + 1]
            wired = [
                one for one in near if one not in (pid, self._asking) and pipes.intersection(self._streams(one) or ())
            ]
            found += [self._related(one, "pipe") for one in sorted(wired)]
        return tuple([one for one in found if one is not None][:MOST_RELATED])

    def _of_copies(self, details: Details, young: list[RelatedProcess | None]) -> list[int]:
        """The children of those children that run what the owner runs, and do not hold its sockets themselves."""
        own = self._one(details[0])
        if own is None or not own.command:
            return []
        copies = [
            one.pid
            for one in young
            if one is not None
            and one.pid not in self._owners
            and one.command == own.command
            and one.executable == own.executable
        ]
        return [pid for copy in copies[:_MOST_COPIES] for pid in self._children_of(copy) if pid != self._asking]

    def _is_pipe(self, pid: int, number: int, link: str) -> bool:
        """Whether a stream is a pipe: one without a name, or with one (fifo(7))."""
        if not link.startswith("/"):
            return link.startswith("pipe:")
        if link.startswith("/dev/"):
            return False
        try:
            return stat.S_ISFIFO(os.stat(f"{self._proc}/{pid}/fd/{number}").st_mode)
        except OSError:
            return False

    def _related(self, pid: int, relation: Relation) -> RelatedProcess | None:
        key = pid, relation
        if key not in self._known:
            named = self._one(pid)
            if named is None:
                self._known[key] = None
                return None
            streams = self._streams(pid)
            self._known[key] = RelatedProcess(
                pid=pid,
                name=named.name,
                relation=relation,
                executable=named.executable,
                command=named.command,
                streams=None if streams is None else self._names.streams(streams),
            )
        return self._known[key]

    def _streams(self, pid: int) -> Links | None:
        if pid not in self._links:
            found = None
            if self._left > 0:
                self._left -= 1
                try:
                    folder = os.open(f"{self._proc}/{pid}/fd", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
                except OSError:
                    pass  # gone, or not for us to see
                else:
                    try:
                        found = links(folder)
                    finally:
                        os.close(folder)
            self._links[pid] = found
        return self._links[pid]

    def _children_of(self, parent: int) -> tuple[int, ...]:
        if parent not in self._siblings:
            found: tuple[int, ...] | None = ()
            try:
                folder = os.open(f"{self._proc}/{parent}", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            except OSError:
                pass  # gone
            else:
                try:
                    found = children(folder, own="", thread=str(parent), threads=2, most=_MOST_SIBLINGS)
                finally:
                    os.close(folder)
            self._siblings[parent] = found or ()
        return self._siblings[parent]
