"""Which socket units of systemd claim a port, whether or not they were started? systemd.socket(5).

The manager listens in the name of a service that it starts with the first connection, so nothing else shows the claim
before the socket unit is started, and no process but the manager holds it until a connection comes.
"""

from __future__ import annotations

from whoseport.host.linux.named_ports import address_of, port_number, shown
from whoseport.host.linux.unit_files import SYSTEM_FOLDERS, USER_FOLDERS, UnitFiles, parse, truth
from whoseport.model import Mention

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.host.linux.unit_files import Line
    from whoseport.model import Transport

_LISTENS: dict[bytes, Transport | None] = {
    b"ListenStream": "tcp",
    b"ListenDatagram": "udp",
    b"ListenSequentialPacket": "sctp",
    b"ListenFIFO": None,
    b"ListenSpecial": None,
    b"ListenNetlink": None,
    b"ListenMessageQueue": None,
    b"ListenUSBFunction": None,
}
"""An empty one of any of these takes back all that came before it (src/core/load-fragment.c)."""

_PREFIXES = b"@-:+!|"
"""What may stand before the program of ExecStart= (systemd.service(5), special executable prefixes)."""


_SHELLS = (b"sh", b"bash", b"dash", b"ksh", b"zsh", b"ash")
_QUOTES = b"\"'`"
_MOST_WRAPPERS = 4

_OTHER_SPECIFIERS = frozenset("aAbBCdDEfgGhHjJlLmMoPqsStTuUvVwWyY")
"""Those that stand for something outside the name; what is no specifier stays as it is (`%eth0`)."""


def read(*, port: int | None = None, root: str = "") -> tuple[Mention, ...]:
    """The sockets on this port, or on any, that units of the system's manager and of every user's listen on."""
    found: list[Mention] = []
    for folders in (SYSTEM_FOLDERS, USER_FOLDERS):
        units = UnitFiles(folders, root=root)
        for name in units.names(".socket"):
            found += _of_unit(units, name, port=port)
    return tuple(found)


def _of_unit(units: UnitFiles, name: str, *, port: int | None) -> list[Mention]:
    contents = units.contents(name)
    if port is not None:
        digits = b"%d" % port
        if not any(digits in content or b"%" in content for _path, content in contents):
            return []
    lines = [line for path, content in contents for line in parse(content, path=path)]
    listens = [
        (line, named)
        for line in listening(lines, name)
        if (named := _named(line, lines, name)) is not None and port in (None, named[1])
    ]
    if not listens:
        return []
    program = _program(units, service_of(lines, name))
    return [
        Mention(
            kind="socket-unit",
            path=line.path,
            line=line.number,
            transport=transport,
            first=number,
            last=number,
            address=address,
            name=name,
            program=program,
            package=None,
            text=shown(line.text),
            enabled=units.wanted(name),
        )
        for line, (address, number, transport) in listens
    ]


def listening(lines: list[Line], name: str) -> list[Line]:
    """The Listen lines that count, with the name's specifiers filled in: an empty one takes back those before it."""
    kept: list[Line] = []
    for line in lines:
        if line.section != b"Socket" or line.key not in _LISTENS:
            continue
        if not line.value:
            kept.clear()
            continue
        value = specified(line.value, name)
        if value is not None:
            kept.append(line if value == line.value else line.replace(value=value))
    return kept


def _named(line: Line, lines: list[Line], name: str) -> tuple[str | None, int, Transport] | None:
    transport = _LISTENS[line.key]
    where = address_and_port(line.value)
    if transport is None or where is None:
        return None
    protocols = [one.value for one in lines if one.section == b"Socket" and one.key == b"SocketProtocol"]
    if protocols and protocols[-1] == b"sctp":
        transport = "sctp"
    return (*where, transport)


