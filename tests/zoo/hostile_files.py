"""What malware does with its files, names and memory, done by listeners that do nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.zoo.binaries import library, listener
from tests.zoo.cases import Case
from tests.zoo.den import Den, program, word
from tests.zoo.servers_projects import PYTHON

IN_MEMORY = """import os, sys
made = os.memfd_create(sys.argv[1])
with open(sys.argv[2], "rb") as file:
    os.write(made, file.read())
os.execve(made, sys.argv[3:], {"PATH": "/usr/bin:/bin"})
"""
BY_DESCRIPTOR = """import os, sys
made = os.open(sys.argv[1], os.O_RDONLY | os.O_CLOEXEC)
os.unlink(sys.argv[1])
os.execve(made, sys.argv[2:], {"PATH": "/usr/bin:/bin"})
"""
CALLS_ITSELF = "import ctypes, sys\nctypes.CDLL(None).prctl(15, sys.argv.pop(1).encode(), 0, 0, 0)\n" + PYTHON
LOADS = "import ctypes, os, sys\npath = sys.argv.pop(1)\nctypes.CDLL(path)\nos.unlink(path)\n" + PYTHON
LOADS_FROM_MEMORY = (
    """import ctypes, os, sys
made = os.memfd_create("x")
with open(sys.argv.pop(1), "rb") as file:
    os.write(made, file.read())
ctypes.CDLL(f"/proc/self/fd/{made}")
os.close(made)
"""
    + PYTHON
)


def write(folder: Path, name: str, text: str) -> Path:
    """A file that everyone may read and run."""
    made = folder / name
    made.write_text(text)
    made.chmod(0o755)
    return made


def deleted(den: Den) -> int:
    port = den.port()
    path = listener(den.folder("/opt") / word())
    den.start(path, port)
    den.ready(port)
    path.unlink()
    return port


def deleted_in_temporary(den: Den) -> int:
    port = den.port()
    path = listener(den.folder("/tmp") / word())
    den.start(path, port)
    den.ready(port)
    shutil.rmtree(path.parent)
    return port


def replaced_by_another(den: Den) -> int:
    port = den.port()
    path = listener(den.folder("/var/tmp", f".{word()}") / word())
    den.start(path, port)
    den.ready(port)
    path.unlink()
    shutil.copy("/bin/true", path)
    return port


def in_memory(den: Den) -> int:
    port = den.port()
    folder = den.folder("/opt")
    script, path = write(folder, "s.py", IN_MEMORY), listener(folder / "p")
    den.start("/usr/bin/python3", script, "", path, word(), port)
    return den.ready(port)


def in_memory_with_a_title(den: Den) -> int:
    port = den.port()
    folder = den.folder("/opt")
    script, path = write(folder, "s.py", IN_MEMORY), listener(folder / "p", NAME="crond")
    den.start("/usr/bin/python3", script, "config", path, "/usr/sbin/cron -f", port)
    return den.ready(port)


def unlinked_before_it_runs(den: Den) -> int:
    port = den.port()
    folder = den.folder("/opt")
    script, path = write(folder, "s.py", BY_DESCRIPTOR), listener(folder / "p")
    den.start("/usr/bin/python3", script, path, word(), port)
    return den.ready(port)


def kernel_thread_by_title(den: Den) -> int:
    port = den.port()
    den.start("[kworker/0:1]", port, program=str(listener(den.folder("/opt") / word())))
    return den.ready(port)


def kernel_thread_by_name(den: Den) -> int:
    port = den.port()
    den.start(listener(den.folder("/opt") / word(), NAME="kworker/u8:2"), port)
    return den.ready(port)


def kernel_thread_by_file(den: Den) -> int:
    port = den.port()
    den.start(listener(den.folder("/usr/local/lib") / "kthreadd"), port)
    return den.ready(port)


def kernel_thread_overwritten(den: Den) -> int:
    port = den.port()
    den.start(listener(den.folder("/opt") / word(), TITLE="[kswapd0]", NAME="kswapd0"), port)
    return den.ready(port)


def title_of_a_daemon(den: Den) -> int:
    port = den.port()
    den.start("/usr/sbin/sshd -D", port, program=str(listener(den.folder("/opt") / word())))
    return den.ready(port)


def daemon_in_hidden_folder(den: Den) -> int:
    port = den.port()
    den.start(listener(den.folder(f"/home/{word()}/.cache", ".x") / "sshd"), port)
    return den.ready(port)


def script_that_calls_itself_a_daemon(den: Den) -> int:
    port = den.port()
    den.start("/usr/bin/python3", write(den.folder("/opt"), "s.py", CALLS_ITSELF), "systemd-resolve", port)
    return den.ready(port)


def script_with_the_name_of_a_daemon_written_in(den: Den) -> int:
    port = den.port()
    text = CALLS_ITSELF.replace("sys.argv.pop(1).encode()", 'b"systemd-resolve"')
    den.start("/usr/bin/python3", write(den.folder("/opt"), "s.py", text), port)
    return den.ready(port)


def name_with_a_trailing_blank(den: Den) -> int:
    port = den.port()
    den.start(listener(den.folder("/opt") / "sshd "), port)
    return den.ready(port)


def name_written_backwards(den: Den) -> int:
    port = den.port()
    den.start(listener(den.folder("/opt") / "report\u202efdp.exe"), port)
    return den.ready(port)


def folder_of_three_dots(den: Den) -> int:
    """A known server's name, out of a folder that listings hide and every restart forgets."""
    port = den.port()
    den.start(listener(den.folder("/dev/shm/..." + word(1)) / "nginx"), port)
    return den.ready(port)


