"""How is it told which port was picked, and why?"""

from __future__ import annotations

from whoseport.render.escape import Safe, joined, plain
from whoseport.render.language import worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Pick, PickReason, Picks, Rejection
    from whoseport.render.language import Language

REASONS: dict[PickReason, str] = {
    "usual-for-project": worded("this project's usual number"),
    "next-free": worded("the next that is good"),
    "free-on-every-address": worded("free on every IPv4 and IPv6 address"),
    "not-ephemeral": worded("outside the range that this system hands to clients"),
    "not-reserved-here": worded("not reserved by this system's settings"),
    "browsers-open-it": worded("browsers open it"),
    "no-known-default": worded("no known software's usual port"),
    "unassigned": worded("not assigned by IANA"),
}
REJECTIONS: dict[Rejection, str] = {
    "in-use": worded("in use"),
    "leased": worded("leased to another"),
    "ephemeral": worded("in the range that this system hands to clients"),
    "reserved-here": worded("reserved by this system's settings"),
    "browsers-refuse": worded("browsers refuse it"),
    "known-default": worded("known software's usual port"),
    "assigned": worded("assigned by IANA"),
    "not-permitted": worded("needs a privilege"),
}


def told(found: Picks, *, language: Language) -> str:
    """Why each port, what was passed over, and how long the lease lasts."""
    return "\n".join("\n".join(_one(pick, language)) for pick in found.picks) + "\n"


def running(port: int, *, language: Language) -> str:
    """The port that a command is about to run on."""
    return language.say("whoseport: running on port {port}.", port=port) + "\n"


def taken(port: int, *, language: Language) -> str:
    """That somebody was quicker."""
    return language.say("whoseport: port {port} was taken at the last moment; taking another.", port=port) + "\n"


def _one(pick: Pick, language: Language) -> list[Safe]:
    say = language.say
    folder = plain(pick.project, limit=200)
    name = pick.name
    lines = [
        say("Port {port}, for {project}, {name}:", port=pick.port, project=folder, name=plain(name, limit=60))
        if name
        else say("Port {port}, for {project}:", port=pick.port, project=folder)
    ]
    lines += [_indented(say(REASONS[reason])) for reason in pick.reasons]
    for one in pick.rejected:
        reasons = joined(", ", [say(REJECTIONS[reason]) for reason in one.reasons])
        lines.append(_indented(say("not {port}: {reasons}", port=one.port, reasons=reasons)))
    held = (
        say("held until {moment}", moment=plain(pick.until))
        if pick.until
        else say("held until process {pid} ends", pid=pick.owner)
    )
    return [*lines, _indented(held)]


def _indented(text: Safe) -> Safe:
    return joined("", [Safe("  "), text])
