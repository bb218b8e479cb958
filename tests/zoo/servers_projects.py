"""Servers that people develop with, from PyPI, npm and languages' own, and programs of people's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.zoo.binaries import listener
from tests.zoo.cases import DEVELOPMENT, KNOWN, MOVED, OWN, Case
from tests.zoo.den import Den, from_cache, program, word

FLASK = "import flask\napp = flask.Flask(__name__)\n"
ASGI = "async def app(scope, receive, send):\n    await receive()\n"
WSGI = "def app(environment, start):\n    start('200 OK', [])\n    return [b'']\n"
DJANGO = """import sys
from django.conf import settings
settings.configure(DEBUG=True, ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"])
urlpatterns = []
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
NODE = "require('http').createServer((q, a) => a.end('x')).listen(+process.argv[2], '127.0.0.1')\n"
EXPRESS = "const app = require('express')(); app.listen(+process.argv[2], '127.0.0.1')\n"
PYTHON = """import socket, sys
made = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    one, _ = made.accept()
    one.sendall(b"hello\\n")
    one.close()
"""
PERL = """use IO::Socket::INET;
my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die;
while (my $c = $s->accept) { print $c "hello\\n"; close $c }
"""
RUBY = """require "socket"
server = TCPServer.new("127.0.0.1", ARGV[0].to_i)
loop { one = server.accept; one.puts "hello"; one.close }
"""
JAVA = """import java.net.*;
public class Hello {
  public static void main(String[] a) throws Exception {
    ServerSocket s = new ServerSocket(Integer.parseInt(a[0]), 5, InetAddress.getByName("127.0.0.1"));
    while (true) s.accept().close();
  }
}
"""
PHP = (
    '<?php $s = stream_socket_server("tcp://127.0.0.1:" . $argv[1]);'
    " while (true) @fclose(stream_socket_accept($s, 60));"
)


def project(den: Den, **files: str) -> Path:
    """A project's folder in a home; `__` in a name stands for a dot."""
    folder = den.folder(f"/home/{word()}/{word(2)}", word())
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def _python(den: Den, *command: object, files: dict[str, str], port: int, **options: Any) -> int:
    folder = project(den, **files)
    den.start(
        from_cache("python/bin/python").parent / str(command[0]),
        *command[1:],
        folder=folder,
        terminal=True,
        path=f"{from_cache('python/bin')}:/usr/bin:/bin",
        **options,
    )
    return den.ready(port)


def flask_run(den: Den) -> int:
    port = den.port()
    return _python(den, "flask", "--app", "app", "run", "--port", port, files={"app__py": FLASK}, port=port)


def flask_debug(den: Den) -> int:
    port = den.port()
    return _python(den, "flask", "--app", "app", "run", "--debug", "-p", port, files={"app__py": FLASK}, port=port)


def flask_script(den: Den) -> int:
    port = den.port()
    code = FLASK + f"app.run(port={port}, debug=True)\n"
    return _python(den, "python", "app.py", files={"app__py": code, "requirements__txt": "flask\n"}, port=port)


def django_runserver(den: Den) -> int:
    port = den.port()
    return _python(den, "python", "manage.py", "runserver", port, files={"manage__py": DJANGO}, port=port)


def uvicorn_reload(den: Den) -> int:
    port = den.port()
    return _python(den, "uvicorn", "app:app", "--reload", "--port", port, files={"app__py": ASGI}, port=port)


def uvicorn(den: Den) -> int:
    port = den.port()
    return _python(den, "uvicorn", "app:app", "--port", port, files={"app__py": ASGI}, port=port)


def hypercorn(den: Den) -> int:
    port = den.port()
    return _python(den, "hypercorn", "-b", f"127.0.0.1:{port}", "app:app", files={"app__py": ASGI}, port=port)


def gunicorn(den: Den) -> int:
    port = den.port()
    return _python(den, "gunicorn", "-b", f"127.0.0.1:{port}", "app:app", files={"app__py": WSGI}, port=port)


def waitress(den: Den) -> int:
    port = den.port()
    return _python(den, "waitress-serve", f"--listen=127.0.0.1:{port}", "app:app", files={"app__py": WSGI}, port=port)


def mkdocs(den: Den) -> int:
    port = den.port()
    files = {"mkdocs__yml": "site_name: one\ndocs_dir: .\nsite_dir: /var/tmp/none\n", "index__md": "# one\n"}
    folder = project(den)
    (folder / "docs").mkdir()
    (folder / "docs" / "index.md").write_text(files["index__md"])
    (folder / "mkdocs.yml").write_text("site_name: one\n")
    den.start(from_cache("python/bin/mkdocs"), "serve", "-a", f"127.0.0.1:{port}", folder=folder, terminal=True)
    return den.ready(port)


def jupyter(den: Den) -> int:
    port = den.port()
    return _python(
        den,
        "jupyter-server",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ServerApp.token=x",
        files={},
        port=port,
    )


def flower(den: Den) -> int:
    port = den.port()
    return _python(
        den, "celery", "--broker=memory://", "flower", f"--port={port}", "--address=127.0.0.1", files={}, port=port
    )


def twisted_web(den: Den) -> int:
    port = den.port()
    return _python(
        den, "twistd", "-n", "--pidfile=", "web", "--listen", f"tcp:{port}", "--path", ".", files={}, port=port
    )


def aiosmtpd(den: Den) -> int:
    port = den.port()
    return _python(den, "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", files={}, port=port)


def pyftpdlib(den: Den) -> int:
    port = den.port()
    return _python(den, "python", "-m", "pyftpdlib", "-i", "127.0.0.1", "-p", port, files={}, port=port)


def http_server(den: Den) -> int:
    port = den.port()
    den.start("/usr/bin/python3", "-m", "http.server", port, "--bind", "127.0.0.1", folder=project(den), terminal=True)
    return den.ready(port)


def _npm(den: Den, *command: object, port: int, **files: str) -> int:
    modules = from_cache("npm/node_modules")
    script = (modules / ".bin" / str(command[0])).resolve() if command[0] != "index.js" else Path("index.js")
    folder = project(den, package__json=json.dumps({"name": word(), "private": True}), **files)
    (folder / "node_modules").symlink_to(modules)
    name = script if command[0] == "index.js" else f"node_modules/.bin/{command[0]}"
    den.start(program("node"), name, *command[1:], folder=folder, terminal=True)
    return den.ready(port)


def vite(den: Den) -> int:
    port = den.port()
    return _npm(den, "vite", "--port", port, "--strictPort", "--host", "127.0.0.1", port=port, index__html="<p>")


def webpack_dev_server(den: Den) -> int:
    port = den.port()
    files = {
        "webpack__config__js": "module.exports = { mode: 'development', entry: './index.js' }\n",
        "index__js": "1\n",
    }
    return _npm(den, "webpack", "serve", "--port", port, "--host", "127.0.0.1", "--no-open", port=port, **files)


def http_server_npm(den: Den) -> int:
    port = den.port()
    return _npm(den, "http-server", "-p", port, "-a", "127.0.0.1", port=port)


def json_server(den: Den) -> int:
    port = den.port()
    return _npm(den, "json-server", "--port", port, "--host", "127.0.0.1", "db.json", port=port, db__json='{"a": []}')


def live_server(den: Den) -> int:
    port = den.port()
    return _npm(den, "live-server", f"--port={port}", "--host=127.0.0.1", "--no-browser", port=port)


def serve(den: Den) -> int:
    port = den.port()
    return _npm(den, "serve", "-l", f"tcp://127.0.0.1:{port}", port=port)


def express(den: Den) -> int:
    port = den.port()
    return _npm(den, "index.js", port, port=port, index__js=EXPRESS)


def php_built_in(den: Den) -> int:
    port = den.port()
    den.start(program("php"), "-S", f"127.0.0.1:{port}", folder=project(den), terminal=True)
    return den.ready(port)


def webrick(den: Den) -> int:
    port = den.port()
    den.start(
        program("ruby"), "-run", "-e", "httpd", ".", "-p", port, "-b", "127.0.0.1", folder=project(den), terminal=True
    )
    return den.ready(port)


def busybox_httpd(den: Den) -> int:
    port = den.port()
    den.start(program("busybox"), "httpd", "-f", "-p", f"127.0.0.1:{port}", folder=project(den))
    return den.ready(port)


def _script(den: Den, interpreter: str, name: str, text: str) -> int:
    port = den.port()
    folder = den.folder("/opt")
    (folder / name).write_text(text)
    den.start(program(interpreter), folder / name, port)
    return den.ready(port)


def node_script(den: Den) -> int:
    return _script(den, "node", "report.js", NODE)


def python_script(den: Den) -> int:
    return _script(den, "/usr/bin/python3", "report.py", PYTHON)


def perl_script(den: Den) -> int:
    return _script(den, "perl", "report.pl", PERL)


def ruby_script(den: Den) -> int:
    return _script(den, "ruby", "report.rb", RUBY)


def php_script(den: Den) -> int:
    return _script(den, "php", "report.php", PHP)


def java_source(den: Den) -> int:
    return _script(den, "java", "Hello.java", JAVA)


def own_binary(den: Den) -> int:
    port = den.port()
    den.start(listener(den.folder("/opt") / "reporter"), port)
    return den.ready(port)


ANY = (DEVELOPMENT, KNOWN, MOVED, OWN)
CASES: tuple[Case, ...] = (
    *(
        Case(name=name, start=start, kinds=(DEVELOPMENT,), called=called)
        for name, start, called in (
            ("flask-run", flask_run, "flask"),
            ("flask-debug", flask_debug, "flask"),
            ("flask-script", flask_script, None),
            ("django-runserver", django_runserver, "django"),
            ("uvicorn-reload", uvicorn_reload, "uvicorn"),
            ("mkdocs", mkdocs, "mkdocs"),
            ("http.server", http_server, None),
            ("vite", vite, "vite"),
            ("webpack-dev-server", webpack_dev_server, "webpack"),
            ("http-server", http_server_npm, "http-server"),
            ("json-server", json_server, "json"),
            ("live-server", live_server, "live"),
            ("serve", serve, "serve"),
            ("php-built-in", php_built_in, "php"),
            ("webrick", webrick, None),
        )
    ),
    # with no --reload they serve people's own code for good, or while it is developed: nothing tells which
    *(
        Case(name=name, start=start, kinds=ANY)
        for name, start in (
            ("uvicorn", uvicorn),
            ("hypercorn", hypercorn),
            ("gunicorn", gunicorn),
            ("waitress", waitress),
            ("jupyter", jupyter),
            ("flower", flower),
            ("twisted-web", twisted_web),
            ("aiosmtpd", aiosmtpd),
            ("pyftpdlib", pyftpdlib),
            ("busybox-httpd", busybox_httpd),
        )
    ),
    Case(name="express", start=express, kinds=(OWN, DEVELOPMENT)),
    Case(name="node-script", start=node_script, kinds=(OWN,), called="report.js"),
    Case(name="python-script", start=python_script, kinds=(OWN,), called="report.py"),
    Case(name="perl-script", start=perl_script, kinds=(OWN,), called="report.pl"),
    Case(name="ruby-script", start=ruby_script, kinds=(OWN,), called="report.rb"),
    Case(name="php-script", start=php_script, kinds=(OWN,), called="report.php"),
    Case(name="java-source", start=java_source, kinds=(OWN,), called="hello"),
    Case(name="own-binary", start=own_binary, kinds=(OWN,), called="reporter"),
)
