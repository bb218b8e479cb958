"""Which words stand out on a terminal? Colour only repeats what words say; without it nothing is lost."""

from __future__ import annotations

from whoseport.render.escape import Safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Tone = Literal["headline", "label", "key", "unseen", "command", "missing", "warning"]

_CODES: dict[Tone, str] = {
    "headline": "1",
    "label": "1;34",
    "key": "36",
    "unseen": "33",
    "missing": "33",
    "command": "32",
    "warning": "1;31",
}


def paint(text: Safe, tone: Tone) -> Safe:
    """The text between SGR sequences (ECMA-48 section 8.3.117); an empty text stays empty."""
    return Safe(f"\x1b[{_CODES[tone]}m{text}\x1b[0m") if text else text
