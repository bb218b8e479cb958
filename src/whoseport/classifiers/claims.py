"""What may be claimed of a listener or a port, and what does each claim weigh? The one table of it.

`strong` alone makes a listener suspicious, two `weak` ones of different aspects do; what speaks `against` explains
aspects (ANSWERS). A strong sign that is only guessed weighs like a weak one of its aspect. weigh.py is the law,
docs/decisions/0005-weighing.md says why. ATT&CK techniques are those of Enterprise 18.1 (attack.mitre.org).
"""

from __future__ import annotations

from whoseport.model import Claim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import ClaimTopic, Strength


def _claims(topic: ClaimTopic, strength: Strength, *rows: tuple[str, str | None, str | None]) -> tuple[Claim, ...]:
    return tuple(
        [
            Claim(claim=claim, topic=topic, strength=strength, aspect=aspect, technique=technique)
            for claim, aspect, technique in rows
        ]
    )


def _plain(topic: ClaimTopic, *names: str) -> tuple[Claim, ...]:
    return _claims(topic, "none", *((name, None, None) for name in names))


CLAIMS: tuple[Claim, ...] = (
    *_plain(
        "kind",
        "packaged-server",
        "known-program",
        "unit-of-server",
        "listens-on-usual-port",
        "listens-on-other-port",
        "development-command",
        "development-project",
        "own-binary",
        "own-code",
        "inside-container",
        "rpc-program",
        "rpc-registered",
        "rpc-port-range",
        "kernel-socket",
        "kernel-server",
        "client-port",
        "socket-activated",
        "forwards",
        "desktop-service",
        "usual-practice",
    ),
    *_plain(
        "started",
        "started-by-shell",
        "started-by-editor",
        "started-by-agent",
        "started-by-service-manager",
        "started-by-container-runtime",
        "started-by-package-script",
        "orphaned",
    ),
    *_claims(
        "concern",
        "strong",
        ("executable-deleted", "place", "T1070.004"),
        ("executable-in-memory", "place", "T1620"),
        ("code-in-memory", "code", "T1620"),
        ("kernel-thread-name", "name", "T1036.004"),
        ("imitates-program", "name", "T1036.005"),
        ("deceptive-name", "name", "T1036.002"),
        ("file-changed", "file", "T1554"),
        ("shell-on-socket", "wiring", "T1059.004"),
        ("shell-on-pipe", "wiring", "T1059.004"),
        ("offers-shell", "wiring", "T1059.004"),
        ("inline-shell", "program", "T1059"),
        ("inline-encoded", "program", "T1027.010"),
        ("preloaded-from-odd-place", "code", "T1574.006"),
        ("hidden-from-view", "view", "T1014"),
    ),
    *_claims(
        "concern",
        "weak",
        ("temporary-place", "place", "T1074.001"),
        ("hidden-place", "view", "T1564.001"),
        ("open-to-all", "place", "T1574.010"),
        ("executable-replaced", "place", None),
        ("executable-removed", "place", "T1070.004"),
        ("script-deleted", "place", "T1070.004"),
        ("script-in-odd-place", "place", "T1564.001"),
        ("server-without-package", "name", "T1036.005"),
        ("inline-program", "program", "T1059"),
        ("program-from-input", "program", "T1059"),
        ("traced", "control", "T1055.008"),
        ("odd-capabilities", "privilege", "T1548.001"),
        ("runs-others-file-as-root", "privilege", "T1574.010"),
        ("wider-than-configured", "exposure", "T1562.004"),
        ("library-from-odd-place", "place", "T1574.006"),
        ("library-deleted", "code", "T1070.004"),
        ("interpreter-on-socket", "wiring", "T1059"),
    ),
    *_claims(
        "concern",
        "against",
        ("package-upgraded", None, None),
        ("from-package", None, None),
        ("checksum-intact", None, None),
        ("unit-of-package", None, None),
        ("project-around", None, None),
        ("build-place", None, None),
        ("debugger-of-same-user", None, None),
    ),
    *_plain(
        "port",
        "socket-here",
        "connection-holds",
        "no-socket-here",
        "sockets-unreadable",
        "bound-not-listening",
        "held-elsewhere",
        "time-wait",
        "client-port-range",
        "reserved-by-setting",
        "redirected",
        "rules-unseen",
        "socket-unit-waiting",
        "kernel-port",
        "view-differs",
        "bind-free",
        "bind-in-use",
        "bind-not-permitted",
        "bind-not-available",
        "bind-refused",
        "rpc-registered-elsewhere",
    ),
)

ANSWERS: dict[str, tuple[str, ...]] = {
    "package-upgraded": ("place",),
    "project-around": ("place", "name"),
    "build-place": ("place",),
    "debugger-of-same-user": ("control",),
    "checksum-intact": ("name",),
    "unit-of-package": ("name", "privilege"),
    "from-package": ("name", "privilege"),
}
"""Of which aspects a claim against concern explains the weak signs, so that these do not count towards suspicion."""

_BY_NAME = {entry.claim: entry for entry in CLAIMS}


def claim_named(name: str) -> Claim:
    """The entry of a claim. Raises KeyError for a name that is not in the table."""
    return _BY_NAME[name]
