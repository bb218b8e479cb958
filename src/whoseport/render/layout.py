"""How is a page set? A headline, rows under their layer's label, and the next steps; at a width, or piped, at none."""

from __future__ import annotations

from whoseport.record import Record
from whoseport.render.escape import Safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    Tone = Literal["headline", "label", "key", "unseen", "command"]

LABEL_COLUMNS = 10
KEY_COLUMNS = 11
NARROW = 60
"""Below this many columns keys and values stand under each other."""

MOST_LINES = 16
MOST_NARROW_LINES = 24
"""Where keys and values stand under each other a page needs more lines; a small terminal has this many."""


class Row(Record):
    """One line of a layer. `rank` 0 always stays; of the others the highest gives way first where lines are short.

    `whole` values are wrapped; the others, of which the start tells enough, are cut at the edge of the terminal.
    `wide` values begin where keys do: they have none.
    """

    label: Safe
    key: Safe
    value: Safe
    rank: int = 0
    whole: bool = True
    unseen: bool = False
    wide: bool = False


class Step(Record):
    """A command to copy, and what it does. It is neither wrapped nor cut."""

    command: Safe
    meaning: Safe = Safe("")


class Page(Record):
    """`rest` is the step that shows what had to be left out."""

    headline: Safe
    rows: tuple[Row, ...]
    steps: tuple[Step, ...]
    next_label: Safe
    rest: Step | None = None


def page_text(page: Page, *, width: int | None, colour: bool, most_lines: int | None) -> str:
    """The page as lines, each ending in a newline. `width` None: as long as they are, for a pipe."""
    ink = _ink(colour)
    rows = list(page.rows)
    steps = page.steps
    lines = _lines(page, rows, steps, width=width, ink=ink)
    if most_lines is not None and width is not None and width < NARROW:
        most_lines = max(most_lines, MOST_NARROW_LINES)
    while most_lines is not None and len(lines) > most_lines and any(row.rank for row in rows):
        if page.rest is not None and page.rest not in steps:
            steps = (*steps, page.rest)
        highest = max(row.rank for row in rows)
        last = max(place for place, row in enumerate(rows) if row.rank == highest)
        del rows[last]
        lines = _lines(page, rows, steps, width=width, ink=ink)
    if most_lines is not None and len(lines) > most_lines and any(row.whole for row in rows):
        # what must be said is longer than a page: of each, the start
        lines = _lines(page, [row.replace(whole=False) for row in rows], steps, width=width, ink=ink)
    return "\n".join(lines) + "\n"


def _ink(colour: bool) -> Callable[[Safe, Tone], Safe]:
    if colour:
        from whoseport.render.paint import paint

        return paint
    return lambda text, _tone: text


def _lines(
    page: Page, rows: list[Row], steps: tuple[Step, ...], *, width: int | None, ink: Callable[[Safe, Tone], Safe]
) -> list[str]:
    lines: list[str] = [ink(line, "headline") for line in _wrapped(page.headline, width)]
    set_row = _under_each_other if width is not None and width < NARROW else _side_by_side
    if rows:
        lines.append("")
    key_columns = max([KEY_COLUMNS, *(_columns(row.key) + 1 for row in rows)])
    label = Safe("")
    for row in rows:
        lines += set_row(row, row.label if row.label != label else Safe(""), key_columns, width=width, ink=ink)
        label = row.label
    if steps:
        lines.append("")
        lines += _step_lines(page.next_label, steps, width=width, ink=ink)
    return lines


def _side_by_side(
    row: Row, label: Safe, key_columns: int, *, width: int | None, ink: Callable[[Safe, Tone], Safe]
) -> list[str]:
    if row.wide:
        key_columns = 0
    room = None if width is None else max(width - LABEL_COLUMNS - key_columns, 10)
    values = _wrapped(row.value, room) if row.whole else [_trimmed(row.value, room)]
    start = ink(label, "label") + " " * (LABEL_COLUMNS - _columns(label))
    start += ink(row.key, "unseen" if row.unseen else "key") + " " * (key_columns - _columns(row.key))
    blank = " " * (LABEL_COLUMNS + key_columns)
    return [(start if place == 0 else blank) + value for place, value in enumerate(values)]


def _under_each_other(
    row: Row, label: Safe, _key_columns: int, *, width: int | None, ink: Callable[[Safe, Tone], Safe]
) -> list[str]:
    width = width or NARROW
    lines: list[str] = [ink(label, "label")] if label else []
    key = Safe(f"{row.key}:") if row.key else Safe("")
    room = width - 4
    value = row.value if row.whole else _trimmed(row.value, room * 2)
    if row.wide:
        return [*lines, *("  " + line for line in _wrapped(value, width - 2))]
    if key and _columns(key) + 1 + _columns(value) <= width - 2:
        return [*lines, f"  {ink(key, 'unseen' if row.unseen else 'key')} {value}"]
    if key:
        lines.append("  " + ink(key, "unseen" if row.unseen else "key"))
    return [*lines, *("    " + line for line in _wrapped(value, room))]


def _step_lines(
    label: Safe, steps: tuple[Step, ...], *, width: int | None, ink: Callable[[Safe, Tone], Safe]
) -> list[str]:
    commands = max(_columns(step.command) for step in steps)
    meanings = max(_columns(step.meaning) for step in steps)
    lines: list[str] = []
    beside = width is None or LABEL_COLUMNS + commands + 4 + meanings <= width
    narrow = width is not None and width < NARROW
    if narrow:
        lines.append(ink(label, "label"))
    for place, step in enumerate(steps):
        shown = label if place == 0 and not narrow else Safe("")
        start = "  " if narrow else ink(shown, "label") + " " * (LABEL_COLUMNS - _columns(shown))
        line = start + ink(step.command, "command")
        if step.meaning and beside and not narrow:
            line += " " * (commands - _columns(step.command) + 4) + step.meaning
        lines.append(line)
    return lines


def _columns(text: Safe) -> int:
    if text.isascii():
        return len(text)
    from whoseport.render.width import columns

    return columns(text)


def _wrapped(text: Safe, width: int | None) -> list[Safe]:
    if width is None or (len(text) <= width and text.isascii()):
        return [text]
    from whoseport.render.width import wrapped

    return wrapped(text, width)


def _trimmed(text: Safe, width: int | None) -> Safe:
    if width is None or (len(text) <= width and text.isascii()):
        return text
    from whoseport.render.width import trimmed

    return trimmed(text, width)
