"""Which daemons does only the system itself start? Names that are worth bearing to somebody who hides among them."""

from __future__ import annotations

from whoseport.classifiers.word_lists import words

DAEMONS = words(
    "init systemd systemd-resolved systemd-networkd systemd-timesyncd systemd-logind systemd-journald systemd-udevd "
    "systemd-machined systemd-oomd systemd-homed dbus-daemon dbus-broker cron crond anacron atd rsyslogd syslogd klogd "
    "agetty getty login udevd polkitd networkmanager networkd-dispatcher wpa_supplicant dhclient dhcpcd "
    "accounts-daemon udisksd upowerd irqbalance auditd acpid multipathd iscsid mdadm smartd snapd packagekitd thermald "
    "modemmanager bluetoothd rtkit-daemon gdm3 lightdm sshd sshd-session chronyd ntpd rpcbind cupsd avahi-daemon"
)
"""Only the system starts these, from its own folders, or who builds them himself, from there."""

PREFIXES = ("/bin/", "/sbin/", "/lib/", "/libexec/", "/lib64/")
"""Parts of the path of what was installed below another root: built by hand, or a whole system of proot(1)'s."""
