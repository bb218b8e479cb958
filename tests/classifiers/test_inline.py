"""Programs on a command line: the hostile ones beside honest ones of the same words."""

# ruff: noqa: E501 - programs stand here as they are typed

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.classifiers.making import concern_of, parent, process, subject
from whoseport.classifiers.inline import findings
from whoseport.classifiers.inline_code import gives_shell, is_encoded
from whoseport.model import Process

PROGRAMS = {
    "python3": "python3.11",
    "perl": "perl",
    "ruby": "ruby3.1",
    "node": "node",
    "php": "php8.2",
    "lua": "lua5.4",
    "gawk": "gawk",
    "bash": "bash",
    "zsh": "zsh",
    "pwsh": "pwsh",
}
LISTEN = "import socket; s = socket.socket(); s.bind(('', 4000)); s.listen(); c, a = s.accept(); "


def run(*command: str) -> Process:
    return process(f"/usr/bin/{PROGRAMS[command[0]]}", package=command[0], command=command)


def claims(*command: str) -> list[str]:
    return [finding.claim for finding in findings(subject(run(*command)))]


SHELLS = [
    ("python3", "-c", LISTEN + "import os, pty; [os.dup2(c.fileno(), f) for f in (0, 1, 2)]; pty.spawn('/bin/sh')"),
    ("python3", "-Ic", LISTEN + "import subprocess; subprocess.call(['/bin/sh', '-i'], stdin=c, stdout=c)"),
    ("python3", "-c", LISTEN + "import os; c.send(os.popen(c.recv(999).decode()).read().encode())"),
    ("python3", "-c", LISTEN + "import subprocess as p; c.send(p.check_output(c.recv(99), shell=True))"),
    ("python3", "-c", LISTEN + "import subprocess as u; c.send(u.getoutput(c.recv(99).decode()).encode())"),
    ("python3", "-c", LISTEN + "exec(c.recv(9999))"),
    ("python3", "-c", LISTEN + "import code, sys; sys.stdin = c.makefile(); code.interact()"),
    ("perl", "-e", 'use Socket; accept(C,S); open(STDIN,">&C"); open(STDOUT,">&C"); exec("/bin/sh -i");'),
    ("perl", "-MIO::Socket", "-e", "$c=IO::Socket::INET->new(LocalPort=>4000,Listen=>1)->accept; while(<$c>){print $c `$_`}"),
    ("perl", "-MIO", "-e", "$c=new IO::Socket::INET(LocalPort,4,Listen,1)->accept;$~->fdopen($c,w);STDIN->fdopen($c,r);system$_ while<>"),
    ("ruby", "-rsocket", "-e", "c=TCPServer.new(4000).accept; exec '/bin/sh', in: c, out: c"),
    ("ruby", "-rsocket", "-e", 'c=TCPServer.new(4000).accept;while(l=c.gets);IO.popen(l,"r"){|i|c.print i.read}end'),
    ("ruby", "-rsocket", "-e", 'f=TCPServer.new(4000).accept.to_i;exec sprintf("/bin/sh -i <&%d >&%d 2>&%d",f,f,f)'),
    ("node", "-e", "require('net').createServer(c=>{s=require('child_process').spawn('/bin/sh');c.pipe(s.stdin);s.stdout.pipe(c)}).listen(4000)"),
    ("node", "-e", "require('net').createServer(c=>c.on('data',d=>require('child_process').exec(d+'',(e,o)=>c.write(o)))).listen(4000)"),
    ("node", "--eval", "require('http').createServer((q,r)=>r.end(eval(decodeURI(q.url)))).listen(4000)"),
    ("php", "-r", '$c=stream_socket_accept(stream_socket_server("tcp://0:4000"));while($l=fgets($c)){fwrite($c,shell_exec($l));}'),
    ("php", "-r", '$s=socket_accept($l);exec("/bin/sh -i <&3 >&3 2>&3");'),
    ("php", "-r", '$c=stream_socket_accept($s);proc_open("/bin/sh -i",[0=>$c,1=>$c,2=>$c],$p);'),
    ("lua", "-e", "s=require('socket').bind('*',4000):accept(); while 1 do f=io.popen(s:receive()); s:send(f:read('*a')) end"),
    ("gawk", 'BEGIN{s="/inet/tcp/4000/0/0";for(;;){do{printf"$ "|&s;s|&getline c;if(c){while((c|&getline)>0)print $0|&s;close(c)}}while(c!="exit")}}'),
    ("gawk", 'BEGIN{s="/inet/tcp/4000/0/0"; while((s |& getline cmd) > 0) system(cmd)}'),
    ("zsh", "-c", "zmodload zsh/net/tcp; ztcp -l 4000; ztcp -a $REPLY; sh -i <&$REPLY >&$REPLY 2>&1"),
]  # fmt: skip
ENCODED = [
    ("python3", "-c", "import base64; exec(base64.b64decode('aW1wb3J0IG9z'))"),
    ("python3", "-c", "import zlib,codecs; exec(zlib.decompress(codecs.decode('eJw=', 'base64')))"),
    ("python3", "-c", "exec(__import__('marshal').loads(bytes.fromhex('e3')))"),
    ("python3", "-c", "import os; exec(os.environ['X'])"),
    ("python3", "-c", "from urllib.request import urlopen; exec(urlopen('http://127.0.0.1/').read())"),
    ("perl", "-MMIME::Base64", "-e", "eval(decode_base64('cHJpbnQ='))"),
    ("perl", "-e", "eval unpack u=>q{_=7-E(%-O8VME=#L}"),
    ("ruby", "-e", "eval(['cHV0cw=='].pack('H*'))"),
    ("node", "-e", "eval(Buffer.from('Y29uc29sZQ==','base64').toString())"),
    ("node", "-e", "new Function(atob('Y29uc29sZQ=='))()"),
    ("php", "-r", "eval(base64_decode('ZWNobyAx'));"),
    ("php", "-r", "eval(gzinflate(base64_decode('S03OyFdQMgQA')));"),
    ("pwsh", "-NoProfile", "-EncodedCommand", "ZQBjAGgAbwA="),
]
HONEST = [
    ("python3", "-c", "import http.server as h; h.HTTPServer(('', 4000), h.SimpleHTTPRequestHandler).serve_forever()"),
    ("python3", "-c", LISTEN + "c.sendall(c.recv(100))"),
    ("python3", "-c", LISTEN + "import subprocess; c.send(subprocess.check_output(['date']))"),
    ("python3", "-c", LISTEN + "import os; os.system('make'); c.recv(1)"),
    ("python3", "-c", LISTEN + "import platform; c.recv(1); c.send(platform.system().encode())"),
    ("python3", "-c", LISTEN + "import subprocess as u; c.recv(1); c.send(u.getoutput('uptime').encode())"),
    ("python3", "-c", LISTEN + "import base64; c.send(base64.b64encode(c.recv(100)))"),
    ("python3", "-c", LISTEN + "import base64, json; json.loads(base64.b64decode(c.recv(100)))"),
    ("python3", "-c", LISTEN + "import ast; ast.literal_eval(c.recv(9).decode())"),
    ("python3", "-c", LISTEN + "import subprocess; subprocess.run(['bash', 'build.sh']); c.recv(1)"),
    ("python3", "-c", LISTEN + "import subprocess; subprocess.run(['sh', '-c', 'date'], stdin=subprocess.DEVNULL)"),
    ("python3", "-c", "exec(open('server.py').read())"),
    ("python3", "-c", "import app; app.create().run(port=4000)"),
    ("perl", "-MIO::Socket", "-e", "$s=IO::Socket::INET->new(LocalPort=>4000,Listen=>5);while($c=$s->accept){print $c 'hi'}"),
    ("perl", "-MIO::Socket", "-e", "$s=IO::Socket::INET->new(LocalPort=>4000,Listen=>5);while($c=$s->accept){print $c uc while <$c>}"),
    ("ruby", "-rsocket", "-e", "s=TCPServer.new(4000); loop { c=s.accept; c.puts c.gets; c.close }"),
    ("ruby", "-rsocket", "-e", "s=TCPServer.new(4000); loop { c=s.accept; c.puts `date`; c.close }"),
    ("node", "-e", "require('http').createServer((q,r)=>r.end(q.url)).listen(4000)"),
    ("node", "-e", "require('http').createServer((q,r)=>r.end(require('child_process').execSync('date'))).listen(4000)"),
    ("node", "-e", "require('http').createServer((q,r)=>{if(/a/.exec(q.url))r.end()}).listen(4000)"),
    ("node", "-e", "require('http').createServer((q,r)=>r.end(Buffer.from(q.url,'base64'))).listen(4000)"),
    ("php", "-r", '$s=stream_socket_server("tcp://0:4000");while($c=stream_socket_accept($s)){fwrite($c,fgets($c));}'),
    ("php", "-r", '$s=stream_socket_server("tcp://0:4000");while($c=stream_socket_accept($s)){fgets($c);fwrite($c,shell_exec("date"));}'),
    ("lua", "-e", "s=require('socket').bind('*',4000):accept(); s:send(s:receive())"),
    ("gawk", 'BEGIN{h="/inet/tcp/4000/0/0";while(1){print "hi"|&h;while((h|&getline)>0)continue;close(h)}}'),
    ("gawk", 'BEGIN{h="/inet/tcp/4000/0/0";while((h|&getline)>0){"date"|getline d;print d|&h}}'),
    ("gawk", 'BEGIN{h="/inet/tcp/4000/0/0";c="date";while((h|&getline line)>0){c|&getline d;print d|&h}}'),
]  # fmt: skip
NO_PROGRAM = [
    ("python3", "-m", "http.server"),
    ("python3", "-c", "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=5, pipe_handle=7)"),
    ("python3", "-u", "-c", "import sys;exec(eval(sys.stdin.readline()))"),
    ("ruby", "-run", "-e", "httpd", ".", "-p", "4000"),
    ("bash", "-c", "cd /srv && ./serve; bash"),
    ("php", "-S", "127.0.0.1:4000"),
    ("gawk", "-f", "server.awk"),
    ("python3", "server.py", "-c", "exec(base64.b64decode(x))"),
]


