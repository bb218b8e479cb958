"""What else speaks of a port, and what is commonly run on it: told as what it is, and only of this port."""

from __future__ import annotations

from typing import Any

import pytest

from tests.render.facts import FREE, HBCI, TODAY, asked, host, listener
from tests.render.judgements import BROWSERS, REPORTED, fact, finding, mention, practised, redirect
from whoseport.model import Answer, BindAttempt, Inspection, KernelPort, RpcProgram, Transport
from whoseport.render import text
from whoseport.render.language import ENGLISH


def told(answer: Answer, *, verbose: bool = False) -> str:
    return text.told(answer, language=ENGLISH, width=None, colour=False, verbose=verbose, today=TODAY)


def page(here: Inspection, *, port: int = 8080, transport: Transport | None = None, verbose: bool = False) -> str:
    return told(asked(port, HBCI, here, transport), verbose=verbose)


class TestPractice:
    def test_the_strongest_role_comes_first(self) -> None:
        facts = (fact("Old", role="legacy"), fact("Next.js"), fact("Watch", role="metrics"), fact("Grafana"))
        shown = told(practised(asked(3000, HBCI, None), *facts))
        assert "Practice  Next.js, Grafana: default\n          Watch, metrics; Old, in earlier versions\n" in shown

    def test_another_transport_than_the_one_asked_for_says_nothing(self) -> None:
        facts = (fact("Next.js"), fact("Tunnel", transport="udp"))
        assert "Next.js, Tunnel (udp): default" in told(practised(asked(3000, HBCI, None), *facts))
        shown = told(practised(asked(3000, HBCI, None, "udp"), *facts))
        assert "Tunnel (udp), default" in shown
        assert "Next.js" not in shown

    @pytest.mark.parametrize(("port", "handed"), [(599, False), (600, True), (1023, True), (1024, False)])
    def test_rpc_is_mentioned_where_it_is_handed_ports(self, port: int, handed: bool) -> None:
        shown = told(practised(asked(port, FREE, None)))
        assert "Practice  no software known" in shown
        assert ("RPC services may be handed it" in shown) is handed

    def test_what_was_not_looked_up_is_not_told(self) -> None:
        assert "Practice" not in told(asked(971, FREE, None))

    def test_each_fact_has_its_source(self) -> None:
        shown = told(practised(asked(3000, HBCI, None), fact("Next.js", last=3001)), verbose=True)
        assert "Practice  Next.js, default, 3000-3001/tcp: next.js 1.2, docs/settings, PORT\n" in shown

    def test_browsers_that_refuse_it(self) -> None:
        answer = practised(asked(10080, HBCI, None), browsers=BROWSERS)
        assert "refused by browsers (Fetch standard since 2021-04, Firefox, Chromium)\n" in told(answer)
        assert "by Chromium, port_util.cc\n" in told(answer, verbose=True)
        assert "refused" not in told(practised(asked(10080, HBCI, None, "udp"), browsers=BROWSERS))

    def test_reports_are_told_as_exactly_that(self) -> None:
        answer = practised(asked(1177, HBCI, host(listener(port=1177))), reported=REPORTED)
        shown = told(answer)
        assert (
            "servers of njrat, asyncrat, quasar and 1 more were reported on this port elsewhere; "
            "says nothing of this machine\n" in shown
        )
        assert "reported to be opened by HARDRAIN elsewhere; says nothing of this machine\n" in shown
        twice = practised(asked(1177, HBCI, None), reported=(REPORTED[0], REPORTED[0].replace(family="njRAT")))
        assert "servers of njrat were reported" in told(twice)
        assert "suspicious" not in shown
        assert "https://" not in shown
        full = told(answer, verbose=True)
        assert "njrat, 120 servers: Maltrail, trails; https://reports.example/1\n" in full
        assert "remcos: Maltrail" in full


class TestRedirects:
    def test_only_those_of_the_port_are_told(self) -> None:
        here = host(redirects=(redirect(), redirect(first=1, last=2, to_address="10.9.9.9")))
        assert page(here).startswith("Port 8080: no socket here, but the firewall leads it to 172.18.0.3:8443.\n")
        assert "leads to   172.18.0.3:8443, nftables prerouting chain DOCKER\n" in page(here)
        assert "10.9.9.9" not in page(here, verbose=True)
        assert "leads to" not in page(here, transport="udp")

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"to_address": None}, "port 8443 of this machine,"),
            ({"to_port": None}, "172.18.0.3,"),
            ({"to_address": "fd00::1"}, "[fd00::1]:8443,"),
            ({"to_address": None, "to_port": None}, "somewhere else,"),
            ({"address": "10.0.0.1"}, ", if sent to 10.0.0.1"),
            ({"interface": "eth0"}, ", if it comes by eth0"),
            ({"comment": "web\n"}, ', "web"'),
            ({"transport": "udp"}, ", udp only"),
        ],
    )
    def test_its_conditions_are_told(self, changes: dict[str, Any], words: str) -> None:
        assert words in page(host(redirects=(redirect(**changes),)))

    def test_a_finding_without_its_rule_is_told(self) -> None:
        shown = page(host(findings=(finding("redirected", "iptables", "-p tcp --dport 8080"),)))
        assert "leads it elsewhere" in shown
        assert "found      a firewall rule leads it elsewhere (iptables: -p tcp --dport 8080)\n" in shown


