"""Does a download end in its bytes or in one clear problem, within its bounds, whatever the server does?

Times here only bound how long a test may take; what is asserted is which bound ended it.
"""

from __future__ import annotations

import gzip
import socket
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.registry.http_server import (
    Conversation,
    Server,
    dripping,
    saying,
    serving,
    stalling,
)
from whoseport.model import BrokenSurroundings
from whoseport.registry.connection import Bounds, Deadline
from whoseport.registry.download import Download, Validators, fetch, read_file, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.registry.http_server import Behaviour

XML = b"<registry>" + b"<record/>" * 20_000 + b"</registry>"
SHORT = Bounds(connect=5, idle=0.2, total=30, largest=1024 * 1024)
DRIPPED = Bounds(connect=5, idle=5, total=0.5, largest=1024 * 1024)


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def problem_of(behaviour: Behaviour, *, bounds: Bounds = SHORT) -> BrokenSurroundings:
    with Server(behaviour) as server, pytest.raises(BrokenSurroundings) as raised:
        fetch(server.address(), bounds=bounds)
    return raised.value


def test_a_good_server_is_read_whole_and_packed() -> None:
    heard: list[tuple[int, int | None]] = []
    with Server(serving(XML, etag='"one"', last_modified="Mon, 17 Aug 2026 00:00:00 GMT")) as server:
        download = fetch(server.address(), progress=lambda received, expected: heard.append((received, expected)))
    assert download == Download(
        body=XML, validators=Validators(etag='"one"', last_modified="Mon, 17 Aug 2026 00:00:00 GMT")
    )
    packed = len(gzip.compress(XML, mtime=0))
    assert heard[0] == (0, packed)
    assert heard[-1] == (packed, packed)
    assert server.requests[0].headers["accept-encoding"] == "gzip"
    assert server.requests[0].headers["user-agent"].startswith("whoseport/")
    assert "if-none-match" not in server.requests[0].headers


@pytest.mark.parametrize(
    "validators",
    [
        Validators(etag='"one"', last_modified=None),
        Validators(etag=None, last_modified="Mon, 17 Aug 2026 00:00:00 GMT"),
    ],
    ids=["etag", "date"],
)
def test_what_is_still_so_is_not_sent_again(validators: Validators) -> None:
    with Server(serving(XML, etag=validators.etag, last_modified=validators.last_modified)) as server:
        assert fetch(server.address(), validators=validators) == Download(body=None, validators=validators)


def test_a_validator_that_would_be_a_header_of_its_own_is_not_sent() -> None:
    with Server(serving(XML)) as server:
        fetch(server.address(), validators=Validators(etag='"a"\r\nX-Smuggled: yes', last_modified="\x00"))
    assert "x-smuggled" not in server.requests[0].headers
    assert "if-none-match" not in server.requests[0].headers
    assert "if-modified-since" not in server.requests[0].headers


def test_not_modified_unasked_is_refused() -> None:
    problem = problem_of(lambda conversation: conversation.answer(status="304 Not Modified"))
    assert (problem.problem, problem.fields["status"]) == ("download-refused", 304)


@pytest.mark.parametrize("status", [204, 206, 404, 410, 429, 500, 503])
def test_another_status_is_told(status: int) -> None:
    problem = problem_of(lambda conversation: conversation.answer(b"sorry", status=f"{status} No", Retry_After="120"))
    assert problem.problem == "download-refused"
    assert (problem.fields["status"], problem.fields["retry_after"]) == (status, 120)


@pytest.mark.parametrize("delay", ["Mon, 17 Aug 2026 00:00:00 GMT", "-5", "\u00b2", "9" * 5000, ""])
def test_a_delay_that_is_no_number_of_seconds_is_none(delay: str) -> None:
    problem = problem_of(lambda conversation: conversation.answer(status="503 Busy", Retry_After=delay))
    assert problem.fields["retry_after"] is None


# --- truncated, lying, broken --------------------------------------------------------------------------------------


