"""Every view that people read, as one text for the golden files; run as a module, it writes them anew."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.render.cases import CASES
from tests.render.facts import (
    FREE,
    HOME,
    HTTPS,
    POSTMASTER,
    PROXY,
    SNAPSHOT,
    TODAY,
    VITE,
    WEB,
    WORKERS,
    asked,
    assignment,
    host,
    listener,
    process,
    unseen,
)
from tests.render.judgements import DEVELOPED, IMPLANT, REPLACED, SUSPICIOUS, VITE_SHOP, verdict
from whoseport.model import (
    Answers,
    Change,
    Claim,
    SearchResult,
    SearchResults,
    ServiceRecord,
    Transport,
    UpdateReport,
)
from whoseport.render import explain, found, snapshot, table, text, update
from whoseport.render.language import LANGUAGES, Language, pick

GOLDEN = Path(__file__).parent / "golden"
IN_FULL = (
    "nothing-not-root",
    "postgres-seen",
    "container-published",
    "partly-seen",
    "registry-reserved",
    "two-holders",
    "judged-development",
    "judged-suspicious",
    "judged-socket-unit",
    "judged-redirected",
)
NARROW = ("nothing-not-root", "postgres-seen", "container-published", "judged-suspicious")

BUSY = host(
    listener(port=22, address="0.0.0.0", exposure="all", uid=0, user="root", unit="ssh.service", inode=1),
    listener(port=22, address="::", exposure="all", uid=0, user="root", unit="ssh.service", inode=2, v6only=True),
    *PROXY,
    listener(port=3000, address="::1", uid=1000, user="ana", inode=5, owners=(VITE,)),
    listener(owners=(POSTMASTER,), inode=6),
    listener(port=8080, address="0.0.0.0", exposure="all", inode=7, owners=WORKERS),
    listener(
        port=8787,
        address="0.0.0.0",
        exposure="all",
        inode=8,
        owners=(process(9, "python3", unit=None, executable="/tmp/.x/python3", executable_state="deleted"),),
    ),
    listener(
        transport="udp",
        protocol="udp",
        port=5353,
        address="224.0.0.251",
        exposure="multicast",
        state="unconnected",
        inode=9,
        owners=(process(31, "漢字サーバ", unit="漢字.service", user="利用者"),),
    ),
    listener(port=80, address="0.0.0.0", exposure="all", netns="4026532451", inode=10, owners=WORKERS[:1]),
    complete=False,
    unseen=(unseen("owners", subject="socket:1"), unseen("owners", subject="socket:2")),
)

PROVEN = verdict("known-service", "packaged-server", name="PostgreSQL")
JUDGED_LIST = host(
    listener(
        port=22,
        address="0.0.0.0",
        exposure="all",
        unit="ssh.service",
        inode=1,
        owners=(process(944, "sshd", unit="ssh.service"),),
        verdict=REPLACED,
    ),
    *(one.replace(verdict=verdict("known-service", "forwards", name="nginx")) for one in PROXY),
    listener(port=3000, address="::1", uid=1000, user="ana", inode=5, owners=(VITE_SHOP,), verdict=DEVELOPED),
    listener(owners=(POSTMASTER,), inode=6, verdict=PROVEN),
    listener(port=8787, address="0.0.0.0", exposure="all", inode=8, owners=(IMPLANT,), verdict=SUSPICIOUS),
    listener(
        port=8788,
        inode=9,
        unit=None,
        cgroup=None,
        verdict=verdict("known-service", "usual-practice", concern="undetermined", certainty="guess", name="Guess"),
    ),
    listener(port=8789, inode=10, container=WEB, verdict=verdict("known-service", "inside-container", name="漢字")),
    complete=False,
    unseen=(unseen("owners", subject="socket:9"),),
)
CLAIMS = (
    Claim(claim="packaged-server", topic="kind", strength="none", aspect=None, technique=None),
    Claim(claim="orphaned", topic="started", strength="none", aspect=None, technique=None),
    Claim(claim="executable-deleted", topic="concern", strength="strong", aspect="place", technique="T1070.004"),
    Claim(claim="traced", topic="concern", strength="weak", aspect="control", technique="T1055.008"),
    Claim(claim="package-upgraded", topic="concern", strength="against", aspect=None, technique=None),
    Claim(claim="bind-in-use", topic="port", strength="none", aspect=None, technique=None),
    Claim(claim="of-a-later-version", topic="concern", strength="weak", aspect="elsewhere", technique="T9999.001"),
)


def hit(port: int | None, transport: Transport | None, name: str | None, description: str) -> SearchResult:
    return SearchResult(port=port, transport=transport, service_name=name, layer="registry", text=description)


RESULTS = SearchResults(
    results=(
        hit(88, "tcp", "kerberos", "Kerberos"),
        hit(88, "udp", "kerberos", "Kerberos"),
        hit(749, "tcp", "kerberos-adm", "kerberos administration"),
        hit(None, "tcp", "kerberos-iv", "kerberos version iv"),
        hit(1, None, None, "any private use"),
        hit(5173, "tcp", None, "Vite, development").replace(layer="practice"),
        hit(5174, "tcp", None, "without a role").replace(layer="practice"),
    )
)
SEVERAL = Answers(
    answers=tuple(
        asked(
            number,
            HTTPS if number == 957 else FREE,
            host(listener(port=954, owners=(POSTMASTER,))) if number == 954 else host(),
        )
        for number in range(954, 960)
    ),
    services=(ServiceRecord(transport="tcp", assignment=assignment("https-name", "By name only")),),
)
CHANGE = Change(
    kind="added",
    transport="tcp",
    first=971,
    last=971,
    service_name="new-thing",
    differing=(),
    before=None,
    after=assignment("new-thing", "A New Thing", first=971, last=971),
)
REPORT = UpdateReport(
    status="updated",
    source="https://www.iana.org/ports.xml",
    before=SNAPSHOT.replace(updated="2026-05-01"),
    after=SNAPSHOT,
    path="/home/ana/.local/share/whoseport/snapshot.bin",
    added=(CHANGE,) * 25,
    removed=(CHANGE.replace(kind="removed", first=None, last=None, transport=None, before=CHANGE.after, after=None),),
    changed=(CHANGE.replace(kind="changed", last=980, service_name=None, differing=("assignee", "notes")),),
)


def page(name: str, language: Language, *, width: int | None = 80, verbose: bool = False, colour: bool = False) -> str:
    """One of the cases as its page."""
    return text.told(
        CASES[name], language=language, width=width, colour=colour, verbose=verbose, today=TODAY, home=HOME
    )


def views(language: Language) -> dict[str, str]:
    """Each view by a name."""
    shown = {name: page(name, language) for name in CASES}
    shown |= {f"{name}, in full": page(name, language, verbose=True) for name in IN_FULL}
    shown |= {f"{name}, 40 columns": page(name, language, width=40) for name in NARROW}
    shown["saved, piped"] = text.told(
        CASES["postgres-likely"], language=language, width=None, colour=False, verbose=False, today=TODAY, saved=True
    )
    shown["several"] = text.told(SEVERAL, language=language, width=80, colour=False, verbose=False, today=TODAY)
    shown["several, no live"] = text.told(
        Answers(answers=tuple(answer.replace(host=None) for answer in SEVERAL.answers[:2]), services=SEVERAL.services),
        language=language,
        width=80,
        colour=False,
        verbose=False,
        today=TODAY,
    )
    for width in (None, 80, 60, 40):
        shown[f"list, {width} columns"] = table.listing(
            BUSY, language=language, width=width, colour=False, home=HOME, saved=width == 60
        )
    shown["list, in full"] = table.listing(BUSY, language=language, width=None, colour=False, verbose=True)
    shown["list, nothing"] = table.listing(host(), language=language, width=80, colour=False)
    for width in (None, 80, 40):
        shown[f"list, judged, {width} columns"] = table.listing(
            JUDGED_LIST, language=language, width=width, colour=False, home=HOME
        )
    shown["list, judged by root"] = table.listing(
        JUDGED_LIST.replace(unseen=(), privileges=JUDGED_LIST.privileges.replace(uid=0)),
        language=language,
        width=80,
        colour=False,
    )
    for claim in CLAIMS:
        shown[f"explain {claim.claim}"] = explain.told((claim,), language=language, width=80, colour=False, all=False)
    for width in (80, 40):
        shown[f"explain, {width} columns"] = explain.told(
            CLAIMS, language=language, width=width, colour=False, all=True
        )
    shown["find"] = found.results(RESULTS, text="kerberos", language=language, width=80, colour=False)
    shown["find, more"] = found.results(RESULTS, text="kerberos v", language=language, width=40, colour=False, limit=2)
    shown["registry info"] = snapshot.told(SNAPSHOT, path="/usr/share/snapshot.bin", language=language, today=TODAY)
    shown["update"] = update.told(REPORT, language=language)
    for status in ("unchanged", "not-modified"):
        same = REPORT.replace(status=status, path=None, before=SNAPSHOT, added=(), removed=(), changed=())
        shown[f"update, {status}"] = update.told(same, language=language)
    return shown


def golden_text(language: Language) -> str:
    """All views under their names."""
    return "\n".join(f"==== {name}\n{shown}" for name, shown in views(language).items())


def write() -> None:
    """Writes tests/render/golden anew from the sources in hand: look at the difference before you commit it."""
    from tools.hatch_build import compile_catalogues
    from tools.messages import LOCALE

    with tempfile.TemporaryDirectory() as folder:
        for code in LANGUAGES:
            if code != "en":
                catalogue = Path(folder) / code / "LC_MESSAGES" / "whoseport.po"
                catalogue.parent.mkdir(parents=True)
                catalogue.write_bytes((LOCALE / code / "LC_MESSAGES" / "whoseport.po").read_bytes())
        compile_catalogues(Path(folder))
        for code in LANGUAGES:
            golden = golden_text(pick(code, {}, folder=folder))
            (GOLDEN / f"{code}.txt").write_text(golden, encoding="utf-8")


if __name__ == "__main__":
    write()
