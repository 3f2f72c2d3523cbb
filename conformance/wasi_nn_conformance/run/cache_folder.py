"""The folder, outside every checkout, that keeps what takes minutes to build."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from wasi_nn_cli.cache_folder import user_cache_folder


def cache_folder() -> Path:
    """Return the user's; for a user who has no home folder, one that goes with this process."""
    return user_cache_folder("wasi-nn-conformance") or passing_folder()


@cache
def passing_folder() -> Path:
    """Return a folder of this process alone, which goes at its end."""
    folder = Path(tempfile.mkdtemp(prefix="wasi-nn-conformance-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
