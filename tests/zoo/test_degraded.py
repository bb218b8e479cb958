"""Fewer rights, a saved look, a whole list: is the verdict less certain where less is seen, and else the same?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.zoo import honest_places, honest_wiring, hostile_files, hostile_shells, servers_around, servers_projects
from tests.zoo.cases import Case
from tests.zoo.den import den
from tests.zoo.servers_debian import SERVERS
from tests.zoo.unprivileged import whoseport_as_nobody

_DEBIAN = {case.name: case for server in SERVERS for case in server.cases()}
HONEST: tuple[Case, ...] = (
    *(_DEBIAN[name] for name in ("nginx", "redis-elsewhere", "openssh", "unbound")),
    *(case for case in servers_projects.CASES if case.name in ("python-script", "own-binary", "http.server", "vite")),
    *(case for case in honest_places.CASES if case.name in ("rebuilt", "own-test-in-temporary", "built-in-temporary")),
    *(case for case in honest_wiring.CASES if case.name in ("session-of-ssh", "handler-of-socat", "echoes")),
    *(case for case in servers_around.CASES if case.name in ("socket-activated", "workers")),
)
HOSTILE: tuple[Case, ...] = tuple(
    case
    for case in (*hostile_files.CASES, *hostile_shells.CASES)
    if case.name
    in (
        "deleted",
        "in-memory",
        "kernel-thread-by-title",
        "title-of-a-daemon",
        "preloaded",
        "server-copied-to-temporary",
        "netcat",
        "pipe",
        "inline-python",
        "script-connected",
    )
)


def _verdicts(host: dict[str, Any], port: int) -> dict[tuple[str, str, int], dict[str, Any]]:
    return {
        (one["transport"], one["address"], one["inode"]): one["verdict"]
        for one in host["listeners"]
        if one["port"] == port and one["netns"] == host["netns"]
    }


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.name)
def test_honest_to_an_ordinary_user(case: Case, tmp_path: Path) -> None:
    """Root's processes: nothing of them can be opened, so nothing may be said of concern, nor of what was not seen."""
    with den(tmp_path, alone=case.alone) as place:
        port = case.start(place)
        host = whoseport_as_nobody(place, f"{port}/{case.transport}", "--json")["host"]
    verdicts = _verdicts(host, port)
    assert {one["concern"] for one in verdicts.values()} == {"undetermined"}, verdicts
    assert any(one["missing"] == "owners" for one in host["unseen"]), host["unseen"]
    assert not host["complete"]


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_hostile_to_an_ordinary_user(case: Case, tmp_path: Path) -> None:
    with den(tmp_path, alone=case.alone) as place:
        port = case.start(place)
        host = whoseport_as_nobody(place, f"{port}/{case.transport}", "--json")["host"]
    verdicts = _verdicts(host, port)
    assert {one["concern"] for one in verdicts.values()} <= {"undetermined", "suspicious"}, verdicts
    assert verdicts
    assert any(one["missing"] == "owners" for one in host["unseen"]), host["unseen"]


def test_an_ordinary_user_sees_what_is_his_own(tmp_path: Path) -> None:
    with den(tmp_path, alone=True) as place:
        port = honest_places.own_test_by_nobody(place)
        mine = _verdicts(whoseport_as_nobody(place, port, "--json")["host"], port)
        roots = _verdicts(place.whoseport(port, "--json")["host"], port)
    assert [(one["kind"], one["concern"], one["name"]) for one in mine.values()] == [
        (one["kind"], one["concern"], one["name"]) for one in roots.values()
    ]
    assert {one["concern"] for one in mine.values()} <= {"none", "note"}


@pytest.mark.parametrize("case", [*HONEST, *HOSTILE], ids=lambda case: case.name)
def test_a_saved_look_and_a_list_say_the_same(case: Case, tmp_path: Path) -> None:
    """Of a list only what costs one look at each file may differ: it compares no file that was not touched."""
    with den(tmp_path, alone=case.alone) as place:
        port = case.start(place)
        asked = f"{port}/{case.transport}"
        here = _verdicts(place.whoseport(asked, "--json")["host"], port)
        listed = _verdicts(place.whoseport("list", "--json")["host"], port)
        saved = tmp_path / "saved.json"
        saved.write_text(json.dumps(place.whoseport("inspect", "--json")))
        later = _verdicts(place.whoseport(asked, "--json", "--from", saved)["host"], port)
    assert here

    def decided(told: dict[tuple[str, str, int], dict[str, Any]]) -> list[tuple[object, ...]]:
        return [(key, one["kind"], one["concern"], one["name"]) for key, one in sorted(told.items())]

    assert decided(later) == decided(here)
    assert decided({key: one for key, one in listed.items() if key in here}) == decided(here)
