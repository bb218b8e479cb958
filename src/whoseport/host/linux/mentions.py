"""What do this machine's own files say of a port? Every kind of file is asked once, in the order of MentionKind.

/etc/services, socket units of systemd, inetd, configuration files of packages, firewalld, ufw: evidence of what
somebody intends, never that anything is reachable.
"""

from __future__ import annotations

import os

from whoseport.host.linux import configuration, etc_services, socket_units
from whoseport.host.linux.bounded import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from whoseport.model import Mention, Unseen

_UNPACKAGED = ("/etc/systemd/", "/etc/xdg/systemd/", "/run/", "/usr/local/")


def read(*, port: int | None = None, root: str = "") -> tuple[tuple[Mention, ...], tuple[Unseen, ...]]:
    """What files say of this port, or of every port, and the firewall's files that could not be read.

    `root` is put before every path; the paths told do not have it. Configuration files that this user may not read are
    passed over in silence: what they could say is an intention only.
    """
    services = _content(f"{root}{etc_services.PATH}")
    found: list[Mention] = [*etc_services.parse(services, port=port), *socket_units.read(port=port, root=root)]
    unseen: list[Unseen] = []
    if os.path.exists(f"{root}/etc/inetd.conf") or os.path.exists(f"{root}/etc/xinetd.d"):
        from whoseport.host.linux import inetd

        found += inetd.read(port=port, services=services, root=root)
    found += configuration.read(port=port, root=root)
    if os.path.exists(f"{root}/etc/firewalld"):
        from whoseport.host.linux import firewalld

        _add(firewalld.read(port=port, root=root), found, unseen)
    if os.path.exists(f"{root}/etc/ufw"):
        from whoseport.host.linux import ufw

        _add(ufw.read(port=port, root=root), found, unseen)
    return _packaged(found, root=root), tuple(unseen)


def _add(told: tuple[tuple[Mention, ...], tuple[Unseen, ...]], found: list[Mention], unseen: list[Unseen]) -> None:
    found += told[0]
    unseen += told[1]


def _packaged(found: Iterable[Mention], *, root: str) -> tuple[Mention, ...]:
    """The mentions with the packages of their files; those of the firewalls are the administrator's own."""
    kinds = ("etc-services", "socket-unit", "inetd", "configuration")
    mentions = tuple(found)
    paths = {one.path for one in mentions if one.kind in kinds and not one.path.startswith(_UNPACKAGED)}
    if not paths:
        return mentions
    from whoseport.host.linux import conffiles

    links = {path: target for path in paths if (target := _leads_to(path, root)) is not None}
    owners = conffiles.find({links.get(path, path) for path in paths if path.startswith("/etc/")}, root=root)
    owners |= {path: owners[target] for path, target in links.items() if target in owners}
    shipped = {path for path in paths if not path.startswith("/etc/")}
    if shipped:
        from whoseport.host.linux.packages import look

        owners |= look(shipped, root=root or "/").owners
    return tuple(one.replace(package=owners[one.path]) if one.path in owners else one for one in mentions)


def _leads_to(path: str, root: str) -> str | None:
    """The file that a link in /etc leads to (`sites-enabled/default`), None for a file itself."""
    try:
        target = os.readlink(root + path)
    except OSError:
        return None
    return os.path.normpath(os.path.join(os.path.dirname(path), target))


def _content(path: str) -> bytes:
    try:
        return read_regular(path, limit=etc_services.LIMIT)
    except OSError:
        return b""
