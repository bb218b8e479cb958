"""How is the list of listeners told? One row for what holds a port, as text for people or as comma-separated values."""

from __future__ import annotations

from whoseport.record import Record
from whoseport.render.escape import Safe, joined, plain
from whoseport.render.holding import Holding, box_name, holding_of, holdings, is_kernel_socket, saw_every_owner
from whoseport.render.language import worded
from whoseport.render.layout import LABEL_COLUMNS, NARROW, Step
from whoseport.render.owners import shortened
from whoseport.render.width import beside, columns, padded, trimmed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from whoseport.model import Exposure, Inspection, Listener, ListenerState
    from whoseport.render.language import Language

REACH: dict[Exposure, str] = {
    "all": worded("all"),
    "public": worded("public"),
    "multicast": worded("multicast"),
    "private": worded("private"),
    "link-local": worded("link"),
    "loopback": worded("loopback"),
}
"""The reach of a row is the widest of its sockets', in this order."""

STATES: dict[ListenerState, str | None] = {
    "listen": None,
    "unconnected": None,
    "bound": worded("{names}, not listening"),
    "connected": worded("{names}, connected"),
}
_SHOWN_NAMES = 3
_NAME_LIMIT = 40
_LEAST_COLUMNS = 8

CSV_COLUMNS = (
    "transport",
    "protocol",
    "address",
    "port",
    "interface",
    "state",
    "exposure",
    "user",
    "pids",
    "names",
    "executables",
    "commands",
    "unit",
    "container",
    "netns",
    "inode",
    "kind",
    "concern",
    "name",
)
"""The names of the JSON keys: the same in every language."""


class Line(Record):
    """One row of the list."""

    port: Safe
    reach: Safe
    runs: Safe
    user: Safe
    comes_from: Safe
    partly: bool
    suspicious: bool = False

    @property
    def cells(self) -> tuple[Safe, ...]:
        return self.port, self.reach, self.runs, self.user, self.comes_from


class Sight(Record):
    """What a look missed: the subjects of its `unseen`, and whether any process was not looked through."""

    subjects: frozenset[str]
    saw_every_owner: bool


def listing(
    inspection: Inspection,
    *,
    language: Language,
    width: int | None,
    colour: bool,
    verbose: bool = False,
    home: str | None = None,
    saved: bool = False,
) -> str:
    """The table, its totals and a next step. `width` None: for a pipe, nothing cut.

    `verbose` names every address instead of the reach. `saved`: the look was taken before, perhaps elsewhere.
    """
    say = language.say
    lines = _table_lines(inspection, language=language, home=home, verbose=verbose)
    if not lines:
        told = [say("Nothing listens here, as far as could be seen.") if inspection.unseen else say("Nothing listens.")]
    else:
        header = (say("PORT"), say("REACH"), say("WHAT RUNS"), say("USER"), say("FROM"))
        told = _set_table(header, lines, width=width, colour=colour)
        told += [Safe(""), _totals(lines, language)]
    steps = [] if saved else _steps(inspection, lines, language)
    return "\n".join(told + (next_lines(steps, language, width=width, colour=colour) if steps else [])) + "\n"


def _steps(inspection: Inspection, lines: list[Line], language: Language) -> list[Step]:
    """What is suspicious comes first, then what only root may see, then any port."""
    say = language.say
    steps: list[Step] = []
    suspicious = next((line for line in lines if line.suspicious), None)
    if suspicious is not None:
        command = joined(" ", [Safe("whoseport"), suspicious.port])
        steps.append(Step(command=command, meaning=say("why it is suspicious")))
    unprivileged = inspection.privileges.uid not in (0, None)
    denied = any(unseen.reason == "not-permitted" for unseen in inspection.unseen)
    if unprivileged and (denied or any(line.partly for line in lines)):
        steps.append(Step(command=Safe("sudo whoseport"), meaning=say("what only root may see")))
    if not steps and lines:
        command = joined(" ", [Safe("whoseport"), lines[0].port])
        steps.append(Step(command=command, meaning=say("one port in full")))
    return steps


