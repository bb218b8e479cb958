"""The wheel, in an empty environment of each Python of this machine, answers as the source tree does."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.program import environment, run

ROOT = Path(__file__).resolve().parents[2]
BIN = "Scripts" if sys.platform == "win32" else "bin"
MAIL = re.compile(rb"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]*[A-Za-z]")
NEWEST = 20
"""The last 3.x to look for by name."""

WHICH = """
import platform, sys, sysconfig
build = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
print(platform.python_implementation(), *sys.version_info[:2], platform.python_version() + build, sep="\\t")
"""

pytestmark = pytest.mark.timeout(300)


class Python(NamedTuple):
    name: str
    path: str


@cache
def pythons() -> tuple[Python, ...]:
    """Every Python from 3.11 up that this machine has, each version once."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += [Path("/usr/bin"), Path("/usr/local/bin")]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders += sorted(folder / BIN for folder in (pyenv / "versions").glob("*"))
    places = {sys.executable: None}
    for folder in folders:
        for name in ("python3", "python", *(f"python3.{minor}" for minor in range(11, NEWEST + 1))):
            if found := shutil.which(name, path=str(folder)):
                places.setdefault(os.path.realpath(found) if sys.platform != "win32" else found)
    # all at once: a shim takes its time
    asked = [
        (place, subprocess.Popen([place, "-I", "-c", WHICH], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        for place in places
    ]
    versions: dict[str, Python] = {}
    for place, process in asked:
        words = process.communicate()[0].decode().strip().split("\t")
        if process.returncode == 0 and len(words) == 4 and (int(words[1]), int(words[2])) >= (3, 11):
            name = f"{words[0]}-{words[3]}"
            versions.setdefault(name, Python(name, place))
    return tuple(versions[name] for name in sorted(versions))


every_python = pytest.mark.parametrize("python", pythons(), ids=lambda python: python.name)


class Built(NamedTuple):
    sources: Path
    wheel: Path
    sdist: Path
    wheel_of_sdist: Path


def copy_of_the_sources(target: Path) -> Path:
    """The files that git knows; without git, all but what tools leave behind."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        left_behind = shutil.ignore_patterns(".git", ".venv", "dist", "__pycache__", ".*_cache", ".hypothesis", "*.mo")
        shutil.copytree(ROOT, target, ignore=left_behind)
        (target / "src" / "whoseport" / "registry" / "snapshot.bin").unlink(missing_ok=True)
        return target
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def build(sources: Path, target: Path, *what: str) -> None:
    """`python -m build`, with the tools of this environment; without `what`, the sdist and then the wheel from it."""
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), *what, str(sources)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("packages")
    sources = copy_of_the_sources(folder / "sources")
    build(sources, folder / "straight", "--wheel")
    build(sources, folder / "around")
    (wheel,) = (folder / "straight").glob("*.whl")
    (sdist,) = (folder / "around").glob("*.tar.gz")
    (wheel_of_sdist,) = (folder / "around").glob("*.whl")
    return Built(sources, wheel, sdist, wheel_of_sdist)


class Environments:
    """An environment for each Python with the wheel and nothing else, made when it is first asked for."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self._folder = folder
        self._wheel = wheel
        self._made: dict[Python, Path] = {}

    def of(self, python: Python) -> Path:
        if python not in self._made:
            if subprocess.run([python.path, "-c", "import venv"], capture_output=True, check=False).returncode:
                pytest.skip(f"{python.name} comes without venv")
            place = self._folder / python.name
            # empty it is: even pip works on it from outside
            call([python.path, "-m", "venv", "--without-pip", str(place)], self._folder)
            interpreter = place / BIN / "python"
            pip = [sys.executable, "-m", "pip", "--python", str(interpreter), "--disable-pip-version-check", "install"]
            call([*pip, "--quiet", "--no-index", "--no-deps", str(self._wheel)], self._folder)
            self._made[python] = place
        return self._made[python]


def call(command: list[str], folder: Path, **more: str) -> str:
    """What the command writes, run in a folder and a home of their own; it must succeed and complain of nothing."""
    inherited = {name: value for name, value in environment(folder).items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", cwd=folder, env=inherited | more, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


@pytest.fixture(scope="session")
def environments(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environments:
    return Environments(tmp_path_factory.mktemp("environments"), built.wheel)


def test_this_python_is_among_those_of_the_machine() -> None:
    assert pythons()
    assert f"{sys.version_info[0]}.{sys.version_info[1]}" in {
        ".".join(python.name.split("-")[1].split(".")[:2]) for python in pythons()
    }


@every_python
def test_the_wheel_answers_as_the_sources_do(python: Python, environments: Environments, tmp_path: Path) -> None:
    program = str(environments.of(python) / BIN / "whoseport")
    for arguments in (
        ["971", "--no-live", "--json"],
        ["https", "--no-live", "--json"],
        ["registry", "info", "--json"],
        ["find", "kerberos", "--json"],
    ):
        answered = json.loads(call([program, *arguments], tmp_path, PYTHONWARNINGS="error"))
        assert answered == json.loads(run(*arguments, home=tmp_path, PYTHONPATH=str(ROOT / "src")).stdout)
    for arguments in (["--lang", "pt_BR", "971", "--no-live"], ["443", "--no-live", "-v"], ["--help"]):
        answered = call([program, *arguments], tmp_path, PYTHONWARNINGS="error")
        assert answered == run(*arguments, home=tmp_path, PYTHONPATH=str(ROOT / "src")).stdout
    assert "Porta 971" in call([program, "--lang", "pt_BR", "971", "--no-live"], tmp_path)


@every_python
def test_the_wheel_looks_at_this_machine(python: Python, environments: Environments, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere than on Linux the look needs psutil, and the environment is empty")
    program = str(environments.of(python) / BIN / "whoseport")
    with socket.create_server(("127.0.0.1", 0)) as held:
        port, inode = held.getsockname()[1], os.fstat(held.fileno()).st_ino
        listed = json.loads(call([program, "list", "--json"], tmp_path, PYTHONWARNINGS="error"))
        answered = json.loads(call([program, str(port), "--json"], tmp_path, PYTHONWARNINGS="error"))
        text = call([program, str(port)], tmp_path, PYTHONWARNINGS="error")
    for document in (listed, answered):
        (listener,) = [one for one in document["host"]["listeners"] if one["inode"] == inode]
        assert listener["port"] == port
        assert os.getpid() in [owner["pid"] for owner in listener["owners"]]
    assert str(os.getpid()) in text


ASK = """
import json, whoseport
entry = whoseport.lookup(971)
answer = whoseport.answer("https", live=False)
print(json.dumps({
    "file": whoseport.__file__,
    "version": whoseport.__version__,
    "state": entry.transports.tcp.state,
    "port": answer.query.port,
}))
"""


@every_python
def test_the_wheel_is_a_library(python: Python, environments: Environments, tmp_path: Path) -> None:
    place = environments.of(python)
    told: dict[str, Any] = json.loads(call([str(place / BIN / "python"), "-W", "error", "-c", ASK], tmp_path))
    assert Path(told["file"]).is_relative_to(place)
    assert (told["state"], told["port"]) == ("unassigned", 443)
    beside = {entry.name for entry in Path(told["file"]).parents[1].iterdir()}
    assert beside == {"whoseport", f"whoseport-{told['version']}.dist-info"}
    assert (place / "share" / "man" / "man1" / "whoseport.1").read_bytes() == (
        ROOT / "share" / "man" / "man1" / "whoseport.1"
    ).read_bytes()
    assert not list(tmp_path.iterdir())


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_what_the_wheel_holds(built: Built) -> None:
    files = contents(built.wheel)
    assert built.wheel.name.endswith("-py3-none-any.whl")
    names = set(files)
    data = f"{built.wheel.name.removesuffix('-py3-none-any.whl')}.data/data/share"
    languages = {path.parent.parent.name for path in built.sources.rglob("whoseport.po")}
    assert "pt_BR" in languages
    assert names >= {
        "whoseport/py.typed",
        "whoseport/registry/snapshot.bin",
        *(f"whoseport/render/locale/{language}/LC_MESSAGES/whoseport.mo" for language in languages),
        *(path.relative_to(built.sources / "src").as_posix() for path in (built.sources / "src").rglob("*.py")),
        f"{data}/man/man1/whoseport.1",
        f"{data}/bash-completion/completions/whoseport",
        f"{data}/zsh/site-functions/_whoseport",
        f"{data}/fish/vendor_completions.d/whoseport.fish",
    }
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"whoseport"}
    kinds = {Path(name).suffix for name in names if name.startswith("whoseport/")}
    assert kinds == {".py", ".typed", ".bin", ".mo"}
    assert not [name for name in names if "test" in name.split("/")[-1] or "/tests/" in name]


def test_the_wheel_holds_no_mail_address(built: Built) -> None:
    """In a comment of the sources a unit of systemd, getty@tty1.service, looks like one."""
    found = [
        (name, match.group())
        for name, content in contents(built.wheel).items()
        if not name.endswith(".py")
        for match in MAIL.finditer(content)
    ]
    assert not found


def test_the_wheel_built_from_the_sdist_is_the_same(built: Built) -> None:
    straight, around = contents(built.wheel), contents(built.wheel_of_sdist)
    assert straight.keys() == around.keys()
    assert [name for name in straight if straight[name] != around[name]] == []


def test_what_the_sdist_holds(built: Built) -> None:
    with tarfile.open(built.sdist) as opened:
        names = {member.name.partition("/")[2] for member in opened.getmembers()}
    expected = {path.relative_to(built.sources).as_posix() for path in built.sources.rglob("*") if path.is_file()}
    assert names - {"PKG-INFO"} == expected  # the build has left what it compiled among the sources
    assert {name for name in expected if name.endswith((".bin", ".mo"))} == {
        name.replace("whoseport/", "src/whoseport/", 1)
        for name in contents(built.wheel)
        if name.endswith((".bin", ".mo"))
    }
