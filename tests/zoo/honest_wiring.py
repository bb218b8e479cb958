"""Honest twins of shells on a port: handlers, one-liners, and sessions that are meant to be there."""

from __future__ import annotations

from tests.zoo.cases import Case
from tests.zoo.den import Den, program, word
from tests.zoo.hostile_files import write
from tests.zoo.hostile_shells import CLIENT

HANDLER = '#!/bin/sh\nwhile read -r line; do echo "hello $line"; done\n'
INETD = "127.0.0.1:{port} stream tcp nowait root {handler} {name}\n"
NODE = "require('http').createServer((q, a) => a.end('x')).listen({port}, '127.0.0.1')"
PERL = (
    'use IO::Socket::INET;$s=IO::Socket::INET->new(LocalAddr=>"127.0.0.1",LocalPort=>{port},Listen=>3);'
    'while($c=$s->accept){{print $c "hello\\n";close $c}}'
)
RUBY = 's=TCPServer.new("127.0.0.1",{port});while(c=s.accept);c.puts "hello";c.close;end'
PYTHON = "import socket\ns=socket.create_server(('127.0.0.1',{port}))\nwhile 1: s.accept()[0].sendall(b'hello')"


def _runs(den: Den, *command: str) -> int:
    port = den.port()
    program(command[0])
    den.start(*(one.replace("{port}", str(port)).replace("{{", "{").replace("}}", "}") for one in command))
    return den.ready(port)


def _client(den: Den, port: int) -> int:
    """A client that stays connected, until something was started for it."""
    before = len(den.descendants())
    den.start("/usr/bin/python3", write(den.folder("/opt"), "c.py", CLIENT), port)
    den.wait(lambda: len(den.descendants()) > before + 1, "a process for the connection")
    return port


def receives_a_file(den: Den) -> int:
    port = den.port()
    nc = program("nc.openbsd")
    den.start("sh", "-c", f"{nc} -l 127.0.0.1 {port} | tar x", folder=den.folder("/srv"), terminal=True)
    return den.ready(port)


def sends_a_file(den: Den) -> int:
    port = den.port()
    nc = program("nc.traditional")
    den.start("bash", "-c", f"tar c . | {nc} -l -s 127.0.0.1 -p {port}", folder=den.folder("/srv"), terminal=True)
    return den.ready(port)


def answers_in_a_loop(den: Den) -> int:
    """A health check of three words."""
    port = den.port()
    nc = program("nc.openbsd")
    den.start("bash", "-c", f"while true; do echo ok | {nc} -l -N 127.0.0.1 {port}; done", terminal=True)
    return den.ready(port)


def proxies_by_a_pipe(den: Den) -> int:
    """The old way of a proxy, with the pipe that a shell's twin has."""
    port, other = den.port(), den.port()
    path = den.folder("/srv") / word()
    nc = program("nc.openbsd")
    den.start(
        "sh",
        "-c",
        f"mkfifo {path}; {nc} -lk 127.0.0.1 {other} & "
        f"{nc} -lk 127.0.0.1 {port} < {path} | {nc} 127.0.0.1 {other} > {path}",
        terminal=True,
    )
    return den.ready(port)


def echoes(den: Den) -> int:
    return _runs(den, "ncat", "-l", "127.0.0.1", "{port}", "-k", "--exec", "/bin/cat")


def echoes_by_netcat(den: Den) -> int:
    return _runs(den, "nc.traditional", "-l", "-p", "{port}", "-s", "127.0.0.1", "-e", "/bin/cat")


