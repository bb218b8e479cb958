"""Settings of the BSD family, asked of a library that stands in for theirs."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

import pytest

from whoseport.host.sysctl import number, read_settings
from whoseport.model import PortRange, Settings

Ask = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t
)


class Library:
    """A sysctlbyname(3) with these settings, called through the same C conventions as the real one."""

    def __init__(self, settings: dict[str, bytes]) -> None:
        def answer(name: bytes, old: int, size: int, new: int | None, new_size: int) -> int:
            room = ctypes.c_size_t.from_address(size)
            value = settings.get(name.decode())
            if value is None or new is not None or new_size or room.value < len(value):
                return -1
            ctypes.memmove(old, value, len(value))
            room.value = len(value)
            return 0

        self.sysctlbyname = Ask(answer)


def an_int(value: int) -> bytes:
    return value.to_bytes(ctypes.sizeof(ctypes.c_int), sys.byteorder, signed=True)


def settings_of(settings: dict[str, bytes]) -> Settings:
    library: Any = Library(settings)
    return read_settings(ask=lambda name: number(name, library=library))


def test_freebsd_tells_all() -> None:
    told = {"first": 10000, "last": 65535, "reservedhigh": 1023}
    assert settings_of({f"net.inet.ip.portrange.{name}": an_int(value) for name, value in told.items()}) == Settings(
        unprivileged_port_start=1024, ephemeral=PortRange(first=10000, last=65535), reserved=None
    )


def test_macos_has_no_threshold() -> None:
    told = {"first": 49152, "last": 65535}
    assert settings_of({f"net.inet.ip.portrange.{name}": an_int(value) for name, value in told.items()}) == Settings(
        unprivileged_port_start=None, ephemeral=PortRange(first=49152, last=65535), reserved=None
    )


@pytest.mark.parametrize(("first", "last"), [(65535, 49152), (-1, 5), (5, 65536)])
def test_a_range_that_is_none_is_unknown(first: int, last: int) -> None:
    told = {"first": first, "last": last}
    assert settings_of({f"net.inet.ip.portrange.{name}": an_int(value) for name, value in told.items()}) == Settings(
        unprivileged_port_start=None, ephemeral=None, reserved=None
    )


def test_a_value_of_another_size_is_unknown() -> None:
    library: Any = Library({"odd": b"\x01"})
    assert number("odd", library=library) is None


@pytest.mark.skipif(sys.platform in ("darwin", "freebsd"), reason="this system has sysctlbyname")
def test_a_system_without_sysctlbyname_tells_nothing() -> None:
    assert number("net.inet.ip.portrange.first") is None
    assert read_settings() == Settings(unprivileged_port_start=None, ephemeral=None, reserved=None)


@pytest.mark.skipif(not sys.platform.startswith(("darwin", "freebsd")), reason="sysctlbyname is macOS's and FreeBSD's")
def test_the_system_itself_tells_its_range() -> None:
    assert read_settings().ephemeral is not None
    assert os.name == "posix"
