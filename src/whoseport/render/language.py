"""In which language is it said? English needs no catalogue; the others are read from locale/ by gettext.

Every sentence for people is a whole template given to `say` or `count`, which is also where the extraction of messages
(tools/messages.py) finds them; `worded` marks templates that are said later, from a table.
"""

from __future__ import annotations

from whoseport.model import Misuse
from whoseport.render.escape import Safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LANGUAGES = ("en", "pt_BR")


class Language:
    """One language: its code (`en`, `pt_BR`), and how to say a template of ours in it."""

    __slots__ = ("_plural", "_singular", "code")

    def __init__(
        self,
        code: str,
        *,
        singular: Callable[[str], str] | None = None,
        plural: Callable[[str, str, int], str] | None = None,
    ) -> None:
        self.code = code
        self._singular = singular
        self._plural = plural

    def gettext(self, message: str) -> Safe:
        """A whole message of ours, without places to fill."""
        return Safe(message if self._singular is None else self._singular(message))

    def say(self, template: str, **values: Safe | int) -> Safe:
        """The template in this language, its `{named}` places filled; only escaped text and numbers fill them."""
        said = template if self._singular is None else self._singular(template)
        return Safe(said.format(**values) if values else said)

    def count(self, one: str, many: str, number: int, **values: Safe | int) -> Safe:
        """The plural form that `number` takes, which also fills `{number}`."""
        plural = self._plural or _english_plural
        said = plural(one, many, number)
        return Safe(said.format(number=self.number(number), **values))

    def number(self, value: int) -> Safe:
        """A quantity (never a port) with its thousands set apart from 10,000 up."""
        if value < 10_000:
            return Safe(str(value))
        return Safe(f"{value:,}" if self.code == "en" else f"{value:,}".replace(",", "."))

    def listed(self, parts: Sequence[Safe]) -> Safe:
        """`a`, `a and b`, `a, b and c`."""
        if len(parts) < 2:
            return parts[0] if parts else Safe("")
        return self.say("{several} and {last}", several=Safe(", ".join(parts[:-1])), last=parts[-1])


def _english_plural(one: str, many: str, number: int) -> str:
    return one if number == 1 else many


ENGLISH = Language("en")


def worded(template: str) -> str:
    """Marks a template for translation that is said elsewhere; returns it as it is."""
    return template


def pick(wanted: str | None, environment: Mapping[str, str], *, folder: str | None = None) -> Language:
    """The language asked for, else that of the locale (POSIX: LC_ALL, LC_MESSAGES, LANG), else English.

    `folder` holds the compiled catalogues, by default those beside this file. Raises `Misuse` for a language asked for
    by name that is not there; a locale that is not is no error.
    """
    if wanted is not None:
        code = _known(wanted)
        if code is None:
            raise Misuse("language-unknown", language=wanted, known=LANGUAGES)
        return _load(code, folder)
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(variable):
            return _load(_known(environment[variable]) or "en", folder)
    return ENGLISH


def _known(wanted: str) -> str | None:
    name = wanted.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    for code in LANGUAGES:
        if name == code.lower() or name.partition("_")[0] == code.partition("_")[0]:
            return code
    return None


def _load(code: str, folder: str | None) -> Language:
    """Reads CODE/LC_MESSAGES/whoseport.mo; where the build has not made it, English speaks."""
    if code == "en":
        return ENGLISH
    from gettext import GNUTranslations

    folder = folder or f"{__file__.rpartition('language.py')[0]}locale"
    try:
        with open(f"{folder}/{code}/LC_MESSAGES/whoseport.mo", "rb") as catalogue:
            translations = GNUTranslations(catalogue)
    except FileNotFoundError:
        return ENGLISH
    return Language(code, singular=translations.gettext, plural=translations.ngettext)
