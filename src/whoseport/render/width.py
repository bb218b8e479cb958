"""How many columns does text take in a terminal? East Asian wide characters take two, combining marks none."""

from __future__ import annotations

from whoseport.render.escape import Safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def columns(text: str) -> int:
    """Columns of one line of text without control characters (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    total = 0
    for character in text:
        if category(character)[0] != "M":
            total += 2 if east_asian_width(character) in "WF" else 1
    return total


def padded(text: Safe, width: int) -> Safe:
    """The text with spaces up to `width` columns; longer text stays whole."""
    return Safe(text + " " * (width - columns(text)))


def beside(cells: Sequence[Safe], widths: Sequence[int]) -> Safe:
    """A table's row: each cell cut or filled up to its columns, without blanks at the end."""
    set_cells = [padded(trimmed(cell, width), width) for cell, width in zip(cells, widths, strict=True)]
    return Safe("  ".join(set_cells).rstrip(" "))


def trimmed(text: Safe, width: int) -> Safe:
    """The text in at most `width` columns, ending in … where something was cut."""
    if len(text) * 2 <= width or columns(text) <= width:
        return text
    return Safe(_head(text, width - 1) + "…") if width > 0 else Safe("")


def wrapped(text: Safe, width: int) -> list[Safe]:
    """The text in lines of at most `width` columns, broken at spaces; a longer word is broken where it must be."""
    if columns(text) <= width:
        return [text]
    lines: list[Safe] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if columns(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(Safe(line))
        line = word
        while columns(line) > width:
            head = _head(line, width) or line[0]
            lines.append(Safe(head))
            line = line[len(head) :]
    lines.append(Safe(line))
    return lines


def _head(text: str, width: int) -> str:
    """As much of the start as fits, marks kept with the character they stand on."""
    if text.isascii():
        return text[: max(width, 0)]
    taken = 0
    for place, character in enumerate(text):
        taken += columns(character)
        if taken > width:
            return text[:place]
    return text
