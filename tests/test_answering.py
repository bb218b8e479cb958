"""Where rooms meet: words that mean who listens here, ranges, transports, and what is asked of a saved look."""

from __future__ import annotations

import pytest

import whoseport
from tests import examples
from whoseport.answering import Wish, answer, find, inspection, listing
from whoseport.model import (
    Answer,
    Answers,
    Candidate,
    Container,
    Inspection,
    Listener,
    Misuse,
    NotFound,
    Privileges,
    Process,
    Settings,
    Unseen,
)

OTHER = Process(
    pid=4242,
    started=None,
    name="other",
    executable=None,
    executable_state="unseen",
    command=None,
    uid=1000,
    user=None,
    unit=None,
    slice=None,
    container=None,
    package=None,
    working_directory=None,
    parents=(),
)


def process(**changes: object) -> Process:
    return OTHER.replace(**changes)


def listener(port: int, **changes: object) -> Listener:
    """A listener that bears no name but those that are given."""
    bare: dict[str, object] = {"owners": (OTHER,), "unit": None, "container": None, "cgroup": None}
    return examples.listener(port).replace(**(bare | changes))


def look(*listeners: Listener, unseen: tuple[Unseen, ...] = ()) -> Inspection:
    return Inspection(
        hostname="example",
        taken_at="2026-08-17T12:00:00Z",
        backend="linux",
        privileges=Privileges(uid=0, user="root", capabilities=()),
        version="0.1.0",
        complete=not unseen,
        netns="4026531840",
        settings=Settings(unprivileged_port_start=1024, ephemeral=None, reserved=()),
        port_connections=(),
        listeners=listeners,
        unseen=unseen,
    )


HERE = look(
    listener(
        port=8080,
        unit="shop.service",
        owners=(process(name="gunicorn", executable="/opt/shop/bin/python3", working_directory="/srv/bakery"),),
    ),
    listener(
        port=8081, container=Container(id="4f1c9a02be77" + "0" * 52, name="web", image="nginx:1.27", runtime=None)
    ),
    listener(port=8082, owners=(), candidates=(Candidate(pid=7, name="caddy", because="in-socket-cgroup"),)),
    listener(port=8083, owners=(process(name="db", package="postgresql-16"),)),
)


@pytest.mark.parametrize(
    ("word", "port"),
    [
        ("gunicorn", 8080),
        ("python3", 8080),
        ("SHOP", 8080),
        ("shop.service", 8080),
        ("bakery", 8080),
        ("web", 8081),
        ("4f1c9a02be77", 8081),
        ("caddy", 8082),
        ("postgresql-16", 8083),
    ],
)
def test_a_word_finds_who_listens_here(word: str, port: int) -> None:
    found = answer([word], Wish(saved=HERE))
    assert isinstance(found, Answer)
    assert found.query.port == port
    assert found.query.text == word
    assert found.host is not None
    assert found.host.port_state is not None
    assert found.host.port_state.state == "held"


@pytest.mark.parametrize("word", ["4f1c9", "shop.servic", "python", ""])
def test_a_part_of_a_name_finds_nothing(word: str) -> None:
    with pytest.raises((NotFound, Misuse)):
        answer([word], Wish(saved=HERE))


def test_a_name_that_nothing_bears_tells_what_may_have_been_meant_and_what_was_not_seen() -> None:
    with pytest.raises(NotFound) as complete:
        answer(["httpss"], Wish(saved=HERE))
    assert "https" in complete.value.fields["suggestions"]  # type: ignore[operator]
    assert complete.value.fields["unseen"] is False
    hidden = look(unseen=(Unseen(missing="owners", reason="not-permitted", subject="socket:1"),))
    with pytest.raises(NotFound) as partial:
        answer(["httpss"], Wish(saved=hidden))
    assert partial.value.fields["unseen"] is True


def test_a_name_of_the_registry_and_of_a_program_means_both() -> None:
    here = look(listener(port=8443, owners=(process(name="https"),)))
    found = answer(["https"], Wish(saved=here))
    assert isinstance(found, Answers)
    assert [one.query.port for one in found.answers] == [443, 8443]


def test_a_transport_narrows_what_is_shown_of_this_machine() -> None:
    here = look(listener(port=5353, transport="udp", protocol="udp", state="unconnected"))
    udp = answer(["5353/udp"], Wish(saved=here))
    tcp = answer(["5353/tcp"], Wish(saved=here))
    assert isinstance(udp, Answer)
    assert isinstance(tcp, Answer)
    assert udp.host is not None
    assert tcp.host is not None
    assert len(udp.host.listeners) == 1
    assert tcp.host.listeners == ()


def test_the_same_port_asked_twice_is_answered_once() -> None:
    found = answer(["80", "http", ":80"], Wish(live=False))
    assert isinstance(found, Answers)
    assert [one.query.port for one in found.answers].count(80) == 1


def test_a_service_without_a_port_is_an_answer_too() -> None:
    found = answer(["airdrop"], Wish(live=False))
    assert isinstance(found, Answers)
    assert found.answers == ()
    assert [service.assignment.service_name for service in found.services] == ["airdrop"]


def test_the_whole_port_space_is_answered() -> None:
    found = answer(["0-65535"], Wish(live=False))
    assert isinstance(found, Answers)
    assert len(found.answers) == 65536


def test_no_question_is_misuse() -> None:
    with pytest.raises(Misuse):
        answer([], Wish(live=False))


def test_a_listing_of_a_saved_look_is_that_look() -> None:
    shown = listing(Wish(saved=HERE)).host
    assert all(one.verdict is not None for one in shown.listeners)
    plain = [one.replace(findings=None, verdict=None) for one in shown.listeners]
    assert shown.replace(listeners=tuple(plain)) == HERE
    assert inspection(Wish(saved=HERE)).host is HERE


def test_nothing_found_tells_what_may_have_been_meant() -> None:
    with pytest.raises(NotFound) as missed:
        find("kerberso", limit=5)
    assert "kerberos" in missed.value.fields["suggestions"]  # type: ignore[operator]
    assert len(find("kerberos", limit=2).results) == 2


def test_the_library_answers_as_the_command_does() -> None:
    assert whoseport.answer(971, live=False) == answer(["971"], Wish(live=False))
    assert whoseport.lookup(971).transports.tcp.state == "unassigned"
    assert isinstance(whoseport.listeners(), tuple)


def test_a_saved_answer_on_one_port_answers_for_no_other() -> None:
    saved = answer(["8080"], Wish(saved=HERE))
    assert isinstance(saved, Answer)
    assert saved.host is not None
    again = answer(["8080"], Wish(saved=saved.host))
    assert isinstance(again, Answer)
    assert again.host == saved.host
    with pytest.raises(Misuse, match="inspection-of-another-port"):
        answer(["8081"], Wish(saved=saved.host))
