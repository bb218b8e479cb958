from __future__ import annotations

import pytest

from tests.classifiers.builders import listener, named, process, settled
from whoseport.classifiers.command_line import started_by
from whoseport.classifiers.software import known_software, package_of_path, title_names, unit_names
from whoseport.model import Mention, NamedFile, Software

PYTHON = "/usr/bin/python3.11"


def test_a_package_that_owns_the_program_proves_it() -> None:
    one = process("redis-server *:6379", executable="/usr/bin/redis-check-rdb", package="redis-tools")
    told = settled(listener(6379, one.replace(package_version="5:7.0.15")))
    assert (told.kind, told.name, told.certainty) == ("known-service", "Redis", "proven")
    assert told.because == ("packaged-server", "listens-on-usual-port")
    assert [one.observed for one in told.findings[0].evidence] == ["/usr/bin/redis-check-rdb", "redis-tools 5:7.0.15"]


def test_a_name_alone_is_only_likely() -> None:
    told = settled(listener(6379, process("redis-server", executable="/home/ana/redis/src/redis-server")))
    assert (told.kind, told.certainty, told.because[0]) == ("known-service", "likely", "known-program")


def test_a_name_of_one_letter_is_that_of_nothing_else() -> None:
    screens = Software(
        name="X.Org server", kind="server", programs=("Xorg", "X"), scripts=(), packages=(), units=(), ports=()
    )
    for name, known in (("X", 1), ("x", 0), ("xorg", 1)):
        one = process(name, executable=f"/opt/app/{name}")
        start = started_by(one.command, one.executable, one.name)
        assert len(known_software(one, start, named=lambda _name: (screens,))) == known, name


def test_another_port_than_its_own() -> None:
    one = process("nginx: master process nginx", executable="/usr/sbin/nginx", package="nginx-core")
    told = settled(listener(7312, one))
    assert (told.kind, told.name, told.certainty) == ("moved-service", "nginx", "proven")
    assert told.because == ("packaged-server", "listens-on-other-port")
    assert told.findings[1].evidence[0].observed == "nginx: tcp 80, tcp 443; here 7312"


def test_the_same_number_over_another_transport_is_no_other_port() -> None:
    one = process("redis-server", executable="/usr/bin/redis-server", package="redis-server")
    told = settled(listener(6379, one, transport="udp"))
    assert told.kind == "known-service"
    assert [finding.certainty for finding in told.findings] == ["proven", "likely"]


def mention(port: int, **changes: object) -> Mention:
    made = Mention(
        kind="configuration",
        path="/etc/redis/redis.conf",
        line=138,
        transport=None,
        first=port,
        last=port,
        address=None,
        name=None,
        program=None,
        package="redis-server",
        text=f"port {port}",
    )
    return made.replace(**changes)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "known-service"),
        ({"package": "redis-tools"}, "known-service"),
        ({"package": None, "name": "redis-server"}, "known-service"),
        (
            {"package": None, "kind": "socket-unit", "program": "/usr/bin/redis-server", "name": "x.socket"},
            "known-service",
        ),
        ({"package": None, "name": "redis-server.service"}, "known-service"),
        ({"package": "other"}, "moved-service"),
        ({"package": None}, "moved-service"),
        ({"kind": "etc-services"}, "moved-service"),
        ({"kind": "nftables"}, "moved-service"),
        ({"transport": "udp"}, "moved-service"),
        ({"first": 1, "last": 65535}, "moved-service"),
        ({"first": 7000, "last": 7000}, "moved-service"),
    ],
)
def test_a_port_that_its_own_configuration_names(changes: dict[str, object], kind: str) -> None:
    one = process("redis-server", executable="/usr/bin/redis-server", package="redis-server")
    told = settled(listener(7001, one), mentions=(mention(7001, **changes),))
    assert told.kind == kind
    if kind == "known-service":
        assert told.findings[1].evidence[0].source == "/etc/redis/redis.conf:138"


def test_software_that_shares_a_name_is_told_apart_by_package_then_port() -> None:
    shared = process("mysqld", executable="/usr/sbin/mysqld")
    assert settled(listener(3306, shared.replace(package="mysql-server"))).name == "MySQL"
    assert settled(listener(3306, shared.replace(package="mariadb-server-core"))).name == "MariaDB"
    other = process("alphad", executable="/usr/sbin/alphad")
    assert [settled(listener(port, other)).name for port in (7001, 7002)] == ["Alpha server", "Beta server"]


@pytest.mark.parametrize(
    ("executable", "command", "name"),
    [
        ("/usr/sbin/php-fpm8.2", "php-fpm:_master", "PHP-FPM"),
        (PYTHON, "python3 /home/ana/venv/bin/gunicorn app:app", "Gunicorn"),
        (PYTHON, "python3 -m uvicorn app:app", "Uvicorn"),
        (PYTHON, "gunicorn:_master_[app:app]", "Gunicorn"),
        (PYTHON, "[celeryd:_celery@host:MainProcess]", "Celery"),
        ("/usr/bin/java", "java -Xmx1g -cp a kafka.Kafka server.properties", "Kafka"),
        (
            "/usr/bin/java",
            "java -m org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch",
            "Elasticsearch",
        ),
        ("/usr/bin/java", "java -jar /usr/share/java/jenkins.war", "Jenkins"),
        ("/usr/bin/java", "java clojure.main -m puppetlabs.trapperkeeper.main", "Puppet Server"),
        ("/usr/lib/erlang/bin/beam.smp", "beam.smp -- -s rabbit boot", "RabbitMQ"),
        (None, "postgres -D /data", "PostgreSQL"),
    ],
)
def test_software_behind_an_interpreter_a_version_or_a_title(executable: str | None, command: str, name: str) -> None:
    words = tuple(word for word in command.split())
    if "_" in words[0]:
        words = (words[0].replace("_", " "),)
    told = settled(listener(1234, process(words, executable=executable)))
    assert told.name == name
    assert told.certainty == ("guess" if executable is None else "likely")