def address_and_port(value: bytes) -> tuple[str | None, int] | None:
    """A port, `address:port` or `[address]:port%interface`; None for paths, abstract names and vsock.

    >>> address_and_port(b"[fe80::1]:80%eth0"), address_and_port(b"vsock:2:1234"), address_and_port(b"127.0.0.1:631")
    (('fe80::1', 80), None, ('127.0.0.1', 631))
    """
    number = port_number(value)
    if number is not None:
        return (None, number)
    before, colon, after = value.rpartition(b":")
    if before[:1] == b"[":
        after = after.partition(b"%")[0]
    elif b":" in before or not before.replace(b".", b"").isdigit():
        return None
    number = port_number(after)
    address = address_of(before)
    return (address, number) if colon and number is not None and address is not None else None


def specified(value: bytes, name: str) -> bytes | None:
    """The value with %i, %I, %p, %n, %N and %% replaced (systemd.unit(5), Specifiers); None where another is in it."""
    if b"%" not in value:
        return value
    stem = name.rpartition(".")[0]
    prefix, _, instance = stem.partition("@")
    words = {"i": instance, "I": _unescaped(instance), "p": prefix, "n": name, "N": stem, "%": "%"}
    text = value.decode("utf-8", "surrogateescape")
    made = ""
    at = 0
    while (found := text.find("%", at)) >= 0:
        letter = text[found + 1 : found + 2]
        if letter in _OTHER_SPECIFIERS:
            return None
        made += text[at:found] + words.get(letter, "%" + letter)
        at = found + 2
    return (made + text[at:]).encode("utf-8", "surrogateescape")


def _unescaped(instance: str) -> str:
    """systemd.unit(5), string escaping: `-` is a slash; other escapes (`\\x2d`) no port or address needs."""
    return instance.replace("-", "/")


def service_of(lines: list[Line], name: str) -> str:
    """The service that the socket starts: of its own name, an instance for each connection, or the one in Service=."""
    last = {line.key: line.value for line in lines if line.section == b"Socket" and line.value}
    stem = name.rpartition(".")[0]
    if truth(last.get(b"Accept", b"no")):
        return f"{stem.partition('@')[0]}@.service"
    named = specified(last.get(b"Service", b""), name)
    return named.decode("utf-8", "backslashreplace") if named else f"{stem}.service"


def _program(units: UnitFiles, service: str) -> str | None:
    """What ExecStart= starts; an empty one takes back those before it."""
    commands: list[bytes] = []
    for line in units.lines(service):
        if line.section == b"Service" and line.key == b"ExecStart":
            commands = [*commands, line.value] if line.value else []
    return program_of(commands[0]) if commands else None


def program_of(command: bytes) -> str | None:
    """The program of a value of ExecStart=; of one that a shell or env(1) starts in turn, that one.

    >>> program_of(b"-/bin/sh -c 'set -f; exec /usr/sbin/mariadbd $OPTIONS'"), program_of(b"/bin/bash -i")
    ('/usr/sbin/mariadbd', '/bin/bash')
    """
    words = command.lstrip(_PREFIXES).split()
    for _ in range(_MOST_WRAPPERS):
        name = words[0].strip(_QUOTES).rpartition(b"/")[2] if words else b""
        if name == b"env":
            inner = [word for word in words[1:] if b"=" not in word and word[:1] != b"-"]
        elif name in _SHELLS and len(words) > 1 and words[1][:1] != b"-":
            inner = words[1:]  # a script
        elif name in _SHELLS and len(words) > 2 and words[1].endswith(b"c"):
            inner = _last_command(words[2:])
        else:
            break
        if not inner:
            break
        words = inner
    return words[0].strip(_QUOTES).decode("utf-8", "backslashreplace") or None if words else None


def _last_command(words: list[bytes]) -> list[bytes]:
    """What a shell runs last, or in its own place (`exec`), as far as words tell."""
    last: list[bytes] = []
    for word in words:
        bare = word.strip(_QUOTES)
        if bare in (b"exec", b"&&", b"||", b"|", b";", b"then", b"else", b"do"):
            last = []
            continue
        if last or not (bare.rstrip(b";").replace(b"_", b"a").partition(b"=")[0].isalnum() and b"=" in bare):
            last.append(bare.rstrip(b";"))
        if bare.endswith(b";"):
            last = [] if word is not words[-1] else last
    return last
