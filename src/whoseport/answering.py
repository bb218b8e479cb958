"""The one place where rooms meet: from a question to its answer. Rooms are imported when they are needed."""

from __future__ import annotations

from whoseport.model import Answer, Answers, Listing, Misuse, NotFound, Query, SearchResults
from whoseport.query import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Container, Inspection, Listener, ServiceRecord, Transport
    from whoseport.query import Question
    from whoseport.registry.store import Registry


class Wish:
    """How an answer is wanted: with a look at this machine or at a saved one, with peers, by a BPF iterator."""

    __slots__ = ("bpf", "live", "peers", "saved")

    def __init__(
        self, *, live: bool = True, saved: Inspection | None = None, peers: bool = False, bpf: bool = False
    ) -> None:
        self.live = live
        self.saved = saved
        self.peers = peers
        self.bpf = bpf


def answer(texts: Iterable[str], wish: Wish) -> Answer | Answers:
    """Answers what is asked: one port alone gives an `Answer`; several, a range, or a name of several, `Answers`.

    Raises `Misuse` for a question that makes no sense, `NotFound` for a word that nothing bears.
    """
    from whoseport.registry import open_registry

    registry = open_registry()
    questions = [read(text) for text in texts]
    if not questions:
        raise Misuse("query-empty")
    only = questions[0]
    if len(questions) == 1 and only.first is not None and only.first == only.last:
        host = _look(wish, port=only.first) if wish.live else None
        return _one(registry, _query(only, only.first, only.transport), host)
    whole = _look(wish, port=None) if wish.live else None
    return _several(registry, questions, whole)


def listing(wish: Wish, *, everything: bool = False) -> Listing:
    """Every listener of this machine or of a saved inspection; `everything`: what `inspect` keeps."""
    from whoseport import host

    return Listing(host=wish.saved or host.look(peers=wish.peers, bpf=wish.bpf, everything=everything))


def find(text: str, *, limit: int) -> SearchResults:
    """Ranked full-text search; `NotFound`, with what may have been meant, where nothing matches."""
    from whoseport.registry import open_registry

    registry = open_registry()
    results = registry.search(text, limit=limit)
    if not results:
        raise NotFound("nothing-found", text=text, suggestions=registry.suggest(text))
    return SearchResults(results=results)


def _several(registry: Registry, questions: list[Question], whole: Inspection | None) -> Answer | Answers:
    asked: dict[tuple[int, Transport | None], Query] = {}
    services: list[ServiceRecord] = []
    for question in questions:
        if question.first is not None and question.last is not None:
            ports = [(number, question.transport) for number in range(question.first, question.last + 1)]
        else:
            ports, portless = _by_word(registry, question, whole)
            services += portless
        for port, transport in ports:
            asked.setdefault((port, transport), _query(question, port, transport))
    answers = tuple(_one(registry, query, whole) for query in asked.values())
    if len(answers) == 1 and len(questions) == 1:
        return answers[0]
    return Answers(answers=answers, services=tuple(services))


def _one(registry: Registry, query: Query, host: Inspection | None) -> Answer:
    if query.port is None:
        raise Misuse("query-empty")
    if host is not None:
        from whoseport.host import for_port

        host = for_port(host, query.port, transport=query.transport)
    return Answer(query=query, registry=registry.lookup(query.port), host=host)


def _query(question: Question, port: int, transport: Transport | None) -> Query:
    return Query(port=port, transport=transport, text=question.text)


def _look(wish: Wish, *, port: int | None) -> Inspection:
    if wish.saved is not None:
        return wish.saved
    from whoseport import host

    if port is None:
        return host.look(peers=wish.peers, bpf=wish.bpf, everything=True)
    return host.look(port, peers=wish.peers, bpf=wish.bpf)


def _by_word(
    registry: Registry, question: Question, whole: Inspection | None
) -> tuple[list[tuple[int, Transport | None]], list[ServiceRecord]]:
    """The ports that a word means: a service name of the registry, or who listens here by that name."""
    word = question.word or ""
    ports: dict[int, None] = {}
    portless = []
    for service in registry.named(word):
        if question.transport and service.transport not in (None, question.transport):
            continue
        first, last = service.assignment.first, service.assignment.last
        if first is None or last is None:
            portless.append(service)
        else:
            ports.update(dict.fromkeys(range(first, last + 1)))
    named_here = [listener.port for listener in whole.listeners if _bears(listener, word)] if whole else []
    ports.update(dict.fromkeys(sorted(named_here)))
    if not ports and not portless:
        raise NotFound("unknown-name", name=word, suggestions=registry.suggest(word), unseen=_owners_unseen(whole))
    return [(port, question.transport) for port in ports], portless


def _bears(listener: Listener, word: str) -> bool:
    """Does a program, unit, container, package or project folder of this listener bear the name?"""
    wanted = word.lower()
    names = {_unit_name(listener.unit)}
    boxes = [listener.container]
    for owner in listener.owners:
        names |= {owner.name.lower(), _last(owner.executable), _unit_name(owner.unit), (owner.package or "").lower()}
        names.add(_last(owner.working_directory))
        boxes.append(owner.container)
    names |= {candidate.name.lower() for candidate in listener.candidates}
    units = {listener.unit, *(owner.unit for owner in listener.owners)}
    if wanted in names or any(unit and unit.lower() == wanted for unit in units):
        return True
    return any(_is_container(box, wanted) for box in boxes)


def _is_container(box: Container | None, wanted: str) -> bool:
    if box is None:
        return False
    return bool(box.name and box.name.lower() == wanted) or (len(wanted) >= 6 and box.id.startswith(wanted))


def _last(path: str | None) -> str:
    """The last part of a path, or of what was given instead."""
    return path.rstrip("/").rpartition("/")[2].lower() if path else ""


def _unit_name(unit: str | None) -> str:
    return unit.rpartition(".")[0].lower() if unit else ""


def _owners_unseen(whole: Inspection | None) -> bool:
    """Could a listener bear the name without our seeing it?"""
    return whole is not None and any(unseen.missing in ("owners", "sockets", "namespace") for unseen in whole.unseen)
