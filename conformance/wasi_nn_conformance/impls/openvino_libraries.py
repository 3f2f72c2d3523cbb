"""OpenVINO's C library for a host that looks for it at run time, taken from the `openvino` wheel.

The wheel names its library with a version (`libopenvino_c.so.2641`), hosts look for `libopenvino_c.so`: a
folder with a link of that name goes before the wheel's folder in LD_LIBRARY_PATH.
"""

import hashlib
import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

from wasi_nn_conformance.run.adapter import AdapterError
from wasi_nn_conformance.run.cache_folder import cache_folder, passing_folder

_PLAIN_NAME = "libopenvino_c.so"


def environment() -> Mapping[str, str]:
    """Return LD_LIBRARY_PATH that leads to the installed OpenVINO, unless the one that is set already leads to one.

    Raises `AdapterError` if there is no OpenVINO at all.
    """
    found = importlib.util.find_spec("openvino")
    folder = Path(found.origin).parent if found is not None and found.origin is not None else None
    return leading_to(folder, "install the `openvino` wheel (pip install 'wasi-nn-conformance[reference]')")


def environment_2024_6() -> Mapping[str, str]:
    """Return LD_LIBRARY_PATH that leads to OpenVINO 2024.6.0 in the user's cache folder.

    For hosts from before element types were renumbered in 2025.1. Raises `AdapterError` if it is not there.
    """
    folder = cache_folder() / "openvino-2024.6.0"
    return leading_to(folder / "openvino", f"pip install --no-deps --target {folder} openvino==2024.6.0")


def leading_to(wheel: Path | None, remedy: str) -> Mapping[str, str]:
    """Return the environment in which a host finds the C library of this wheel; `remedy` is what to do without one."""
    given = os.environ.get("LD_LIBRARY_PATH", "")
    if any((Path(folder) / _PLAIN_NAME).exists() for folder in given.split(":") if folder):
        return {}
    versioned = max((wheel / "libs").glob(_PLAIN_NAME + ".*"), default=None) if wheel else None
    if versioned is None:
        raise AdapterError(f"the host needs OpenVINO: {remedy}, or set LD_LIBRARY_PATH to a folder with {_PLAIN_NAME}")
    # The link's folder is named after what it leads to, so that two environments do not fight over one.
    name = Path("openvino", hashlib.sha256(os.fsencode(versioned)).hexdigest()[:16])
    try:
        linked = _linked(cache_folder() / name, versioned)
    except OSError:  # the home folder of another user, or of none: /
        linked = _linked(passing_folder() / name, versioned)
    folders = (str(linked), str(versioned.parent), given)
    return {"LD_LIBRARY_PATH": ":".join(filter(None, folders))}


def _linked(folder: Path, library: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / _PLAIN_NAME
    if not link.exists():
        # Made beside its place and moved there: several processes may do this at once.
        ours = folder / f"{_PLAIN_NAME}.{os.getpid()}"
        ours.symlink_to(library)
        ours.replace(link)
    return folder
