"""Does a name read as something else than it is: by blanks, by letters that look alike, by signs that turn text?"""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.imitation import WELL_KNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from whoseport.classifiers.subject import Subject
    from whoseport.model import Certainty, Finding, Software

    Where = Literal["comm", "exe", "cmdline"]

LONGEST_COMM = 15
"""Bytes of a process's name that the kernel keeps (TASK_COMM_LEN, linux/sched.h)."""

LONGEST = 4096
"""Characters of a name that are looked at: the longest path (PATH_MAX)."""

_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\u2800")
_JOINERS = "\u200c\u200d"
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_LOOK_ALIKE = dict(
    zip(
        "асеорхуіјѕһԁԛԝѵкмтвнгпзӏɡıοαρνικτυχωεηАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aceopxyijshdqwvkmtbhrn3lgioapviktuxwenABEKMHOPCTYXIJSABEZHIKMNOPTYX",
        strict=True,
    )
)
"""Letters of other scripts that look like Latin ones (Unicode Technical Standard 39, confusables)."""


def findings(subject: Subject) -> list[Finding]:
    """`deceptive-name`, for the process's name (comm), its file's, and the one that it was started by."""
    process = subject.process
    made: list[Finding] = []
    _look(subject, "comm", process.name, made)
    if process.executable is not None:
        _look(subject, "exe", process.executable, made)
    if process.command:
        _look(subject, "cmdline", process.command[0], made)
    return made


def _look(subject: Subject, where: Where, text: str, made: list[Finding]) -> None:
    if text.isascii() and text.isprintable() and not _odd_blanks(text, where):
        return
    text = text[:LONGEST]
    certainty = _deceives(text, where, named=subject.named)
    if certainty is not None:
        # between quotes, where a blank that ends it would not be seen
        observed = ascii(text) if _odd_blanks(text, where) else ascii(text)[1:-1]
        made.append(found("deceptive-name", certainty, subject.link(where), observed))


def _odd_blanks(text: str, where: Where) -> bool:
    """Blanks at the end of a name, and folders that are named by nothing but blanks and dots.

    Titles are often padded with blanks, and a name that the kernel cut off may end in one: no sign.
    """
    if where == "cmdline":
        return False
    if where == "comm":
        bare = text.strip()
        return text != bare and bool(bare) and " " not in bare and len(text.encode()) < LONGEST_COMM
    if "..." not in text and "/ " not in text and " /" not in text and not text.endswith(" "):
        return False
    return text != text.rstrip() or any(part and not part.strip(" .") for part in text.split("/"))


def _deceives(text: str, where: Where, *, named: Callable[[str], tuple[Software, ...]]) -> Certainty | None:
    if _odd_blanks(text, where):
        return "proven" if where == "exe" else "likely"
    if not text.isprintable():
        if any((character < " " and character not in "\n\t") or character == "\x7f" for character in text):
            return "likely"
        if any(character in "\n\t" for character in text.strip()):
            return "guess"
    if text.isascii():
        return None
    for place, character in enumerate(text):
        if character in _DIRECTIONS or character in _INVISIBLE or character == "\ufeff":
            return "proven"
        if character in _JOINERS or "\u200b" <= character <= "\u200f" or "\u2060" <= character <= "\u206f":
            before, after = text[place - 1 : place], text[place + 1 : place + 2]
            if before.isascii() or after.isascii() or character not in _JOINERS:
                return "proven"
        if (
            "\x80" <= character <= "\x9f"
            or character in "\u00a0\u2000\u2001\u2002\u2003\u2007\u2009\u202f\u3000\u2028\u2029"
        ):
            return "likely"
    return "proven" if any(_looks_latin(word, named) for word in _words(text)) else None


def _words(text: str) -> list[str]:
    return "".join(character if character.isalpha() else " " for character in text).split()


def _looks_latin(word: str, named: Callable[[str], tuple[Software, ...]]) -> bool:
    """Whether a word mixes letters that look Latin into Latin ones, or has Latin letters in a width of their own.

    One that is all of other letters is another language's, unless it looks like the name of a server.
    """
    if word.isascii():
        return False
    if any("\uff21" <= letter <= "\uff5a" or "\U0001d400" <= letter <= "\U0001d7ff" for letter in word):
        return True
    alike = [_LOOK_ALIKE.get(letter, letter) for letter in word]
    if any(letter.isascii() for letter in word):
        return any(letter in _LOOK_ALIKE for letter in word)
    seems = "".join(alike).lower()
    return seems.isascii() and (seems in WELL_KNOWN or bool(named(seems)))
