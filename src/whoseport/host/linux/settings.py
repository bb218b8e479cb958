"""Which settings of this network namespace decide about ports?

Documentation/networking/ip-sysctl.rst: ip_unprivileged_port_start, ip_local_port_range, ip_local_reserved_ports. The
kernel shows each reader those of its own network namespace; IPv6 heeds the same ones.
"""

from __future__ import annotations

import os

from whoseport.model import LAST_PORT, PortRange, Settings

_SHORT, _LONG = 4096, 1 << 19
"""Bytes. The reserved ports are told in the first read or not at all; every second port of all takes 190 KB."""


def read_settings(root: str = "/proc/sys") -> Settings:
    """The settings below `root`; a file that is missing, denied or makes no sense leaves its value None."""
    folder = f"{root}/net/ipv4"
    return Settings(
        unprivileged_port_start=parse_port(_content(f"{folder}/ip_unprivileged_port_start")),
        ephemeral=parse_range(_content(f"{folder}/ip_local_port_range")),
        reserved=parse_reserved(_content(f"{folder}/ip_local_reserved_ports")),
    )


def parse_port(text: bytes | None) -> int | None:
    """`1024`: a number of 0-65535."""
    return _number((text or b"").strip())


def parse_range(text: bytes | None) -> PortRange | None:
    """`32768\\t60999`."""
    words = (text or b"").split()
    if len(words) != 2:
        return None
    first, last = _number(words[0]), _number(words[1])
    return PortRange(first=first, last=last) if first is not None and last is not None and first <= last else None


def parse_reserved(text: bytes | None) -> tuple[PortRange, ...] | None:
    """`8080,9148-9150`; an empty line means that none is reserved."""
    if text is None:
        return None
    ranges: list[PortRange] = []
    for word in text.strip().split(b","):
        if not word and not ranges:
            continue
        first_word, dash, last_word = word.partition(b"-")
        first = _number(first_word)
        last = _number(last_word) if dash else first
        if first is None or last is None or first > last:
            return None
        ranges.append(PortRange(first=first, last=last))
    return tuple(ranges)


def _number(word: bytes) -> int | None:
    if not word.isdigit() or len(word) > 5:
        return None
    number = int(word)
    return number if number <= LAST_PORT else None


def _content(path: str) -> bytes | None:
    try:
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        content = os.pread(opened, _SHORT, 0)
        return content if len(content) < _SHORT else os.pread(opened, _LONG, 0)
    except OSError:
        return None
    finally:
        os.close(opened)
