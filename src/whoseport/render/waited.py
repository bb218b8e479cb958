"""How is it told what was waited for?"""

from __future__ import annotations

from whoseport.render.escape import plain
from whoseport.render.language import worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Waited
    from whoseport.render.escape import Safe
    from whoseport.render.language import Language

DONE = worded("Port {port}: something listens, after {seconds} s.")
NOT_DONE = worded("Port {port}: nothing listens after {seconds} s.")
GONE = worded("Port {port}: nothing listens any more, after {seconds} s.")
NOT_GONE = worded("Port {port}: something still listens after {seconds} s.")
ANSWERS = worded("Port {port}: answers HTTP, after {seconds} s.")
SILENT = worded("Port {port}: no HTTP answer after {seconds} s.")


def told(waited: Waited, *, gone: bool, http: bool, language: Language) -> Safe:
    """One line on one port."""
    port = f"{waited.port}/{waited.transport}" if waited.transport else str(waited.port)
    seconds = plain(f"{waited.elapsed_ms // 1000}.{waited.elapsed_ms % 1000 // 100}")
    if http:
        template = ANSWERS if waited.done else SILENT
    elif gone:
        template = GONE if waited.done else NOT_GONE
    else:
        template = DONE if waited.done else NOT_DONE
    return language.say(template, port=plain(port), seconds=seconds)
