"""Where does a forwarder lead? Only what its own command line really tells.

docker-proxy, socat, ssh -L, kubectl port-forward, rootlesskit, passt and systemd-socket-proxyd are read. slirp4netns,
rootlessport and ssh -R are told their ports in another way, ssh -D leads anywhere, and pasta to one place or another by
where a connection comes from: nothing is said of them.
"""

from __future__ import annotations

from whoseport.model import LAST_PORT, Forwarding
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_WORDS = 4096
_LONGEST_WORD = 4096
_MOST_PORTS = 1024
_ANY = frozenset({"", "*", "0.0.0.0", "::"})


class Mapping(Record):
    """One way through a forwarder, or `length` of them side by side. None: the command line leaves it open."""

    address: str | None = None
    port: int | None = None
    length: int = 1
    transport: str | None = "tcp"
    to_address: str
    to_port: int


def forwarding(
    command: tuple[str, ...],
    *,
    name: str,
    address: str | None = None,
    port: int | None = None,
    transport: str | None = None,
) -> Forwarding | None:
    """Where a forwarder's listener leads; None if the process is none or its command line does not tell.

    `command` and `name` are the process's command line and its name (proc(5), comm: up to 15 characters). `address`,
    `port` and `transport` are the listener's own, and pick one of several mappings; those left out match any. Where
    more than one destination remains, none is told. The address of the answer is as on the command line: numeric, a
    host name, or of kubectl the resource (`svc/web`); `container` is left to the caller.
    """
    if name not in READERS or not 1 < len(command) <= _MOST_WORDS or max(map(len, command)) > _LONGEST_WORD:
        return None
    via, read = READERS[name]
    fitting = [
        mapping
        for mapping in read(command[1:])
        if _destination(mapping, port) is not None
        and (transport is None or mapping.transport is None or mapping.transport == transport)
    ]
    exact = [mapping for mapping in fitting if address is not None and _same(mapping.address, address)]
    destinations = {(mapping.to_address, _destination(mapping, port)) for mapping in exact or fitting}
    if len(destinations) != 1:
        return None
    to_address, to_port = destinations.pop()
    if to_port is None:
        return None
    return Forwarding(address=to_address, port=to_port, container=None, via=via)


def _destination(mapping: Mapping, port: int | None) -> int | None:
    """The port that a listener's port leads to; None for a mapping of another port, or of several if none is told."""
    if port is None or mapping.port is None:
        return mapping.to_port if mapping.length == 1 else None
    offset = port - mapping.port
    return mapping.to_port + offset if 0 <= offset < mapping.length else None


def _same(told: str | None, bound: str) -> bool:
    """Is the address that the command line names the one that the listener is bound to?"""
    if told == "localhost":
        return bound in ("127.0.0.1", "::1")
    return told == bound or (told in _ANY and bound in _ANY)


def port_number(text: str) -> int | None:
    """A port in digits, 1-65535; None for anything else, also for a service's name."""
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        return None
    value = int(text)
    return value if 0 < value <= LAST_PORT else None


def split_colons(text: str) -> list[str]:
    """The parts between colons; an IPv6 address in brackets is one part, without them."""
    parts = [""]
    inside = False
    for character in text:
        if character == ":" and not inside:
            parts.append("")
        elif character in "[]":
            inside = character == "["
        else:
            parts[-1] += character
    return parts


# --- docker-proxy: flags of Go, -name value or -name=value, one mapping a process ----------------------------------


def docker_proxy(words: tuple[str, ...]) -> list[Mapping]:
    """docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 80 -container-ip 172.17.0.2 -container-port 80."""
    flags = {}
    remaining = iter(words)
    for word in remaining:
        flag, equals, value = word.lstrip("-").partition("=")
        if word.startswith("-") and flag in ("proto", "host-ip", "host-port", "container-ip", "container-port"):
            flags[flag] = value if equals else next(remaining, "")
    to_address = flags.get("container-ip", "")
    to_port = port_number(flags.get("container-port", ""))
    port = port_number(flags.get("host-port", ""))
    if not to_address or to_port is None or port is None:
        return []
    transport = flags.get("proto", "tcp")
    return [
        Mapping(address=flags.get("host-ip"), port=port, transport=transport, to_address=to_address, to_port=to_port)
    ]


# --- socat [options] ADDRESS ADDRESS: the two last words ------------------------------------------------------------

