"""Packages that vouch, debuggers, capabilities, files of others, configurations: hostile beside honest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.classifiers.making import (
    concern_of,
    daemon,
    file,
    inspection,
    judged,
    listener,
    named_file,
    parent,
    process,
    subject,
)
from whoseport.classifiers import control, exposure, package_files, privilege
from whoseport.model import Container, Mention, Process

BOX = Container(id="0" * 64, name="web", image=None, runtime="docker")


def claims(module: Any, one: Process) -> list[str]:
    return [finding.claim for finding in module.findings(subject(one))]


def test_a_file_that_differs_from_its_package_is_strong() -> None:
    changed = daemon(executable_file=file(checksum="changed"))
    assert claims(package_files, changed) == ["from-package", "file-changed"]
    assert concern_of(changed)[0] == "suspicious"


@pytest.mark.parametrize("checksum", ["intact", "unlisted", None])
def test_other_packaged_files_are_honest(checksum: Any) -> None:
    one = daemon(executable_file=file(checksum=checksum))
    assert "file-changed" not in claims(package_files, one)
    assert concern_of(one)[0] == "none"


def test_the_old_file_of_an_upgraded_package_differs_honestly() -> None:
    old = daemon(executable_state="replaced", executable_file=file(checksum="changed", links=0))
    assert "file-changed" not in claims(package_files, old)
    assert concern_of(old)[0] == "note"


def test_a_debugger_is_a_note_and_explained() -> None:
    by_gdb = process(traced_by=parent("gdb", executable="/usr/bin/gdb"))
    assert claims(control, by_gdb) == ["traced", "debugger-of-same-user"]
    assert concern_of(by_gdb)[0] == "note"
    in_tmp = process("/tmp/x", traced_by=parent("gdb", executable="/usr/bin/gdb"))
    assert concern_of(in_tmp)[0] == "note"


def test_an_unknown_tracer_is_a_weak_sign() -> None:
    assert claims(control, process(traced_by=parent("inject", executable="/tmp/inject"))) == ["traced"]
    # called like a debugger, and lies where none is installed
    assert claims(control, process(traced_by=parent("gdb", executable="/tmp/.x/gdb"))) == ["traced"]
    assert concern_of(process("/tmp/x", traced_by=parent("inject", executable="/tmp/inject")))[0] == "suspicious"
    assert claims(control, process()) == []


@pytest.mark.parametrize(
    ("one", "odd"),
    [
        (process(capabilities=("CAP_SYS_PTRACE",)), True),
        (process(capabilities=("CAP_SETUID", "CAP_NET_BIND_SERVICE")), True),
        (process(capabilities=("CAP_NET_BIND_SERVICE",)), False),
        (process(capabilities=("CAP_NET_RAW", "CAP_NET_ADMIN")), False),
        (process(capabilities=("CAP_SYS_PTRACE",), unit="agent.service"), False),
        (process(capabilities=("CAP_SYS_PTRACE",), unit="session-3.scope"), True),
        (process(capabilities=("CAP_SYS_PTRACE",), package="agent"), False),
        (process(capabilities=("CAP_SYS_PTRACE",), container=BOX), False),
        (process(capabilities=("CAP_SYS_ADMIN",), uid=0), False),
        (process(capabilities=("CAP_SYS_ADMIN", *(f"CAP_{number}" for number in range(40)))), False),
        (process(executable_file=file(mode=0o4755)), True),
        (process(executable_file=file(mode=0o4755), package="fping"), False),
        (process(executable_file=file(mode=0o4755, uid=1000)), False),
    ],
)
def test_capabilities(one: Process, odd: bool) -> None:
    assert (claims(privilege, one) == ["odd-capabilities"]) is odd
    assert concern_of(one)[0] in (("note",) if odd else ("none",))


@pytest.mark.parametrize(
    ("one", "risky"),
    [
        (process(uid=0, executable_file=file(uid=1000)), True),
        (process(uid=0, executable_file=file(mode=0o757)), True),
        (process(uid=0, executable_file=file()), False),
        (process(uid=1000, executable_file=file(uid=1000)), False),
        (process(uid=0, executable_file=file(uid=1000), parents=(parent("sudo"), parent("bash"))), False),
        (process(uid=0, executable_file=file(uid=1000), container=BOX), False),
        (process("/tmp/x", uid=0, executable_file=file(mode=0o777)), False),
        (
            process(
                "/usr/bin/python3.11",
                uid=0,
                package="python3.11-minimal",
                command=("python3", "/srv/a.py"),
                files=(named_file(1, "/srv/a.py", uid=1000),),
            ),
            True,
        ),
        (
            process(
                "/usr/bin/python3.11",
                uid=0,
                package="python3.11-minimal",
                command=("python3", "/usr/bin/supervisord"),
                files=(named_file(1, "/usr/bin/supervisord", uid=0, package="supervisor"),),
            ),
            False,
        ),
    ],
)
def test_what_others_may_change_and_root_runs(one: Process, risky: bool) -> None:
    assert ("runs-others-file-as-root" in claims(privilege, one)) is risky
    assert concern_of(one)[0] == ("note" if risky else concern_of(one.replace(uid=1000))[0])


def mention(address: str | None, **other: Any) -> Mention:
    fields: dict[str, Any] = {
        "kind": "configuration",
        "path": "/etc/redis/redis.conf",
        "line": 138,
        "transport": None,
        "first": 4000,
        "last": 4000,
        "name": None,
        "program": None,
        "package": "redis-server",
        "text": "port 4000",
    }
    return Mention(address=address, **(fields | other))


REDIS = daemon("/usr/bin/redis-check-rdb", name="redis-server", package="redis-server", unit="redis.service")


@pytest.mark.parametrize(
    ("mentions", "expected"),
    [
        ((mention("127.0.0.1"), mention("-::1")), True),
        ((mention("localhost"),), True),
        ((mention("127.0.0.1"), mention("10.0.0.1")), False),
        ((mention(None),), False),
        ((mention("127.0.0.1", package="other", path="/etc/other.conf"),), False),
        ((mention("127.0.0.1", package=None),), True),
        ((mention("127.0.0.1", kind="firewalld"),), False),
        ((mention("127.0.0.1", first=4001, last=4001),), False),
        ((mention("127.0.0.1", transport="udp"),), False),
        ((), False),
    ],
)
def test_wider_than_its_own_configuration(mentions: tuple[Mention, ...], expected: bool) -> None:
    wide = listener(REDIS, address="0.0.0.0", exposure="all")
    made = [finding.claim for finding in exposure.findings(wide, REDIS, mentions)]
    assert (made == ["wider-than-configured"]) is expected
    verdict = judged(inspection(wide, mentions=mentions)).listeners[0].verdict
    assert verdict is not None
    assert verdict.concern == ("note" if expected else "none")


def test_as_narrow_as_configured_is_honest() -> None:
    assert exposure.findings(listener(REDIS), REDIS, (mention("127.0.0.1"),)) == []
