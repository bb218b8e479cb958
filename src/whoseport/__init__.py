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
    from whoseport.model import Answer, Answers, Inspection, Listener, RegistryEntry

__all__ = ["__version__", "answer", "inspect", "listeners", "lookup"]


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