_SOCAT_LISTENS = {
    "TCP-LISTEN": "tcp",
    "TCP-L": "tcp",
    "TCP4-LISTEN": "tcp",
    "TCP4-L": "tcp",
    "TCP6-LISTEN": "tcp",
    "TCP6-L": "tcp",
    "OPENSSL-LISTEN": "tcp",
    "SSL-LISTEN": "tcp",
    "SSL-L": "tcp",
    "UDP-LISTEN": "udp",
    "UDP-L": "udp",
    "UDP4-LISTEN": "udp",
    "UDP4-L": "udp",
    "UDP6-LISTEN": "udp",
    "UDP6-L": "udp",
    "UDP-RECVFROM": "udp",
    "UDP4-RECVFROM": "udp",
    "UDP6-RECVFROM": "udp",
    "SCTP-LISTEN": "sctp",
    "SCTP4-LISTEN": "sctp",
    "SCTP6-LISTEN": "sctp",
}
_SOCAT_CONNECTS = frozenset(
    {
        *(
            f"{kind}{family}{way}"
            for kind in ("TCP", "UDP", "SCTP")
            for family in ("", "4", "6")
            for way in ("", "-CONNECT")
        ),
        *(f"UDP{family}-SENDTO" for family in ("", "4", "6")),
        *("OPENSSL", "OPENSSL-CONNECT", "SSL", "SSL-CONNECT"),
    }
)


def socat(words: tuple[str, ...]) -> list[Mapping]:
    """socat TCP-LISTEN:3000,fork TCP:host:80, in either order; an address with quotes or `!!` is not taken apart."""
    if len(words) < 2 or any(mark in word for word in words[-2:] for mark in ("\\", '"', "'", "!!", "(", "{")):
        return []
    for listening, leading in (words[-2:], words[:-3:-1]):
        kind, *of_listener = split_colons(listening.partition(",")[0])
        transport = _SOCAT_LISTENS.get(kind.upper())
        kind, *target = split_colons(leading.partition(",")[0])
        if transport is None or kind.upper() not in _SOCAT_CONNECTS or len(of_listener) != 1 or len(target) != 2:
            continue
        port, to_port = port_number(of_listener[0]), port_number(target[1])
        if port is None or to_port is None or not target[0]:
            return []
        bound = [word[5:] for word in listening.split(",")[1:] if word.startswith("bind=")]
        address = bound[0].strip("[]") if bound else None
        return [Mapping(address=address, port=port, transport=transport, to_address=target[0], to_port=to_port)]
    return []


# --- ssh -L: getopt(3), with more options after the host -----------------------------------------------------------

_SSH_WITH_VALUE = frozenset("BbcDEeFIiJLlmOopPQRSWw")


def ssh(words: tuple[str, ...]) -> list[Mapping]:
    """ssh(1): -L [bind_address:]port:host:hostport, and -o LocalForward=."""
    found = []
    operands = 0
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            # the host and its command follow
            break
        if not word.startswith("-") or word == "-":
            operands += 1
            if operands == 2:
                break
            continue
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in _SSH_WITH_VALUE:
                value = letters or next(remaining, "")
                found.append((letter, value))
                break
    mappings = []
    for letter, value in found[:_MOST_PORTS]:
        text = value if letter == "L" else ""
        if letter == "o":
            # ssh_config(5): LocalForward [bind_address:]port host:hostport
            words = tuple(value.replace("=", " ", 1).split())
            text = ":".join(words[1:]) if len(words) == 3 and words[0].lower() == "localforward" else ""
        if (mapping := _ssh_forward(text)) is not None:
            mappings.append(mapping)
    return mappings


def _ssh_forward(text: str) -> Mapping | None:
    parts = split_colons(text)
    if len(parts) == 3:
        # without an address it is bound to loopback, or to any with -g or GatewayPorts
        address, (listening, to_address, target) = None, parts
    elif len(parts) == 4:
        address, listening, to_address, target = parts
    else:
        return None
    port, to_port = port_number(listening), port_number(target)
    if port is None or to_port is None or not to_address:
        return None
    return Mapping(address=address, port=port, to_address=to_address, to_port=to_port)


# --- kubectl port-forward TYPE/NAME [LOCAL_PORT:]REMOTE_PORT ... -----------------------------------------------------

_KUBECTL_SWITCHES = frozenset(
    {"--insecure-skip-tls-verify", "--match-server-version", "--warnings-as-errors", "--disable-compression"}
)


def kubectl(words: tuple[str, ...]) -> list[Mapping]:
    """kubectl port-forward TYPE/NAME PORTS; every option but the switches takes a value, perhaps as the next word."""
    operands = []
    remaining = iter(words)
    for word in remaining:
        if not word.startswith("-"):
            operands.append(word)
        elif "=" not in word and word not in _KUBECTL_SWITCHES and (word.startswith("--") or len(word) == 2):
            next(remaining, None)
    if len(operands) < 3 or operands[0] != "port-forward":
        return []
    mappings = []
    for ports in operands[2 : 2 + _MOST_PORTS]:
        listening, colon, target = ports.partition(":")
        to_port = port_number(target if colon else listening)
        port = port_number(listening)
        if to_port is None or (listening and port is None):
            continue
        # :80 takes any free port
        mappings.append(Mapping(port=port, to_address=operands[1], to_port=to_port))
    return mappings


