"""The whole program among thousands of sockets: all are shown with all owners, and nothing is invented."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.program import ENTRY
from tests.host.children import (
    HOLDERS,
    LISTENER,
    NOBODY,
    PREAMBLE,
    child,
    churn,
    owners_by_lsof,
    owners_by_ss,
    start,
)
from tests.host.network import need_namespaces, room, ss

if sys.platform != "linux":
    pytest.skip("opens its sockets in Linux's network namespaces", allow_module_level=True)

LISTENERS = 10_000

MASS = """
made = []
for number in range(int(sys.argv[1])):
    one = socket.socket(socket.AF_INET6 if number % 2 else socket.AF_INET)
    one.bind(("::1" if number % 2 else "127.0.0.1", 0))
    one.listen()
    made.append(one)
ready(inodes={inode(one): one.getsockname()[1] for one in made})
wait()
"""
"""Argument: how many listeners this one process holds."""

THRONG = """
import random
chance = random.Random(sys.argv[1])
used = {}
made = []
for _ in range(int(sys.argv[2])):
    family = chance.choice((socket.AF_INET, socket.AF_INET6))
    kind = chance.choice((socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM))
    one = socket.socket(family, kind)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, chance.choice((0, 1)))
    address = chance.choice(("0.0.0.0", "127.0.0.1", "127.3.2.1") if family == socket.AF_INET else ("::", "::1"))
    shared = used.setdefault((family, kind), [0])
    one.bind((address, chance.choice((0, 0, chance.choice(shared)))))
    shared.append(one.getsockname()[1])
    if kind == socket.SOCK_STREAM:
        one.listen()
    made.append(one)
reading, writing = os.pipe()
nobodies = []
for number in range(6):
    pid = os.fork()
    if pid == 0:
        own = random.Random(f"{sys.argv[1]} {number}")
        for one in made:
            if own.random() < 0.6:
                one.close()
        if number % 2:
            become_nobody()
        os.close(writing)
        wait()
    if number % 2:
        nobodies.append(pid)
os.close(writing)
os.read(reading, 1)  # the end of the file: each child has closed what it will
for one in made:
    if chance.random() < 0.3:
        one.close()
ready(nobodies=nobodies)
wait()
"""
"""Arguments: a seed, how many sockets. Seven processes hold each a part of them, three of these as nobody; what none
of them holds is closed."""

AS_NOBODY = """
sys.path[:0] = [sys.argv.pop(1)]
# the sources may lie where that user cannot go: so they are loaded before the rights are dropped
import importlib, pkgutil, whoseport
for module in pkgutil.walk_packages(whoseport.__path__, "whoseport."):
    if not module.name.endswith((".psutil_backend", ".psutil_processes")):
        importlib.import_module(module.name)
become_nobody()
os.chdir("/")
from whoseport.cli import main
sys.exit(main())
"""
SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "src")


def program(*arguments: str, nobody: bool = False) -> str:
    """What `whoseport ARGUMENTS` writes, run to its end as this user or as nobody, in the caller's namespaces."""
    command = [sys.executable, "-c", ENTRY]
    if nobody:
        command = [sys.executable, "-c", PREAMBLE + AS_NOBODY, SOURCES]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    done = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def told_of(document: dict[str, Any], namespace: str) -> dict[int, dict[str, Any]]:
    """The listeners that the document tells of in this network namespace, by inode, each once."""
    here = [one for one in document["host"]["listeners"] if one["netns"] == namespace]
    by_inode: dict[int, dict[str, Any]] = {one["inode"]: one for one in here}
    assert len(by_inode) == len(here)
    return by_inode


