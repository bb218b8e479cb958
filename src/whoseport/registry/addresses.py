"""Where is an e-mail address in a text of the registry, also a disguised one? None of them is kept."""

from __future__ import annotations

import re

REMOVED = "[e-mail]"

# every repetition is bounded: a hostile text must not make the search run away
_DOT = r"(?:\.|\s{0,3}[\[(]dot[\])]\s{0,3}|\s{1,3}dot\s{1,3})"
_LOCAL = r"[\w%+-]{1,64}(?:\.[\w%+-]{1,64}){0,8}"
_HOST = rf"[a-z0-9][\w-]{{0,62}}(?:{_DOT}[\w-]{{1,63}}){{0,8}}{_DOT}[a-z][\w-]{{0,62}}"

_ADDRESS = re.compile(
    rf"""
      # x@y.com, x (at) y.com
      (?:mailto:)?<?{_LOCAL}(?:@|\s{{0,3}}[\[(]\s{{0,3}}at\s{{0,3}}[\])]\s{{0,3}}){_HOST}>?
      # x&y.com, as IANA's own file writes them
    | (?:mailto:)?<?\b(?<![?=&/;]){_LOCAL}&{_HOST}>?
      # <x at y.com>
    | <\s{{0,3}}{_LOCAL}\s{{1,3}}at\s{{1,3}}{_HOST}\s{{0,3}}>
      # x at y.com, but not "described at y.com"
    | \b(?!(?:available|described|defined|documented|found|see|is|are|look|listed|published|specified)\b)
      {_LOCAL}\s{{1,3}}at\s{{1,3}}(?!www\.){_HOST}\b(?!/)
    | \bmailto:\S+
    """,
    re.IGNORECASE | re.VERBOSE,
)
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{0,15}://\S+", re.IGNORECASE)
_AT_SIGN = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_SIGNS = re.compile(r"@|&|\bat\b|mailto:", re.IGNORECASE)


def without_addresses(text: str) -> str:
    """The text with `REMOVED` in the place of each address; a URL is left alone but for user information in it.

    >>> without_addresses("Contact <someone&example.com>, see http://example.com/?a=1&b.html")
    'Contact [e-mail], see http://example.com/?a=1&b.html'
    """
    if not _SIGNS.search(text):
        return text
    parts: list[str] = []
    end = 0
    for url in _URL.finditer(text):
        parts.append(_ADDRESS.sub(REMOVED, text[end : url.start()]))
        parts.append(_AT_SIGN.sub(REMOVED, url.group()))
        end = url.end()
    parts.append(_ADDRESS.sub(REMOVED, text[end:]))
    return "".join(parts)
