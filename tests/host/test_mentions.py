"""What files of this machine say of ports: services, unit files, inetd, firewalld, ufw, and all of them in a look."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import etc_services, firewalld, inetd, mentions, socket_units, ufw
from whoseport.host.linux.look import look
from whoseport.host.linux.named_ports import address_and_port, address_of, port_number, port_range
from whoseport.host.linux.unit_files import drop_in_folders, parse
from whoseport.model import Mention


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def link(root: Path, path: str, target: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to(target)


# --- /etc/services ---------------------------------------------------------------------------------------------------


def test_services_of_a_port() -> None:
    data = (
        b"ftp\t21/tcp\nssh 22/tcp # Secure\nssh\t\t22/udp\n#old 22/tcp\nx 22/ddp\nbad 022/tcp\nnone\na 122/tcp 22/tcp\n"
    )
    found = etc_services.parse(data, port=22)
    assert [(one.line, one.transport, one.name, one.text) for one in found] == [
        (2, "tcp", "ssh", "ssh 22/tcp # Secure"),
        (3, "udp", "ssh", "ssh\t\t22/udp"),
    ]
    assert [one.first for one in etc_services.parse(data)] == [21, 22, 22, 122]


def test_every_service_of_this_machine_is_read_as_the_system_reads_it() -> None:
    path = Path("/etc/services")
    if not path.exists():
        pytest.skip("no /etc/services here")
    found = etc_services.parse(path.read_bytes())
    assert found
    for one in found:
        assert one.name is not None
        assert one.transport is not None
        if one.transport in ("tcp", "udp"):
            names = {other.name for other in found if (other.first, other.transport) == (one.first, one.transport)}
            assert socket.getservbyport(one.first, one.transport) in names


def test_names_and_aliases_of_services() -> None:
    data = b"www 80/tcp http web # a\nhttp 8008/tcp\nntp 123/udp\n"
    assert etc_services.ports_of([b"http", b"web", b"ntp", b"none"], data) == {
        (b"http", "tcp"): 80,
        (b"web", "tcp"): 80,
        (b"ntp", "udp"): 123,
    }


# --- socket units ----------------------------------------------------------------------------------------------------

UNITS = "usr/lib/systemd/system"


def units(root: Path, port: int | None = None) -> list[tuple[str | None, int, str | None, str | None, str | None]]:
    found = socket_units.read(port=port, root=str(root))
    return [(one.transport, one.first, one.address, one.name, one.program) for one in found]


def test_every_form_of_an_address(tmp_path: Path) -> None:
    write(
        tmp_path,
        f"{UNITS}/a.socket",
        "[Unit]\nListenStream=1\n[Socket]\nListenStream=80\nListenStream = 127.0.0.1:81 \nListenDatagram=[::1]:82\n"
        "ListenStream=[fe80::1]:83%eth0\nListenStream=/run/a-84.sock\nListenStream=@a85\nListenStream=vsock:2:86\n"
        "ListenFIFO=/run/87\nListenNetlink=kobject-uevent 1\nListenStream=0\nListenStream=70000\nListenStream=host:88\n"
        "# ListenStream=89\n; ListenStream=90\nListenStream=\\\n# between\n  91\n",
    )
    assert units(tmp_path) == [
        ("tcp", 80, None, "a.socket", None),
        ("tcp", 81, "127.0.0.1", "a.socket", None),
        ("udp", 82, "::1", "a.socket", None),
        ("tcp", 83, "fe80::1", "a.socket", None),
        ("tcp", 91, None, "a.socket", None),
    ]
    (first, *_) = socket_units.read(port=81, root=str(tmp_path))
    assert (first.path, first.line, first.text) == (f"/{UNITS}/a.socket", 5, "ListenStream = 127.0.0.1:81")
    assert first.enabled is False


def test_a_protocol_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, f"{UNITS}/a.socket", "[Socket]\nListenSequentialPacket=80\nListenStream=81\nSocketProtocol=sctp\n")
    assert [one[:2] for one in units(tmp_path)] == [("sctp", 80), ("sctp", 81)]


def test_drop_ins_reset_and_add(tmp_path: Path) -> None:
    write(tmp_path, f"{UNITS}/ssh.socket", "[Socket]\nListenStream=22\nAccept=no\n")
    write(tmp_path, f"{UNITS}/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd -D\n")
    write(
        tmp_path, "run/systemd/generator/ssh.socket.d/addresses.conf", "[Socket]\nListenDatagram=\nListenStream=2222\n"
    )
    write(tmp_path, "etc/systemd/system/ssh.socket.d/zz.conf", "[Socket]\nListenStream=2223\n")
    write(tmp_path, "etc/systemd/system/ssh.service.d/a.conf", "[Service]\nExecStart=\nExecStart=-@/opt/sshd sshd -D\n")
    assert units(tmp_path) == [
        ("tcp", 2222, None, "ssh.socket", "/opt/sshd"),
        ("tcp", 2223, None, "ssh.socket", "/opt/sshd"),
    ]
    assert units(tmp_path, 22) == []
    (found,) = socket_units.read(port=2222, root=str(tmp_path))
    assert found.path == "/run/systemd/generator/ssh.socket.d/addresses.conf"


def test_a_drop_in_of_a_higher_folder_hides_one_of_its_name(tmp_path: Path) -> None:
    write(tmp_path, f"{UNITS}/a.socket", "[Socket]\nListenStream=80\n")
    write(tmp_path, f"{UNITS}/a.socket.d/x.conf", "[Socket]\nListenStream=81\n")
    write(tmp_path, f"{UNITS}/socket.d/y.conf", "[Socket]\nListenStream=82\n")
    link(tmp_path, "etc/systemd/system/a.socket.d/x.conf", "/dev/null")
    assert [one[1] for one in units(tmp_path)] == [80, 82]


def test_masks_and_places_of_units(tmp_path: Path) -> None:
    write(tmp_path, f"{UNITS}/masked.socket", "[Socket]\nListenStream=80\n")
    link(tmp_path, "etc/systemd/system/masked.socket", "/dev/null")
    write(tmp_path, f"{UNITS}/emptied.socket", "[Socket]\nListenStream=81\n")
    write(tmp_path, "run/systemd/system/emptied.socket", "")
    write(tmp_path, f"{UNITS}/changed.socket", "[Socket]\nListenStream=82\n")
    write(tmp_path, "etc/systemd/system/changed.socket", "[Socket]\nListenStream=83\n")
    write(tmp_path, "opt/linked.socket", "[Socket]\nListenStream=84\n")
    link(tmp_path, "etc/systemd/system/linked.socket", "/opt/linked.socket")
    link(tmp_path, "etc/systemd/system/alias.socket", f"/{UNITS}/changed.socket")
    link(tmp_path, "etc/systemd/system/loop.socket", "loop.socket")
    write(tmp_path, "lib/systemd/system/old.socket", "[Socket]\nListenStream=85\n")
    write(tmp_path, "etc/systemd/user/mine.socket", "[Socket]\nListenStream=86\n")
    assert [one[1] for one in units(tmp_path)] == [83, 84, 85, 86]


def test_a_merged_system_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, f"{UNITS}/a.socket", "[Socket]\nListenStream=80\n")
    link(tmp_path, "lib", "usr/lib")
    (found,) = socket_units.read(root=str(tmp_path))
    assert found.path == f"/{UNITS}/a.socket"


def test_what_is_wanted_is_enabled(tmp_path: Path) -> None:
    write(tmp_path, f"{UNITS}/a.socket", "[Socket]\nListenStream=80\n")
    assert [one.enabled for one in socket_units.read(root=str(tmp_path))] == [False]
    link(tmp_path, "etc/systemd/system/sockets.target.wants/a.socket", f"/{UNITS}/a.socket")
    assert [one.enabled for one in socket_units.read(root=str(tmp_path))] == [True]


def test_templates_need_instances(tmp_path: Path) -> None:
    write(tmp_path, f"{UNITS}/web@.socket", "[Socket]\nListenStream=127.0.0.1:%i\nListenStream=%t/x:80\nAccept=yes\n")
    write(tmp_path, f"{UNITS}/fixed@.socket", "[Socket]\nListenStream=81\n")
    write(tmp_path, f"{UNITS}/web@.service", "[Service]\nExecStart=/usr/bin/web %i\n")
    assert units(tmp_path) == []
    link(tmp_path, "etc/systemd/system/sockets.target.wants/web@8080.socket", f"/{UNITS}/web@.socket")
    assert units(tmp_path) == [("tcp", 8080, "127.0.0.1", "web@8080.socket", "/usr/bin/web")]
    assert units(tmp_path, 8080) == units(tmp_path)


def test_the_service_that_a_socket_names(tmp_path: Path) -> None:
    write(tmp_path, f"{UNITS}/a.socket", "[Socket]\nListenStream=80\nService=b.service\n")
    write(tmp_path, f"{UNITS}/a.service", "[Service]\nExecStart=/wrong\n")
    write(tmp_path, f"{UNITS}/b.service", '[Service]\nExecStart=!!"/usr/bin/b" x\n')
    assert units(tmp_path) == [("tcp", 80, None, "a.socket", "/usr/bin/b")]


@pytest.mark.parametrize(
    ("command", "program"),
    [
        (b"/usr/sbin/sshd -D", "/usr/sbin/sshd"),
        (b"!!@/usr/sbin/sshd sshd -D", "/usr/sbin/sshd"),
        (b"/bin/sh -c '/usr/sbin/ejabberdctl foreground'", "/usr/sbin/ejabberdctl"),
        (b"/bin/sh /usr/libexec/tomcat10/tomcat-start.sh", "/usr/libexec/tomcat10/tomcat-start.sh"),
        (b'/bin/sh -c "GOMAXPROCS=$(nproc) /usr/bin/etcd $DAEMON_ARGS"', "/usr/bin/etcd"),
        (b'/bin/sh -c "set -f; [ -e /x ] && A= || A=`/x`; [ $? -eq 0 ] && exec /sbin/mariadbd $B"', "/sbin/mariadbd"),
        (b"/usr/bin/env A=b python3 /srv/a.py", "python3"),
        (b"-/bin/bash -i", "/bin/bash"),
        (b"/bin/sh", "/bin/sh"),
        (b"/bin/sh -c 'exec /bin/sh -i'", "/bin/sh"),
        (b"/bin/sh -c", "/bin/sh"),
        (b"", None),
    ],
)  # fmt: skip
def test_the_program_behind_wrappers(command: bytes, program: str | None) -> None:
    assert socket_units.program_of(command) == program


def test_folders_of_drop_ins() -> None:
    assert drop_in_folders("a-b-c@x.socket") == [
        "a-b-c@x.socket.d",
        "a-b-c@.socket.d",
        "a-b-.socket.d",
        "a-.socket.d",
        "socket.d",
    ]


# --- inetd -----------------------------------------------------------------------------------------------------------


def test_inetd(tmp_path: Path) -> None:
    write(
        tmp_path,
        "etc/inetd.conf",
        "#ftp stream tcp nowait root /usr/sbin/tcpd in.ftpd\n"
        "daytime stream tcp6 nowait root internal\n"
        "127.0.0.1:8021 stream tcp nowait root /usr/sbin/ftpd ftpd -l\n"
        "192.0.2.1:\n"
        "ntalk dgram udp,rcvbuf=1m wait root /usr/sbin/ntalkd ntalkd\n"
        "mount/1-3 dgram rpc/udp wait root /x x\nunknown stream tcp nowait root /y\nshort stream tcp\n",
    )
    services = b"daytime 13/tcp\nntalk 518/udp\n"
    found = inetd.read(services=services, root=str(tmp_path))
    assert [(one.line, one.transport, one.first, one.address, one.program) for one in found] == [
        (2, "tcp", 13, None, "internal"),
        (3, "tcp", 8021, "127.0.0.1", "/usr/sbin/ftpd"),
        (5, "udp", 518, "192.0.2.1", "/usr/sbin/ntalkd"),
    ]
    assert inetd.read(port=518, services=services, root=str(tmp_path)) == found[2:]


def test_xinetd(tmp_path: Path) -> None:
    write(tmp_path, "etc/xinetd.conf", "defaults\n{\n disabled = off\n}\nincludedir /etc/xinetd.d\n")
    block = "service {}\n{{\n\tdisable = {}\n\tsocket_type = {}\n\tserver = /usr/sbin/{}\n\t{}\n}}\n"
    write(
        tmp_path, "etc/xinetd.d/tftp", "# comment\n" + block.format("tftp", "no", "dgram", "tftpd", "bind = 127.0.0.1")
    )
    write(tmp_path, "etc/xinetd.d/own", block.format("own", "no", "stream", "own", "type = UNLISTED\n port = 7000"))
    write(tmp_path, "etc/xinetd.d/no", block.format("no", "yes", "stream", "no", "port = 7001"))
    write(tmp_path, "etc/xinetd.d/off", block.format("off", "no", "stream", "off", "port = 7002"))
    write(tmp_path, "etc/xinetd.d/rpc", block.format("rpc", "no", "stream", "rpc", "type = RPC\n port = 7003"))
    write(tmp_path, "etc/xinetd.d/own.bak", block.format("bak", "no", "stream", "bak", "port = 7004"))
    found = inetd.read(services=b"tftp 69/udp\n", root=str(tmp_path))
    assert [(one.name, one.line, one.transport, one.first, one.address, one.program) for one in found] == [
        ("own", 1, "tcp", 7000, None, "/usr/sbin/own"),
        ("tftp", 2, "udp", 69, "127.0.0.1", "/usr/sbin/tftpd"),
    ]


# --- firewalls -------------------------------------------------------------------------------------------------------

PUBLIC = """<?xml version="1.0" encoding="utf-8"?>
<zone>
  <short>Public</short>
  <service name="ssh"/>
  <port port="8000-8010" protocol="tcp"/>
  <!-- <port port="8100" protocol="tcp"/> -->
  <forward-port port="80" protocol="tcp" to-port="8080"/>
  <source-port port="8200" protocol="tcp"/>
  <rule family="ipv4">
    <source address="192.0.2.0/24"/>
    <port port="9100" protocol="udp"/>
    <accept/>
  </rule>
  <unknown><port port="8300" protocol="tcp"/></unknown>
