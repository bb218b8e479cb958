"""What is being asked: reads `971`, `971/tcp`, `:971`, `954-988`, `localhost:3000`, a pasted URL, or a word.

>>> read("971/tcp")
Question(text='971/tcp', first=971, last=971, transport='tcp', word=None)
>>> read("http://localhost:3000/x").first
3000
>>> read("https://example.com/").word
'https'
"""

from __future__ import annotations

from whoseport.model import LAST_PORT, TRANSPORTS, Misuse
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Transport

LONGEST = 2048
"""Characters of a question that are looked at: a pasted URL may be long, a file by mistake is refused."""


class Question(Record):
    """A question, understood: a run of ports (one port: first equals last), or a word to look for."""

    text: str
    first: int | None
    last: int | None
    transport: Transport | None
    word: str | None


def read(text: str) -> Question:
    """Understands one argument; raises `Misuse` where it is empty, too long, or names a port that cannot exist."""
    asked = text.strip()
    if not asked:
        raise Misuse("query-empty")
    if len(asked) > LONGEST:
        raise Misuse("query-too-long", limit=LONGEST)
    if "://" in asked:
        return _url(asked)
    return _ports(asked) or Question(text=asked, first=None, last=None, transport=None, word=asked)


def _ports(asked: str) -> Question | None:
    rest, transport = _without_transport(asked)
    host, colon, port = rest.rpartition(":")
    if colon and _is_number(port) and not (host and "/" in host):
        rest = port
    first, dash, last = rest.partition("-")
    if not _is_number(first) or (dash and not _is_number(last)):
        if transport and rest:
            return Question(text=asked, first=None, last=None, transport=transport, word=rest)
        return None
    lowest, highest = _port(first), _port(last if dash else first)
    if lowest > highest:
        raise Misuse("range-reversed", first=lowest, last=highest)
    return Question(text=asked, first=lowest, last=highest, transport=transport, word=None)


def _without_transport(asked: str) -> tuple[str, Transport | None]:
    """Splits `971/tcp`, `tcp/971` and `tcp:971` (as firewalls write it)."""
    for separator in "/:":
        left, found, right = asked.partition(separator)
        if found:
            for transport in TRANSPORTS:
                if right.lower() == transport:
                    return left, transport
                if left.lower() == transport:
                    return right, transport
    if "/" in asked and _is_number(asked.partition("/")[0].lstrip(":")):
        raise Misuse("transport-unknown", text=asked.partition("/")[2], known=TRANSPORTS)
    return asked, None


def _url(asked: str) -> Question:
    """The port of a URL, or else its scheme as a word: the registry knows most schemes (RFC 3986 section 3)."""
    scheme, _, rest = asked.partition("://")
    for end in "/?#":
        rest = rest.partition(end)[0]
    authority = rest.rpartition("@")[2]
    _, colon, port = authority.rpartition(":")
    if colon and port and "]" not in port:
        if not _is_number(port):
            raise Misuse("port-unreadable", text=port)
        number = _port(port)
        return Question(text=asked, first=number, last=number, transport=None, word=None)
    if not scheme:
        raise Misuse("query-empty")
    return Question(text=asked, first=None, last=None, transport=None, word=scheme.lower())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _port(text: str) -> int:
    digits = text.lstrip("0") or "0"
    if len(digits) > 5 or int(digits) > LAST_PORT:
        raise Misuse("port-out-of-range", text=text[:20])
    return int(digits)
