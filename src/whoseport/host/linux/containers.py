"""Which container does a control group belong to, and what is it called?

The id is in the cgroup's path, for anyone to read. Name and image come from the runtime's own files (container_files);
where these are root's, from a Docker daemon that already runs. None is ever started by the question: see `ask_docker`.
"""

from __future__ import annotations

import _socket
import os
import time

from whoseport.host.linux.bounded import read_regular
from whoseport.model import Container, Unseen
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.host.linux.container_files import Names

# what a runtime puts before the id: `docker-ID.scope` under systemd, without `.scope` where it makes the cgroup itself
_PREFIXES = {
    "docker": "docker",
    "libpod": "podman",
    "cri-containerd": "containerd",
    "nerdctl": "containerd",
    "crio": "cri-o",
}
_PARENTS = {"docker": "docker", "libpod_parent": "podman"}
_NAMED = frozenset({"lxc", "systemd-nspawn"})
_DEEPEST = 64
_ID_LENGTH = 64

_PATIENCE = 0.3
_ANSWER_LIMIT = 1 << 20


class ContainerLook(Record):
    """A container as far as it could be told, and why its name or image is missing where it is."""

    container: Container
    unseen: tuple[Unseen, ...]


def container_id_of(cgroup_path: str) -> tuple[str, str | None] | None:
    """The id of the innermost container that a cgroup (a path below the cgroup mount) lies in, and its runtime.

    Runtimes: docker, podman, containerd, cri-o (ids of 64 hexadecimal digits), buildkit (25 letters and digits), lxc
    and systemd-nspawn (the id is a name); None where the path does not tell. None for no container at all, and for the
    monitor that a runtime keeps beside its container.
    """
    parts = cgroup_path.removesuffix(" (deleted)").split("/")[:_DEEPEST]
    for position in range(len(parts) - 1, 0, -1):
        found = _container(parts[position], parts[position - 1])
        if found is not None and found[0]:
            return found
    return None


def _container(part: str, parent: str) -> tuple[str, str | None] | None:
    stem = part.removesuffix(".scope")
    if len(stem) == _ID_LENGTH and _is_id(stem):
        return stem, _PARENTS.get(parent)
    if len(stem) > _ID_LENGTH and _is_id(container_id := stem[-_ID_LENGTH:]):
        # containerd with systemd's names on a cgroup of its own making: kubepods-podUID.slice:cri-containerd:ID
        prefix = stem[: -_ID_LENGTH - 1].rpartition(":")[2]
        if stem[-_ID_LENGTH - 1] in "-:" and prefix in _PREFIXES:
            return container_id, _PREFIXES[prefix]
        return None
    if part.startswith("lxc.payload."):
        return part.removeprefix("lxc.payload."), "lxc"
    if parent in ("lxc", "lxc.payload"):
        return part, "lxc"
    if part.startswith("machine-") and part != stem:
        name = _unescaped(stem.removeprefix("machine-"))
        # libvirt registers its virtual machines, which are no containers, in the same way
        return None if name.startswith("qemu-") else (name, "systemd-nspawn")
    if part.startswith("systemd-nspawn@") and part.endswith(".service"):
        return _unescaped(part[len("systemd-nspawn@") : -len(".service")]), "systemd-nspawn"
    if parent == "buildkit" and len(part) > 11 and part.isascii() and part.isalnum():
        return part, "buildkit"
    return None


def _is_id(text: str) -> bool:
    return not text.strip("0123456789abcdef")


def _unescaped(name: str) -> str:
    r"""A name as before systemd escaped it: `\x2d` for a dash (systemd.unit(5), string escaping)."""
    first, *rest = name.split("\\x")
    pieces = [first]
    for piece in rest:
        try:
            pieces.append(chr(int(piece[:2], 16)) + piece[2:])
        except ValueError:
            return name
    return "".join(pieces)


def describe(
    container_id: str,
    runtime: str | None = None,
    *,
    root: str = "/",
    cgroup: str | None = None,
    ask_runtime: bool = True,
) -> Container:
    """The container with name and image: `look` without what could not be seen."""
    return look(container_id, runtime, root=root, cgroup=cgroup, ask_runtime=ask_runtime).container


