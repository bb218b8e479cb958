"""Answers made by hand, one for each thing that a page must be able to say."""

from __future__ import annotations

from tests.render.facts import (
    DYNAMIC,
    FREE,
    HBCI,
    HTTP,
    HTTPS,
    INSIDE,
    LIKELY,
    NO_PRIVILEGE,
    POSTGRES,
    POSTMASTER,
    PROXY,
    SSH_OWNERS,
    VITE,
    WEB,
    WIDESPREAD,
    WORKERS,
    asked,
    assignment,
    entry,
    host,
    listener,
    port_state,
    process,
    status,
    unseen,
)
from tests.render.judged import JUDGED
from whoseport.model import (
    Answer,
    Connections,
    ParentProcess,
    Peer,
    Privileges,
)

CASES: dict[str, Answer] = {
    "nothing-no-live": asked(971, FREE, None),
    "nothing": asked(971, FREE, host()),
    "nothing-not-root": asked(971, FREE, host(complete=False, unseen=(unseen("namespace"), unseen("rules")))),
    "nothing-one-transport": asked(971, FREE, host(), "udp"),
    "sockets-unreadable": asked(
        971,
        FREE,
        host(
            port_state=port_state("unknown", "sockets-unreadable", "sockets:tcp not-permitted"),
            complete=False,
            unseen=(unseen("sockets"),),
        ),
    ),
    "postgres-likely": asked(
        5432,
        POSTGRES,
        host(
            listener(candidates=LIKELY),
            listener(address="::1", inode=78, candidates=LIKELY),
            complete=False,
            unseen=(unseen("owners", subject="socket:77"), unseen("executable", subject="pid:812")),
        ),
    ),
    "postgres-seen": asked(
        5432,
        POSTGRES,
        host(
            listener(owners=(POSTMASTER,)),
            listener(address="::1", inode=78, owners=(POSTMASTER,)),
            connections=Connections(established=12, time_wait=3),
        ),
    ),
    "unknown-holder": asked(
        80,
        HTTP,
        host(
            listener(port=80, address="0.0.0.0", exposure="all", uid=0, user="root", unit=None, cgroup=None),
            complete=False,
            unseen=(unseen("owners", subject="socket:77"),),
        ),
    ),
    "kernel": asked(
        2049,
        HTTP,
        host(
            listener(port=2049, address="0.0.0.0", exposure="all", uid=0, user="root", unit=None, cgroup=None),
            listener(port=2049, address="::", exposure="all", uid=0, user="root", unit=None, cgroup=None, v6only=True),
        ),
    ),
    "container-published": asked(443, HTTPS, host(*PROXY)),
    "container-inside": asked(
        443,
        HTTPS,
        host(
            listener(
                port=443,
                address="0.0.0.0",
                exposure="all",
                netns="4026532451",
                container=WEB,
                owners=(process(2301, "nginx", unit=None, container=WEB),),
            )
        ),
    ),
    "namespace-without-number": asked(
        443,
        HTTPS,
        host(
            listener(port=443, address="10.1.2.3", exposure="private", netns=None, unit=None, uid=0, user="root"),
            complete=False,
            unseen=(unseen("owners", subject="socket:77"), unseen("namespace")),
        ),
    ),
    "container-unnamed": asked(
        443,
        HTTPS,
        host(
            listener(
                port=443,
                address="::",
                exposure="all",
                v6only=False,
                unit=None,
                container=WEB.replace(name=None),
                user=None,
                uid=None,
            ),
            complete=False,
            unseen=(unseen("owners", subject="socket:77"), unseen("container", "unreadable")),
        ),
    ),
    "development": asked(
        3000, HBCI, host(listener(port=3000, address="::1", uid=1000, user="ana", unit=None, owners=(VITE,)))
    ),
    "unit-of-the-user": asked(
        8384,
        HTTP,
        host(
            listener(
                port=8384,
                cgroup="/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service",
                owners=(process(70, "syncthing", uid=1000, user="ana"),),
            )
        ),
    ),
    "unit-of-another": asked(
        8384,
        HTTP,
        host(
            listener(
                port=8384,
                cgroup="/user.slice/user-1001.slice/user@1001.service/app.slice/syncthing.service",
                owners=(process(70, "syncthing", uid=1001, user="eva"),),
            )
        ),
    ),
    "four-processes": asked(
        8080,
        HTTP,
        host(
            *(
                listener(port=8080, address="0.0.0.0", exposure="all", inode=inode, owners=WORKERS[:4])
                for inode in range(1, 5)
            )
        ),
    ),
    "nine-processes": asked(
        8080, HTTP, host(listener(port=8080, address="::", v6only=False, exposure="all", owners=WORKERS))
    ),
    "socket-activation": asked(
        22,
        HTTP,
        host(listener(port=22, address="::", v6only=False, exposure="all", unit="ssh.socket", owners=SSH_OWNERS)),
    ),
    "bound-only": asked(
        8000,
        HTTP,
        host(
            listener(
                port=8000,
                state="bound",
                owners=(
                    process(
                        77,
                        "python3",
                        command=("python3", "it's a test.py", ""),
                        executable="/tmp/.x/python3",
                        executable_state="deleted",
                        unit=None,
                    ),
                ),
            ),
        ),
    ),
    "bound-by-somebody": asked(
        8000,
        HTTP,
        host(
            listener(port=8000, state="bound", inode=5, unit=None, cgroup=None),
            complete=False,
            unseen=(unseen("owners", subject="socket:5"),),
        ),
    ),
    "parent-and-child": asked(
        7777,
        HTTP,
        host(
            listener(
                port=7777,
                owners=(
                    process(50, "gunicorn", unit=None),
                    process(51, "gunicorn", unit=None, parents=(ParentProcess(pid=50, name="gunicorn"),)),
                ),
            ),
        ),
    ),
    "udp-connected": asked(
        41234,
        HBCI,
        host(
            listener(
                transport="udp",
                protocol="udp",
                port=41234,
                address="192.168.1.5",
                interface="eth0",
                exposure="private",
                state="connected",
                owners=(process(99, "firefox", unit="app-firefox.scope", executable_state="replaced"),),
            ),
            ephemeral=INSIDE,
            bind=NO_PRIVILEGE,
        ),
    ),
    "only-connections": asked(
        50234,
        DYNAMIC,
        host(
            connections=Connections(
                established=1,
                peers=(
                    Peer(
                        transport="tcp",
                        local_address="192.168.1.5",
                        address="2001:db8::1",
                        port=443,
                        state="established",
                    ),
                ),
            ),
            ephemeral=INSIDE,
            bind=NO_PRIVILEGE,
            reserved_here=True,
        ),
    ),
    "only-past-connections": asked(971, FREE, host(connections=Connections(time_wait=18))),
    "two-holders": asked(
        53,
        HTTP,
        host(
            listener(
                port=53, transport="udp", protocol="udp", state="unconnected", owners=(process(5, "systemd-resolve"),)
            ),
            listener(port=53, owners=(process(5, "systemd-resolve"),)),
            listener(
                port=53,
                address="192.168.122.1",
                exposure="private",
                owners=(process(6, "dnsmasq", executable_state="memory"),),
            ),
            listener(port=53, address="192.168.9.1", exposure="private", unit=None, netns="4026532999"),
        ),
    ),
    "partly-seen": asked(
        53,
        HTTP,
        host(
            listener(port=53, owners=(process(5, "systemd-resolve"),)),
            listener(port=53, inode=99, address="10.0.0.1", exposure="private", unit=None, cgroup=None),
            privileges=Privileges(uid=0, user="root", capabilities=("CAP_SYS_PTRACE",)),
            complete=False,
            unseen=(unseen("owners", subject="socket:99"), unseen("owners", "vanished", "pid:12")),
        ),
    ),
    "mptcp-kernel-thread": asked(
        1234,
        HBCI,
        host(
            listener(
                protocol="mptcp", port=1234, owners=(process(12, "kworker", command=(), executable=None, unit=None),)
            ),
            bpf_refused="no-btf",
        ),
    ),
    "registry-mixed": asked(
        1008, entry(status("unlisted"), status("reserved", assignment(None, "Possibly used by Sun Solaris????"))), None
    ),
    "registry-range": asked(
        6000,
        entry(
            status(
                "assigned",
                assignment(
                    "x11",
                    "X Window System",
                    first=6000,
                    last=6063,
                    unauthorized_use="Known Unauthorized Use on port 6003",
                ),
            ),
            range="user",
        ),
        None,
    ),
    "registry-unauthorized": asked(
        4443,
        entry(
            status("assigned", assignment("pharos", "Pharos", unauthorized_use="Known Unauthorized Use on port 4443"))
        ),
        None,
    ),
    "registry-widespread": asked(
        1989, entry(status("assigned", assignment("mshnet", "MHSnet system", notes=WIDESPREAD))), None
    ),
    "registry-reserved": asked(
        2,
        entry(
            status(
                "reserved",
                assignment(None, "Reserved", notes="De-assigned on 2025-02-13,\n previously compressnet"),
                gap=(2, 3),
            )
        ),
        None,
    ),
    "registry-dynamic": asked(49152, DYNAMIC, None),
    "registry-sctp-only": asked(
        4502, entry(status("unlisted"), sctp=status("assigned", assignment("a25", "A25"))), None
    ),
    "registry-one-transport": asked(
        914, entry(status("reserved"), status("assigned", assignment("rift-lies", "RIFT"))), None, "udp"
    ),
    "registry-many-names": asked(
        1993, entry(status("assigned", *(assignment(f"name-{number}", f"Thing {number}") for number in range(5)))), None
    ),
    **JUDGED,
}
