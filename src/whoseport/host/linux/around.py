"""What else in this network namespace speaks of a port: the firewall, the kernel's own servers, a second view?"""

from __future__ import annotations

from whoseport.host.linux.kernel_ports import read_kernel_ports
from whoseport.host.linux.rules import read_rules
from whoseport.host.linux.views import read_views
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whoseport.host.linux.socket_table import RawSocket, SocketTable
    from whoseport.model import KernelPort, Mention, Redirect, Unseen, View


class Around(Record):
    redirects: tuple[Redirect, ...]
    mentions: tuple[Mention, ...]
    views: tuple[View, ...]
    kernel_ports: tuple[KernelPort, ...]
    unseen: tuple[Unseen, ...]


def read_around(
    sockets: Iterable[RawSocket], again: Callable[[], SocketTable], *, port: int | None, proc: str = "/proc"
) -> Around:
    """Of one port, or of every one; of the calling thread's network namespace.

    `sockets` are those of this namespace that were seen, on `port` if there is one, and `again` reads them anew.
    """
    rules = read_rules(port=port, proc=proc)
    return Around(
        redirects=rules.redirects,
        mentions=rules.mentions,
        views=read_views(sockets, again, port=port, proc=proc),
        kernel_ports=read_kernel_ports(port=port, proc=proc),
        unseen=rules.unseen,
    )
