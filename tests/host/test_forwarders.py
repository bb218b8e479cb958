"""Forwarders tell where they lead by their command lines, and nothing that these do not tell."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import forwarders
from whoseport.host.linux.forwarders import forwarding
from whoseport.model import Forwarding


def led(
    line: str,
    *,
    name: str | None = None,
    port: int | None = None,
    address: str | None = None,
    transport: str | None = None,
) -> tuple[str, int, str] | None:
    command = tuple(shlex.split(line))
    program = name or command[0].rpartition("/")[2]
    found = forwarding(command, name=program, port=port, address=address, transport=transport)
    assert found is None or found.container is None
    return None if found is None else (found.address, found.port, found.via)


PROXY = "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80"


def test_docker_proxy() -> None:
    assert led(PROXY) == ("172.17.0.2", 80, "docker-proxy")
    assert led(PROXY, port=8080, address="0.0.0.0", transport="tcp") == ("172.17.0.2", 80, "docker-proxy")
    assert led(PROXY + " -use-listen-fd", port=8080) == ("172.17.0.2", 80, "docker-proxy")
    assert led(PROXY.replace(" -", " --").replace("-port ", "-port=")) == ("172.17.0.2", 80, "docker-proxy")
    assert led(PROXY.replace("172.17.0.2", "fd00::2")) == ("fd00::2", 80, "docker-proxy")
    assert led(PROXY, port=8081) is None
    assert led(PROXY, transport="udp") is None
    assert led(PROXY.replace(" 172.17.0.2", "")) is None
    assert led(PROXY.replace("-container-port 80", "-container-port")) is None
    assert led(PROXY.replace("-container-port 80", "-container-port 65536")) is None
    assert led(PROXY, name="nginx") is None


@pytest.mark.parametrize(
    ("line", "to"),
    [
        ("socat TCP-LISTEN:3000,fork,reuseaddr TCP:db.internal:5432", ("db.internal", 5432)),
        ("socat tcp-l:3000 tcp4:10.0.0.2:5432", ("10.0.0.2", 5432)),
        ("socat -d -d -b 8192 TCP6-LISTEN:3000,bind=[::1],fork TCP6:[fd00::2]:5432,retry=3", ("fd00::2", 5432)),
        ("socat TCP:10.0.0.2:5432 TCP-LISTEN:3000", ("10.0.0.2", 5432)),
        ("socat OPENSSL-LISTEN:3000,cert=a.pem TCP-CONNECT:localhost:80", ("localhost", 80)),
        ("socat TCP-LISTEN:3000,fork UNIX-CONNECT:/run/x.sock", None),
        ("socat TCP-LISTEN:3000,fork EXEC:/bin/cat", None),
        ("socat TCP-LISTEN:3000,fork TCP:host:http", None),
        ("socat TCP-LISTEN:http TCP:host:80", None),
        ("socat UDP-LISTEN:3000 UDP:host:53", None),
        ("socat TCP-LISTEN:3001 TCP:host:53", None),
        ("socat - TCP:host:80", None),
        ("socat TCP:host:80", None),
        ("socat", None),
        ("socat TCP-LISTEN:3000 TCP:host:80!!TCP:other:81", None),
    ],
)
def test_socat(line: str, to: tuple[str, int] | None) -> None:
    assert led(line, port=3000, transport="tcp") == (None if to is None else (*to, "socat"))


@pytest.mark.parametrize(
    ("line", "to"),
    [
        ("ssh -N -L 3000:db.internal:5432 bastion", ("db.internal", 5432)),
        ("ssh -NfL3000:db.internal:5432 bastion", ("db.internal", 5432)),
        ("ssh bastion -p 22 -L 127.0.0.1:3000:db:5432", ("db", 5432)),
        ("ssh -L '[::1]:3000:[fd00::2]:5432' bastion", ("fd00::2", 5432)),
        ("ssh -L '*:3000:db:5432' bastion", ("db", 5432)),
        ("ssh -L :3000:db:5432 bastion", ("db", 5432)),
        ("ssh -L 3001:other:1 -L 3000:db:5432 -D 1080 bastion", ("db", 5432)),
        ("ssh -o 'LocalForward=3000 db:5432' bastion", ("db", 5432)),
        ("ssh -oLocalForward='localhost:3000 db:5432' bastion", ("db", 5432)),
        ("ssh -o 'localforward 3000 db:5432' bastion", ("db", 5432)),
        ("ssh -D 3000 bastion", None),
        ("ssh -R 3000:db:5432 bastion", None),
        ("ssh -L 3000:/run/db.sock bastion", None),
        ("ssh -L /tmp/s:db:5432 bastion", None),
        ("ssh -L 3001:db:5432 bastion", None),
        ("ssh -i -L 3000:db:5432 bastion", None),
        ("ssh bastion grep -L 3000:db:5432", None),
        ("ssh bastion -- -L 3000:db:5432", None),
        ("ssh -L", None),
        ("ssh -o '' bastion", None),
        ("ssh -L 3000:a:1 -L 3000:b:2 bastion", None),
    ],
)
def test_ssh(line: str, to: tuple[str, int] | None) -> None:
    assert led(line, port=3000, address="127.0.0.1", transport="tcp") == (None if to is None else (*to, "ssh"))


def test_the_address_picks_among_mappings_of_one_port() -> None:
    line = "ssh -L 127.0.0.1:3000:a:1 -L 10.0.0.1:3000:b:2 -L '*:3001:c:3' bastion"
    assert led(line, port=3000, address="127.0.0.1") == ("a", 1, "ssh")
    assert led(line, port=3000, address="10.0.0.1") == ("b", 2, "ssh")
    assert led(line, port=3001, address="::") == ("c", 3, "ssh")
    assert led(line, port=3000) is None
    assert led(line) is None
    assert led("ssh -L localhost:3000:a:1 -L 10.0.0.1:3000:b:2 h", port=3000, address="::1") == ("a", 1, "ssh")


@pytest.mark.parametrize(
    ("line", "to"),
    [
        ("kubectl port-forward svc/web 3000:80", ("svc/web", 80)),
        ("kubectl -n shop --context=dev port-forward pod/web-1 3001:1 3000:80 --address 0.0.0.0", ("pod/web-1", 80)),
        ("kubectl --namespace shop port-forward deploy/web 3000", ("deploy/web", 3000)),
        ("kubectl port-forward svc/web :80", ("svc/web", 80)),
        ("kubectl port-forward --insecure-skip-tls-verify svc/web 3000:80", ("svc/web", 80)),
        ("kubectl port-forward svc/web 3000:http", None),
        ("kubectl port-forward svc/web 3001:80", None),
        ("kubectl port-forward svc/web", None),
        ("kubectl proxy svc/web 3000:80", None),
        ("kubectl get pods -w", None),
    ],
)
def test_kubectl(line: str, to: tuple[str, int] | None) -> None:
    assert led(line, port=3000, address="127.0.0.1") == (None if to is None else (*to, "kubectl"))


@pytest.mark.parametrize(
    ("line", "to"),
    [
        ("rootlesskit --net=slirp4netns -p 0.0.0.0:3000:10.0.2.100:80/tcp dockerd", ("10.0.2.100", 80, "rootlesskit")),
        ("rootlesskit --publish=3000:10.0.2.100:80/tcp dockerd", ("10.0.2.100", 80, "rootlesskit")),
        ("rootlesskit --publish=3000:10.0.2.100:80/tcp4 dockerd", ("10.0.2.100", 80, "rootlesskit")),
        ("rootlesskit --publish=3000:10.0.2.100:80/udp dockerd", None),
        ("rootlesskit -p 0.0.0.0:3000:80/tcp dockerd", None),
        ("rootlesskit --publish dockerd", None),
        ("passt -t 3000:80 -a 192.0.2.7", ("192.0.2.7", 80, "passt")),
        ("passt --tcp-ports=127.0.0.1/2999-3001:79-81 --address=192.0.2.7/24", ("192.0.2.7", 80, "passt")),
        ("passt -t 22,3000 -a 192.0.2.7", ("192.0.2.7", 3000, "passt")),
        ("passt -t 10.0.0.1%eth0/3000 -a 192.0.2.7", ("192.0.2.7", 3000, "passt")),
        ("passt -u 3000 -a 192.0.2.7", None),
        ("passt -t 3000", None),
        ("passt -t all -a 192.0.2.7", None),
        ("passt -t 2999-3001:80-81 -a 192.0.2.7", None),
        ("passt -t 3000:1:2 -a 192.0.2.7", None),
        ("pasta -t 3000:80 -a 192.0.2.7", None),
        ("slirp4netns --configure 812 tap0", None),
    ],
)
def test_into_namespaces_and_guests(line: str, to: tuple[str, int, str] | None) -> None:
    assert led(line, port=3000, transport="tcp") == to


@pytest.mark.parametrize(
    ("line", "to"),
    [
        ("systemd-socket-proxyd 127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("systemd-socket-proxyd --exit-idle-time 10 -c 5 '[::1]:8080'", ("::1", 8080)),
        ("systemd-socket-proxyd --connections-max=5 web:8080", ("web", 8080)),
        ("systemd-socket-proxyd /run/web.sock", None),
        ("systemd-socket-proxyd @web", None),
        ("systemd-socket-proxyd web:http", None),
        ("systemd-socket-proxyd a:1 b:2", None),
    ],
)
def test_systemd_socket_proxyd(line: str, to: tuple[str, int] | None) -> None:
    assert led(line, name="systemd-socket-proxyd"[:15], port=3000) == (
        None if to is None else (*to, "systemd-socket-proxyd")
    )


def test_a_command_line_without_end_is_not_read() -> None:
    assert forwarding(("ssh", "-L", "3000:" + "a" * 5000 + ":80", "h"), name="ssh") is None
    assert forwarding(("ssh", *("-L", "3000:a:80") * 5000, "h"), name="ssh") is None
    assert forwarding((), name="ssh") is None


def test_ranges_are_bounded() -> None:
    everything = ",".join(["1-65535:1-65535"] * 50_000)
    assert len(forwarders.passt(("-t", everything, "-a", "192.0.2.7"))) <= 1024
    assert led("passt -t 1-65535 -a 192.0.2.7", port=60_000) == ("192.0.2.7", 60_000, "passt")
    assert led("passt -t 1-65535 -a 192.0.2.7") is None


WORDS = st.sampled_from(
    [
        *("-L", "-o", "-p", "-t", "-a", "--", "-", "--publish", "-N", "-host-port", "-container-ip", "-container-port"),
        *(
            "3000:a:80",
            "[::1]:3000:[::2]:80",
            "LocalForward=1 a:2",
            "port-forward",
            "svc/a",
            "1:2",
            ":::",
            "[",
            "]:",
            "=",
        ),
        *("TCP-LISTEN:1,fork", "TCP:a:2", "1-9:1-9", "9-1", "all", "0.0.0.0/1", "", "/", "80", "http"),
    ]
)


@given(
    words=st.lists(WORDS | st.text(max_size=30), max_size=12),
    name=st.sampled_from(sorted(forwarders.READERS)),
    port=st.none() | st.integers(0, 65535),
    address=st.sampled_from([None, "::", "0.0.0.0", "127.0.0.1", ""]),
)
def test_any_command_line_is_read(words: list[str], name: str, port: int | None, address: str | None) -> None:
    found = forwarding(("x", *words), name=name, port=port, address=address)
    if found is not None:
        assert isinstance(found, Forwarding)
        assert found.address
        assert 0 < found.port < 65536
        assert any(found.address in word for word in words)


@given(st.text(alphabet="0123456789٣²-+ ", max_size=8))
def test_ports_are_ports(text: str) -> None:
    port = forwarders.port_number(text)
    assert port is None or (0 < port < 65536 and str(port) == text.lstrip("0"))
