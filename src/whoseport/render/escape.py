"""What may reach a terminal? The one gate that text from the machine, the wire and the registry passes to be printed.

`Safe` is a string that holds nothing a terminal acts upon. Only this module and what builds on its functions make one,
so that a type checker refuses to print what did not pass here. What is refused is shown as an escape of Python's:

>>> plain("nginx\\x1b]0;owned\\x07")
'nginx\\\\x1b]0;owned\\\\x07'
>>> plain("a" * 12, limit=10)
'aaaaaaaaa…'
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NewType

    Safe = NewType("Safe", str)
else:
    Safe = str

LONGEST = 2000
"""Characters of one field that are ever shown: a command line may be a mebibyte."""

# Printable to Unicode, yet blank or joined to what stands before: fillers, selectors and a blank braille cell. The
# other invisible ones (controls, bidi, zero-width, separators, surrogates, private and unassigned) are not printable.
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_MOST_COMBINING = 3
"""Marks in a row that living scripts need; more of them paint over the lines above and below."""


def plain(text: str, *, limit: int = LONGEST) -> Safe:
    """The text with everything escaped that is not plainly visible, at most `limit` characters long, … at a cut."""
    if len(text) > limit:
        text = text[: limit - 1]
        return Safe(_shortened(plain(text), limit - 1) + "…")
    if text.isprintable() and text.isascii():
        return Safe(text)
    return Safe("".join(_visible(text)))


def prose(text: str, *, limit: int = LONGEST) -> Safe:
    """The same for text that was written as running text: line breaks and odd blanks become one plain space."""
    return plain(" ".join(text.split()), limit=limit)


def joined(separator: str, parts: Iterable[Safe]) -> Safe:
    """Safe parts with our own separator between them."""
    return Safe(separator.join(parts))


def command_line(arguments: Iterable[str], *, limit: int = LONGEST) -> Safe:
    """A command as it could be typed: an argument that a shell would take apart stands in quotes, cut at `limit`."""
    shown: list[str] = []
    length = 0
    for argument in arguments:
        shown.append(_quoted(argument[: limit + 1]))
        length += len(shown[-1]) + 1
        if length > limit + 1:
            break
    return plain(" ".join(shown), limit=limit)


def _quoted(argument: str) -> str:
    if argument and argument.translate(_ORDINARY).isalnum():
        return argument
    return "'" + argument.replace("'", "'\\''") + "'"


_ORDINARY = {ord(character): "a" for character in "-_./:=,@%+"}


def _shortened(text: str, limit: int) -> str:
    """Cuts escaped text, never inside an escape that we wrote."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    slash = cut.rfind("\\", limit - 9)
    return cut[:slash] if slash >= 0 else cut


def _visible(text: str) -> Iterable[str]:
    combining = _MOST_COMBINING
    mark = _mark_teller(text)
    for character in text:
        if not character.isprintable() or character in _INVISIBLE:
            combining = _MOST_COMBINING
            yield _escape(character)
        elif mark(character):
            combining += 1
            yield _escape(character) if combining > _MOST_COMBINING else character
        else:
            combining = 0
            yield character


def _mark_teller(text: str) -> Callable[[str], object]:
    if text.isascii():
        return lambda _character: False
    from unicodedata import category

    return lambda character: category(character)[0] == "M"


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


if TYPE_CHECKING:
    from collections.abc import Callable
