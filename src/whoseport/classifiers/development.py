"""Is it a development server? By its command line, those of its parents, where its program was built, its debugger."""

from __future__ import annotations

from whoseport.classifiers.command_line import started_by
from whoseport.classifiers.development_commands import BY_FAMILY, RUNNERS, TITLES
from whoseport.classifiers.found import cut, found
from whoseport.classifiers.origin import role_of
from whoseport.classifiers.own_code import own_name
from whoseport.classifiers.software import INSTALLED, package_of_path, title_names, without_extension
from whoseport.model import Evidence, Finding
from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.command_line import Start
    from whoseport.classifiers.development_commands import Command
    from whoseport.model import Certainty, ParentProcess, Process

_MOST_PARENTS = 6
_MOST_WORDS = 64
_TOOL_PLACES = (
    ("/.vscode-server/", "VS Code Server"),
    ("/.vscode-remote/", "VS Code Server"),
    ("/.cursor-server/", "Cursor Server"),
    ("/.windsurf-server/", "Windsurf Server"),
    ("/.vscode/extensions/", "VS Code extension"),
    ("/.cursor/extensions/", "Cursor extension"),
    ("/resources/app/extensions/", "VS Code extension"),
)
_BUILT = (
    ("/go-build", "go run"),
    ("/target/debug/", "Cargo"),
    ("/bin/Debug/", "dotnet run"),
    ("/__debug_bin", "Delve"),
)
"""Parts of an executable's path that say that it was built to be tried out, and the tool that builds there."""

_SCRIPT_EVENTS = ("dev", "develop", "development", "watch", "preview", "storybook", "hot", "debug")
"""Names of package.json's scripts, before a colon, that by habit run a development server."""

_ENVIRONMENT = {
    "NODE_ENV": "development",
    "RAILS_ENV": "development",
    "RACK_ENV": "development",
    "MIX_ENV": "dev",
    "ASPNETCORE_ENVIRONMENT": "development",
    "FLASK_ENV": "development",
    "DOTNET_WATCH": "1",
    "FLASK_DEBUG": "1",
    "WERKZEUG_RUN_MAIN": "true",
    "RUN_MAIN": "true",
}
_OF_VARIABLE = {"FLASK_DEBUG": "Flask", "FLASK_ENV": "Flask", "RUN_MAIN": "Django", "WERKZEUG_RUN_MAIN": "Flask"}
_RUBY_SERVERS = frozenset({"-run", "-rwebrick", "webrick", "un"})
"""Libraries with which an inline program of ruby serves: `ruby -run -e httpd`."""
_FAMILY_OF_VARIABLE = {
    "NODE_ENV": "node",
    "RAILS_ENV": "ruby",
    "RACK_ENV": "ruby",
    "MIX_ENV": "beam",
    "FLASK_ENV": "python",
    "FLASK_DEBUG": "python",
    "WERKZEUG_RUN_MAIN": "python",
    "RUN_MAIN": "python",
}


class Developed(Record):
    """A development server: its name, how sure that is, and what it was told by."""

    name: str
    certainty: Certainty
    findings: tuple[Finding, ...]


def development_server(process: Process, start: Start) -> Developed | None:
    """A development server by its own command line: the surest way; None for another process."""
    told = command_named(start, environment=_environment(process))
    if told is None:
        return None
    certainty: Certainty = "likely" if start.form == "title" or process.executable is None else "proven"
    evidence = [Evidence(source=f"/proc/{process.pid}/cmdline", observed=_command(process.command))]
    if process.executable is not None:
        evidence.append(Evidence(source=f"/proc/{process.pid}/exe", observed=cut(process.executable)))
    finding = Finding(claim="development-command", certainty=certainty, evidence=tuple(evidence))
    return Developed(name=told, certainty=certainty, findings=(finding,))


def developed_program(process: Process, start: Start) -> Developed | None:
    """The same for somebody's own code: by what started it, where it was built, its environment."""
    above = _by_parents(process, start)
    if above is not None:
        return above
    executable = process.executable or ""
    if start.family is None:
        for part, _tool in _BUILT:
            if part in executable:
                return _likely(start.name, "development-command", f"/proc/{process.pid}/exe", executable)
    name = own_name(process, start) or process.name
    for variable in process.environment or ():
        key, value = variable.name, variable.value.lower()
        family = _FAMILY_OF_VARIABLE.get(key, start.family)
        if _ENVIRONMENT.get(key) == value and family == start.family:
            server = _OF_VARIABLE.get(key, name) if start.family == "python" else name
            return _likely(server, "development-command", f"/proc/{process.pid}/environ", f"{key}={variable.value}")
        if key == "npm_lifecycle_event" and value.partition(":")[0] in _SCRIPT_EVENTS:
            return _likely(name, "development-command", f"/proc/{process.pid}/environ", f"{key}={variable.value}")
    return None