# --- rootlesskit and passt: into a user's network namespace, into a guest --------------------------------------------


def _values(words: tuple[str, ...], flags: dict[str, str]) -> list[tuple[str, str]]:
    """The values of some options, as (what the flag stands for, value), written `--flag value` or `--flag=value`."""
    found = []
    remaining = iter(words)
    for word in remaining:
        flag, equals, value = word.partition("=")
        if flag in flags:
            found.append((flags[flag], value if equals else next(remaining, "")))
    return found


def rootlesskit(words: tuple[str, ...]) -> list[Mapping]:
    """rootlesskit --publish [PARENT_IP:]PORT:CHILD_IP:PORT/PROTO; nothing is told without the child's address."""
    mappings = []
    for _, value in _values(words, {"--publish": "", "-p": ""})[:_MOST_PORTS]:
        text, _, transport = value.partition("/")
        parts = split_colons(text)
        if len(parts) not in (3, 4):
            continue
        address = parts[0] if len(parts) == 4 else None
        listening, to_address, target = parts[-3:]
        port, to_port = port_number(listening), port_number(target)
        if port is not None and to_port is not None and to_address:
            mappings.append(
                Mapping(address=address, port=port, transport=transport[:3], to_address=to_address, to_port=to_port)
            )
    return mappings


def passt(words: tuple[str, ...]) -> list[Mapping]:
    """passt(1): -t [ADDRESS[%INTERFACE]/]PORTS[:PORTS],... towards the address that -a gives the guest.

    pasta takes the same options, but leads what comes from this machine to its namespace's own loopback.
    """
    flags = {"-t": "tcp", "--tcp-ports": "tcp", "-u": "udp", "--udp-ports": "udp", "-a": "guest", "--address": "guest"}
    values = _values(words, flags)
    guests = [value.partition("/")[0] for kind, value in values if kind == "guest"]
    if len(guests) != 1 or not guests[0]:
        return []
    mappings = []
    for kind, value in values:
        if kind == "guest":
            continue
        bound, slash, ports = value.rpartition("/")
        address = bound.partition("%")[0] if slash else None
        for part in ports.split(",")[:_MOST_PORTS]:
            port, to_port, length = _ranges(part)
            if length:
                mappings.append(
                    Mapping(
                        address=address,
                        port=port,
                        length=length,
                        transport=kind,
                        to_address=guests[0],
                        to_port=to_port,
                    )
                )
    return mappings


def _ranges(text: str) -> tuple[int, int, int]:
    """`22`, `22:2222`, `22-25`, `22-25:32-35` as both first ports and how many; none for `all` and the like."""
    bounds = []
    for side in text.split(":"):
        first, dash, last = side.partition("-")
        low = port_number(first)
        high = port_number(last) if dash else low
        if low is None or high is None or high < low:
            return 0, 0, 0
        bounds.append((low, high - low + 1))
    (port, length), (to_port, to_length) = bounds[0], bounds[-1]
    return (port, to_port, length) if len(bounds) < 3 and length == to_length else (0, 0, 0)


# --- systemd-socket-proxyd [options] HOST:PORT, for whatever socket systemd passes -----------------------------------


def systemd_socket_proxyd(words: tuple[str, ...]) -> list[Mapping]:
    """systemd-socket-proxyd(8): one operand; a path is a unix socket, and a port in letters a service's name."""
    operands = []
    remaining = iter(words)
    for word in remaining:
        if word in ("-c", "--connections-max", "--exit-idle-time"):
            next(remaining, None)
        elif not word.startswith("-"):
            operands.append(word)
    if len(operands) != 1 or operands[0].startswith(("/", "@")):
        return []
    parts = split_colons(operands[0])
    to_port = port_number(parts[-1])
    if len(parts) != 2 or not parts[0] or to_port is None:
        return []
    return [Mapping(to_address=parts[0], to_port=to_port, transport=None)]


READERS: dict[str, tuple[str, Callable[[tuple[str, ...]], list[Mapping]]]] = {
    "docker-proxy": ("docker-proxy", docker_proxy),
    "socat": ("socat", socat),
    "socat1": ("socat", socat),
    "ssh": ("ssh", ssh),
    "kubectl": ("kubectl", kubectl),
    "oc": ("oc", kubectl),
    "rootlesskit": ("rootlesskit", rootlesskit),
    "passt": ("passt", passt),
    "passt.avx2": ("passt", passt),
    # the kernel keeps fifteen characters of a name
    "systemd-socket-": ("systemd-socket-proxyd", systemd_socket_proxyd),
}
"""Process name -> the forwarder's name, and what reads its command line."""
