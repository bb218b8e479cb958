# ruff: noqa: E501 - one example of a file a line
"""Settings of ports in configuration files, in the forms in which packages ship them, and what is no such setting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import conffiles, configuration
from whoseport.host.linux.configuration_lines import statements_of
from whoseport.host.linux.port_settings import parse
from whoseport.host.linux.setting_keys import bind_prefix, listens, port_prefix, words_of

Told = list[tuple[int, str | None, str | None]]

SETTINGS: list[tuple[str, str, Told]] = [
    ("redis/redis.conf", "bind 127.0.0.1 -::1\nport 6379\n", [(6379, "127.0.0.1", None), (6379, "::1", None)]),
    ("redis/redis.conf", "# bind 127.0.0.1\nport 0\ntls-port 6380\n", [(6380, None, None)]),
    ("ssh/sshd_config", "Port 2222\nListenAddress ::1\n", [(2222, "::1", None)]),
    ("ssh/sshd_config", "ListenAddress 192.0.2.1:2022\n", [(2022, "192.0.2.1", None)]),
    ("mysql/mariadb.conf.d/50-server.cnf", "[mysqld]\nport = 3306\nbind-address = 127.0.0.1\n", [(3306, "127.0.0.1", None)]),
    ("mysql/my.cnf", "[mysqld]\nbind-address=127.0.0.1\nmysqlx-port=33060\n", [(33060, None, None)]),
    ("mysql/my.cnf", "[mysqld]\nmysqlx-bind-address=::1\nmysqlx_port=33060\n", [(33060, "::1", None)]),
    ("postgresql/15/main/postgresql.conf", "listen_addresses = 'localhost'\t# comment\nport = 5433 # x\n", [(5433, "localhost", None)]),
    ("postgresql/15/main/postgresql.conf", "#listen_addresses = 'localhost'\nport = 5433\n", [(5433, None, None)]),
    ("pgbouncer/pgbouncer.ini", "[pgbouncer]\nlisten_addr = *\nlisten_port = 6432\n", [(6432, "*", None)]),
    ("nginx/nginx.conf", "http {\n server {\n  listen 127.0.0.1:8080 default_server;\n  listen [::]:81 ssl;\n }\n}\n", [(8080, "127.0.0.1", None), (81, "::", None)]),
    ("nginx/conf.d/a.conf", "server { listen 8443 quic reuseport; server_name x; }\n", [(8443, None, "udp")]),
    ("apache2/ports.conf", "Listen 8080\nListen 192.0.2.1:8081 https\n<IfModule ssl_module>\n\tListen [::1]:8443\n</IfModule>\n", [(8080, None, None), (8081, "192.0.2.1", None), (8443, "::1", None)]),
    ("lighttpd/lighttpd.conf", 'server.port = 8080\nserver.bind = "127.0.0.1"\n$SERVER["socket"] == "[::]:8443" {\n}\n', [(8080, "127.0.0.1", None), (8443, "::", None)]),
    ("haproxy/haproxy.cfg", "frontend www\n    bind *:8080,:8081\n    bind 127.0.0.1:8443 ssl crt /etc/ssl/x.pem\n", [(8080, "*", None), (8081, None, None), (8443, "127.0.0.1", None)]),
    ("squid/squid.conf", "acl Safe_ports port 8080\nhttp_port 3128\nhttps_port 127.0.0.1:3129 cert=/x\n", [(3128, None, None), (3129, "127.0.0.1", None)]),
    ("cups/cupsd.conf", "Listen localhost:631\nListen /run/cups/cups.sock\nPort 6310\n", [(631, "localhost", None), (6310, None, None)]),
    ("elasticsearch/elasticsearch.yml", "network.host: 0.0.0.0\nhttp.port: 9200\ntransport.port: 9300\n", [(9200, "0.0.0.0", None), (9300, "0.0.0.0", None)]),
    ("mongod.conf", "net:\n  port: 27017\n  bindIp: 127.0.0.1\nstorage:\n  dbPath: /x\n", [(27017, "127.0.0.1", None)]),
    ("shop/application.properties", "server.port=8080\nserver.address=127.0.0.1\n", [(8080, "127.0.0.1", None)]),
    ("grafana/grafana.ini", "[server]\n;http_port = 3001\nhttp_addr = ::1\nhttp_port = 3000\n[database]\nhost = db\nport = 3306\n", [(3000, "::1", None)]),
    ("default/prometheus", 'ARGS="--web.listen-address=127.0.0.1:9091 --storage.x=1"\n', [(9091, "127.0.0.1", None)]),
    ("default/thing", "THING_OPTS='--port=8085 --verbose'\n", [(8085, None, None)]),
    ("default/thing", 'DAEMON_ARGS="--http-port 8086"\n', [(8086, None, None)]),
    ("default/shellinabox", "SHELLINABOX_PORT=4200\n", [(4200, None, None)]),
    ("default/etcd", 'ETCD_LISTEN_CLIENT_URLS="http://localhost:2379"\nETCD_ADVERTISE_CLIENT_URLS="http://a:2379"\n', [(2379, "localhost", None)]),
    ("transmission-daemon/settings.json", '{\n    "peer-port": 51413,\n    "rpc-bind-address": "0.0.0.0",\n    "rpc-port": 9091\n}\n', [(51413, None, None), (9091, "0.0.0.0", None)]),
    ("kea/kea-ctrl-agent.conf", '{\n"Control-agent": {\n // the port 1\n "http-host": "127.0.0.1",\n "http-port": 8000,\n}\n}\n', [(8000, "127.0.0.1", None)]),
    ("small.json", '{"listen": {"host": "127.0.0.1", "port": 8099}, "redis": {"host": "127.0.0.1", "port": 6379}}', [(8099, "127.0.0.1", None)]),
    ("bind/named.conf.options", "options {\n listen-on port 5353 { 127.0.0.1; };\n};\ncontrols { inet 127.0.0.1 port 953 allow { any; }; };\n", [(5353, None, None), (953, "127.0.0.1", None)]),
    ("unbound/unbound.conf", "server:\n    interface: 127.0.0.1\n    port: 5335\n", [(5335, "127.0.0.1", None)]),
    ("unbound/unbound.conf", "server:\n\tinterface: 0.0.0.0@5353\n", [(5353, "0.0.0.0", None)]),
    ("dnsmasq.conf", "port=5353\nserver=1.1.1.1\n", [(5353, None, None)]),
    ("mosquitto/conf.d/a.conf", "listener 1883 127.0.0.1\nlistener 8883\n", [(1883, "127.0.0.1", None), (8883, None, None)]),
    ("openvpn/server.conf", "port 1194\nproto udp\nlocal 192.0.2.1\nremote 192.0.2.9 1195\n", [(1194, "192.0.2.1", None)]),
    ("wireguard/wg0.conf", "[Interface]\nListenPort = 51820\n[Peer]\nEndpoint = 192.0.2.1:51821\n", [(51820, None, "udp")]),
    ("tor/torrc", "SocksPort 127.0.0.1:9050\nORPort 9001\nControlPort 9051\n", [(9050, "127.0.0.1", None), (9001, None, None), (9051, None, None)]),
    ("privoxy/config", "listen-address  127.0.0.1:8118\n", [(8118, "127.0.0.1", None)]),
    ("samba/smb.conf", "[global]\n   smb ports = 445 139\n", [(445, None, None), (139, None, None)]),
    ("exim4/exim4.conf", "daemon_smtp_ports = 25 : 465 : 587\n", [(25, None, None), (465, None, None), (587, None, None)]),
    ("postfix/master.cf", "smtp      inet  n - y - - smtpd\n127.0.0.1:10025 inet n - - - - smtpd\n  -o smtpd_x=y\npickup unix n - y 60 1 pickup\n", [(25, None, "tcp"), (10025, "127.0.0.1", "tcp")]),
    ("rsyslog.conf", 'input(type="imudp" port="514")\n$InputTCPServerRun 10514\naction(type="omfwd" target="192.0.2.1" port="515")\n', [(514, None, "udp"), (10514, None, "tcp")]),
    ("tomcat10/server.xml", '<?xml version="1.0"?>\n<Server port="8005" shutdown="SHUTDOWN">\n <!-- <Connector port="8009"/>\n -->\n <Connector port="8080" address="127.0.0.1" protocol="HTTP/1.1"/>\n</Server>\n', [(8005, None, None), (8080, "127.0.0.1", None)]),
    ("icecast2/icecast.xml", "<icecast>\n <listen-socket>\n  <port>8000</port>\n  <bind-address>127.0.0.1</bind-address>\n </listen-socket>\n <relay>\n  <port>8001</port>\n </relay>\n</icecast>\n", [(8000, "127.0.0.1", None)]),
    ("collectd/collectd.conf", '<Plugin network>\n  Listen "0.0.0.0" "25826"\n  Server "192.0.2.1" "25827"\n</Plugin>\n', [(25826, "0.0.0.0", None)]),
    ("matrix-synapse/homeserver.yaml", "listeners:\n  - port: 8008\n    bind_addresses: ['::1', '127.0.0.1']\n  - port: 9093\n    type: metrics\ndatabase:\n  args:\n    port: 5432\n    host: localhost\n", [(8008, "::1", None), (8008, "127.0.0.1", None), (9093, None, None)]),
    ("docker/registry/config.yml", "http:\n  addr: :5000\n  host: https://x\n", [(5000, None, None)]),
    ("php/8.2/fpm/pool.d/www.conf", "[www]\nlisten = 127.0.0.1:9000\nlisten.backlog = 511\n", [(9000, "127.0.0.1", None)]),
    ("rabbitmq/rabbitmq.conf", "listeners.tcp.default = 5672\nlisteners.ssl.local = 127.0.0.1:5671\nmanagement.tcp.port = 15672\n", [(5672, None, None), (5671, "127.0.0.1", None), (15672, None, "tcp")]),
    ("rspamd/rspamd.conf", 'worker "normal" {\n    bind_socket = "localhost:11333";\n}\n', [(11333, "localhost", None)]),
    ("monit/monitrc", "set httpd port 2812 and\n    use address localhost\n", [(2812, None, None)]),
    ("memcached.conf", "-m 64\n-p 11211\n-U 11212\n-l 127.0.0.1\n-l ::1\n", [(11211, "127.0.0.1", "tcp"), (11211, "::1", "tcp"), (11212, "127.0.0.1", "udp"), (11212, "::1", "udp")]),
    ("glusterfs/glusterd.vol", "volume management\n    option transport.socket.listen-port 24007\nend-volume\n", [(24007, None, None)]),
    ("cyrus.conf", 'SERVICES {\n  http  cmd="httpd -U 30" listen="8008" prefork=0\n}\n', [(8008, None, None)]),
    ("caddy/Caddyfile", ":8080 {\n}\nhttp://localhost:8081 {\n reverse_proxy localhost:9000\n}\nexample.org {\n}\n", [(8080, None, None), (8081, "localhost", None)]),
    ("kafka/server.properties", "listeners=PLAINTEXT://127.0.0.1:9092\nadvertised.listeners=PLAINTEXT://k:9093\n", [(9092, "127.0.0.1", None)]),
]  # fmt: skip

NONE_OF_ALL = [
    ("ssh/ssh.conf", "# Port 22\n;port = 22\n// port: 22\n-- port 22\n"),
    ("app.conf", "/* port 22\n port 22\n*/\ncolour 22\ntimeout = 22\n"),
    ("app.xml", "<a>\n<!--\n<port>22</port>\n-->\n<support>22</support>\n</a>"),
    ("app.conf", "transport 22\nviewport = 22\nsupport: 22\nimport 22\nreport=22\nmax_ports_used 22\n"),
    ("php/php.ini", "[mail function]\nsmtp_port = 25\n[MySQLi]\nmysqli.default_port = 3306\ndefault_port=22\n"),
    ("app/env", "DB_PORT=5432\nREDIS_PORT=6379\nSMTP_PORT=25\nPROXY_PORT=3128\n"),
    ("app.yml", "redis:\n  host: localhost\n  port: 6379\nmail:\n  server:\n    port: 25\n"),
    ("mysql/conf.d/mysql.cnf", "[client]\nport = 3306\n[mysqldump]\nport = 3306\n"),
    ("app.ini", "[server]\nhost = db.example.org\nport = 5432\n"),
    (
        "nginx/nginx.conf",
        "upstream app {\n server 127.0.0.1:3000;\n}\nserver {\n proxy_pass http://127.0.0.1:3001;\n}\n",
    ),
    ("haproxy/haproxy.cfg", "backend app\n  server a 127.0.0.1:3000 check port 3001\n"),
    ("varnish/default.vcl", 'backend default {\n .host = "127.0.0.1";\n .port = "8080";\n}\n'),
    ("ganglia/gmond.conf", "udp_send_channel {\n  port = 8649\n}\n"),
    ("app.conf", "port 99999\nport = -22\nport = 022\nport = twenty\nport =\nlisten\nlisten on\nport 22a\n"),
    ("app.conf", "listen /run/app-22.sock\nbind unix:/run/22\naddress = 10.0.0.1:22\nurl = http://10.0.0.1:22/\n"),
    ("app.conf", "port\0 22\n"),
    ("Caddyfile", "22 {\n}\n# :22 {\n"),
    ("memcached.conf", "-p\n-m 22\n#-p 22\n-l 22\n"),
]


def told(path: str, text: str, port: int | None = None) -> Told:
    found = parse(text.encode(), path=f"/etc/{path}", port=port)
    return [(one.port, one.address, one.transport) for one in found]


@pytest.mark.parametrize(("path", "text", "expected"), SETTINGS, ids=[f"{one[0]}-{one[2][0][0]}" for one in SETTINGS])
def test_forms_of_settings(path: str, text: str, expected: Told) -> None:
    assert told(path, text) == expected
    for port in {port for port, _, _ in expected}:
        assert told(path, text, port) == [one for one in expected if one[0] == port]


@pytest.mark.parametrize(("path", "text"), NONE_OF_ALL, ids=[f"{one[0]}-{at}" for at, one in enumerate(NONE_OF_ALL)])
def test_what_sets_no_port_of_its_own(path: str, text: str) -> None:
    assert told(path, text) == []


def test_a_setting_tells_its_line_and_part() -> None:
    (found,) = parse(b"[a]\nx = 1\n\n[pgbouncer]\n  listen_port = 6432 ; why\n", path="/etc/pgbouncer.ini")
    assert (found.line, found.section, found.text) == (5, "pgbouncer", "listen_port = 6432 ; why")


def test_comments_end_where_they_end() -> None:
    assert told("a.conf", "/**/\nport 81\n/* port 82 */ port 83\nuser x /* port 84\n port 85 */\nport 86\n") == [
        (81, None, None),
        (83, None, None),
        (86, None, None),
    ]
    assert told("a.conf", "location /* x\nport 81\n") == [(81, None, None)]


def test_words_of_keys() -> None:
    assert words_of(b"bindIp") == (b"bind", b"ip")
    assert words_of(b"ORPort") == (b"or", b"port")
    assert port_prefix((b"jenkins", b"port"), frozenset()) is None
    assert port_prefix((b"jenkins", b"port"), frozenset({b"jenkins"})) == (b"jenkins",)
    assert bind_prefix((b"remote", b"address")) is None
    assert listens((b"listen", b"client", b"urls"))
    assert not listens((b"advertise", b"listen", b"urls"))


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_the_search_passes_over_what_is_not_in_use(tmp_path: Path) -> None:
    write(tmp_path, "etc/nginx/sites-available/a", "server {\n listen 8081;\n}\n")
    write(tmp_path, "etc/nginx/sites-available/b", "server {\n listen 8082;\n}\n")
    write(tmp_path, "etc/redis/redis.conf", "port 8083\n")
    write(tmp_path, "etc/redis/redis.conf.dpkg-old", "port 8084\n")
    write(tmp_path, "etc/ssh/ssh_config", "Port 8085\n")
    write(tmp_path, "etc/fail2ban/jail.conf", "port = 8086\n")
    write(tmp_path, "etc/a/b/c/d/e/f.conf", "port = 8087\n")
    write(tmp_path, "etc/large.conf", "port = 8088\n" + "#" * 600_000)
    (tmp_path / "etc/nginx/sites-enabled").mkdir()
    (tmp_path / "etc/nginx/sites-enabled/a").symlink_to("../sites-available/a")
    os.mkfifo(tmp_path / "etc/waits.conf")
    found = configuration.read(root=str(tmp_path))
    assert sorted((one.path, one.first) for one in found) == [
        ("/etc/nginx/sites-enabled/a", 8081),
        ("/etc/redis/redis.conf", 8083),
    ]


@pytest.mark.parametrize("port", [8081, 8083, 808, 80811])
def test_one_port_is_told_as_it_is_among_all(tmp_path: Path, port: int) -> None:
    write(tmp_path, "etc/nginx/nginx.conf", "server {\n listen 8081; # 808\n}\n")
    write(tmp_path, "etc/redis/redis.conf", "# port 808\nport 8083\nbind ::1\n")
    everything = configuration.read(root=str(tmp_path))
    assert len(everything) == 2
    assert configuration.read(port=port % 65536, root=str(tmp_path)) == tuple(
        one for one in everything if one.first == port
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's rights")
def test_what_may_not_be_read_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "etc/redis/redis.conf", "port 8083\n")
    write(tmp_path, "etc/open.conf", "port 8084\n")
    (tmp_path / "etc/redis/redis.conf").chmod(0o600)
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    os.seteuid(65534)
    try:
        found = configuration.read(root=str(tmp_path))
    finally:
        os.seteuid(0)
    assert [one.first for one in found] == [8084]


def test_the_package_of_a_configuration_file(tmp_path: Path) -> None:
    write(tmp_path, "var/lib/dpkg/info/redis-server.conffiles", "/etc/default/redis-server\n/etc/redis/redis.conf\n")
    write(tmp_path, "var/lib/dpkg/info/other:amd64.conffiles", "remove-on-upgrade /etc/old.conf\n/etc/new.conf\n")
    write(tmp_path, "var/lib/ucf/registry", "grafana \t/etc/grafana/grafana.ini\nbad\n")
    wanted = {"/etc/redis/redis.conf", "/etc/new.conf", "/etc/grafana/grafana.ini", "/etc/nobody.conf", "/etc/old.conf"}
    assert conffiles.find(wanted, root=str(tmp_path)) == {
        "/etc/redis/redis.conf": "redis-server",
        "/etc/new.conf": "other",
        "/etc/old.conf": "other",
        "/etc/grafana/grafana.ini": "grafana",
    }
    assert conffiles.find([], root=str(tmp_path)) == {}


PIECES = [
    *b"port Listen bind [ ] { } < > </ = : \" ' # ; /* */ - -- 80 127.0.0.1 [::1]:80 server $ address".split(),
    *(b"\n", b"\n  ", b" ", b"\0", b"\xff"),
]
WORDS = st.sampled_from(PIECES)


@given(st.one_of(st.binary(max_size=300), st.lists(WORDS, max_size=60).map(b"".join)), st.sampled_from([None, 80]))
def test_any_bytes_are_read(data: bytes, port: int | None) -> None:
    for path in (
        "/etc/a.conf",
        "/etc/default/a",
        "/etc/postfix/master.cf",
        "/etc/memcached.conf",
        "/etc/caddy/Caddyfile",
    ):
        for one in parse(data, path=path, port=port):
            assert 0 < one.port < 65536
            assert port in (None, one.port)
            assert 0 < one.line <= data.count(b"\n") + 1
            assert len(one.text) < 1000
        statements_of(data, arguments=True)


@given(st.binary(max_size=200))
def test_any_bytes_are_lists_of_conffiles(data: bytes) -> None:
    assert all(path.startswith(b"/") for path in conffiles.parse(data))
    assert all(path.startswith(b"/") for path in conffiles.parse_registry(data))
