"""Rules as Docker, kube-proxy, firewalld and people write them, read back in a namespace of our own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.firewalls import (
    DOCKER,
    FIREWALLD,
    KUBE_PROXY,
    KUBE_PROXY_NFTABLES,
    feed,
    need,
    nft,
    room_with_nftables,
    rules,
)
from tests.host.network import Room
from whoseport.host import for_port, look
from whoseport.host.linux.rules import Rules
from whoseport.host.saved import parse
from whoseport.model import Inspection, Redirect

pytestmark = pytest.mark.namespaces

BACKENDS = ["iptables-nft-restore", "iptables-legacy-restore"]


@pytest.fixture
def place() -> Iterator[Room]:
    yield from room_with_nftables()


def load(place: Room, command: list[str], text: str) -> None:
    need(command[0])
    refused = place.call(feed, command, text)
    if "legacy" in command[0] and ("Table does not exist" in refused or "can't initialize" in refused):
        pytest.skip("this kernel has no tables of iptables itself")
    assert refused == ""


def brief(redirects: tuple[Redirect, ...]) -> set[tuple[object, ...]]:
    return {(one.hook, one.transport, one.first, one.last, one.to_address, one.to_port) for one in redirects}


def test_an_empty_namespace_has_none(place: Room) -> None:
    assert place.call(rules) == Rules(redirects=(), mentions=(), unseen=())


@pytest.mark.parametrize("command", BACKENDS)
def test_docker(place: Room, command: str) -> None:
    load(place, [command], DOCKER)
    told = place.call(rules, 8080)
    assert told.unseen == ()
    assert told.mentions == ()
    arriving, sent = told.redirects
    assert arriving == Redirect(
        system="iptables",
        family="ip",
        table="nat",
        chain="PREROUTING > DOCKER",
        hook="prerouting",
        transport="tcp",
        first=8080,
        last=8080,
        address=None,
        interface="!docker0",
        to_address="172.17.0.2",
        to_port=80,
        comment=None,
    )
    assert sent == arriving.replace(hook="output", chain="OUTPUT > DOCKER", address="!127.0.0.0/8")
    assert [(one.address, one.transport) for one in place.call(rules, 5353).redirects] == [("10.9.8.7", "udp")] * 2
    # the address is another machine's, and so are the ports of containers
    assert place.call(rules, 8081) == place.call(rules, 80) == Rules(redirects=(), mentions=(), unseen=())


@pytest.mark.parametrize("command", BACKENDS)
def test_kube_proxy(place: Room, command: str) -> None:
    load(place, [command], KUBE_PROXY)
    told = place.call(rules, 30080).redirects
    assert brief(told) == {
        (hook, "tcp", 30080, 30080, address, 8080)
        for hook in ("prerouting", "output")
        for address in ("10.244.1.5", "10.244.2.7")
    }
    assert {one.comment for one in told} == {"default/web:http"}
    assert told[0].chain == (
        "PREROUTING > KUBE-SERVICES > KUBE-NODEPORTS > KUBE-EXT-ABCDEFGHIJKLMNOP > KUBE-SVC-ABCDEFGHIJKLMNOP"
        " > KUBE-SEP-AAAAAAAAAAAAAAAA"
    )
    assert place.call(rules, 80).redirects == ()
    assert brief(place.call(rules).redirects) == brief(told)


def test_kube_proxy_in_nftables(place: Room) -> None:
    assert place.call(nft, KUBE_PROXY_NFTABLES) == ""
    told = place.call(rules, 30080).redirects
    assert brief(told) == {
        (hook, "tcp", 30080, 30080, address, 8080)
        for hook in ("prerouting", "output")
        for address in ("10.244.1.5", "10.244.2.7")
    }
    assert {(one.system, one.family, one.table, one.address) for one in told} == {
        ("nftables", "ip", "kube-proxy", "10.9.8.7")
    }
    assert brief(place.call(rules, 5300).redirects) == {
        (hook, "udp", 5300, 5300, "10.244.3.3", 53) for hook in ("prerouting", "output")
    }
    assert place.call(rules, 80).redirects == ()
    assert len(place.call(rules).redirects) == 6


def test_firewalld(place: Room) -> None:
    assert place.call(nft, FIREWALLD) == ""
    told = place.call(rules)
    assert brief(told.redirects) == {
        ("prerouting", "tcp", 8443, 8443, None, 443),
        ("prerouting", "tcp", 2222, 2222, "10.0.0.5", 22),
        ("prerouting", "udp", 5000, 5002, None, 6000),
    }
    assert {one.family for one in told.redirects} == {"ip", "ip6"}
    named = {(one.transport, one.first, one.last): one for one in told.mentions}
    assert set(named) == {("tcp", 22, 22), ("udp", 546, 546), ("tcp", 6000, 6010), ("tcp", 3306, 3306)}
    ssh = named["tcp", 22, 22]
    assert (ssh.kind, ssh.path, ssh.line) == ("nftables", "inet firewalld filter_IN_public_allow", 1)
    assert ssh.text == "input: tcp dport 22 accept"
    assert named["udp", 546, 546].address == "fe80::/64"
    assert named["tcp", 3306, 3306].text == "input: tcp saddr 192.0.2.0/24 dport 3306 accept"
    assert [one.last for one in place.call(rules, 6005).mentions] == [6010]
    assert place.call(rules, 443).mentions == place.call(rules, 443).redirects == ()


def test_docker_in_nftables(place: Room) -> None:
    assert (
        place.call(
            nft,
            """
