"""What runs there, and is it cause to worry? The verdict of the classifiers as the headline's words and as rows."""

from __future__ import annotations

from whoseport.render.escape import Safe, joined, plain
from whoseport.render.language import worded
from whoseport.render.layout import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Certainty, Concern, Evidence, Finding, Inspection, Kind, Listener, Process, Verdict
    from whoseport.render.holding import Holding
    from whoseport.render.language import Language

CERTAINTIES: dict[Certainty, str | None] = {
    "proven": None,
    "likely": worded("likely {what}"),
    "guess": worded("perhaps {what}"),
}
CERTAINTY_WORDS: dict[Certainty, str] = {
    "proven": worded("proven"),
    "likely": worded("likely"),
    "guess": worded("a guess"),
}
KINDS: dict[Kind, str] = {
    "known-service": worded("known service"),
    "moved-service": worded("known service on a port not its own"),
    "development-server": worded("development server"),
    "custom-application": worded("custom application"),
    "rpc": worded("RPC service"),
    "kernel": worded("the kernel's own socket"),
    "ephemeral": worded("a client's own port"),
    "container": worded("a container, its inside untold"),
    "unknown": worded("unknown"),
}
CONCERNS: dict[Concern, str] = {
    "none": worded("no signs seen"),
    "note": worded("note"),
    "suspicious": worded("suspicious"),
    "undetermined": worded("undetermined"),
}
CONCERNS_WITH_SIGN: dict[Concern, str] = {
    "note": worded("note: {sign}"),
    "suspicious": worded("suspicious: {sign}"),
    "undetermined": worded("undetermined; seen: {sign}"),
}
WORST: tuple[Concern, ...] = ("suspicious", "undetermined", "note", "none")
PUBLISHERS = {"docker-proxy": "Docker", "rootlessport": "Podman", "rootlesskit": "RootlessKit"}
_OF_PACKAGES = ("from-package", "checksum-intact", "unit-of-package")
_SHOWN_SIGNS = 3
_LIMIT = 40


def verdict_of(listeners: Iterable[Listener]) -> Verdict | None:
    """The verdict that counts for several sockets of one holder: the one of most concern."""
    verdicts = [listener.verdict for listener in listeners if listener.verdict is not None]
    return min(verdicts, key=lambda one: WORST.index(one.concern)) if verdicts else None


def what(host: Inspection, holding: Holding, verdict: Verdict, language: Language) -> Safe | None:
    """What runs there as a clause of the headline, with its certainty; None where the verdict has no name for it."""
    owner = holding.served_by[0] if holding.served_by else None
    name = plain(verdict.name, limit=_LIMIT) if verdict.name else None
    if verdict.kind == "custom-application" and verdict.concern == "suspicious":
        # what it calls itself is its own word, and no identification
        return language.say("a program called {name}", name=name) if name else None
    told: Safe | None
    if verdict.kind == "development-server":
        told = _developed(host, owner, name, language)
    elif verdict.kind == "custom-application":
        told = _custom(owner, name, language)
    else:
        told = _named(verdict.kind, name, language)
    if told is None:
        return None
    if owner is not None and verdict.concern != "suspicious":
        told = _with_project(verdict, told, owner, language)
    template = CERTAINTIES[verdict.certainty]
    return told if template is None else language.say(template, what=told)


def _named(kind: Kind, name: Safe | None, language: Language) -> Safe | None:
    say = language.say
    if kind == "kernel":
        return say("{name}, served by the kernel itself", name=name) if name else None
    if name is None:
        return say("an RPC service") if kind == "rpc" else None
    if kind == "rpc":
        return say("{name}, an RPC service", name=name)
    if kind == "ephemeral":
        return say("{name}, as a client's own port", name=name)
    return name if kind in ("known-service", "moved-service", "container") else None


def _developed(host: Inspection, owner: Process | None, name: Safe | None, language: Language) -> Safe:
    say = language.say
    mine = owner is not None and owner.uid is not None and owner.uid == host.privileges.uid and owner.uid != 0
    if name is not None and "server" in name.lower():
        told = say("your {name}", name=name) if mine else name
    elif name is not None:
        told = say("your {name} dev server", name=name) if mine else say("{name} dev server", name=name)
    else:
        told = say("your development server") if mine else say("a development server")
    if owner is not None and owner.user and not mine:
        told = say("{what} of {user}", what=told, user=plain(owner.user, limit=_LIMIT))
    return told


def _custom(owner: Process | None, name: Safe | None, language: Language) -> Safe | None:
    say = language.say
    if name is None:
        return None
    program = plain(owner.name, limit=_LIMIT) if owner is not None else name
    if owner is None or name.startswith(program):
        return say("{name}, a custom application", name=name)
    return say("{name}, a custom application run by {program}", name=name, program=program)


def _with_project(verdict: Verdict, told: Safe, owner: Process, language: Language) -> Safe:
    """Adds the project's name and the branch that is checked out, to what is somebody's own work."""
    project = owner.project
    if project is None or verdict.kind not in ("development-server", "custom-application"):
        return told
    name = project.name or project.folder.rstrip("/").rpartition("/")[2]
    if name:
        told = language.say("{what}, {project}", what=told, project=plain(name, limit=_LIMIT))
    if project.branch:
        told = language.say("{what}, branch {branch}", what=told, branch=plain(project.branch, limit=_LIMIT))
    return told