</zone>
"""


def test_firewalld(tmp_path: Path) -> None:
    assert firewalld.read(root=str(tmp_path)) == ((), ())
    write(tmp_path, "etc/firewalld/firewalld.conf", "# DefaultZone=drop\nDefaultZone=public\n")
    write(tmp_path, "usr/lib/firewalld/zones/public.xml", PUBLIC)
    write(tmp_path, "usr/lib/firewalld/services/ssh.xml", '<service><port protocol="tcp" port="22"/></service>')
    write(tmp_path, "etc/firewalld/zones/work.xml", '<zone><port port="5000" protocol="tcp"/></zone>')
    inner = '<zone>\n<interface name="eth1"/>\n<service name="web"/></zone>'
    write(tmp_path, "etc/firewalld/zones/inner.xml", inner)
    web = '<service><include service="ssh"/><include service="web"/><port protocol="tcp" port="443"/></service>'
    write(tmp_path, "etc/firewalld/services/web.xml", web)
    rule = '<rule ipv="ipv4" table="filter" chain="INPUT">-p tcp -m multiport --dports 81,82 -j ACCEPT</rule>'
    rule = f"<direct>\n{rule}</direct>"
    write(tmp_path, "etc/firewalld/direct.xml", rule)
    policy = '<policy><ingress-zone name="{}"/><egress-zone name="HOST"/><port port="{}" protocol="tcp"/></policy>'
    write(tmp_path, "etc/firewalld/policies/a.xml", policy.format("public", 7000))
    write(tmp_path, "etc/firewalld/policies/b.xml", policy.format("work", 7001))
    found, unseen = firewalld.read(root=str(tmp_path))
    assert not unseen
    assert {(one.name, one.line, one.transport, one.first, one.last) for one in found} == {
        ("public", 4, "tcp", 22, 22),
        ("public", 5, "tcp", 8000, 8010),
        ("public", 7, "tcp", 80, 80),
        ("public", 11, "udp", 9100, 9100),
        ("inner", 3, "tcp", 22, 22),
        ("inner", 3, "tcp", 443, 443),
        ("a", 1, "tcp", 7000, 7000),
        (None, 2, "tcp", 81, 81),
        (None, 2, "tcp", 82, 82),
    }
    (ranged,) = firewalld.read(port=8005, root=str(tmp_path))[0]
    assert ranged.text == '<port port="8000-8010" protocol="tcp"/>'
    assert ranged.path == "/usr/lib/firewalld/zones/public.xml"
    assert ranged.enabled is None
    link(tmp_path, "etc/systemd/system/multi-user.target.wants/firewalld.service", "/x")
    assert {one.enabled for one in firewalld.read(root=str(tmp_path))[0]} == {True}


def test_a_document_type_is_not_read() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;&b;">]><zone><port port="1" protocol="tcp"/>&d;</zone>'
    assert firewalld.parse(bomb) == []
    assert [one.name for one in firewalld.parse(b"<zone><port/><broken</zone>")] == ["zone", "port"]


USER_RULES = """*filter
:ufw-user-input - [0:0]
### RULES ###

### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 22 -j ACCEPT

### tuple ### limit any 6000:6007 192.0.2.1 any 0.0.0.0/0 in_eth0 comment=6162
-A ufw-user-input -p tcp -m multiport --dports 6000:6007 -d 192.0.2.1 -j ACCEPT

### tuple ### allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 Nginx%20Full - in
-A ufw-user-input -p tcp -m multiport --dports 80,443 -j ACCEPT -m comment --comment 'dapp_Nginx%20Full'

### tuple ### deny udp any 0.0.0.0/0 any 192.0.2.9 in
-A ufw-user-input -p udp -s 192.0.2.9 -j DROP

### tuple ### reject tcp 25 0.0.0.0/0 any 0.0.0.0/0 out
-A ufw-user-output -p tcp --dport 25 -j REJECT
### END RULES ###
COMMIT
"""


def test_ufw(tmp_path: Path) -> None:
    assert ufw.read(root=str(tmp_path)) == ((), ())
    write(tmp_path, "etc/ufw/ufw.conf", "# x\nENABLED=yes\n")
    write(tmp_path, "etc/ufw/user.rules", USER_RULES)
    write(
        tmp_path,
        "etc/ufw/before.rules",
        "*nat\n-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-port 8080\n# -A x --dport 9\n",
    )
    found, unseen = ufw.read(root=str(tmp_path))
    assert not unseen
    assert [(one.line, one.transport, one.first, one.last, one.address, one.name, one.enabled) for one in found] == [
        (5, "tcp", 22, 22, None, None, True),
        (8, None, 6000, 6007, "192.0.2.1", None, True),
        (11, "tcp", 80, 80, None, "Nginx Full", True),
        (11, "tcp", 443, 443, None, "Nginx Full", True),
        (2, "tcp", 80, 80, None, "PREROUTING", True),
    ]
    assert [one.first for one in ufw.read(port=6003, root=str(tmp_path))[0]] == [6000]
    write(tmp_path, "etc/ufw/ufw.conf", "ENABLED=no\n")
    assert {one.enabled for one in ufw.read(root=str(tmp_path))[0]} == {False}


def test_negated_ports_are_not_matched() -> None:
    words = b"-A INPUT -p tcp ! --dport 22 -j DROP".split()
    assert ufw.destination_ports(words) == []


# --- together --------------------------------------------------------------------------------------------------------


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    write(tmp_path, "etc/services", "www 8088/tcp\n")
    write(tmp_path, f"{UNITS}/web.socket", "[Socket]\nListenStream=8088\n")
    write(tmp_path, "etc/inetd.conf", "www stream tcp nowait root /usr/sbin/webd\n")
    write(tmp_path, "etc/web/web.conf", "port 8088\nport 8089\n")
    write(tmp_path, "etc/ufw/user.rules", "### tuple ### allow tcp 8000:8090 0.0.0.0/0 any 0.0.0.0/0 in\n")
    write(tmp_path, "etc/firewalld/zones/public.xml", '<zone><port port="8088" protocol="tcp"/></zone>')
    write(tmp_path, "var/lib/dpkg/info/web.conffiles", "/etc/web/web.conf\n")
    write(tmp_path, "var/lib/dpkg/info/web.list", f"/.\n/{UNITS}/web.socket\n")
    return tmp_path


def test_all_kinds_together(machine: Path) -> None:
    found, unseen = mentions.read(port=8088, root=str(machine))
    assert not unseen
    assert [(one.kind, one.package) for one in found] == [
        ("etc-services", None),
        ("socket-unit", "web"),
        ("inetd", None),
        ("configuration", "web"),
        ("firewalld", None),
        ("ufw", None),
    ]


def test_a_link_has_the_package_of_what_it_leads_to(tmp_path: Path) -> None:
    write(tmp_path, "etc/nginx/sites-available/default", "server {\n listen 8081;\n}\n")
    link(tmp_path, "etc/nginx/sites-enabled/default", "/etc/nginx/sites-available/default")
    link(tmp_path, "etc/nginx/sites-enabled/other", "../sites-available/default")
    write(tmp_path, "var/lib/dpkg/info/nginx-common.conffiles", "/etc/nginx/sites-available/default\n")
    found, _ = mentions.read(port=8081, root=str(tmp_path))
    assert {(one.path, one.package) for one in found} == {("/etc/nginx/sites-enabled/other", "nginx-common")}


def test_one_port_is_told_as_among_all(machine: Path) -> None:
    everything, _ = mentions.read(port=None, root=str(machine))
    assert len(everything) == 7
    for port in (8088, 8089, 8050, 1):
        one_port, _ = mentions.read(port=port, root=str(machine))
        assert one_port == tuple(one for one in everything if one.first <= port <= one.last)


def _files(found: tuple[Mention, ...] | None) -> set[Mention]:
    return {one for one in found or () if one.kind not in ("nftables", "iptables")}


def test_a_look_tells_them(machine: Path) -> None:
    one_port = look(8088, root=str(machine))
    assert _files(one_port.mentions) == set(mentions.read(port=8088, root=str(machine))[0])
    assert look(root=str(machine)).mentions is None
    saved = look(everything=True, root=str(machine))
    assert _files(saved.mentions) == set(mentions.read(port=None, root=str(machine))[0])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's rights")
def test_rules_that_may_not_be_read_are_unseen(machine: Path) -> None:
    (machine / "etc/ufw/user.rules").chmod(0o600)
    (machine / "etc/firewalld/zones/public.xml").chmod(0o600)
    for folder in (machine, *machine.parents):
        if not folder.stat().st_mode & 0o001 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    os.seteuid(65534)
    try:
        found, unseen = mentions.read(port=8088, root=str(machine))
        looked = look(8088, root=str(machine))
    finally:
        os.seteuid(0)
    assert {one.kind for one in found} == {"etc-services", "socket-unit", "inetd", "configuration"}
    assert {(one.missing, one.reason, one.subject) for one in unseen} == {
        ("rules", "not-permitted", "path:/etc/ufw/user.rules"),
        ("rules", "not-permitted", "path:/etc/firewalld/zones/public.xml"),
    }
    assert set(unseen) <= set(looked.unseen)


# --- any bytes -------------------------------------------------------------------------------------------------------

PIECES = [
    *b"[Socket] ListenStream= 80 \\ %i = } 22/tcp : -A --dport - any 0.0.0.0/0 in <zone> \xff \0".split(),
    *(b"\n", b" ", b"\\\n", b"service x\n{\n", b"port = 80", b"stream tcp nowait root /x", b"### tuple ### allow"),
    *(b"<port port='1'", b" protocol='tcp'/>", b"<?xml version='1.0' encoding='x'?>"),
]
BYTES = st.one_of(
    st.binary(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join),
)


@given(BYTES, st.sampled_from([None, 80]))
def test_any_bytes_are_read(data: bytes, port: int | None) -> None:
    for found in (etc_services.parse(data, port=port), ufw.parse_tuples(data), ufw.parse_rules(data)):
        assert all(0 < one.first <= one.last < 65536 and len(one.text) < 1000 for one in found)
    lines = parse(data, path="/x")
    for line in socket_units.listening(lines, "a@80.socket"):
        where = socket_units.address_and_port(line.value)
        assert where is None or 0 < where[1] < 65536
    assert socket_units.service_of(lines, "a@80.socket")
    socket_units.program_of(data)
    for one in (*inetd.parse_inetd(data), *inetd.xinetd_services(inetd.parse_blocks(data))):
        assert one.number is None or 0 < one.number < 65536
    assert all(element.line > 0 for element in firewalld.parse(data))
    firewalld.default_zone(data)
    ufw.is_enabled(data)


@given(st.binary(max_size=60))
def test_any_word_is_a_port_or_none(word: bytes) -> None:
    number = port_number(word)
    assert number is None or (0 < number < 65536 and b"%d" % number == word)
    ports = port_range(word)
    assert ports is None or 0 < ports[0] <= ports[1] < 65536
    place = address_and_port(word)
    assert place is None or (0 < place[1] < 65536 and (place[0] is None or len(place[0]) < 256))
    address = address_of(word)
    assert address is None or address.isascii()