def chunks(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + end


def test_chunks_are_put_together() -> None:
    with Server(saying(chunks(b"<registry>", b"</registry>"))) as server:
        assert fetch(server.address(), bounds=SHORT).body == b"<registry></registry>"


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    with Server(saying(b"HTTP/1.0 200 OK\r\n\r\n" + XML)) as server:
        assert fetch(server.address(), bounds=SHORT).body == XML


def test_a_cut_body_is_told_with_what_was_received() -> None:
    problem = problem_of(lambda conversation: conversation.answer(XML[:1000], Content_Length=str(len(XML))))
    assert problem.problem == "download-truncated"
    assert (problem.fields["received"], problem.fields["expected"]) == (1000, len(XML))


def test_a_length_below_the_truth_gives_just_that_much() -> None:
    with Server(lambda conversation: conversation.answer(XML, Content_Length="10")) as server:
        assert fetch(server.address(), bounds=SHORT).body == XML[:10]


@pytest.mark.parametrize(
    "raw",
    [
        chunks(b"<registry>", end=b""),
        chunks(b"<registry>", end=b"ff\r\nshort"),
        chunks(b"<registry>", end=b"no number\r\nbytes\r\n0\r\n\r\n"),
        chunks(b"<registry>", end=b"-5\r\nbytes\r\n0\r\n\r\n"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"",
    ],
    ids=["no-end", "cut-chunk", "no-size", "negative-size", "no-chunk", "nothing-at-all"],
)
def test_broken_chunks_are_a_cut_body(raw: bytes) -> None:
    assert problem_of(saying(raw)).problem == "download-truncated"


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=["another-protocol", "no-status", "long-header", "many-headers"],
)
def test_what_is_not_http_is_told(raw: bytes) -> None:
    assert problem_of(saying(raw)).problem == "download-not-http"


def test_a_connection_that_is_reset_is_told() -> None:
    def reset(conversation: Conversation) -> None:
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<registry>")
        # SO_LINGER of zero seconds: closing sends RST (socket(7))
        conversation.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        conversation.connection.close()

    problem = problem_of(reset)
    assert (problem.problem, problem.fields["reason"]) == ("download-unreachable", "ECONNRESET")


def test_cut_and_damaged_gzip_are_told() -> None:
    packed = gzip.compress(XML, mtime=0)
    for body in (packed[:-20], packed[:50] + b"\x00" * 20 + packed[70:], packed + packed, packed + b"more"):
        problem = problem_of(lambda conversation, body=body: conversation.answer(body, Content_Encoding="gzip"))  # type: ignore[misc]
        assert problem.problem == "download-damaged"


def test_an_encoding_nobody_asked_for_is_refused() -> None:
    problem = problem_of(lambda conversation: conversation.answer(XML, Content_Encoding="br"))
    assert (problem.problem, problem.fields["encoding"]) == ("download-encoding-unknown", "br")


# --- too large, too slow -------------------------------------------------------------------------------------------


def test_a_gzip_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert len(bomb) < SHORT.largest
    problem = problem_of(lambda conversation: conversation.answer(bomb, Content_Encoding="gzip"))
    assert (problem.problem, problem.fields["largest"]) == ("download-too-large", SHORT.largest)


def test_a_gzip_bomb_takes_no_room() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(OverflowError):
            unpacked(bomb, largest=1000)
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_body_announced_too_large_is_not_read() -> None:
    problem = problem_of(stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n"))
    assert problem.problem == "download-too-large"


def test_an_endless_body_is_left_when_it_is_too_large() -> None:
    def endless(conversation: Conversation) -> None:
        conversation.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            conversation.send(b"<record/>" * 10_000)

    assert problem_of(endless).problem == "download-too-large"


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<reg",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<re",
    ],
    ids=["before-all", "in-the-head", "in-the-body", "in-a-chunk"],
)
def test_a_stalled_server_ends_by_the_idle_time(beginning: bytes) -> None:
    problem = problem_of(stalling(beginning))
    assert (problem.problem, problem.fields["stage"]) == ("download-timed-out", "idle")
    assert problem.fields["seconds"] == SHORT.idle


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"<"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"Trailer: endless\r\n"),
    ],
    ids=["status-line", "headers", "one-header", "continue", "body", "chunks", "trailer"],
)
def test_a_dripping_server_ends_by_the_whole_time(beginning: bytes, drop: bytes) -> None:
    problem = problem_of(dripping(beginning, drop=drop, seconds=0.01), bounds=DRIPPED)
    assert (problem.problem, problem.fields.get("stage")) == ("download-timed-out", "total")


def test_a_server_that_never_accepts_ends_by_the_connect_time() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # a full queue drops further SYNs (listen(2)): the connection is neither made nor refused
        for taken in (first, second):
            taken.setblocking(False)
            taken.connect_ex(full.getsockname())
        bounds = Bounds(connect=0.2, idle=5, total=30)
        with pytest.raises(BrokenSurroundings) as raised:
            fetch(f"http://127.0.0.1:{full.getsockname()[1]}/", bounds=bounds)
    assert (raised.value.problem, raised.value.fields["stage"]) == ("download-timed-out", "connect")