def up(host: Inspection, holding: Holding, language: Language) -> Safe | None:
    """How long the oldest of the holders runs, at the time of the look."""
    from whoseport.render.dates import duration, seconds

    starts = [seconds(owner.started) for owner in holding.served_by if owner.started]
    known = [start for start in starts if start is not None]
    now = seconds(host.taken_at)
    return duration(now - min(known), language) if known and now is not None and now >= min(known) else None


def suspicion(verdict: Verdict, told: Safe, language: Language) -> Safe:
    """The clause of the headline on what behaves as malware does, with the sign that weighs most."""
    from whoseport.render.claims.phrases import STRONG, WEAK, phrase

    signs = [claim for group in (STRONG, WEAK) for claim in verdict.because if claim in group]
    if not signs:
        return language.say("suspicious: {what}", what=told)
    return language.say("suspicious: {what}; {sign}", what=told, sign=phrase(signs[0], language))


def concern_rows(holding: Holding, *, language: Language, verbose: bool, rank: int) -> list[Row]:
    """Whether to worry, the signs that decided it with what they were read from, and what speaks against."""
    say = language.say
    label = say("Here")
    verdict = verdict_of(holding.listeners)
    if verdict is None:
        return []
    findings = _findings(holding)
    told: list[Row] = []
    if verbose:
        value = say(KINDS[verdict.kind])
        if verdict.name:
            value = say("{name}: {kind}", name=plain(verdict.name, limit=200), kind=value)
        value = say("{verdict}, {certainty}", verdict=value, certainty=say(CERTAINTY_WORDS[verdict.certainty]))
        told.append(Row(label=label, key=say("verdict"), value=value))
    elif "usual-practice" in verdict.because:
        from whoseport.render.claims.phrases import phrase

        value = phrase("usual-practice", language)
        told.append(Row(label=label, key=say("hint"), value=value, rank=rank + 1, whole=False))
    told += _signs(verdict, findings, language=language, rank=rank)
    if verbose:
        told += finding_rows(findings, key=say("finding"), language=language)
    return told


def _findings(holding: Holding) -> list[Finding]:
    found = [finding for listener in holding.listeners for finding in listener.findings or ()]
    return list({(one.claim, one.evidence): one for one in found}.values())


def _signs(verdict: Verdict, findings: list[Finding], *, language: Language, rank: int) -> list[Row]:
    say = language.say
    label, key = say("Here"), say("concern")
    bare = Row(label=label, key=key, value=say(CONCERNS[verdict.concern]), rank=rank)
    if verdict.concern == "none" or not verdict.because:
        return [bare]
    from whoseport.render.claims.phrases import AGAINST, STRONG, WEAK

    found = {finding.claim: finding for finding in reversed(findings)}
    told: list[Row] = []
    signs = [claim for group in (STRONG, WEAK) for claim in dict.fromkeys(verdict.because) if claim in group]
    for place, claim in enumerate(signs[:_SHOWN_SIGNS]):
        value = _sign(claim, found.get(claim), language)
        if place == 0:
            value = say(CONCERNS_WITH_SIGN[verdict.concern], sign=value)
        row = bare.replace(value=value, key=key if place == 0 else Safe(""), rank=rank if place == 0 else rank + 1)
        told.append(row)
    against = [claim for claim in dict.fromkeys(verdict.because) if claim in AGAINST]
    if told and against:
        # the program's own line tells its package
        several = [
            _sign(claim, None if claim in _OF_PACKAGES else found.get(claim), language)
            for claim in against[:_SHOWN_SIGNS]
        ]
        told.append(Row(label=label, key=say("against it"), value=joined("; ", several), rank=rank + 1))
    return told or [bare]


def _sign(claim: str, finding: Finding | None, language: Language) -> Safe:
    """`its executable was deleted (/proc/9/exe: /tmp/.x/python3 (deleted))`, with its certainty where that is less."""
    from whoseport.render.claims.phrases import phrase

    told = phrase(claim, language)
    if finding is None:
        return told
    template = CERTAINTIES[finding.certainty]
    if template is not None:
        told = language.say(template, what=told)
    return language.say(
        "{sign} ({evidence})", sign=told, evidence=evidence_text(finding.evidence[0], language, limit=120)
    )


def evidence_text(evidence: Evidence, language: Language, *, limit: int) -> Safe:
    """`SOURCE: OBSERVED`, or the source alone where nothing was noted."""
    source = plain(evidence.source, limit=limit)
    if not evidence.observed:
        return source
    return language.say("{source}: {observed}", source=source, observed=plain(evidence.observed, limit=limit))


def finding_rows(findings: Iterable[Finding], *, key: Safe, language: Language) -> list[Row]:
    """Each finding with its name, its certainty and all its evidence, as -v shows them."""
    from whoseport.render.claims.phrases import phrase

    say = language.say
    told: list[Row] = []
    for finding in findings:
        value = say(
            "{claim}, {certainty}: {phrase}",
            claim=plain(finding.claim, limit=60),
            certainty=say(CERTAINTY_WORDS[finding.certainty]),
            phrase=phrase(finding.claim, language),
        )
        told.append(Row(label=say("Here"), key=key if not told else Safe(""), value=value))
        for evidence in finding.evidence:
            seen = say("by {evidence}", evidence=evidence_text(evidence, language, limit=500))
            told.append(Row(label=say("Here"), key=Safe(""), value=seen))
    return told
