"""Is it one of the services that a desktop shows: printing, discovery, sync, media, remote screens?"""

from __future__ import annotations

from whoseport.classifiers.found import found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from whoseport.model import Finding, Process, Software

_PERSONAL = frozenset(
    """
    syncthing dropbox nextcloud owncloud insync megasync onedrive resilio btsync rslsync seafile spotify steam plex
    jellyfin emby minidlna gerbera rygel mediatomb kodi kdeconnect gsconnect cups avahi transmission deluge qbittorrent
    amule docker-desktop localsend warpinator anydesk teamviewer rustdesk sunshine barrier synergy input-leap deskflow
    gnome-remote-desktop krfb vino x11vnc ollama lm-studio
    """.split()  # noqa: SIM905 - a paragraph of names
)


def desktop_service(process: Process, software: Software, *, serves: bool) -> Finding | None:
    """`desktop-service`: software for desktops, and a client (`serves`) that takes connections itself."""
    personal = software.kind == "desktop" or (software.kind == "client" and serves)
    if not personal and _PERSONAL.isdisjoint(name.lower() for name in (*software.programs, *software.packages)):
        return None
    return found("desktop-service", "likely", f"/proc/{process.pid}/exe", process.executable or process.name)
