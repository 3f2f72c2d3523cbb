"""Where this user's caches are. Not by platformdirs: it comes with a plugin that all runs of pytest would load."""

import os
import sys
from pathlib import Path


def user_cache_folder(name: str) -> Path | None:
    """Return the folder of that name among the user's caches; None for a user without a home folder."""
    caches = os.environ.get("XDG_CACHE_HOME", "")
    if Path(caches).is_absolute():
        return Path(caches, name)
    home = os.environ.get("HOME", "")
    if not Path(home).is_absolute():
        import pwd  # noqa: PLC0415  not on Windows, where the suite has to come as far as saying that it cannot run

        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:  # a user whom the system does not know
            return None
    folder = Path(home, "Library/Caches" if sys.platform == "darwin" else ".cache", name)
    return folder if folder.is_absolute() else None
