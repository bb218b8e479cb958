"""Where do the kernel's structures keep what the BPF program reads? The kernel's own type information (BTF) says.

Format: Documentation/bpf/btf.rst of Linux. Reading it takes some 60 ms, once for each build of the kernel: the few
numbers found are kept in the user's cache folder, which is written only when a BPF iterator was asked for.
"""

from __future__ import annotations

import os
import stat

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MAGIC = 0xEB9F
MAX_BTF = 64 << 20  # a vmlinux has about 6 MiB
MAX_OFFSET = 0x7FF8  # what an instruction's signed 16 bits can say
MAX_TYPES = 1 << 24
NT_GNU_BUILD_ID = 3
MAX_CACHED = 4096

KIND_STRUCT, KIND_UNION, KIND_FUNC = 4, 5, 12
# Words after the three that every type has: a fixed number, or that many for each of its vlen parts.
FIXED_WORDS = {1: 1, 3: 3, 14: 1, 17: 1}
WORDS_PER_PART = {4: 3, 5: 3, 6: 2, 13: 2, 15: 3, 19: 3}
LAST_KIND = 19

ITERATOR = "bpf_iter_task_file"
MEMBERS = {
    "bpf_iter__task_file": ("meta", "task", "file"),
    "bpf_iter_meta": ("seq",),
    "task_struct": ("tgid",),
    "file": ("f_inode",),
    "inode": ("i_ino", "i_sb"),
    "super_block": ("s_magic",),
}


class Layout(Record):
    """Byte offsets of the members that the program reads, and the BTF id of the iterator it attaches to."""

    iterator: int
    meta: int
    task: int
    file: int
    seq: int
    tgid: int
    f_inode: int
    i_ino: int
    i_sb: int
    s_magic: int

    def plausible(self) -> bool:
        """Whether every number is in the bounds that an instruction and a kernel can have."""
        offsets = list(self.fields().values())[1:]
        return 0 < self.iterator < MAX_TYPES and all(0 <= offset <= MAX_OFFSET for offset in offsets)


def parse_layout(data: bytes) -> Layout | None:
    """The layout in a kernel's BTF, or None where it is malformed, big-endian, or lacks something that is needed."""
    strings, words = _sections(data)
    if words is None:
        return None
    names: dict[int, str] = {}
    for name in (*MEMBERS, ITERATOR):
        place = strings.find(b"\0%s\0" % name.encode())
        if place >= 0:
            names[place + 1] = name
    starts = [0]
    found: list[tuple[str, int]] = []
    iterator = 0
    at, end = 0, len(words)
    while at + 3 <= end:
        info = words[at + 1]
        kind = info >> 24 & 31
        if not 1 <= kind <= LAST_KIND:
            return None
        if words[at] in names:
            name = names[words[at]]
            if kind == KIND_STRUCT and name in MEMBERS:
                found.append((name, at))
            elif kind == KIND_FUNC and name == ITERATOR:
                iterator = len(starts)
        starts.append(at)
        at += 3
        if kind in WORDS_PER_PART:
            at += WORDS_PER_PART[kind] * (info & 0xFFFF)
        elif kind in FIXED_WORDS:
            at += FIXED_WORDS[kind]
    if at != end or not iterator:
        return None
    offsets: dict[str, int] = {"iterator": iterator}
    for name, start in found:
        members = _members(words, starts, strings=strings, start=start)
        if all(member in members for member in MEMBERS[name]):
            for member in MEMBERS[name]:
                offsets.setdefault(member, members[member])
    if set(offsets) != set(Layout.__fields__):
        return None
    layout = Layout(**offsets)
    return layout if layout.plausible() else None


def _sections(data: bytes) -> tuple[bytes, memoryview | None]:
    """The strings, and the types as 32-bit words; None where the header does not fit the data."""
    if len(data) < 24 or int.from_bytes(data[:2], "little") != MAGIC:
        return b"", None
    header, type_start, type_length, string_start, string_length = (
        int.from_bytes(data[place : place + 4], "little") for place in (4, 8, 12, 16, 20)
    )
    types = memoryview(data)[header + type_start : header + type_start + type_length]
    strings = data[header + string_start : header + string_start + string_length]
    if header < 24 or len(types) != type_length or type_length % 4 or len(strings) != string_length:
        return b"", None
    return strings, types.cast("I")


