from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whoseport.classifiers.command_line import started_by
from whoseport.classifiers.interpreters import DIALECTS, family_of

CASES: list[tuple[str, tuple[str, ...], str, str, str, tuple[str, ...]]] = [
    # executable, command, family, form, subject, arguments
    ("/usr/bin/python3.11", ("python3", "app.py", "-c", "x"), "python", "script", "app.py", ("-c", "x")),
    ("/usr/bin/python3.11", ("python3", "-Im", "http.server", "80"), "python", "module", "http.server", ("80",)),
    ("/usr/bin/python3.11", ("python3", "-uc", "import x", "a"), "python", "inline", "import x", ("a",)),
    ("/usr/bin/python3.11", ("python3", "-cimport x"), "python", "inline", "import x", ()),
    ("/usr/bin/python3.11", ("python3", "-W", "ignore", "-X", "dev", "a.py"), "python", "script", "a.py", ()),
    ("/usr/bin/python3.11", ("python3",), "python", "input", "", ()),
    ("/usr/bin/python3.11", ("python3", "-", "80"), "python", "input", "", ("80",)),
    ("/usr/bin/python3.11", ("renamed", "-c", "x"), "python", "inline", "x", ()),
    ("/usr/bin/python3.11", ("gunicorn: master [app:app]",), "python", "title", "gunicorn: master [app:app]", ()),
    ("/usr/bin/node", ("node", "--require", "a", "--import", "b", "s.js"), "node", "script", "s.js", ()),
    ("/usr/bin/node", ("node", "--inspect=1", "s.js"), "node", "script", "s.js", ()),
    ("/usr/bin/node", ("node", "-e", "code"), "node", "inline", "code", ()),
    ("/usr/bin/node", ("node", "--eval=code"), "node", "inline", "code", ()),
    ("/usr/bin/node", ("npm run dev",), "node", "title", "npm run dev", ()),
    ("/usr/bin/perl", ("perl", "-MIO::Socket", "-e", "code"), "perl", "inline", "code", ()),
    ("/usr/bin/perl", ("perl", "-lne", "code"), "perl", "inline", "code", ()),
    ("/usr/bin/perl", ("perl", "-I", "lib", "x.pl"), "perl", "script", "x.pl", ()),
    ("/usr/bin/ruby3.1", ("ruby", "-run", "-e", "httpd", "."), "ruby", "inline", "httpd", (".",)),
    ("/usr/bin/php8.2", ("php", "-S", "127.0.0.1:80", "-t", "x"), "php", "server", "127.0.0.1:80", ("-t", "x")),
    ("/usr/bin/php8.2", ("php", "-d", "a=b", "-r", "code"), "php", "inline", "code", ()),
    ("/usr/bin/php8.2", ("php", "artisan", "serve"), "php", "script", "artisan", ("serve",)),
    ("/usr/bin/bash", ("bash", "-lc", "code", "name"), "shell", "inline", "code", ("name",)),
    ("/usr/bin/bash", ("-bash",), "shell", "input", "", ()),
    ("/usr/bin/dash", ("sh", "-i"), "shell", "input", "", ()),
    ("/usr/bin/bash", ("bash", "-o", "pipefail", "run.sh", "a"), "shell", "script", "run.sh", ("a",)),
    ("/usr/bin/gawk", ("gawk", "BEGIN{}"), "awk", "inline", "BEGIN{}", ()),
    ("/usr/bin/gawk", ("gawk", "-f", "x.awk"), "awk", "script", "x.awk", ()),
    ("/usr/bin/lua5.4", ("lua", "-e", "x"), "lua", "inline", "x", ()),
    ("/usr/bin/lua5.4", ("lua", "-e", "x", "s.lua"), "lua", "script", "s.lua", ()),
    ("/usr/bin/java", ("java", "-Xmx1g", "-cp", "a:b", "x.Main", "1"), "java", "class", "x.Main", ("1",)),
    ("/usr/bin/java", ("java", "-Da=b", "-jar", "/a/r.jar", "x"), "java", "jar", "/a/r.jar", ("x",)),
    ("/usr/bin/java", ("java", "-p", "a", "-m", "m/x.Main"), "java", "class", "m/x.Main", ()),
    ("/usr/bin/java", ("java", "Main.java"), "java", "script", "Main.java", ()),
    ("/usr/bin/java", ("java", "clojure.main", "-m", "x.core", "a"), "java", "class", "x.core", ("a",)),
    ("/usr/bin/dotnet", ("dotnet", "exec", "--depsfile", "x", "a.dll"), "dotnet", "script", "a.dll", ()),
    ("/usr/bin/deno", ("deno", "run", "-A", "main.ts"), "deno", "script", "main.ts", ()),
    ("/usr/bin/deno", ("deno", "task", "dev"), "deno", "module", "dev", ()),
    ("/usr/lib/erlang/beam.smp", ("beam.smp", "--", "-s", "rabbit", "boot"), "beam", "module", "rabbit", ()),
    (
        "/usr/lib/erlang/beam.smp",
        ("beam.smp", "--", "-s", "elixir", "start_cli", "-extra", "/usr/bin/mix", "phx.server"),
        "beam",
        "script",
        "/usr/bin/mix",
        ("phx.server",),
    ),
    ("/usr/lib/R/bin/exec/R", ("R", "--no-echo", "--file=app.R"), "r", "script", "app.R", ()),
    ("/usr/bin/pwsh", ("pwsh", "-NoProfile", "-Command", "x"), "powershell", "inline", "x", ()),
    ("/usr/bin/busybox", ("busybox", "sh", "-c", "x"), "shell", "inline", "x", ()),
    ("/lib64/ld-linux-x86-64.so.2", ("ld.so", "/tmp/python3", "-c", "x"), "python", "inline", "x", ()),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case[1]))
