"""What do the claims on a port itself mean: why it is taken, or why nothing is seen?"""

from __future__ import annotations

from whoseport.render.claims.meaning import Meaning
from whoseport.render.language import worded

MEANINGS: dict[str, Meaning] = {
    "socket-here": Meaning(
        looked=worded("The kernel's tables of sockets in this network namespace, by sock_diag."),
        matters=worded("The port is held; another program cannot simply bind it."),
        honest=worded("Every server, and many clients."),
        next=worded("whoseport PORT names the holder."),
    ),
    "connection-holds": Meaning(
        looked=worded("The connections whose own port is this one, by their TCP state."),
        matters=worded("Nothing listens, yet the number is in use until they end."),
        honest=worded("Clients, and servers that stopped listening while they still talk."),
        next=worded("whoseport --peers PORT names the other ends."),
    ),
    "no-socket-here": Meaning(
        looked=worded("All tables of sockets of this network namespace: none has the port."),
        matters=worded("No socket is here; a redirect or another namespace may still answer on it."),
        honest=worded("Most ports of every machine."),
        next=worded("whoseport --bind PORT tries whether it is really free."),
    ),
    "sockets-unreadable": Meaning(
        looked=worded("The tables of sockets, of which at least one could not be read."),
        matters=worded("Then nothing can be said: neither that it is held nor that it is free."),
        honest=worded("Sandboxes and containers that forbid netlink, and kernels without a protocol's table."),
        next=worded("sudo whoseport PORT, or look from outside the container."),
    ),
    "bound-not-listening": Meaning(
        looked=worded("TCP sockets that are bound but do not listen, which the kernel tells only if asked for them."),
        matters=worded("They hold the port without answering, and most tools do not show them."),
        honest=worded("Programs between bind and listen, and some that reserve a port for later."),
        next=worded("whoseport PORT names the process."),
    ),
    "held-elsewhere": Meaning(
        looked=worded("The sockets of the other network namespaces that could be entered."),
        matters=worded("It holds the port there and not here; a redirect may lead to it."),
        honest=worded("Containers, sandboxes and virtual private networks."),
        next=worded("Ask the container that is named."),
    ),
    "time-wait": Meaning(
        looked=worded("Connections in TIME-WAIT, which both sides have closed (RFC 9293 section 3.3.2)."),
        matters=worded("The kernel keeps them for a minute; a server without SO_REUSEADDR cannot bind meanwhile."),
        honest=worded("Every server that was just stopped."),
        next=worded("Wait a minute and try again."),
    ),
    "client-port-range": Meaning(
        looked=worded("net.ipv4.ip_local_port_range, from which the system picks ports for clients."),
        matters=worded("A server here may find its port taken by a client of any program."),
        honest=worded("Every outgoing connection."),
        next=worded("For a server take a port below the range, or reserve it: ip_local_reserved_ports."),
    ),
    "reserved-by-setting": Meaning(
        looked=worded("The setting net.ipv4.ip_local_reserved_ports of this network namespace."),
        matters=worded("The system hands the port to no client; a program that asks for it by number still gets it."),
        honest=worded("Administrators who keep a port free for a service."),
        next=worded("sysctl net.ipv4.ip_local_reserved_ports; look in /etc/sysctl.d for who set it."),
    ),
    "redirected": Meaning(
        looked=worded("The nat rules of nftables and iptables in this network namespace."),
        matters=worded("What arrives on the port is answered elsewhere, though no socket here shows it."),
        honest=worded("Containers published without a proxy, NodePorts of Kubernetes, routers."),
        next=worded("sudo nft list ruleset, or sudo iptables-save -t nat, shows the rule."),
    ),
    "rules-unseen": Meaning(
        looked=worded("The firewall's rules, which only root may read."),
        matters=worded("A redirect could not be ruled out."),
        honest=worded("Every look without root on a machine with a firewall."),
        next=worded("sudo whoseport PORT."),
    ),
    "socket-unit-waiting": Meaning(
        looked=worded("The socket units of systemd on disk that name the port."),
        matters=worded("When the unit is started, it will take the port."),
        honest=worded("Services that are installed but not enabled."),
        next=worded("systemctl status UNIT.socket."),
    ),
    "kernel-port": Meaning(
        looked=worded("What parts of the kernel tell of the ports that they serve."),
        matters=worded("No process will ever be shown for it."),
        honest=worded("NFS, WireGuard, VXLAN and other tunnels."),
        next=worded("Use the tool of that part: exportfs -v, wg show, ip -d link."),
    ),
    "view-differs": Meaning(
        looked=worded("Two views of the same sockets: sock_diag and /proc/net."),
        matters=worded("They should agree; a socket in only one of them came, went, or is being hidden."),
        honest=worded("Sockets that open or close while the look is taken, and sandboxes that filter one view."),
        next=worded("Look again. If it stays, compare with a look from another machine."),
    ),
    "bind-free": Meaning(
        looked=worded("A real bind on the address, undone at once, because --bind asked for it."),
        matters=worded("The kernel gives the port: nothing holds it on this address now."),
        honest=worded("Every free port. A redirect works without holding it."),
        next=worded("Nothing need be done."),
    ),
    "bind-in-use": Meaning(
        looked=worded("A real bind on the address, because --bind asked for it: EADDRINUSE."),
        matters=worded("Something holds the port, whatever the tables of sockets show."),
        honest=worded("Every listening server; connections in TIME-WAIT; sockets bound without listening."),
        next=worded("If no holder is shown: sudo whoseport PORT."),
    ),
    "bind-not-permitted": Meaning(
        looked=worded("A real bind on the address, because --bind asked for it: EACCES or EPERM."),
        matters=worded("The kernel refuses before it looks whether the port is free: it says neither."),
        honest=worded("Every port below ip_unprivileged_port_start, for users without the capability."),
        next=worded("sudo whoseport --bind PORT."),
    ),
    "bind-not-available": Meaning(
        looked=worded("A real bind on the address, because --bind asked for it: no such address or family here."),
        matters=worded("Nothing is said of the port, only of the address."),
        honest=worded("Machines without IPv6."),
        next=worded("Read the answers for the other addresses."),
    ),
    "bind-refused": Meaning(
        looked=worded("A real bind on the address, because --bind asked for it: another error than the usual ones."),
        matters=worded("Something besides other sockets forbids it: a security module, a cgroup's program, a sandbox."),
        honest=worded("SELinux, AppArmor and Landlock policies, and systemd's SocketBindDeny=."),
        next=worded("Look for a denial in the system's log: sudo dmesg, sudo journalctl -k."),
    ),
    "rpc-registered-elsewhere": Meaning(
        looked=worded("The port mapper's answer names this port, though no socket of this namespace has it."),
        matters=worded("The service ended without taking its entry back, or it runs elsewhere."),
        honest=worded("RPC services that crashed."),
        next=worded("rpcinfo -p shows the entry."),
    ),
}
