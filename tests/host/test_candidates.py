"""Likely owners where owners could not be seen, and when a listener's owners are called uncertain."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import DATABASE
from whoseport.host.linux.candidates import MOST, likely_owners
from whoseport.host.linux.cgroups import Cgroups
from whoseport.host.linux.listeners import Listeners, Surroundings, unseen_details
from whoseport.host.linux.owners import Holders
from whoseport.host.linux.sockets import read_sockets
from whoseport.host.linux.users import Users
from whoseport.model import Candidate, Container, Process, Unseen

if sys.platform != "linux":
    pytest.skip("cgroups are Linux's", allow_module_level=True)


def family(proc: Path, **parents: tuple[int, int]) -> None:
    """Processes p1, p2.. with their parent and their start."""
    for name, (parent, start) in parents.items():
        folder = proc / name[1:]
        folder.mkdir()
        line = f"{name[1:]} ({name}) S {parent} {'0 ' * 17}{start} 0"
        (folder / "stat").write_text(line)


def test_the_main_process_is_the_one_that_was_started_from_outside(tmp_path: Path) -> None:
    family(tmp_path, p7=(20, 900), p20=(1, 800), p30=(20, 850), p31=(999, 990))
    found = likely_owners((7, 20, 30, 31), possible={7, 20, 30, 31}, service=True, proc=str(tmp_path))
    assert [(one.pid, one.name, one.because) for one in found] == [
        (20, "p20", "unit-main-process"),
        (31, "p31", "in-socket-cgroup"),
        (30, "p30", "in-socket-cgroup"),
        (7, "p7", "in-socket-cgroup"),
    ]
    loose = likely_owners((7, 20, 30), possible={7, 20, 30}, service=False, proc=str(tmp_path))
    assert {one.because for one in loose} == {"in-socket-cgroup"}


def test_only_those_that_could_hide_something_are_likely(tmp_path: Path) -> None:
    family(tmp_path, p7=(20, 900), p20=(1, 800))
    found = likely_owners((7, 20), possible={7}, service=True, proc=str(tmp_path))
    assert found == (Candidate(pid=7, name="p7", because="in-socket-cgroup"),)
    assert likely_owners((7,), possible={7}, service=False, proc=str(tmp_path))[0].because == "only-process-in-cgroup"
    assert likely_owners((8,), possible={8}, service=False, proc=str(tmp_path)) == ()
    assert likely_owners((), possible={8}, service=True, proc=str(tmp_path)) == ()


def test_more_than_a_few_candidates_say_no_more(tmp_path: Path) -> None:
    family(tmp_path, **{f"p{pid}": (1, pid) for pid in range(100, 140)})
    pids = tuple(range(100, 140))
    assert [one.pid for one in likely_owners(pids, possible=set(pids), service=True, proc=str(tmp_path))] == list(
        pids[:MOST]
    )


@given(st.dictionaries(st.integers(1, 30), st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=12))
def test_every_family_is_survived(tmp_path_factory: pytest.TempPathFactory, tree: dict[int, tuple[int, int]]) -> None:
    proc = tmp_path_factory.mktemp("proc")
    family(proc, **{f"p{pid}": kin for pid, kin in tree.items()})
    found = likely_owners(tuple(sorted(tree)), possible=set(tree), service=True, proc=str(proc))
    assert {one.pid for one in found} == set(tree)


def listeners(holders: Holders, **changes: Any) -> Listeners:
    values: dict[str, Any] = {
        "netns": "1",
        "uid": 0,
        "proc": "/proc",
        "users": Users(),
        "cgroups": Cgroups(),
        "holders": holders,
        "owners": {},
        "container_of": lambda _paths: None,
        "forwarding_of": lambda _owner, _socket: None,
    }
    return Listeners(Surroundings(**(values | changes)))


def holders(*refused: int, hidden: bool = False, **pids: tuple[int, ...]) -> Holders:
    by_inode = {int(name[1:]): found for name, found in pids.items()}
    return Holders(pids=by_inode, details={}, refused=refused, hidden=hidden)


@pytest.fixture
def raw() -> Any:
    """A raw socket of a real table, to be changed at will."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        found = read_sockets(port=made.getsockname()[1]).sockets[0]
    return found.replace(inode=7, uid=1000, cgroup_id=None, netns="1")


OWNED = (Unseen(missing="owners", reason="not-permitted", subject="socket:7"),)


@pytest.mark.parametrize(
    ("found", "uid", "unseen"),
    [
        (holders(), 0, ()),  # the kernel's own
        (holders(1), 0, OWNED),
        (holders(hidden=True), 0, OWNED),
        (holders(1, i7=(812,)), 0, ()),
        (holders(1, i7=(812,)), 1000, ()),  # our own socket
        (holders(1, i7=(812,)), 33, OWNED),
        (holders(i7=(812,)), 33, ()),  # everything was seen
    ],
)
def test_when_owners_are_uncertain(raw: Any, found: Holders, uid: int, unseen: tuple[Unseen, ...]) -> None:
    made = listeners(found, uid=uid, owners={812: DATABASE})
    one = made.describe(raw)
    assert one.owners == ((DATABASE,) if found.pids else ())
    assert made.unseen == unseen
    made.describe(raw.replace(address="127.0.0.2"))
    assert made.unseen == unseen


def test_a_socket_without_inode_belongs_to_no_process(raw: Any) -> None:
    made = listeners(holders(1, hidden=True))
    made.describe(raw.replace(inode=0))
    assert made.unseen == ()


def test_where_the_cgroup_tells_nothing_owners_that_agree_do(raw: Any) -> None:
    box = Container(id="f" * 64, name="web", image=None, runtime="docker")
    one = DATABASE.replace(pid=1, unit="a.service", slice="system.slice", container=box)
    two = one.replace(pid=2)
    other = one.replace(pid=3, unit="b.service")
    owners: dict[int, Process] = {1: one, 2: two, 3: other}
    alike = listeners(holders(i7=(1, 2)), owners=owners).describe(raw)
    assert (alike.unit, alike.slice, alike.container) == ("a.service", "system.slice", box)
    unlike = listeners(holders(i7=(1, 3)), owners=owners).describe(raw)
    assert (unlike.unit, unlike.slice, unlike.container) == (None, None, None)


def test_an_address_of_another_namespace_is_never_public(raw: Any) -> None:
    made = listeners(holders())
    assert made.describe(raw.replace(address="8.8.8.8")).exposure == "public"
    assert made.describe(raw.replace(address="8.8.8.8", netns="2")).exposure == "private"
    assert made.describe(raw.replace(address="8.8.8.8")).exposure == "public"
    assert made.describe(raw.replace(address="0.0.0.0", netns="2")).exposure == "all"


def test_what_is_missing_in_details_is_told() -> None:
    whole: Any = (1, 0, b"p", 0, b"/p", "present", b"p", 0, b"/", b"")
    assert unseen_details([whole]) == []

    def without(place: int, value: object) -> Any:
        return (*whole[:place], value, *whole[place + 1 :])

    assert unseen_details([without(4, None)]) == [Unseen(missing="executable", reason="not-permitted", subject="pid:1")]
    assert unseen_details([without(6, None)]) == [Unseen(missing="command", reason="not-permitted", subject="pid:1")]
    assert unseen_details([without(6, b"x" * (4 << 20))]) == [
        Unseen(missing="command", reason="too-many", subject="pid:1")
    ]
    ending: Any = (*without(4, None)[:6], b"", 0, None, b"")
    assert unseen_details([ending]) == [Unseen(missing="executable", reason="vanished", subject="pid:1")]
