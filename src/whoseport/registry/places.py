"""Where does a user's own snapshot lie?"""

from __future__ import annotations

import os
import sys


def user_snapshot_path() -> str:
    """`$XDG_DATA_HOME/whoseport/snapshot.bin` (XDG Base Directory Specification), on Windows below `%LOCALAPPDATA%`.

    A relative `XDG_DATA_HOME` is ignored, as that specification asks.
    """
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    else:
        folder = os.environ.get("XDG_DATA_HOME", "")
        if not folder.startswith("/"):
            folder = os.path.expanduser("~/.local/share")
    return os.path.join(folder, "whoseport", "snapshot.bin")
