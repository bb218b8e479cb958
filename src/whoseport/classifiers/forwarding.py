"""Does it only lead on to somewhere else? Relays and tunnels, by what their own command lines say."""

from __future__ import annotations

from whoseport.classifiers.found import cut, found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Finding, Listener, Process

_SSH_FORWARDS = "LRDw"


def forwards(listener: Listener, process: Process | None) -> Finding | None:
    """`forwards`, with where to, as far as the command line tells; also an ssh tunnel that leads anywhere (-D, -R)."""
    target = listener.forwards_to
    pid = "" if process is None else str(process.pid)
    if target is not None:
        return found(
            "forwards",
            "proven",
            f"/proc/{pid}/cmdline" if pid else "cmdline",
            f"{target.via} to {cut(target.address)}:{target.port}",
        )
    if process is None or not process.command:
        return None
    if process.name == "ssh":
        options = [word for word in process.command[1:64] if word.startswith("-") and not word.startswith("--")]
        if any(letter in word for word in options for letter in _SSH_FORWARDS):
            return found("forwards", "likely", f"/proc/{pid}/cmdline", " ".join(process.command[:16]))
    # a session's own process of sshd listens for its client's remote forwards only
    title = process.command[0]
    if title.startswith(("sshd: ", "sshd-session: ")) and "listener" not in title and "[priv]" not in title:
        return found("forwards", "likely", f"/proc/{pid}/cmdline", title)
    return None
