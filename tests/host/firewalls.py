"""Rulesets as other programs write them, loaded for real into a network namespace of the tests' own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.host.network import Room, room
from whoseport.host.linux.rules import Rules, read_rules

DOCKER = """
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER -d 10.9.8.7/32 ! -i docker0 -p udp -m udp --dport 5353 -j DNAT --to-destination 172.17.0.3:53
-A DOCKER -d 192.0.2.77/32 ! -i docker0 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.4:80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
-A FORWARD -o docker0 -j DOCKER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
"""
"""Docker Engine 24, bridge network, a published port on all addresses, one on an address of ours, one on another's."""

KUBE_PROXY = """
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-EXT-ABCDEFGHIJKLMNOP - [0:0]
:KUBE-SVC-ABCDEFGHIJKLMNOP - [0:0]
:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 \
-j KUBE-SVC-ABCDEFGHIJKLMNOP
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" \
-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j KUBE-EXT-ABCDEFGHIJKLMNOP
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-EXT-ABCDEFGHIJKLMNOP -m comment --comment "masquerade traffic" -j KUBE-MARK-MASQ
-A KUBE-EXT-ABCDEFGHIJKLMNOP -j KUBE-SVC-ABCDEFGHIJKLMNOP
-A KUBE-SVC-ABCDEFGHIJKLMNOP -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SVC-ABCDEFGHIJKLMNOP -j KUBE-SEP-BBBBBBBBBBBBBBBB
-A KUBE-SEP-AAAAAAAAAAAAAAAA -s 10.244.1.5/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m tcp -j DNAT --to-destination 10.244.1.5:8080
-A KUBE-SEP-BBBBBBBBBBBBBBBB -s 10.244.2.7/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m tcp -j DNAT --to-destination 10.244.2.7:8080
COMMIT
"""
"""kube-proxy 1.29 in iptables mode: a service with a cluster address, a node port and two endpoints."""

KUBE_PROXY_NFTABLES = """
table ip kube-proxy {
    set nodeport-ips { type ipv4_addr; elements = { 10.9.8.7 }; }
    map service-ips {
        type ipv4_addr . inet_proto . inet_service : verdict
        elements = { 10.96.0.10 . tcp . 80 : goto service-ABC-default/web/tcp/http,
                     10.9.8.7 . udp . 5300 : goto service-DEF-default/dns/udp/dns }
    }
    map service-nodeports {
        type inet_proto . inet_service : verdict
        elements = { tcp . 30080 : goto external-ABC-default/web/tcp/http }
    }
    chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
    chain nat-output { type nat hook output priority -100; jump services; }
    chain services {
        ip daddr . meta l4proto . th dport vmap @service-ips
        ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
    }
    chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
    chain external-ABC-default/web/tcp/http { jump mark-for-masquerade; goto service-ABC-default/web/tcp/http; }
    chain service-ABC-default/web/tcp/http {
        ip daddr 10.96.0.10 tcp dport 80 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
        numgen random mod 2 vmap { 0 : goto endpoint-A, 1 : goto endpoint-B }
    }
    chain service-DEF-default/dns/udp/dns { numgen random mod 1 vmap { 0 : goto endpoint-C }; }
    chain endpoint-A { ip saddr 10.244.1.5 jump mark-for-masquerade; meta l4proto tcp dnat to 10.244.1.5:8080; }
    chain endpoint-B { ip saddr 10.244.2.7 jump mark-for-masquerade; meta l4proto tcp dnat to 10.244.2.7:8080; }
    chain endpoint-C { meta l4proto udp dnat to 10.244.3.3:53; }
}
"""
"""kube-proxy 1.31 in nftables mode, names shortened."""

FIREWALLD = """
table inet firewalld {
    chain filter_INPUT {
        type filter hook input priority filter + 10; policy accept;
        ct state { established, related } accept
        ct status dnat accept
        iifname "lo" accept
        ct state invalid drop
        jump filter_INPUT_POLICIES
        reject with icmpx admin-prohibited
    }
    chain filter_INPUT_POLICIES { jump filter_IN_public; reject with icmpx admin-prohibited; }
    chain filter_IN_public {
        jump filter_IN_public_deny
        jump filter_IN_public_allow
        meta l4proto { icmp, ipv6-icmp } accept
    }
    chain filter_IN_public_deny { }
    chain filter_IN_public_allow {
        tcp dport 22 accept
        ip6 daddr fe80::/64 udp dport 546 accept
        tcp dport 6000-6010 accept
        ip saddr 192.0.2.0/24 tcp dport 3306 accept
    }
    chain nat_PREROUTING { type nat hook prerouting priority dstnat + 10; policy accept; jump nat_PREROUTING_POLICIES; }
    chain nat_PREROUTING_POLICIES { jump nat_PRE_public; return; }
    chain nat_PRE_public { jump nat_PRE_public_deny; jump nat_PRE_public_allow; }
    chain nat_PRE_public_deny { }
    chain nat_PRE_public_allow {
        meta nfproto ipv4 tcp dport 8443 redirect to :443
        meta nfproto ipv4 tcp dport 2222 dnat ip to 10.0.0.5:22
        meta nfproto ipv6 udp dport 5000-5002 redirect to :6000
    }
}
"""
"""firewalld 1.3 with its nftables backend: services, a port range, a rich rule and forward ports of zone public."""


def need(*programs: str) -> None:
    """Skips the test where a program is missing."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


def room_with_nftables() -> Iterator[Room]:
    """A network namespace in which nft works; without one, the test is skipped."""
    need("nft")
    with room() as made:
        if refused := made.call(nft, "table inet whoseport { }\ndelete table inet whoseport\n"):
            pytest.skip(f"this kernel has no nf_tables: {refused}")
        yield made


# --- what runs inside the namespace ---


def feed(command: list[str], text: str) -> str:
    """Runs a program there with this input; its error output if it failed, else nothing."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.stderr or "failed" if done.returncode else ""


def nft(text: str) -> str:
    return feed(["nft", "-f", "-"], text)


def rules(port: int | None = None) -> Rules:
    return read_rules(port=port)
