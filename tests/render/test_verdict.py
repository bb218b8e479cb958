"""What a verdict is told as: certainty in words, whose it is, what is suspicious first, no more than was seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.render.facts import HBCI, TODAY, VITE, WEB, asked, host, listener, process, unseen
from tests.render.judgements import DELETED, DEVELOPED, SHOP, SUSPICIOUS, VITE_SHOP, finding, verdict
from whoseport.model import Finding, Inspection, Process, Verdict
from whoseport.render import text
from whoseport.render.language import ENGLISH

SERVER = process(812, "postgres", unit="postgresql.service")


def page(here: Inspection, *, verbose: bool = False) -> str:
    return text.told(asked(3000, HBCI, here), language=ENGLISH, width=None, colour=False, verbose=verbose, today=TODAY)


def headline(here: Inspection) -> str:
    return page(here).splitlines()[0]


def held(told: Verdict, *owners: Process, findings: tuple[Finding, ...] = (), **changes: Any) -> Inspection:
    return host(listener(port=3000, owners=owners, unit=None, verdict=told, findings=findings, **changes))


@pytest.mark.parametrize(
    ("certainty", "words"),
    [("proven", "PostgreSQL, unit"), ("likely", "likely PostgreSQL, unit"), ("guess", "perhaps PostgreSQL, unit")],
)
def test_certainty_is_told_in_words(certainty: Any, words: str) -> None:
    told = verdict("known-service", "packaged-server", certainty=certainty, name="PostgreSQL")
    assert headline(held(told, SERVER)) == f"Port 3000: {words} postgresql."


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("known-service", "nginx", "nginx, unit postgresql."),
        ("moved-service", "nginx", "nginx, unit postgresql, on a port not its own."),
        ("custom-application", "report.jar", "report.jar, a custom application run by postgres, unit postgresql."),
        ("custom-application", "postgres.py", "postgres.py, a custom application, unit postgresql."),
        ("rpc", "rpc.statd", "rpc.statd, an RPC service, unit postgresql."),
        ("rpc", None, "an RPC service, unit postgresql."),
        ("kernel", "nfsd", "nfsd, served by the kernel itself, unit postgresql."),
        ("ephemeral", "Firefox", "Firefox, as a client's own port, unit postgresql."),
        ("unknown", "whatever", "held by postgres, unit postgresql."),
        ("custom-application", None, "held by postgres, unit postgresql."),
        ("known-service", None, "held by postgres, unit postgresql."),
    ],
)
def test_every_kind_has_its_words(kind: Any, name: str | None, words: str) -> None:
    assert headline(held(verdict(kind, name=name), SERVER)) == f"Port 3000: {words}"


class TestDevelopment:
    def test_it_is_yours_only_if_you_run_it(self) -> None:
        assert headline(held(DEVELOPED, VITE_SHOP)) == (
            "Port 3000: your Vite dev server, shop, branch fix-cart, up 2 h."
        )
        assert "Vite dev server of eva, shop" in headline(held(DEVELOPED, VITE_SHOP.replace(uid=1001, user="eva")))
        by_root = held(DEVELOPED, VITE_SHOP)
        assert "Vite dev server of ana" in headline(
            by_root.replace(privileges=by_root.privileges.replace(uid=0, user="root"))
        )
        roots = held(DEVELOPED, VITE_SHOP.replace(uid=0, user="root"))
        assert "Vite dev server of root" in headline(
            roots.replace(privileges=roots.privileges.replace(uid=0, user="root"))
        )
        nobody = held(DEVELOPED, VITE.replace(uid=None, user=None))
        assert "your" not in headline(nobody.replace(privileges=nobody.privileges.replace(uid=None)))

    def test_a_project_without_a_name_is_called_by_its_folder(self) -> None:
        owner = VITE.replace(project=SHOP.replace(name=None, branch=None))
        assert ", shop-fix-cart, up" in headline(held(DEVELOPED, owner))

    def test_the_worktree_is_told_beside_the_folder(self) -> None:
        assert "/home/ana/code/shop-fix-cart, worktree of /home/ana/code/shop\n" in page(held(DEVELOPED, VITE_SHOP))


class TestConcern:
    def test_what_is_suspicious_comes_first(self) -> None:
        evil = process(9, "python3", unit=None)
        here = host(
            listener(port=3000, owners=(SERVER,), verdict=verdict("known-service", name="PostgreSQL")),
            listener(port=3000, address="10.0.0.1", owners=(evil,), verdict=SUSPICIOUS, findings=(DELETED,)),
        )
        first = headline(here)
        assert first.startswith("Port 3000: suspicious: a program called python3; its executable was deleted")
        assert first.endswith("; also PostgreSQL, unit postgresql.")
        shown = page(here)
        assert shown.index("python3 9") < shown.index("postgres 812")

    def test_a_suspect_without_a_name_is_called_by_its_processes(self) -> None:
        told = verdict("unknown", "executable-deleted", concern="suspicious")
        assert headline(held(told, process(9, "kworker"), findings=(DELETED,))) == (
            "Port 3000: suspicious: kworker; its executable was deleted."
        )
        assert headline(held(told)).startswith("Port 3000: suspicious: held by the kernel itself")

    def test_a_sign_is_as_certain_as_its_finding(self) -> None:
        for certainty, words in (("likely", "likely its executable"), ("proven", "suspicious: its executable")):
            shown = page(held(SUSPICIOUS, SERVER, findings=(DELETED.replace(certainty=certainty),)))
            assert f"{words} was deleted (/proc/9/exe: /tmp/.x/python3 (deleted))" in shown

    def test_counter_evidence_is_told(self) -> None:
        told = verdict("known-service", "executable-replaced", "package-upgraded", concern="note", name="x")
        found = (finding("package-upgraded", "/var/lib/dpkg/status", "openssh-server"),)
        shown = page(held(told, SERVER, findings=found))
        assert "concern    note: its executable was replaced since it started\n" in shown
        assert "its package was upgraded since it started (/var/lib/dpkg/status: openssh-server)\n" in shown

    def test_nothing_is_called_safe_or_clean(self) -> None:
        shown = page(held(verdict("known-service", name="x"), SERVER))
        assert "concern    no signs seen\n" in shown
        assert "safe" not in shown
        assert "clean" not in shown

    def test_what_could_not_be_seen_is_undetermined(self) -> None:
        told = verdict("known-service", "temporary-place", concern="undetermined", certainty="likely", name="x")
        assert "concern    undetermined; seen: it runs from a temporary folder\n" in page(held(told))
        bare = page(held(told.replace(because=("unit-of-server",))))
        assert "concern    undetermined\n" in bare

    def test_the_sign_can_be_explained_and_nothing_is_stopped(self) -> None:
        steps = page(held(SUSPICIOUS, SERVER, findings=(DELETED,))).split("\n\n")[-1]
        assert "whoseport explain executable-deleted" in steps
        assert "whoseport stop" not in steps
        assert "kill" not in steps

    def test_a_note_needs_no_explanation_among_the_steps(self) -> None:
        told = verdict("known-service", "temporary-place", concern="note", name="x")
        assert "explain" not in page(held(told, SERVER))

    def test_a_hint_of_practice_says_so(self) -> None:
        told = verdict("known-service", "usual-practice", certainty="guess", concern="undetermined", name="Redis")
        assert "hint       commonly run on this port; nothing here confirms it\n" in page(held(told))


def test_a_holder_without_a_verdict_is_not_passed_over() -> None:
    known = listener(port=3000, owners=(SERVER,), verdict=verdict("known-service", name="PostgreSQL"))
    other = listener(port=3000, address="10.0.0.1", owners=(process(7, "other", unit=None),))
    assert headline(host(known, other)) == "Port 3000: PostgreSQL, unit postgresql; also other."
    hidden = other.replace(owners=(), unit=None, cgroup=None, inode=99)
    assert "who else, could not be seen" in headline(
        host(known, hidden, unseen=(unseen("owners", subject="socket:99"),))
    )
    assert "and by the kernel itself" in headline(host(known, hidden))


def test_a_container_is_named_with_what_runs_inside() -> None:
    told = verdict("moved-service", "inside-container", name="nginx")
    assert headline(held(told, process(5, "nginx", container=WEB))) == (
        "Port 3000: nginx in container web, on a port not its own."
    )
    untold = verdict("container", "inside-container")
    assert headline(held(untold, process(5, "nginx", container=WEB))) == "Port 3000: container web."


def test_every_finding_is_told_in_full() -> None:
    found = (DELETED, finding("from-package", "packages", "x", "guess"), finding("of-a-later-version", "a", "b"))
    shown = page(held(SUSPICIOUS, SERVER, findings=found), verbose=True)
    for line in (
        "executable-deleted, proven: its executable was deleted\n",
        "by /proc/9/exe: /tmp/.x/python3 (deleted)\n",
        "from-package, a guess: its file belongs to a package\n",
        "of-a-later-version, proven: of-a-later-version\n",
    ):
        assert line in shown


def test_that_a_package_owns_the_file_is_told_shortly() -> None:
    told = verdict("known-service", "offers-shell", "from-package", name="netcat", concern="suspicious")
    owned = finding("from-package", "packages", "/usr/bin/nc.traditional: netcat-traditional 1.10")
    offers = finding("offers-shell", "/proc/9/cmdline", "-e /bin/sh")
    here = held(told, SERVER, findings=(offers, owned))
    (line,) = [line for line in page(here).splitlines() if "against it" in line]
    assert line.split("against it")[1].strip() == "its file belongs to a package"
    assert "netcat-traditional 1.10" in page(here, verbose=True)