table ip docker-bridges {
    chain nat-prerouting { type nat hook prerouting priority dstnat; fib daddr type local counter jump published; }
    chain nat-output {
        type nat hook output priority -100
        ip daddr != 127.0.0.0/8 fib daddr type local jump published
    }
    chain published { iifname != "docker0" tcp dport 8080 counter dnat to 172.17.0.2:80 comment "DNAT"; }
}
""",
        )
        == ""
    )
    arriving, sent = place.call(rules, 8080).redirects
    assert (arriving.interface, arriving.address, arriving.comment) == ("!docker0", None, "DNAT")
    assert (sent.hook, sent.address) == ("output", "!127.0.0.0/8")


PEOPLE = """
table inet t {
    set web { type inet_service; flags interval; elements = { 80, 443, 8000-8010 }; }
    chain pre {
        type nat hook prerouting priority dstnat;
        tcp dport @web redirect to :9090
        dnat ip to tcp dport map { 2001 : 10.0.0.1 . 22, 2002 : 10.0.0.2 . 22 }
        dnat ip to udp dport map { 3000-3010 : 10.0.0.3, 3011 : 10.0.0.4 }
        ip daddr . tcp dport { 10.9.8.7 . 4000, 192.0.2.1 . 4001 } redirect to :4100
        tcp dport { 5000, 5001 } tcp sport >= 1024 redirect
        tcp dport >= 60000 tcp dport < 61000 redirect to :1
        tcp dport != 1-59999 redirect to :2
        th dport 7000 meta l4proto { tcp, udp } redirect to :7001
        iifname "lo" ip6 daddr 2001:db8::7 tcp dport 7100 dnat ip6 to [2001:db8::9]:7101
        meta mark 7 tcp dport 7200 redirect to :7201
        meta nfproto ipv6 jump six
        meta nfproto ipv4 tcp dport 7400 accept
        tcp dport 7400 redirect to :7401
        fib daddr type local tcp dport 7500 accept
        tcp dport 7500 redirect to :7501
        udp dport > 65000 redirect to :3
        udp dport < 5 redirect to :4
    }
    chain six { meta nfproto ipv4 tcp dport 7300 redirect; tcp dport 7301 redirect; }
    chain in {
        type filter hook input priority filter; policy drop;
        tcp dport vmap { 22 : accept, 23 : drop, 25 : jump mail }
        udp dport != { 53, 67-68 } drop
        tcp dport 1900 limit rate 3/minute accept
        meta l4proto tcp ct original proto-dst 80 accept
        tcp dport 2000 counter
        tcp dport 2100 reject with tcp reset
        tcp sport 9999 accept
    }
    chain mail { ip saddr 192.0.2.0/24 accept; }
    chain out { type filter hook output priority filter; tcp sport 9999 accept; oifname "lo" tcp dport 25 drop; }
    chain forward { type filter hook forward priority filter; tcp dport 1234 accept; }
    chain transparent {
        type filter hook prerouting priority mangle
        meta l4proto tcp th dport 3128 tproxy ip to 127.0.0.1:3129
    }
    chain unused { tcp dport 4321 accept; }
}
table ip6 dormant {
    flags dormant
    chain pre { type nat hook prerouting priority dstnat; tcp dport 8888 redirect to :1; }
}
"""


LEADS: dict[int, set[tuple[object, ...]]] = {
    80: {("tcp", None, 9090)},
    8005: {("tcp", None, 9090)},
    8011: set(),
    2001: {("tcp", "10.0.0.1", 22)},
    2002: {("tcp", "10.0.0.2", 22)},
    3005: {("udp", "10.0.0.3", None)},
    3011: {("udp", "10.0.0.4", None)},
    3012: set(),
    4000: {("tcp", None, 4100)},
    4001: set(),
    5001: {("tcp", None, None)},
    60000: {("tcp", None, 1)},
    60999: {("tcp", None, 1)},
    61000: {("tcp", None, 2)},
    59999: set(),
    7000: {("tcp", None, 7001), ("udp", None, 7001)},
    7100: {("tcp", "2001:db8::9", 7101)},
    7200: {("tcp", None, 7201)},
    7300: set(),
    7301: {("tcp", None, None)},
    7400: {("tcp", None, 7401)},
    7500: set(),
    65000: {("tcp", None, 2)},
    65001: {("tcp", None, 2), ("udp", None, 3)},
    4: {("udp", None, 4)},
    5: set(),
    3128: {("tcp", "127.0.0.1", 3129)},
    8888: set(),
    4321: set(),
}
NAMED: dict[int, list[str]] = {
    22: ["input: tcp dport 22 accept"],
    23: ["input: tcp dport 23 drop"],
    25: ["input: tcp dport 25 jump mail", "output: tcp oifname lo dport 25 drop"],
    53: ["input: udp dport != 53,67-68 drop"],
    54: [],
    1900: ["input: tcp dport 1900 limit accept"],
    80: ["input: tcp original dport 80 accept"],
    2000: ["input: tcp dport 2000"],
    2100: ["input: tcp dport 2100 reject"],
    9999: ["output: tcp sport 9999 accept"],
    1234: [],
    4321: [],
}


def test_what_people_write(place: Room) -> None:
    assert place.call(nft, PEOPLE) == ""
    whole = place.call(rules)
    assert whole.unseen == ()
    for port, expected in LEADS.items():
        told = place.call(rules, port).redirects
        assert {(one.transport, one.to_address, one.to_port) for one in told} == expected, port
        here = [one for one in whole.redirects if one.first <= port <= one.last]
        assert {(one.transport, one.to_address, one.to_port) for one in here} == expected, port


def test_rules_that_name_a_port(place: Room) -> None:
    assert place.call(nft, PEOPLE) == ""
    for port, texts in NAMED.items():
        told = place.call(rules, port).mentions
        assert sorted(one.text for one in told) == sorted(texts)
        assert all(one.first <= port <= one.last and one.kind == "nftables" and one.enabled for one in told)


XTABLES = """
*nat
:PREROUTING ACCEPT [0:0]
:GO - [0:0]
-A PREROUTING -p tcp -m multiport --dports 971,1000:1010 -m comment --comment "hi there" -j REDIRECT --to-ports 8080
-A PREROUTING -p udp -m multiport ! --dports 1:5000 -m udp --sport 53 -j REDIRECT --to-ports 54
-A PREROUTING -p tcp -m tcp ! --dport 1:65000 -g GO
-A PREROUTING -p tcp -m tcp --dport 65001 -j REDIRECT --to-ports 1
-A PREROUTING -i eth+ -p tcp -m tcp --dport 4000 -j REDIRECT
-A GO -p tcp -m tcp --dport 65001 -j RETURN
-A GO -p tcp -m tcp -j REDIRECT --to-ports 2
COMMIT
*filter
:INPUT ACCEPT [0:0]
:f2b-sshd - [0:0]
-A INPUT -p tcp -m multiport --dports 22,2222 -j f2b-sshd
-A INPUT -p tcp -m tcp --dport 80 --tcp-flags SYN,ACK SYN -j DROP
-A INPUT -p udp -m multiport --ports 123 -j ACCEPT
-A INPUT -p sctp -m sctp --dport 36412 -j ACCEPT
-A f2b-sshd -j RETURN
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 3128 -j TPROXY --on-port 3129 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1
COMMIT
"""


@pytest.mark.parametrize("family", ["iptables", "ip6tables"])
@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_iptables_of_both_kinds(place: Room, family: str, backend: str) -> None:
    text = XTABLES if family == "iptables" else XTABLES.replace(" --on-ip 0.0.0.0", "")
    load(place, [f"{family}-{backend}-restore"], text)
    whole = place.call(rules)
    assert whole.unseen == ()
    assert {one.system for one in whole.redirects} == {one.kind for one in whole.mentions} == {"iptables"}
    assert {one.family for one in whole.redirects} == {"ip" if family == "iptables" else "ip6"}
    assert {(one.transport, one.first, one.last, one.to_address, one.to_port) for one in whole.redirects} == {
        ("tcp", 971, 971, None, 8080),
        ("tcp", 1000, 1010, None, 8080),
        ("udp", 0, 0, None, 54),
        ("udp", 5001, 65535, None, 54),
        ("tcp", 0, 0, None, 2),
        ("tcp", 65002, 65535, None, 2),
        ("tcp", 4000, 4000, None, None),
        ("tcp", 3128, 3128, None, 3129),
    }
    comments = {one.first: one.comment for one in whole.redirects}
    assert comments[971] == comments[1000] == "hi there"
    assert {one.interface for one in whole.redirects if one.first == 4000} == {"eth*"}
    assert [one.chain for one in whole.redirects if one.to_port == 2] == ["PREROUTING > GO"] * 2
    assert [one.transport for one in place.call(rules, 65001).redirects] == ["udp"]
    flags = "flags dport 80" if backend == "nft" else "dport 80 flags"
    assert {
        (one.path.split()[-1], one.line, one.transport, one.first, one.last, one.text) for one in whole.mentions
    } == {
        ("INPUT", 1, "tcp", 22, 22, "input: tcp dport 22,2222 jump f2b-sshd"),
        ("INPUT", 1, "tcp", 2222, 2222, "input: tcp dport 22,2222 jump f2b-sshd"),
        ("INPUT", 2, "tcp", 80, 80, f"input: tcp {flags} drop"),
        ("INPUT", 3, "udp", 123, 123, "input: udp port 123 accept"),
        ("INPUT", 4, "sctp", 36412, 36412, "input: sctp dport 36412 accept"),
    }


@pytest.mark.parametrize("backend", ["nft", "legacy"])
def test_a_shifted_range(place: Room, backend: str) -> None:
    text = "*nat\n-A PREROUTING -p tcp --dport 8000:8010 -j DNAT --to-destination 10.0.0.9:9000-9010/8000\nCOMMIT\n"
    load(place, [f"iptables-{backend}-restore"], text)
    (one,) = place.call(rules, 8003).redirects
    assert (one.first, one.last, one.to_address, one.to_port) == (8003, 8003, "10.0.0.9", 9003)
    assert {one.to_port for one in place.call(rules).redirects} == set(range(9000, 9011))


def test_both_kinds_of_iptables_at_once(place: Room) -> None:
    for backend, port in (("nft", 1), ("legacy", 2)):
        text = f"*nat\n-A PREROUTING -p tcp --dport {port} -j REDIRECT --to-ports 9\nCOMMIT\n"
        load(place, [f"iptables-{backend}-restore"], text)
    assert {one.first for one in place.call(rules).redirects} == {1, 2}


def look_at(port: int | None) -> Inspection:
    return look(port, everything=port is None)


def test_a_look_has_them_and_a_saved_one_says_the_same(place: Room) -> None:
    from whoseport.model import Listing
    from whoseport.render.json import to_json

    assert place.call(nft, PEOPLE) == ""
    whole = place.call(look_at, None)
    saved = parse(to_json(Listing(host=whole)).encode())
    assert saved == whole
    for port in (22, 80, 8005, 2001, 3005, 60500, 7000, 3128, 9999, 1):
        fresh = for_port(place.call(look_at, port), port)
        later = for_port(saved, port)
        assert fresh.redirects == later.redirects
        assert fresh.mentions is not None
        assert later.mentions is not None
        of_rules = [one for one in later.mentions if one.kind == "nftables"]
        assert of_rules == [one for one in fresh.mentions if one.kind == "nftables"]
        assert (fresh.views, fresh.kernel_ports) == (later.views, later.kernel_ports)


def test_a_plain_list_does_not_ask() -> None:
    found = look()
    assert (found.redirects, found.views, found.kernel_ports) == (None, None, None)
