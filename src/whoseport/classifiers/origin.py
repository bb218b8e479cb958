"""What started it? A shell, an editor, an agent, a service manager, a container runtime, a package's script; or nobody
that is still there."""

from __future__ import annotations

from whoseport.classifiers.command_line import started_by
from whoseport.classifiers.found import found
from whoseport.classifiers.interpreters import family_of
from whoseport.classifiers.places import base_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Finding, ParentProcess, Process

    Word = tuple[str, str]
    """A claim, and the name of what started it."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


EDITORS = _names(
    "code code-insiders code-oss codium vscodium code-server code-tunnel cursor windsurf trae zed zed-editor zeditor"
    " idea idea64 pycharm webstorm phpstorm goland rubymine clion rider datagrip rustrover android-studio studio fleet"
    " emacs emacs-gtk emacs-nox vim nvim vi gvim helix hx kakoune kak micro nano sublime_text subl atom geany kate"
    " gedit eclipse netbeans theia positron rstudio lapce lite-xl"
)
AGENTS = _names(
    "claude codex cursor-agent aider gemini copilot opencode goose crush amp droid qodo openhands cline kilocode"
    " qwen plandex auggie kiro warp-agent jules devin swe-agent"
)
MANAGERS = _names(
    "supervisord runsv runsvdir s6-supervise s6-svscan supervise svscan supervise-daemon monit god"
    " pm2 circusd daemontools nosh procd initctl upstart shepherd dinit process-compose cron crond atd start-stop-daem"
)
RUNTIMES = _names(
    "containerd-shim containerd-shim-runc-v2 containerd-shim- conmon crun runc lxc-start lxc-monitord systemd-nspawn"
    " dockerd podman incusd lxd docker-init tini dumb-init"
)
SCRIPTS = _names(
    "npm npx yarn yarnpkg pnpm pnpx bun make gmake ninja just task rake invoke inv mvn mvnw gradle gradlew poetry pdm"
    " uv hatch pipenv tox nox foreman overmind hivemind honcho turbo nx lerna composer cargo go mix lein sbt ant bazel"
    " concurrently npm-run-all run-p run-s mage mise moon pixi rye docker-compose watchexec entr nodemon air dotnet"
)

_EDITOR_VARIABLES = ("VSCODE_PID", "VSCODE_IPC_HOOK_CLI", "VSCODE_CWD", "NVIM", "INSIDE_EMACS")
_EDITOR_TERMINALS = {"vscode": "VS Code", "zed": "Zed", "JetBrains-JediTerm": "JetBrains"}
_AGENT_VARIABLES = {
    "CLAUDECODE": "Claude Code",
    "CLAUDE_CODE_ENTRYPOINT": "Claude Code",
    "CURSOR_AGENT": "Cursor agent",
    "GEMINI_CLI": "Gemini CLI",
    "OPENCODE": "OpenCode",
    "CODEX_SANDBOX": "Codex",
    "CODEX_SANDBOX_NETWORK_DISABLED": "Codex",
    "CODEX_THREAD_ID": "Codex",
    "CODEX_CI": "Codex",
    "AIDER_CHAT_HISTORY_FILE": "Aider",
}
_AGENT_PACKAGES = {
    "@anthropic-ai/claude-code": "claude",
    "@openai/codex": "codex",
    "@google/gemini-cli": "gemini",
    "@github/copilot": "copilot",
    "opencode-ai": "opencode",
    "@qwen-code/qwen-code": "qwen",
    "@sourcegraph/amp": "amp",
}


def origin(process: Process, roles: dict[int, Word | None]) -> tuple[Finding, ...]:
    """Everything that is known to have started a process, the nearest first; one finding of a kind.

    `roles` remembers what ancestors are, by pid, for all processes of one inspection.
    """
    told: dict[str, Finding] = {}
    if process.container is not None:
        source = f"/proc/{process.pid}/cgroup"
        name = process.container.runtime or process.container.id[:12]
        told["started-by-container-runtime"] = found("started-by-container-runtime", "proven", source, name)
    _by_unit(process, told)
    for parent in process.parents:
        if parent.pid in roles:
            word = roles[parent.pid]
        else:
            word = roles[parent.pid] = role_of(parent)
        if word is not None and word[0] not in told:
            claim, name = word
            certainty = "proven" if parent.executable is not None else "likely"
            told[claim] = found(
                claim,
                "proven" if certainty == "proven" else "likely",
                f"/proc/{parent.pid}/{'exe' if parent.executable else 'comm'}",
                f"{name}, pid {parent.pid}",
            )
    _by_environment(process, told)
    return tuple(told.values())


def orphan(process: Process) -> Finding | None:
    """`orphaned`: who started it is gone, and neither a service's unit nor a container has it.

    Its parent is pid 1 or a subreaper that adopted it, while its session has lost its leader, or its terminal remains.
    For what a developer runs: a daemon looks the same by intention (daemon(7)).
    """
    if process.container is not None or (process.unit is not None and process.unit.endswith(".service")):
        return None
    if not process.parents or process.pid == 1:
        return None
    parent = process.parents[0]
    if parent.pid != 1 and not (parent.name == "systemd" and len(process.parents) == 2):
        return None
    if process.session is None or (process.session == process.pid and process.terminal is None):
        return None
    told = f"parent {parent.pid} {parent.name}, session {process.session}"
    return found("orphaned", "likely", f"/proc/{process.pid}/stat", told)


def role_of(parent: ParentProcess) -> Word | None:
    """What an ancestor is to a process: a claim and a name; None for one that says nothing."""
    program = base_name(parent.executable) if parent.executable else parent.name
    name = program.lower()
    if name in AGENTS:
        return "started-by-agent", name
    family = family_of(name)
    if family == "shell":
        return _shell(parent, program)
    if family is None:
        for claim, names in _ROLES:
            if name in names:
                return claim, name
        return ("started-by-editor", name) if name.startswith("jetbrains") else None
    start = started_by(parent.command, parent.executable, parent.name)
    subject = start.subject
    if start.form == "title":
        first = base_name(subject.split(None, 1)[0]).lower() if subject.strip() else ""
        return _named(first.rstrip(":"))
    if start.form == "module":
        return _named(subject.partition(".")[0].lower())
    if start.form not in ("script", "class", "jar"):
        return None
    for package, agent in _AGENT_PACKAGES.items():
        if f"/{package}/" in subject:
            return "started-by-agent", agent
    if "/.vscode-server/" in subject or "/.cursor-server/" in subject or "/.windsurf-server/" in subject:
        return "started-by-editor", "VS Code Server"
    if start.form == "class":
        last = subject.rpartition(".")[2].lower()
        return ("started-by-package-script", "gradle") if last.startswith("gradle") else None
    return _named(start.name.lower().removesuffix(".js").removesuffix(".cjs").removesuffix("-cli"))


_ROLES = (
    ("started-by-editor", EDITORS),
    ("started-by-service-manager", MANAGERS),
    ("started-by-container-runtime", RUNTIMES),
    ("started-by-package-script", SCRIPTS),
)


def _named(name: str) -> Word | None:
    if name in AGENTS:
        return "started-by-agent", name
    if name == "pm2" or name == "supervisord":
        return "started-by-service-manager", name
    return ("started-by-package-script", name) if name in SCRIPTS else None


def _shell(parent: ParentProcess, program: str) -> Word | None:
    """An interactive shell, or one that runs a script; that of `sh -c` only passes on what another one started."""
    if parent.command is None:
        return "started-by-shell", program
    start = started_by(parent.command, parent.executable, parent.name)
    if start.form == "inline":
        return None
    return "started-by-shell", start.name if start.form == "script" else program


def _by_unit(process: Process, told: dict[str, Finding]) -> None:
    unit = process.unit
    if unit is None or not unit.endswith(".service") or process.container is not None or process.terminal is not None:
        return
    told["started-by-service-manager"] = found(
        "started-by-service-manager", "proven", f"/proc/{process.pid}/cgroup", unit
    )


def _by_environment(process: Process, told: dict[str, Finding]) -> None:
    source = f"/proc/{process.pid}/environ"
    for variable in process.environment or ():
        name, value = variable.name, variable.value
        claim = what = None
        if name in _AGENT_VARIABLES and value not in ("", "0", "false"):
            claim, what = "started-by-agent", _AGENT_VARIABLES[name]
        elif name in _EDITOR_VARIABLES or (name == "TERM_PROGRAM" and value in _EDITOR_TERMINALS):
            claim, what = "started-by-editor", _EDITOR_TERMINALS.get(value, name)
        elif name == "npm_lifecycle_event":
            claim, what = "started-by-package-script", f"npm {value}"
        elif name in ("SUPERVISOR_PROCESS_NAME", "PM2_HOME"):
            claim, what = "started-by-service-manager", name
        if claim is not None and what is not None and claim not in told:
            told[claim] = found(claim, "likely", source, f"{name}={value}" if what == name else f"{what}: {name}")
