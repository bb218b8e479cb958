"""How is a claim put shortly? A phrase by its name, for rows and lists; grouped as the table of claims groups them."""

from __future__ import annotations

from whoseport.render.escape import plain
from whoseport.render.language import worded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.render.escape import Safe
    from whoseport.render.language import Language

KIND: dict[str, str] = {
    "packaged-server": worded("a server from this system's packages"),
    "known-program": worded("a known server program"),
    "unit-of-server": worded("its unit is that of a known server"),
    "listens-on-usual-port": worded("it listens where it usually does"),
    "listens-on-other-port": worded("it listens on a port not its own"),
    "development-command": worded("its command starts a development server"),
    "development-project": worded("the project that it works in is one of web development"),
    "own-binary": worded("a binary of no package and of no known server"),
    "own-code": worded("an interpreter that runs code of your own or of a user"),
    "inside-container": worded("it runs inside a container"),
    "rpc-program": worded("a program known as an RPC service"),
    "rpc-registered": worded("registered with the RPC port mapper"),
    "rpc-port-range": worded("in 600-1023, from which RPC services are handed ports"),
    "kernel-socket": worded("no process holds it: a socket of the kernel's own"),
    "kernel-server": worded("a part of the kernel serves it"),
    "client-port": worded("a client's own port"),
    "socket-activated": worded("the service manager holds it for a service"),
    "forwards": worded("it forwards to another address"),
    "desktop-service": worded("a service of the desktop, or one that discovers others"),
    "usual-practice": worded("commonly run on this port; nothing here confirms it"),
}
STARTED: dict[str, str] = {
    "started-by-shell": worded("started from a shell"),
    "started-by-editor": worded("started from an editor"),
    "started-by-agent": worded("started by a coding agent"),
    "started-by-service-manager": worded("started by the service manager"),
    "started-by-container-runtime": worded("started by a container runtime"),
    "started-by-package-script": worded("started by a script of its project"),
    "orphaned": worded("what started it is gone"),
}
STRONG: dict[str, str] = {
    "executable-deleted": worded("its executable was deleted"),
    "executable-in-memory": worded("its executable is in memory only"),
    "code-in-memory": worded("it runs code that no file holds"),
    "kernel-thread-name": worded("a process of a user that bears a kernel thread's name"),
    "imitates-program": worded("it bears the name of a program that it is not"),
    "deceptive-name": worded("its name is written so as to deceive"),
    "file-changed": worded("its file is not the one that its package delivered"),
    "shell-on-socket": worded("a shell is wired to a connection"),
    "shell-on-pipe": worded("a shell is wired to it by pipes"),
    "offers-shell": worded("its command hands a shell to whoever connects"),
    "inline-shell": worded("a program on its command line starts a shell"),
    "inline-encoded": worded("a program on its command line is encoded"),
    "preloaded-from-odd-place": worded("a library is preloaded from an odd place"),
    "hidden-from-view": worded("one view of the system hides it"),
}
WEAK: dict[str, str] = {
    "temporary-place": worded("it runs from a temporary folder"),
    "hidden-place": worded("it runs from a hidden folder"),
    "open-to-all": worded("anybody may write its file or a folder on the way to it"),
    "executable-replaced": worded("its executable was replaced since it started"),
    "executable-removed": worded("the file of its executable is gone"),
    "script-deleted": worded("its script was deleted"),
    "script-in-odd-place": worded("its script lies in a temporary or hidden folder"),
    "server-without-package": worded("it bears a server's name, with neither package nor unit"),
    "inline-program": worded("its program stands on its command line"),
    "program-from-input": worded("its program came through standard input"),
    "traced": worded("another process traces it"),
    "odd-capabilities": worded("its privileges are out of the ordinary"),
    "runs-others-file-as-root": worded("as root, it runs a file that another user may change"),
    "wider-than-configured": worded("it listens more widely than its own configuration says"),
    "library-from-odd-place": worded("it uses a library from an odd place"),
    "library-deleted": worded("it uses a library whose file is gone"),
    "interpreter-on-socket": worded("an interpreter whose standard streams are a connection"),
}
AGAINST: dict[str, str] = {
    "package-upgraded": worded("its package was upgraded since it started"),
    "from-package": worded("its file belongs to a package"),
    "checksum-intact": worded("its file is as its package delivered it"),
    "unit-of-package": worded("its unit belongs to a package"),
    "project-around": worded("it works inside a project"),
    "build-place": worded("build tools and bundles run programs from there"),
    "debugger-of-same-user": worded("what traces it is a known debugger"),
}
PORT: dict[str, str] = {
    "socket-here": worded("a socket holds it here"),
    "connection-holds": worded("a connection uses it"),
    "no-socket-here": worded("no socket in the tables"),
    "sockets-unreadable": worded("the tables of sockets could not be read"),
    "bound-not-listening": worded("a socket is bound to it that does not listen"),
    "held-elsewhere": worded("held in another network namespace"),
    "time-wait": worded("connections that are over still wait on it"),
    "client-port-range": worded("in the range handed to clients"),
    "reserved-by-setting": worded("a setting keeps it from being handed to clients"),
    "redirected": worded("a firewall rule leads it elsewhere"),
    "rules-unseen": worded("the firewall's rules could not be read"),
    "socket-unit-waiting": worded("a socket unit claims it that is not started"),
    "kernel-port": worded("the kernel itself serves it"),
    "view-differs": worded("two views of the sockets differ"),
    "bind-free": worded("a real bind succeeds"),
    "bind-in-use": worded("the kernel refuses a bind: in use"),
    "bind-not-permitted": worded("the kernel refuses a bind: not permitted"),
    "bind-not-available": worded("a bind is not possible on this address"),
    "bind-refused": worded("the kernel refuses a bind"),
    "rpc-registered-elsewhere": worded("the port mapper names it, though no socket is here"),
}
PHRASES: dict[str, str] = KIND | STARTED | STRONG | WEAK | AGAINST | PORT


def phrase(claim: str, language: Language) -> Safe:
    """The claim in a few words; one that we have no words for (an inspection of a later version) by its name."""
    template = PHRASES.get(claim)
    return plain(claim, limit=60) if template is None else language.say(template)


def is_sign(claim: str) -> bool:
    """Whether the claim speaks for concern."""
    return claim in STRONG or claim in WEAK
