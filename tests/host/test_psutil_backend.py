"""What psutil says on systems that are not here, played by fakes: macOS without rights, Windows, the BSDs."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any, NamedTuple

import psutil
import pytest

from whoseport.host import for_port, psutil_processes
from whoseport.host.psutil_backend import look
from whoseport.host.saved import parse
from whoseport.model import Inspection, Listing
from whoseport.render.json import to_json

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
Ends = tuple[str, int] | tuple[()]


class Row(NamedTuple):
    """A socket as psutil tells it."""

    type: int
    laddr: Ends
    raddr: Ends = ()
    status: str = psutil.CONN_NONE
    pid: int | None = None


class Uids(NamedTuple):
    effective: int


HERE = Row(TCP, ("127.0.0.1", 8080), (), psutil.CONN_LISTEN)


class Told:
    """A process that tells what it is made with; an exception in place of a value is raised."""

    def __init__(self, pid: int, *, sockets: Any = (), **answers: Any) -> None:
        self.pid = pid
        self.sockets = sockets
        self.answers: dict[str, Any] = {
            "name": "server",
            "exe": "/usr/local/bin/server",
            "cmdline": ["server", "-p", "8080"],
            "create_time": 1_700_000_000.7,
            "cwd": "/srv",
            "username": "alice",
            "uids": Uids(501),
            "parent": None,
            "is_running": True,
        } | answers

    def net_connections(self, kind: str) -> list[Row]:
        assert kind == "inet"
        if isinstance(self.sockets, BaseException):
            raise self.sockets
        return list(self.sockets)

    def oneshot(self) -> Any:
        class Shot:
            def __enter__(self) -> None: ...

            def __exit__(self, *_error: object) -> None: ...

        return Shot()

    def __getattr__(self, question: str) -> Callable[[], Any]:
        if question not in self.__dict__.get("answers", {}):
            raise AttributeError(question)

        def answer() -> Any:
            value = self.answers[question]
            if isinstance(value, BaseException):
                raise value
            return value

        return answer


class World:
    """The system that psutil would tell of."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.table: Any = []
        self.processes: dict[int, Told] = {}
        self.asked: list[int] = []
        self._monkeypatch = monkeypatch
        monkeypatch.setattr(psutil, "net_connections", lambda _kind: self._raised(self.table))
        monkeypatch.setattr(psutil, "pids", lambda: sorted(self.processes))
        monkeypatch.setattr(psutil, "Process", self._process)
        self.system("MACOS")

    def system(self, name: str) -> None:
        for each in ("LINUX", "MACOS", "WINDOWS", "FREEBSD"):
            self._monkeypatch.setattr(psutil, each, each == name)

    def add(self, pid: int, **told: Any) -> None:
        self.processes[pid] = Told(pid, **told)

    def _process(self, pid: int | None = None) -> Told:
        if pid is None:
            return Told(99)
        self.asked.append(pid)
        if pid not in self.processes:
            raise psutil.NoSuchProcess(pid)
        return self.processes[pid]

    @staticmethod
    def _raised(value: Any) -> Any:
        if isinstance(value, BaseException):
            raise value
        return value


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def reasons(inspection: Inspection, missing: str) -> list[tuple[str, str | None]]:
    return [(one.reason, one.subject) for one in inspection.unseen if one.missing == missing]


def test_macos_without_root_shows_what_it_may_and_says_so(world: World) -> None:
    world.table = psutil.AccessDenied(1)
    world.add(1, sockets=psutil.AccessDenied(1))
    world.add(70, sockets=[HERE])
    inspection = look()
    (listener,) = inspection.listeners
    assert [owner.pid for owner in listener.owners] == [70]
    assert reasons(inspection, "sockets") == [("not-permitted", None)]
    elsewhere = for_port(look(9), 9).port_state
    assert elsewhere is not None
    assert elsewhere.state == "unknown"