def test_a_packaged_script_proves_what_it_is() -> None:
    script = NamedFile(argument=1, path="/usr/bin/gunicorn", state="present", uid=0, mode=0o755, package="gunicorn")
    one = process("python3 /usr/bin/gunicorn app:app", executable=PYTHON, package="python3.11-minimal", files=(script,))
    told = settled(listener(8000, one))
    assert (told.name, told.certainty, told.because[0]) == ("Gunicorn", "proven", "packaged-server")


@pytest.mark.parametrize(
    ("executable", "command"),
    [
        ("/home/ana/shop/sshd", "/home/ana/shop/sshd"),
    ],
)
def test_a_program_of_that_name_without_package_stays_likely(executable: str, command: str) -> None:
    told = settled(listener(22, process(command, executable=executable)))
    assert (told.name, told.certainty) == ("OpenSSH server", "likely")


@pytest.mark.parametrize(
    "one",
    [
        process("python3 /home/ana/shop/sshd", executable=PYTHON),  # a script named like a program
        process(("sshd: ana [priv]",), executable="/usr/bin/perl"),  # a title of a program, on an interpreter
        process("sshd -D", executable="/home/ana/bin/other"),  # called like one, another file
        process("python3 redis-server.py", executable=PYTHON),
        process("java -jar postgres.jar", executable="/usr/bin/java"),
    ],
    ids=lambda one: " ".join(one.command),
)
def test_what_only_bears_the_name(one: object) -> None:
    from whoseport.model import Process

    assert isinstance(one, Process)
    told = settled(listener(22, one))
    assert told.kind == "custom-application"


def test_a_unit_of_the_server_is_told_and_makes_no_other_program_the_server() -> None:
    script = process("java -jar /opt/x/app.jar", executable="/usr/bin/java", unit="jenkins.service")
    told = settled(listener(8080, script))
    assert (told.kind, told.name, told.because[0]) == ("known-service", "Jenkins", "unit-of-server")
    binary = process("server", unit="nginx.service")
    assert settled(listener(80, binary)).kind == "custom-application"


def test_a_program_that_a_package_owns_but_no_facts_tell() -> None:
    one = process("fooserverd", executable="/usr/sbin/fooserverd", package="fooserver")
    told = settled(listener(4321, one))
    assert (told.kind, told.name, told.certainty) == ("known-service", "fooserver", "likely")
    script = NamedFile(argument=1, path="/usr/sbin/bard", state="present", uid=0, mode=0o755, package="bar")
    other = process("python3 /usr/sbin/bard", executable=PYTHON, package="python3.11-minimal", files=(script,))
    assert settled(listener(4321, other)).name == "bar"


def test_busybox_is_what_it_is_called_by() -> None:
    one = process("busybox httpd -f", executable="/usr/bin/busybox", package="busybox")
    assert (settled(listener(80, one)).kind, settled(listener(80, one)).name) == ("known-service", "BusyBox httpd")
    assert settled(listener(8088, one)).kind == "moved-service"


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("webpack", ("webpack",)),
        ("/usr/sbin/postgrey --pidfile=x", ("postgrey",)),
        ("", ()),
        ("   ", ()),
        ("[] x", ()),
        ("/", ()),
        ("redisd", ("redisd", "redis")),
    ],
)
def test_names_in_titles(title: str, names: tuple[str, ...]) -> None:
    assert title_names(title) == names


@pytest.mark.parametrize(
    ("path", "package"),
    [
        ("/a/node_modules/@scope/tool/bin/x.js", "@scope/tool"),
        ("node_modules/.bin/vite", "vite"),
        ("/v/lib/python3.11/site-packages/flask/__main__.py", "flask"),
        ("/var/lib/gems/3.1.0/gems/puma-6.4.2/bin/puma", "puma"),
        ("/app/vendor/bin/phpunit", "phpunit"),
        ("/srv/app/server.js", None),
    ],
)
def test_the_package_that_a_path_lies_in(path: str, package: str | None) -> None:
    assert package_of_path(path) == package


def test_units_without_a_service_say_nothing() -> None:
    assert unit_names("session-3.scope") == ()
    assert unit_names("redis-server@a.service") == ("redis-server@", "redis-server")


def test_unknown_software_is_none() -> None:
    one = process("server")
    assert known_software(one, started_by(one.command, one.executable), named=named) == ()


def test_what_runs_other_programs_is_no_server_of_its_own() -> None:
    one = process("game.exe", executable="/opt/wine/wine64-preloader")
    assert settled(listener(4567, one)).kind == "custom-application"
