"""Which container has the address that a forwarder leads to?

An address belongs to a network namespace: each tells its own addresses in /proc/PID/net (fib_trie for IPv4, if_inet6
for IPv6; proc_pid_net(5)), to everyone. The cgroup of a process in it names the container.
"""

from __future__ import annotations

import _socket

from whoseport.host.linux.bounded import read_start, start_or_nothing
from whoseport.host.linux.cgroups import paths_of_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whoseport.host.linux.namespaces import Namespace
    from whoseport.model import Container

_LARGEST = 1 << 20
_TRIED = 4
"""Processes tried in a namespace: any of them may end while we look."""


def container_at(
    address: str,
    namespaces: Iterable[Namespace],
    container_of: Callable[[tuple[str, ...]], Container | None],
    *,
    proc: str = "/proc",
) -> Container | None:
    """The container in whose network namespace this numeric address is; None where there is none, or several are."""
    found: list[Container] = []
    for namespace in namespaces:
        for pid in namespace.pids[:_TRIED]:
            has = has_address(address, folder=f"{proc}/{pid}/net")
            if has:
                container = container_of(paths_of_process(start_or_nothing(f"{proc}/{pid}/cgroup", limit=_LARGEST)))
                if container is not None and container not in found:
                    found.append(container)
            if has is not None:
                break
    return found[0] if len(found) == 1 else None


def has_address(address: str, *, folder: str) -> bool | None:
    """Whether the namespace of this /proc/PID/net has the address; None if it could not be read, or is no address."""
    try:
        if ":" in address:
            content = read_start(f"{folder}/if_inet6", limit=_LARGEST)
            return _socket.inet_pton(_socket.AF_INET6, address) in ipv6_addresses(content)
        content = read_start(f"{folder}/fib_trie", limit=_LARGEST)
        return _socket.inet_pton(_socket.AF_INET, address) in ipv4_addresses(content)
    except (OSError, ValueError):
        return None


def ipv4_addresses(fib_trie: bytes) -> set[bytes]:
    """The local addresses in fib_trie (fib_trie_seq_show of net/ipv4/fib_trie.c), packed.

    >>> ipv4_addresses(b"     |-- 172.18.0.3\\n        /32 host LOCAL\\n")
    {b'\\xac\\x12\\x00\\x03'}
    """
    found = set()
    leaf = b""
    for line in fib_trie.split(b"\n"):
        words = line.split()
        if words[:1] == [b"|--"] and len(words) == 2:
            leaf = words[1]
        elif words == [b"/32", b"host", b"LOCAL"]:
            try:
                found.add(_socket.inet_pton(_socket.AF_INET, leaf.decode("ascii", "replace")))
            except (OSError, ValueError):
                continue
    return found


def ipv6_addresses(if_inet6: bytes) -> set[bytes]:
    """The addresses in if_inet6 (if6_seq_show of net/ipv6/addrconf.c), packed.

    >>> ipv6_addresses(b"00000000000000000000000000000001 01 80 10 80       lo\\n")
    {b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01'}
    """
    found = set()
    for line in if_inet6.split(b"\n"):
        word = line.split(b" ", 1)[0]
        if len(word) == 32:
            try:
                found.add(bytes.fromhex(word.decode("ascii", "replace")))
            except ValueError:
                continue
    return found
