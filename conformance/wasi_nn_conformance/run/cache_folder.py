"""The folder, outside every checkout, that keeps what takes minutes to build."""

import atexit
import contextlib
import shutil
import tempfile
from functools import cache
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the user's; for a user who has no home folder, one that goes with this process."""
    with contextlib.suppress(RuntimeError):
        folder = platformdirs.user_cache_path("wasi-nn-conformance")
        if folder.is_absolute():  # else it begins with a `~` that stands for nothing
            return folder
    return passing_folder()


@cache
def passing_folder() -> Path:
    """Return a folder of this process alone, which goes at its end."""
    folder = Path(tempfile.mkdtemp(prefix="wasi-nn-conformance-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