def csv(inspection: Inspection) -> str:
    """RFC 4180 with a header, one line a socket; several values in one cell are parted by a space or ` | `.

    A cell that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    from csv import writer
    from io import StringIO

    text = StringIO()
    out = writer(text, lineterminator="\r\n")
    out.writerow(CSV_COLUMNS)
    for listener in inspection.listeners:
        out.writerow([_cell(value) for value in _csv_values(listener)])
    return text.getvalue()


def _csv_values(listener: Listener) -> tuple[str, ...]:
    owners = listener.owners
    container = listener.container or next((owner.container for owner in owners if owner.container), None)
    unit = listener.unit or next((owner.unit for owner in owners if owner.unit), None)
    return (
        listener.transport,
        listener.protocol,
        listener.address,
        str(listener.port),
        listener.interface or "",
        listener.state,
        listener.exposure,
        listener.user or ("" if listener.uid is None else str(listener.uid)),
        " ".join(str(owner.pid) for owner in owners),
        " | ".join(dict.fromkeys(owner.name for owner in owners)),
        " | ".join(dict.fromkeys(owner.executable for owner in owners if owner.executable)),
        " | ".join(dict.fromkeys(" ".join(owner.command) for owner in owners if owner.command)),
        unit or "",
        (container.name or container.id) if container else "",
        listener.netns or "",
        str(listener.inode),
        listener.verdict.kind if listener.verdict else "",
        listener.verdict.concern if listener.verdict else "",
        (listener.verdict.name or "") if listener.verdict else "",
    )


def _cell(value: str) -> str:
    shown = plain(value)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown


def _table_lines(inspection: Inspection, *, language: Language, home: str | None, verbose: bool) -> list[Line]:
    """In the order of the look, which may have been sorted; several sockets on one line stand where the first does."""
    sight = Sight(subjects=_unseen_subjects(inspection), saw_every_owner=saw_every_owner(inspection))
    places = {id(listener): place for place, listener in enumerate(inspection.listeners)}
    told: list[tuple[int, Line]] = []
    for holding in holdings(inspection):
        by_port: dict[tuple[int, str, ListenerState], list[Listener]] = {}
        for listener in holding.listeners:
            by_port.setdefault((listener.port, listener.transport, listener.state), []).append(listener)
        for listeners in by_port.values():
            line = _line(
                inspection,
                holding_of(inspection, listeners),
                sight=sight,
                language=language,
                home=home,
                verbose=verbose,
            )
            told.append((places[id(listeners[0])], line))
    return [line for _, line in sorted(told, key=lambda pair: pair[0])]


def _unseen_subjects(inspection: Inspection) -> frozenset[str]:
    return frozenset(unseen.subject for unseen in inspection.unseen if unseen.subject is not None)


def _line(
    inspection: Inspection,
    holding: Holding,
    *,
    sight: Sight,
    language: Language,
    home: str | None,
    verbose: bool,
) -> Line:
    listeners = holding.listeners
    first = listeners[0]
    subjects = {f"socket:{listener.inode}" for listener in listeners}
    subjects |= {f"pid:{owner.pid}" for owner in holding.owners}
    no_owner = not holding.owners and not is_kernel_socket(first, saw_every_owner=sight.saw_every_owner)
    users = list(dict.fromkeys(owner.user or str(owner.uid) for owner in holding.owners if owner.uid is not None))
    users = users or [first.user or ("" if first.uid is None else str(first.uid))]
    return Line(
        port=plain(f"{first.port}/{first.transport}"),
        reach=_reach(listeners, language, verbose=verbose),
        runs=_what_runs(holding, no_owner=no_owner, language=language),
        user=joined(", ", [plain(user, limit=_NAME_LIMIT) for user in users[:_SHOWN_NAMES]]),
        comes_from=_comes_from(inspection, holding, language, home),
        partly=no_owner or not subjects.isdisjoint(sight.subjects),
        suspicious=any(one.verdict is not None and one.verdict.concern == "suspicious" for one in listeners),
    )


def _reach(listeners: Sequence[Listener], language: Language, *, verbose: bool) -> Safe:
    if verbose:
        addresses = [f"[{one.address}]" if ":" in one.address else one.address for one in listeners]
        return joined(", ", [plain(address, limit=80) for address in dict.fromkeys(addresses)])
    exposures = {listener.exposure for listener in listeners}
    widest = next(exposure for exposure in REACH if exposure in exposures)
    return language.say(REACH[widest])


def _what_runs(holding: Holding, *, no_owner: bool, language: Language) -> Safe:
    say = language.say
    names = list(dict.fromkeys(owner.name for owner in holding.owners))
    names = names or list(dict.fromkeys(one.name for one in holding.listeners[0].candidates))
    proper = _proper_name(holding, names)
    if proper is not None:
        told = _inside(proper, holding, language)
    elif names:
        told = joined(", ", [plain(name, limit=_NAME_LIMIT) for name in names[:_SHOWN_NAMES]])
        if len(names) > _SHOWN_NAMES:
            told = joined("", [told, Safe(", …")])
    else:
        told = Safe("?") if no_owner else say("(kernel)")
    states = {owner.executable_state for owner in holding.owners}
    if "deleted" in states:
        told = say("{names}, deleted", names=told)
    if "memory" in states:
        told = say("{names}, in memory only", names=told)
    template = STATES[holding.listeners[0].state]
    return say(template, names=told) if template is not None else told


def _proper_name(holding: Holding, names: Sequence[str]) -> str | None:
    """The name of what runs by its verdict, where the programs' own names do not tell it: `vite` for a `node`."""
    verdict = next((one.verdict for one in holding.listeners if one.verdict is not None), None)
    if verdict is None or not verdict.name or verdict.certainty == "guess":
        return None
    alike = _letters(verdict.name)
    for name in names:
        bare = _letters(name).removesuffix("d") if len(name) > 3 else _letters(name)
        if bare and (bare in alike or alike in bare):
            return None
    return verdict.name


