"""As whom is this look taken, and what does that let it see?"""

from __future__ import annotations

import os

from whoseport.model import Privileges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.host.linux.users import Users

# include/uapi/linux/capability.h; those that decide what is seen here, and what may be bound
_CAPABILITIES = {
    1: "CAP_DAC_OVERRIDE",
    2: "CAP_DAC_READ_SEARCH",
    10: "CAP_NET_BIND_SERVICE",
    12: "CAP_NET_ADMIN",
    19: "CAP_SYS_PTRACE",
    21: "CAP_SYS_ADMIN",
    38: "CAP_PERFMON",
    39: "CAP_BPF",
}


def read_privileges(users: Users, *, proc: str = "/proc") -> Privileges:
    """Effective uid and capabilities of this process (capabilities(7)); none where /proc/self/status is closed."""
    uid = os.geteuid()
    try:
        with open(f"{proc}/self/status", "rb", buffering=0) as file:
            status = file.read(65536) or b""
    except OSError:
        status = b""
    return Privileges(uid=uid, user=users.name(uid), capabilities=effective_capabilities(status))


def effective_capabilities(status: bytes) -> tuple[str, ...]:
    """The capabilities that matter here, of the line CapEff of /proc/PID/status (proc_pid_status(5)).

    >>> effective_capabilities(b"Name:\\tsh\\nCapEff:\\t0000000000000400\\n")
    ('CAP_NET_BIND_SERVICE',)
    """
    for line in status.split(b"\n"):
        if line.startswith(b"CapEff:"):
            try:
                bits = int(line[7:], 16)
            except ValueError:
                return ()
            return tuple(name for number, name in _CAPABILITIES.items() if bits >> number & 1)
    return ()
