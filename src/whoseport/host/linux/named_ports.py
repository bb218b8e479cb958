"""How does a line of a file name a port, and an address with it? The forms that configuration files share."""

from __future__ import annotations

from whoseport.model import LAST_PORT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from whoseport.model import Transport

TRANSPORT_OF: dict[bytes, Transport] = {b"tcp": "tcp", b"udp": "udp", b"sctp": "sctp", b"dccp": "dccp"}
_LONGEST_ADDRESS = 255
_LONGEST_LINE = 240
_ADDRESS_CHARACTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%*")


def shown(line: bytes) -> str:
    """The line as a mention tells it: without the space around it, at most 240 bytes of it."""
    return line.strip()[:_LONGEST_LINE].decode("utf-8", "backslashreplace")


def port_number(word: bytes) -> int | None:
    """1-65535 in decimal digits without a leading zero; None for anything else."""
    if not word.isdigit() or len(word) > 5 or word[:1] == b"0":
        return None
    number = int(word)
    return number if number <= LAST_PORT else None


def port_range(word: bytes, *, separator: bytes = b"-") -> tuple[int, int] | None:
    """`8000-8010`, or a single port as a range of one.

    >>> port_range(b"6000:6007", separator=b":")
    (6000, 6007)
    """
    first_word, between, last_word = word.partition(separator)
    first = port_number(first_word)
    last = port_number(last_word) if between else first
    return (first, last) if first is not None and last is not None and first <= last else None


def address_and_port(value: bytes) -> tuple[str | None, int] | None:
    """What `value` has a server listen on; None where it is no such thing (a socket's path, a name alone).

    A port alone, `address:port`, `[address]:port`, `:port`, `*:port`, `address@port`, each also as a URL.

    >>> address_and_port(b"[::1]:8080"), address_and_port(b"tcp://0.0.0.0:2375"), address_and_port(b"8080")
    (('::1', 8080), ('0.0.0.0', 2375), (None, 8080))
    """
    scheme, slashes, rest = value.partition(b"://")
    if slashes:
        if not scheme.replace(b"+", b"").isalnum():
            return None
        value = rest.partition(b"/")[0]
    number = port_number(value)
    if number is not None:
        return (None, number)
    separator = b"@" if b"@" in value else b":"
    before, found, after = value.rpartition(separator)
    number = port_number(after)
    if not found or number is None:
        return None
    if not before:
        return (None, number)
    address = address_of(before)
    return None if address is None else (address, number)


def address_of(word: bytes) -> str | None:
    """An address or a host's name as it is written, without brackets; None where the word cannot be one.

    >>> address_of(b"[::1]"), address_of(b"/run/server.sock")
    ('::1', None)
    """
    if word[:1] == b"[" and word[-1:] == b"]":
        word = word[1:-1]
        if b":" not in word:
            return None
    elif word.count(b":") == 1:
        return None
    if not word or len(word) > _LONGEST_ADDRESS or not _ADDRESS_CHARACTERS.issuperset(word):
        return None
    return word.decode("ascii")


def numbered(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers, from 1."""
    return enumerate(data.split(b"\n"), 1)
