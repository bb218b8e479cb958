"""What is commonly run where, and under which names programs go: facts, each with a source that a reader can check."""

from __future__ import annotations

from whoseport.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model.words import BrowserName, ReportedSide, Role, SoftwareKind, Transport


class Source(Record):
    """`title` is a package, a document or a standard; `where` the file and constant, the section, or the address."""

    title: str
    version: str | None
    where: str


class PracticeFact(Record):
    """Some software uses these ports, in this role, by this source.

    `common`: most readers will have met it there; it only decides what is told first.
    """

    software: str
    transport: Transport
    first: int
    last: int
    role: Role
    source: Source
    common: bool = False


class SoftwarePort(Record):
    transport: Transport
    first: int
    last: int
    role: Role


class Software(Record):
    """How a piece of software shows on a machine.

    `programs` are names of its executables (`redis-server`), `scripts` names under which an interpreter runs it
    (a console script, a file, `python -m` module or npm package: `gunicorn`, `vite`), `packages` names of packages,
    `units` names of service units without their ending. Names are lower-case where case does not matter.
    """

    name: str
    kind: SoftwareKind
    programs: tuple[str, ...]
    scripts: tuple[str, ...]
    packages: tuple[str, ...]
    units: tuple[str, ...]
    ports: tuple[SoftwarePort, ...]


class ReportedUse(Record):
    """A report that malware, elsewhere, used this port: nothing about a listener here.

    `endpoints` is how many servers of the family the source lists on it; `references` are addresses of the reports.
    """

    family: str
    transport: Transport | None
    side: ReportedSide
    endpoints: int | None
    references: tuple[str, ...]
    source: Source


class BrowserRefusal(Record):
    """A browser (or the standard that they follow) that refuses to open the port; `since` as far as is known."""

    browser: BrowserName
    since: str | None
    source: Source
