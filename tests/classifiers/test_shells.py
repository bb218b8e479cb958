"""Shells wired to sockets and pipes, and commands that offer one: each beside the handler that only looks like it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.classifiers.making import concern_of, parent, process, related, subject
from whoseport.classifiers import offers, shells
from whoseport.classifiers.commands import split_words, takes_commands, unwrapped, without_redirections
from whoseport.classifiers.offers import mentioned
from whoseport.model import Process, Streams

SOCKET = "socket:[77]"


def tool(*command: str, **other: Any) -> Process:
    """A packaged program of /usr/bin."""
    name = command[0].rpartition("/")[2]
    return process(f"/usr/bin/{name}", command=command, package=name, **other)


def claims(one: Process) -> list[tuple[str, str]]:
    return [
        (finding.claim, finding.certainty) for module in (shells, offers) for finding in module.findings(subject(one))
    ]


OFFERS = [
    ("nc.traditional", "-l", "-p", "4000", "-e", "/bin/sh"),
    ("nc.traditional", "-lvke", "/bin/bash"),
    ("nc.traditional", "-l", "-p", "4000", "-c", "/bin/sh -i"),
    ("nc", "-lp", "4000", "-e", "sh"),
    ("ncat", "-lk", "4000", "--exec", "/bin/bash"),
    ("ncat", "-lk", "4000", "--exec=/bin/bash -i"),
    ("ncat", "-l", "4000", "-c", "exec bash -li"),
    ("ncat", "-l", "4000", "--sh-exec", "sh -i 2>&1"),
    ("ncat", "-l", "4000", "--sh-exec", "env HOME=/ /bin/sh"),
    ("ncat", "-l", "4000", "--exec", "/usr/bin/python3"),
    ("ncat", "-l", "4000", "-e", "/usr/bin/python3 -c 'import pty;pty.spawn(\"/bin/sh\")'"),
    ("socat", "TCP-LISTEN:4000,fork,reuseaddr", "EXEC:/bin/bash"),
    ("socat", "TCP-LISTEN:4000,fork", "EXEC:bash -li,pty,stderr,setsid,sigint,sane"),
    ("socat", "TCP-LISTEN:4000,fork", "exec:'/bin/sh -i',pty"),
    ("socat", "TCP-LISTEN:4000,fork", 'EXEC:sh -c "exec bash -i"'),
    ("socat", "TCP-LISTEN:4000,fork", "SYSTEM:/bin/sh"),
    ("socat", "TCP-LISTEN:4000,fork", "SYSTEM:cd / && exec bash -i"),
    ("socat", "UDP-LISTEN:4000", 'SYSTEM:read c; eval "$c"'),
    ("busybox", "nc", "-lp", "4000", "-e", "/bin/sh"),
    ("busybox", "nc", "-lp", "4000", "-e", "busybox", "sh"),
    ("busybox", "telnetd", "-p", "4000", "-l", "/bin/sh"),
    ("busybox", "tcpsvd", "-v", "0.0.0.0", "4000", "sh"),
    ("tcpserver", "-v", "0", "4000", "/bin/sh", "-i"),
    ("websocketd", "--port=4000", "bash"),
    ("updater", "-p", "4000", "-e", "/bin/sh"),
]
HANDLERS = [
    ("nc.traditional", "-l", "-p", "4000", "-e", "/bin/cat"),
    ("nc.traditional", "-l", "-p", "4000", "-c", "cat /etc/motd"),
    ("nc.openbsd", "-lc", "127.0.0.1", "4000"),
    ("ncat", "-lk", "4000", "--exec", "/bin/cat"),
    ("ncat", "-lk", "4000", "--exec", "/bin/bash /srv/handler.sh"),
    ("ncat", "-lk", "4000", "--sh-exec", "/srv/handler.sh"),
    ("ncat", "-lk", "4000", "--sh-exec", "echo hello; cat"),
    ("ncat", "-lk", "4000", "--sh-exec", "bash -c 'date; uptime'"),
    ("ncat", "-lk", "4000", "--exec", "/usr/bin/python3 /srv/handler.py"),
    ("ncat", "-lk", "4000", "--exec", "/usr/bin/python3 -c 'print(1)'"),
    ("ncat", "-lk", "4000", "--sh-exec", "echo date | sh"),
    ("socat", "TCP-LISTEN:4000,fork", "EXEC:./handler.sh"),
    ("socat", "TCP-LISTEN:4000,fork", 'EXEC:sh -c "exec date"'),
    ("socat", "TCP-LISTEN:4000,fork", "EXEC:/bin/sh /srv/handler.sh,nofork"),
    ("socat", "TCP-LISTEN:4000,fork", "SYSTEM:date; uptime"),
    ("socat", "TCP-LISTEN:4000,fork", "SYSTEM:read x; echo $x"),
    ("socat", "TCP-LISTEN:4000,fork", "TCP:localhost:22"),
    ("socat", "TCP-LISTEN:4000,fork", "OPEN:/srv/bash"),
    ("busybox", "telnetd", "-p", "4000"),
    ("busybox", "telnetd", "-p", "4000", "-l", "/bin/login"),
    ("busybox", "httpd", "-f", "-p", "4000"),
    ("busybox", "tcpsvd", "-v", "0.0.0.0", "4000", "ftpd", "/srv"),
    ("tcpserver", "0", "4000", "/srv/handler"),
    ("tcpserver", "-u", "1000", "0", "4000", "/usr/bin/env", "python3", "handler.py"),
    ("websocketd", "--port=4000", "./count.sh"),
    ("watchexec", "--socket", "4000", "-e", "sh,py", "make"),
    ("watchexec", "--socket", "4000", "-e", "sh", "make"),
    ("xterm", "-e", "/bin/bash"),
    ("gdbserver", ":4000", "/bin/bash"),
    ("sshd", "-D", "-e"),
    ("ttyd", "-p", "4000", "bash"),
]


@pytest.mark.parametrize("command", OFFERS, ids=" ".join)
def test_a_command_that_hands_out_a_shell_is_strong(command: tuple[str, ...]) -> None:
    one = tool(*command)
    assert claims(one) == [("offers-shell", "proven")]
    assert concern_of(one)[0] == "suspicious"


@pytest.mark.parametrize("command", HANDLERS, ids=" ".join)
def test_a_command_that_starts_its_own_handler_is_honest(command: tuple[str, ...]) -> None:
    assert claims(tool(*command)) == []


@pytest.mark.parametrize(
    "child",
    [
        related("/bin/sh", "-i", streams=(SOCKET, SOCKET, SOCKET)),
        related("bash", streams=(SOCKET, SOCKET, "/dev/null")),
        related("sh", "-s", "arg", streams=(SOCKET, SOCKET, SOCKET)),
        related("-bash", streams=(SOCKET, SOCKET, SOCKET)),
        related("python3", "-i", streams=(SOCKET, SOCKET, SOCKET)),
    ],
    ids=lambda child: " ".join(child.command),
)
def test_a_child_that_is_a_shell_on_a_connection_is_strong(child: Any) -> None:
    one = process(related=(child,))
    assert claims(one) == [("shell-on-socket", "proven")]
    assert concern_of(one)[0] == "suspicious"


@pytest.mark.parametrize(
    "child",
    [
        related("sh", "/srv/handler.sh", streams=(SOCKET, SOCKET, SOCKET)),
        related("sh", "-c", "date", streams=(SOCKET, SOCKET, SOCKET)),
        related("python3", "handler.py", streams=(SOCKET, SOCKET, SOCKET)),
        related("bash", "-l", streams=("/dev/pts/3", "/dev/pts/3", "/dev/pts/3")),
        # Node gives each stream of what it starts a socket pair of its own
        related("bash", streams=("socket:[1]", "socket:[2]", "socket:[3]")),
        related("bash", streams=("pipe:[1]", "pipe:[2]", "pipe:[2]")),
        related("cat", streams=(SOCKET, SOCKET, SOCKET)),
        related("java", streams=(SOCKET, SOCKET, SOCKET)),
    ],
    ids=lambda child: " ".join(child.command) + str(child.streams.input),
)
def test_other_children_are_honest(child: Any) -> None:
    assert claims(process(related=(child,))) == []


FD = (SOCKET, SOCKET, SOCKET)
PTY = ("/dev/pts/3", "/dev/pts/3", "/dev/pts/3")


def test_a_shell_by_another_name_is_a_shell_and_a_worker_by_another_name_is_none() -> None:
    shell = related("httpd", streams=FD).replace(executable="/usr/bin/bash")
    assert claims(process(related=(shell,))) == [("shell-on-socket", "proven")]
    worker = related("worker: 1", streams=FD).replace(executable="/usr/bin/python3.11")
    assert claims(process(related=(worker,))) == []
    handler = related("httpd", "/srv/handler.sh", streams=FD).replace(executable="/usr/bin/bash")
    assert claims(process(related=(handler,))) == []
    assert claims(interpreter("bash", "httpd", streams=(SOCKET, SOCKET))) == [("shell-on-socket", "proven")]


def test_a_shell_that_prompts_for_what_a_program_feeds_it_is_strong() -> None:
    # require('child_process').spawn('/bin/sh', ['-i'])
    prompts = related("/bin/sh", "-i", streams=("socket:[1]", "socket:[2]", "socket:[3]"))
    assert claims(process(related=(prompts,))) == [("shell-on-pipe", "likely")]
    kept = related("bash", "-l", streams=("pipe:[1]", "pipe:[2]", "pipe:[3]"))
    assert claims(process(related=(kept,))) == []
    on_terminal = related("bash", "-i", streams=PTY)
    assert claims(process(related=(on_terminal,))) == []
    idle = related("bash", "-i", streams=("/dev/null", "pipe:[2]", "pipe:[3]"))
    assert claims(process(related=(idle,))) == []


def test_a_terminal_behind_a_connection_is_strong_and_one_of_a_notebook_is_none() -> None:
    # os.dup2(connection, 0); os.dup2(connection, 1); pty.spawn("/bin/sh")
    shell = related("/bin/sh", streams=PTY)
    copy = related("server", "--port", "4000", streams=FD).replace(executable="/opt/app/server")
    own = {"command": ("server", "--port", "4000"), "related": (copy, shell)}
    assert claims(process("/opt/app/server", **own)) == [("shell-on-socket", "likely")]
    wired = process(related=(shell,), streams=Streams(input=SOCKET, output=SOCKET, error=SOCKET))
    assert claims(wired) == [("shell-on-socket", "likely")]
    assert claims(process("/opt/app/server", **(own | {"related": (shell,)}))) == []
    other = related("helper", streams=FD).replace(executable="/opt/app/helper")
    assert claims(process("/opt/app/server", **(own | {"related": (other, shell)}))) == []


def test_a_child_of_a_relay_on_pipes_is_a_shell_on_a_pipe() -> None:
    child = related("sh", streams=("pipe:[1]", "pipe:[2]", "pipe:[2]"))
    assert claims(tool("ncat", "-lk", "4000", related=(child,))) == [("shell-on-pipe", "proven")]


def relay(shell: Any, own: tuple[str | None, str | None], **other: Any) -> Process:
    streams = Streams(input=own[0], output=own[1], error="/dev/null")
    return tool("nc.openbsd", "-l", "4000", related=(shell,), streams=streams, **other)


def test_a_shell_joined_to_a_relay_by_pipes_is_strong() -> None:
    # mkfifo f; cat f | sh -i 2>&1 | nc -l 4000 > f
    sends = related("sh", "-i", relation="pipe", streams=("pipe:[1]", "pipe:[2]", "pipe:[2]"))
    assert claims(relay(sends, ("pipe:[2]", "/tmp/f"))) == [("shell-on-pipe", "proven")]
    # nc -l 4000 | sh
    reads = related("sh", relation="pipe", streams=("pipe:[3]", "/dev/pts/1", "/dev/pts/1"))
    assert claims(relay(reads, ("/dev/null", "pipe:[3]"))) == [("shell-on-pipe", "proven")]
    assert concern_of(relay(reads, ("/dev/null", "pipe:[3]")))[0] == "suspicious"


def test_pipes_that_feed_a_relay_are_honest() -> None:
    script = related("sh", "/srv/feed.sh", relation="pipe", streams=("/dev/null", "pipe:[2]", None))
    assert claims(relay(script, ("pipe:[2]", "/dev/null"))) == []
    # (date; uptime) | nc -l 4000, typed in a terminal: a copy of the shell that reads from it
    copied = related("bash", relation="pipe", streams=("/dev/pts/1", "pipe:[2]", "/dev/pts/1"))
    assert claims(relay(copied, ("pipe:[2]", "/dev/pts/1"))) == []
    tar = related("tar", "x", relation="pipe", streams=("pipe:[3]", "/dev/null", None))
    assert claims(relay(tar, ("/dev/null", "pipe:[3]"))) == []
    # a shell on another pipe of the same family
    other = related("bash", relation="pipe", streams=("pipe:[8]", "pipe:[9]", None))
    assert claims(relay(other, ("/dev/null", "pipe:[3]"))) == []


def test_a_loop_over_what_arrives_is_only_a_weak_sign() -> None:
    # nc -l 4000 | while read x; do ...; done: the loop runs in a copy of the shell that was typed into
    loop = related("-bash", relation="pipe", streams=("pipe:[3]", "/dev/pts/1", None))
    one = relay(loop, ("/dev/pts/1", "pipe:[3]"), parents=(parent("bash", "-bash"),))
    assert claims(one) == [("shell-on-pipe", "guess")]
    assert concern_of(one)[0] == "note"


def interpreter(name: str, *command: str, streams: tuple[str, str]) -> Process:
    return process(
        f"/usr/bin/{name}",
        command=command,
        package=name,
        streams=Streams(input=streams[0], output=streams[1], error="/dev/null"),
    )


def test_an_interpreter_that_reads_its_program_from_a_socket_is_strong() -> None:
    assert claims(interpreter("bash", "bash", streams=(SOCKET, SOCKET))) == [("shell-on-socket", "proven")]
    assert claims(interpreter("python3.11", "python3", streams=(SOCKET, SOCKET))) == [("shell-on-socket", "proven")]
    assert claims(interpreter("bash", "bash", "-i", streams=(SOCKET, "socket:[5]"))) == [("shell-on-socket", "likely")]


def test_handlers_of_inetd_are_honest() -> None:
    assert claims(interpreter("python3.11", "python3", "/srv/handler.py", streams=(SOCKET, SOCKET))) == []
    assert claims(interpreter("dash", "/bin/sh", "/srv/handler.sh", streams=(SOCKET, SOCKET))) == []


def test_a_program_from_a_pipe_is_a_weak_sign() -> None:
    assert claims(interpreter("python3.11", "python3", "-", streams=("pipe:[1]", "/dev/null"))) == [
        ("program-from-input", "likely")
    ]
    assert claims(interpreter("python3.11", "python3", streams=("/dev/pts/1", "/dev/pts/1"))) == []
    assert claims(interpreter("python3.11", "gunicorn: master", streams=("pipe:[1]", "/dev/null"))) == []
    assert claims(interpreter("java", "java", streams=("pipe:[1]", "/dev/null"))) == []


def test_lines_of_inetd_that_start_a_shell() -> None:
    assert mentioned("/bin/sh", "4000 stream tcp nowait root /bin/sh sh -i")
    assert mentioned("/bin/bash", "ExecStart=-/bin/bash -i")
    assert not mentioned("/bin/sh", "4000 stream tcp nowait nobody /bin/sh sh /srv/handler.sh")
    assert not mentioned("/usr/sbin/in.tftpd", "tftp dgram udp wait root /usr/sbin/in.tftpd in.tftpd /srv")


@pytest.mark.parametrize(
    ("words", "takes"),
    [
        ("sh", True),
        ("/bin/bash --norc -i", True),
        ("sudo -u ana bash", True),
        ("setsid nohup sh -i", True),
        ("env -i sh", True),
        ("chroot /srv/root /bin/sh", True),
        ("sh -c sh", True),
        ("perl", True),
        ("sh -c date", False),
        ("bash x.sh", False),
        ("python3 -m http.server", False),
        ("perl x.pl", False),
        ("awk", False),
        ("", False),
    ],
)
def test_what_takes_commands(words: str, takes: bool) -> None:
    assert takes_commands(words.split()) is takes


@given(st.lists(st.text(max_size=20), max_size=6))
def test_any_command_can_be_read(command: list[str]) -> None:
    takes_commands(command)
    unwrapped(command)
    without_redirections(command)
    split_words(" ".join(command))
    for name in ("nc.traditional", "socat", "busybox", "tcpserver", "websocketd", "bash"):
        claims(tool(name, *command))


@given(st.text(alphabet=" -'\"\\=,:;|&<>/abcehinsxy", max_size=60))
def test_any_argument_can_be_read(argument: str) -> None:
    for option in ("-e", "-c", "--exec", "--sh-exec"):
        claims(tool("ncat", "-l", option, argument))
    claims(tool("socat", f"EXEC:{argument}", f"SYSTEM:{argument}"))
    mentioned(argument.split(" ", maxsplit=1)[0], argument)
