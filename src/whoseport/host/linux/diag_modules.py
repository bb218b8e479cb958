"""Can a socket table be asked for without making the kernel load a module?

A request for a table without a loaded handler makes the kernel call modprobe (net/core/sock_diag.c,
net/ipv4/inet_diag.c: request_module). So we ask only where nothing can be loaded, or where all it needs is there.
"""

from __future__ import annotations

import os

NEEDED = {
    "tcp": ("inet_diag", "tcp_diag"),
    "udp": ("inet_diag", "udp_diag"),
    "udplite": ("inet_diag", "udp_diag"),
    "sctp": ("inet_diag", "sctp_diag"),
    "dccp": ("inet_diag", "dccp_diag"),
}


def may_ask(protocol: str, *, proc: str = "/proc", sys: str = "/sys", modules: str = "/lib/modules") -> bool:
    """Whether asking for the sockets of `protocol` loads nothing, as far as these roots tell."""
    if not _can_load(proc):
        return True
    missing = [name for name in NEEDED[protocol] if not os.path.isdir(f"{sys}/module/{name}")]
    if not missing:
        return True
    try:
        with open(f"{modules}/{os.uname().release}/modules.builtin", "rb") as file:
            built_in = file.read(4 << 20)
    except OSError:
        return False
    return all(f"/{name}.ko\n".encode() in built_in for name in missing)


def _can_load(proc: str) -> bool:
    if not os.path.exists(f"{proc}/modules"):
        return False
    try:
        with open(f"{proc}/sys/kernel/modules_disabled", "rb") as file:
            return file.read(16).strip() != b"1"
    except OSError:
        return True
