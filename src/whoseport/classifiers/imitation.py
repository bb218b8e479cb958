"""Does a process pass for another program than the one whose file it runs?

A title is free, and most that differ are honest: scripts under an interpreter, programs of many names, links, titles
that tell what a worker does. It is only a sign where the name is a well-known program's that this file is not.
"""

from __future__ import annotations

from whoseport.classifiers.daemons import DAEMONS, PREFIXES
from whoseport.classifiers.found import found
from whoseport.classifiers.interpreters import MULTI_CALL, family_of
from whoseport.classifiers.places import base_name, place_of
from whoseport.classifiers.subject import GENERIC
from whoseport.classifiers.word_lists import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.classifiers.subject import Subject
    from whoseport.model import Finding, Software

WELL_KNOWN = words(
    "init systemd systemd-resolve systemd-resolved systemd-network systemd-networkd systemd-timesyn "
    "systemd-timesyncd systemd-logind systemd-journal systemd-journald systemd-udevd systemd-machined systemd-oomd "
    "systemd-homed dbus-daemon dbus-broker cron crond anacron atd rsyslogd syslogd syslog-ng klogd agetty getty "
    "login udevd polkitd networkmanager networkd-dispatcher wpa_supplicant dhclient dhcpcd accounts-daemon udisksd "
    "upowerd irqbalance auditd acpid multipathd lvmetad lvmpolld iscsid mdadm smartd snapd packagekitd "
    "unattended-upgrades thermald modemmanager bluetoothd rtkit-daemon gdm3 lightdm sddm xorg xwayland gnome-shell "
    "pulseaudio pipewire sshd sshd-session ssh-agent gpg-agent containerd containerd-shim dockerd kubelet "
    "kube-proxy falcon-sensor mdatp osqueryd wazuh-agentd ossec-agentd qemu-ga vmtoolsd amazon-ssm-agent "
    "google_guest_agent waagent chronyd ntpd bash dash zsh sudo su passwd top ps htop apt dpkg rpm yum dnf"
)
"""Programs of the system besides those servers that practice knows: what a process that hides likes to be called."""

_DATA = ("/.cache/", "/.config/", "/.local/share/", "/.local/state/", "/.ssh/", "/.gnupg/", "/.npm/", "/.mozilla/")
"""Folders of a home where programs keep what is theirs."""

_PASSED_FOR = ("server", "rpc", "desktop", "forwarder")
"""Kinds of software whose names are worth bearing to somebody who hides."""

_SCRIPTS = words("unattended-upgr unattended-upgrades networkd-dispat networkd-dispatcher waagent yum dnf apt osqueryd")
"""Those of them that run under an interpreter."""

_MANY = {
    "busybox": None,
    "toybox": None,
    "k3s": ("containerd", "kubelet", "kube-proxy", "kubectl", "crictl", "ctr", "containerd-shim"),
    "k0s": ("containerd", "kubelet", "kube-proxy"),
    "nix": ("nix-daemon",),
    "dropbearmulti": ("dropbear", "dbclient", "ssh", "scp"),
    "coreutils": None,
    "systemd": ("init", "systemd", "(sd-pam)"),
    "upstart": ("init",),
    "openrc-init": ("init",),
    "runit-init": ("init",),
    "tini": ("init", "docker-init"),
    "docker-init": ("init",),
    "catatonit": ("init",),
    "sysvinit": ("init",),
    "bash": ("sh",),
    "dash": ("sh",),
    "ksh93": ("sh", "ksh"),
    "xwayland": ("xorg", "x"),
    "xorg": ("x",),
    "mawk": ("awk",),
    "gawk": ("awk",),
    "sshd": ("sshd-session", "sshd-auth", "in.sshd"),
    "sshd-session": ("sshd",),
    "sshd-auth": ("sshd",),
    "dbus-daemon": ("messagebus",),
    "agetty": ("getty",),
}
"""What programs are also called, by their base names; None: anything that such a program can do."""

LONGEST = 15
"""Bytes of a process's name that the kernel keeps (TASK_COMM_LEN, linux/sched.h)."""

_APPLETS = words(
    "httpd telnetd ftpd tftpd udhcpd dhcprelay inetd nc ntpd syslogd klogd dnsd fakeidentd tcpsvd udpsvd lpd crond "
    "init sh ash hush awk getty login udhcpc bash linuxrc top ps sv svlogd runsvdir runsv ifplugd zcip acpid su "
    "passwd"
)


def findings(subject: Subject) -> list[Finding]:
    """`imitates-program`, for the name of the process or the one that it was started by."""
    process = subject.process
    path = process.executable
    if path is None or process.executable_state == "memory":
        return []
    own = base_name(path)
    made: list[Finding] = []
    if _is_daemon_among_data(subject, path):
        made.append(found("imitates-program", "likely", subject.link("exe"), path))
    name = process.name
    if name and name != own[:15] and _is_imitated(subject, name, own):
        made.append(found("imitates-program", "likely", subject.link("comm"), f"{name}, and runs {path}"))
    title = process.command[0] if process.command else ""
    if title and title != path:
        word = _first_word(title)
        claimed = base_name(word)
        if (claimed and claimed != own and _is_imitated(subject, claimed, own)) or (
            word.startswith("/") and _is_elsewhere(subject, word)
        ):
            made.append(found("imitates-program", "likely", subject.link("cmdline"), f"{title}, and runs {path}"))
    return made


