"""Real binds in network namespaces of the test's own: free, held, in TIME-WAIT, not permitted, without IPv6."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.host.network import Wanted, become_nobody, close_sockets, open_sockets, room, ss
from whoseport.host.binding import ADDRESSES, attempt
from whoseport.model import BindAttempt, Transport

Told = list[tuple[str, str, str, str | None, bool]]


def told(attempts: tuple[BindAttempt, ...]) -> Told:
    return [(one.transport, one.address, one.outcome, one.errno, one.reuse_address) for one in attempts]


def free(transport: Transport) -> Told:
    return [(transport, address, "free", None, False) for address in ADDRESSES]


def in_use(transport: Transport, address: str) -> tuple[str, str, str, str | None, bool]:
    return (transport, address, "in-use", "EADDRINUSE", False)


@pytest.mark.namespaces
def test_a_port_that_nobody_holds_is_free_and_stays_so() -> None:
    with room() as there:
        assert told(there.call(attempt, 971)) == free("tcp") + free("udp")
        assert told(there.call(attempt, 971, transport="udp")) == free("udp")
        assert there.call(ss) == []
        assert told(there.call(attempt, 0, transport="tcp")) == free("tcp")


@pytest.mark.namespaces
@pytest.mark.parametrize("kind", ["tcp-listen", "udp"])
def test_a_port_of_one_address_is_in_use_there_and_for_all(kind: str) -> None:
    transport: Transport = "tcp" if kind == "tcp-listen" else "udp"
    with room() as there:
        (held,) = there.call(open_sockets, [Wanted(kind, "127.0.0.1")])
        found = told(there.call(attempt, held.port, transport=transport))
        assert found == [
            in_use(transport, "0.0.0.0"),
            (transport, "::", "free", None, False),
            in_use(transport, "127.0.0.1"),
            (transport, "::1", "free", None, False),
        ]
        there.call(close_sockets, [held.number])
        assert told(there.call(attempt, held.port, transport=transport)) == free(transport)


@pytest.mark.namespaces
def test_a_port_of_every_address_is_in_use_with_so_reuseaddr_too() -> None:
    with room() as there:
        (held,) = there.call(open_sockets, [Wanted("tcp-listen", "::", v6only=False)])
        assert told(there.call(attempt, held.port, transport="tcp")) == [in_use("tcp", each) for each in ADDRESSES]
        assert told(there.call(attempt, held.port, transport="udp")) == free("udp")


def leave_time_wait(reuse_address: bool) -> int:
    """A port on 127.0.0.1 of which nothing is left but a connection that this side closed first."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse_address)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port: int = listener.getsockname()[1]
        with socket.socket() as client:
            client.connect(("127.0.0.1", port))
            accepted, _ = listener.accept()
            accepted.close()
            assert client.recv(1) == b""
    assert f":{port} " in subprocess.check_output(["ss", "-Htan", "state", "time-wait"], text=True)
    return port


@pytest.mark.namespaces
def test_time_wait_is_passed_over_with_so_reuseaddr() -> None:
    with room() as there:
        port = there.call(leave_time_wait, True)
        found = told(there.call(attempt, port))
        assert found == [
            in_use("tcp", "0.0.0.0"),
            ("tcp", "0.0.0.0", "free", None, True),
            ("tcp", "::", "free", None, False),
            in_use("tcp", "127.0.0.1"),
            ("tcp", "127.0.0.1", "free", None, True),
            ("tcp", "::1", "free", None, False),
            *free("udp"),
        ]


@pytest.mark.namespaces
def test_time_wait_of_a_socket_without_it_stays() -> None:
    with room() as there:
        port = there.call(leave_time_wait, False)
        found = told(there.call(attempt, port, transport="tcp"))
    assert [(address, outcome, reuse) for _, address, outcome, _, reuse in found] == [
        ("0.0.0.0", "in-use", False),
        ("::", "free", False),
        ("127.0.0.1", "in-use", False),
        ("::1", "free", False),
    ]


@pytest.mark.namespaces
def test_a_privileged_port_is_not_permitted_to_everyone() -> None:
    with room() as there:
        there.call(become_nobody)
        assert told(there.call(attempt, 971, transport="tcp")) == [
            ("tcp", address, "not-permitted", "EACCES", False) for address in ADDRESSES
        ]
        assert told(there.call(attempt, 1971, transport="tcp")) == free("tcp")


def without_ipv6() -> None:
    Path("/proc/sys/net/ipv6/conf/lo/disable_ipv6").write_text("1")


@pytest.mark.namespaces
def test_an_address_that_is_not_there() -> None:
    with room() as there:
        there.call(without_ipv6)
        outcomes = {one.address: (one.outcome, one.errno) for one in there.call(attempt, 971, transport="tcp")}
        assert outcomes["::1"] == ("not-available", "EADDRNOTAVAIL")
        assert outcomes["127.0.0.1"] == ("free", None)


@pytest.mark.namespaces
@pytest.mark.parametrize("transport", ["sctp", "dccp"])
def test_a_transport_that_the_kernel_may_lack(transport: Transport) -> None:
    with room() as there:
        found = there.call(attempt, 971, transport=transport)
    assert [one.address for one in found] == list(ADDRESSES)
    assert {(one.outcome, one.errno) for one in found} <= {
        ("free", None),
        ("not-available", "EPROTONOSUPPORT"),
        ("not-available", "ESOCKTNOSUPPORT"),
    }


def test_no_descriptor_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    attempt(0)
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after == before