def _members(words: memoryview, starts: list[int], *, strings: bytes, start: int, depth: int = 0) -> dict[str, int]:
    """Byte offsets of a structure's members by name, those of its nameless parts included (at most four deep)."""
    found: dict[str, int] = {}
    count = words[start + 1] & 0xFFFF
    has_bitfields = words[start + 1] >> 31
    for part in range(start + 3, min(start + 3 + 3 * count, len(words) - 2), 3):
        name, kind_of, bits = words[part : part + 3]
        offset = (bits & 0xFFFFFF if has_bitfields else bits) // 8
        if name:
            found.setdefault(strings[name : strings.find(b"\0", name)].decode("ascii", "replace"), offset)
        elif depth < 4 and 0 < kind_of < len(starts):
            inner = starts[kind_of]
            if words[inner + 1] >> 24 & 31 in (KIND_STRUCT, KIND_UNION):
                for member, below in _members(words, starts, strings=strings, start=inner, depth=depth + 1).items():
                    found.setdefault(member, offset + below)
    return found


def read_layout(*, sys: str = "/sys") -> Layout | None:
    """The layout of the running kernel, from its BTF. None where it has none; PermissionError where it is shut."""
    data = _read(f"{sys}/kernel/btf/vmlinux", limit=MAX_BTF)
    return None if data is None else parse_layout(data)


def build_id(*, sys: str = "/sys") -> str | None:
    """The running kernel's build id in hexadecimal, from its ELF notes; None where it tells none."""
    try:
        notes = _read(f"{sys}/kernel/notes", limit=65536)
    except PermissionError:
        return None
    return None if notes is None else parse_build_id(notes)


def parse_build_id(notes: bytes) -> str | None:
    """The GNU build id among ELF notes (elf(5): name size, value size, type; each padded to four bytes)."""
    at = 0
    while at + 12 <= len(notes):
        name_size, size, kind = (int.from_bytes(notes[at + place : at + place + 4], "little") for place in (0, 4, 8))
        value = at + 12 + (name_size + 3 & ~3)
        if kind == NT_GNU_BUILD_ID and notes[at + 12 : at + 16] == b"GNU\0" and 8 <= size <= 64:
            return notes[value : value + size].hex() if value + size <= len(notes) else None
        at = value + (size + 3 & ~3)
    return None


# --- kept for the next time ------------------------------------------------------------------------------------------


def cache_folder(environment: Mapping[str, str]) -> str | None:
    """Where this user's caches are (XDG Base Directory Specification); None where nothing says so."""
    base = environment.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):
        home = environment.get("HOME", "")
        base = f"{home}/.cache" if home.startswith("/") else ""
    return base or None


def recall(build: str, *, cache: str) -> Layout | None:
    """The layout kept for this build of the kernel; None where there is none, or none that can be trusted.

    Trusted is a plain file in a folder that only this very user can write: under sudo the home may be another's.
    """
    if not _only_ours(f"{cache}/whoseport"):
        return None
    try:
        data = _read(f"{cache}/whoseport/btf-{build}", limit=MAX_CACHED)
    except PermissionError:
        return None
    try:
        numbers = [int(word) for word in (data or b"").decode("ascii").split()]
    except ValueError:
        return None
    if len(numbers) != len(Layout.__fields__):
        return None
    layout = Layout(**dict(zip(Layout.__fields__, numbers, strict=True)))
    return layout if layout.plausible() else None


def keep(layout: Layout, build: str, *, cache: str) -> None:
    """Keeps the layout for the next time, in one step; does nothing where the folder is not ours or is not writable."""
    folder = f"{cache}/whoseport"
    unfinished = f"{folder}/btf-{build}.{os.getpid()}"
    made = False
    try:
        for parent, below in ((os.path.dirname(cache), cache), (cache, folder)):
            if not _only_ours(below) and _only_ours(parent):
                os.mkdir(below, 0o700)
        if not _only_ours(cache) or not _only_ours(folder):
            return
        with open(unfinished, "xb", opener=_private) as out:
            made = True
            out.write(" ".join(str(number) for number in layout.fields().values()).encode() + b"\n")
        os.replace(unfinished, f"{folder}/btf-{build}")
    except OSError:
        # A cache that cannot be written costs the next look its 60 ms again, and nothing else.
        if made and os.path.lexists(unfinished):
            os.unlink(unfinished)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def _only_ours(folder: str) -> bool:
    try:
        status = os.stat(folder, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _read(path: str, *, limit: int) -> bytes | None:
    """The whole of a plain file of a size within the limit, in one piece; None for anything else."""
    try:
        with open(path, "rb", buffering=0, opener=_careful) as file:
            status = os.fstat(file.fileno())
            return file.readall() if stat.S_ISREG(status.st_mode) and status.st_size <= limit else None
    except PermissionError:
        raise
    except OSError:
        return None


def _careful(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
