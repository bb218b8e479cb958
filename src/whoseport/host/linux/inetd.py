"""Which ports does an inetd listen on for other programs? inetd.conf(5) and xinetd.conf(5)."""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import read_regular
from whoseport.host.linux.etc_services import ports_of
from whoseport.host.linux.named_ports import address_of, numbered, port_number, shown
from whoseport.model import Mention
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Transport

_LARGEST = 1 << 20
_MOST_FILES = 1000
_MOST_SERVICES = 5000
_STREAM = (b"stream", b"seqpacket")


class Served(Record):
    """A service of an inetd; `service` is its name where the file gives no number."""

    path: str
    line: int
    text: str
    service: bytes
    number: int | None
    transport: Transport
    address: str | None
    program: str | None


def read(*, port: int | None = None, services: bytes = b"", root: str = "") -> tuple[Mention, ...]:
    """The services of both files on this port, or on any; `services` is the content of /etc/services."""
    served = list(parse_inetd(_content(f"{root}/etc/inetd.conf"), path="/etc/inetd.conf"))
    blocks: list[Block] = []
    for path in _xinetd_files(root):
        blocks += parse_blocks(_content(root + path), path=path)
    served += xinetd_services(blocks)
    if not served:
        return ()
    known = ports_of({one.service for one in served if one.number is None}, services)
    found = []
    for one in served[:_MOST_SERVICES]:
        number = one.number if one.number is not None else known.get((one.service, one.transport))
        if number is not None and port in (None, number):
            found.append(
                Mention(
                    kind="inetd",
                    path=one.path,
                    line=one.line,
                    transport=one.transport,
                    first=number,
                    last=number,
                    address=one.address,
                    name=one.service.decode("utf-8", "backslashreplace"),
                    program=one.program,
                    package=None,
                    text=one.text,
                )
            )
    return tuple(found)


def _content(path: str) -> bytes:
    try:
        return read_regular(path, limit=_LARGEST)
    except OSError:
        return b""


def _xinetd_files(root: str) -> list[str]:
    """The main file and those of the folder that it includes by default; names with a dot or `~` are not read."""
    if not os.path.exists(f"{root}/etc/xinetd.d"):
        return ["/etc/xinetd.conf"]
    try:
        names = sorted(os.listdir(f"{root}/etc/xinetd.d"))
    except OSError:
        names = []
    return ["/etc/xinetd.conf"] + [
        f"/etc/xinetd.d/{name}" for name in names[:_MOST_FILES] if "." not in name and not name.endswith("~")
    ]


def parse_inetd(data: bytes, *, path: str = "/etc/inetd.conf") -> list[Served]:
    """The lines `[address:]service type protocol wait user program arguments`; rpc and unix services have no port here.

    >>> [(one.service, one.transport, one.program) for one in parse_inetd(b"ftp stream tcp nowait root /usr/sbin/ftpd")]
    [(b'ftp', 'tcp', '/usr/sbin/ftpd')]
    """
    found: list[Served] = []
    default: str | None = None
    for number, line in numbered(data):
        words = line.split(None, 6)
        if not words or words[0][:1] == b"#":
            continue
        if len(words) == 1 and words[0][-1:] == b":":
            default = address_of(words[0][:-1])  # for the lines that follow, until the next
            continue
        if len(words) < 6:
            continue
        transport = _transport(words[2])
        if transport is None:
            continue
        before, _, service = words[0].rpartition(b":")
        found.append(
            Served(
                path=path,
                line=number,
                text=shown(line),
                service=service,
                number=port_number(service),
                transport=transport,
                address=address_of(before) if before else default,
                program=words[5].decode("utf-8", "backslashreplace"),
            )
        )
    return found


def _transport(protocol: bytes) -> Transport | None:
    """`tcp`, `udp6`, `tcp46,rcvbuf=1m`."""
    name = protocol.partition(b",")[0].rstrip(b"46")
    return "tcp" if name == b"tcp" else "udp" if name == b"udp" else None


class Block(Record):
    """One block of xinetd.conf: `service NAME` or `defaults`, its attributes, and where it begins."""

    name: bytes
    attributes: dict[bytes, bytes]
    path: str
    line: int
    text: str


def parse_blocks(data: bytes, *, path: str = "/etc/xinetd.conf") -> list[Block]:
    """The blocks of one file; of an attribute that is given twice or added to (`+=`) all words are kept."""
    found: list[Block] = []
    opened: Block | None = None
    inside = False
    for number, line in numbered(data):
        words = line.split()
        if not words or words[0][:1] == b"#":
            continue
        if not inside:
            if words[0] == b"{":
                inside = opened is not None
            elif words[0] == b"service" and len(words) > 1:
                opened = Block(name=words[1], attributes={}, path=path, line=number, text=shown(line))
                inside = words[-1] == b"{"
            elif words[0] == b"defaults":
                opened = Block(name=b"", attributes={}, path=path, line=number, text=shown(line))
                inside = words[-1] == b"{"
        elif words[0] == b"}":
            if opened is not None:
                found.append(opened)
            opened, inside = None, False
        elif opened is not None and len(words) > 1:
            key, _, value = line.strip().partition(b"=")
            key = key.rstrip(b"+- \t").lower()
            opened.attributes[key] = b" ".join([opened.attributes.get(key, b""), *value.split()]).strip()
    return found


def xinetd_services(blocks: list[Block]) -> list[Served]:
    """The services that are switched on; those named in `disabled` of the defaults, or not in `enabled`, are not."""
    defaults: dict[bytes, bytes] = {}
    for block in blocks:
        if not block.name:
            defaults |= block.attributes
    disabled = defaults.get(b"disabled", b"").split()
    enabled = defaults[b"enabled"].split() if b"enabled" in defaults else None
    found = []
    for block in blocks:
        given = block.attributes
        identity = given.get(b"id", block.name)
        if not block.name or given.get(b"disable", b"no").lower() == b"yes" or identity in disabled:
            continue
        if (enabled is not None and identity not in enabled) or b"RPC" in given.get(b"type", b"").upper():
            continue
        stream = given.get(b"socket_type", b"stream").lower() in _STREAM
        transport = _transport(given.get(b"protocol", b"tcp" if stream else b"udp").lower())
        if transport is None:
            continue
        bound = given.get(b"bind", given.get(b"interface", b""))
        program = given.get(b"server", b"").decode("utf-8", "backslashreplace")
        found.append(
            Served(
                path=block.path,
                line=block.line,
                text=block.text,
                service=block.name,
                number=port_number(given.get(b"port", b"")),
                transport=transport,
                address=address_of(bound) if bound else None,
                program=program or None,
            )
        )
    return found
