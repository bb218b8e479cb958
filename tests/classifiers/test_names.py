"""Names that hide: of kernel threads, of other programs, and such as read as something else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.classifiers.making import (
    concern_of,
    daemon,
    inspection,
    judged,
    listener,
    named_file,
    parent,
    process,
    project,
    subject,
)
from whoseport.classifiers import deception, imitation, names, package_files
from whoseport.model import Finding, Process, Unseen


def found_by(module: Any, one: Process) -> list[Finding]:
    made: list[Finding] = module.findings(subject(one))
    return made


def titled(title: str, executable: str = "/home/ana/app/server", **other: Any) -> Process:
    return process(executable, command=(title,), **other)


def python(name: str, *command: str, **other: Any) -> Process:
    fields: dict[str, Any] = {
        "package": "python3.11-minimal",
        "name": name,
        "command": command or ("python3", "app.py"),
    }
    return process("/usr/bin/python3.11", **(fields | other))


@pytest.mark.parametrize(
    "one",
    [
        titled("[kworker/0:1]"),
        titled("[kworker/0:1-events]   "),
        titled("[crypto]"),
        titled("[migration]"),
        titled("kworker/u8:2"),
        titled("[ksoftirqd/0]", "/usr/bin/python3.11", package="python3.11-minimal"),
        process(name="kthreadd"),
        process(name="kworker/1:0"),
        process(name="jbd2/sda1-8"),
        process(name="kswapd0"),
        process("/tmp/x/kdevtmpfsi"),
        process("/home/ana/kworker"),
        process(None, executable_state="unseen", command=None, name="kworker/0:0", kernel_thread=False),
    ],
    ids=lambda one: f"{one.name} {one.command}",
)
def test_kernel_thread_names_are_strong(one: Process) -> None:
    assert [finding.claim for finding in found_by(names, one)] == ["kernel-thread-name"]
    assert concern_of(one)[0] == "suspicious"


@pytest.mark.parametrize(
    "one",
    [
        python("celeryd", "[celeryd: celery@host:MainProcess] -active- (worker)"),
        python("celery", "[celeryd@host:MainProcess]"),
        titled("myapp worker 1"),
        titled("events: 3 waiting"),
        process("/home/ana/app/crypto"),
        process("/home/ana/app/migration"),
        process("/home/ana/app/watchdog"),
        daemon("/usr/sbin/ksmd", package="ksmtuned", unit="ksm.service"),
        process(None, name="kworker/0:0", command=(), kernel_thread=True, executable_state="unseen"),
        # an ordinary user sees neither the file of a kernel thread nor that it is one
        process(None, name="kworker/0:0", command=(), kernel_thread=None, executable_state="unseen"),
    ],
    ids=lambda one: f"{one.name} {one.command}",
)
def test_honest_titles_are_no_kernel_threads(one: Process) -> None:
    assert found_by(names, one) == []


@pytest.mark.parametrize("one", [titled("[server]"), process(command=("",)), process(command=())])
def test_looking_like_one_in_a_list_is_a_weak_sign(one: Process) -> None:
    assert [(finding.claim, finding.certainty) for finding in found_by(names, one)] == [("kernel-thread-name", "guess")]
    assert concern_of(one)[0] == "note"


@pytest.mark.parametrize(
    "one",
    [
        process("/home/ana/sshd "),
        process(name="sshd "),
        process("/home/ana/a\u202egnp.exe"),
        process("/home/ana/sshd\u200b"),
        process("/home/ana/\u0455\u0455hd"),  # two Cyrillic letters
        process("/home/ana/\u0455\u0455\u04bb\u0501", command=("x",)),  # all Cyrillic, and looks like sshd
        process("/home/ana/\uff4eginx"),
        process("/home/ana/.../server"),
        process("/home/ana/.. /server"),
        titled("\x1b[2Ksshd"),
        titled("ss\u2066hd"),
        titled("postgr\u0435s"),
    ],
    ids=lambda one: ascii(one.executable) + ascii(one.command),
)
def test_names_that_read_as_something_else_are_strong(one: Process) -> None:
    assert "deceptive-name" in [finding.claim for finding in found_by(deception, one)]
    assert concern_of(one)[0] == "suspicious"


@pytest.mark.parametrize(
    "one",
    [
        process("/home/ana/сервер"),
        process("/home/ana/αβγ"),
        process("/home/ana/café"),
        process("/home/ana/漢字-server"),
        process("/home/ana/My Project/server"),
        process("/home/ana/проект app/server"),
        process("/home/ana/app/caf\\xe9"),
        titled("proftpd: (accepting connections)               "),
        titled("👩\u200d💻 server"),
        titled("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        process(name="npm run start  "),  # cut off behind a blank
        process(name="Web Content"),
        process(name="npm run dev "),
    ],
    ids=lambda one: ascii(one.executable) + ascii(one.command),
)
def test_other_languages_and_padding_are_honest(one: Process) -> None:
    assert found_by(deception, one) == []


def test_a_line_break_in_a_title_is_only_a_weak_sign() -> None:
    assert [finding.certainty for finding in found_by(deception, titled("worker\tone"))] == ["guess"]
    assert found_by(deception, titled("worker\n")) == []


@pytest.mark.parametrize(
    "one",
    [
        titled("/usr/sbin/sshd", "/tmp/.x/a"),
        titled("/usr/sbin/sshd", "/tmp/.x/sshd"),
        titled("/usr/bin/whatever", "/dev/shm/a"),
        titled("sshd: root@pts/0"),
        titled("nginx: worker process"),
        titled("-bash"),
        process(name="systemd-resolve"),
        process(name="sshd"),
        python("systemd-resolve"),
        python("python3", "/usr/sbin/sshd", "-D"),
        python("nginx", "python3", "x.py"),
        python("nginx", "python3", "x.py", "nginx"),
        python("nginx", "python3", "-c", "nginx"),
        titled("sshd", "/usr/bin/sleep", package="coreutils"),
        titled("sshd", "/usr/bin/busybox", package="busybox"),
        # a link that whoever hides made himself
        process("/tmp/.x/a", name="sshd", command=("/tmp/.x/sshd",), files=(named_file(0, "/tmp/.x/a"),)),
        titled("/sbin/init", "/home/ana/x"),
    ],
    ids=lambda one: f"{one.name} {one.command} {one.executable}",
)
def test_passing_for_another_program_is_strong(one: Process) -> None:
    assert "imitates-program" in [finding.claim for finding in found_by(imitation, one)]
    assert concern_of(one)[0] == "suspicious"


@pytest.mark.parametrize(
    "one",
    [
        daemon(command=("nginx: master process /usr/sbin/nginx",)),
        daemon("/usr/bin/redis-check-rdb", name="redis-server", command=("/usr/bin/redis-server *:6379",),
               package="redis-tools"),
        daemon("/usr/sbin/mariadbd", name="mysqld", command=("/usr/sbin/mysqld",), package="mariadb-server"),
        daemon("/usr/sbin/sshd-session", name="sshd", command=("sshd: ana [priv]",), package="openssh-server"),
        daemon("/usr/lib/systemd/systemd", name="systemd", command=("/sbin/init",), package="systemd"),
        daemon("/usr/lib/systemd/systemd-resolved", name="systemd-resolve", package="systemd-resolved"),
        python("gunicorn", "gunicorn: master [app:app]"),
        python("gunicorn", "[ready] gunicorn: worker [app:app]"),
        python("sshd", "python3", "/home/ana/fake/sshd"),  # a script's name is its process's name
        python("nginx", "python3", "./nginx.py"),
        process("/usr/bin/bash", name="nginx", command=("/bin/bash", "/etc/init.d/nginx", "start"), package="bash"),
        titled("sh", "/usr/bin/busybox", package="busybox"),
        titled("httpd", "/usr/bin/busybox", package="busybox", name="httpd"),
        process("/usr/bin/bash", command=("-bash",), package="bash"),
        process("/usr/lib/jvm/java-17/bin/java", command=("/usr/bin/java", "-jar", "a.jar"),
                files=(named_file(0, "/usr/lib/jvm/java-17/bin/java"),), package="openjdk-17-jre-headless"),
        process("/usr/bin/python3.11", name="python3", command=("/home/ana/shop/.venv/bin/python3", "app.py")),
        process("/opt/google/chrome/chrome", command=("/usr/bin/google-chrome", "--x")),
        titled("myapp: worker 3"),
        titled("[celeryd: celery@host:MainProcess] -active-"),
        titled("gunicorn: master"),
        titled("master: idle"),
        process("/home/ana/app/server", name="worker-1"),
        # the root folder of a container, a chroot, proot
        process("/tmp/rootfs/usr/bin/app", command=("/usr/bin/app",)),
        process("/nix/store/abc-nginx/bin/.nginx-wrapped", name="nginx", command=("/run/current-system/sw/bin/nginx",)),
        process("/home/ana/redis/src/redis-server", command=("./redis-server",)),
        process("/home/ana/redis/src/redis-server", name="redis-server", command=("src/redis-server *:6379",)),
        process("/usr/bin/node", name="vite", command=("vite",), package="nodejs"),
    ],
    ids=lambda one: f"{one.name} {one.command} {one.executable}",
)  # fmt: skip
def test_honest_names_pass_for_nothing(one: Process) -> None:
    assert found_by(imitation, one) == []
    assert concern_of(one)[0] in ("none", "note")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (process("/usr/sbin/sshd"), True),
        (process("/builds/sshd"), True),
        (process("/usr/sbin/sshd", unit="session-4.scope"), True),
        (process("/usr/sbin/sshd", unit="ssh.service"), False),
        (process("/usr/sbin/sshd", package="openssh-server"), False),
        (process("/usr/local/sbin/sshd"), False),
        (process("/opt/openssh/sbin/sshd"), False),
        (process("/home/ana/openssh/sshd"), True),
        (process("/home/ana/openssh/sshd", project=project("/home/ana/openssh", "Makefile")), False),
        (process("/var/lib/app/crond"), True),
        (process("/home/ana/redis/redis-server"), False),
        (process("/nix/store/abc/bin/sshd"), False),
        (process("/usr/sbin/server"), False),
        (process("/builds/master"), False),
        (process("/tmp/hugo"), False),
    ],
)
def test_a_servers_name_without_package_or_unit_is_weak(one: Process, expected: bool) -> None:
    made = [finding.claim for finding in found_by(package_files, one)]
    assert ("server-without-package" in made) is expected
    assert concern_of(one)[0] in (("note",) if expected else ("none", "note"))


def test_without_package_databases_no_package_is_missed() -> None:
    unseen = Unseen(missing="package", reason="unreadable", subject="path:/var/lib/dpkg/status")
    blind = judged(inspection(listener(process("/tmp/sshd")), unseen=(unseen,)))
    assert blind.listeners[0].verdict is not None
    assert blind.listeners[0].verdict.concern == "note"


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_any_name_can_be_read(name: str, executable: str, title: str) -> None:
    one = process(f"/{executable}", name=name, command=(title,))
    found_by(names, one)
    found_by(deception, one)
    found_by(imitation, one)
    found_by(package_files, one)


def test_parents_are_of_no_account() -> None:
    assert found_by(names, process(parents=(parent("kthreadd"),))) == []


def test_a_daemon_of_the_system_is_not_kept_among_a_users_data() -> None:
    for path in ("/home/ana/.cache/x/sshd", "/root/.config/systemd/cron", "/home/ana/.local/share/app/dbus-daemon"):
        assert [one.claim for one in found_by(imitation, process(path))] == ["imitates-program"], path
    for path in (
        "/home/ana/.cache/mongodb-binaries/mongod",
        "/home/ana/.local/bin/sshd",
        "/home/ana/src/openssh/sshd",
        "/home/ana/.local/share/proot/debian/usr/sbin/sshd",
    ):
        assert found_by(imitation, process(path)) == [], path
    assert found_by(imitation, process("/home/ana/.cache/x/sshd", package="openssh-server")) == []


def test_a_blank_that_ends_a_name_is_told_between_quotes() -> None:
    (made,) = found_by(deception, process("/opt/app/sshd", name="sshd "))
    assert made.evidence[0].observed == "'sshd '"
    made = found_by(deception, process("/opt/app/sshd\u200b", name="app", command=("app",)))[0]
    assert made.evidence[0].observed == "/opt/app/sshd\\u200b"
