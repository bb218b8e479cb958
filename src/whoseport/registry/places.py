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
            # asked at each look-up of a library, where expanduser(3) takes longer than the look-up
            folder = f"{os.environ.get('HOME') or os.path.expanduser('~')}/.local/share"
    return f"{folder}{os.sep}whoseport{os.sep}snapshot.bin"
