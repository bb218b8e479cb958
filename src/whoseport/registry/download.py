"""How are the bytes of a registry had from an address or a file, within bounds, and what can go wrong on the way?

Every failure is a `BrokenSurroundings` whose problem begins with `download-` (an address) or `file-` (a file):

- `download-address-malformed` address, reason · `download-host-unknown` address, host · `download-unreachable` address,
  reason (an errno's name, or the system's word) · `download-timed-out` address, seconds, stage (`connect`, `idle`,
  `total`) · `download-certificate-refused` address, reason · `download-tls-failed` address, reason
- `download-proxy-unusable` address, kind · `download-not-http` address, reason · `download-refused` address, status,
  retry_after (None: not said) · `download-redirect-refused` address, to, reason (`scheme`, `downgrade`, `too-many`,
  `nowhere`)
- `download-truncated` address, received, expected (None: unknown) · `download-damaged` address ·
  `download-encoding-unknown` address, encoding · `download-too-large` address, largest
- `file-unreadable` path, reason · `file-too-large` path, largest · `file-damaged` path

`seconds`, `retry_after`, `received`, `expected` and `largest` are numbers: seconds and bytes.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import string
import urllib.error
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from whoseport.model import BrokenSurroundings, Misuse
from whoseport.record import Record
from whoseport.registry.connection import Bounds, Deadline, UnusableProxy, open_address
from whoseport.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[int, int | None], None]

PIECE = 64 * 1024
GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952 section 2.3.1; no XML document begins so
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_VALIDATOR = 1024


class Validators(Record):
    """What a server gave with a body to ask later whether it still holds (RFC 9110 section 8.8); both may be None."""

    etag: str | None
    last_modified: str | None


class Download(Record):
    """`body` is unpacked; None: not modified since the validators that were sent."""

    body: bytes | None
    validators: Validators


def is_address(source: str) -> bool:
    """Whether it names an http(s) address rather than a file; another scheme is a `Misuse`.

    >>> is_address("https://www.iana.org/"), is_address("saved/registry.xml")
    (True, False)
    """
    scheme, separator, _rest = source.partition("://")
    if not separator:
        return False
    if scheme.lower() in ("http", "https"):
        return True
    raise Misuse("source-scheme-unsupported", source=source, scheme=scheme)


def read_file(path: str, *, largest: int = Bounds().largest) -> bytes:
    """A file's bytes, unpacked if it is gzip, at most `largest` of them."""
    try:
        with open(path, "rb") as file:
            body = file.read(largest + 1)
    except OSError as error:
        raise BrokenSurroundings("file-unreadable", path=path, reason=reason_of(error)) from None
    except ValueError:  # a NUL in the name
        raise BrokenSurroundings("file-unreadable", path=path, reason="EINVAL") from None
    if len(body) > largest:
        raise BrokenSurroundings("file-too-large", path=path, largest=largest)
    try:
        return unpacked(body, largest=largest)
    except OverflowError:
        raise BrokenSurroundings("file-too-large", path=path, largest=largest) from None
    except zlib.error:
        raise BrokenSurroundings("file-damaged", path=path) from None


def fetch(
    address: str,
    *,
    validators: Validators | None = None,
    bounds: Bounds | None = None,
    progress: Progress | None = None,
) -> Download:
    """GETs the address, following redirects within bounds; `progress` hears bytes received and expected (or None).

    Proxies are those of http_proxy, https_proxy and no_proxy. TLS certificates are verified; SSL_CERT_FILE is honoured.
    """
    bounds = bounds or Bounds()
    deadline = Deadline(bounds)
    asked = _conditions(validators)
    headers = {
        "User-Agent": f"whoseport/{__version__}",
        "Accept": "application/xml, text/xml",
        "Accept-Encoding": "gzip",
    } | asked
    for _step in range(bounds.redirects + 1):
        response = _open(address, headers, deadline=deadline)
        with response:
            if response.status in REDIRECTS:
                address = _redirected(address, response.headers.get("Location"))
                continue
            if response.status == 304 and asked:
                return Download(body=None, validators=_given(response))
            if response.status != 200:
                retry_after = _seconds(response.headers.get("Retry-After"))
                raise BrokenSurroundings(
                    "download-refused", address=address, status=response.status, retry_after=retry_after
                )
            packed = _body(response, address, deadline=deadline, progress=progress)
        return Download(body=_unpacked(packed, address, largest=bounds.largest), validators=_given(response))
    raise BrokenSurroundings("download-redirect-refused", address=address, to=address, reason="too-many")


def unpacked(body: bytes, *, largest: int) -> bytes:
    """The body, unpacked if it is gzip: zlib.error if damaged or cut off, OverflowError beyond `largest` bytes.

    >>> import gzip
    >>> unpacked(gzip.compress(b"<registry/>"), largest=100)
    b'<registry/>'
    """
    if not body.startswith(GZIP_MAGIC):
        return body
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    whole = unpacker.decompress(body, largest + 1)
    if len(whole) > largest:
        raise OverflowError
    # one member only: no server sends more, and a train of empty ones is an attack
    if not unpacker.eof or unpacker.unused_data:
        raise zlib.error
    return whole