def _is_daemon_among_data(subject: Subject, path: str) -> bool:
    """Whether a file bears the name of a daemon of the system and lies where programs of users keep their data."""
    if not any(folder in path for folder in _DATA) or subject.own.lower() not in DAEMONS:
        return False
    process = subject.process
    if process.package is not None or process.container is not None:
        return False
    return not any(part in path for part in PREFIXES)


def _first_word(title: str) -> str:
    r"""The name in a title.

    >>> [_first_word(title) for title in ("-bash", "nginx: master process", "/usr/bin/redis-server *:6379", "[sshd]")]
    ['bash', 'nginx', '/usr/bin/redis-server', 'sshd']
    """
    word = title.strip().split(" ", 1)[0].split("\t", 1)[0]
    return word.removeprefix("-").strip("[]()").rstrip(":")


def _is_imitated(subject: Subject, claimed: str, own: str) -> bool:
    """Whether a name is that of a well-known program, and the file that runs is not that program's."""
    low = claimed.lower()
    if low in GENERIC:
        return False
    named = subject.named(low)
    if not named and low not in WELL_KNOWN:
        return False
    known = _software(named, low)
    if not known and low not in WELL_KNOWN:
        return False
    actual = own.lower()
    if _same_name(low, actual) or _is_called(low, actual, subject):
        return False
    process = subject.process
    package = (process.package or "").lower()
    if package and (package.split(":")[0] in (low, f"{low}-server", f"{low}-daemon") or actual.startswith(f"{low}-")):
        return False
    family = family_of(own)
    if family is not None:
        if _bears(subject, low):
            return False
        if low in _SCRIPTS or any(_in(low, one.scripts) for one in known):
            return False
        if family_of(claimed) == family:
            return False
    others = subject.named(actual)
    if package:
        others = (*others, *subject.named(package.split(":")[0]))
    names = {one.name for one in others}
    return not any(one.name in names for one in known) if known else not _is_part(low, actual, package)


def _is_part(low: str, actual: str, package: str) -> bool:
    """A part of systemd that runs under another of its names, or a program of a package that is named after it."""
    return (low.startswith("systemd") and actual.startswith("systemd")) or bool(package and package.startswith(low))


def _is_elsewhere(subject: Subject, word: str) -> bool:
    """Whether a process says it was started by a path of the system while its file lies in an odd place.

    A path that ends in the one told is that of another root folder (chroot, proot).
    """
    process = subject.process
    path = process.executable or ""
    if place_of(word) != "system" or place_of(path) not in ("temporary", "hidden") or path.endswith(word):
        return False
    file = next((one for one in process.files or () if one.argument == 0), None)
    return file is None or file.path != path


def _same_name(low: str, actual: str) -> bool:
    """The same name but for a version, an ending, a wrapper: python3, python3.11; nc, nc.openbsd; .nginx-wrapped."""
    actual = actual.removeprefix(".").removesuffix("-wrapped").removesuffix(".real").removesuffix(".exe")
    if low == actual or low == actual[:15]:
        return True
    bare, plain = low.rstrip("0123456789.-"), actual.rstrip("0123456789.-")
    if bare == plain or low == actual.split(".", 1)[0] or actual == low.split(".", 1)[0]:
        return True
    return len(low) >= 15 and actual.startswith(low)


def _is_called(low: str, actual: str, subject: Subject) -> bool:
    """Whether a program of many names goes by this one."""
    if actual in MULTI_CALL:
        return low in _APPLETS
    if actual in _MANY:
        names = _MANY[actual]
        return names is None or low in names
    process = subject.process
    file = next((one for one in process.files or () if one.argument == 0), None)
    if file is None or file.path != process.executable:
        return False
    # a link by which it was really started: the system's alternatives, or one that whoever hides made himself
    started = (process.command or ("",))[0]
    if base_name(started).lower()[:LONGEST] != low[:LONGEST]:
        return False
    return place_of(started if started.startswith("/") else file.path) not in ("temporary", "hidden")


def _bears(subject: Subject, low: str) -> bool:
    """Whether what an interpreter runs bears the name; further arguments are whatever its user likes."""
    if subject.start.form in ("inline", "input", "title"):
        return False
    base = base_name(subject.start.subject[:4096]).lower()
    return bool(base) and low[:LONGEST] in (base[:LONGEST], base.partition(".")[0][:LONGEST])


def _software(named: tuple[Software, ...], low: str) -> tuple[Software, ...]:
    """The servers that are programs of this name; what runs as a script only, anything may call itself."""
    return tuple([one for one in named if one.kind in _PASSED_FOR and _in(low, one.programs)])


def _in(low: str, names: tuple[str, ...]) -> bool:
    return any(name.lower() == low for name in names)
