"""What would be ended and what is refused, by what was seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests import examples
from whoseport.ending.plan import plan
from whoseport.model import Container, Ending, Forwarding, Inspection, Mention, Process, StopRefusal

PLAIN = examples.DATABASE.replace(unit=None, slice=None, container=None, uid=1000, user="ana", kernel_thread=False)


def planned(
    *owners: Process, host: dict[str, Any] | None = None, listener: dict[str, Any] | None = None, **options: Any
) -> tuple[tuple[Ending, ...], tuple[StopRefusal, ...]]:
    made = examples.listener(owners=owners).replace(**(listener or {}))
    inspection: Inspection = examples.inspection(made).replace(**(host or {}))
    values: dict[str, Any] = {"lineage": (77, 1), "uid": 0} | options
    return plan(inspection, **values)


def test_every_owner_of_a_shared_socket_is_ended() -> None:
    owners = [PLAIN.replace(pid=pid) for pid in (10, 11, 12, 13)]
    endings, refused = planned(*owners)
    assert [(one.way, one.pid, one.sockets) for one in endings] == [
        ("process", pid, (4711,)) for pid in (10, 11, 12, 13)
    ]
    assert refused == ()


def test_a_unit_is_its_managers() -> None:
    endings, _ = planned(PLAIN.replace(unit="postgresql@15-main.service"), PLAIN.replace(pid=813))
    assert endings[0].command == ("systemctl", "stop", "--", "postgresql@15-main.service")
    assert [one.way for one in endings] == ["unit", "process"]


@pytest.mark.parametrize("unit", ["user@1000.service", "session-4.scope", "init.scope"])
def test_a_session_is_no_unit_to_stop(unit: str) -> None:
    endings, _ = planned(PLAIN.replace(unit=unit))
    assert endings[0].way == "process"


def test_without_a_manager_a_unit_is_a_process() -> None:
    endings, _ = planned(PLAIN.replace(unit="nginx.service"), managed=False)
    assert endings[0].way == "process"


def test_a_socket_unit_that_will_start_it_again_is_told() -> None:
    mention = Mention(
        kind="socket-unit",
        path="/etc/systemd/system/web.socket",
        line=3,
        transport="tcp",
        first=5432,
        last=5432,
        address=None,
        name="web.socket",
        program=None,
        package=None,
        text="ListenStream=5432",
    )
    endings, _ = planned(PLAIN.replace(unit="web.service"), host={"mentions": (mention,)})
    assert endings[0].restarted_by == "web.socket"


@pytest.mark.parametrize(("runtime", "tool"), [("docker", "docker"), ("podman", "podman"), ("libpod", "podman")])
def test_a_container_is_its_runtimes(runtime: str, tool: str) -> None:
    box = Container(id="a" * 64, name="web", image=None, runtime=runtime)
    endings, _ = planned(PLAIN.replace(container=box), PLAIN.replace(pid=9, container=box))
    assert [one.command for one in endings] == [(tool, "stop", "a" * 64)]


def test_a_forwarder_leads_to_the_container_that_is_stopped() -> None:
    box = Container(id="b" * 64, name="web", image=None, runtime="docker")
    forwarding = Forwarding(address="172.18.0.3", port=80, container=box, via="docker-proxy")
    endings, _ = planned(PLAIN, listener={"forwards_to": forwarding})
    assert [one.command for one in endings] == [("docker", "stop", "b" * 64)]


@pytest.mark.parametrize(
    ("changes", "options", "reason"),
    [
        ({"pid": 1}, {"managed": False}, "first-process"),
        ({"pid": 77}, {}, "own-lineage"),
        ({"kernel_thread": True}, {}, "kernel"),
        ({"uid": 33}, {"uid": 1000}, "not-permitted"),
        ({}, {"folder": "/home/ana/shop"}, "not-mine"),
        ({"working_directory": "/home/ana/shop-two"}, {"folder": "/home/ana/shop"}, "not-mine"),
    ],
)
def test_what_may_not_be_ended_is_refused(changes: dict[str, Any], options: dict[str, Any], reason: str) -> None:
    endings, refused = planned(PLAIN.replace(**changes), **options)
    assert endings == ()
    assert [one.reason for one in refused] == [reason]


def test_ones_own_project_is_ended() -> None:
    endings, refused = planned(PLAIN.replace(working_directory="/home/ana/shop/api"), folder="/home/ana/shop")
    assert [one.way for one in endings] == ["process"]
    assert refused == ()


@pytest.mark.parametrize(("complete", "reason"), [(True, "kernel"), (False, "not-seen")])
def test_without_owners_nothing_is_ended(complete: bool, reason: str) -> None:
    endings, refused = planned(host={"complete": complete})
    assert endings == ()
    assert [one.reason for one in refused] == [reason]


def test_another_network_namespace_is_left_alone() -> None:
    assert planned(PLAIN, listener={"netns": "1"}) == ((), ())
