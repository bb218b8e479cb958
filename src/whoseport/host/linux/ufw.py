"""Which ports do the rules of ufw name? Its user.rules and user6.rules, and rules written by hand beside them.

ufw(8) keeps each rule of the user as a line that it reads itself, `### tuple ### allow tcp 22 0.0.0.0/0 any ...`,
before the lines for iptables-restore(8) that it made from it (ufw's backend_iptables.py). before.rules and after.rules
hold such lines alone. The profiles of applications.d define ports that no rule need use, most of them shipped with ufw
itself; where a rule uses one, its line has the ports and the profile's name.
"""

from __future__ import annotations

from whoseport.host.linux.bounded import read_regular, reason_of
from whoseport.host.linux.named_ports import TRANSPORT_OF, numbered, port_range, shown
from whoseport.model import Mention, Unseen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Transport

FOLDER = "/etc/ufw"
_USER_FILES = ("user.rules", "user6.rules")
_HAND_WRITTEN = ("before.rules", "before6.rules", "after.rules", "after6.rules")
_LARGEST = 4 << 20
_MOST = 20_000
_TUPLE = b"### tuple ###"
_ANY = (b"0.0.0.0/0", b"::/0")
_LONGEST_NAME = 200


def read(*, port: int | None = None, root: str = "") -> tuple[tuple[Mention, ...], tuple[Unseen, ...]]:
    """The rules on this port, or on any, and the files that could not be read; `enabled` as ufw.conf has it."""
    found: list[Mention] = []
    unseen = []
    enabled = is_enabled(_content(f"{root}{FOLDER}/ufw.conf"))
    for names, parse in ((_USER_FILES, parse_tuples), (_HAND_WRITTEN, parse_rules)):
        for name in names:
            path = f"{FOLDER}/{name}"
            try:
                content = read_regular(root + path, limit=_LARGEST)
            except FileNotFoundError:
                continue
            except OSError as error:
                unseen.append(Unseen(missing="rules", reason=reason_of(error), subject=f"path:{path}"))
                continue
            found += (
                mention.replace(enabled=enabled)
                for mention in parse(content, path=path)
                if port is None or mention.first <= port <= mention.last
            )
    return tuple(found), tuple(unseen)


def _content(path: str) -> bytes:
    try:
        return read_regular(path, limit=_LARGEST)
    except OSError:
        return b""


def is_enabled(content: bytes) -> bool | None:
    """`ENABLED=yes` of ufw.conf; None where it is not said."""
    for line in content.split(b"\n"):
        key, _, value = line.strip().partition(b"=")
        if key == b"ENABLED":
            return value.strip(b" \"'").lower() == b"yes"
    return None


def parse_tuples(data: bytes, *, path: str = f"{FOLDER}/user.rules") -> tuple[Mention, ...]:
    """The rules for what comes in, one mention for each port or range of them."""
    found: list[Mention] = []
    for number, line in numbered(data):
        if not line.startswith(_TUPLE):
            continue
        words = line[len(_TUPLE) :].partition(b" comment=")[0].split()
        if not 6 <= len(words) <= 9 or (len(words) in (7, 9) and words[-1].startswith(b"out")):
            continue
        application = words[6] if len(words) > 7 and words[6] != b"-" else None
        destination = words[3]
        for first, last in _ports(words[2], separator=b":"):
            found.append(
                Mention(
                    kind="ufw",
                    path=path,
                    line=number,
                    transport=TRANSPORT_OF.get(words[1]),
                    first=first,
                    last=last,
                    address=None if destination in _ANY else _text(destination),
                    name=None if application is None else _text(application.replace(b"%20", b" ")),
                    program=None,
                    package=None,
                    text=shown(line),
                )
            )
        if len(found) >= _MOST:
            break
    return tuple(found[:_MOST])


def parse_rules(data: bytes, *, path: str = f"{FOLDER}/before.rules") -> tuple[Mention, ...]:
    """The lines for iptables-restore(8) that match a destination port; `name` is their chain."""
    found: list[Mention] = []
    for number, line in numbered(data):
        words = line.split()
        if len(words) < 2 or words[0] not in (b"-A", b"-I", b"--append", b"--insert"):
            continue
        for transport, first, last, address in destination_ports(words):
            found.append(
                Mention(
                    kind="ufw",
                    path=path,
                    line=number,
                    transport=transport,
                    first=first,
                    last=last,
                    address=address,
                    name=_text(words[1]),
                    program=None,
                    package=None,
                    text=shown(line),
                )
            )
        if len(found) >= _MOST:
            break
    return tuple(found[:_MOST])


def destination_ports(words: list[bytes]) -> list[tuple[Transport | None, int, int, str | None]]:
    """What an iptables rule matches by --dport or --dports (iptables-extensions(8)); nothing where it is negated.

    >>> destination_ports(b"-A INPUT -p tcp -d 192.0.2.1 --dport 8000:8010 -j ACCEPT".split())
    [('tcp', 8000, 8010, '192.0.2.1')]
    """
    transport = address = None
    ports: list[tuple[int, int]] = []
    for before, flag, value in zip([b"", *words], words, words[1:], strict=False):
        if before == b"!":
            continue
        if flag in (b"-p", b"--protocol"):
            transport = TRANSPORT_OF.get(value)
        elif flag in (b"-d", b"--destination", b"--dst") and value not in _ANY:
            address = _text(value)
        elif flag in (b"--dport", b"--destination-port", b"--dports", b"--destination-ports"):
            ports += _ports(value, separator=b":")
    return [(transport, first, last, address) for first, last in ports]


def _ports(word: bytes, *, separator: bytes) -> list[tuple[int, int]]:
    """`22`, `80,443`, `6000:6007`; `any` names none."""
    ranges = (port_range(part, separator=separator) for part in word.split(b",")[:64])
    return [found for found in ranges if found is not None]


def _text(word: bytes) -> str:
    return word[:_LONGEST_NAME].decode("utf-8", "backslashreplace")
