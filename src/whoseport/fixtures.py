"""Ports for tests that no other test gets, in this worker or another (`pytest -n 8`): fixtures for pytest.

`free_port` is leased until the end of its test, `leased_port` until the end of the run of this worker, `free_ports(n)`
gives several at once. A lease ends with its process, so a test run that is killed leaves nothing behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from whoseport.picking import Held


@pytest.fixture
def free_port() -> Iterator[int]:
    """A free tcp port, leased until the end of the test."""
    import whoseport

    with whoseport.lease() as port:
        yield port


@pytest.fixture(scope="session")
def leased_port() -> Iterator[int]:
    """A free tcp port, leased until this worker is done."""
    import whoseport

    with whoseport.lease() as port:
        yield port


@pytest.fixture
def free_ports() -> Iterator[Callable[[int], tuple[int, ...]]]:
    """A function that gives n free tcp ports, leased until the end of the test."""
    import whoseport

    held: list[Held] = []

    def lease_several(number: int) -> tuple[int, ...]:
        held.append(whoseport.lease(count=number))
        return held[-1].ports

    yield lease_several
    for one in held:
        one.release()
