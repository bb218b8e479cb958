"""Which socket tables can be asked for without making the kernel load a module?

A request for a table without a loaded handler makes the kernel call modprobe (request_module in net/core/sock_diag.c
and net/ipv4/inet_diag.c). So we ask only where nothing can be loaded, or where all that it needs is there already.
"""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import start_or_nothing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

HANDLERS = {"tcp": "tcp_diag", "udp": "udp_diag", "udplite": "udp_diag", "sctp": "sctp_diag", "dccp": "dccp_diag"}
"""The module that tells of each protocol's sockets; each needs inet_diag besides."""

_LARGEST = 4 << 20


def askable(*, proc: str = "/proc", sys: str = "/sys", modules: str = "/lib/modules") -> Container[str]:
    """The protocols, of those in `HANDLERS`, that these roots show to be asked for without loading anything.

    A module is there if it is loaded (/sys/module) or built in (modules.builtin, see kbuild's documentation). Where
    neither can be seen, as inside most containers, it counts as missing.
    """
    if not can_load(proc):
        return HANDLERS
    there = {name: os.path.isdir(f"{sys}/module/{name}") for name in ("inet_diag", *HANDLERS.values())}
    if not all(there.values()):
        built_in = start_or_nothing(f"{modules}/{os.uname().release}/modules.builtin", limit=_LARGEST)
        there = {name: loaded or f"/{name}.ko\n".encode() in built_in for name, loaded in there.items()}
    return [protocol for protocol, handler in HANDLERS.items() if there[handler] and there["inet_diag"]]


def can_load(proc: str) -> bool:
    """Whether this kernel can load a module at all."""
    # /proc/modules is there if the kernel was built with CONFIG_MODULES; modules_disabled cannot be taken back
    return (
        os.path.exists(f"{proc}/modules")
        and start_or_nothing(f"{proc}/sys/kernel/modules_disabled", limit=_LARGEST).strip() != b"1"
    )
