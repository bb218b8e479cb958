"""How does the current registry come into use? Fetch, parse, verify, compile, replace, tell what changed.

Whatever goes wrong leaves the snapshot in use as it was. The problems are told by the modules that find them:
download.py (`download-`, `file-`), iana_xml.py and verification.py (`registry-`), replacement.py (`update-`).
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from whoseport.model import BrokenSurroundings, UpdateReport
from whoseport.record import Record
from whoseport.registry import open_registry, packaged_snapshot_path, remembered
from whoseport.registry.compiler import compile_facts
from whoseport.registry.difference import Difference, difference
from whoseport.registry.download import Validators, fetch, is_address, read_file
from whoseport.registry.iana_xml import SOURCE, parse
from whoseport.registry.places import user_snapshot_path
from whoseport.registry.replacement import replace, sole_updater
from whoseport.registry.verification import (
    refuse_html,
    refuse_loss,
    refuse_miscompiled,
    refuse_older,
    refuse_uncovered,
)

if TYPE_CHECKING:
    from whoseport.model import Snapshot, UpdateStatus
    from whoseport.registry.connection import Bounds
    from whoseport.registry.download import Progress
    from whoseport.registry.facts import Facts
    from whoseport.registry.store import Registry

NO_DIFFERENCE = Difference(added=(), removed=(), changed=())
PATIENCE = 10.0
"""Seconds that an update waits for another one to finish writing; the download takes no lock."""


class InUse(Record):
    """What is answered from now (None: nothing readable); `damaged`: the user's own snapshot is to be replaced."""

    registry: Registry | None
    packaged: Snapshot | None
    damaged: bool

    @property
    def snapshot(self) -> Snapshot | None:
        return self.registry.snapshot if self.registry else None

    def holds(self, facts: Facts) -> bool:
        """Whether nothing is gained by writing these facts."""
        return not self.damaged and self.snapshot is not None and self.snapshot.sha256 == facts.snapshot.sha256


def update(
    *,
    source: str | None = None,
    allow_older: bool = False,
    allow_loss: bool = False,
    progress: Progress | None = None,
    bounds: Bounds | None = None,
    patience: float = PATIENCE,
) -> UpdateReport:
    """Takes IANA's registry from an address or a file (`source`; by default from IANA) into use.

    Args:
        source: an http(s) address or a path of IANA's XML, plain or gzip.
        allow_older: accept a registry older than the one in use.
        allow_loss: accept one that lost more than 3 per cent of its records, or of its named ones.
        progress: called with bytes received and bytes expected (None: unknown) while downloading.
        bounds: times in seconds and sizes in bytes that a download is held to.
        patience: seconds to wait for another update that is about to write.

    Raises:
        BrokenSurroundings: the snapshot in use stays so; `problem` says what was wrong.
        Misuse: `source-scheme-unsupported`.
    """
    origin = SOURCE if source is None else source
    path = user_snapshot_path()
    in_use = _in_use(path)
    body, validators = _body(origin, in_use, path=path, bounds=bounds, progress=progress)
    if body is None:
        return _report("not-modified", origin, in_use)
    refuse_html(body)
    facts = parse(body, source=_named(origin))
    refuse_uncovered(facts)
    if in_use.holds(facts):
        with contextlib.suppress(BrokenSurroundings), sole_updater(os.path.dirname(path), patience=0):
            _remember(path, validators, origin, facts)
        return _report("unchanged", origin, in_use)
    compiled = compile_facts(facts)
    with sole_updater(os.path.dirname(path), patience=patience):
        in_use = _in_use(path)  # another update may have been quicker
        if in_use.holds(facts):
            return _report("unchanged", origin, in_use)
        records = tuple(in_use.registry.records()) if in_use.registry else ()
        refuse_older(facts, in_use=in_use.snapshot, packaged=in_use.packaged, allow_older=allow_older)
        if not allow_loss:
            refuse_loss(facts, in_use=records)
        replace(path, compiled, check=lambda unfinished: refuse_miscompiled(unfinished, facts=facts))
        _remember(path, validators, origin, facts)
    changes = difference(records, facts.records) if records else NO_DIFFERENCE
    return UpdateReport(
        status="updated",
        source=origin,
        before=in_use.snapshot,
        after=facts.snapshot,
        path=path,
        added=changes.added,
        removed=changes.removed,
        changed=changes.changed,
    )


def _in_use(path: str) -> InUse:
    packaged = _readable(packaged_snapshot_path())
    try:
        registry: Registry | None = open_registry()
        damaged = False
    except BrokenSurroundings:
        own = _readable(path)
        registry = own or packaged
        damaged = own is None
    return InUse(registry=registry, packaged=packaged.snapshot if packaged else None, damaged=damaged)


def _readable(path: str) -> Registry | None:
    try:
        return open_registry(path)
    except BrokenSurroundings:
        return None


def _body(
    origin: str, in_use: InUse, *, path: str, bounds: Bounds | None, progress: Progress | None
) -> tuple[bytes | None, Validators | None]:
    if not is_address(origin):
        return read_file(origin), None
    known = None
    if in_use.snapshot is not None and not in_use.damaged:
        known = remembered.read(_notes(path), address=origin, snapshot=in_use.snapshot)
    download = fetch(origin, validators=known, bounds=bounds, progress=progress)
    return download.body, download.validators


def _remember(path: str, validators: Validators | None, origin: str, facts: Facts) -> None:
    """Only saves the next update a download: that it cannot be written is no failure of this one."""
    if validators is not None:
        text = remembered.text_of(validators, address=origin, snapshot=facts.snapshot)
        with contextlib.suppress(BrokenSurroundings):
            replace(_notes(path), text, check=lambda _unfinished: None)


def _notes(path: str) -> str:
    return os.path.join(os.path.dirname(path), remembered.NAME)


def _named(origin: str) -> str:
    """How the snapshot names where it came from: the address, or the whole path of the file."""
    if is_address(origin):
        return origin
    return os.fsencode(os.path.abspath(origin)).decode("utf-8", "backslashreplace")


def _report(status: UpdateStatus, origin: str, in_use: InUse) -> UpdateReport:
    assert in_use.snapshot is not None  # it was compared with
    return UpdateReport(
        status=status,
        source=origin,
        before=in_use.snapshot,
        after=in_use.snapshot,
        path=None,
        added=(),
        removed=(),
        changed=(),
    )
