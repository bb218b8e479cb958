"""The next steps: what a machine's names may not do to a command that is to be copied."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render.cases import CASES
from tests.render.facts import (
    HOME,
    HTTP,
    TODAY,
    VITE,
    WEB,
    asked,
    host,
    listener,
    process,
    unseen,
)
from whoseport.model import Inspection
from whoseport.render import text
from whoseport.render.language import ENGLISH
from whoseport.render.steps import next_steps


def commands(here: Inspection) -> list[str]:
    return [step.command for step in next_steps(here, asked="80", language=ENGLISH)]


def contained(name: str, runtime: str = "docker") -> Inspection:
    return host(listener(unit=None, container=WEB.replace(name=name, runtime=runtime)))


def test_a_name_cannot_become_an_option() -> None:
    assert commands(contained("web")) == ["docker logs web"]
    assert commands(contained("--help")) == []
    assert commands(host(listener(unit="-x.service"))) == []


def test_a_name_cannot_become_a_command() -> None:
    assert commands(contained("web; rm -rf ~")) == ["docker logs 'web; rm -rf ~'"]
    assert commands(contained("$(reboot)", "podman")) == ["podman logs '$(reboot)'"]


def test_a_name_that_cannot_be_shown_cannot_be_copied() -> None:
    assert commands(contained("web\n")) == []
    assert commands(contained("web\u202e")) == []


@given(st.text(max_size=20))
def test_any_name_is_one_word_or_absent(name: str) -> None:
    for command in commands(contained(name)):
        assert shlex.split(command) == ["docker", "logs", name]


def test_an_unknown_runtime_has_no_command_of_ours() -> None:
    assert commands(contained("web", "rm")) == []


@pytest.mark.parametrize(("uid", "shown"), [(1000, ["sudo whoseport 80"]), (0, []), (None, [])])
def test_root_is_advised_to_others_only(uid: int | None, shown: list[str]) -> None:
    here = host(listener(unit=None), unseen=(unseen("owners"),))
    assert commands(here.replace(privileges=here.privileges.replace(uid=uid))) == shown


def test_what_root_could_not_see_either_is_no_reason_for_sudo() -> None:
    assert commands(host(listener(unit=None), unseen=(unseen("owners", "vanished"),))) == []


def test_home_is_the_asking_users_own() -> None:
    mine = text.told(
        CASES["development"], language=ENGLISH, width=80, colour=False, verbose=False, today=TODAY, home=HOME
    )
    assert "  ~/code/shop-fix-cart\n" in mine
    stranger = asked(3000, HTTP, host(listener(owners=(VITE.replace(uid=1001, user="eva"),))))
    shown = text.told(stranger, language=ENGLISH, width=80, colour=False, verbose=False, today=TODAY, home=HOME)
    assert "  /home/ana/code/shop-fix-cart\n" in shown
    beside = asked(1, HTTP, host(listener(owners=(process(5, "x", uid=1000, working_directory="/home/anabel"),))))
    shown = text.told(beside, language=ENGLISH, width=80, colour=False, verbose=False, today=TODAY, home=HOME)
    assert "  /home/anabel\n" in shown