def pids(listener: dict[str, Any]) -> set[int]:
    found = [owner["pid"] for owner in listener["owners"]]
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.namespaces
def test_ten_thousand_listeners_are_shown_each_with_its_owner() -> None:
    need_namespaces()
    each = min(2_500, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 50)
    with room() as place:
        masses = []
        for first in range(0, LISTENERS, each):
            masses.append(place.call(start, MASS, min(each, LISTENERS - first)))
        expected = {int(inode): (port, {mass["pid"]}) for mass in masses for inode, port in mass["inodes"].items()}
        assert len(expected) == LISTENERS
        document = json.loads(place.call(program, "list", "--json"))
        table = place.call(program, "list").splitlines()
        witnessed = place.call(owners_by_ss)
        namespace = place.inode
    shown = told_of(document, namespace)
    assert {inode: (one["port"], pids(one)) for inode, one in shown.items()} == expected
    assert witnessed == {inode: holders for inode, (_port, holders) in expected.items()}
    assert {one["state"] for one in shown.values()} == {"listen"}
    assert {port for port, _holders in expected.values()} <= {
        int(word.removesuffix("/tcp")) for line in table for word in line.split() if word.endswith("/tcp")
    }


@pytest.mark.namespaces
@pytest.mark.timeout(300)
def test_all_that_ss_and_lsof_show_is_shown_while_others_come_and_go() -> None:
    need_namespaces()
    with room() as place, room() as other:
        throngs = [each.call(start, THRONG, seed, 1_500) for each, seed in ((place, "here"), (other, "there"))]
        standing = [each.call(owners_by_ss) for each in (place, other)]
        sockets = {one.inode: one for one in place.call(ss)}
        by_lsof = place.call(owners_by_lsof) if shutil.which("lsof") else None
        comers = [each.call(churn) for each in (place, other)]
        as_root = json.loads(place.call(program, "list", "--json"))
        as_nobody = json.loads(place.call(program, "list", "--json", nobody=True))
        here, there = place.inode, other.inode

    assert as_root["host"]["netns"] == as_nobody["host"]["netns"] == here
    for namespace, holders, comer in zip((here, there), standing, comers, strict=True):
        assert len(holders) > 1_200
        assert max(map(len, holders.values())) > 4
        shown = told_of(as_root, namespace)
        assert {inode: pids(one) for inode, one in shown.items() if inode in holders} == holders
        for inode in shown.keys() - holders.keys():
            assert pids(shown[inode]) == {comer}

    holders, nobodies = standing[0], set(throngs[0]["nobodies"])
    if by_lsof is not None:
        assert {inode: by_lsof[inode] for inode in holders} == holders
    for document in (as_root, as_nobody):
        for inode, one in told_of(document, here).items():
            if inode in holders:
                witness = sockets[inode]
                assert (one["transport"], one["address"], one["port"]) == (
                    witness.protocol,
                    witness.address,
                    witness.port,
                )

    shown = told_of(as_nobody, here)
    assert {inode: pids(one) for inode, one in shown.items() if inode in holders} == {
        inode: found & nobodies for inode, found in holders.items()
    }
    assert any(found <= nobodies for found in holders.values())
    assert as_nobody["host"]["privileges"]["uid"] == NOBODY
    assert as_nobody["host"]["complete"] is False
    unseen = {one["subject"] for one in as_nobody["host"]["unseen"] if one["missing"] == "owners"}
    assert {f"socket:{inode}" for inode, found in holders.items() if not found & nobodies} <= unseen


def test_a_port_held_by_four_processes_names_four() -> None:
    with child(HOLDERS, 4, 1) as told:
        (port,), (inode,) = told["ports"], told["inodes"]
        document = json.loads(program(str(port), "--json"))
        text = program(str(port))
    (listener,) = [one for one in document["host"]["listeners"] if one["inode"] == inode]
    assert pids(listener) == set(told["pids"])
    assert len(told["pids"]) == 4
    for pid in told["pids"]:
        assert str(pid) in text


def test_a_command_line_of_a_mebibyte_harms_no_answer() -> None:
    arguments = [str(number).rjust(100_000, "\x1b") for number in range(11)]
    with child(LISTENER, *arguments) as told:
        (port,), (inode,) = told["ports"], told["inodes"]
        document = json.loads(program(str(port), "--json"))
        text, table = program(str(port)), program("list")
    (listener,) = [one for one in document["host"]["listeners"] if one["inode"] == inode]
    (owner,) = listener["owners"]
    assert owner["command"][-11:] == arguments
    assert str(told["pid"]) in text
    assert f"{port}/tcp" in table
    for written in (text, table):
        assert "\x1b" not in written