class TestFiles:
    def test_a_file_says_it_with_its_line(self) -> None:
        shown = page(host(mentions=(mention(),)), port=6379)
        assert "says       /etc/redis/redis.conf line 138: port 6379\n" in shown

    def test_what_configures_it_comes_before_a_list_of_names(self) -> None:
        names = mention(kind="etc-services", path="/etc/services", line=9, text="redis 6379/tcp")
        assert "/etc/services" not in page(host(mentions=(names, mention())), port=6379)
        assert "/etc/services line 9: redis 6379/tcp" in page(host(mentions=(names,)), port=6379)
        assert "/etc/services line 9" in page(host(mentions=(names, mention())), port=6379, verbose=True)

    def test_what_is_not_in_force_is_told_so(self) -> None:
        unit = mention(kind="socket-unit", path="/etc/systemd/system/a.socket", name="a.socket", enabled=False)
        assert "; not in force" in page(host(mentions=(unit,)), port=6379)
        assert "; not in force" not in page(host(mentions=(unit.replace(enabled=None),)), port=6379)

    def test_another_port_or_transport_is_not_told(self) -> None:
        assert "says" not in page(host(mentions=(mention(),)), port=6380)
        assert "says" not in page(host(mentions=(mention(),)), port=6379, transport="udp")
        anything = mention(transport=None)
        assert "says" in page(host(mentions=(anything,)), port=6379, transport="udp")


class TestAsked:
    def test_what_the_kernel_answered_to_a_bind(self) -> None:
        tries = (
            BindAttempt(transport="tcp", address="0.0.0.0", outcome="in-use", errno="EADDRINUSE"),
            BindAttempt(transport="tcp", address="::", outcome="in-use", errno="EADDRINUSE"),
            BindAttempt(transport="tcp", address="0.0.0.0", outcome="free", errno=None, reuse_address=True),
        )
        shown = page(host(bind_attempts=tries))
        assert "bind       tcp 0.0.0.0, [::]: in use (EADDRINUSE)\n" in shown
        assert "tcp 0.0.0.0: free, with SO_REUSEADDR\n" in shown

    def test_a_bind_refused_without_a_socket_is_the_headline(self) -> None:
        shown = page(host(findings=(finding("bind-in-use", "bind(2)", "EADDRINUSE"),)))
        assert shown.startswith("Port 8080: nothing seen here, yet the kernel says it is in use.\n")

    def test_the_port_mapper_names_program_and_versions(self) -> None:
        programs = tuple(
            RpcProgram(program=100021, version=version, transport=transport, port=8080, name="nlockmgr", owner=None)
            for version in (4, 1)
            for transport in ("udp", "tcp")
        )
        other = programs[0].replace(port=1, name="never")
        shown = page(host(rpc_programs=(*programs, other)))
        assert "RPC        nlockmgr: program 100021, version 1, 4 on tcp, udp\n" in shown
        assert "never" not in shown


def test_the_kernel_serves_it() -> None:
    one = KernelPort(transport="udp", port=8080, subsystem="wireguard", name="wg0", source="netlink")
    shown = page(host(kernel_ports=(one, one.replace(port=1, name="never"))))
    assert shown.startswith("Port 8080: wireguard, served by the kernel itself.\n")
    assert "kernel     udp served by wireguard, wg0 (netlink)\n" in shown
    assert "never" not in shown


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("hidden-from-view", "suspicious: something holds it that one view of the system hides"),
        ("view-differs", "no socket in the tables, yet another view of the system shows one"),
        ("kernel-port", "served by the kernel itself"),
        ("socket-unit-waiting", "nothing listens yet, a socket unit claims it"),
    ],
)
def test_why_it_is_taken_although_nothing_shows(claim: str, words: str) -> None:
    shown = page(host(findings=(finding(claim, "source", "observed"),)))
    assert shown.startswith(f"Port 8080: {words}.\n")
    assert "(source: observed)\n" in shown


def test_what_other_rows_tell_is_not_told_twice() -> None:
    claims = ("socket-here", "time-wait", "client-port-range", "rules-unseen", "held-elsewhere", "bound-not-listening")
    shown = page(host(findings=tuple(finding(claim, "source", "observed") for claim in claims)))
    assert "found" not in shown
    assert page(host(findings=(finding("time-wait", "a", "b"),)), verbose=True).count("time-wait, proven") == 1
