"""Where is an e-mail address in a text of the registry, also a disguised one? None of them is kept."""

from __future__ import annotations

import re

REMOVED = "[e-mail]"

_DOT = r"(?:\.|\s*[\[(]dot[\])]\s*|\s+dot\s+)"
_LOCAL = r"[\w%+-]+(?:\.[\w%+-]+)*"
_HOST = rf"[a-z0-9][\w-]*(?:{_DOT}[\w-]+)*{_DOT}[a-z][\w-]*"
_BOUND = 64
"""Longest part of an address looked at: RFC 5321 section 4.5.3.1.1 allows 64 octets before the at sign."""

_ADDRESS = re.compile(
    rf"""
      (?:mailto:)?<?\b{_LOCAL}(?:@|\s*[\[(]\s*at\s*[\])]\s*){_HOST}>?     # x@y.com, x (at) y.com
    | (?:mailto:)?<?\b(?<![?=&/;]){_LOCAL}&{_HOST}>?                      # x&y.com, as IANA's own file writes them
    | <\s*{_LOCAL}\s+at\s+{_HOST}\s*>                                     # <x at y.com>
    | \b(?!(?:available|described|defined|documented|found|see|is|are|look|listed|published|specified)\b)
      {_LOCAL}\s+at\s+(?!www\.){_HOST}\b(?!/)                             # x at y.com, but not "described at y.com"
    | \bmailto:\S+
    """,
    re.IGNORECASE | re.VERBOSE,
)
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_AT_SIGN = re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+")
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
