"""Which lines of a configuration file set a port, and to which address do they bind?

One reader for the usual forms: `port 6379`, `Port 22`, `listen 127.0.0.1:8080;`, `http.port: 9200`, `"port": 9091,`,
`<Connector port="8080" address="127.0.0.1"/>`, `ARGS="--web.listen-address=:9090"`. Comments set nothing. It would
rather miss a setting than take another number for a port; setting_keys.py has the words that it goes by.
"""

from __future__ import annotations

from whoseport.host.linux.configuration_lines import ENDS_OF_VALUE, may_set, statements_of
from whoseport.host.linux.named_ports import address_and_port, address_of, port_number, shown
from whoseport.host.linux.own_formats import READERS, Setting
from whoseport.host.linux.setting_keys import (
    bind_prefix,
    is_place,
    listens,
    of_another,
    port_prefix,
    words_of,
)
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.host.linux.configuration_lines import Scope, Statement
    from whoseport.model import Transport

_MOST_SETTINGS = 2000
_MOST_ADDRESSES = 8
_ANY = ("*", "0.0.0.0", "::")
_TRANSPORTS: dict[bytes, Transport] = {b"udp": "udp", b"quic": "udp", b"tcp": "tcp", b"sctp": "sctp"}
_PLAIN = frozenset((b"listen", b"listening", b"bind", b"tls", b"ssl", b"server", b"tcp", b"udp", b"local", b"main"))
_WHOLE: tuple[Scope, ...] = ((), (b"server",))
_ALONE = (b"listen", b"listener")
"""Keys whose value may be a port alone."""

_ARGUMENT_FOLDERS = ("/etc/default/", "/etc/sysconfig/", "/etc/conf.d/")
"""Their files give a service its arguments, mostly in one value."""


class _Found(Record):
    """A port that a statement sets, before its address is looked for."""

    statement: Statement
    prefix: Scope
    port: int
    address: str | None
    transport: Transport | None


def parse(data: bytes, *, path: str, port: int | None = None) -> tuple[Setting, ...]:
    """The settings of this port, or of any, in one file; `path` tells the words that the file may use of itself."""
    name = path.rpartition("/")[2]
    own = frozenset(words_of(path.encode("utf-8", "surrogateescape").removeprefix(b"/etc/")[-80:]))
    if name in READERS:
        return tuple(one for one in READERS[name](data)[:_MOST_SETTINGS] if port in (None, one.port))
    if not may_set(data):
        return ()
    markup = name.endswith(".xml") or data.lstrip()[:2] in (b"<?", b"<!")
    statements = statements_of(data, markup=markup, arguments=path.startswith(_ARGUMENT_FOLDERS))
    found: list[_Found] = []
    binds: dict[tuple[Scope, Scope], list[str]] = {}
    for one in statements:
        if of_another(one.scope, own):
            continue
        ports, addresses = _read(one, own)
        found += [each for each in ports if port in (None, each.port)]
        for prefix, named in addresses:
            # what is said last counts
            binds[(one.scope, prefix)] = named[:_MOST_ADDRESSES]
        if len(found) >= _MOST_SETTINGS:
            break
    told: list[Setting] = []
    for each in found:
        beside = [each.address] if each.address is not None else _beside(each, binds)
        if beside is None:
            continue
        addresses_of_it: list[str | None] = [*beside] or [None]
        for address in addresses_of_it:
            told.append(
                Setting(
                    line=each.statement.line,
                    port=each.port,
                    transport=each.transport,
                    address=address,
                    section=_section(each.statement.scope),
                    text=shown(each.statement.text),
                )
            )
    return tuple(dict.fromkeys(told))


def _section(scope: Scope) -> str | None:
    names = [part for part in scope if part and not part.startswith(b"\0")]
    return shown(names[-1])[:80] if names else None


def _beside(found: _Found, binds: dict[tuple[Scope, Scope], list[str]]) -> list[str] | None:
    """The addresses that lines beside the port set, the nearest part of the file first.

    They bear the same first words, as `rpc-bind-address` goes with `rpc-port`, and not with `port`; a whole program's
    own goes with its plain port, and where it is the network's, with every one. None where the neighbour is another
    machine's name: then the port is that machine's.
    """
    prefixes = [found.prefix, *_WHOLE] if _PLAIN.issuperset(found.prefix) else [found.prefix]
    prefixes.append((b"network",))
    scope = found.statement.scope
    while True:
        for prefix in prefixes:
            named = binds.get((scope, prefix))
            if named is not None:
                return None if named == [""] else named
        if not scope:
            return []
        scope = scope[:-1]


