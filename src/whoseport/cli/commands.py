"""The commands and their options: one table, from which parsing, help, completions and the manual page are made."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from whoseport.cli.parsing import Request


def worded(template: str) -> str:
    """Marks a template for translation, as its namesake in render/language.py, which JSON is not to wait for."""
    return template


class Option(Record):
    """An option. `value` names its value for the help; None: it takes none. `choices`: the only values it takes."""

    names: tuple[str, ...]
    help: str
    value: str | None = None
    choices: tuple[str, ...] | None = None
    many: bool = False

    @property
    def key(self) -> str:
        """The name by which the value is asked for: the longest, without dashes."""
        return max(self.names, key=len).lstrip("-")


class Command(Record):
    """A command. `words`: what it takes besides options, for the help; `least` and `most` how many of them."""

    name: str
    words: str
    summary: str
    run: Callable[[Request], int]
    options: tuple[Option, ...] = ()
    least: int = 0
    most: int | None = 0
    choices: tuple[str, ...] | None = None
    begins: bool = False
    """Does its first word begin a command line of its own, of which every further argument is a part?"""


def _show(request: Request) -> int:
    from whoseport.cli.show import run

    return run(request)


def _list(request: Request) -> int:
    from whoseport.cli.listing import run

    return run(request)


def _find(request: Request) -> int:
    from whoseport.cli.find import run

    return run(request)


def _inspect(request: Request) -> int:
    from whoseport.cli.inspect import run

    return run(request)


def _explain(request: Request) -> int:
    from whoseport.cli.explain import run

    return run(request)


def _stop(request: Request) -> int:
    from whoseport.cli.stop import run

    return run(request)


def _pick(request: Request) -> int:
    from whoseport.cli.pick import run

    return run(request)


def _run(request: Request) -> int:
    from whoseport.cli.run import run

    return run(request)


def _wait(request: Request) -> int:
    from whoseport.cli.wait import run

    return run(request)


def _update(request: Request) -> int:
    from whoseport.cli.update import run

    return run(request)


def _registry(request: Request) -> int:
    from whoseport.cli.registry import run

    return run(request)


def _schema(request: Request) -> int:
    from whoseport.cli.schema import run

    return run(request)


def _completion(request: Request) -> int:
    from whoseport.cli.completion import run

    return run(request)


EVERYWHERE = (
    Option(names=("-h", "--help"), help=worded("show this help and end")),
    Option(names=("--version",), help=worded("show the version and end")),
    Option(names=("--lang",), value="LANG", help=worded("the language of the answer: en, pt_BR")),
    Option(
        names=("--color", "--colour"),
        value="WHEN",
        choices=("auto", "always", "never"),
        help=worded("colours: auto, always, never (NO_COLOR is honoured)"),
    ),
)
JSON = Option(names=("--json",), help=worded("answer as JSON"))
VERBOSE = Option(names=("-v", "--verbose"), help=worded("every detail, with sources and procedures in full"))
FROM = Option(
    names=("--from",),
    value="FILE",
    help=worded("answer from what `whoseport inspect` saved, here or elsewhere (-: stdin)"),
)
BPF = Option(
    names=("--bpf",),
    help=worded(
        "find owners by a BPF iterator, quicker on a crowded machine (loads a program into the kernel; root only)"
    ),
)
NO_LIVE = Option(names=("--no-live",), help=worded("do not look at this machine"))
PEERS = Option(names=("--peers",), help=worded("name the other ends of connections on the port"))
BIND = Option(
    names=("--bind",),
    help=worded("try a real bind on the port, on each address family, and tell what the kernel answers"),
)
PROBE = Option(
    names=("--probe",),
    help=worded("ask the port mapper on loopback which RPC program has the port"),
)
QUIET = Option(
    names=("-q", "--quiet"),
    help=worded("print nothing; exit 0: something holds the port here, 1: nothing does, 3: cannot tell"),
)
QUIET_WAIT = Option(names=("-q", "--quiet"), help=worded("print nothing"))
TRANSPORT = Option(
    names=("-t", "--transport"), value="NAME", choices=("tcp", "udp"), help=worded("the transport: tcp (default), udp")
)
PICKING = (
    Option(names=("--name",), value="NAME", help=worded("a name in the project, for a port of its own: api, db...")),
    Option(names=("--near",), value="PORT", help=worded("the first good port from this one on")),
    Option(names=("--range",), value="A-B", help=worded("only from these ports (default 20000-29999)")),
    TRANSPORT,
    Option(names=("--project",), value="DIR", help=worded("the project of this folder, not of the present one")),
)
STATES = ("listen", "bound", "unconnected", "connected", "all")

COMMANDS = (
    Command(
        name="show",
        words="PORT|RANGE|NAME|URL...",
        summary=worded("the whole answer on a port; the word `show` may be left out"),
        run=_show,
        options=(JSON, VERBOSE, NO_LIVE, QUIET, PEERS, BIND, PROBE, FROM, BPF),
        least=1,
        most=None,
    ),
    Command(
        name="list",
        words="",
        summary=worded("everything that listens on this machine; the same as whoseport alone"),
        run=_list,
        options=(
            JSON,
            Option(names=("--json-lines",), help=worded("one JSON object a line, one for each listener")),
            Option(names=("--csv",), help=worded("comma-separated values (RFC 4180)")),
            VERBOSE,
            Option(
                names=("-t", "--transport"),
                value="NAME",
                choices=("tcp", "udp", "sctp", "dccp"),
                many=True,
                help=worded("only this transport (may be given again)"),
            ),
            Option(
                names=("-a", "--address"),
                value="ADDRESS",
                many=True,
                help=worded("only this address, or reach: loopback, private, public, all..."),
            ),
            Option(names=("-u", "--user"), value="USER", many=True, help=worded("only this user, by name or number")),
            Option(
                names=("-p", "--process"), value="NAME", many=True, help=worded("only this process, by name or number")
            ),
            Option(
                names=("-s", "--state"),
                value="STATE",
                choices=STATES,
                many=True,
                help=worded("sockets in this state: listen, bound, unconnected, connected, all"),
            ),
            Option(
                names=("--sort",),
                value="KEY",
                choices=("port", "address", "user", "process", "started"),
                help=worded("sort by port, address, user, process or started"),
            ),
            Option(names=("-r", "--reverse"), help=worded("sort the other way round")),
            FROM,
            BPF,
        ),
    ),
    Command(
        name="find",
        words="TEXT...",
        summary=worded(
            "search names, descriptions, assignees and references of the registry, and what is commonly run"
        ),
        run=_find,
        options=(
            JSON,
            Option(names=("-n", "--limit"), value="N", help=worded("at most this many results (default 20; 0: all)")),
        ),
        least=1,
        most=None,
    ),
    Command(
        name="inspect",
        words="",
        summary=worded("one look at this machine as plain facts (JSON), to keep or to carry; read again by --from"),
        run=_inspect,
        options=(Option(names=("--json",), help=worded("JSON, as always here")), PEERS, BPF),
    ),
    Command(
        name="explain",
        words="[CLAIM]",
        summary=worded("what a claim means, what it was read from, what honest software also does it"),
        run=_explain,
        options=(JSON,),
        least=0,
        most=None,
    ),
    Command(
        name="stop",
        words="PORT...",
        summary=worded("end what holds a port, the right way, after asking"),
        run=_stop,
        options=(
            JSON,
            Option(names=("-y", "--yes"), help=worded("do not ask")),
            Option(names=("-n", "--dry-run"), help=worded("only say what would be ended")),
            Option(names=("--tree",), help=worded("with all that runs with it: watchers, package scripts, children")),
            Option(names=("--mine",), help=worded("only what belongs to the present project folder or worktree")),
            Option(
                names=("--grace",),
                value="SECONDS",
                help=worded("how long to wait before a process that does not end is killed (default 5)"),
            ),
        ),
        least=1,
        most=None,
    ),
    Command(
        name="pick",
        words="",
        summary=worded("a port to run on now: the same for this project each time, held under a lease"),
        run=_pick,
        options=(
            JSON,
            VERBOSE,
            *PICKING,
            Option(names=("-n", "--count"), value="N", help=worded("this many ports")),
            Option(
                names=("--ttl",),
                value="SECONDS",
                help=worded("hold it for this long, whoever lives (else: until the process that asks ends)"),
            ),
            Option(
                names=("--owner",),
                value="PID",
                help=worded("the process that holds the lease (default: the one that started whoseport)"),
            ),
        ),
    ),
    Command(
        name="run",
        words="[--] COMMAND...",
        summary=worded("run a command on a leased port: {port} in its arguments, PORT in its environment"),
        run=_run,
        options=(
            *PICKING,
            Option(
                names=("--fd",),
                help=worded("hand the listening socket itself over, as descriptor 3 (LISTEN_FDS, as systemd does)"),
            ),
            Option(
                names=("--address",),
                value="ADDRESS",
                help=worded("the address that --fd listens on (default 127.0.0.1)"),
            ),
            VERBOSE,
        ),
        least=1,
        most=None,
        begins=True,
    ),
    Command(
        name="wait",
        words="PORT...",
        summary=worded("wait until something listens on each of the ports"),
        run=_wait,
        options=(
            Option(names=("--gone",), help=worded("wait until nothing listens")),
            Option(names=("--http",), help=worded("wait until it answers HTTP on loopback")),
            Option(names=("--timeout",), value="SECONDS", help=worded("give up after this long (exit 1)")),
            QUIET_WAIT,
            JSON,
        ),
        least=1,
        most=None,
    ),
    Command(
        name="update",
        words="",
        summary=worded("fetch the current registry from IANA, verify it, replace the snapshot in one step"),
        run=_update,
        options=(
            JSON,
            Option(names=("--from",), value="FILE|URL", help=worded("take IANA's XML from a file or another address")),
            Option(names=("--allow-older",), help=worded("accept a registry older than the one in use")),
            Option(names=("--allow-loss",), help=worded("accept a registry that lost many records")),
        ),
    ),
    Command(
        name="registry",
        words="info|dump",
        summary=worded("what the registry's snapshot is; every port on every transport as JSON lines"),
        run=_registry,
        options=(JSON,),
        least=1,
        most=1,
        choices=("info", "dump"),
    ),
    Command(
        name="schema",
        words="NAME",
        summary=worded("the JSON Schema of a document"),
        run=_schema,
        least=0,
        most=1,
    ),
    Command(
        name="completion",
        words="bash|zsh|fish",
        summary=worded("the completion script of a shell"),
        run=_completion,
        least=1,
        most=1,
        choices=("bash", "zsh", "fish"),
    ),
)


def command_named(name: str) -> Command:
    """The command of that name; a KeyError where there is none."""
    for command in COMMANDS:
        if command.name == name:
            return command
    raise KeyError(name)
