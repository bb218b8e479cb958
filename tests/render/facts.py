"""Facts made by hand, of which the cases are built: records of the model with sensible defaults."""

from __future__ import annotations

from typing import Any

from whoseport.model import (
    Answer,
    Assignment,
    Bind,
    Candidate,
    Connections,
    Container,
    Ephemeral,
    Evidence,
    Finding,
    Forwarding,
    Gap,
    Held,
    HeldState,
    Inspection,
    Listener,
    Neighbour,
    Neighbours,
    ParentProcess,
    PortRange,
    PortState,
    Privileges,
    Process,
    Query,
    RegistryEntry,
    Settings,
    Snapshot,
    Transport,
    Transports,
    TransportStatus,
    Unseen,
)

TODAY = "2026-11-23"
HOME = "/home/ana"
NETNS = "4026531840"


def port_state(state: Held, claim: str, observed: str) -> HeldState:
    evidence = (Evidence(source="sock_diag", observed=observed),)
    return HeldState(state=state, because=(Finding(claim=claim, certainty="proven", evidence=evidence),))


HELD = port_state("held", "socket-here", "tcp 127.0.0.1 listen inode 77")
NOTHING = port_state("nothing", "no-socket-here", "0 sockets")
SNAPSHOT = Snapshot(source="https://www.iana.org/ports.xml", updated="2026-08-17", sha256="ab" * 32, records=14533)


def made(kind: Any, defaults: dict[str, Any], changes: dict[str, Any]) -> Any:
    return kind(**(defaults | changes))


def assignment(name: str | None, description: str, **changes: Any) -> Assignment:
    empty = dict.fromkeys(Assignment.__fields__)
    result: Assignment = made(
        Assignment, empty | {"service_name": name, "description": description, "references": ()}, changes
    )
    return result


def status(state: PortState, *assignments: Assignment, gap: tuple[int, int] | None = None) -> TransportStatus:
    run = Gap(first=gap[0], last=gap[1], length=gap[1] - gap[0] + 1) if gap else None
    return TransportStatus(state=state, gap=run, assignments=assignments)


def entry(tcp: TransportStatus, udp: TransportStatus | None = None, **changes: Any) -> RegistryEntry:
    nothing = status("unlisted", gap=(900, 1000))
    sctp, dccp = changes.pop("sctp", nothing), changes.pop("dccp", nothing)
    result: RegistryEntry = made(
        RegistryEntry,
        {
            "snapshot": SNAPSHOT,
            "range": "system",
            "procedures": ("IETF Review", "IESG Approval"),
            "transports": Transports(tcp=tcp, udp=udp or tcp, sctp=sctp, dccp=dccp),
            "neighbours": Neighbours(
                below=Neighbour(port=953, transports=("tcp",), names=("rndc",)),
                above=Neighbour(port=989, transports=("tcp", "udp"), names=("ftps-data",)),
            ),
        },
        changes,
    )
    return result


def host(*listeners: Listener, **changes: Any) -> Inspection:
    result: Inspection = made(
        Inspection,
        {
            "hostname": "box",
            "taken_at": "2026-11-23T21:10:16Z",
            "backend": "linux",
            "privileges": Privileges(uid=1000, user="ana", capabilities=()),
            "version": "0.1.0",
            "complete": True,
            "netns": NETNS,
            "settings": Settings(
                unprivileged_port_start=1024, ephemeral=PortRange(first=32768, last=60999), reserved=()
            ),
            "port_state": HELD if any(one.netns == NETNS for one in listeners) else NOTHING,
            "bind": Bind(privileged=True, threshold=1024, needs="CAP_NET_BIND_SERVICE"),
            "ephemeral": Ephemeral(first=32768, last=60999, inside=False),
            "reserved_here": False,
            "connections": Connections(),
            "listeners": listeners,
            "unseen": (),
        },
        changes,
    )
    return result


def listener(**changes: Any) -> Listener:
    result: Listener = made(
        Listener,
        {
            "transport": "tcp",
            "protocol": "tcp",
            "address": "127.0.0.1",
            "port": 5432,
            "interface": None,
            "v6only": None,
            "state": "listen",
            "inode": 77,
            "uid": 110,
            "user": "postgres",
            "netns": NETNS,
            "backlog": 200,
            "exposure": "loopback",
            "cgroup": "/system.slice/postgresql@16-main.service",
            "unit": "postgresql@16-main.service",
            "slice": "system.slice",
            "container": None,
            "forwards_to": None,
            "candidates": (),
            "owners": (),
        },
        changes,
    )
    return result


