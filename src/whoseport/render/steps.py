"""What can be done next? Commands to copy; what ends something asks first."""

from __future__ import annotations

from whoseport.render.escape import command_line, plain
from whoseport.render.holding import holdings
from whoseport.render.layout import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Container, Inspection, Listener
    from whoseport.render.language import Language

_LOGS = ("docker", "podman")
_MOST = 3


def next_steps(host: Inspection, *, asked: str, language: Language) -> list[Step]:
    """The few commands that tell more about this very look, the most telling first."""
    say = language.say
    steps: list[Step] = []
    privileged = host.privileges.uid in (0, None)
    if not privileged and any(unseen.reason == "not-permitted" for unseen in host.unseen):
        steps.append(Step(command=command_line(("sudo", "whoseport", asked)), meaning=say("what only root may see")))
    steps += _explanations(host, language)
    for holding in holdings(host):
        boxes = [holding.container, holding.forwards_to.container if holding.forwards_to else None]
        logs = [command for box in boxes if box and (command := _logs(box))]
        for command in logs:
            steps.append(Step(command=command_line(command), meaning=say("what the container says")))
        unit = holding.unit
        if not logs and unit and unit.endswith((".service", ".socket")) and _is_typable(unit):
            status = _status(unit, holding.listeners[0].cgroup or "", host.privileges.uid)
            if status is not None:
                steps.append(Step(command=command_line(status), meaning=say("the unit's state and log")))
    if any(one.verdict and one.verdict.kind == "development-server" for one in _here(host)):
        steps.append(Step(command=command_line(("whoseport", "stop", asked)), meaning=say("end it, after asking")))
        steps.append(Step(command=command_line(("whoseport", "pick")), meaning=say("another port, for this project")))
    return list(dict.fromkeys(steps))[:_MOST]


def _here(host: Inspection) -> list[Listener]:
    return [one for one in host.listeners if one.netns == host.netns]


def _explanations(host: Inspection, language: Language) -> list[Step]:
    """What the sign means that makes something suspicious here."""
    verdicts = [listener.verdict for listener in host.listeners if listener.verdict is not None]
    claims = [claim for verdict in verdicts if verdict.concern == "suspicious" for claim in verdict.because]
    claims += [finding.claim for finding in host.findings or () if finding.claim == "hidden-from-view"]
    if not claims:
        return []
    from whoseport.render.claims.phrases import STRONG, WEAK

    sign = next((claim for group in (STRONG, WEAK) for claim in claims if claim in group), None)
    if sign is None:
        return []
    return [Step(command=command_line(("whoseport", "explain", sign)), meaning=language.say("what this sign means"))]


def _status(unit: str, cgroup: str, uid: int | None) -> tuple[str, ...] | None:
    """How to ask for a unit: the system's manager, or the asking user's own; another user's answers to nobody else."""
    name = unit.removesuffix(".service")
    if "/user@" not in cgroup:
        return "systemctl", "status", name
    return ("systemctl", "--user", "status", name) if f"/user@{uid}.service/" in cgroup else None


def _logs(container: Container) -> tuple[str, ...] | None:
    name = container.name
    if name and container.runtime in _LOGS and _is_typable(name):
        return container.runtime, "logs", name
    return None


def _is_typable(word: str) -> bool:
    """Whether the word can be copied as it is shown, and is not read as an option."""
    return len(word) < 100 and plain(word) == word and not word.startswith("-")
