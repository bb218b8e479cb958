"""The settings that decide about ports, as this kernel tells them, as files, and as any bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.network import room
from whoseport.host.linux.settings import parse_port, parse_range, parse_reserved, read_settings
from whoseport.model import PortRange, Settings


def sysctl(name: str, value: str) -> None:
    Path(f"/proc/sys/net/ipv4/{name}").write_text(value)


@pytest.mark.namespaces
def test_the_settings_are_those_of_the_reader_s_namespace() -> None:
    ours = read_settings()
    with room() as there:
        there.call(sysctl, "ip_unprivileged_port_start", "81")
        there.call(sysctl, "ip_local_port_range", "20001 30000")
        there.call(sysctl, "ip_local_reserved_ports", "8080,9148-9150")
        found = there.call(read_settings)
        witness = there.call(subprocess.check_output, ["sysctl", "-n", "net.ipv4.ip_local_reserved_ports"])
    assert found == Settings(
        unprivileged_port_start=81,
        ephemeral=PortRange(first=20001, last=30000),
        reserved=(PortRange(first=8080, last=8080), PortRange(first=9148, last=9150)),
    )
    assert witness == b"8080,9148-9150\n"
    assert read_settings() == ours


@pytest.mark.namespaces
def test_thousands_of_reserved_ports_are_all_told() -> None:
    with room() as there:
        there.call(reserve, list(range(1, 40000, 2)))
        found = there.call(read_settings).reserved
    assert found is not None
    assert len(found) == 20000
    assert found[-1] == PortRange(first=39999, last=39999)


def reserve(ports: list[int]) -> None:
    """The kernel takes less than a page at a time, and adds what is written further on to what was written first."""
    with open("/proc/sys/net/ipv4/ip_local_reserved_ports", "wb", buffering=0) as file:
        for at in range(0, len(ports), 500):
            file.write(b",".join(b"%d" % port for port in ports[at : at + 500]) + b"\n")


def test_what_is_missing_is_unknown(tmp_path: Path) -> None:
    assert read_settings(str(tmp_path)) == Settings(unprivileged_port_start=None, ephemeral=None, reserved=None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"1024\n", 1024), (b"0\n", 0), (b"65535", 65535), (b"65536", None), (b"-1", None), (b"", None), (b"x", None)],
)
def test_a_port(text: bytes, expected: int | None) -> None:
    assert parse_port(text) == expected


@pytest.mark.parametrize("text", [b"", b"1", b"5 4", b"1 2 3", b"1 70000", b"a b", None])
def test_a_range_that_makes_no_sense_is_unknown(text: bytes | None) -> None:
    assert parse_range(text) is None


def test_reserved_ports() -> None:
    assert parse_reserved(b"\n") == ()
    assert parse_reserved(b"80\n") == (PortRange(first=80, last=80),)
    assert parse_reserved(b"80-81,90") == (PortRange(first=80, last=81), PortRange(first=90, last=90))
    for bad in (b"80,,90", b"80,", b"90-80", b"x", b"1-2-3", b"-5", None):
        assert parse_reserved(bad) is None


@given(st.one_of(st.binary(), st.text("0123456789-, \t\n").map(str.encode)))
def test_no_bytes_make_the_parsers_stumble(text: bytes) -> None:
    start = parse_port(text)
    assert start is None or 0 <= start <= 65535
    for one in (parse_range(text), *(parse_reserved(text) or ())):
        assert one is None or 0 <= one.first <= one.last <= 65535