def process(pid: int, name: str, **changes: Any) -> Process:
    result: Process = made(
        Process,
        {
            "pid": pid,
            "started": "2026-11-20T21:10:16Z",
            "name": name,
            "executable": f"/usr/sbin/{name}",
            "executable_state": "present",
            "command": (f"/usr/sbin/{name}", "-D"),
            "uid": 0,
            "user": "root",
            "unit": f"{name}.service",
            "slice": "system.slice",
            "container": None,
            "package": None,
            "working_directory": "/",
            "parents": (ParentProcess(pid=1, name="systemd"),),
        },
        changes,
    )
    return result


def unseen(missing: Any, reason: Any = "not-permitted", subject: str | None = None) -> Unseen:
    return Unseen(missing=missing, reason=reason, subject=subject)


def asked(
    port: int, registry: RegistryEntry | None, here: Inspection | None, transport: Transport | None = None
) -> Answer:
    text = f"{port}/{transport}" if transport else str(port)
    return Answer(query=Query(port=port, transport=transport, text=text), registry=registry, host=here)


FREE = entry(status("unassigned", gap=(954, 988)), sctp=status("unassigned", gap=(954, 988)))
POSTGRES = entry(status("assigned", assignment("postgresql", "PostgreSQL Database", assignee="Tom Lane")), range="user")
HTTPS = entry(
    status(
        "assigned", assignment("https", "http protocol over TLS/SSL", references=("RFC9110",), modified="2021-10-01")
    ),
    sctp=status("assigned", assignment("https", "HTTPS", references=("RFC9260",))),
)
WIDESPREAD = "This entry records an unassigned but widespread use"
HBCI = entry(
    status("assigned", assignment("hbci", "HBCI"), assignment("remoteware-cl", "RemoteWare Client", notes=WIDESPREAD)),
    range="user",
)
HTTP = entry(
    status(
        "assigned",
        *(assignment(name, "World Wide Web HTTP", references=("RFC9110",)) for name in ("http", "www", "www-http")),
    )
)
DYNAMIC = entry(status("dynamic", gap=(49152, 65535)), range="dynamic", procedures=())

POSTMASTER = process(
    812,
    "postgres",
    executable="/usr/lib/postgresql/16/bin/postgres",
    command=("/usr/lib/postgresql/16/bin/postgres", "-D", "/var/lib/postgresql/16/main"),
    uid=110,
    user="postgres",
    unit="postgresql@16-main.service",
    package="postgresql-16",
    working_directory="/var/lib/postgresql/16/main",
)
LIKELY = (Candidate(pid=812, name="postgres", because="unit-main-process"),)
WEB = Container(id="4f1c9a02be77" + "0" * 52, name="web", image="nginx:1.27", runtime="docker")
LEADS = Forwarding(address="172.18.0.3", port=8443, container=WEB, via="docker-proxy")
PROXY = [
    listener(
        port=443,
        address=address,
        exposure="all",
        uid=0,
        user="root",
        unit="docker.service",
        inode=inode,
        v6only=v6only,
        forwards_to=LEADS,
        owners=(process(pid, "docker-proxy", unit="docker.service", package="docker-ce"),),
    )
    for address, pid, inode, v6only in (("0.0.0.0", 2210, 1, None), ("::", 2217, 2, True))
]
VITE = process(
    48213,
    "node",
    started="2026-11-23T19:05:16Z",
    executable="/usr/bin/node",
    command=("vite", "--port", "3000"),
    uid=1000,
    user="ana",
    unit="session-3.scope",
    package="nodejs",
    working_directory="/home/ana/code/shop-fix-cart",
    parents=(
        ParentProcess(pid=48100, name="npm"),
        ParentProcess(pid=4711, name="zsh"),
        ParentProcess(pid=1, name="systemd"),
    ),
)
WORKERS = tuple(process(2300 + number, "nginx", user="root" if not number else "www-data") for number in range(9))
SSH_OWNERS = (
    process(1, "systemd", unit="init.scope", parents=(), executable="/usr/lib/systemd/systemd"),
    process(944, "sshd", unit="ssh.service", package="openssh-server"),
)
INSIDE = Ephemeral(first=32768, last=60999, inside=True)
NO_PRIVILEGE = Bind(privileged=False, threshold=1024, needs=None)