def test_a_hanging_resolver_ends_by_the_connect_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    ended = threading.Event()

    def hang(*_arguments: object, **_options: object) -> list[object]:
        ended.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with pytest.raises(BrokenSurroundings) as raised:
            fetch("http://registry.example/", bounds=Bounds(connect=0.1))
    finally:
        ended.set()
    assert (raised.value.problem, raised.value.fields["stage"]) == ("download-timed-out", "connect")


def test_the_next_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(serving(XML)) as server, socket.socket() as unserved:
        unserved.bind(("127.0.0.2", 0))
        dead = (socket.AF_INET, socket.SOCK_STREAM, 6, "", unserved.getsockname())
        alive = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: [dead, alive])
        assert fetch("http://registry.example/", bounds=SHORT).body == XML


def test_no_wait_is_longer_than_what_is_left() -> None:
    now = [0.0]
    deadline = Deadline(Bounds(total=10), clock=lambda: now[0])
    assert deadline.wait(3) == 3
    now[0] = 9.0
    assert deadline.wait(3) == 1
    now[0] = 10.0
    with pytest.raises(TimeoutError):
        deadline.wait(3)


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_file_is_read_plain_or_packed(tmp_path: Path) -> None:
    plain, packed = tmp_path / "registry.xml", tmp_path / "registry.xml.gz"
    plain.write_bytes(XML)
    packed.write_bytes(gzip.compress(XML))
    assert read_file(str(plain)) == read_file(str(packed)) == XML


def test_an_unfit_file_is_told(tmp_path: Path) -> None:
    def problem(path: str) -> BrokenSurroundings:
        with pytest.raises(BrokenSurroundings) as raised:
            read_file(path, largest=1000)
        return raised.value

    (tmp_path / "large").write_bytes(XML)
    (tmp_path / "bomb").write_bytes(gzip.compress(bytes(10_000)))
    (tmp_path / "cut").write_bytes(gzip.compress(b"<registry/>")[:-9])
    assert problem(str(tmp_path / "none")).fields["reason"] == "ENOENT"
    assert problem(str(tmp_path)).fields["reason"] == "EISDIR"
    assert problem("a\0b").problem == "file-unreadable"
    assert problem(str(tmp_path / "large")).problem == "file-too-large"
    assert problem(str(tmp_path / "bomb")).problem == "file-too-large"
    assert problem(str(tmp_path / "cut")).problem == "file-damaged"


# --- fuzz ----------------------------------------------------------------------------------------------------------

HEADS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 301 Moved\r\n",
        b"HTTP/1.0 304 Not Modified\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ]
)
NAMES = st.sampled_from(
    [
        b"Content-Length",
        b"Transfer-Encoding",
        b"Content-Encoding",
        b"Location",
        b"ETag",
        b"Retry-After",
        b"Last-Modified",
    ]
)
VALUES = st.one_of(
    st.sampled_from([b"chunked", b"gzip", b"-1", b"99999999999999999999", b"/x", b"//[", b"javascript:x", b"1\r\n 2"]),
    st.binary(max_size=30),
)
RESPONSES = st.builds(
    lambda head, headers, body: head + b"".join(b"%b: %b\r\n" % pair for pair in headers) + b"\r\n" + body,
    HEADS,
    st.lists(st.tuples(NAMES, VALUES), max_size=5),
    st.one_of(st.binary(max_size=200), st.just(gzip.compress(b"<registry/>")), st.just(b"5\r\n<a/>\n\r\n0\r\n\r\n")),
)


@pytest.fixture(scope="module")
def any_server() -> Iterator[Server]:
    with Server(saying(b"")) as server:
        yield server


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.one_of(RESPONSES, st.binary(max_size=300)))
def test_any_response_ends_in_bytes_or_in_one_problem(any_server: Server, raw: bytes) -> None:
    any_server.behaviour = saying(raw)
    asked = Validators(etag='"a"', last_modified=None)
    try:
        download = fetch(any_server.address(), validators=asked, bounds=Bounds(largest=1000))
    except BrokenSurroundings as problem:
        ending = problem.problem
    else:
        ending = "download-ended"
        for value in download.validators.fields().values():
            assert value is None or (value.isascii() and value.isprintable())
    assert ending.startswith("download-")


@settings(deadline=None)
@given(body=st.one_of(st.binary(max_size=500), st.binary(max_size=300).map(gzip.compress)), cut=st.integers(0, 500))
def test_unpacking_never_gives_more_than_is_allowed(body: bytes, cut: int) -> None:
    packed = body[:cut].startswith(b"\x1f\x8b")
    try:
        plain = unpacked(body[:cut], largest=100)
    except (OverflowError, zlib.error):
        plain = b""
        assert packed
    assert len(plain) <= 100 if packed else plain == body[:cut]
