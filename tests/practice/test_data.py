"""The files of data/practice, read by a second reader: their form, their words, and what they have to know."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest

from whoseport.model import TRANSPORTS, Role, SoftwareKind

FOLDER = Path(__file__).resolve().parent.parent.parent / "data" / "practice"
FILES = sorted(FOLDER.iterdir())
ROLES = ("default", "tls", "admin", "development", "metrics", "cluster", "debug", "client", "legacy")
KINDS = ("server", "development-server", "desktop", "rpc", "forwarder", "interpreter", "client")
NAME_LISTS = ("programs", "scripts", "packages", "units")
ACT_AS_SERVERS = {"server", "development-server", "rpc"}
LINE = 120
TASK_NAME = 15
"""Bytes of a process's name that the kernel keeps (TASK_COMM_LEN less its NUL)."""

SHARED_PROGRAMS = {"smtpd": {"opensmtpd", "postfix"}}
"""Programs of different software that bear the same name; no other name is claimed by two files."""

SHARED_TASK_NAMES = {"systemd-journal"}
"""What the kernel's cut leaves where more than one program comes down to it: it names none of them."""


def table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


TABLES = {path.stem: table(path) for path in FILES}


def bounds(fact: dict[str, Any]) -> tuple[int, int]:
    if "port" in fact:
        return fact["port"], fact["port"]
    return fact["first"], fact["last"]


def order(fact: dict[str, Any]) -> tuple[int, int, int]:
    return ROLES.index(fact["role"]), bounds(fact)[0], TRANSPORTS.index(fact["transport"])


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def one_list(key: str, values: list[str]) -> str:
    line = f"{key} = [{', '.join(quoted(value) for value in values)}]\n"
    if len(line) <= LINE + 1:
        return line
    return f"{key} = [\n" + "".join(f"    {quoted(value)},\n" for value in values) + "]\n"


def written(software: dict[str, Any]) -> str:
    """The one way in which a file is written, so that a change shows what has changed."""
    text = f"name = {quoted(software['name'])}\nkind = {quoted(software['kind'])}\n"
    text += "".join(one_list(key, software[key]) for key in NAME_LISTS)
    for fact in sorted(software.get("ports", []), key=order):
        first, last = bounds(fact)
        source = ", ".join(f"{key} = {quoted(value)}" for key, value in fact["source"].items())
        text += f"\n[[ports]]\ntransport = {quoted(fact['transport'])}\n"
        text += f"port = {first}\n" if "port" in fact else f"first = {first}\nlast = {last}\n"
        text += f"role = {quoted(fact['role'])}\n" + ("common = true\n" if "common" in fact else "")
        text += f"source = {{ {source} }}\n"
    return text


def facts() -> list[tuple[str, dict[str, Any]]]:
    return [(stem, fact) for stem, software in TABLES.items() for fact in software.get("ports", [])]


def test_the_words_are_those_of_the_model() -> None:
    assert set(ROLES) == set(cast("tuple[str, ...]", Role))
    assert set(KINDS) == set(cast("tuple[str, ...]", SoftwareKind))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_the_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    software = tomllib.loads(text)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*\.toml", path.name)
    assert set(software) <= {"name", "kind", "ports", *NAME_LISTS}
    assert software["name"].strip() == software["name"] != ""
    assert software["kind"] in KINDS
    assert any(software[key] for key in NAME_LISTS), "nothing to know it by"
    for key in NAME_LISTS:
        values = software[key]
        assert len(set(values)) == len(values), key
        assert all(value.strip() == value != "" and value.isprintable() and "/" not in value[:1] for value in values)
    assert [name for name in software["scripts"] if name != name.lower()] == []
    assert not [name for name in software["units"] if name.endswith((".service", ".socket"))]
    assert not re.search(r"[\w.+-]+@[\w-]+\.[a-z]{2,}(?![\w./])", text, re.IGNORECASE | re.ASCII), "a mail address"
    assert text == written(software)


def test_every_fact_is_in_range_once_and_has_a_source() -> None:
    seen: set[tuple[object, ...]] = set()
    for stem, fact in facts():
        assert set(fact) - {"common"} in (
            {"transport", "port", "role", "source"},
            {"transport", "first", "last", "role", "source"},
        )
        first, last = bounds(fact)
        assert type(first) is int, stem
        assert type(last) is int, stem
        assert 1 <= first <= last <= 65535, stem
        assert fact["transport"] in TRANSPORTS, stem
        assert fact["role"] in ROLES, stem
        key = stem, fact["transport"], first, last, fact["role"]
        assert key not in seen
        seen.add(key)
        source = fact["source"]
        assert {"title", "where"} <= set(source) <= {"title", "version", "where"}, stem
        assert all(type(value) is str and value.strip() == value != "" for value in source.values()), stem
        assert all(value.isprintable() for value in source.values()), stem