@pytest.mark.parametrize("command", SHELLS, ids=" ".join)
def test_a_shell_for_whoever_connects_is_strong(command: tuple[str, ...]) -> None:
    assert "inline-shell" in claims(*command)
    assert concern_of(run(*command))[0] == "suspicious"


@pytest.mark.parametrize("command", ENCODED, ids=" ".join)
def test_a_program_that_decodes_itself_is_strong(command: tuple[str, ...]) -> None:
    assert "inline-encoded" in claims(*command)


@pytest.mark.parametrize("command", HONEST, ids=" ".join)
def test_a_short_server_is_a_note(command: tuple[str, ...]) -> None:
    assert claims(*command) == ["inline-program"]
    assert concern_of(run(*command))[0] == "note"


@pytest.mark.parametrize("command", NO_PROGRAM, ids=" ".join)
def test_no_program_on_the_command_line(command: tuple[str, ...]) -> None:
    assert claims(*command) == []


FAMILIES = ("python", "perl", "ruby", "node", "php", "lua", "awk", "shell", "tcl", "beam", "other")
TOKENS = st.sampled_from(
    ["exec(", "eval(", "os.system(", "'", '"', "`", "sh", "/bin/sh", "recv(", "getline", "|&", "/inet", "base64", "(", " ", "$", "{"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(TOKENS, max_size=30).map("".join)))
