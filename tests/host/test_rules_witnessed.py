"""Where do connections really get to? Random rules, and the kernel as witness."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator

import pytest

from tests.host.firewalls import nft, room_with_nftables, rules
from tests.host.network import Room
from whoseport.host.linux.rules import read_rules

pytestmark = pytest.mark.namespaces


@pytest.fixture
def place() -> Iterator[Room]:
    yield from room_with_nftables()


PORTS = range(2000, 2024)
TARGETS = range(3000, 3040)


def random_ruleset(seed: str) -> str:
    """Chains of the output hook that nothing but ports decides, so that what happens is certain."""
    chance = random.Random(seed)
    target = iter(TARGETS)

    def ports() -> str:
        kind = chance.randrange(5)
        first, last = sorted(chance.sample(PORTS, 2))
        if kind == 0:
            return f"tcp dport {first}"
        if kind == 1:
            return f"tcp dport {first}-{last}"
        if kind == 2:
            return f"tcp dport {{ {first}, {last}, 2100-2200 }}"
        if kind == 3:
            return f"tcp dport != {first}-{last}"
        return f"tcp dport >= {first} tcp dport < {last}"

    def rule(depth: int) -> str:
        kind = chance.randrange(8)
        if kind < 3:
            return f"{ports()} redirect to :{next(target)}"
        if kind == 3:
            return f"{ports()} {chance.choice(('accept', 'return'))}"
        if kind == 4:
            one, other = chance.sample(PORTS, 2)
            return f"meta l4proto tcp redirect to :tcp dport map {{ {one} : {next(target)}, {other} : {next(target)} }}"
        if depth == 3:
            return f"{ports()} counter"
        if kind == 5:
            one, other = chance.sample(PORTS, 2)
            return f"tcp dport vmap {{ {one} : jump c{depth + 1}, {other} : {chance.choice(('accept', 'return'))} }}"
        return f"{ports()} {chance.choice(('jump', 'goto'))} c{depth + 1}"

    chains = []
    for depth in (3, 2, 1):
        body = "; ".join(rule(depth) for _ in range(4))
        chains.append(f"chain c{depth} {{ {body}; }}")
    body = "; ".join(rule(0) for _ in range(6))
    base = "type nat hook output priority -100; meta l4proto != tcp return"
    return "table ip t {\n" + "\n".join(chains) + f"\nchain out {{ {base}; {body}; }}\n}}\n"


def listen_on_all() -> None:
    for port in (*PORTS, *TARGETS):
        made = socket.create_server(("127.0.0.1", port))
        _kept.append(made)


_kept: list[socket.socket] = []


def reached() -> dict[int, int]:
    """Which port each connection really gets to, by the port that it was made to."""
    numbers = {made: made.getsockname()[1] for made in _kept}
    found = {}
    for port in PORTS:
        with socket.create_connection(("127.0.0.1", port)):
            for made, number in numbers.items():
                made.setblocking(False)
                try:
                    made.accept()[0].close()
                except BlockingIOError:
                    continue
                found[port] = number
    return found


def predicted() -> dict[int, tuple[int, ...]]:
    """Which ports we say that each leads to."""
    return {port: tuple(one.to_port or port for one in read_rules(port=port).redirects) or (port,) for port in PORTS}


@pytest.mark.parametrize("number", range(8))
def test_connections_get_to_where_we_say(place: Room, number: int) -> None:
    text = random_ruleset(f"{random.getrandbits(32)} {number}")
    assert place.call(nft, text) == "", text
    place.call(listen_on_all)
    said = place.call(predicted)
    assert said == {port: (number,) for port, number in place.call(reached).items()}, text
    whole = place.call(rules).redirects
    for port in PORTS:
        assert tuple(one.to_port for one in whole if one.first <= port <= one.last) in ((), said[port]), (port, text)
