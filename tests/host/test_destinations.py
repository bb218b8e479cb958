"""Addresses of containers, found in namespaces of the tests' own and in hostile files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.host.children import PREAMBLE, child
from tests.host.network import need_namespaces, room
from tests.host.test_cgroups import own_cgroup
from whoseport.host import look
from whoseport.host.linux.destinations import container_at, has_address, ipv4_addresses, ipv6_addresses
from whoseport.host.linux.namespaces import Namespace
from whoseport.host.linux.privileges import effective_capabilities
from whoseport.model import Container

if sys.platform != "linux":
    pytest.skip("network namespaces are Linux's", allow_module_level=True)

BOX = Container(id="f" * 64, name="web", image="nginx:1.27", runtime="docker")


@pytest.mark.namespaces
def test_a_namespace_has_its_own_addresses_and_no_others() -> None:
    need_namespaces()
    with room() as place:
        folder = f"/proc/{place.pid}/net"
        for address in ("127.0.0.1", "10.9.8.7", "::1", "2001:db8::7"):
            assert has_address(address, folder=folder) is True
        for address in ("10.9.8.6", "10.9.8.0", "0.0.0.0", "2001:db8::8", "::"):
            assert has_address(address, folder=folder) is False
        for name in ("localhost", "svc/web", "", "1:2", "10.9.8.7\0"):
            assert has_address(name, folder=folder) is None
    assert has_address("127.0.0.1", folder="/proc/0/net") is None


@pytest.mark.namespaces
def test_an_address_of_two_namespaces_names_no_container() -> None:
    need_namespaces()

    def boxed(paths: tuple[str, ...]) -> Container | None:
        boxed.asked += 1  # type: ignore[attr-defined]
        return BOX.replace(id=str(boxed.asked))  # type: ignore[attr-defined]

    boxed.asked = 0  # type: ignore[attr-defined]
    with room() as one, room() as two:
        first, second = (Namespace(inode=place.inode, name=None, mount=None, pids=(place.pid,)) for place in (one, two))
        assert container_at("10.9.8.7", [first], boxed) == BOX.replace(id="1")
        assert container_at("10.9.8.7", [first, second], boxed) is None
        assert container_at("10.9.8.9", [first, second], boxed) is None
        assert container_at("10.9.8.7", [first], lambda _paths: None) is None
        gone = first.replace(pids=(2**30, *first.pids))
        assert container_at("10.9.8.7", [gone], boxed) is not None


@pytest.mark.namespaces
def test_a_docker_proxy_leads_into_its_container(tmp_path: Path) -> None:
    need_namespaces()
    shell = Path("/bin/sh").resolve()
    proxy = tmp_path / "docker-proxy"
    proxy.symlink_to(shell)
    # a shell by the name of the proxy, with its words after a script that waits for the life line to be closed
    script = tmp_path / "-proto"
    script.write_text("cat\n")
    identifier = os.urandom(32).hex()
    code = """
made = listen()
port = str(made.getsockname()[1])
made.set_inheritable(True)
words = ["-proto", "tcp", "-host-ip", "127.0.0.1", "-host-port", port]
words += ["-container-ip", "10.9.8.7", "-container-port", "80"]
os.chdir(sys.argv[1])
ready(inodes=[inode(made)], ports=[int(port)])
os.execv(sys.argv[1] + "/docker-proxy", ["docker-proxy", "--", *words])
"""
    with own_cgroup(f"docker-{identifier}.scope") as (_path, folder), room() as place:
        (folder / "cgroup.procs").write_text(str(place.pid))
        with child(code, tmp_path) as told:
            comm = Path(f"/proc/{told['pid']}/comm")
            while comm.read_text() != "docker-proxy\n":
                os.sched_yield()
            port = told["ports"][0]
            (one,) = [one for one in look(port).listeners if one.inode == told["inodes"][0]]
            assert one.forwards_to is not None
            assert (one.forwards_to.address, one.forwards_to.port) == ("10.9.8.7", 80)
            assert one.forwards_to.container is not None
            assert one.forwards_to.container.id == identifier
        (folder.parent.parent / "cgroup.procs").write_text(str(place.pid))


@given(st.binary(max_size=300))
def test_any_file_is_survived(content: bytes) -> None:
    assert all(len(address) == 4 for address in ipv4_addresses(content))
    assert all(len(address) == 16 for address in ipv6_addresses(content))
    assert isinstance(effective_capabilities(content), tuple)
    assert isinstance(effective_capabilities(b"CapEff:" + content), tuple)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=8))
def test_only_local_addresses_count(numbers: list[int]) -> None:
    lines = []
    for number in numbers:
        text = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0)).encode()
        kind = b"LOCAL" if number % 2 else b"BROADCAST"
        lines.append(b"  |-- %s\n     /32 host %s\n" % (text, kind))
    assert ipv4_addresses(b"".join(lines)) == {number.to_bytes(4, "big") for number in numbers if number % 2}


def test_capabilities_by_their_bits() -> None:
    assert effective_capabilities(b"CapEff:\t000000c000000406\n") == (
        "CAP_DAC_OVERRIDE",
        "CAP_DAC_READ_SEARCH",
        "CAP_NET_BIND_SERVICE",
        "CAP_PERFMON",
        "CAP_BPF",
    )
    assert effective_capabilities(b"CapEff:\tzz\n") == ()
    assert effective_capabilities(b"") == ()
    mine = subprocess.run(
        [sys.executable, "-I", "-c", PREAMBLE + "print(open('/proc/self/status').read())"],
        capture_output=True,
        check=True,
    )
    assert bool(effective_capabilities(mine.stdout)) is (os.geteuid() == 0)
