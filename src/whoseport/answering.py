"""The one place where rooms meet: from a question to its answer. Rooms are imported when they are needed."""

from __future__ import annotations

from whoseport.model import Answer, Answers, Claims, Listing, Misuse, NotFound, Query, SearchResults
from whoseport.query import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Container, Inspection, Listener, ServiceRecord, Transport
    from whoseport.query import Question
    from whoseport.registry.store import Registry


class Wish:
    """How an answer is wanted: with a look at this machine or at a saved one, by a BPF iterator, how deep.

    `deep` adds what takes time: the executable's SHA-256, the other ends of connections. `bind` and `probe` do more
    than look: a real bind(2), and a question to the port mapper on loopback.
    """

    __slots__ = ("bind", "bpf", "deep", "live", "peers", "probe", "saved")

    def __init__(
        self,
        *,
        live: bool = True,
        saved: Inspection | None = None,
        peers: bool = False,
        bpf: bool = False,
        deep: bool = False,
        bind: bool = False,
        probe: bool = False,
    ) -> None:
        self.live = live
        self.saved = saved
        self.peers = peers
        self.bpf = bpf
        self.deep = deep
        self.bind = bind
        self.probe = probe


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
        return _one(registry, _query(only, only.first, only.transport), host, wish)
    whole = _look(wish, port=None) if wish.live else None
    return _several(registry, questions, whole, wish)


def listing(wish: Wish, *, everything: bool = False) -> Listing:
    """Every listener of this machine or of a saved inspection, with verdicts.

    `everything` looks at connected udp sockets and at the connections of every port, too.
    """
    from whoseport import host

    return Listing(host=_judged(wish.saved or host.look(peers=wish.peers, bpf=wish.bpf, everything=everything)))


def inspection(wish: Wish) -> Listing:
    """One look at this machine as plain facts, for every port, without verdicts: what `inspect` saves."""
    from whoseport import host

    return Listing(host=wish.saved or host.look(peers=wish.peers, bpf=wish.bpf, everything=True))


def find(text: str, *, limit: int) -> SearchResults:
    """Ranked full-text search of registry and practice; `NotFound`, with what may have been meant, where none fits."""
    from whoseport.practice import open_practice
    from whoseport.registry import open_registry

    registry = open_registry()
    results = registry.search(text, limit=limit)
    results = (*results, *open_practice().search(text)[: max(0, limit - len(results))])
    if not results:
        raise NotFound("nothing-found", text=text, suggestions=registry.suggest(text))
    return SearchResults(results=results)


def explain(names: Iterable[str]) -> Claims:
    """The entries of these claims in the table of claims; all of them where none is named. `NotFound` for another."""
    from whoseport.classifiers.claims import CLAIMS

    known = {entry.claim: entry for entry in CLAIMS}
    wanted = tuple(names)
    for name in wanted:
        if name not in known:
            from difflib import get_close_matches

            raise NotFound("unknown-claim", name=name, suggestions=tuple(get_close_matches(name, known, n=3)))
    return Claims(claims=tuple(known[name] for name in wanted) or CLAIMS)


def _several(registry: Registry, questions: list[Question], whole: Inspection | None, wish: Wish) -> Answer | Answers:
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
    answers = tuple(_one(registry, query, whole, wish) for query in asked.values())
    if len(answers) == 1 and len(questions) == 1:
        return answers[0]
    return Answers(answers=answers, services=tuple(services))


def _one(registry: Registry, query: Query, host: Inspection | None, wish: Wish) -> Answer:
    if query.port is None:
        raise Misuse("query-empty")
    if host is not None:
        from whoseport.host import for_port

        if host.port not in (None, query.port):
            raise Misuse("inspection-of-another-port", port=host.port, asked=query.port)
        host = _judged(for_port(_asked(host, query, wish), query.port, transport=query.transport))
    from whoseport.practice import open_practice

    practice = open_practice()
    return Answer(
        query=query,
        registry=registry.lookup(query.port),
        practice=practice.facts(query.port),
        reported=practice.reported(query.port),
        browsers=practice.refused(query.port),
        host=host,
    )


def _judged(host: Inspection) -> Inspection:
    from whoseport.classifiers import judge
    from whoseport.practice import open_practice

    practice = open_practice()
    return judge(host, named=practice.named, at=practice.at)


def _asked(host: Inspection, query: Query, wish: Wish) -> Inspection:
    """With what is only done when it is asked for by name: a bind, a question to the port mapper."""
    if wish.bind and query.port is not None:
        from whoseport.host.binding import attempt

        host = host.replace(bind_attempts=attempt(query.port, transport=query.transport))
    if wish.probe and host.rpc_programs is None:
        from whoseport.probes.rpc_programs import programs

        told = programs()
        # nobody there to ask: then nothing is registered
        refused = None if isinstance(told, tuple) or told == "refused" else told
        host = host.replace(rpc_programs=told if isinstance(told, tuple) else (), rpc_refused=refused)
    return host


def _query(question: Question, port: int, transport: Transport | None) -> Query:
    return Query(port=port, transport=transport, text=question.text)


def _look(wish: Wish, *, port: int | None) -> Inspection:
    if wish.saved is not None:
        return wish.saved
    from whoseport import host

    if port is None:
        return host.look(peers=wish.peers, bpf=wish.bpf, everything=True)
    return host.look(port, peers=wish.peers or wish.deep, bpf=wish.bpf, deep=wish.deep)


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
