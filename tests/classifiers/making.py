"""Processes, listeners and inspections made by hand: an honest one, of which a test changes what it is about."""

from __future__ import annotations

from typing import Any

from whoseport.classifiers import judge
from whoseport.classifiers.subject import Subject
from whoseport.model import (
    ExecutableFile,
    Inspection,
    Listener,
    NamedFile,
    ParentProcess,
    Privileges,
    Process,
    Project,
    RelatedProcess,
    Settings,
    Software,
    SoftwarePort,
    Streams,
)

OWN_NETNS = "4026531840"


def software(name: str, *programs: str, **other: Any) -> Software:
    ports = (SoftwarePort(transport="tcp", first=4000, last=4000, role="default"),)
    fields: dict[str, Any] = {"kind": "server", "scripts": (), "packages": (), "units": (), "ports": ports}
    return Software(name=name, programs=programs, **(fields | other))


KNOWN = (
    software("OpenSSH server", "sshd", "sshd-session", packages=("openssh-server",)),
    software("Redis", "redis-server", "redis-check-rdb", packages=("redis-server", "redis-tools")),
    software("nginx", "nginx", packages=("nginx", "nginx-core")),
    software("systemd-resolved", "systemd-resolved", "systemd-resolve", packages=("systemd-resolved",)),
    software("Gunicorn", scripts=("gunicorn",)),
    software("Celery", scripts=("celery", "celeryd")),
    software("PostgreSQL", "postgres", packages=("postgresql-16",)),
    software("Postfix", "master", packages=("postfix",)),
    software("MariaDB", "mariadbd", "mysqld", packages=("mariadb-server",)),
    software("Vite", scripts=("vite",), kind="development-server"),
    software("Hugo", "hugo", kind="development-server"),
)


def named(name: str) -> tuple[Software, ...]:
    return tuple(one for one in KNOWN if name in (*one.programs, *one.scripts, *one.packages, *one.units))


def process(executable: str | None = "/home/ana/app/server", **other: Any) -> Process:
    """A running program of ana's in her home, of which everything was seen and nothing stands out."""
    command = (executable,) if executable else ("server",)
    fields: dict[str, Any] = {
        "pid": 4711,
        "started": "2026-11-24T00:00:00Z",
        "name": (executable or "server").rpartition("/")[2].removesuffix(" (deleted)")[:15],
        "executable": executable,
        "executable_state": "present",
        "command": command,
        "uid": 1000,
        "user": "ana",
        "unit": None,
        "slice": None,
        "container": None,
        "package": None,
        "working_directory": "/home/ana/app",
        "parents": (parent("bash"),),
        "kernel_thread": False,
        "streams": Streams(input="/dev/null", output="/dev/null", error="/dev/null"),
        "related": (),
        "files": (),
        "environment": (),
        "libraries": (),
        "capabilities": (),
    }
    return Process(**(fields | other))


def parent(name: str, *command: str, executable: str | None = None) -> ParentProcess:
    return ParentProcess(pid=4700, name=name, executable=executable, command=command or None)


def daemon(executable: str = "/usr/sbin/nginx", **other: Any) -> Process:
    """A packaged daemon of root's under its unit."""
    fields: dict[str, Any] = {
        "uid": 0,
        "user": "root",
        "unit": "nginx.service",
        "package": "nginx-core",
        "working_directory": "/",
        "parents": (parent("systemd"),),
        "executable_file": file(),
    }
    return process(executable, **(fields | other))


def file(**other: Any) -> ExecutableFile:
    fields: dict[str, Any] = {
        "uid": 0,
        "gid": 0,
        "mode": 0o755,
        "size": 4096,
        "modified": "2026-01-01T00:00:00Z",
        "changed": "2026-01-01T00:00:00Z",
        "links": 1,
        "capabilities": (),
        "filesystem": "ext4",
        "open_to_all": None,
    }
    return ExecutableFile(**(fields | other))


def named_file(argument: int, path: str, **other: Any) -> NamedFile:
    fields: dict[str, Any] = {"state": "present", "uid": 1000, "mode": 0o644, "package": None}
    return NamedFile(argument=argument, path=path, **(fields | other))


def project(folder: str, *markers: str) -> Project:
    return Project(
        folder=folder, name=None, markers=markers, dependencies=(), repository=None, branch=None, worktree_of=None
    )


def related(
    *command: str, relation: str = "child", streams: tuple[str | None, str | None, str | None]
) -> RelatedProcess:
    fields: dict[str, Any] = {"relation": relation}
    return RelatedProcess(
        pid=4712,
        name=command[0].rpartition("/")[2],
        executable=None,
        command=command,
        streams=Streams(input=streams[0], output=streams[1], error=streams[2]),
        **fields,
    )


def listener(*owners: Process, **other: Any) -> Listener:
    fields: dict[str, Any] = {
        "transport": "tcp",
        "protocol": "tcp",
        "address": "127.0.0.1",
        "port": 4000,
        "interface": None,
        "v6only": None,
        "state": "listen",
        "inode": 99,
        "uid": 1000,
        "user": "ana",
        "netns": OWN_NETNS,
        "backlog": 5,
        "exposure": "loopback",
        "cgroup": None,
        "unit": None,
        "slice": None,
        "container": None,
        "forwards_to": None,
        "candidates": (),
        "owners": owners,
    }
    return Listener(**(fields | other))


def inspection(*listeners: Listener, **other: Any) -> Inspection:
    fields: dict[str, Any] = {
        "hostname": "host",
        "taken_at": "2026-11-24T00:00:00Z",
        "backend": "linux",
        "privileges": Privileges(uid=0, user="root", capabilities=()),
        "version": "0",
        "complete": True,
        "netns": OWN_NETNS,
        "settings": Settings(unprivileged_port_start=1024, ephemeral=None, reserved=()),
        "listeners": listeners,
        "unseen": (),
    }
    return Inspection(**(fields | other))


def subject(one: Process) -> Subject:
    return Subject(one, named=named)


def judged(one: Inspection) -> Inspection:
    return judge(one, named=named, at=lambda _port, _transport: ())


def concern_of(*owners: Process, **other: Any) -> tuple[str, tuple[str, ...]]:
    """The concern about a listener of these owners, and the claims that decided the verdict."""
    verdict = judged(inspection(listener(*owners, **other))).listeners[0].verdict
    assert verdict is not None
    return verdict.concern, verdict.because
