"""Development servers as they showed in /proc when they were really started, and what looks like them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.classifiers.builders import listener, parent, process, settled
from whoseport.model import ParentProcess, Project, Variable

SEEN: list[dict[str, Any]] = json.loads((Path(__file__).parent / "recordings" / "started.json").read_text())


@pytest.mark.parametrize("row", SEEN, ids=lambda row: f"{row['seen']}-{row['port']}")
def test_servers_that_were_really_started(row: dict[str, Any]) -> None:
    owners = []
    for owner in row["owners"]:
        above = tuple(
            ParentProcess(pid=50 + at, name=one["name"], executable=one["executable"], command=tuple(one["command"]))
            for at, one in enumerate(owner["parents"])
        )
        variables = tuple(
            Variable(name=one.partition("=")[0], value=one.partition("=")[2]) for one in owner["environment"]
        )
        made = process(tuple(owner["command"]), executable=owner["executable"], parents=above)
        owners.append(made.replace(pid=owner["pid"], name=owner["name"], environment=variables))
    told = settled(listener(row["port"], *owners, transport=row["transport"]))
    assert told.kind == row["kind"]
    assert told.name is not None
    assert told.name.startswith(row["name"]) or told.name.lower() == row["name"]


PYTHON, NODE, RUBY, PHP, JAVA = (
    "/usr/bin/python3.11",
    "/usr/bin/node",
    "/usr/bin/ruby3.1",
    "/usr/bin/php8.2",
    "/usr/bin/java",
)
BEAM = "/usr/lib/erlang/erts-13/bin/beam.smp"


@pytest.mark.parametrize(
    ("executable", "command", "name"),
    [
        (NODE, "node /home/ana/shop/node_modules/@angular/cli/bin/ng.js serve --port 1", "Angular"),
        (NODE, "node /home/ana/shop/node_modules/react-scripts/scripts/start.js start", "Create React App"),
        (NODE, "node node_modules/@vue/cli-service/bin/vue-cli-service.js serve", "Vue CLI"),
        (NODE, "node /x/node_modules/.bin/astro dev", "Astro"),
        (NODE, "node /x/node_modules/.bin/nuxt dev", "Nuxt"),
        (NODE, "node /x/node_modules/gatsby/cli.js develop", "Gatsby"),
        (NODE, "node /x/node_modules/.bin/storybook dev -p 6006", "Storybook"),
        (NODE, "node /x/node_modules/.bin/expo start", "Expo"),
        (NODE, "node --watch server.js", "server.js"),
        (NODE, "node /home/ana/.vscode-server/bin/ab/out/server-main.js --port=0", "VS Code Server"),
        (PYTHON, "python3 manage.py runserver", "Django"),
        (PYTHON, "python3 -m http.server", "Python http.server"),
        (PYTHON, "python3 -m ipykernel_launcher -f kernel.json", "Jupyter kernel"),
        (PYTHON, "python3 /usr/bin/jupyter-lab", "JupyterLab"),
        (PYTHON, "python3 /x/bin/gunicorn --reload app:app", "Gunicorn"),
        (RUBY, "ruby bin/rails server -p 3001", "Rails"),
        (RUBY, "ruby /usr/bin/rackup", "rackup"),
        (PHP, "php artisan serve --port 8001", "Laravel"),
        (PHP, "php -S localhost:8000 -t public", "PHP"),
        (JAVA, "java -cp g.jar org.gradle.launcher.daemon.bootstrap.GradleDaemon 8.5", "Gradle daemon"),
        (BEAM, "beam.smp -- -extra /usr/bin/mix phx.server", "Phoenix"),
        ("/usr/bin/hugo", "hugo server -p 1313", "Hugo"),
        ("/home/ana/go/bin/dlv", "dlv debug --listen=:2345", "Delve"),
        ("/home/ana/x/node_modules/@esbuild/linux-x64/bin/esbuild", "esbuild --servedir=.", "esbuild"),
        ("/tmp/go-build812/b001/exe/main", "/tmp/go-build812/b001/exe/main", "main"),
        ("/home/ana/shop/target/debug/shop", "target/debug/shop", "shop"),
        ("/home/ana/shop/bin/Debug/net8.0/Shop", "/home/ana/shop/bin/Debug/net8.0/Shop", "Shop"),
    ],
)
def test_commands_of_development_servers(executable: str, command: str, name: str) -> None:
    told = settled(listener(4567, process(command, executable=executable)))
    assert (told.kind, told.name) == ("development-server", name)
    assert "development-command" in told.because


@pytest.mark.parametrize(
    ("executable", "command", "kind", "name"),
    [
        (NODE, "node /x/node_modules/.bin/next start", "custom-application", "Next.js"),
        (NODE, "next-server_(v14.1.0)", "custom-application", "Next.js"),
        (NODE, "node server.js", "custom-application", "server.js"),
        (NODE, "node /srv/shop/vite.js", "custom-application", "vite.js"),
        (NODE, "node serve.js", "custom-application", "serve.js"),
        (PYTHON, "python3 flask.py run", "custom-application", "flask.py"),
        (PYTHON, "python3 /x/bin/uvicorn app:app", "known-service", "Uvicorn"),
        (RUBY, "ruby server.rb", "custom-application", "server.rb"),
        (PHP, "php worker.php serve", "custom-application", "worker.php"),
        (JAVA, "java -jar report-1.2.jar", "custom-application", "report-1.2.jar"),
        ("/home/ana/shop/target/release/shop", "target/release/shop", "custom-application", "shop"),
        ("/usr/local/bin/hugo", "hugo", "custom-application", "hugo"),
    ],
)
def test_what_only_looks_like_a_development_server(executable: str, command: str, kind: str, name: str) -> None:
    words = tuple(word.replace("_", " ") if "(v14" in word else word for word in command.split())
    told = settled(listener(8000, process(words, executable=executable)))
    assert (told.kind, told.name) == (kind, name)


def test_rails_in_production_is_no_development_server() -> None:
    one = process("ruby bin/rails server", executable=RUBY, environment={"RAILS_ENV": "production"})
    assert settled(listener(3000, one)).kind == "custom-application"
    other = process("ruby bin/rails server", executable=RUBY, environment={"RAILS_ENV": "development"})
    assert settled(listener(3000, other)).kind == "development-server"


def test_next_by_its_environment() -> None:
    one = process(("next-server (v14.1.0)",), executable=NODE, environment={"NODE_ENV": "development"})
    assert settled(listener(3000, one)).name == "Next.js"
    assert settled(listener(3000, one)).kind == "development-server"


@pytest.mark.parametrize(
    ("above", "kind"),
    [
        (("cargo run", "bash"), "development-server"),
        (("sh -c ./x", "node /x/node_modules/.bin/nodemon ./x", "bash"), "development-server"),
        (("npm_run_dev", "node /x/node_modules/.bin/nodemon ./x"), "development-server"),
        (("air", "bash"), "development-server"),
        (("dotnet watch run", "bash"), "development-server"),
        (("cargo build", "bash"), "custom-application"),
        (("bash", "node /x/node_modules/.bin/nodemon x"), "custom-application"),
        (("python3 /usr/bin/pytest tests", "bash"), "custom-application"),
        (("launcher", "cargo run"), "custom-application"),
        (("cargo run --bin=x", "bash"), "development-server"),
        (("./x", "cargo run", "bash"), "development-server"),  # a worker of itself
    ],
)
def test_what_a_development_tool_runs(above: tuple[str, ...], kind: str) -> None:
    programs = {"sh": "dash", "node": "node", "npm_run_dev": "node", "python3": "python3.11"}
    parents = []
    for at, line in enumerate(above):
        program = line.split()[0]
        folder = "/home/ana/x" if program == "./x" else "/usr/bin"
        made = parent(line, f"{folder}/{programs.get(program, program).removeprefix('./')}", pid=700 - at)
        if program == "npm_run_dev":
            made = made.replace(command=("npm run dev",))
        parents.append(made)
    told = settled(listener(4567, process("./x", executable="/home/ana/x/x", parents=tuple(parents))))
    assert told.kind == kind
    assert told.name == "x"


@pytest.mark.parametrize(
    ("variable", "value", "kind"),
    [
        ("npm_lifecycle_event", "dev", "development-server"),
        ("npm_lifecycle_event", "dev:api", "development-server"),
        ("npm_lifecycle_event", "start", "custom-application"),
        ("NODE_ENV", "development", "development-server"),
        ("NODE_ENV", "production", "custom-application"),
        ("FLASK_DEBUG", "1", "custom-application"),
    ],
)
def test_the_environment_of_own_code(variable: str, value: str, kind: str) -> None:
    one = process("node server.js", executable=NODE, environment={variable: value})
    assert settled(listener(4567, one)).kind == kind


@pytest.mark.parametrize(
    ("executable", "command", "port", "name"),
    [
        (NODE, "node --inspect server.js", 9229, "Node.js inspector"),
        (NODE, "node --inspect=0.0.0.0:9333 server.js", 9333, "Node.js inspector"),
        (JAVA, "java -agentlib:jdwp=transport=dt_socket,server=y,address=*:5005 x.Main", 5005, "Java debugger (JDWP)"),
        ("/usr/lib/chromium/chromium", "chromium --remote-debugging-port=9222", 9222, "Chrome DevTools"),
    ],
)
def test_the_port_of_a_debugger(executable: str, command: str, port: int, name: str) -> None:
    one = process(command, executable=executable)
    told = settled(listener(port, one))
    assert (told.kind, told.name, told.certainty) == ("development-server", name, "proven")
    assert settled(listener(port + 1, one)).name != name


def test_the_project_is_told_with_branch_and_worktree() -> None:
    project = Project(
        folder="/home/ana/shop-fix",
        name="shop",
        markers=("package.json",),
        dependencies=("vite",),
        repository="/home/ana/shop-fix",
        branch="fix-cart",
        worktree_of="/home/ana/shop",
    )
    one = process("node /x/node_modules/.bin/vite", executable=NODE, project=project)
    told = settled(listener(5173, one))
    assert told.because == ("development-command", "development-project")
    observed = next(one for one in told.findings if one.claim == "development-project").evidence[0].observed
    assert observed == "/home/ana/shop-fix; package.json; branch fix-cart; worktree of /home/ana/shop"


def test_software_that_the_facts_alone_know_for_development() -> None:
    told = settled(listener(4723, process("node /x/node_modules/.bin/appium", executable=NODE)))
    assert (told.kind, told.name) == ("development-server", "Appium")