def test_a_socket_that_several_processes_hold_names_them_all(world: World) -> None:
    world.table = [HERE._replace(pid=70)]
    for pid in (72, 70, 71):
        world.add(pid, sockets=[HERE])
    (listener,) = look().listeners
    assert [owner.pid for owner in listener.owners] == [70, 71, 72]


def test_windows_is_asked_once_for_all(world: World) -> None:
    world.system("WINDOWS")
    world.table = [HERE._replace(pid=4), Row(UDP, ("0.0.0.0", 53), pid=70)]
    world.add(4, exe=psutil.AccessDenied(4), cmdline=psutil.AccessDenied(4), name="System")
    world.add(70, sockets=AssertionError("asking a process reads the whole table again there"))
    inspection = look()
    assert [(one.state, [owner.name for owner in one.owners]) for one in inspection.listeners] == [
        ("unconnected", ["server"]),
        ("listen", ["System"]),
    ]
    assert inspection.listeners[1].owners[0].executable_state == "unseen"
    assert inspection.listeners[1].owners[0].command is None
    assert reasons(inspection, "executable") == reasons(inspection, "command") == [("not-permitted", "pid:4")]
    assert inspection.settings.unprivileged_port_start == 0
    assert ("not-supported", "bound:tcp") in reasons(inspection, "sockets")