def look(
    container_id: str,
    runtime: str | None = None,
    *,
    root: str = "/",
    cgroup: str | None = None,
    ask_runtime: bool = True,
) -> ContainerLook:
    """What the runtime knows of a container that `container_id_of` found.

    `cgroup` is the path that it was found in: a user's own (below `user-UID.slice`) lead to that user's home, where
    podman and Docker without root keep theirs; without it our own user's is looked into. `name` is the runtime's own,
    of a containerd's Kubernetes container `NAMESPACE/POD/CONTAINER`; `image` is as it was named when the container was
    made.
    `ask_runtime` False: files only.
    """
    if runtime in _NAMED:
        named = Container(id=container_id, name=container_id, image=None, runtime=runtime)
        return ContainerLook(container=named, unseen=())
    unknown = Container(id=container_id, name=None, image=None, runtime=runtime)
    # the id becomes part of a path, so it must be one
    if len(container_id) != _ID_LENGTH or not _is_id(container_id):
        unseen = Unseen(missing="container", reason="not-supported", subject=None)
        return ContainerLook(container=unknown, unseen=(unseen,))

    from whoseport.host.linux import container_files

    root = root.rstrip("/")
    found, refused = container_files.find(container_id, runtime, root=root, user=_user(cgroup))
    if found is None and ask_runtime and runtime in ("docker", None):
        found = ask_docker(container_id, root=root)
    if found is None:
        unseen = refused or Unseen(missing="container", reason="vanished", subject=None)
        return ContainerLook(container=unknown, unseen=(unseen,))
    known = Container(id=container_id, name=found.name, image=found.image, runtime=runtime or found.runtime)
    return ContainerLook(container=known, unseen=())


def _user(cgroup: str | None) -> int:
    """The user whose home may hold the container's files."""
    if cgroup is None:
        return os.geteuid()
    for part in cgroup.split("/"):
        digits = part.removeprefix("user-").removesuffix(".slice")
        if part == f"user-{digits}.slice" and digits.isascii() and digits.isdigit() and len(digits) < 11:
            return int(digits)
    return 0


def ask_docker(container_id: str, *, root: str = "", patience: float = _PATIENCE) -> Names | None:
    """What a running Docker daemon says of a container, within `patience` seconds in all; None if it says nothing.

    Connecting to `/run/docker.sock` would start a daemon that systemd listens for. So it is asked only if the process
    of its pid file is there and is dockerd: then the connection is its own. Podman's service is not asked at all: it
    ends by itself after a few seconds and is started again by the next connection, and what it knows is in files.
    """
    if not _daemon_runs(root):
        return None
    deadline = time.monotonic() + patience
    request = f"GET /containers/{container_id}/json HTTP/1.0\r\nHost: docker\r\n\r\n".encode()
    answer = b""
    try:
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        connection.settimeout(patience)
        connection.connect(f"{root}/run/docker.sock")
        connection.send(request)
        while len(answer) <= _ANSWER_LIMIT and (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            piece = connection.recv(65536)
            if not piece:
                return _answered(answer, container_id)
            answer += piece
    except OSError:
        return None
    finally:
        connection.close()
    return None


def _daemon_runs(root: str) -> bool:
    try:
        pid = read_regular(f"{root}/run/docker.pid", limit=32).strip()
        return pid.isdigit() and read_regular(f"{root}/proc/{int(pid)}/comm", limit=64) == b"dockerd\n"
    except OSError:
        return False


def _answered(answer: bytes, container_id: str) -> Names | None:
    """The names in an answer of HTTP/1.0, whose body ends with the connection (RFC 9112 section 6.3)."""
    from whoseport.host.linux import container_files

    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.partition(b"\r\n")[0].split(b" ")
    if len(status) < 2 or not status[0].startswith(b"HTTP/1.") or status[1] != b"200":
        return None
    return container_files.docker_names(container_files.loaded(body), container_id)