def _letters(name: str) -> str:
    """A name without what is written in one way or another: `docker-proxy` and `Docker Proxy` are the same."""
    return "".join([character for character in name[:_NAME_LIMIT].lower() if character.isalnum()])


def _inside(name: str, holding: Holding, language: Language) -> Safe:
    """`nginx in web` for what is reached through a forwarder."""
    told = plain(name, limit=_NAME_LIMIT)
    forwarding = holding.forwards_to
    if forwarding is not None and forwarding.container is not None and forwarding.container.name:
        return language.say("{name} in {container}", name=told, container=box_name(forwarding.container))
    return told


def _comes_from(inspection: Inspection, holding: Holding, language: Language, home: str | None) -> Safe:
    """The container, else the service unit, else the folder, else the executable; before it, another namespace."""
    told = _place(inspection, holding, language, home)
    if holding.elsewhere is None:
        return told
    elsewhere = language.say("another namespace")
    if holding.elsewhere:
        elsewhere = language.say("namespace {namespace}", namespace=plain(holding.elsewhere, limit=40))
    return joined(", ", [told, elsewhere]) if told else elsewhere


def _place(inspection: Inspection, holding: Holding, language: Language, home: str | None) -> Safe:
    forwarding = holding.forwards_to
    container = holding.container or (forwarding.container if forwarding else None)
    if container is not None:
        return language.say("container {container}", container=box_name(container))
    unit = holding.unit
    if unit and unit.endswith((".service", ".socket")) and not unit.startswith("user@"):
        return plain(unit, limit=100)
    developed = any(one.verdict and one.verdict.kind == "development-server" for one in holding.listeners)
    for owner in holding.owners:
        if owner.executable_state in ("deleted", "memory") and owner.executable:
            return plain(owner.executable, limit=300)
    for owner in holding.owners:
        mine = owner.uid is not None and owner.uid == inspection.privileges.uid
        if developed and owner.project is not None:
            return shortened(owner.project.folder, home if mine else None)
        if owner.working_directory and owner.working_directory != "/":
            return shortened(owner.working_directory, home if mine else None)
        if owner.executable:
            return shortened(owner.executable, home if mine else None)
    return plain(unit, limit=100) if unit else Safe("")