def handler_of_socat(den: Den) -> int:
    port = den.port()
    handler = write(den.folder("/opt"), "handler.sh", HANDLER)
    den.start(program("socat"), f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", f"EXEC:{handler}")
    return _client(den, den.ready(port))


def handler_of_ncat(den: Den) -> int:
    port = den.port()
    handler = write(den.folder("/opt"), "handler.sh", HANDLER)
    den.start(program("ncat"), "-l", "127.0.0.1", port, "-k", "--exec", handler)
    return _client(den, den.ready(port))


def handler_of_inetd(den: Den) -> int:
    port = den.port()
    folder = den.folder("/opt")
    handler = write(folder, "handler.sh", HANDLER)
    table = write(folder, "c.conf", INETD.format(port=port, handler=handler, name="handler.sh"))
    den.start(program("inetd"), "-i", table)
    return _client(den, den.ready(port))


def forwards(den: Den) -> int:
    port, other = den.port(), den.port()
    den.start(program("socat"), f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", f"TCP:127.0.0.1:{other}")
    return den.ready(port)


def telnet_with_login(den: Den) -> int:
    return _runs(den, "busybox", "telnetd", "-F", "-b", "127.0.0.1", "-p", "{port}", "-l", "/bin/login")


def _sshd(den: Den, *session: str) -> int:
    port = den.port()
    folder = den.folder("/srv")
    sshd = program("sshd")
    if den.inside("test", "-d", "/run/sshd").returncode != 0:
        den.folder("/run", "sshd")
    for key in ("h", "k"):
        done = den.inside("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key)
        assert done.returncode == 0, done.stderr
    (folder / "h").chmod(0o600)
    options = [
        f"AuthorizedKeysFile={folder}/k.pub",
        "StrictModes=no",
        "PermitRootLogin=yes",
        "PidFile=none",
        "ListenAddress=127.0.0.1",
        "UsePAM=no",
    ]
    den.start(sshd, "-D", "-e", "-f", "/dev/null", "-h", folder / "h", "-p", port, *(f"-o{one}" for one in options))
    den.ready(port)
    before = len(den.descendants())
    den.start(
        "ssh",
        "-F",
        "/dev/null",
        "-i",
        folder / "k",
        "-p",
        port,
        "-oStrictHostKeyChecking=no",
        "-oUserKnownHostsFile=/dev/null",
        *session,
    )
    den.wait(lambda: len(den.descendants()) > before + 2, "a session")
    return port


def session_of_ssh(den: Den) -> int:
    """Without a terminal its shell reads from a pair of sockets."""
    return _sshd(den, "root@127.0.0.1", "sleep 200; true")


def session_of_ssh_on_a_terminal(den: Den) -> int:
    return _sshd(den, "-tt", "root@127.0.0.1", "sleep 200; true")


def forward_of_ssh(den: Den) -> int:
    port = den.port()
    _sshd(den, "-N", "-L", f"127.0.0.1:{port}:127.0.0.1:9", "root@127.0.0.1")
    return den.ready(port)


def inline_module(den: Den) -> int:
    return _runs(den, "python3", "-m", "http.server", "-b", "127.0.0.1", "{port}")


def inline_python(den: Den) -> int:
    return _runs(den, "python3", "-c", PYTHON)


def inline_python_serves_files(den: Den) -> int:
    return _runs(
        den,
        "python3",
        "-c",
        "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port={port}, bind='127.0.0.1')",
    )


def inline_node(den: Den) -> int:
    return _runs(den, "node", "-e", NODE)


def inline_perl(den: Den) -> int:
    return _runs(den, "perl", "-e", PERL)


def inline_ruby(den: Den) -> int:
    return _runs(den, "ruby", "-rsocket", "-e", RUBY)


def from_input(den: Den) -> int:
    """A program typed into a terminal as a here-document."""
    port = den.port()
    script = write(den.folder("/srv"), "typed", PYTHON.format(port=port))
    den.start("bash", "-c", f"python3 - < {script}", terminal=True)
    return den.ready(port)


CASES: tuple[Case, ...] = tuple(
    Case(name=start.__name__.replace("_", "-"), start=start, alone=True)
    for start in (
        receives_a_file,
        sends_a_file,
        answers_in_a_loop,
        proxies_by_a_pipe,
        echoes,
        echoes_by_netcat,
        handler_of_socat,
        handler_of_ncat,
        handler_of_inetd,
        forwards,
        telnet_with_login,
        session_of_ssh,
        session_of_ssh_on_a_terminal,
        forward_of_ssh,
        inline_module,
        inline_python,
        inline_python_serves_files,
        inline_node,
        inline_perl,
        inline_ruby,
        from_input,
    )
)
