"""What is measured, and where does it come from? Each program in an environment of its own, as a user would install it.

whoseport is built as a wheel and installed into an empty environment by the current pip, byte-compiled: neither the
sources nor an editable install. whatportis' database is written in its own format from our facts, since it would fetch
IANA's list from the network.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
WHATPORTIS = "whatportis==0.8.2"


def environment_of(name: str) -> Path:
    """The folder of the environment of that name, below the project's own environment."""
    return ROOT / ".venv" / "bench" / name


def home() -> Path:
    """The home folder of all that is measured: empty but for what it puts there itself."""
    folder = environment_of("home")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def install(name: str, *what: str, again: bool = False) -> Path:
    """Installs the distributions into the environment of that name, if they are not there; its `bin` folder.

    subprocess.CalledProcessError where pip fails, with what it wrote.
    """
    folder = environment_of(name)
    python = folder / "bin" / "python"
    done = folder / ".installed"
    if not again and done.exists() and done.read_text() == repr(what):
        return folder / "bin"
    if not python.exists():
        venv.create(folder, with_pip=True)
        pip(python, "install", "--upgrade", "pip")
    pip(python, "install", "--upgrade", *(("--force-reinstall",) if again else ()), *what)
    compiling = [str(python), "-m", "compileall", "-q", str(folder / "lib")]
    subprocess.run(compiling, check=False, capture_output=True)  # some distributions ship files of other Pythons
    done.write_text(repr(what))
    return folder / "bin"


def pip(python: Path, *words: str) -> None:
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    subprocess.run(command, check=True, capture_output=True, text=True, env=surroundings)


@functools.cache
def install_whoseport() -> Path:
    """Builds the wheel from the sources as they are, once in a run, and installs it; the environment's `bin` folder."""
    wheels = environment_of("wheels")
    wheels.mkdir(parents=True, exist_ok=True)
    for old in wheels.glob("*.whl"):
        old.unlink()
    pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT))
    (wheel,) = wheels.glob("*.whl")
    return install("whoseport", str(wheel), again=True)


def install_psutil() -> Path:
    return install("psutil", "psutil")


def install_whatportis() -> Path:
    """whatportis, and its database: a TinyDB file with one row for each record of the registry, as it makes them."""
    folder = install("whatportis", WHATPORTIS)
    from whoseport.registry import open_registry

    rows: dict[str, dict[str, str]] = {}
    for number, record in enumerate(open_registry().records(), 1):
        said = record.assignment
        port = "---" if said.first is None else str(said.first)
        if said.first != said.last:
            port = f"{said.first}-{said.last}"
        rows[str(number)] = {
            "name": said.service_name or "---",
            "port": port,
            "protocol": record.transport or "---",
            "description": said.description or "---",
        }
    (home() / ".whatportis_db.json").write_text(json.dumps({"_default": rows}))
    return folder