def _read(one: Statement, own: frozenset[bytes]) -> tuple[list[_Found], list[tuple[Scope, list[str]]]]:
    """The ports that a statement sets, and the addresses to bind to, by the words before them."""
    words = words_of(one.key)
    if not words:
        return [], []
    prefix = port_prefix(words, own)
    if prefix is not None:
        return _ports(one, prefix, several=words[-1] == b"ports"), []
    if listens(words) or (words[-1] in (b"interface", b"address") and b"@" in one.value):
        found = _listening(one, words[:-1], alone=b"listeners" in words[:-1] or words[-1] in _ALONE)
        if found:
            return found, []
    elif is_place(words):
        found = [each for each in _listening(one, words[:-1], alone=False) if each.address in (None, *_ANY)]
        if found:
            return found, []
    before = bind_prefix(words)
    if before is None:
        return [], []
    addresses = _addresses(one.value)
    if addresses:
        return [], [(before, addresses)]
    if words == (b"host",) and address_of(_first(one.value)) is not None:
        return [], [(before, [""])]
    return [], []


def _ports(one: Statement, prefix: Scope, *, several: bool) -> list[_Found]:
    """`8080`, `127.0.0.1:8080`; of a key in the plural also `445 139`, `25 : 465`, `80,443`."""
    if several:
        numbers = [port_number(word) for word in one.value.replace(b":", b" ").replace(b",", b" ").split()]
        if None in numbers or len(numbers) > 64:
            return []
        places: list[tuple[str | None, int]] = [(None, number) for number in numbers if number is not None]
    else:
        place = address_and_port(_first(one.value))
        if place is None:
            return []
        places = [(None if place[0] == "." else place[0], place[1])]
    transport = _transport(prefix) or _transport(part for name in one.scope for part in words_of(name))
    if one.key == b"ListenPort" and one.scope == (b"Interface",):
        transport = "udp"  # wg(8)
    return [
        _Found(statement=one, prefix=prefix, port=number, address=address, transport=transport)
        for address, number in places
    ]


def _transport(words: Iterable[bytes]) -> Transport | None:
    """The transport that exactly one of the words names."""
    named = {_TRANSPORTS[word] for word in words if word in _TRANSPORTS}
    return named.pop() if len(named) == 1 else None


def _listening(one: Statement, prefix: Scope, *, alone: bool) -> list[_Found]:
    """`80`, `*:80`, `[::]:443 ssl http2`, `:80,:443`, `"0.0.0.0" "25826"`, `1883 127.0.0.1`."""
    words = one.value.split()
    if not words:
        return []
    if words[0][:1] == b"[" and (words[0][-1:] == b"]" or b"]" not in words[0]):
        words[0] = words[0].strip(b"[]")  # a list, no address of IPv6
    transport = _transport(word.strip(ENDS_OF_VALUE) for word in words[1:])
    places = []
    for word in words[0].split(b",")[:_MOST_ADDRESSES]:
        place = address_and_port(_bare(word))
        if place is not None and (alone or not _bare(word).isdigit()):
            places.append(place)
    second = _bare(words[1]) if len(words) > 1 else b""
    if len(places) == 1 and places[0][0] is None and alone and _addresses(second):
        places = [(_addresses(second)[0], places[0][1])]
    elif not places and alone and (number := port_number(second)) is not None and _addresses(_bare(words[0])):
        places = [(_addresses(_bare(words[0]))[0], number)]
    return [
        _Found(statement=one, prefix=prefix, port=number, address=address, transport=transport)
        for address, number in places
    ]


def _addresses(value: bytes) -> list[str]:
    """The numeric addresses of a list, `localhost` and `*`. A dash before one lets it be missing (redis.conf)."""
    found = []
    for word in value.replace(b",", b" ").split()[:_MOST_ADDRESSES]:
        bare = word.strip(b"[]\"';").lstrip(b"-")
        address = address_of(bare if bare.count(b":") != 1 else b"")
        if address is not None and (address in ("localhost", "*") or _is_numeric(bare)):
            found.append(address)
    return found


def _is_numeric(word: bytes) -> bool:
    if word.count(b".") == 3 and word.replace(b".", b"").isdigit():
        return True
    return word.count(b":") > 1 and not word.translate(None, b"0123456789abcdefABCDEF:.").partition(b"%")[0]


def _first(value: bytes) -> bytes:
    words = value.split(None, 1)
    return _bare(words[0]) if words else b""


def _bare(word: bytes) -> bytes:
    """A word without quotes and what ends a statement; brackets of an address stay."""
    return word.strip(b"\"'").rstrip(b";,").strip(b"\"'")
