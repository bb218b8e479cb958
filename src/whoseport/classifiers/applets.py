"""Which servers does BusyBox bring along? Their usual ports are those of its source (networking/*.c)."""

from __future__ import annotations

from whoseport.model import Software, SoftwarePort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Transport

_SERVERS: dict[str, tuple[tuple[Transport, int], ...]] = {
    "httpd": (("tcp", 80),),
    "telnetd": (("tcp", 23),),
    "ftpd": (("tcp", 21),),
    "tftpd": (("udp", 69),),
    "udhcpd": (("udp", 67),),
    "udhcpc": (("udp", 68),),
    "udhcpc6": (("udp", 546),),
    "dhcprelay": (("udp", 67),),
    "dnsd": (("udp", 53),),
    "ntpd": (("udp", 123),),
    "fakeidentd": (("tcp", 113),),
    "syslogd": (("udp", 514),),
    "inetd": (),
    "tcpsvd": (),
    "udpsvd": (),
    "nc": (),
    "wget": (),
}


def applet_software(applet: str) -> Software | None:
    """An applet as the software that it is; None for one that is no server."""
    ports = _SERVERS.get(applet)
    if ports is None:
        return None
    return Software(
        name=f"BusyBox {applet}",
        kind="server",
        programs=("busybox",),
        scripts=(),
        packages=("busybox", "busybox-static", "toybox"),
        units=(),
        ports=tuple(
            [SoftwarePort(transport=transport, first=port, last=port, role="default") for transport, port in ports]
        ),
    )
