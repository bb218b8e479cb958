"""What did a server give with the registry in use, so that it can be asked cheaply whether that still holds?

A small JSON file beside the snapshot. It is tied to the address and to the digest of what came from there: beside
another snapshot, or asking elsewhere, it counts for nothing, and a damaged one is as good as none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from whoseport.registry.download import Validators

if TYPE_CHECKING:
    from whoseport.model import Snapshot

NAME = "snapshot.validators.json"
LARGEST = 64 * 1024


def text_of(validators: Validators, *, address: str, snapshot: Snapshot) -> bytes:
    """The file's content."""
    kept = {"address": address, "sha256": snapshot.sha256} | validators.fields()
    return json.dumps(kept, indent=1).encode() + b"\n"


def read(path: str, *, address: str, snapshot: Snapshot) -> Validators | None:
    """What the file says of this snapshot, had from this address; None if that is nothing."""
    try:
        with open(path, "rb") as file:
            return parse(file.read(LARGEST), address=address, snapshot=snapshot)
    except OSError:
        return None


def parse(text: bytes, *, address: str, snapshot: Snapshot) -> Validators | None:
    """The same of the file's content."""
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(kept, dict) or kept.get("address") != address or kept.get("sha256") != snapshot.sha256:
        return None
    etag, last_modified = kept.get("etag"), kept.get("last_modified")
    return Validators(
        etag=etag if isinstance(etag, str) else None,
        last_modified=last_modified if isinstance(last_modified, str) else None,
    )
