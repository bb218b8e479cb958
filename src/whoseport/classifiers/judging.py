"""What is each listener of an inspection, and is there cause for concern? Found once for what is alike.

What a listener is comes from kinds.py. Whether to worry is found by one file for each kind of sign, listed here, and
weighed by weigh.py.
"""

from __future__ import annotations

from whoseport.classifiers import (
    control,
    deception,
    executable,
    exposure,
    imitation,
    inline,
    kinds,
    memory,
    names,
    offers,
    package_files,
    port,
    preload,
    privilege,
    shells,
)
from whoseport.classifiers.found import merged
from whoseport.classifiers.subject import Subject
from whoseport.classifiers.views import Views
from whoseport.classifiers.weigh import certainty, weigh, worst
from whoseport.model import Verdict
from whoseport.record import MANY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from whoseport.classifiers.kinds import Scene
    from whoseport.classifiers.settled import Settled
    from whoseport.model import Concern, Finding, Inspection, Listener, Mention, Process, Software, Transport

    Named = Callable[[str], tuple[Software, ...]]
    At = Callable[[int, Transport], tuple[Software, ...]]

NAME_SIGNS: tuple[Callable[[Subject], list[Finding]], ...] = (
    names.findings,
    deception.findings,
    imitation.findings,
    package_files.findings,
)
"""What the names of a process give to think, among them the one that it chose for itself."""

PROCESS_SIGNS: tuple[Callable[[Subject], list[Finding]], ...] = (
    executable.findings,
    shells.findings,
    offers.findings,
    inline.findings,
    preload.findings,
    memory.findings,
    control.findings,
    privilege.findings,
)
"""What else a process gives to think. None of these looks at that name, so processes alike share what is found."""


def judged(inspection: Inspection, *, named: Named, at: At) -> tuple[Listener, ...]:
    """The listeners with their findings and verdicts, in their order."""
    judging = _Judging(inspection, named=named, at=at)
    return tuple([judging.judged(listener) for listener in inspection.listeners])


class _Judging:
    """Judges one listener after another; what several have in common is found once."""

    def __init__(self, inspection: Inspection, *, named: Named, at: At) -> None:
        self._inspection = inspection
        self._named = _remembered(named)
        self._at = at
        self._cache: dict[str, Any] = {}
        self._views = Views(inspection)
        self._signs: dict[int, tuple[Finding, ...]] = {}
        self._of_shape: dict[tuple[object, ...], tuple[Finding, ...]] = {}
        self._verdicts: dict[tuple[object, ...], Verdict] = {}
        self._uncertain = {one.subject for one in inspection.unseen if one.missing == "owners"}
        self._no_packages = any(one.missing == "package" for one in inspection.unseen)
        self._mentions: dict[int, list[Mention]] = {}
        for mention in inspection.mentions or ():
            if mention.kind == "configuration" and mention.first == mention.last:
                self._mentions.setdefault(mention.first, []).append(mention)
        if len(inspection.listeners) >= MANY:
            for made in (type(inspection.listeners[0]), Verdict):
                made.expect_many()

    def judged(self, listener: Listener) -> Listener:
        settled = kinds.settle(listener, self._inspection, named=self._named, at=self._at, cache=self._cache)
        concern, deciding, signs = self._concern(listener, settled)
        findings = (*settled.findings, *signs) if signs else settled.findings
        sure = certainty(settled.certainty, concern, signs, deciding)
        key = settled.kind, settled.name, sure, concern, settled.because, deciding
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = Verdict(
                kind=settled.kind,
                concern=concern,
                certainty=sure,
                because=tuple(dict.fromkeys((*deciding, *settled.because) if deciding else settled.because)),
                name=settled.name,
            )
        return listener.replace(findings=findings, verdict=verdict)

    def _concern(self, listener: Listener, settled: Settled) -> tuple[Concern, tuple[str, ...], tuple[Finding, ...]]:
        of_socket = self._views.findings(listener)
        if self._inspection.mentions:
            of_socket += port.offered_shells(self._inspection, listener)
        if not listener.owners:
            known = settled.kind == "kernel" and settled.certainty == "proven"
            concern, deciding = weigh(of_socket, seen=known)
            return concern, deciding, tuple(of_socket)
        all_seen = None not in self._uncertain and f"socket:{listener.inode}" not in self._uncertain
        mentions = self._mentions.get(listener.port, ()) if self._mentions else ()
        weighed = []
        every: list[Finding] = []
        for owner in listener.owners:
            signs = self._signs_of(owner)
            own = (*of_socket, *signs)
            if mentions:
                own = (*own, *exposure.findings(listener, owner, mentions))
            every += own
            weighed.append(weigh(own, seen=all_seen and _was_seen(owner)))
        concern, deciding = weighed[0] if len(weighed) == 1 else worst(weighed)
        return concern, deciding, merged(every) if every else ()

    def _signs_of(self, process: Process) -> tuple[Finding, ...]:
        known = self._signs.get(process.pid)
        if known is not None:
            return known
        scene: Scene | None = self._cache.get("kinds")
        start = None if scene is None else scene.portrait(process).start
        subject = Subject(process, named=self._named, start=start)
        shape = _shape(process)
        made = self._of_shape.get(shape) if shape is not None else None
        if made is None:
            made = tuple([one for sign in PROCESS_SIGNS for one in sign(subject)])
            if shape is not None and not any(one.source.startswith("/proc/") for sign in made for one in sign.evidence):
                self._of_shape[shape] = made
        of_names = [one for sign in NAME_SIGNS for one in sign(subject)]
        if of_names and self._no_packages:
            # without the databases nobody knows what a package owns
            of_names = [one for one in of_names if one.claim != "server-without-package"]
        known = self._signs[process.pid] = (*made, *of_names) if of_names else made
        return known


def _shape(process: Process) -> tuple[object, ...] | None:
    """All that signs are found by, for processes that are alike; None for one that has something of its own.

    What the host gives to several processes as one value is compared by its identity, which is quick and misses none
    that differ.
    """
    if process.related or process.libraries or process.traced_by is not None:
        return None
    streams = process.streams
    return (
        process.executable,
        process.executable_state,
        process.command,
        process.uid,
        process.unit,
        process.package,
        process.package_version,
        process.kernel_thread,
        process.working_directory,
        None if streams is None or streams.input is None else (streams.input[:6], streams.input == streams.output),
        process.files
        and tuple([(one.argument, one.path, one.state, one.uid, one.mode, one.package) for one in process.files]),
        id(process.container),
        id(process.parents),
        id(process.executable_file),
        id(process.environment),
        id(process.capabilities),
        id(process.project),
    )


def _was_seen(process: Process) -> bool:
    """Whether so much of a process was seen that no signs means none."""
    if process.kernel_thread:
        return True
    return process.executable_state != "unseen" and process.executable is not None and process.command is not None


def _remembered(named: Named) -> Named:
    known: dict[str, tuple[Software, ...]] = {}

    def ask(name: str) -> tuple[Software, ...]:
        found = known.get(name)
        if found is None:
            found = known[name] = named(name)
        return found

    return ask