def is_listed(start: Start) -> bool:
    """Whether the command is one that starts a development server only with other words: `next start` does not."""
    if start.form == "title":
        return title_names(start.subject)[:1] == ("next-server",)
    table = BY_FAMILY.get(start.family, {})
    return start.form in ("script", "module", "class", "jar", "program") and any(one in table for one in _names(start))


def project_finding(process: Process) -> Finding | None:
    """`development-project`: the project that a process works in, with its branch."""
    project = process.project
    if project is None:
        return None
    told = [project.folder]
    if project.markers:
        told.append(", ".join(project.markers[:4]))
    if project.branch:
        told.append(f"branch {project.branch}")
    if project.worktree_of:
        told.append(f"worktree of {project.worktree_of}")
    return found("development-project", "proven", f"/proc/{process.pid}/cwd", "; ".join(told))


def command_named(start: Start, *, environment: dict[str, str]) -> str | None:
    """The development server that a command line starts; None for any other command."""
    family = start.family
    if start.form == "server":
        return "PHP"
    if start.form == "title":
        return _titled(start, environment)
    if start.form == "inline":
        if family == "ruby" and not _RUBY_SERVERS.isdisjoint(start.options):
            return "WEBrick"
        return None
    table = BY_FAMILY.get(family)
    if table is None or start.form == "input":
        return None
    for part, name in _TOOL_PLACES:
        if part in start.subject or (family is None and part in start.subject):
            return name
    for name in _names(start):
        row = table.get(name)
        if row is not None and _fits(row, start.arguments) and not _in_production(family, environment):
            return row[0]
    if family == "java":
        return _java(start)
    if family in ("deno", "bun") and any(word in ("--watch", "--hot", "--hmr") for word in start.options):
        return start.name or start.program
    if family == "node" and any(word.startswith("--watch") for word in start.options):
        return start.name or start.program
    return None


def _titled(start: Start, environment: dict[str, str]) -> str | None:
    title = start.subject
    words = title_names(title)
    if not words:
        return None
    if start.family in ("node", "bun"):
        if words[0] == "next-server":
            # `next start` calls itself the same
            return "Next.js" if environment.get("NODE_ENV") == "development" else None
        first, _, rest = title.partition(" ")
        if first == "node" and rest.startswith("("):
            words = title_names(rest)
        row = TITLES.get(words[0]) if words else None
        if row is not None and _fits(row, tuple(title.split()[1:_MOST_WORDS])):
            return row[0]
    if start.family == "ruby" and words[0] == "puma":
        modes = [environment[name] for name in ("RAILS_ENV", "RACK_ENV") if name in environment]
        return "Puma" if modes and modes[0] == "development" else None
    return None


def _names(start: Start) -> tuple[str, ...]:
    """What a command may be listed by: the module; the script's name and its package; the class, the jar."""
    subject = start.subject
    if start.form == "module":
        top = subject.partition(".")[0].lower()
        return (subject.lower(),) if top == subject.lower() else (subject.lower(), top)
    if start.form == "class":
        return (subject.lower(),)
    base = start.name.lower()
    if start.family is None:
        return (base,)
    if start.form == "jar":
        stem = base.removesuffix(".jar")
        bare = stem.rstrip("0123456789.-")
        return base, stem, bare
    package = package_of_path(subject)
    if package is not None:
        return package, without_extension(base), base
    if start.family == "python" and base.endswith(".py") and "/" in subject and any(p in subject for p in INSTALLED):
        return base, without_extension(base)
    return (base,)


def _fits(row: Command, arguments: tuple[str, ...]) -> bool:
    _name, needed, ruled_out = row
    if not needed and not ruled_out:
        return True
    words = {word.partition("=")[0] for word in arguments[:_MOST_WORDS]}
    if ruled_out and not words.isdisjoint(ruled_out.split()):
        return False
    return not needed or not words.isdisjoint(needed.split())


def _in_production(family: str | None, environment: dict[str, str]) -> bool:
    return family == "ruby" and "production" in (environment.get("RAILS_ENV"), environment.get("RACK_ENV"))


