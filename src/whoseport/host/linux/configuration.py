"""Which configuration files of this machine's packages set the port? One bounded, cheap pass over /etc.

Every file is asked for the number before anything in it is understood. Left out are folders and endings that hold no
configuration of servers, what is not in use (`sites-available`), what belongs to firewalls, and files of clients.
"""

from __future__ import annotations

import os

from whoseport.host.linux.bounded import OPEN_FLAGS
from whoseport.host.linux.port_settings import parse
from whoseport.model import Mention

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = "/etc"
_LARGEST = 512 << 10
_USUAL = 24 << 10
"""Bytes. Room for a whole file of the largest size is costly to make for every small one."""
_MOST_BYTES = 48 << 20
_MOST_FILES = 8000
_DEEPEST = 4
_MOST = 5000

_NO_FOLDERS = """
    acpi alsa alternatives apm apparmor apparmor.d apport apt archive bash_completion.d binfmt.d
    bluetooth brltty ca-certificates calendar chromium console-setup cracklib cron.d cron.daily cron.hourly
    cron.monthly cron.weekly cron.yearly crowdsec csf dbus-1 dconf debconf depmod.d dhcp dictionaries-common dkms
    dpkg dracut.conf.d emacs environment.d examples fail2ban firewalld fish fonts gconf gdb gimp glvnd groff grub.d
    gss gtk-2.0 gtk-3.0 ImageMagick-6 ImageMagick-7 init.d initramfs-tools iproute2 ipsec.d iptables issue.d kernel
    keys ld.so.conf.d ldap letsencrypt libnl-3 libreoffice live locale logcheck logrotate.d lvm maven mime
    modprobe.d modules-load.d network networkd-dispatcher NetworkManager newsyslog.d nftables openal OpenCL opt
    pam.d pcmcia perl pipewire pkcs11 pki plymouth pm polkit-1 ppd ppp private profile.d psad pulse python rc0.d
    rc1.d rc2.d rc3.d rc4.d rc5.d rc6.d rcS.d rpm sane.d security selinux sensors.d sgml shorewall shorewall6 skel
    snort ssh_config.d ssl sudoers.d suricata sysctl.d systemd terminfo texmf thermald tmpfiles.d udev udisks2 ufw
    update-manager update-motd.d update-notifier vim vulkan wpa_supplicant X11 xdg xinetd.d xml zsh_command_not_found
"""
_NO_PARTS = ("-available", "-example", "_example", "java-", "python3", "perl", "openjdk", "ImageMagick", ".git", ".svn")
_NO_ENDINGS = (
    *("~", ".bak", ".old", ".orig", ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-bak", ".ucf-dist", ".ucf-old"),
    *(".rpmnew", ".rpmsave", ".rpmorig", ".swp", ".example", ".sample", ".dist", ".template", ".disabled", ".pem"),
    *(".crt", ".key", ".gz", ".bz2", ".xz", ".zst", ".so", ".db", ".hash", ".png", ".jpg", ".svg", ".ppd", ".dtd"),
    *(".xsl", ".xslt", ".xsd", ".py", ".pl", ".pm", ".sh", ".rb", ".php", ".el", ".vim", ".md", ".html", ".css"),
    *(".lock", ".cache", ".pid", ".rules", ".map", ".service", ".socket", ".timer", ".target", ".desktop"),
)
_NO_FILES = """
    bash.bashrc ca-certificates.conf crontab DIR_COLORS ethertypes fstab group group- gshadow gshadow- hosts
    hosts.allow hosts.deny inetd.conf inputrc knockd.conf ld.so.cache locale.alias locale.gen login.defs lynx.cfg
    magic magic.mime mailcap mailcap.order mime.types moduli mtab nanorc networks nftables.conf ntpdate passwd
    passwd- protocols proxychains.conf proxychains4.conf rpc screenrc services shadow shadow- ssh_config
    ssh_known_hosts subgid subgid- subuid subuid- sudoers termcap wgetrc xinetd.conf zsh.zshrc
"""
_NO_FOLDER_NAMES = frozenset(_NO_FOLDERS.split())
_NO_FILE_NAMES = frozenset(_NO_FILES.split())


def read(*, port: int | None = None, root: str = "") -> tuple[Mention, ...]:
    """The lines that set this port, or any; without packages. Files that may not be read are passed over."""
    digits = None if port is None else b"%d" % port
    found: list[Mention] = []
    for path, content in contents(root, containing=digits):
        if digits is not None and not _stands_in_code(content, digits):
            continue
        for setting in parse(content, path=path, port=port):
            found.append(
                Mention(
                    kind="configuration",
                    path=path,
                    line=setting.line,
                    transport=setting.transport,
                    first=setting.port,
                    last=setting.port,
                    address=setting.address,
                    name=setting.section,
                    program=None,
                    package=None,
                    text=setting.text,
                )
            )
        if len(found) >= _MOST:
            break
    return tuple(found[:_MOST])


def _stands_in_code(content: bytes, digits: bytes) -> bool:
    """Whether the number stands by itself on a line that is no comment of the commonest kinds."""
    at = content.find(digits)
    while at >= 0:
        end = at + len(digits)
        if not content[at - 1 : at].isdigit() and not content[end : end + 1].isdigit():
            begin = content.rfind(b"\n", 0, at) + 1
            if content[begin:at].lstrip()[:1] not in (b"#", b";"):
                return True
        at = content.find(digits, end)
    return False


def contents(root: str = "", *, containing: bytes | None = None) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file below /etc that may configure a server, and holds these bytes."""
    waiting = [(ROOT, 0)]
    files = size = 0
    while waiting:
        folder, depth = waiting.pop()
        try:
            descriptor = os.open(root + folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            names = []
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    name = entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if (
                            depth < _DEEPEST
                            and name not in _NO_FOLDERS
                            and not name.startswith(_NO_PARTS)
                            and not (name.endswith(_NO_PARTS))
                        ):
                            waiting.append((f"{folder}/{name}", depth + 1))
                    elif name not in _NO_FILE_NAMES and not name.endswith(_NO_ENDINGS):
                        names.append(name)
            names.sort()
            for name in names:
                files += 1
                if files > _MOST_FILES or size > _MOST_BYTES:
                    return
                content = _content(name, descriptor)
                size += len(content)
                if content and (containing is None or containing in content):
                    yield f"{folder}/{name}", content
        finally:
            os.close(descriptor)


def _content(name: str, folder: int) -> bytes:
    """A whole file, nothing where it may not be read, is none, or is over the limit."""
    try:
        descriptor = os.open(name, OPEN_FLAGS, dir_fd=folder)
    except OSError:
        return b""
    try:
        content = os.read(descriptor, _USUAL)
        if len(content) == _USUAL:
            content += os.read(descriptor, _LARGEST + 1 - _USUAL)
    except OSError:  # a folder behind a link
        return b""
    finally:
        os.close(descriptor)
    return content if len(content) <= _LARGEST else b""
