"""Which port settings does a kernel of the BSD family give? Asked through sysctlbyname(3), without running a program.

macOS and FreeBSD: `net.inet.ip.portrange.first` and `last` bound the ports that the kernel picks itself; FreeBSD's
`net.inet.ip.portrange.reservedhigh` is the last port that takes privileges (ip(4)). macOS has no such number: since
10.14 anyone may bind a low port, yet on the wildcard address only, so that the threshold there stays unknown.
"""

from __future__ import annotations

import ctypes

from whoseport.model import LAST_PORT, PortRange, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def number(name: str, *, library: ctypes.CDLL | None = None) -> int | None:
    """The value of an `int` setting, or None where the system has no such setting or no sysctlbyname at all."""
    try:
        ask = (library or ctypes.CDLL(None)).sysctlbyname
    except (AttributeError, OSError, TypeError):  # TypeError: Windows has no library of all symbols
        return None
    ask.restype = ctypes.c_int
    ask.argtypes = (ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    value = ctypes.c_int()
    size = ctypes.c_size_t(ctypes.sizeof(value))
    if ask(name.encode(), ctypes.byref(value), ctypes.byref(size), None, 0) != 0 or size.value != ctypes.sizeof(value):
        return None
    return value.value


def read_settings(*, ask: Callable[[str], int | None] = number) -> Settings:
    """The settings that decide about ports; None for each that the kernel does not give."""
    first, last = ask("net.inet.ip.portrange.first"), ask("net.inet.ip.portrange.last")
    reserved_high = ask("net.inet.ip.portrange.reservedhigh")
    known = first is not None and last is not None and 0 <= first <= last <= LAST_PORT
    return Settings(
        unprivileged_port_start=None if reserved_high is None else reserved_high + 1,
        ephemeral=PortRange(first=first, last=last) if known else None,  # type: ignore[arg-type]
        reserved=None,
    )
