"""Which number a project gets, what is passed over, and that no two get the same at the same time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.program import ENTRY, environment, run
from whoseport.leasing.choosing import choose, release
from whoseport.leasing.project import project_of
from whoseport.model import NotFound, Pick, Rejection


def nothing(_port: int) -> tuple[Rejection, ...]:
    return ()


def choose_one(tmp_path: Path, **options: object) -> Pick:
    folder = options.pop("project", tmp_path)
    values: dict[str, object] = {"objections": nothing, "owner": os.getpid(), "folder": str(tmp_path / "leases")}
    return choose(project_of(str(folder)), **(values | options))[0]  # type: ignore[arg-type]


def test_the_same_project_gets_the_same_number_a_hundred_times(tmp_path: Path) -> None:
    assert len({choose_one(tmp_path).port for _ in range(100)}) == 1


def test_another_project_and_another_name_get_another(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    ports = [choose_one(tmp_path, project=tmp_path / name).port for name in ("one", "two")]
    ports += [choose_one(tmp_path, project=tmp_path / "one", name=name).port for name in ("api", "db")]
    assert len(set(ports)) == 4


def test_two_that_ask_at_the_same_time_never_get_the_same(tmp_path: Path) -> None:
    first = choose_one(tmp_path, again=False)
    second = choose_one(tmp_path, again=False)
    assert second.port != first.port
    assert second.rejected[0].port == first.port
    assert second.rejected[0].reasons == ("leased",)
    release(first.port, transport="tcp", folder=str(tmp_path / "leases"), owner=os.getpid())
    assert choose_one(tmp_path, again=False).port == first.port


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_port_that_is_held_on_any_address_is_passed_over(tmp_path: Path, address: str) -> None:
    usual = choose_one(tmp_path, again=False).port
    release(usual, transport="tcp", folder=str(tmp_path / "leases"), owner=os.getpid())
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((address, usual))
        taken.listen()
        pick = choose_one(tmp_path)
    assert pick.port != usual
    assert (pick.rejected[0].port, pick.rejected[0].reasons) == (usual, ("in-use",))


def test_an_objection_is_told(tmp_path: Path) -> None:
    pick = choose_one(tmp_path, near=21000, objections=lambda port: ("assigned",) if port < 21003 else ())
    assert pick.port == 21003
    assert [(one.port, one.reasons) for one in pick.rejected] == [(21000 + n, ("assigned",)) for n in range(3)]


def test_no_free_port_is_an_error_that_names_the_range(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        choose_one(tmp_path, first=22000, last=22002, objections=lambda _port: ("ephemeral",))
    assert caught.value.fields["first"] == 22000
    assert caught.value.fields["last"] == 22002


def test_an_owner_that_is_gone_leases_nothing(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(timeout=30)
    with pytest.raises(NotFound):
        choose_one(tmp_path, owner=child.pid)


def test_several_at_once_differ_and_stay_the_same(tmp_path: Path) -> None:
    def three() -> list[int]:
        picks = choose(
            project_of(str(tmp_path)),
            objections=nothing,
            owner=os.getpid(),
            folder=str(tmp_path / "leases"),
            count=3,
        )
        return [one.port for one in picks]

    assert len(set(three())) == 3
    assert three() == three()


def test_many_processes_at_once_never_share_and_the_killed_leave_nothing(tmp_path: Path) -> None:
    """Fifty at once, twice; a hundred rounds of two hundred are the maintainers' to run (bench)."""
    home = environment(tmp_path, XDG_RUNTIME_DIR=str(tmp_path))
    for _ in range(2):
        children = [
            subprocess.Popen(
                [sys.executable, "-c", ENTRY, "run", "--", "sh", "-c", "echo {port}; read line"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=home,
                cwd=tmp_path,
            )
            for _ in range(50)
        ]
        try:
            told = [child.stdout.readline() for child in children if child.stdout is not None]
            assert max(Counter(told).values()) == 1
            assert all(line.strip().isdigit() for line in told)
        finally:
            for child in children[::2]:
                child.kill()
            for child in children:
                child.communicate(timeout=30)
    assert run("pick", "--json", home=tmp_path, XDG_RUNTIME_DIR=str(tmp_path)).returncode == 0
    lines = (tmp_path / "whoseport" / "leases").read_text().splitlines()
    assert len(lines) == 2, "the head, and the lease that was asked for last"


def test_asked_by_processes_that_still_live_no_number_is_given_twice(tmp_path: Path) -> None:
    home = environment(tmp_path, XDG_RUNTIME_DIR=str(tmp_path))
    children = [
        subprocess.Popen([sys.executable, "-c", ENTRY, "pick"], stdout=subprocess.PIPE, env=home, cwd=tmp_path)
        for _ in range(20)
    ]
    told = [child.stdout.readline() for child in children if child.stdout is not None]
    for child in children:
        child.communicate(timeout=30)
    assert len(set(told)) == 20
