"""Does a download go where it was sent, by redirects, proxies and TLS, and nowhere else?"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.registry.http_server import (
    Conversation,
    Server,
    dripping,
    forwarding,
    redirecting,
    saying,
    serving,
    stalling,
    tls_context,
)
from whoseport.model import BrokenSurroundings, Misuse
from whoseport.registry.connection import Bounds, Deadline, _bounded_tls
from whoseport.registry.download import Validators, fetch, is_address

if TYPE_CHECKING:
    from pathlib import Path

XML = b"<registry>" + b"<record/>" * 20_000 + b"</registry>"
SHORT = Bounds(connect=5, idle=0.2, total=30, largest=1024 * 1024)
DRIPPED = Bounds(connect=5, idle=5, total=0.5, largest=1024 * 1024)
CERTIFICATE = (
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 "
    "-subj /CN=localhost -addext subjectAltName=DNS:localhost"
)
NOTHING = Validators(etag=None, last_modified=None)


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_nobody_there_is_told() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(BrokenSurroundings) as raised:
            fetch(f"http://127.0.0.1:{bound.getsockname()[1]}/")
    assert (raised.value.problem, raised.value.fields["reason"]) == ("download-unreachable", "ECONNREFUSED")


def test_an_unknown_host_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: object, **_options: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(BrokenSurroundings) as raised:
        fetch("http://registry.example/")
    assert (raised.value.problem, raised.value.fields["host"]) == ("download-host-unknown", "registry.example")


@pytest.mark.parametrize(
    "address",
    [
        "http://",
        "http://[::1/",
        "http://127.0.0.1:x/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
        "http://a..b/",
    ],
)
def test_a_malformed_address_is_told(address: str) -> None:
    with pytest.raises(BrokenSurroundings) as raised:
        fetch(address, bounds=SHORT)
    assert raised.value.problem == "download-address-malformed"


def test_only_http_addresses_are_addresses() -> None:
    assert is_address("HTTPS://www.iana.org/")
    assert not is_address("/tmp/registry.xml")
    assert not is_address("C:\\registry.xml")
    for source in ("file:///etc/passwd", "ftp://host/x"):
        with pytest.raises(Misuse) as raised:
            is_address(source)
        assert raised.value.problem == "source-scheme-unsupported"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_followed_with_the_conditions(status: str) -> None:
    def behave(conversation: Conversation) -> None:
        if conversation.target == "/registry.xml":
            redirecting("/elsewhere?ä=1", status=status)(conversation)
        else:
            serving(XML, etag='"one"')(conversation)

    with Server(behave) as server:
        assert fetch(server.address(), validators=NOTHING).body == XML
        assert server.requests[1].target == "/elsewhere?%E4=1"
        assert fetch(server.address(), validators=Validators(etag='"one"', last_modified=None)).body is None


def test_a_loop_of_redirects_ends() -> None:
    with Server(redirecting("/registry.xml")) as server, pytest.raises(BrokenSurroundings) as raised:
        fetch(server.address(), bounds=SHORT)
    assert (raised.value.problem, raised.value.fields["reason"]) == ("download-redirect-refused", "too-many")
    assert len(server.requests) == SHORT.redirects + 1


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("file:///etc/passwd", "scheme"),
        ("ftp://127.0.0.1/x", "scheme"),
        ("data:text/xml,<registry/>", "scheme"),
        ("//[::1/x", "nowhere"),
        ("", "nowhere"),
    ],
)
def test_a_redirect_out_of_the_web_is_refused(to: str, reason: str) -> None:
    with Server(redirecting(to)) as server, pytest.raises(BrokenSurroundings) as raised:
        fetch(server.address(), bounds=SHORT)
    assert (raised.value.problem, raised.value.fields["reason"]) == ("download-redirect-refused", reason)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost that only who is told to trusts, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: no certificate to serve with")
    folder = tmp_path_factory.mktemp("identity")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [openssl, *CERTIFICATE.split(), "-out", str(certificate), "-keyout", str(key)],
        check=True,
        capture_output=True,
    )
    return certificate, key


def test_a_certificate_is_verified(identity: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(serving(XML), tls=tls_context(*identity)) as server:
        with pytest.raises(BrokenSurroundings) as raised:
            fetch(server.address(host="localhost"), bounds=SHORT)
        assert raised.value.problem == "download-certificate-refused"
        monkeypatch.setenv("SSL_CERT_FILE", str(identity[0]))
        assert fetch(server.address(host="localhost"), bounds=SHORT).body == XML
        with pytest.raises(BrokenSurroundings) as raised:
            fetch(server.address(host="127.0.0.1"), bounds=SHORT)
        assert raised.value.problem == "download-certificate-refused"


def test_tls_with_a_plain_server_is_told() -> None:
    with Server(saying(b"HTTP/1.1 200 OK\r\n\r\n")) as server, pytest.raises(BrokenSurroundings) as raised:
        fetch(server.address().replace("http:", "https:"), bounds=SHORT)
    # a TLS hello holds no end of an HTTP head: the server waits, or reads it as one and answers nonsense
    assert raised.value.problem in ("download-tls-failed", "download-timed-out")


def test_a_stall_behind_tls_ends_too(identity: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(identity[0]))
    tls = tls_context(*identity)
    beginning = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    with Server(stalling(beginning), tls=tls) as server, pytest.raises(BrokenSurroundings) as raised:
        fetch(server.address(host="localhost"), bounds=SHORT)
    assert (raised.value.problem, raised.value.fields["stage"]) == ("download-timed-out", "idle")
    for drip in (dripping(beginning, drop=b"<", seconds=0.01), dripping(beginning[:-4], drop=b"9", seconds=0.01)):
        with Server(drip, tls=tls) as server, pytest.raises(BrokenSurroundings) as raised:
            fetch(server.address(host="localhost"), bounds=DRIPPED)
        assert (raised.value.problem, raised.value.fields["stage"]) == ("download-timed-out", "total")


def test_a_redirect_from_https_to_http_is_refused(identity: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(identity[0]))
    with Server(serving(XML)) as plain, Server(redirecting(plain.address()), tls=tls_context(*identity)) as server:
        with pytest.raises(BrokenSurroundings) as raised:
            fetch(server.address(host="localhost"), bounds=SHORT)
        assert (raised.value.problem, raised.value.fields["reason"]) == ("download-redirect-refused", "downgrade")
        assert plain.requests == []


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(serving(XML)) as server, Server(forwarding) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert fetch(server.address(), bounds=SHORT).body == XML
        assert [each.target for each in proxy.requests] == [server.address()]
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert fetch(server.address(), bounds=SHORT).body == XML
        assert len(proxy.requests) == 1


def test_a_proxy_is_tunnelled_through_for_https(identity: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(identity[0]))
    with Server(serving(XML), tls=tls_context(*identity)) as server, Server(forwarding) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        assert fetch(server.address(host="localhost"), bounds=SHORT).body == XML
        assert [(each.method, each.target) for each in proxy.requests] == [("CONNECT", f"localhost:{server.port}")]


def test_a_refusing_proxy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(lambda conversation: conversation.answer(status="407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(BrokenSurroundings) as raised:
            fetch("https://registry.example/", bounds=SHORT)
    assert raised.value.problem == "download-unreachable"
    assert "407" in str(raised.value.fields["reason"])


def test_a_proxy_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1080")
    with pytest.raises(BrokenSurroundings) as raised:
        fetch("http://registry.example/", bounds=SHORT)
    assert (raised.value.problem, raised.value.fields["kind"]) == ("download-proxy-unusable", "socks5")


def test_the_context_verifies_by_default() -> None:
    context = _bounded_tls(Deadline(Bounds()))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
