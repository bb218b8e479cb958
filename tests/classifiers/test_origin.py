from __future__ import annotations

import pytest

from tests.classifiers.builders import PID, parent, process
from whoseport.classifiers.origin import origin, orphan, role_of
from whoseport.model import Container, ParentProcess, Process


def claims(one: Process) -> dict[str, str]:
    return {finding.claim: finding.evidence[0].observed for finding in origin(one, {})}


@pytest.mark.parametrize(
    ("command", "executable", "claim", "name"),
    [
        ("-zsh", "/usr/bin/zsh", "started-by-shell", "zsh"),
        ("bash", "/usr/bin/bash", "started-by-shell", "bash"),
        ("bash /home/ana/start.sh", "/usr/bin/bash", "started-by-shell", "start.sh"),
        ("sh -c vite", "/usr/bin/dash", None, None),
        ("/usr/share/code/code --type=x", "/usr/share/code/code", "started-by-editor", "code"),
        ("nvim", "/usr/bin/nvim", "started-by-editor", "nvim"),
        ("node /home/ana/.vscode-server/x/server-main.js", "/usr/bin/node", "started-by-editor", "VS Code Server"),
        ("claude", "/home/ana/.local/share/claude/claude", "started-by-agent", "claude"),
        ("claude", "/usr/bin/node", "started-by-agent", "claude"),
        ("node /x/node_modules/@anthropic-ai/claude-code/cli.js", "/usr/bin/node", "started-by-agent", "claude"),
        ("node /x/node_modules/@openai/codex/bin/codex.js", "/usr/bin/node", "started-by-agent", "codex"),
        ("python3 /home/ana/.local/bin/aider", "/usr/bin/python3.11", "started-by-agent", "aider"),
        ("npm run dev", "/usr/bin/npm", "started-by-package-script", "npm"),
        ("make run", "/usr/bin/make", "started-by-package-script", "make"),
        ("node /usr/bin/pnpm dev", "/usr/bin/node", "started-by-package-script", "pnpm"),
        (
            "java org.gradle.launcher.daemon.bootstrap.GradleDaemon",
            "/usr/bin/java",
            "started-by-package-script",
            "gradle",
        ),
        ("python3 /usr/bin/supervisord", "/usr/bin/python3.11", "started-by-service-manager", "supervisord"),
        ("runsv x", "/usr/bin/runsv", "started-by-service-manager", "runsv"),
        ("conmon -x", "/usr/bin/conmon", "started-by-container-runtime", "conmon"),
        ("nginx", "/usr/sbin/nginx", None, None),
        ("python3 own.py", "/usr/bin/python3.11", None, None),
        ("/sbin/init", "/usr/lib/systemd/systemd", None, None),
    ],
)
def test_what_an_ancestor_is(command: str, executable: str, claim: str | None, name: str | None) -> None:
    assert role_of(parent(command, executable)) == (None if claim is None else (claim, name))


def test_npm_is_known_by_the_title_it_gives_itself() -> None:
    npm = ParentProcess(pid=7, name="npm run dev", executable="/usr/bin/node", command=("npm run dev",))
    assert role_of(npm) == ("started-by-package-script", "npm")


def test_the_nearest_of_a_kind_is_told_with_all_kinds() -> None:
    above = (
        parent("sh -c vite", "/usr/bin/dash", pid=9),
        parent("make dev", "/usr/bin/make", pid=8),
        parent("fish", "/usr/bin/fish", pid=7),
        parent("zsh", "/usr/bin/zsh", pid=6),
        parent("claude", "/usr/bin/claude", pid=5),
    )
    assert claims(process("vite", parents=above)) == {
        "started-by-package-script": "make, pid 8",
        "started-by-shell": "fish, pid 7",
        "started-by-agent": "claude, pid 5",
    }


@pytest.mark.parametrize(
    ("variable", "value", "claim"),
    [
        ("CLAUDECODE", "1", "started-by-agent"),
        ("CLAUDECODE", "0", None),
        ("CURSOR_AGENT", "1", "started-by-agent"),
        ("GEMINI_CLI", "1", "started-by-agent"),
        ("CODEX_SANDBOX", "seatbelt", "started-by-agent"),
        ("VSCODE_PID", "7", "started-by-editor"),
        ("TERM_PROGRAM", "vscode", "started-by-editor"),
        ("TERM_PROGRAM", "iTerm.app", None),
        ("npm_lifecycle_event", "dev", "started-by-package-script"),
        ("PM2_HOME", "/home/ana/.pm2", "started-by-service-manager"),
        ("PORT", "3000", None),
    ],
)
def test_what_the_environment_tells(variable: str, value: str, claim: str | None) -> None:
    told = claims(process("x", environment={variable: value}))
    assert set(told) == ({claim} if claim else set())


def test_a_service_and_a_container() -> None:
    assert "started-by-service-manager" in claims(process("x", unit="nginx.service"))
    assert "started-by-service-manager" not in claims(process("x", unit="ssh.service", terminal="pts/0"))
    assert "started-by-service-manager" not in claims(process("x", unit="session-1.scope"))
    box = Container(id="4f1c9a02be77", name=None, image=None, runtime="podman")
    assert claims(process("x", container=box)) == {"started-by-container-runtime": "podman"}


INIT = (ParentProcess(pid=1, name="systemd"),)


@pytest.mark.parametrize(
    ("changes", "orphaned"),
    [
        ({"parents": INIT, "session": 700}, True),
        ({"parents": INIT, "session": PID, "terminal": "pts/3"}, True),
        ({"parents": (ParentProcess(pid=600, name="systemd"), *INIT), "session": 700}, True),
        ({"parents": INIT, "session": PID}, False),  # daemon(7) does it so
        ({"parents": INIT, "session": None}, False),
        ({"parents": INIT, "session": 700, "unit": "app.service"}, False),
        ({"parents": INIT, "session": 700, "unit": "session-1.scope"}, True),
        ({"parents": INIT, "session": 700, "container": Container(id="x", name=None, image=None, runtime=None)}, False),
        ({"parents": (ParentProcess(pid=600, name="bash"), *INIT), "session": 700}, False),
        ({"parents": (), "session": 700}, False),
    ],
)
def test_who_lost_its_parents(changes: dict[str, object], orphaned: bool) -> None:
    assert (orphan(process("node server.js").replace(**changes)) is not None) is orphaned


def test_an_ancestor_is_read_once() -> None:
    roles: dict[int, tuple[str, str] | None] = {7: ("started-by-shell", "remembered")}
    (only,) = origin(process("x", parents=(parent("zsh", "/usr/bin/zsh", pid=7),)), roles)
    assert only.evidence[0].observed == "remembered, pid 7"


def test_an_ancestor_counts_before_the_environment() -> None:
    one = process("x", parents=(parent("codex", "/usr/bin/codex", pid=7),), environment={"CLAUDECODE": "1"})
    assert claims(one) == {"started-by-agent": "codex, pid 7"}
