"""Records as a real machine gives them, to take apart in tests."""

from __future__ import annotations

from whoseport.model import (
    Container,
    Inspection,
    Listener,
    ParentProcess,
    PortRange,
    Privileges,
    Process,
    Settings,
    Unseen,
)

DATABASE = Process(
    pid=812,
    started="2026-08-17T06:00:01Z",
    name="postgres",
    executable="/usr/lib/postgresql/15/bin/postgres",
    executable_state="present",
    command=("postgres", "-D", "/var/lib/postgresql"),
    uid=999,
    user="postgres",
    unit="postgresql@15-main.service",
    slice="system.slice",
    container=Container(id="f" * 64, name="db", image="postgres:15", runtime="docker"),
    package="postgresql-15",
    working_directory="/var/lib/postgresql",
    parents=(ParentProcess(pid=1, name="systemd"),),
)


def listener(port: int = 5432, *, owners: tuple[Process, ...] = (DATABASE,)) -> Listener:
    return Listener(
        transport="tcp",
        protocol="tcp",
        address="127.0.0.1",
        port=port,
        interface=None,
        v6only=None,
        state="listen",
        inode=4711,
        uid=999,
        user="postgres",
        netns="4026531840",
        backlog=128,
        exposure="loopback",
        cgroup="/system.slice/postgresql.service",
        unit="postgresql.service",
        slice="system.slice",
        container=None,
        forwards_to=None,
        candidates=(),
        owners=owners,
    )


def inspection(*listeners: Listener) -> Inspection:
    return Inspection(
        hostname="db1",
        taken_at="2026-08-17T06:10:00Z",
        backend="linux",
        privileges=Privileges(uid=0, user="root", capabilities=("CAP_SYS_PTRACE",)),
        version="0.1.0",
        complete=True,
        netns="4026531840",
        settings=Settings(unprivileged_port_start=1024, ephemeral=PortRange(first=32768, last=60999), reserved=()),
        listeners=listeners or (listener(),),
        unseen=(Unseen(missing="rules", reason="not-permitted", subject=None),),
    )
