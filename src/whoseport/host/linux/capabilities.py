"""What are the bits of a capability set called?

capabilities(7); the numbers are those of linux/capability.h.
"""

from __future__ import annotations

NAMES = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
)
OF_A_FILE = "security.capability"
"""The extended attribute that holds those of a file."""


def names(bits: int) -> tuple[str, ...]:
    """The capabilities in a mask, in the order of their numbers; those without a name yet as `CAP_41`.

    >>> names(1 << 10 | 1 << 63)
    ('CAP_NET_BIND_SERVICE', 'CAP_63')
    """
    return tuple([_name(number) for number in range(min(bits.bit_length(), 64)) if bits >> number & 1])


def of_file(attribute: bytes) -> tuple[str, ...]:
    """Those that a file gives, permitted or inheritable, by its struct vfs_cap_data; none where that is damaged.

    Two words of each kind since the second revision, one before: little-endian, permitted first.

    >>> of_file(bytes.fromhex("0100000200040000000000000000000000000000"))
    ('CAP_NET_BIND_SERVICE',)
    """
    words = [int.from_bytes(attribute[at : at + 4], "little") for at in range(4, min(len(attribute), 20) - 3, 4)]
    if len(words) < 2:
        return ()
    bits = words[0] | words[1]
    if len(words) >= 4:
        bits |= (words[2] | words[3]) << 32
    return names(bits)


def _name(number: int) -> str:
    return NAMES[number] if number < len(NAMES) else f"CAP_{number}"