def test_any_program_can_be_read(code: str) -> None:
    for family in FAMILIES:
        gives_shell(family, code)
        is_encoded(family, code)


@pytest.mark.parametrize("piece", ["sh", "'sh' ", "exec(", "getline ", "|& getline", "system(", "open(", "`$", "a"])
def test_a_long_program_is_read_in_bounds(piece: str) -> None:
    """A megabyte of whatever is slow to read ends within the test's time limit, in each language."""
    code = "recv( /inet dup2 base64 " + piece * ((1 << 20) // len(piece))
    for family in FAMILIES:
        gives_shell(family, code)
        is_encoded(family, code)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("echo cHJpbnQoMSk= | base64 -d | python3 -", ["inline-encoded"]),
        ("base64 --decode /srv/a | gunzip | python3", ["inline-encoded"]),
        ("cat /srv/a.py | python3", []),
        ("base64 -d /srv/a > /srv/b; cat /srv/c | python3", []),
        ("echo cHJpbnQoMSk= | base64 -d | tee /srv/log; python3 < /srv/f", []),
    ],
)
def test_a_program_that_a_shell_decodes_and_hands_over_is_strong(code: str, expected: list[str]) -> None:
    shell = parent("bash", "bash", "-c", code, executable="/usr/bin/bash")
    one = run("python3", "-").replace(parents=(shell,))
    assert [finding.claim for finding in findings(subject(one))] == expected
    other = one.replace(parents=(parent("bash", "bash", executable="/usr/bin/bash"), shell))
    assert findings(subject(other)) == []
