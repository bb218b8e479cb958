"""Containers: ids in the paths of cgroups, names in runtimes' files, and what a running daemon answers."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.host.linux import container_files, containers
from whoseport.model import Container

RECORDINGS = Path(__file__).parent / "recordings" / "containers"
DOCKER = "4" * 32 + "0a1b2c3d" * 4
PODMAN = "9" * 32 + "0a1b2c3d" * 4
KUBERNETES = "7" * 32 + "0a1b2c3d" * 4
ID = "0123456789abcdef" * 4
OTHER = "f" * 64


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"/system.slice/docker-{ID}.scope", (ID, "docker")),
        (f"/docker/{ID}", (ID, "docker")),
        (f"/docker/{ID}/init.scope", (ID, "docker")),
        (f"/docker/{ID}/system.slice/nginx.service", (ID, "docker")),
        (f"/docker/{OTHER}/docker/{ID}", (ID, "docker")),
        (f"/docker/{ID} (deleted)", (ID, "docker")),
        (f"/../../docker/{ID}", (ID, "docker")),
        (f"/ci/{ID}", (ID, None)),
        (f"/machine.slice/libpod-{ID}.scope", (ID, "podman")),
        (f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container", (ID, "podman")),
        (f"/libpod_parent/libpod-{ID}", (ID, "podman")),
        (f"/machine.slice/libpod-conmon-{ID}.scope", None),
        (f"/kubepods.slice/kubepods-pod1_2.slice/crio-conmon-{ID}.scope", None),
        (f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/crio-{ID}.scope", (ID, "cri-o")),
        (f"/kubepods.slice/kubepods-pod1_2.slice/cri-containerd-{ID}.scope", (ID, "containerd")),
        (f"/kubepods/besteffort/pod1-2-3/{ID}", (ID, None)),
        (f"/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:{ID}", (ID, "containerd")),
        (f"/docker/{OTHER}/kubelet.slice/kubelet-pod1.slice/cri-containerd-{ID}.scope", (ID, "containerd")),
        (f"/system.slice/nerdctl-{ID}.scope", (ID, "containerd")),
        ("/lxc.payload.web", ("web", "lxc")),
        ("/lxc.payload.web/system.slice/nginx.service", ("web", "lxc")),
        ("/lxc/101/ns/system.slice/nginx.service", ("101", "lxc")),
        ("/lxc.monitor.web", None),
        (f"/lxc.payload.web/system.slice/docker-{ID}.scope", (ID, "docker")),
        ("/machine.slice/machine-debian\\x2dweb.scope/payload/system.slice", ("debian-web", "systemd-nspawn")),
        ("/machine.slice/systemd-nspawn@web.service/payload", ("web", "systemd-nspawn")),
        ("/machine.slice/machine-qemu\\x2d1\\x2dguest.scope/libvirt/emulator", None),
        ("/docker/buildkit/uyxjmm9hjxb2dcxv0mhlq87ob", ("uyxjmm9hjxb2dcxv0mhlq87ob", "buildkit")),
        ("/system.slice/docker.service", None),
        ("/system.slice/docker.socket", None),
        (f"/system.slice/docker-{ID[:-1]}.scope", None),
        (f"/system.slice/docker-{ID[:-1]}G.scope", None),
        (f"/system.slice/other-{ID}.scope", None),
        ("/user.slice/user-1000.slice/session-1.scope", None),
        ("/", None),
        ("", None),
        (ID, None),
    ],
)
def test_the_id_is_read_from_the_path(path: str, found: tuple[str, str | None] | None) -> None:
    assert containers.container_id_of(path) == found


PARTS = st.sampled_from(
    [
        "docker",
        "lxc",
        "buildkit",
        "machine-",
        "machine-\\x.scope",
        "machine-\\xzz\\x2d.scope",
        ID,
        f"docker-{ID}.scope",
        "systemd-nspawn@.service",
        "",
    ]
)


@given(st.lists(PARTS | st.text(max_size=80), max_size=80).map("/".join))
def test_any_path_is_taken_apart(path: str) -> None:
    found = containers.container_id_of(path)
    if found is not None:
        assert found[0]
        assert found[1] in {None, "docker", "podman", "containerd", "cri-o", "lxc", "systemd-nspawn", "buildkit"}


def placed(root: Path, place: str, recording: str) -> None:
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(RECORDINGS / recording, root / place)


WEB = Container(id=DOCKER, name="shop-web-1", image="nginx:1.27", runtime="docker")
DATABASE = Container(id=PODMAN, name="db", image="docker.io/library/postgres:16", runtime="podman")
TASKS = "io.containerd.runtime.v2.task/k8s.io"


@pytest.mark.parametrize("runtime", ["docker", None])
@pytest.mark.parametrize("place", ["var/lib/docker", "var/snap/docker/common/var-lib-docker"])
def test_docker_keeps_name_and_image(tmp_path: Path, place: str, runtime: str | None) -> None:
    placed(tmp_path, f"{place}/containers/{DOCKER}/config.v2.json", "docker-config.v2.json")
    look = containers.look(DOCKER, runtime, root=str(tmp_path))
    assert look == containers.ContainerLook(container=WEB, unseen=())
    assert containers.describe(DOCKER, runtime, root=str(tmp_path)) == WEB


def test_docker_may_keep_them_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "etc/docker").mkdir(parents=True)
    (tmp_path / "etc/docker/daemon.json").write_text('{"data-root": "/srv/docker"}')
    placed(tmp_path, f"srv/docker/containers/{DOCKER}/config.v2.json", "docker-config.v2.json")
    assert containers.describe(DOCKER, "docker", root=str(tmp_path)) == WEB


@pytest.mark.parametrize("runtime", ["podman", None])
@pytest.mark.parametrize("name", ["overlay-containers/containers.json", "vfs-containers/volatile-containers.json"])
def test_podman_keeps_name_and_image(tmp_path: Path, name: str, runtime: str | None) -> None:
    placed(tmp_path, f"var/lib/containers/storage/{name}", "podman-containers.json")
    assert containers.describe(PODMAN, runtime, root=str(tmp_path)) == DATABASE


def test_a_users_container_is_in_the_users_home_alone(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nbad\nann:x:1000:1000::/home/ann/:/bin/sh\n")
    placed(
        tmp_path,
        "home/ann/.local/share/containers/storage/overlay-containers/containers.json",
        "podman-containers.json",
    )
    place = f"/user.slice/user-%d.slice/user@1000.service/user.slice/libpod-{PODMAN}.scope"
    assert containers.describe(PODMAN, "podman", root=str(tmp_path), cgroup=place % 1000) == DATABASE
    assert containers.describe(PODMAN, "podman", root=str(tmp_path), cgroup=place % 1001).name is None
    assert containers.describe(PODMAN, "podman", root=str(tmp_path), cgroup="/machine.slice/x").name is None


def test_containerd_keeps_the_names_of_kubernetes(tmp_path: Path) -> None:
    placed(tmp_path, f"run/containerd/{TASKS}/{KUBERNETES}/config.json", "containerd-config.json")
    for runtime in ("containerd", None):
        assert containers.describe(KUBERNETES, runtime, root=str(tmp_path)) == Container(
            id=KUBERNETES,
            name="kube-system/coredns-7db6d8ff4d-abcde/coredns",
            image="registry.k8s.io/coredns/coredns:v1.11.1",
            runtime="containerd",
        )


def test_lxc_and_nspawn_have_no_other_name() -> None:
    for runtime in ("lxc", "systemd-nspawn"):
        look = containers.look("web", runtime, root="/nowhere")
        assert look.container == Container(id="web", name="web", image=None, runtime=runtime)
        assert look.unseen == ()


def test_why_a_name_is_missing_is_told(tmp_path: Path) -> None:
    look = containers.look(DOCKER, "docker", root=str(tmp_path))
    assert look.container == Container(id=DOCKER, name=None, image=None, runtime="docker")
    assert [(item.missing, item.reason) for item in look.unseen] == [("container", "vanished")]
    look = containers.look("uyxjmm9hjxb2dcxv0mhlq87ob", "buildkit", root=str(tmp_path))
    assert [(item.missing, item.reason) for item in look.unseen] == [("container", "not-supported")]
    pipe = tmp_path / f"var/lib/docker/containers/{DOCKER}/config.v2.json"
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    look = containers.look(DOCKER, "docker", root=str(tmp_path))
    assert [(item.reason, item.subject) for item in look.unseen] == [("unreadable", f"path:{pipe}")]


def test_an_id_that_is_none_leads_to_no_path(tmp_path: Path) -> None:
    placed(tmp_path, "var/lib/docker/secret/config.v2.json", "docker-config.v2.json")
    for wrong in ("../secret", "", "/" * 64, ("../" * 30)[:64]):
        assert containers.describe(wrong, "docker", root=str(tmp_path)).name is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from([DOCKER, "/web"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["ID", "Id", "id", "Name", "Config", "Image", "names", "metadata", "annotations"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_names_texts_or_nothing(value: object) -> None:
    for found in (
        container_files.docker_names(value, DOCKER),
        container_files.storage_names(value, DOCKER),
        container_files.bundle_names(value),
    ):
        if found is not None:
            assert found.name is None or (isinstance(found.name, str) and found.name.encode())
            assert found.image is None or (isinstance(found.image, str) and found.image.encode())


@given(st.binary(max_size=100))
def test_any_bytes_are_json_or_nothing(content: bytes) -> None:
    container_files.docker_names(container_files.loaded(content), DOCKER)


def test_hostile_json_is_nothing() -> None:
    assert container_files.loaded(b"[" * 100_000) is None
    assert container_files.loaded(b"1" * 100_000) is None
    told = container_files.docker_names({"ID": DOCKER, "Name": "/\ud800" + "x" * 5000}, DOCKER)
    assert told is not None
    assert told.name is not None
    assert told.name.startswith("\\ud800xx")
    assert len(told.name) < 1100


# --- a daemon that already runs --------------------------------------------------------------------------------------

Handler = Callable[[socket.socket], None]


@contextmanager
def daemon(handle: Handler | None, *, name: str = "dockerd", pid: str = "812") -> Iterator[tuple[str, list[bytes]]]:
    """A root folder with a listening /run/docker.sock, its pid file and process; and the requests that came."""
    # the path of a unix socket has 107 bytes at most, which tmp_path may exceed
    with tempfile.TemporaryDirectory(prefix="whoseport-") as root:
        for folder in ("run", "proc/812"):
            Path(root, folder).mkdir(parents=True)
        Path(root, "run/docker.pid").write_text(pid)
        Path(root, "proc/812/comm").write_text(f"{name}\n")
        requests: list[bytes] = []
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(f"{root}/run/docker.sock")
        listening.listen(1)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    requests.append(connection.recv(4096))
                    if handle is not None:
                        try:
                            handle(connection)
                        except OSError:
                            continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield root, requests
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join(10)
            assert not thread.is_alive()


def answering(content: bytes, *, status: bytes = b"HTTP/1.0 200 OK") -> Handler:
    head = status + b"\r\nApi-Version: 1.47\r\nContent-Type: application/json\r\n\r\n"
    return lambda connection: connection.sendall(head + content)


INSPECTED = (RECORDINGS / "docker-api.json").read_bytes()


def test_a_running_daemon_is_asked() -> None:
    with daemon(answering(INSPECTED)) as (root, requests):
        assert containers.describe(DOCKER, "docker", root=root) == WEB
        assert containers.describe(DOCKER, None, root=root) == WEB
        assert requests == [f"GET /containers/{DOCKER}/json HTTP/1.0\r\nHost: docker\r\n\r\n".encode()] * 2


def test_a_running_daemon_is_not_asked_where_files_tell_or_it_is_not_wanted() -> None:
    with daemon(answering(INSPECTED)) as (root, requests):
        assert containers.describe(DOCKER, "docker", root=root, ask_runtime=False).name is None
        assert containers.describe(DOCKER, "podman", root=root).name is None
        placed(Path(root), f"var/lib/docker/containers/{DOCKER}/config.v2.json", "docker-config.v2.json")
        assert containers.describe(DOCKER, "docker", root=root) == WEB
        assert requests == []


@pytest.mark.parametrize(
    ("name", "pid"), [("systemd", "812"), ("dockerd", "813"), ("dockerd", ""), ("dockerd", "../1")]
)
def test_a_socket_without_its_daemon_is_left_alone(name: str, pid: str) -> None:
    with daemon(answering(INSPECTED), name=name, pid=pid) as (root, requests):
        assert stat.S_ISSOCK(os.stat(f"{root}/run/docker.sock").st_mode)
        assert containers.describe(DOCKER, "docker", root=root).name is None
        assert requests == []


def drip(connection: socket.socket) -> None:
    """Never ends, and never pauses long enough for a time limit on each read."""
    while True:
        connection.sendall(b"HTTP/1.0 200 OK\r\n")


@pytest.mark.parametrize(
    "handle",
    [
        answering(INSPECTED, status=b"HTTP/1.0 404 Not Found"),
        answering(INSPECTED, status=b"SSH-2.0-x"),
        answering(INSPECTED[:200]),
        answering(json.dumps({"Id": OTHER, "Name": "/web"}).encode()),
        answering(b""),
        drip,
        lambda connection: None,
        lambda connection: connection.shutdown(socket.SHUT_RDWR),
    ],
)
def test_an_answer_that_is_none_names_nothing(handle: Handler) -> None:
    with daemon(handle) as (root, requests):
        look = containers.look(DOCKER, "docker", root=root)
        assert look.container == Container(id=DOCKER, name=None, image=None, runtime="docker")
        assert len(requests) == 1


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_ANSWER_LIMIT", 1 << 40)
    with daemon(drip) as (root, _):
        assert containers.ask_docker(DOCKER, root=root, patience=0.05) is None


def test_an_answer_over_the_limit_is_given_up() -> None:
    with daemon(answering(INSPECTED + b" " * (2 << 20))) as (root, _):
        assert containers.ask_docker(DOCKER, root=root, patience=30) is None
    with daemon(answering(INSPECTED + b" " * 1000)) as (root, _):
        assert containers.ask_docker(DOCKER, root=root, patience=30) is not None


def test_a_silent_daemon_is_waited_for_no_longer_than_told() -> None:
    done = threading.Event()

    def wait(connection: socket.socket) -> None:
        done.wait(60)

    with daemon(wait) as (root, requests):
        try:
            # the answer never comes: that this returns at all is the test
            assert containers.ask_docker(DOCKER, root=root, patience=0.05) is None
        finally:
            done.set()
        assert len(requests) == 1


@given(st.binary(max_size=120) | st.binary(max_size=80).map(lambda rest: b"HTTP/1.0 200 OK\r\n\r\n" + rest))
def test_any_answer_is_taken_apart(answer: bytes) -> None:
    assert containers._answered(answer, DOCKER) is None