def test_a_source_of_a_package_tells_its_version_and_a_page_its_address() -> None:
    for stem, fact in facts():
        source = fact["source"]
        if source["title"].startswith(("Debian package ", "PyPI ", "npm ", "GitHub ")):
            assert source.get("version"), (stem, source)
            assert ": " in source["where"], (stem, source)
        else:
            assert re.match(r"https://[\w./-]+|[\w.-]+\(\d\w*\): ", source["where"]), (stem, source)


def test_no_two_files_bear_one_name() -> None:
    names = Counter(software["name"].casefold() for software in TABLES.values())
    assert [name for name, times in names.items() if times > 1] == []


def test_no_program_belongs_to_two_files() -> None:
    claimed: dict[str, set[str]] = {}
    for stem, software in TABLES.items():
        for name in software["programs"]:
            claimed.setdefault(name.lower(), set()).add(stem)
    assert {name: stems for name, stems in claimed.items() if len(stems) > 1} == SHARED_PROGRAMS


def test_no_script_is_the_program_of_other_software() -> None:
    programs = {name.lower(): stem for stem, software in TABLES.items() for name in software["programs"]}
    crossed = {
        (name, stem, programs[name])
        for stem, software in TABLES.items()
        for name in software["scripts"]
        if programs.get(name, stem) != stem
    }
    assert crossed == set()


def test_a_long_program_is_also_known_as_the_kernel_cuts_it() -> None:
    cut: dict[str, set[str]] = {}
    for software in TABLES.values():
        for name in software["programs"]:
            if len(name) > TASK_NAME:
                cut.setdefault(name[:TASK_NAME].rstrip(), set()).add(name)
    known = {name for software in TABLES.values() for name in software["programs"]}
    assert {short for short in cut if short not in known} == SHARED_TASK_NAMES
    assert all(len(cut[short]) > 1 for short in SHARED_TASK_NAMES)


def test_there_are_enough_of_them() -> None:
    servers = [stem for stem, software in TABLES.items() if software["kind"] in ACT_AS_SERVERS]
    assert len(servers) >= 200
    assert len([stem for stem in servers if TABLES[stem]["programs"] or TABLES[stem]["scripts"]]) >= 200
    assert len(facts()) >= 260


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("server", "redis-check-rdb mariadbd mysqld sshd sshd-session named unbound chronyd smbd nmbd slapd mongod"),
        ("server", "systemd-resolve systemd-resolved dockerd nginx apache2 httpd haproxy postgres memcached"),
        ("rpc", "rpcbind rpc.statd rpc.mountd rpc.lockd rpc.rquotad ypserv ypbind rpc.ypxfrd"),
        ("interpreter", "python3 node ruby perl php java dotnet mono lua beam.smp bash sh dash busybox"),
        ("forwarder", "socat ncat nc ssh kubectl docker-proxy rootlessport slirp4netns pasta stunnel4"),
        ("client", "chrome chromium firefox spotify steam zoom slack thunderbird"),
        ("desktop", "cupsd avahi-daemon kdeconnectd pipewire"),
    ],
)
def test_what_shows_in_proc_is_known(kind: str, names: str) -> None:
    kinds = {name: software["kind"] for software in TABLES.values() for name in software["programs"]}
    assert {name: kinds.get(name) for name in names.split()} == dict.fromkeys(names.split(), kind)


def test_what_an_interpreter_runs_is_known() -> None:
    scripts = {name for software in TABLES.values() for name in software["scripts"]}
    wanted = "vite next flask http.server uvicorn gunicorn manage.py jupyter-lab storybook rails artisan webpack serve"
    assert set(wanted.split()) - scripts == set()


@pytest.mark.parametrize(
    ("transport", "ports"),
    [
        ("tcp", "1313 1883 2379 2380 3000 3001 3389 4040 4173 4200 5000 5037 5173 5672 5900 6000 6006 6443 6881 7860"),
        ("tcp", "8000 8080 8081 8096 8123 8384 8443 8501 8787 8888 9000 9090 9091 9093 9100 9200 9229 9300 10250"),
        ("tcp", "11434 15672 19000 22000 25565 27017 32400 61616"),
        ("udp", "53 111 123 3478 5353 51820"),
    ],
)
def test_the_ports_that_people_ask_about_are_known(transport: str, ports: str) -> None:
    known = [bounds(fact) for _, fact in facts() if fact["transport"] == transport]
    missing = [port for port in map(int, ports.split()) if not any(first <= port <= last for first, last in known)]
    assert missing == []