def test_what_an_interpreter_was_told_to_run(
    case: tuple[str, tuple[str, ...], str, str, str, tuple[str, ...]],
) -> None:
    executable, command, family, form, subject, arguments = case
    start = started_by(command, executable)
    assert (start.family, start.form, start.subject, start.arguments) == (family, form, subject, arguments)


@pytest.mark.parametrize(
    ("executable", "command", "form", "subject"),
    [
        ("/usr/sbin/nginx", ("nginx: master process /usr/sbin/nginx",), "program", "nginx"),
        ("/usr/bin/busybox", ("httpd", "-f"), "applet", "httpd"),
        ("/usr/bin/busybox", ("busybox", "telnetd"), "applet", "telnetd"),
        ("/usr/bin/busybox", ("busybox",), "program", "busybox"),
        ("/usr/bin/qemu-system-x86_64", ("qemu-system-x86_64", "disk"), "program", "qemu-system-x86_64"),
        (None, ("/opt/app/server", "-x"), "program", "server"),
        (None, None, "program", "comm"),
        (None, (), "program", "comm"),
    ],
)
def test_a_program_of_its_own(executable: str | None, command: tuple[str, ...] | None, form: str, subject: str) -> None:
    start = started_by(command, executable, "comm")
    assert (start.family, start.form, start.subject) == (None, form, subject)


@pytest.mark.parametrize("family", sorted(DIALECTS))
def test_every_family_has_a_name_that_leads_to_it(family: str) -> None:
    names = {"shell": "bash", "awk": "gawk", "tcl": "tclsh", "powershell": "pwsh", "lisp": "sbcl", "beam": "beam.smp"}
    assert family_of(names.get(family, family)) == family


def test_a_name_that_only_begins_like_an_interpreter_is_none() -> None:
    assert [family_of(name) for name in ("pythonista", "nodemon", "phpmyadmin", "rsync", "3", "")] == [None] * 6


words = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["-c", "-m", "-e", "-", "--", "-jar", "-S", "--eval", "-f", "-extra", "-s", "run", "-I", "-M"]),
)
programs = st.sampled_from(["python3", "node", "perl", "ruby", "php", "java", "beam.smp", "lua", "bash", "R", "bun"])


@given(command=st.none() | st.lists(words, max_size=7).map(tuple), program=programs | st.none() | st.text(max_size=5))
def test_any_command_line_starts_something(command: tuple[str, ...] | None, program: str | None) -> None:
    start = started_by(command, None if program is None else f"/x/{program}", "comm")
    assert start.form in ["program", "script", "module", "jar", "class", "inline", "input", "server", "title", "applet"]
    given_words = set(command or ())
    assert given_words.issuperset(start.arguments)
    assert isinstance(start.name, str)
