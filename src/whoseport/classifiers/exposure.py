"""Does it listen more widely than its own configuration says?

Only where every line of its own files that sets the port names loopback alone; a command line may honestly override a
file, so it is a weak sign.
"""

from __future__ import annotations

from whoseport.classifiers.found import found
from whoseport.classifiers.places import base_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from whoseport.model import Finding, Listener, Mention, Process

_WIDE = ("all", "public", "private")


def findings(listener: Listener, process: Process, mentions: Sequence[Mention]) -> list[Finding]:
    """`wider-than-configured`. `mentions` are those that may name the listener's port."""
    if listener.exposure not in _WIDE or listener.state == "connected":
        return []
    own = [one for one in mentions if one.address is not None and _is_own(one, listener, process)]
    if not own or not all(_is_loopback(one.address or "") for one in own):
        return []
    first = own[0]
    line = f":{first.line}" if first.line is not None else ""
    address = f"{first.text} ({first.address}); listens on {listener.address}"
    return [found("wider-than-configured", "likely", f"{first.path}{line}", address)]


def _is_own(mention: Mention, listener: Listener, process: Process) -> bool:
    if mention.kind != "configuration" or not mention.first <= listener.port <= mention.last:
        return False
    if mention.transport not in (None, listener.transport):
        return False
    if mention.package is not None and mention.package == process.package:
        return True
    names = {base_name(process.executable or ""), process.name, base_name((process.command or ("",))[0])}
    stems = {name.lower().split("-")[0].split(" ")[0].rstrip("0123456789.:") for name in names}
    path = mention.path.lower()
    return any(len(stem) > 2 and stem in path for stem in stems)


def _is_loopback(address: str) -> bool:
    """An address as configurations write it.

    >>> [_is_loopback(address) for address in ("127.0.0.1", "[::1]", "localhost", "-::1", "0.0.0.0", "*")]
    [True, True, True, True, False, False]
    """
    bare = address.strip("[]-").lower()
    return bare.startswith(("127.", "localhost", "ip6-localhost", "[::1")) or bare in (
        "::1",
        "loopback",
        "lo",
        "0:0:0:0:0:0:0:1",
    )
