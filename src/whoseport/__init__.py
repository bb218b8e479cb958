"""whoseport: whose port is it? Officially, and on this machine right now.

>>> import whoseport
>>> whoseport.lookup(971).transports.tcp.state
'unassigned'

Every value is a frozen record of `whoseport.model`; every error is a `whoseport.model.WhoseportError`.
"""

from __future__ import annotations

from whoseport.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Answer, Answers, Inspection, Listener, RegistryEntry, Transport
    from whoseport.picking import Held

__all__ = ["__version__", "answer", "inspect", "lease", "listeners", "lookup", "pick"]


def answer(*queries: str | int, live: bool = True, peers: bool = False, deep: bool = False) -> Answer | Answers:
    """The whole answer to `971`, `"971/tcp"`, `"954-988"`, `"https"`, a URL, as on the command line.

    One port gives an `Answer`; several, a range, or a name that means several, `Answers`. `live=False` does not look at
    this machine; `deep` adds what takes time, as the executable's SHA-256. Raises `Misuse` for a question that makes no
    sense, `NotFound` for a name that nothing bears and `BrokenSurroundings` where the registry's snapshot cannot be
    read.
    """
    from whoseport.answering import Wish
    from whoseport.answering import answer as answer_all

    return answer_all([str(query) for query in queries], Wish(live=live, peers=peers, deep=deep))


def lookup(port: int) -> RegistryEntry:
    """What IANA's registry says of a port number, 0-65535, on all transports. Raises `Misuse` for another number."""
    from whoseport.registry import open_registry

    return open_registry().lookup(port)


def listeners(*, bpf: bool = False) -> tuple[Listener, ...]:
    """Everything that listens on this machine, in every readable network namespace: all owners, findings, verdict."""
    from whoseport.answering import Wish, listing

    return listing(Wish(bpf=bpf)).host.listeners


def inspect(*, bpf: bool = False, everything: bool = False) -> Inspection:
    """One look at this machine as plain facts: its listeners and, in `unseen`, what could not be seen.

    `everything` adds sockets that are bound without listening, connected udp and the connections of every port.
    """
    from whoseport.host import look

    return look(bpf=bpf, everything=everything)


def pick(
    *,
    name: str | None = None,
    near: int | None = None,
    within: tuple[int, int] | None = None,
    transport: Transport = "tcp",
    project: str = ".",
) -> int:
    """A port to run on now: free, and the same for this project (and `name` in it) each time, as long as it is free.

    It is leased to this process until that ends; asked again for the same project and name, the answer is the same.
    `near` is the first number to try, `within` the first and last. Raises `Misuse` for a folder or number that is none,
    `NotFound` where no port is free, `BrokenSurroundings` where leases cannot be kept.
    """
    import os

    from whoseport.picking import pick as pick_ports

    found = pick_ports(
        owner=os.getpid(), name=name, near=near, within=within, transport=transport, project=project, again=True
    )
    return found.picks[0].port


def lease(
    *,
    name: str | None = None,
    near: int | None = None,
    within: tuple[int, int] | None = None,
    count: int = 1,
    transport: Transport = "tcp",
    project: str = ".",
) -> Held:
    """A port of one's own for the length of a `with`: `with whoseport.lease() as port:`.

    Nobody else gets it meanwhile, in this process or another. With `count`, `.ports` of the returned value has them
    all. Raises as `pick` does.
    """
    import os

    from whoseport.picking import Held
    from whoseport.picking import pick as pick_ports

    found = pick_ports(
        owner=os.getpid(),
        name=name,
        near=near,
        within=within,
        count=count,
        transport=transport,
        project=project,
        again=False,
    )
    return Held(found)