def reason_of(error: OSError) -> str:
    """The errno's name where it has one, else what the error says of itself."""
    if error.errno is not None and error.errno in errno.errorcode:
        return errno.errorcode[error.errno]
    return str(error) or type(error).__name__


def _open(address: str, headers: dict[str, str], *, deadline: Deadline) -> http.client.HTTPResponse:
    try:
        return open_address(address, headers, deadline=deadline)
    except UnusableProxy as proxy:
        raise BrokenSurroundings("download-proxy-unusable", address=address, kind=str(proxy)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _worded(error, address, deadline=deadline) from None


def _body(response: http.client.HTTPResponse, address: str, *, deadline: Deadline, progress: Progress | None) -> bytes:
    largest = deadline.bounds.largest
    encoding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise BrokenSurroundings("download-encoding-unknown", address=address, encoding=encoding)
    expected = response.length
    if expected is not None and expected > largest:
        raise BrokenSurroundings("download-too-large", address=address, largest=largest)
    pieces: list[bytes] = []
    received = 0
    while True:
        if progress is not None:
            progress(received, expected)
        try:
            deadline.wait(0)
            piece = response.read1(PIECE)
        except http.client.IncompleteRead:
            raise BrokenSurroundings(
                "download-truncated", address=address, received=received, expected=expected
            ) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _worded(error, address, deadline=deadline) from None
        if not piece:
            break
        pieces.append(piece)
        received += len(piece)
        if received > largest:
            raise BrokenSurroundings("download-too-large", address=address, largest=largest)
    if expected is not None and received < expected:
        raise BrokenSurroundings("download-truncated", address=address, received=received, expected=expected)
    return b"".join(pieces)


def _unpacked(packed: bytes, address: str, *, largest: int) -> bytes:
    try:
        return unpacked(packed, largest=largest)
    except OverflowError:
        raise BrokenSurroundings("download-too-large", address=address, largest=largest) from None
    except zlib.error:
        raise BrokenSurroundings("download-damaged", address=address) from None


def _redirected(address: str, location: str | None) -> str:
    if not location:
        raise BrokenSurroundings("download-redirect-refused", address=address, to=None, reason="nowhere")
    try:
        target = urljoin(address, quote(location, encoding="iso-8859-1", safe=string.punctuation))
        scheme = urlsplit(target).scheme.lower()
    except ValueError:
        raise BrokenSurroundings("download-redirect-refused", address=address, to=location, reason="nowhere") from None
    if scheme not in ("http", "https"):
        raise BrokenSurroundings("download-redirect-refused", address=address, to=target, reason="scheme")
    if scheme == "http" and urlsplit(address).scheme.lower() == "https":
        raise BrokenSurroundings("download-redirect-refused", address=address, to=target, reason="downgrade")
    return target


def _conditions(validators: Validators | None) -> dict[str, str]:
    if validators is None:
        return {}
    etag, last_modified = _printable(validators.etag), _printable(validators.last_modified)
    return ({"If-None-Match": etag} if etag else {}) | ({"If-Modified-Since": last_modified} if last_modified else {})


def _given(response: http.client.HTTPResponse) -> Validators:
    return Validators(
        etag=_printable(response.headers.get("ETag")), last_modified=_printable(response.headers.get("Last-Modified"))
    )


def _printable(value: str | None) -> str | None:
    """A header's value, if it may be sent back as one."""
    if value is None or not value.isascii() or not value.isprintable() or len(value) > LONGEST_VALIDATOR:
        return None
    return value.strip() or None


def _seconds(value: str | None) -> int | None:
    """A delay of RFC 9110 section 10.2.3 in seconds; None where it is a date, or nothing."""
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 9:
        return None
    return int(value)


def _worded(error: Exception, address: str, *, deadline: Deadline) -> BrokenSurroundings:
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        error = error.reason
    elif isinstance(error, urllib.error.URLError):
        return BrokenSurroundings("download-address-malformed", address=address, reason=str(error.reason))
    match error:
        case TimeoutError():
            bounds = deadline.bounds
            stage = "total" if deadline.over else "idle" if deadline.connected else "connect"
            seconds = {"total": bounds.total, "idle": bounds.idle, "connect": bounds.connect}[stage]
            return BrokenSurroundings("download-timed-out", address=address, seconds=seconds, stage=stage)
        case ssl.SSLCertVerificationError():
            return BrokenSurroundings(
                "download-certificate-refused", address=address, reason=error.verify_message or str(error)
            )
        case ssl.SSLError():
            return BrokenSurroundings("download-tls-failed", address=address, reason=error.reason or str(error))
        case socket.gaierror():
            return BrokenSurroundings("download-host-unknown", address=address, host=urlsplit(address).hostname)
        case http.client.RemoteDisconnected():
            return BrokenSurroundings("download-truncated", address=address, received=0, expected=None)
        case OSError() if not isinstance(error, http.client.HTTPException):
            return BrokenSurroundings("download-unreachable", address=address, reason=reason_of(error))
        case http.client.InvalidURL() | ValueError():
            return BrokenSurroundings("download-address-malformed", address=address, reason=str(error))
    return BrokenSurroundings("download-not-http", address=address, reason=str(error) or type(error).__name__)
