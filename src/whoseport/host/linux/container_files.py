"""What do a container runtime's own files say of a container's name and image?

Docker: `containers/ID/config.v2.json` below its data root. Podman and CRI-O: `containers.json` of containers/storage
(its docs/containers-storage.md), in which podman writes the image's name as JSON within JSON. containerd: the
bundle's `config.json` (OCI runtime specification) with annotations of its CRI plug-in, or of nerdctl.
"""

from __future__ import annotations

from whoseport.host.linux.bounded import read_regular, reason_of
from whoseport.model import Unseen
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DOCKER_ROOTS = ("var/lib/docker", "var/snap/docker/common/var-lib-docker")
_STORAGES = ("var/lib/containers/storage",)
_DRIVERS = ("overlay", "vfs", "btrfs", "zfs")
# the second list is of containers that go with the next start of the system (podman run --rm)
_LISTS = ("containers.json", "volatile-containers.json")
_BUNDLES = ("run/containerd", "run/k3s/containerd", "var/snap/microk8s/common/run/containerd")
_NAMESPACES = ("k8s.io", "default")
_TASKS = "io.containerd.runtime.v2.task"

_CONFIG_LIMIT = 4 << 20
_STORAGE_LIMIT = 32 << 20
_PASSWD_LIMIT = 4 << 20
_LONGEST = 1024


class Names(Record):
    """`runtime` is the one whose files told, for a cgroup that does not tell."""

    name: str | None
    image: str | None
    runtime: str


def find(container_id: str, runtime: str | None, *, root: str, user: int) -> tuple[Names | None, Unseen | None]:
    """What the files below `root` say of a container by its whole id; and the first file that kept us out.

    `runtime` as told by the cgroup, None: all are tried. `user` is the uid whose home is looked into besides the
    system's places, 0 for none.
    """
    refused: Unseen | None = None
    for path, limit, told_by in places(container_id, runtime, root=root, user=user):
        try:
            content = loaded(read_regular(path, limit=limit))
        except OSError as error:
            if (reason := reason_of(error)) != "vanished" and refused is None:
                refused = Unseen(missing="container", reason=reason, subject=f"path:{path}")
            continue
        if told_by == "docker":
            found = docker_names(content, container_id)
        elif told_by == "containerd":
            found = bundle_names(content)
        else:
            found = storage_names(content, container_id)
        if found is not None:
            return found, None
    return None, refused


def places(container_id: str, runtime: str | None, *, root: str, user: int) -> Iterator[tuple[str, int, str]]:
    """The files that may tell: path, the most bytes to read of it, whose it is."""
    home = _home(root, user) if user and runtime in ("docker", "podman", None) else None
    if runtime in ("docker", None):
        data = [f"{root}/{folder}" for folder in _DOCKER_ROOTS]
        data += [f"{home}/.local/share/docker"] if home else []
        data += [f"{root}{chosen}" for chosen in _chosen_data_root(root)]
        for folder in data:
            yield f"{folder}/containers/{container_id}/config.v2.json", _CONFIG_LIMIT, "docker"
    if runtime in ("podman", "cri-o", None):
        storages = [f"{root}/{folder}" for folder in _STORAGES]
        storages += [f"{home}/.local/share/containers/storage"] if home else []
        for storage in storages:
            for driver in _DRIVERS:
                for name in _LISTS:
                    yield f"{storage}/{driver}-containers/{name}", _STORAGE_LIMIT, "storage"
    if runtime in ("containerd", None):
        for folder in _BUNDLES:
            for namespace in _NAMESPACES:
                yield f"{root}/{folder}/{_TASKS}/{namespace}/{container_id}/config.json", _CONFIG_LIMIT, "containerd"


def _chosen_data_root(root: str) -> list[str]:
    """The data root that Docker's own configuration names (dockerd(8), data-root)."""
    try:
        configuration = loaded(read_regular(f"{root}/etc/docker/daemon.json", limit=_CONFIG_LIMIT))
    except OSError:
        return []
    chosen = _text(_member(configuration, "data-root"))
    return [chosen] if chosen is not None and chosen.startswith("/") else []


def _home(root: str, user: int) -> str | None:
    """The user's home folder (passwd(5)), within `root`."""
    try:
        content = read_regular(f"{root}/etc/passwd", limit=_PASSWD_LIMIT)
    except OSError:
        return None
    for line in content.split(b"\n"):
        fields = line.split(b":")
        if len(fields) == 7 and fields[2] == b"%d" % user and fields[5].startswith(b"/") and b"\0" not in fields[5]:
            return root + fields[5].decode("utf-8", "surrogateescape").rstrip("/")
    return None


def loaded(content: bytes) -> object:
    """The JSON value, None for anything that is none."""
    import json

    try:
        return json.loads(content.decode("utf-8", "backslashreplace"))
    except (ValueError, RecursionError):
        return None


def docker_names(value: object, container_id: str) -> Names | None:
    """From Docker's own record of a container, its file and its API alike; None if it is another's."""
    told_id = _member(value, "ID") or _member(value, "Id")
    if told_id != container_id:
        return None
    name = _text(_member(value, "Name"))
    image = _text(_member(_member(value, "Config"), "Image"))
    return Names(name=name.removeprefix("/") if name else None, image=image, runtime="docker")


def storage_names(value: object, container_id: str) -> Names | None:
    """From the list of containers/storage; None if the container is not in it."""
    for container in value if isinstance(value, list) else ():
        if _member(container, "id") != container_id:
            continue
        metadata = _member(container, "metadata")
        inner = loaded(metadata.encode("utf-8", "backslashreplace")) if isinstance(metadata, str) else None
        names = _member(container, "names")
        name = _text(names[0]) if isinstance(names, list) and names else _text(_member(inner, "name"))
        pod = _text(_member(inner, "pod-name"))
        image = _text(_member(inner, "image-name"))
        return Names(name=name, image=image, runtime="cri-o" if pod else "podman")
    return None


def bundle_names(value: object) -> Names | None:
    """From the annotations of an OCI bundle: Kubernetes' through containerd, or nerdctl's."""
    annotations = _member(value, "annotations")
    name = _text(_member(annotations, "nerdctl/name"))
    image = None
    if name is None:
        container = _text(_member(annotations, "io.kubernetes.cri.container-name"))
        image = _text(_member(annotations, "io.kubernetes.cri.image-name"))
        pod = [_text(_member(annotations, f"io.kubernetes.cri.sandbox-{key}")) for key in ("namespace", "name")]
        name = "/".join(part for part in (*pod, container) if part) or None
    if name is None and image is None:
        return None
    return Names(name=name, image=image, runtime="containerd")


def _member(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    """A text of the file as it can be printed and stored: bounded, and without half of a surrogate pair."""
    if not isinstance(value, str) or not value:
        return None
    return value[:_LONGEST].encode("utf-8", "backslashreplace").decode()
