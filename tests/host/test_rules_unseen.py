"""What is not seen of rules: without rights, without netlink, and where asking would load a module."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.children import as_nobody
from tests.host.firewalls import room_with_nftables
from tests.host.network import Room, deny_netlink
from whoseport.host.linux.rules import Rules, nf_tables_there, read_rules
from whoseport.model import Unseen


@pytest.fixture
def place() -> Iterator[Room]:
    yield from room_with_nftables()


AS_NOBODY = """
from whoseport.host.linux.rules import read_rules
told = read_rules(port=971)
unseen = [[*one.fields().values()] for one in told.unseen]
ready(redirects=len(told.redirects), mentions=len(told.mentions), unseen=unseen)
"""


def test_without_rights_it_says_so_once() -> None:
    told = as_nobody(AS_NOBODY)
    assert (told["redirects"], told["mentions"]) == (0, 0)
    assert told["unseen"] in (
        [["rules", "not-permitted", "nftables"]],
        [["rules", "not-permitted", "iptables"]],
        [],  # neither is there
    )
    if nf_tables_there(proc="/proc", sys="/sys", modules="/lib/modules") == "yes":
        assert told["unseen"] == [["rules", "not-permitted", "nftables"]]


def denied(number: int) -> Rules:
    deny_netlink(number)
    return read_rules(port=80)


@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES])
def test_denied_netlink_is_unseen(place: Room, number: int) -> None:
    assert place.call(denied, number).unseen == (Unseen(missing="rules", reason="not-permitted", subject="nftables"),)


def test_a_kernel_without_it_has_no_rules(place: Room) -> None:
    assert place.call(denied, errno.EPROTONOSUPPORT) == Rules(redirects=(), mentions=(), unseen=())


NETLINK = b"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"


@pytest.mark.parametrize(
    ("modules", "protocols", "loaded", "built_in", "expected"),
    [
        (False, (), (), None, "yes"),
        (True, (0, 12), ("nfnetlink", "nf_tables"), None, "yes"),
        (True, (0, 12), ("nfnetlink",), ("net/netfilter/nf_tables.ko",), "yes"),
        (True, (0, 12), (), ("net/netfilter/nf_tables.ko", "net/netfilter/nfnetlink.ko"), "yes"),
        (True, (0, 12), ("nfnetlink",), ("net/core/other.ko",), "no"),
        (True, (0, 12), ("nfnetlink",), None, "unknown"),
        (True, (0, 4), (), None, "no"),
        (True, None, (), None, "unknown"),
    ],
)
def test_nothing_is_loaded_to_be_asked(
    tmp_path: Path,
    modules: bool,
    protocols: tuple[int, ...] | None,
    loaded: tuple[str, ...],
    built_in: tuple[str, ...] | None,
    expected: str,
) -> None:
    proc, sys, lib = (tmp_path / name for name in ("proc", "sys", "modules"))
    (proc / "thread-self/net").mkdir(parents=True)
    if modules:
        (proc / "modules").touch()
    if protocols is not None:
        lines = [b"0000000000000000 %-3d 0          00000000 0\n" % number for number in protocols]
        (proc / "thread-self/net/netlink").write_bytes(NETLINK + b"".join(lines))
    for name in loaded:
        (sys / "module" / name).mkdir(parents=True)
    if built_in is not None:
        folder = lib / os.uname().release
        folder.mkdir(parents=True)
        (folder / "modules.builtin").write_text("".join(f"kernel/{name}\n" for name in built_in))
    assert nf_tables_there(proc=str(proc), sys=str(sys), modules=str(lib)) == expected
    told = read_rules(port=80, proc=str(proc), sys=str(sys), modules=str(lib))
    if expected == "no":
        assert told.unseen == ()
    if expected == "unknown":
        assert told.unseen == (Unseen(missing="rules", reason="not-supported", subject="nftables"),)


def test_tables_that_may_not_be_listed_are_unseen(tmp_path: Path) -> None:
    net = tmp_path / "thread-self/net"
    net.mkdir(parents=True)
    (tmp_path / "modules").touch()
    (net / "netlink").write_bytes(NETLINK)
    (net / "ip_tables_names").mkdir()  # reading it fails, for root as well
    (net / "ip6_tables_names").mkdir()
    told = read_rules(port=80, proc=str(tmp_path), sys=str(tmp_path), modules=str(tmp_path))
    assert told.unseen == (Unseen(missing="rules", reason="unreadable", subject="iptables"),)
