"""Does a key of a configuration file set a port that a server takes, or the address that it binds to?

Keys differ by program, their words hardly: `ListenPort`, `http.port`, `rpc-port`, `HTTP_PORT`, `bind-address`. A key
counts only if every word before its last is one that servers use of themselves, or is in the file's own path
(`JENKINS_PORT` in /etc/default/jenkins): `smtp_port` or `db_port` mostly tell where another service is.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_SEPARATORS = bytes.maketrans(b"._-/", b"    ")
_LONGEST_KEY = 80

_OWN = frozenset(
    b"""
    admin api binary bind c2s client cluster cmd command console control daemon dashboard debug default dns ftp
    gossip graphql grpc gui health healthcheck http httpd https insecure internal jetty jmx json legacy listen
    listener listening local main management metrics mgmt mountd mysqlx native natpmp net network or peer plain
    plaintext primary public quic rest rpc s2s secure server sftp smb socket socks ssh ssl stat stats status storage
    stratum tcp telnet text thrift tls trans transport tunnel udp ui web websocket webui ws wss xml
    """.split()
)
"""What may stand before `port`. `default` alone may not: php.ini and others call so the port of another service."""

_ENDS = {
    b"lport": (b"local",),
    b"clientport": (b"client",),
    b"listenport": (b"listen",),
    b"listeningport": (b"listen",),
    b"bindport": (b"bind",),
    b"cmdport": (b"cmd",),
    b"httpport": (b"http",),
    b"httpsport": (b"https",),
    b"serverport": (b"server",),
    b"webport": (b"web",),
    b"socksport": (b"socks",),
    b"orport": (b"or",),
    b"controlport": (b"control",),
    b"dnsport": (b"dns",),
}
"""Single words that end in `port`, with what stands before it; `transport` is another word."""

_BINDS = frozenset(
    b"""
    bind bindaddr bindaddress bindip interface interfaces listenaddr listenaddress listenaddresses listenip local
    """.split()
)
_BIND_BEFORE = frozenset(
    b"""
    api bind http https listen listening mysqlx net network peer rpc server tls web
    """.split()
)
_BIND_LAST = frozenset(
    b"""
    addr address addresses addrs host hosts interface interfaces ip
    """.split()
)
_LISTENS = frozenset(
    b"""
    bind listen listenaddr listenaddress listenaddresses listener listeners
    """.split()
)
_PLACES = frozenset(
    b"""
    addr address addresses addrs endpoint endpoints on socket url urls
    """.split()
)
_OTHERS = frozenset(
    b"""
    advertise advertised announce announced external forward outgoing peer proxy public remote source upstream
    """.split()
)

OTHERS_PARTS = frozenset(
    b"""
    action amqp backend backends broker brokers cache client clients connection connections database databases
    datasource datasources db destination destinations elasticsearch email exporter exporters forward forwarder
    graphite home identity influxdb kafka kdc ldap mail mailer mariadb master memcache memcached mongo mongodb mqtt
    mysql nameserver output outputs peers pgsql postgres postgresql proxy queue rabbitmq redis relay remote remotes
    replica scrape send sender sends sentinel slave smarthost smtp statsd syslog target targets upstream upstreams
    """.split()
)
"""Parts of a file that tell where another service is, unless the file's own path bears the word."""

CLIENT_SECTIONS = frozenset(
    b"""
    client client-mariadb mariadb-client mysql mysqladmin mysqlcheck mysqldump mysqlhotcopy mysqlimport mysqlshow
    mysqlslap psql
    """.split()
)
"""Sections that tell programs of the file's own package where to connect to."""


def words_of(key: bytes) -> tuple[bytes, ...]:
    """The words of a key in lower case: at dots, dashes and underscores, and where a capital begins one.

    >>> words_of(b"web.listen-address"), words_of(b"SocksPort"), words_of(b"HTTP_PORT")
    ((b'web', b'listen', b'address'), (b'socks', b'port'), (b'http', b'port'))
    """
    found: list[bytes] = []
    for part in key[:_LONGEST_KEY].translate(_SEPARATORS).split():
        if part.isupper() or part.islower():
            found.append(part.lower())
            continue
        begin = 0
        for at in range(1, len(part)):
            here = part[at : at + 1].isupper()
            if here and (part[at - 1 : at].islower() or part[at + 1 : at + 2].islower()):
                found.append(part[begin:at].lower())
                begin = at
        found.append(part[begin:].lower())
    return tuple(found)


def port_prefix(words: tuple[bytes, ...], own: frozenset[bytes]) -> tuple[bytes, ...] | None:
    """The words before `port` in a key that sets a server's own; None for any other key. `own`: words of the path."""
    if not words:
        return None
    before, last = words[:-1], words[-1]
    if last not in (b"port", b"ports"):
        if last not in _ENDS:
            return None
        before += _ENDS[last]
    if before == (b"default",):
        return None
    return before if all(word in _OWN or word in own for word in before) else None


def bind_prefix(words: tuple[bytes, ...]) -> tuple[bytes, ...] | None:
    """The words before the last ones of a key that sets the address to bind to; None for any other key.

    >>> bind_prefix((b"mysqlx", b"bind", b"address")), bind_prefix((b"listen", b"addresses")), bind_prefix((b"user",))
    ((b'mysqlx',), (), None)
    """
    if not words or not _OTHERS.isdisjoint(words):
        return (b"peer",) if words == (b"peer", b"bind", b"address") else None
    last = words[-1]
    if last in _BINDS or words in ((b"listen",), (b"host",)):
        return words[:-1]
    if last in _BIND_LAST and len(words) > 1:
        if words[-2] in (b"bind", b"listen", b"listening"):
            return words[:-2]
        if words[-2] in _BIND_BEFORE:
            return words[:-1]
    return None


def listens(words: tuple[bytes, ...]) -> bool:
    """Whether a key's value is where a server listens, its port included."""
    if not words or not _OTHERS.isdisjoint(words):
        return False
    if words[0] == b"listeners" and words[1:2] in ((b"tcp",), (b"ssl",)):
        return True  # rabbitmq.conf: `listeners.tcp.default = 5672`
    return words[-1] in _LISTENS or (words[-1] in _PLACES and (b"listen" in words or b"bind" in words))


def is_place(words: tuple[bytes, ...]) -> bool:
    """Whether a key names some address: of a listening one only where the address is no one's to connect to."""
    return bool(words) and (words[-1] in _PLACES or words[-1] in (b"host", b"hosts")) and _OTHERS.isdisjoint(words)


def of_another(parts: Iterable[bytes], own: frozenset[bytes]) -> bool:
    """Whether a part of a file (a section, a block, a parent key) is about a service elsewhere."""
    for part in parts:
        if part.lower() in CLIENT_SECTIONS:
            return True
        if any(word in OTHERS_PARTS and word not in own for word in words_of(part)):
            return True
    return False
