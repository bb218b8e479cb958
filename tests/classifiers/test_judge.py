"""The judge as a whole: what was not seen, several owners, anything at all, and what is shared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.classifiers.making import (
    concern_of,
    daemon,
    file,
    inspection,
    judged,
    listener,
    named,
    named_file,
    process,
    project,
    related,
)
from tests.model_strategies import HOSTILE, records
from whoseport import model
from whoseport.classifiers import judge
from whoseport.classifiers.claims import CLAIMS
from whoseport.model import Listener, Process, Unseen, Variable


@pytest.mark.parametrize(
    "one",
    [
        process(None, executable_state="unseen"),
        process(executable_state="unseen"),
        process(command=None),
    ],
)
def test_without_executable_or_command_there_is_no_none(one: Process) -> None:
    assert concern_of(one)[0] == "undetermined"
    assert concern_of(one.replace(traced_by=None, name="kworker/0:0", kernel_thread=False))[0] == "suspicious"


def test_more_owners_that_were_not_seen_leave_it_undetermined() -> None:
    unseen = Unseen(missing="owners", reason="not-permitted", subject="socket:99")
    after = judged(inspection(listener(process()), listener(process(), inode=98), unseen=(unseen,)))
    verdicts = [one.verdict.concern for one in after.listeners if one.verdict is not None]
    assert verdicts == ["undetermined", "none"]


def test_a_note_does_not_hide_what_was_not_seen() -> None:
    assert concern_of(process("/tmp/server", command=None))[0] == "undetermined"


def test_signs_of_two_owners_do_not_add_up() -> None:
    in_tmp, traced = process("/tmp/server"), process("/home/ana/server", pid=2, capabilities=("CAP_SYS_PTRACE",))
    assert concern_of(in_tmp, traced)[0] == "note"
    assert concern_of(in_tmp.replace(capabilities=("CAP_SYS_PTRACE",)), traced)[0] == "suspicious"


def test_one_bad_owner_is_enough() -> None:
    assert concern_of(daemon(), daemon(pid=2), process("/tmp/a", pid=3, executable_state="deleted"))[0] == "suspicious"


def test_workers_share_a_finding_and_its_evidence() -> None:
    workers = [process("/tmp/server", pid=pid) for pid in range(50)]
    after = judged(inspection(listener(*workers)))
    findings = after.listeners[0].findings
    assert findings is not None
    (place,) = [one for one in findings if one.claim == "temporary-place"]
    assert 1 < len(place.evidence) <= 8


def test_processes_alike_share_what_is_found_and_others_do_not() -> None:
    """What is remembered of one process must never be told of another that differs in anything."""
    base = process("/srv/app/server", executable_file=file(uid=1000, open_to_all="/srv"))
    variants = [
        base,
        base.replace(pid=2),
        base.replace(pid=3, executable_file=file()),
        base.replace(pid=4, environment=(Variable(name="LD_PRELOAD", value="/dev/shm/a.so"),)),
        base.replace(pid=5, executable_state="deleted"),
        base.replace(pid=6, capabilities=("CAP_SYS_PTRACE",)),
        base.replace(pid=7, executable="/tmp/x", project=project("/tmp/x", "Makefile")),
        base.replace(pid=8, name="kthreadd"),
        base.replace(pid=9, uid=0),
        base.replace(pid=10, command=("[kworker/0:0]",)),
        base.replace(pid=11),
        base.replace(pid=12, related=(related("/bin/sh", streams=("socket:[1]", "socket:[1]", None)),)),
        base.replace(pid=13, libraries=(model.Library(path="/tmp/a.so", state="deleted", private=True),)),
        base.replace(pid=14, files=(named_file(0, "/srv/app/server"),)),
    ]
    together = judged(inspection(*[listener(one, inode=one.pid) for one in variants]))
    for one, seen in zip(variants, together.listeners, strict=True):
        alone = judged(inspection(listener(one, inode=one.pid))).listeners[0]
        assert (seen.verdict, seen.findings) == (alone.verdict, alone.findings)


def test_what_was_saved_is_judged_the_same() -> None:
    import pickle

    one = inspection(listener(process("/tmp/a", executable_state="deleted")), listener(daemon()))
    assert judged(pickle.loads(pickle.dumps(one))) == judged(one)
    assert judged(judged(one)) == judged(one)


def test_neither_number_nor_practice_is_a_sign() -> None:
    for port in (22, 4444, 31337, 6667):
        after = judge(
            inspection(listener(process(), port=port)), named=named, at=lambda _port, _transport: named("sshd")
        )
        verdict = after.listeners[0].verdict
        assert verdict is not None
        assert verdict.concern == "none"


KNOWN_CLAIMS = {entry.claim for entry in CLAIMS}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(records(model.Listener), st.lists(records(model.Mention), max_size=2), st.booleans())
def test_any_listener_can_be_judged(one: Listener, mentions: list[model.Mention], known: bool) -> None:
    look = inspection(one, mentions=tuple(mentions), netns=one.netns)
    (after,) = judge(look, named=named if known else lambda _name: (), at=lambda _port, _transport: ()).listeners
    assert after.verdict is not None
    assert after.findings is not None
    assert KNOWN_CLAIMS.issuperset(finding.claim for finding in after.findings)
    assert KNOWN_CLAIMS.issuperset(after.verdict.because)
    assert after.owners == one.owners


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.fixed_dictionaries(
        {"port_state": records(model.HeldState)}
        | {
            field: st.lists(records(kind), max_size=2).map(tuple)
            for field, kind in (
                ("mentions", model.Mention),
                ("redirects", model.Redirect),
                ("views", model.View),
                ("bind_attempts", model.BindAttempt),
                ("unseen", model.Unseen),
            )
        }
    )
)
def test_any_port_can_be_judged(fields: dict[str, Any]) -> None:
    after = judged(inspection(**fields))
    assert after.findings is not None
    assert after.port_state is not None
    assert set(fields["port_state"].because) <= set(after.port_state.because)
    assert KNOWN_CLAIMS.issuperset(finding.claim for finding in after.findings)


@pytest.mark.parametrize("text", [*HOSTILE, "\udcff", "a" * (1 << 20), "\u202e" * (1 << 20), "/." * (1 << 19)])
def test_hostile_texts_are_judged_and_told_shortly(text: str) -> None:
    one = process(
        f"/{text}",
        name=text,
        command=(text, "-e", text, text),
        working_directory=text,
        environment=(Variable(name="LD_PRELOAD", value=text),),
        libraries=(model.Library(path=text, state="deleted", private=True),),
        streams=model.Streams(input=text, output=text, error=text),
        files=(model.NamedFile(argument=1, path=text, state="missing", uid=None, mode=None, package=None),),
    )
    python = one.replace(executable="/usr/bin/python3.11", command=("python3", "-c", text))
    after = judged(inspection(listener(one, python)))
    findings = after.listeners[0].findings
    assert findings is not None
    for finding in findings:
        assert all(len(each.observed) < 4096 for each in finding.evidence), finding.claim
