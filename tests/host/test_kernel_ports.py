"""Ports that the kernel itself serves: real tunnels, and files and messages of what this kernel may lack."""

from __future__ import annotations

import socket
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.network import room
from whoseport.host import for_port, look
from whoseport.host.linux.kernel_ports import of_links, of_portlist, read_kernel_ports
from whoseport.host.linux.netlink import NETLINK_GENERIC, Client, attribute
from whoseport.host.linux.wireguard import family_in, port_in
from whoseport.model import Inspection, KernelPort


def run(*commands: str) -> str:
    for command in commands:
        done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stderr or command
    return ""


def read(port: int | None) -> tuple[KernelPort, ...]:
    return read_kernel_ports(port=port)


def looked(port: int) -> Inspection:
    return for_port(look(port), port)


@pytest.mark.namespaces
def test_a_real_vxlan() -> None:
    with room() as place:
        assert place.call(read, None) == ()
        refused = place.call(
            run,
            "ip link add vx0 type vxlan id 42 dstport 4789 local 127.0.0.1",
            "ip link set vx0 up",
            "ip link add vx1 type vxlan id 43 dstport 8472 local 127.0.0.1",
        )
        if "Unknown device type" in refused or "not supported" in refused:
            pytest.skip("this kernel has no vxlan")
        assert refused == ""
        one = KernelPort(transport="udp", port=4789, subsystem="vxlan", name="vx0", source="rtnetlink")
        assert place.call(read, 4789) == (one,)
        assert place.call(read, 4790) == ()
        assert {(two.name, two.port) for two in place.call(read, None)} == {("vx0", 4789), ("vx1", 8472)}
        found = place.call(looked, 4789)
        assert found.kernel_ports == (one,)
        assert [listener.transport for listener in found.listeners] == ["udp"]
        assert found.views is not None
        assert [view.sockets for view in found.views if view.transport == "udp"] == [(found.listeners[0].inode,)]


@pytest.mark.parametrize(("kind", "attribute"), [("vxlan", 15), ("geneve", 5), ("bareudp", 1)])
def test_ports_of_tunnels_are_big_endian(kind: str, attribute: int) -> None:
    (one,) = of_links([("tun7", kind, {attribute: b"\x12\xb5"})])
    assert (one.transport, one.port, one.subsystem, one.name) == ("udp", 4789, kind, "tun7")
    assert (
        list(of_links([("tun7", kind, {attribute: b"\0\0"}), ("tun8", kind, {}), ("tun9", "bond", {1: b"ab"})])) == []
    )


def test_files_of_servers_in_the_kernel(tmp_path: Path) -> None:
    proc, config = tmp_path / "proc", tmp_path / "config"
    (proc / "fs/nfsd").mkdir(parents=True)
    (proc / "fs/nfsd/portlist").write_text("rdma 20049\ntcp 2049\nudp 2049\n")
    (proc / "sys/fs/nfs").mkdir(parents=True)
    (proc / "sys/fs/nfs/nlm_tcpport").write_text("32803\n")
    (proc / "sys/fs/nfs/nlm_udpport").write_text("0\n")
    portals = config / "target/iscsi/iqn.2026-01.example:disk/tpgt_1/np"
    (portals / "0.0.0.0:3260").mkdir(parents=True)
    (portals / "[::1]:3261").mkdir()
    for number, kind, service in (("1", "tcp", "4420"), ("2", "fc", "4421")):
        folder = config / "nvmet/ports" / number
        folder.mkdir(parents=True)
        (folder / "addr_trtype").write_text(kind + "\n")
        (folder / "addr_trsvcid").write_text(service + "\n")
    told = read_kernel_ports(port=None, proc=str(proc), config=str(config))
    assert {(one.transport, one.port, one.subsystem, one.name) for one in told if one.source != "rtnetlink"} == {
        ("tcp", 2049, "nfsd", None),
        ("udp", 2049, "nfsd", None),
        ("tcp", 32803, "lockd", None),
        ("tcp", 3260, "iscsi-target", "iqn.2026-01.example:disk"),
        ("tcp", 3261, "iscsi-target", "iqn.2026-01.example:disk"),
        ("tcp", 4420, "nvmet", "1"),
    }
    (one,) = read_kernel_ports(port=4420, proc=str(proc), config=str(config))
    assert one.source.endswith("nvmet/ports/1/addr_trsvcid")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_portlist(text: bytes) -> None:
    assert all(0 < one.port <= 65535 for one in of_portlist(text, source="portlist"))


# --- generic netlink; no WireGuard is needed to ask for a family, and its answer is composed here ---


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="only Linux has netlink")
def test_a_real_family_has_a_number() -> None:
    with Client(NETLINK_GENERIC) as client:
        answer = client.ask(0x10, bytes((3, 1, 0, 0)) + attribute(2, b"nlctrl\0"))
    assert family_in(answer) == 0x10  # GENL_ID_CTRL


def packed(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * ((4 - len(value) % 4) % 4)


def test_the_port_of_a_wireguard_interface() -> None:
    """As wg_get_device_dump of drivers/net/wireguard/netlink.c writes it: the port comes first, of the device alone."""
    device = (
        packed(6, struct.pack("=H", 51820))  # WGDEVICE_A_LISTEN_PORT
        + packed(7, struct.pack("=I", 0))  # WGDEVICE_A_FWMARK
        + packed(1, struct.pack("=I", 12))  # WGDEVICE_A_IFINDEX
        + packed(2, b"wg0\0")  # WGDEVICE_A_IFNAME
        + packed(8 | 0x8000, packed(0x8000, packed(1, bytes(32))))  # WGDEVICE_A_PEERS
    )
    first = (31, struct.pack("=BBH", 0, 1, 0) + device)
    more = (31, struct.pack("=BBH", 0, 1, 0) + packed(8 | 0x8000, b""))
    assert port_in([first, more], 31) == 51820
    assert port_in([more], 31) is None
    assert port_in([first], 30) is None
