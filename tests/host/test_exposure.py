"""The exposure of an address, against the standard library's own tables."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.exposure import exposure
from whoseport.model import Exposure, Misuse


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("0.0.0.0", "all"),
        ("::", "all"),
        ("::ffff:0.0.0.0", "all"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.53", "loopback"),
        ("169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("febf::1", "link-local"),
        ("255.255.255.255", "link-local"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("100.127.255.255", "private"),
        ("fd00::1", "private"),
        ("fec0::1", "private"),
        ("::ffff:192.168.0.1", "private"),
        ("224.0.0.251", "multicast"),
        ("239.255.255.250", "multicast"),
        ("ff02::fb", "multicast"),
        ("8.8.8.8", "public"),
        ("172.32.0.1", "public"),
        ("100.128.0.1", "public"),
        ("128.0.0.1", "public"),
        ("2001:db8::1", "public"),
        ("::2", "public"),
    ],
)
def test_one_address(address: str, expected: Exposure) -> None:
    assert exposure(address) == expected


SHARED = ipaddress.ip_network("100.64.0.0/10")
PRIVATE = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
SITE_LOCAL = ipaddress.ip_network("fec0::/10")


def expected(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Exposure:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return expected(address.ipv4_mapped)
    if address.is_unspecified:
        return "all"
    if address.is_loopback:
        return "loopback"
    if address.is_multicast:
        return "multicast"
    if address.is_link_local or address == ipaddress.IPv4Address("255.255.255.255"):
        return "link-local"
    return "private" if any(address in network for network in (*PRIVATE, SHARED, SITE_LOCAL)) else "public"


@given(st.one_of(st.ip_addresses(), st.builds(ipaddress.IPv4Address, st.integers(0x7EFFFF00, 0x80000100))))
def test_any_address_agrees_with_the_standard_library(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert exposure(str(address)) == expected(address)


@pytest.mark.parametrize("network", [*PRIVATE, SHARED, SITE_LOCAL, ipaddress.ip_network("127.0.0.0/8")])
def test_the_edges_of_a_network(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> None:
    first, last = network[0], network[-1]
    for address in (first, last, first - 1, last + 1):
        assert exposure(str(address)) == expected(address)


@given(st.text())
def test_any_text_is_an_address_or_misuse(text: str) -> None:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        with pytest.raises(Misuse, match="not-an-address"):
            exposure(text)
    else:
        exposure(text)
