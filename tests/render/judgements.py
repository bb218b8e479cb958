"""What classifiers and practice add to the facts made by hand: findings, verdicts, mentions, redirects, reports."""

from __future__ import annotations

from typing import Any

from tests.render.facts import VITE, made, process
from whoseport.model import (
    Answer,
    BrowserRefusal,
    Certainty,
    Concern,
    Evidence,
    ExecutableFile,
    Finding,
    Kind,
    Library,
    Mention,
    NamedFile,
    ParentProcess,
    PracticeFact,
    Process,
    Project,
    Redirect,
    RelatedProcess,
    ReportedUse,
    Source,
    Streams,
    Variable,
    Verdict,
)


def finding(claim: str, source: str, observed: str, certainty: Certainty = "proven") -> Finding:
    return Finding(claim=claim, certainty=certainty, evidence=(Evidence(source=source, observed=observed),))


def verdict(
    kind: Kind, *because: str, concern: Concern = "none", certainty: Certainty = "proven", name: str | None = None
) -> Verdict:
    return Verdict(kind=kind, concern=concern, certainty=certainty, because=because, name=name)


def mention(**changes: Any) -> Mention:
    result: Mention = made(
        Mention,
        {
            "kind": "configuration",
            "path": "/etc/redis/redis.conf",
            "line": 138,
            "transport": "tcp",
            "first": 6379,
            "last": 6379,
            "address": None,
            "name": "redis-server",
            "program": None,
            "package": "redis-server",
            "text": "port 6379",
        },
        changes,
    )
    return result


def redirect(**changes: Any) -> Redirect:
    result: Redirect = made(
        Redirect,
        {
            "system": "nftables",
            "family": "ip",
            "table": "nat",
            "chain": "DOCKER",
            "hook": "prerouting",
            "transport": "tcp",
            "first": 8080,
            "last": 8080,
            "address": None,
            "interface": None,
            "to_address": "172.18.0.3",
            "to_port": 8443,
            "comment": None,
        },
        changes,
    )
    return result


def fact(software: str, **changes: Any) -> PracticeFact:
    result: PracticeFact = made(
        PracticeFact,
        {
            "software": software,
            "transport": "tcp",
            "first": 3000,
            "last": 3000,
            "role": "default",
            "source": Source(title=software.lower(), version="1.2", where="docs/settings, PORT"),
        },
        changes,
    )
    return result


STANDARD = Source(title="Fetch standard", version=None, where="section 2.9, port blocking")
BROWSERS = (
    BrowserRefusal(browser="fetch-standard", since="2021-04", source=STANDARD),
    BrowserRefusal(browser="firefox", since=None, source=Source(title="Firefox", version="140", where="nsIOService")),
    BrowserRefusal(browser="chromium", since=None, source=Source(title="Chromium", version=None, where="port_util.cc")),
)
REPORTED = tuple(
    ReportedUse(
        family=family,
        transport=None,
        side="listening" if family == "HARDRAIN" else "remote",
        endpoints=number,
        references=("https://reports.example/1",),
        source=Source(title="Maltrail", version=None, where="trails"),
    )
    for family, number in (("njrat", 120), ("asyncrat", 7), ("quasar", 1), ("remcos", None), ("HARDRAIN", None))
)

SHOP = Project(
    folder="/home/ana/code/shop-fix-cart",
    name="shop",
    markers=("package.json", "vite.config.ts"),
    dependencies=("vite", "react"),
    repository="/home/ana/code/shop-fix-cart",
    branch="fix-cart",
    worktree_of="/home/ana/code/shop",
)
VITE_SHOP = VITE.replace(project=SHOP)
DEVELOPED = verdict("development-server", "development-command", "development-project", name="Vite")
IMPLANT: Process = process(
    9,
    "python3",
    executable="/tmp/.x/python3",
    executable_state="deleted",
    command=("python3",),
    uid=1000,
    user="ana",
    unit=None,
    package=None,
    package_version=None,
    working_directory="/",
    terminal="pts/3",
    streams=Streams(input="socket:[41]", output="socket:[41]", error=None),
    related=(
        RelatedProcess(
            pid=10,
            name="sh",
            relation="child",
            executable="/bin/dash",
            command=("sh", "-i"),
            streams=Streams(input="socket:[41]", output=None, error=None),
        ),
        RelatedProcess(pid=11, name="cat", relation="pipe", executable="/bin/cat", command=None, streams=None),
    ),
    executable_file=ExecutableFile(
        uid=1000,
        gid=1000,
        mode=0o100755,
        size=6_831_704,
        modified="2026-11-23T20:00:00Z",
        changed="2026-11-23T20:00:01Z",
        links=0,
        capabilities=("CAP_NET_RAW",),
        filesystem="tmpfs",
        open_to_all="/tmp/.x",
        checksum="changed",
        sha256="cd" * 32,
    ),
    files=(
        NamedFile(argument=1, path="/tmp/.x/run.py", state="missing", uid=None, mode=None, package=None),
        NamedFile(argument=2, path="/etc/run.conf", state="present", uid=0, mode=0o644, package="run"),
    ),
    environment=(Variable(name="LD_PRELOAD", value="/tmp/.x/a.so"), Variable(name="PORT", value="8787")),
    libraries=(
        Library(path="/tmp/.x/a.so", state="deleted"),
        Library(path="/memfd:x", state="memory"),
        Library(path="/opt/b.so", state="present"),
    ),
    capabilities=("CAP_NET_RAW", "CAP_SYS_PTRACE"),
    traced_by=ParentProcess(pid=77, name="gdb"),
    project=SHOP.replace(name=None, folder="/tmp/.x/app", repository="/tmp/.x", worktree_of=None),
)
DELETED = finding("executable-deleted", "/proc/9/exe", "/tmp/.x/python3 (deleted)")
WIRED = finding("shell-on-socket", "/proc/10/fd/0", "socket:[41]", "likely")
SUSPICIOUS = verdict(
    "custom-application",
    "own-binary",
    "executable-deleted",
    "shell-on-socket",
    concern="suspicious",
    name="python3",
)
REPLACED = verdict(
    "known-service", "packaged-server", "executable-replaced", "package-upgraded", concern="note", name="OpenSSH"
)


def practised(answer: Answer, *facts: PracticeFact, **layers: Any) -> Answer:
    result: Answer = answer.replace(practice=facts, **({"reported": (), "browsers": ()} | layers))
    return result