def _set_table(header: tuple[Safe, ...], lines: list[Line], *, width: int | None, colour: bool) -> list[Safe]:
    rows = [header, *(line.cells for line in lines)]
    marks = [False, *(line.partly for line in lines)]
    if width is not None and width < NARROW:
        rows = [(port, runs, user) for port, _, runs, user, _ in rows]
        runs_place = 1
    else:
        runs_place = 2
    warned = [False, *(line.suspicious for line in lines)]
    # A name that is cut must not lose the mark after it.
    marked = 2 if any(marks) else 0
    widths = [max(columns(row[place]) for row in rows) for place in range(len(rows[0]))]
    widths[runs_place] += marked
    if width is not None:
        _squeeze(widths, width=width, elastic=tuple(range(1, len(widths))))
    told: list[Safe] = []
    for row, mark, warn in zip(rows, marks, warned, strict=True):
        cells = list(row)
        if mark:
            cells[runs_place] = joined(" ", [trimmed(row[runs_place], widths[runs_place] - marked), Safe("~")])
        told.append(_set_row(cells, widths, before=runs_place, suspicious=warn, colour=colour))
    if colour:
        from whoseport.render.paint import paint

        told[0] = paint(told[0], "label")
    return told


def _set_row(cells: list[Safe], widths: list[int], *, before: int, suspicious: bool, colour: bool) -> Safe:
    """A row of the table; where it is suspicious with `!` in the gap before what runs."""
    if not suspicious:
        return beside(cells, widths)
    head = padded(beside(cells[:before], widths[:before]), sum(widths[:before]) + 2 * (before - 1))
    mark = Safe("!")
    if colour:
        from whoseport.render.paint import paint

        mark = paint(mark, "warning")
    return joined("", [head, mark, Safe(" "), beside(cells[before:], widths[before:])])


def _squeeze(widths: list[int], *, width: int, elastic: tuple[int, ...]) -> None:
    """Takes what does not fit from the widest of the columns that may be cut, down to a bearable few."""
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    while excess > 0:
        widest = max(elastic, key=lambda place: widths[place])
        if widths[widest] <= _LEAST_COLUMNS:
            return
        widths[widest] -= 1
        excess -= 1


def _totals(lines: list[Line], language: Language) -> Safe:
    told = language.count("{number} listener", "{number} listeners", len(lines))
    suspicious = sum(line.suspicious for line in lines)
    if suspicious:
        seen = language.count("{number} suspicious", "{number} suspicious", suspicious)
        told = language.say("{listeners}, {suspicious}", listeners=told, suspicious=seen)
    partly = sum(line.partly for line in lines)
    if partly:
        seen = language.count("{number} partly seen (~)", "{number} partly seen (~)", partly)
        return language.say("{listeners}, {partly}", listeners=told, partly=seen)
    return told


def next_lines(steps: Sequence[Step], language: Language, *, width: int | None, colour: bool) -> list[Safe]:
    """The next steps below a table; what they do is left out where the terminal is too narrow."""
    label = padded(language.say("Next"), LABEL_COLUMNS)
    widest = max(columns(step.command) for step in steps)
    fits = width is None or columns(label) + widest + 4 + max(columns(step.meaning) for step in steps) <= width
    told: list[Safe] = []
    for step in steps:
        start = label if not told else padded(Safe(""), LABEL_COLUMNS)
        command, blank = step.command, padded(Safe(""), widest - columns(step.command) + 4)
        if colour:
            from whoseport.render.paint import paint

            start = paint(start, "label") if not told else start
            command = paint(command, "command")
        told.append(joined("", [start, command, blank, step.meaning] if fits else [start, command]))
    return told
