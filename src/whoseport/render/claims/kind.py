"""What do the claims on what a listener is mean?"""

from __future__ import annotations

from whoseport.render.claims.meaning import Meaning
from whoseport.render.language import worded

MEANINGS: dict[str, Meaning] = {
    "packaged-server": Meaning(
        looked=worded("The package that owns the executable, by the databases of dpkg, rpm, apk or pacman."),
        matters=worded("A server that the system itself installed is what most honest ports lead to."),
        honest=worded("All software of the distribution. A package does not tell how it is configured."),
        next=worded("See how it was set up: dpkg -L PACKAGE, or systemctl status UNIT."),
    ),
    "known-program": Meaning(
        looked=worded("The name of the program, script or module, against whoseport's facts on server software."),
        matters=worded("It names what runs even where no package or unit does."),
        honest=worded("A name alone can be borrowed, so it is weighed together with file, package and unit."),
        next=worded("whoseport -v PORT shows the file behind the name."),
    ),
    "unit-of-server": Meaning(
        looked=worded("The unit of the process or of the socket's cgroup, against the units of known servers."),
        matters=worded("The service manager starts what a unit says, so the unit tells even where owners are hidden."),
        honest=worded("Every service that systemd starts. An administrator may give a unit any name."),
        next=worded("systemctl status UNIT, and systemctl cat UNIT for what it starts."),
    ),
    "listens-on-usual-port": Meaning(
        looked=worded("The port, against those that this software uses by its own documentation or code."),
        matters=worded("A known service where it belongs is the plainest answer."),
        honest=worded("Servers as they are installed. It says nothing of whether the port is open to others."),
        next=worded("Nothing need be done."),
    ),
    "listens-on-other-port": Meaning(
        looked=worded("The port, against those that this software uses by its own documentation or code."),
        matters=worded("It was moved on purpose: find out by whom before you rely on it."),
        honest=worded("Second instances, tests, and administrators who avoid scanners or a port that is taken."),
        next=worded("Read its configuration and its command line: whoseport -v PORT."),
    ),
    "development-command": Meaning(
        looked=worded("The command line: a program known for serving work in progress, such as vite or flask run."),
        matters=worded("Such a server is yours or a colleague's, and is not meant for the public."),
        honest=worded("Everybody who develops for the web."),
        next=worded("If it is left over, end it where it was started: the row on its start names the terminal."),
    ),
    "development-project": Meaning(
        looked=worded("The files of the folder that the process works in: package.json, manage.py and their like."),
        matters=worded("The project tells which framework serves and whose work it is."),
        honest=worded("Everybody who develops. A production server may run in such a folder as well."),
        next=worded("Look into the folder that is shown, at the branch that is named."),
    ),
    "own-binary": Meaning(
        looked=worded("The executable: no package owns it, and no known server bears its name."),
        matters=worded("Nobody but its author can tell what it does."),
        honest=worded("Programs that were compiled here or downloaded from their makers, in Go or Rust for example."),
        next=worded("Ask who installed the file; its owner and times are shown by whoseport -v PORT."),
    ),
    "own-code": Meaning(
        looked=worded("The command line of an interpreter: the script, module or jar that it runs."),
        matters=worded("Not the interpreter but the code that it runs decides what the port does."),
        honest=worded("Applications in Python, Java, JavaScript, Ruby, PHP and others, in production as at home."),
        next=worded("Read the script that is named; whoseport -v PORT shows its owner and mode."),
    ),
    "inside-container": Meaning(
        looked=worded("The control group and the namespaces of the process or of the socket."),
        matters=worded("Files, users and packages inside are the container's, not this machine's."),
        honest=worded("Every service that runs in Docker, Podman, Kubernetes or LXC."),
        next=worded("Ask the runtime: docker logs NAME, podman logs NAME."),
    ),
    "rpc-program": Meaning(
        looked=worded("The name of the program, against those that serve ONC RPC (RFC 5531), such as rpc.statd."),
        matters=worded("They take any free port when they start, so the number has no meaning of its own."),
        honest=worded("NFS, its locks and mounts, NIS, quotas."),
        next=worded("whoseport --probe PORT asks the port mapper on loopback which program has it."),
    ),
    "rpc-registered": Meaning(
        looked=worded("The answer of the port mapper on loopback (RFC 1833), which was asked by --probe."),
        matters=worded("It names the program and its version for a port that was handed out at random."),
        honest=worded("NFS, its locks and mounts, NIS, quotas. Any local program may register itself."),
        next=worded("rpcinfo -p shows all that is registered."),
    ),
    "rpc-port-range": Meaning(
        looked=worded("The number alone: glibc's bindresvport takes one of 600-1023."),
        matters=worded("An unassigned port in this range is often a service that was handed it at its start."),
        honest=worded("NFS clients and servers, printing, NIS. It is a hint and proves nothing."),
        next=worded("sudo whoseport PORT names the holder; --probe asks the port mapper."),
    ),
    "kernel-socket": Meaning(
        looked=worded("The descriptors of every process: all could be read, and none holds the socket."),
        matters=worded("Then it is the kernel's own, made for a server or a tunnel inside it."),
        honest=worded("NFS and its locks, WireGuard, VXLAN, in-kernel file servers."),
        next=worded("lsmod, wg show, cat /proc/fs/nfsd/portlist tell which part of the kernel it is."),
    ),
    "kernel-server": Meaning(
        looked=worded("What the kernel itself tells of its servers and tunnels, in /proc and by netlink."),
        matters=worded("It explains a port that no process holds."),
        honest=worded("NFS, lockd, WireGuard, VXLAN, GENEVE and others."),
        next=worded("See its settings with the tool of that part: ip -d link, wg show, exportfs -v."),
    ),
    "client-port": Meaning(
        looked=worded("The socket: it is connected, or unconnected udp on a port of the range handed to clients."),
        matters=worded("Nothing is offered on it: the system chose the number for a connection to elsewhere."),
        honest=worded("Browsers, resolvers, calls, games, time synchronisation."),
        next=worded("whoseport --peers PORT names the other end."),
    ),
    "socket-activated": Meaning(
        looked=worded("The owners: the service manager holds the socket itself, alone or beside the service."),
        matters=worded("The service starts when somebody connects; until then no process of its own is to be seen."),
        honest=worded("ssh, cups, podman and others by systemd's socket units."),
        next=worded("systemctl status UNIT.socket tells what it starts."),
    ),
    "forwards": Meaning(
        looked=worded("The command line of a forwarder: ssh, socat, kubectl, docker-proxy and their like."),
        matters=worded("What answers is elsewhere: at the address that is shown."),
        honest=worded("Tunnels of developers, published containers, proxies."),
        next=worded("Ask about the place that it leads to."),
    ),
    "desktop-service": Meaning(
        looked=worded("The program or unit, against services that a desktop starts for its user."),
        matters=worded("Printing, discovery, synchronising and remote control listen on laptops without being asked."),
        honest=worded("Avahi, CUPS, KDE Connect, Syncthing, Chromecast and game clients."),
        next=worded("If it is not wanted, turn it off in the settings of the desktop."),
    ),
    "usual-practice": Meaning(
        looked=worded("The facts on what is commonly run on this port; nothing on this machine."),
        matters=worded("It is a hint for a socket of which nothing else could be seen."),
        honest=worded("Anything may use any port, so it never decides alone."),
        next=worded("sudo whoseport PORT shows what it is."),
    ),
}