def _java(start: Start) -> str | None:
    for at, word in enumerate(start.options):
        if "spring-boot-devtools" in word and at and start.options[at - 1] in ("-cp", "-classpath", "--class-path"):
            return start.name or start.program
    if start.form == "jar" and start.name.endswith("-dev.jar"):
        return "Quarkus"
    return None


def _by_parents(process: Process, start: Start) -> Developed | None:
    """By the nearest ancestor that ran a command: shells and package scripts between only pass it on."""
    key = id(process.parents), id(start)
    if key in _undeveloped:
        return None
    found = _by_these_parents(process, start)
    if found is None:
        if len(_undeveloped) >= _MOST_REMEMBERED:
            _undeveloped.clear()
        _undeveloped[key] = process.parents, start
    return found


_undeveloped: dict[tuple[int, int], tuple[tuple[ParentProcess, ...], Start]] = {}
"""Ancestors that were found to run no development server, with what they started: a crowd of workers has the same."""
_MOST_REMEMBERED = 1024


def _by_these_parents(process: Process, start: Start) -> Developed | None:
    for parent in process.parents[:_MOST_PARENTS]:
        if parent.command is None:
            return None
        above = started_by(parent.command, parent.executable, parent.name)
        if above.family == "shell" and above.form == "inline":
            continue
        if start.family is not None or start.name == "workerd":
            told = command_named(above, environment={})
            if told is not None:
                return _by_parent(told, parent)
        if _is_runner(above):
            name = own_name(process, start)
            if start.form in ("inline", "title") and above.family == start.family:
                name = own_name(process, above)
            return _by_parent(name or process.name, parent)
        passes_on = role_of(parent)
        same = above.subject == start.subject and above.form == start.form
        if not same and (passes_on is None or passes_on[0] != "started-by-package-script"):
            return None
    return None


def _is_runner(above: Start) -> bool:
    """Whether it is a program that runs what a developer is at, and again when it changes."""
    if above.family == "node" and any(word.startswith("--watch") for word in above.options):
        return True
    if above.family == "dotnet" and above.options[:1] in (("run",), ("watch",), ("test",)):
        return True
    if above.form == "title":
        names: tuple[str, ...] = title_names(above.subject)
        arguments = tuple(above.subject.split()[1:_MOST_WORDS])
    else:
        names, arguments = _names(above), above.arguments
    for name in names:
        needed = RUNNERS.get(name)
        if needed is not None and _fits(("", needed, ""), arguments):
            return True
    return False


def _by_parent(name: str, parent: ParentProcess) -> Developed:
    return _likely(name, "development-command", f"/proc/{parent.pid}/cmdline", _command(parent.command))


def _likely(name: str, claim: str, source: str, observed: str) -> Developed:
    return Developed(name=name, certainty="likely", findings=(found(claim, "likely", source, observed),))


def _command(command: tuple[str, ...] | None) -> str:
    return cut(" ".join((command or ())[:16]))


def _environment(process: Process) -> dict[str, str]:
    return {variable.name: variable.value for variable in process.environment or ()}


def debuggers(process: Process, start: Start) -> tuple[tuple[int, Developed], ...]:
    """The ports of debuggers and inspectors with which a program was started, each with what serves there."""
    opened = []
    for word in (process.command or ())[1:_MOST_WORDS]:
        told = _debugger_port(word, start.family)
        if told is not None:
            name, port = told
            finding = found("development-command", "proven", f"/proc/{process.pid}/cmdline", word)
            opened.append((port, Developed(name=name, certainty="proven", findings=(finding,))))
    return tuple(opened)


_INSPECTORS = {"node": ("Node.js inspector", 9229), "deno": ("Deno inspector", 9229), "bun": ("Bun inspector", 6499)}


def _debugger_port(word: str, family: str | None) -> tuple[str, int] | None:
    if not word.startswith("-"):
        return None
    option, _, value = word.partition("=")
    if family in _INSPECTORS and option.startswith(("--inspect", "--debug-port")):
        name, default = _INSPECTORS[family]
        return name, _number(value.partition("/")[0].rpartition(":")[2], default)
    if option == "--remote-debugging-port":
        return "Chrome DevTools", _number(value, 9222)
    if word.startswith(("-agentlib:jdwp", "-Xrunjdwp")) and "address=" in word:
        address = word.partition("address=")[2].partition(",")[0]
        return "Java debugger (JDWP)", _number(address.rpartition(":")[2], -1)
    return None


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else default
