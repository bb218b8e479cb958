"""Processes, listeners, inspections and software for the tests of what a listener is, each as plain as may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whoseport.classifiers.kinds import settle
from whoseport.model import (
    Inspection,
    Listener,
    ParentProcess,
    PortRange,
    Privileges,
    Process,
    Settings,
    Software,
    SoftwarePort,
    Variable,
)

if TYPE_CHECKING:
    from whoseport.classifiers.settled import Settled
    from whoseport.model import SoftwareKind, Transport

PID = 812


def process(
    command: tuple[str, ...] | str | None = ("server",),
    *,
    executable: str | None = "/home/ana/bin/server",
    environment: dict[str, str] | None = None,
    parents: tuple[ParentProcess, ...] = (),
    **changes: Any,
) -> Process:
    """A process of this command line, which may be one text with blanks between its words."""
    words = tuple(command.split()) if isinstance(command, str) else command
    name = (words or ("server",))[0].rpartition("/")[2][:15]
    variables = None if environment is None else tuple(Variable(name=k, value=v) for k, v in environment.items())
    made = Process(
        pid=PID,
        started="2026-11-23T10:00:00Z",
        name=name,
        executable=executable,
        executable_state="unseen" if executable is None else "present",
        command=words,
        uid=1000,
        user="ana",
        unit=None,
        slice=None,
        container=None,
        package=None,
        working_directory="/home/ana",
        parents=parents,
        environment=variables,
    )
    return made.replace(**changes)


def parent(command: str, executable: str | None = None, *, pid: int = 700) -> ParentProcess:
    words = tuple(command.split(" "))
    return ParentProcess(pid=pid, name=words[0].rpartition("/")[2][:15], executable=executable, command=words)


def listener(port: int, *owners: Process, transport: Transport = "tcp", **changes: Any) -> Listener:
    made = Listener(
        transport=transport,
        protocol=transport,
        address="0.0.0.0",
        port=port,
        interface=None,
        v6only=None,
        state="listen" if transport == "tcp" else "unconnected",
        inode=4711,
        uid=1000,
        user="ana",
        netns="1",
        backlog=128,
        exposure="all",
        cgroup=None,
        unit=None,
        slice=None,
        container=None,
        forwards_to=None,
        candidates=(),
        owners=owners,
    )
    return made.replace(**changes)


def inspection(*listeners: Listener, **changes: Any) -> Inspection:
    made = Inspection(
        hostname="host",
        taken_at="2026-11-23T12:00:00Z",
        backend="linux",
        privileges=Privileges(uid=0, user="root", capabilities=()),
        version="0",
        complete=True,
        netns="1",
        settings=Settings(unprivileged_port_start=1024, ephemeral=PortRange(first=32768, last=60999), reserved=()),
        listeners=listeners,
        unseen=(),
    )
    return made.replace(**changes)


def software(
    name: str,
    *,
    kind: SoftwareKind = "server",
    programs: str = "",
    scripts: str = "",
    packages: str = "",
    units: str = "",
    ports: tuple[tuple[Transport, int], ...] = (),
) -> Software:
    return Software(
        name=name,
        kind=kind,
        programs=tuple(programs.split()),
        scripts=tuple(scripts.split()),
        packages=tuple(packages.split()),
        units=tuple(units.split()),
        ports=tuple(SoftwarePort(transport=one, first=port, last=port, role="default") for one, port in ports),
    )


KNOWN = (
    software(
        "Redis",
        programs="redis-server redis-check-rdb",
        packages="redis-server redis-tools",
        units="redis-server redis-server@",
        ports=(("tcp", 6379),),
    ),
    software("PostgreSQL", programs="postgres", packages="postgresql-15", units="postgresql@", ports=(("tcp", 5432),)),
    software("nginx", programs="nginx", packages="nginx-core", units="nginx", ports=(("tcp", 80), ("tcp", 443))),
    software("OpenSSH server", programs="sshd", packages="openssh-server", units="ssh", ports=(("tcp", 22),)),
    software("Unbound", programs="unbound", packages="unbound", ports=(("tcp", 53), ("udp", 53))),
    software("MySQL", programs="mysqld", packages="mysql-server", ports=(("tcp", 3306),)),
    software("MariaDB", programs="mariadbd mysqld", packages="mariadb-server-core", ports=(("tcp", 3306),)),
    software("Alpha server", programs="alphad", ports=(("tcp", 7001),)),
    software("Beta server", programs="alphad", ports=(("tcp", 7002),)),
    software("PHP-FPM", programs="php-fpm", packages="php8.2-fpm", ports=(("tcp", 9000),)),
    software("Uvicorn", scripts="uvicorn", ports=(("tcp", 8000),)),
    software("Gunicorn", scripts="gunicorn", packages="gunicorn", ports=(("tcp", 8000),)),
    software("Waitress", scripts="waitress-serve", ports=(("tcp", 8080),)),
    software("Twisted", scripts="twistd", ports=(("tcp", 8080),)),
    software("Celery", scripts="celery"),
    software("Kafka", scripts="kafka.kafka", ports=(("tcp", 9092),)),
    software("Elasticsearch", scripts="org.elasticsearch.bootstrap.elasticsearch", ports=(("tcp", 9200),)),
    software("Jenkins", scripts="jenkins.war", units="jenkins", ports=(("tcp", 8080),)),
    software("RabbitMQ", scripts="rabbit", ports=(("tcp", 5672),)),
    software("Puppet Server", scripts="puppetlabs.trapperkeeper.main", ports=(("tcp", 8140),)),
    software("Next.js", kind="development-server", scripts="next next-server", ports=(("tcp", 3000),)),
    software("FastAPI", kind="development-server", scripts="fastapi"),
    software("Appium", kind="development-server", scripts="appium", ports=(("tcp", 4723),)),
    software("rpcbind", kind="rpc", programs="rpcbind", packages="rpcbind", ports=(("tcp", 111), ("udp", 111))),
    software("rpc.statd", kind="rpc", programs="rpc.statd", packages="nfs-common"),
    software("socat", kind="forwarder", programs="socat", packages="socat"),
    software("OpenSSH client", kind="forwarder", programs="ssh", packages="openssh-client"),
    software("docker-proxy", kind="forwarder", programs="docker-proxy", packages="docker-ce"),
    software("Firefox", kind="client", programs="firefox", packages="firefox-esr"),
    software("Spotify", kind="client", programs="spotify", ports=(("tcp", 57621),)),
    software("Avahi", kind="desktop", programs="avahi-daemon", packages="avahi-daemon", ports=(("udp", 5353),)),
    software("inetd", programs="inetd", packages="openbsd-inetd"),
    software("systemd", programs="systemd", packages="systemd"),
    software("CUPS", kind="desktop", programs="cupsd", units="cups", ports=(("tcp", 631),)),
    software("Wine", kind="interpreter", programs="wine64-preloader"),
    software("Python", kind="interpreter", programs="python3"),
    software("Node.js", kind="interpreter", programs="node", ports=(("tcp", 9229),)),
)


def named(name: str) -> tuple[Software, ...]:
    return tuple(one for one in KNOWN if name in (*one.programs, *one.scripts, *one.packages, *one.units))


def at(port: int, transport: Transport) -> tuple[Software, ...]:
    return tuple(
        one for one in KNOWN if any(known.first == port for known in one.ports if known.transport == transport)
    )


def settled(one: Listener, *others: Listener, **changes: Any) -> Settled:
    """What the listener is, among others, in an inspection with these changes."""
    return settle(one, inspection(one, *others, **changes), named=named, at=at, cache={})