def test_windows_has_no_uids(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid")
    world.table = [HERE._replace(pid=70)]
    world.add(70, username="OFFICE\\alice")
    del world.processes[70].answers["uids"]
    inspection = look()
    (owner,) = inspection.listeners[0].owners
    assert (owner.uid, owner.user) == (None, "OFFICE\\alice")
    assert inspection.privileges.uid is None


def test_a_bound_socket_is_told_where_the_system_shows_it(world: World) -> None:
    world.add(70, sockets=[Row(TCP, ("::", 9), (), psutil.CONN_CLOSE), Row(TCP, ("::1", 9), ("::1", 8), "CLOSE")])
    (bound,) = look().listeners
    assert (bound.state, bound.address, bound.exposure) == ("bound", "::", "all")


def test_sockets_without_an_address_of_their_own_are_none(world: World) -> None:
    world.add(70, sockets=[Row(TCP, (), (), psutil.CONN_CLOSE), Row(UDP, ())])
    assert look(everything=True).listeners == ()


def test_a_connection_that_goes_on_meanwhile_counts_once(world: World) -> None:
    connection = Row(TCP, ("10.0.0.1", 22), ("10.0.0.2", 999), psutil.CONN_ESTABLISHED)
    world.table = [connection]
    world.add(70, sockets=[connection._replace(status=psutil.CONN_CLOSE_WAIT)])
    (counted,) = look(22, peers=True).port_connections or ()
    assert (counted.connections.established, counted.connections.close_wait) == (1, 0)
    assert [peer.port for peer in counted.connections.peers or ()] == [999]


def test_a_socket_that_nobody_holds_is_uncertain_only_if_someone_was_denied(world: World) -> None:
    world.table = [HERE]
    assert reasons(look(), "owners") == []
    world.add(70, sockets=psutil.AccessDenied(70))
    inspection = look()
    assert reasons(inspection, "owners") == [("not-permitted", f"socket:{inspection.listeners[0].inode}")]


def test_each_listener_has_a_number_of_its_own(world: World) -> None:
    world.table = [HERE, HERE._replace(laddr=("::1", 8080)), HERE._replace(laddr=("::1", 1))]
    assert [(one.port, one.address, one.inode) for one in look().listeners] == [
        (1, "::1", -1),
        (8080, "127.0.0.1", -2),
        (8080, "::1", -3),
    ]


@pytest.mark.parametrize(
    "told",
    [
        {"is_running": False},
        {"cmdline": psutil.NoSuchProcess(70), "exe": psutil.AccessDenied(70)},
        {"name": psutil.ZombieProcess(70)},
    ],
    ids=["pid given away", "gone", "zombie"],
)
def test_an_owner_that_vanishes_is_told_as_vanished(world: World, told: dict[str, Any]) -> None:
    world.table = [HERE._replace(pid=70)]
    world.add(70, sockets=psutil.NoSuchProcess(70), **told)
    inspection = look()
    (listener,) = inspection.listeners
    assert listener.owners == ()
    assert reasons(inspection, "owners") == [("vanished", f"socket:{listener.inode}")]
    assert reasons(inspection, "executable") == []


@pytest.mark.parametrize("error", [psutil.NoSuchProcess(71), OSError(5, "odd"), RuntimeError("cannot parse")])
def test_one_broken_process_hides_no_other(world: World, error: Exception) -> None:
    world.table = error if not isinstance(error, psutil.Error) else []
    world.add(70, sockets=[HERE])
    world.add(71, sockets=error)
    (listener,) = look().listeners
    assert [owner.pid for owner in listener.owners] == [70]


def test_what_cannot_be_read_is_unreadable(world: World) -> None:
    world.table = OSError(5, "odd")
    world.add(70, sockets=[HERE], exe=OSError(22, "odd"), cwd=OSError(22, "odd"))
    inspection = look()
    assert reasons(inspection, "sockets") == [("unreadable", None)]
    assert reasons(inspection, "executable") == [("unreadable", "pid:70")]
    assert inspection.listeners[0].owners[0].working_directory is None


def test_older_psutil_calls_it_connections(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Told, "connections", Told.net_connections, raising=False)
    monkeypatch.delattr(Told, "net_connections")
    world.add(70, sockets=[HERE])
    assert len(look().listeners) == 1


def test_the_kernel_process_is_not_asked(world: World) -> None:
    world.add(0, sockets=psutil.AccessDenied(0))
    world.table = [HERE]
    assert reasons(look(), "owners") == []
    assert 0 not in world.asked


def test_a_process_is_described_in_the_words_of_the_model(world: World) -> None:
    launchd = Told(1, name="launchd", parent=Told(0, name="kernel_task"))
    world.add(70, sockets=[HERE], parent=Told(60, name="sh", parent=launchd), name="se\udcffr\x1b", cwd="")
    (owner,) = look().listeners[0].owners
    assert owner.started == "2023-11-14T22:13:20Z"
    assert [(parent.pid, parent.name) for parent in owner.parents] == [(60, "sh"), (1, "launchd")]
    assert owner.name == "se\\xffr\x1b"
    assert (owner.uid, owner.user, owner.working_directory) == (501, "alice", None)
    assert (owner.executable, owner.executable_state) == ("/usr/local/bin/server", "deleted")
    assert owner.command == ("server", "-p", "8080")


def test_a_line_of_parents_without_an_end_is_cut(world: World) -> None:
    first = Told(5)
    first.answers["parent"] = Told(6, parent=first)
    world.add(70, sockets=[HERE], parent=first)
    (owner,) = look().listeners[0].owners
    assert len(owner.parents) <= 64


def test_a_user_without_a_name_has_none(world: World) -> None:
    world.add(70, sockets=[HERE], username="501")
    assert look().listeners[0].owners[0].user is None


@pytest.mark.parametrize("system", ["LINUX", "MACOS", "WINDOWS", "FREEBSD"])
def test_every_system_gives_the_same_shape(world: World, system: str) -> None:
    world.system(system)
    world.table = [HERE._replace(pid=70)]
    world.add(70, sockets=[HERE])
    inspection = look(8080, peers=True)
    assert parse(to_json(Listing(host=inspection)).encode()) == inspection
    assert inspection.backend == inspection.owners_method == "psutil"
    held = for_port(inspection, 8080).port_state
    free = for_port(look(9), 9).port_state
    assert held is not None
    assert free is not None
    assert (held.state, free.state) == ("held", "nothing")


@pytest.mark.parametrize(
    ("text", "told"),
    [("plain", "plain"), ("a\udcffb", "a\\xffb"), ("\ud800", "\\ud800"), ("漢\x1b", "漢\x1b")],
)
def test_text_is_made_fit_to_be_encoded(text: str, told: str) -> None:
    assert psutil_processes.clean(text) == told
    psutil_processes.clean(text).encode()
