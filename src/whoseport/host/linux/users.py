"""What is the name of a uid?"""

from __future__ import annotations

from whoseport.host.linux.bounded import start_or_nothing

PASSWD = "/etc/passwd"
_LARGEST = 16 << 20


class Users:
    """Names of uids: from the passwd file, and only for those that it lacks from the system's own look-up (passwd(5)).

    The file comes first because a directory service behind getpwuid(3) may take seconds, or never answer. Another
    file than the machine's own stands for another machine: the system is then not asked at all.
    """

    def __init__(self, passwd: str = PASSWD) -> None:
        self._passwd = passwd
        self._names: dict[int, str | None] | None = None

    def name(self, uid: int | None) -> str | None:
        """The user's name, or None where no one knows it."""
        if uid is None:
            return None
        if self._names is None:
            self._names = parse_passwd(start_or_nothing(self._passwd, limit=_LARGEST))
        if uid not in self._names:
            self._names[uid] = _ask_system(uid) if self._passwd == PASSWD else None
        return self._names[uid]


def parse_passwd(content: bytes) -> dict[int, str | None]:
    """Uid to name of a passwd file; the first line of a uid wins, as getpwuid(3) has it, and broken lines are nobody's.

    >>> parse_passwd(b"root:x:0:0:root:/root:/bin/sh")
    {0: 'root'}
    """
    names: dict[int, str | None] = {}
    for line in content.split(b"\n"):
        fields = line.split(b":", 3)
        if len(fields) == 4 and fields[0] and fields[2].isdigit() and len(fields[2]) <= 10:
            names.setdefault(int(fields[2]), fields[0].decode("utf-8", "backslashreplace"))
    return names


def _ask_system(uid: int) -> str | None:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