def server_copied_to_temporary(den: Den) -> int:
    port = den.port()
    copy = shutil.copy(Path(program("redis-server")).resolve(), den.folder("/tmp") / "redis-server")
    den.start(copy, "--port", port, "--bind", "127.0.0.1", "--save", "")
    return den.ready(port)


def preloaded(den: Den) -> int:
    port = den.port()
    path = library(den.folder("/dev/shm") / "l.so")
    den.start(program("memcached"), "-u", "nobody", "-l", "127.0.0.1", "-p", port, more={"LD_PRELOAD": str(path)})
    return den.ready(port)


def preloaded_and_deleted(den: Den) -> int:
    port = den.port()
    path = library(den.folder("/dev/shm", f".{word()}") / "l.so")
    den.start(program("memcached"), "-u", "nobody", "-l", "127.0.0.1", "-p", port, more={"LD_PRELOAD": str(path)})
    den.ready(port)
    path.unlink()
    return port


def injected_and_deleted(den: Den) -> int:
    port = den.port()
    path = library(den.folder("/tmp", f".{word()}") / "l.so")
    den.start("/usr/bin/python3", write(den.folder("/opt"), "s.py", LOADS), path, port)
    return den.ready(port)


def injected_from_memory(den: Den) -> int:
    port = den.port()
    folder = den.folder("/opt")
    den.start("/usr/bin/python3", write(folder, "s.py", LOADS_FROM_MEMORY), library(folder / "l.so"), port)
    return den.ready(port)


def daemon_changed(den: Den) -> int:
    """A packaged daemon with a few bytes more, mounted over the real one for this process only."""
    port = den.port()
    real = Path(program("beanstalkd"))
    copy = den.folder("/opt") / word()
    copy.write_bytes(real.read_bytes() + b"\0more")
    copy.chmod(0o755)
    den.start(
        program("unshare"),
        "--mount",
        "--",
        "sh",
        "-c",
        f"mount --bind {copy} {real} && exec {real} -l 127.0.0.1 -p {port}",
    )
    return den.ready(port)


def script_deleted_in_hidden_place(den: Den) -> int:
    """A script that nobody can read any more, and that took a daemon's name."""
    port = den.port()
    script = write(den.folder("/tmp", f".{word()}"), "s.py", CALLS_ITSELF)
    den.start("/usr/bin/python3", script, "dbus-daemon", port)
    den.ready(port)
    shutil.rmtree(script.parent)
    return port


def program_from_input_in_hidden_place(den: Den) -> int:
    port = den.port()
    folder = den.folder("/dev/shm", f".{word()}")
    script = write(den.folder("/opt"), "s", PYTHON.replace("int(sys.argv[1])", str(port)))
    copy = shutil.copy(os.path.realpath("/usr/bin/python3"), folder / word())
    den.start("sh", "-c", f"exec {copy} - < {script}", folder=folder, more={"PYTHONHOME": "/usr"})
    return den.ready(port)


CASES: tuple[Case, ...] = tuple(
    Case(name=start.__name__.replace("_", "-"), start=start)
    for start in (
        deleted,
        deleted_in_temporary,
        replaced_by_another,
        in_memory,
        in_memory_with_a_title,
        unlinked_before_it_runs,
        kernel_thread_by_title,
        kernel_thread_by_name,
        kernel_thread_by_file,
        kernel_thread_overwritten,
        title_of_a_daemon,
        daemon_in_hidden_folder,
        script_that_calls_itself_a_daemon,
        script_with_the_name_of_a_daemon_written_in,
        name_with_a_trailing_blank,
        name_written_backwards,
        folder_of_three_dots,
        server_copied_to_temporary,
        preloaded,
        preloaded_and_deleted,
        injected_and_deleted,
        injected_from_memory,
        daemon_changed,
        script_deleted_in_hidden_place,
        program_from_input_in_hidden_place,
    )
)
