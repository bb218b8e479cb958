"""The front of the package databases: merged folders, stores, several databases, and what could not be seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import whoseport
from whoseport.host.linux import packages
from whoseport.model import Unseen

RECORDINGS = Path(__file__).parent / "recordings" / "packages"


def merged(root: Path, links: dict[str, str]) -> None:
    for link, target in links.items():
        (root / link).parent.mkdir(parents=True, exist_ok=True)
        (root / link).symlink_to(target)


def dpkg_lists(root: Path, lists: dict[str, str]) -> None:
    (root / "var/lib/dpkg/info").mkdir(parents=True)
    for name, content in lists.items():
        (root / f"var/lib/dpkg/info/{name}.list").write_text(content)


def test_merged_folders_are_one_whichever_way_a_package_names_them(tmp_path: Path) -> None:
    merged(tmp_path, {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "/usr/lib"})
    dpkg_lists(tmp_path, {"rpcbind": "/sbin/rpcbind\n", "new": "/usr/sbin/newer\n", "lib": "/lib/daemon\n"})
    asked = ["/usr/sbin/rpcbind", "/sbin/rpcbind", "/sbin/newer", "/usr/lib/daemon", "/usr/bin/rpcbind"]
    assert packages.look(asked, root=str(tmp_path)).owners == {
        "/usr/sbin/rpcbind": "rpcbind",
        "/sbin/rpcbind": "rpcbind",
        "/sbin/newer": "new",
        "/usr/lib/daemon": "lib",
    }


def test_sbin_may_lead_to_bin_in_two_steps(tmp_path: Path) -> None:
    merged(tmp_path, {"bin": "usr/bin", "sbin": "usr/sbin", "usr/sbin": "bin"})
    dpkg_lists(tmp_path, {"one": "/sbin/one\n", "two": "/usr/sbin/two\n", "three": "/bin/three\n"})
    asked = [f"/usr/bin/{name}" for name in ("one", "two", "three")]
    assert packages.look(asked, root=f"{tmp_path}/").owners == dict(zip(asked, ("one", "two", "three"), strict=True))


def test_folders_that_are_two_stay_two(tmp_path: Path) -> None:
    (tmp_path / "sbin").mkdir()
    dpkg_lists(tmp_path, {"one": "/sbin/one\n"})
    assert packages.look(["/usr/sbin/one"], root=str(tmp_path)) == packages.PackageLook(owners={}, unseen=())


def test_paths_that_lead_in_circles_are_read_as_they_are(tmp_path: Path) -> None:
    merged(tmp_path, {"bin": "bin", "sbin": "lib", "lib": "sbin"})
    dpkg_lists(tmp_path, {"one": "/bin/one\n"})
    assert packages.look(["/bin/one", "/sbin/two"], root=str(tmp_path)).owners == {"/bin/one": "one"}


def test_each_database_gets_what_the_others_left(tmp_path: Path) -> None:
    dpkg_lists(tmp_path, {"one": "/usr/bin/one\n"})
    (tmp_path / "lib/apk/db").mkdir(parents=True)
    shutil.copy(RECORDINGS / "apk-installed", tmp_path / "lib/apk/db/installed")
    (tmp_path / "var/lib/rpm").mkdir(parents=True)
    (tmp_path / "var/lib/rpm/Packages").touch()
    found = packages.look(["/usr/bin/one", "/usr/sbin/nginx"], root=str(tmp_path))
    assert found == packages.PackageLook(owners={"/usr/bin/one": "one", "/usr/sbin/nginx": "nginx"}, unseen=())
    old = Unseen(missing="package", reason="not-supported", subject=f"path:{tmp_path}/var/lib/rpm/Packages")
    assert packages.look(["/usr/bin/none"], root=str(tmp_path)) == packages.PackageLook(owners={}, unseen=(old,))


def test_what_could_not_be_read_matters_only_while_an_owner_is_missing(tmp_path: Path) -> None:
    dpkg_lists(tmp_path, {"one": "/usr/bin/tool\n"})
    for number in range(12):
        (tmp_path / f"var/lib/dpkg/info/tool-{number}.list").mkdir()
    found = packages.look(["/usr/bin/tool"], root=str(tmp_path))
    assert found == packages.PackageLook(owners={"/usr/bin/tool": "one"}, unseen=())
    assert len(packages.look(["/usr/bin/tool", "/usr/bin/none"], root=str(tmp_path)).unseen) == 12


def test_no_database_at_all_is_told(tmp_path: Path) -> None:
    assert packages.look(["/usr/bin/one"], root=str(tmp_path)).unseen == (
        Unseen(missing="package", reason="not-supported", subject=None),
    )
    assert packages.look([], root=str(tmp_path)).unseen == ()


def test_what_no_database_can_hold_has_no_owner(tmp_path: Path) -> None:
    dpkg_lists(tmp_path, {"one": "/usr/bin/one\n/usr/bin/two\n"})
    asked = ["", "one", "/usr/bin/one\n/usr/bin/two", "/usr/bin/one\0", "/" + "a" * 5000, "/\udcff"]
    assert packages.look(asked, root=str(tmp_path)) == packages.PackageLook(owners={}, unseen=())


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/snap/lxd/24061/bin/lxd", "snap:lxd"),
        ("/var/lib/snapd/snap/node/1/bin/node", "snap:node"),
        ("/snap/bin/lxd", None),
        ("/snap/lxd", None),
        ("/nix/store/0c0c1d0k9fcgkzvcjdmmvh6bbkmhnx6i-redis-7.2.4/bin/redis-server", "nix:redis"),
        ("/nix/store/0c0c1d0k9fcgkzvcjdmmvh6bbkmhnx6i-python3-minimal-3.11.8/bin/python3", "nix:python3-minimal"),
        ("/nix/store/0c0c1d0k9fcgkzvcjdmmvh6bbkmhnx6i-name/bin/x", "nix:name"),
        ("/nix/store/short/bin/x", None),
        ("/gnu/store/0c0c1d0k9fcgkzvcjdmmvh6bbkmhnx6i-openssh-9.6p1/sbin/sshd", "guix:openssh"),
        ("/home/x/snap/lxd/1/bin/lxd", None),
    ],
)
def test_stores_name_the_package_in_the_path(path: str, name: str | None, tmp_path: Path) -> None:
    assert packages.named_by_path(path) == name
    assert packages.look([path], root=str(tmp_path)).owners.get(path) == name


@given(
    st.text(max_size=80).map(lambda text: "/nix/store/" + text) | st.text(max_size=80).map(lambda text: "/snap" + text)
)
def test_any_path_is_looked_at(path: str) -> None:
    name = packages.named_by_path(path)
    assert name is None or name.startswith(("nix:", "snap:"))


@given(st.text(max_size=40), st.sampled_from(["/bin", "/usr/bin", "/usr/sbin", "/opt"]))
def test_every_spelling_has_one_canonical_form(name: str, folder: str) -> None:
    aliases = {b"/bin": b"/usr/bin", b"/sbin": b"/usr/bin", b"/usr/sbin": b"/usr/bin"}
    path = packages.canonical(f"{folder}/{name}".encode("utf-8", "surrogatepass"), aliases)
    for spelling in packages.spellings(path, aliases):
        assert packages.canonical(spelling, aliases) == path


@pytest.mark.skipif(not os.path.isfile("/var/lib/dpkg/info/dash.list"), reason="needs a system with dpkg and dash")
def test_this_machines_shell_has_its_package() -> None:
    path = os.path.realpath("/bin/dash")
    assert packages.look([path, "/nowhere/at/all"]) == packages.PackageLook(owners={path: "dash"}, unseen=())


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from whoseport.host.linux import packages, containers, forwarders;"
        "packages.look(['/nowhere/x', '/bin/sh'], root='/nowhere'); containers.container_id_of('/docker/x');"
        "forwarders.forwarding(('ssh', '-L', '1:a:2', 'b'), name='ssh');"
        "print(*sorted({'enum', 're', 'typing', 'dataclasses', 'json', 'pathlib', 'socket', 'sqlite3', 'subprocess',"
        " 'collections.abc', 'functools', 'contextlib', 'inspect', 'ctypes'} & set(sys.modules)))"
    )
    source = str(Path(whoseport.__file__).parents[1])
    environment = {"PYTHONPATH": source, "PATH": os.environ["PATH"]}
    told = subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    # collections.abc is there before any program: os makes use of it
    assert set(told.stdout.split()) <= {"collections.abc"}


def test_a_database_is_not_read_for_a_home(tmp_path: Path) -> None:
    """A list that names a file of a home all the same is no package's right, and is not worth reading them all."""
    info = tmp_path / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info / "intruder.list").write_text("/home/ana/server\n/opt/vendor/server\n")
    asked = packages.look(["/home/ana/server", "/opt/vendor/server"], root=str(tmp_path))
    assert asked == packages.PackageLook(owners={"/opt/vendor/server": "intruder"}, unseen=())
