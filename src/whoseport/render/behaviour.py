"""How does a process behave, in full? What -v tells of its file, its surroundings, its relations and its privileges."""

from __future__ import annotations

from whoseport.render.escape import Safe, command_line, joined, plain
from whoseport.render.language import worded
from whoseport.render.layout import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import (
        Checksum,
        ExecutableFile,
        ExecutableState,
        FileState,
        NamedFile,
        Process,
        Project,
        RelatedProcess,
        Relation,
        Streams,
    )
    from whoseport.render.language import Language

CHECKSUMS: dict[Checksum, str] = {
    "intact": worded("as its package delivered it"),
    "changed": worded("not as its package delivered it"),
    "unlisted": worded("its package gives no checksum for it"),
}
RELATIONS: dict[Relation, str] = {
    "child": worded("{process}, its child"),
    "pipe": worded("{process}, wired to it by a pipe"),
}
LIBRARIES: dict[ExecutableState, str | None] = {
    "present": None,
    "deleted": worded("{path}, deleted"),
    "replaced": worded("{path}, replaced"),
    "memory": worded("{path}, in memory only"),
    "unseen": None,
}
FILES: dict[FileState, str | None] = {
    "present": None,
    "missing": worded("{path}, which is not there"),
    "unseen": worded("{path}, not looked at"),
}
_COMMAND_LIMIT = 400
_PATH_LIMIT = 400
_MOST = 40
"""Rows of one kind: a process may have thousands of children."""
_FEW = 30
"""More capabilities than these are those of root, which need no list."""


def rows(owner: Process, *, language: Language) -> list[Row]:
    """Everything else that is known of a process."""
    say = language.say
    told: list[tuple[Safe, Safe]] = []
    if owner.package and owner.package_version:
        value = say("{name} {version}", name=plain(owner.package, limit=80), version=plain(owner.package_version))
        told.append((say("package"), value))
    if owner.executable_file is not None:
        told += _file_facts(owner.executable_file, language)
    told += [(say("argument"), _named_file(one, language)) for one in (owner.files or ())[:_MOST]]
    if owner.project is not None:
        told.append((say("project"), _project(owner.project, language)))
    if owner.environment:
        told += [
            (say("environment"), plain(f"{variable.name}={variable.value}", limit=_COMMAND_LIMIT))
            for variable in owner.environment[:_MOST]
        ]
    if owner.terminal:
        told.append((say("terminal"), plain(owner.terminal, limit=80)))
    if owner.streams is not None:
        told.append((say("streams"), _streams(owner.streams, language)))
    told += [(say("related"), _related(one, language)) for one in (owner.related or ())[:_MOST]]
    for library in (owner.libraries or ())[:_MOST]:
        path = plain(library.path, limit=_PATH_LIMIT)
        template = LIBRARIES[library.state]
        told.append((say("library"), path if template is None else say(template, path=path)))
    if owner.capabilities:
        named = joined(", ", [plain(one, limit=60) for one in owner.capabilities])
        number = len(owner.capabilities)
        told.append((say("privileges"), say("{number} capabilities", number=number) if number > _FEW else named))
    if owner.traced_by is not None:
        tracer = say("{name} {pid}", name=plain(owner.traced_by.name, limit=60), pid=plain(str(owner.traced_by.pid)))
        told.append((say("traced by"), tracer))
    return _set(told, label=say("Here"))


def _set(told: list[tuple[Safe, Safe]], *, label: Safe) -> list[Row]:
    """Rows, of which those with the same key bear it once."""
    made: list[Row] = []
    before = Safe("")
    for key, value in told:
        made.append(Row(label=label, key=key if key != before else Safe(""), value=value))
        before = key
    return made


def _file_facts(file: ExecutableFile, language: Language) -> list[tuple[Safe, Safe]]:
    say = language.say
    owner = say(
        "{size} bytes, mode {mode}, owner {uid}:{gid}",
        size=language.number(file.size),
        mode=plain(f"{file.mode & 0o7777:04o}"),
        uid=plain(str(file.uid)),
        gid=plain(str(file.gid)),
    )
    if file.filesystem:
        owner = say("{file}, on {filesystem}", file=owner, filesystem=plain(file.filesystem, limit=60))
    if file.links != 1:
        owner = language.count("{file}, {number} link", "{file}, {number} links", file.links, file=owner)
    told = [(say("file"), owner)]
    times = say(
        "modified {modified}, changed {changed}",
        modified=plain(file.modified, limit=40),
        changed=plain(file.changed, limit=40),
    )
    told.append((say("file"), times))
    if file.capabilities:
        names = joined(", ", [plain(one, limit=60) for one in file.capabilities])
        told.append((say("file"), say("gives {capabilities}", capabilities=names)))
    if file.open_to_all:
        path = plain(file.open_to_all, limit=_PATH_LIMIT)
        told.append((say("file"), say("anybody may write {path}", path=path)))
    if file.checksum is not None:
        told.append((say("checksum"), say(CHECKSUMS[file.checksum])))
    if file.sha256:
        told.append((Safe("SHA-256"), plain(file.sha256, limit=80)))
    return told


def _named_file(file: NamedFile, language: Language) -> Safe:
    say = language.say
    path = plain(file.path, limit=_PATH_LIMIT)
    template = FILES[file.state]
    told = path if template is None else say(template, path=path)
    if file.mode is not None and file.uid is not None:
        mode = plain(f"{file.mode & 0o7777:04o}")
        told = say("{file}, mode {mode}, owner {uid}", file=told, mode=mode, uid=plain(str(file.uid)))
    if file.package:
        told = say("{file}, package {package}", file=told, package=plain(file.package, limit=80))
    return told


def _project(project: Project, language: Language) -> Safe:
    say = language.say
    told = plain(project.folder, limit=_PATH_LIMIT)
    if project.name:
        told = say("{name} in {folder}", name=plain(project.name, limit=80), folder=told)
    if project.branch:
        told = say("{project}, branch {branch}", project=told, branch=plain(project.branch, limit=80))
    if project.repository and project.repository != project.folder:
        told = say("{project}, repository {folder}", project=told, folder=plain(project.repository, limit=_PATH_LIMIT))
    if project.worktree_of:
        main = plain(project.worktree_of, limit=_PATH_LIMIT)
        told = say("{project}, worktree of {main}", project=told, main=main)
    if project.markers:
        names = joined(", ", [plain(one, limit=60) for one in project.markers[:_MOST]])
        told = say("{project}; has {files}", project=told, files=names)
    return told


def _streams(streams: Streams, language: Language) -> Safe:
    values = [streams.input, streams.output, streams.error]
    shown = [language.say("closed") if one is None else plain(one, limit=120) for one in values]
    return joined(", ", [joined(" ", [plain(str(number)), one]) for number, one in enumerate(shown)])


def _related(related: RelatedProcess, language: Language) -> Safe:
    say = language.say
    told = say("{name} {pid}", name=plain(related.name, limit=60), pid=plain(str(related.pid)))
    told = say(RELATIONS[related.relation], process=told)
    if related.command:
        told = say("{process}: {command}", process=told, command=command_line(related.command, limit=_COMMAND_LIMIT))
    elif related.executable:
        told = say("{process}: {command}", process=told, command=plain(related.executable, limit=_PATH_LIMIT))
    if related.streams is not None:
        told = say("{process} ({streams})", process=told, streams=_streams(related.streams, language))
    return told
