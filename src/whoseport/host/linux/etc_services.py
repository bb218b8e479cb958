"""Which services does this machine's /etc/services put on the port? services(5): `name port/protocol [aliases]`."""

from __future__ import annotations

from whoseport.host.linux.named_ports import TRANSPORT_OF, numbered, port_number, shown
from whoseport.model import Mention

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Transport

PATH = "/etc/services"
LIMIT = 4 << 20
_MOST = 40_000
_MOST_ALIASES = 16


def parse(data: bytes, *, port: int | None = None, path: str = PATH) -> tuple[Mention, ...]:
    """The lines that name the port, or any; those of protocols without ports like ours are passed over.

    >>> [(one.name, one.first) for one in parse(b"ssh 22/tcp # Secure Shell")]
    [('ssh', 22)]
    """
    found = []
    needle = None if port is None else b"%d/" % port
    if needle is not None and needle not in data:
        return ()
    for number, line in numbered(data):
        if needle is not None and needle not in line:
            continue
        entry = _entry(line)
        if entry is None or (port is not None and entry[1] != port):
            continue
        name, value, transport, _aliases = entry
        found.append(
            Mention(
                kind="etc-services",
                path=path,
                line=number,
                transport=transport,
                first=value,
                last=value,
                address=None,
                name=name.decode("utf-8", "backslashreplace"),
                program=None,
                package=None,
                text=shown(line),
            )
        )
        if len(found) >= _MOST:
            break
    return tuple(found)


def ports_of(names: Iterable[bytes], data: bytes) -> dict[tuple[bytes, Transport], int]:
    """The port of each of these services, by name or alias and transport; the first line of several counts."""
    wanted = frozenset(names)
    found: dict[tuple[bytes, Transport], int] = {}
    for line in data.split(b"\n") if wanted else ():
        entry = _entry(line)
        if entry is not None:
            name, value, transport, aliases = entry
            for one in (name, *aliases):
                if one in wanted:
                    found.setdefault((one, transport), value)
    return found


def _entry(line: bytes) -> tuple[bytes, int, Transport, list[bytes]] | None:
    words = line.partition(b"#")[0].split(None, 2 + _MOST_ALIASES)
    if len(words) < 2:
        return None
    digits, _, protocol = words[1].partition(b"/")
    transport = TRANSPORT_OF.get(protocol.lower())
    value = port_number(digits)
    if transport is None or value is None:
        return None
    return words[0], value, transport, words[2 : 2 + _MOST_ALIASES]
