"""What do the claims on what started a listener mean?"""

from __future__ import annotations

from whoseport.render.claims.meaning import Meaning
from whoseport.render.language import worded

MEANINGS: dict[str, Meaning] = {
    "started-by-shell": Meaning(
        looked=worded("The parents of the process: one of them is a shell, often with a terminal."),
        matters=worded("Somebody typed the command, and can end it in the same terminal."),
        honest=worded("Every server that was started by hand."),
        next=worded("The terminal is shown by whoseport -v PORT."),
    ),
    "started-by-editor": Meaning(
        looked=worded("The parents of the process: one of them is an editor or an IDE."),
        matters=worded("It runs for a window that may have been closed long ago."),
        honest=worded("Language servers, previews, debuggers, terminals inside of editors."),
        next=worded("End it from the editor's own list of tasks or terminals."),
    ),
    "started-by-agent": Meaning(
        looked=worded("The parents of the process, and the variables with which coding agents mark what they start."),
        matters=worded("No human typed the command; it may outlive the session that needed it."),
        honest=worded("Agents that try the server they are working on."),
        next=worded("Ask the agent whether it still needs it."),
    ),
    "started-by-service-manager": Meaning(
        looked=worded("The parents and the unit of the process."),
        matters=worded("It is meant to run, and comes back when it is merely killed."),
        honest=worded("All services of the system and of a user's session."),
        next=worded("systemctl status UNIT."),
    ),
    "started-by-container-runtime": Meaning(
        looked=worded("The parents of the process: one is a container runtime's shim."),
        matters=worded("The runtime restarts it and keeps its logs."),
        honest=worded("Every container."),
        next=worded("docker ps, podman ps, or crictl ps name it."),
    ),
    "started-by-package-script": Meaning(
        looked=worded("The parents of the process: npm, make, cargo or another runner of a project's scripts."),
        matters=worded("The script in the project tells how it was started, and with what."),
        honest=worded("npm run dev, make serve and their like."),
        next=worded("Read the scripts of the project in the folder that is shown."),
    ),
    "orphaned": Meaning(
        looked=worded("The parents: what started it is gone, and it hangs at the init process or a subreaper."),
        matters=worded("A server left over from a closed terminal is a common reason for a port that is taken."),
        honest=worded("Programs started with nohup, setsid or &, and those of crashed editors."),
        next=worded("If nobody needs it, end it; look at its folder and age first."),
    ),
}
