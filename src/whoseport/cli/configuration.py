"""The few settings that a user keeps: $XDG_CONFIG_HOME/whoseport/config.toml, with `lang` and `bpf`."""

from __future__ import annotations

import os

from whoseport.model import Misuse

KNOWN = {"lang": str, "bpf": bool}


def path() -> str:
    """Where the configuration would lie (XDG Base Directory Specification; %APPDATA% on Windows)."""
    if os.name == "nt":
        folder = os.environ.get("APPDATA") or os.path.expanduser("~\\AppData\\Roaming")
    else:
        folder = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(folder, "whoseport", "config.toml")


def setting(name: str) -> str | None:
    """A setting's value as text ("true" for a true switch), None where it is not set.

    Raises `Misuse` for a file that is not TOML, an unknown key or a value of another type, and says which.
    """
    place = path()
    try:
        with open(place, "rb") as file:
            content = file.read(65536)
    except OSError:
        return None
    import tomllib

    try:
        settings = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misuse("configuration-unreadable", path=place, reason=str(error)) from None
    for key, value in settings.items():
        if not isinstance(value, KNOWN.get(key, ())):
            raise Misuse("configuration-key-unknown", path=place, key=key, known=tuple(KNOWN))
    value = settings.get(name)
    return ("true" if value else None) if isinstance(value, bool) else value
