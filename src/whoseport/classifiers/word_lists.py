"""How is a long list of names written down so that a reader can check it?"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text.

    >>> sorted(words("nc socat"))
    ['nc', 'socat']
    """
    return frozenset(text.split())
