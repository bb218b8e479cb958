"""How the answer reaches its reader: language, colour, width, and writing it out."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.cli.parsing import Request
    from whoseport.render.language import Language


def language_of(wanted: str | None) -> Language:
    """The language asked for by --lang, or else the configuration's, or else the locale's."""
    from whoseport.render.language import pick

    if wanted is None:
        from whoseport.cli.configuration import setting

        wanted = setting("lang")
    return pick(wanted, os.environ)


def language(request: Request) -> Language:
    """The language of an answer to this request."""
    return language_of(request.value("lang"))


def colour(request: Request) -> bool:
    """--color first, then NO_COLOR (no-color.org: present and not empty), then whether it is a capable terminal."""
    when = request.value("color") or "auto"
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def width() -> int | None:
    """Columns of the terminal; None where the output is no terminal and nothing shall be cut."""
    if not sys.stdout.isatty():
        return None
    try:
        columns = int(os.environ.get("COLUMNS", "")) or os.get_terminal_size(sys.stdout.fileno()).columns
    except (ValueError, OSError):
        try:
            columns = os.get_terminal_size(sys.stdout.fileno()).columns
        except OSError:
            return 80
    return columns or 80


def home() -> str | None:
    """The asking user's home folder, which a path may be shortened by."""
    folder = os.path.expanduser("~")
    return folder if folder not in ("~", "/", "") else None


def today() -> str:
    """Today's date in UTC, YYYY-MM-DD."""
    import time

    return time.strftime("%Y-%m-%d", time.gmtime())


def write(text: str) -> None:
    """Writes text to standard output; what its encoding lacks is escaped, never an error."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
