"""OpenVINO's C library for a host that looks for it at run time, taken from the `openvino` wheel.

The wheel names its library with a version (`libopenvino_c.so.2641`), hosts look for `libopenvino_c.so`: a
folder with a link of that name goes before the wheel's folder in LD_LIBRARY_PATH.
"""

import hashlib
import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

from wasi_nn_conformance.adapter import AdapterError, cache_folder

_PLAIN_NAME = "libopenvino_c.so"


def environment() -> Mapping[str, str]:
    """Give LD_LIBRARY_PATH that leads to OpenVINO, unless the one that is set already does.

    Raises `AdapterError` if there is no OpenVINO at all.
    """
    given = os.environ.get("LD_LIBRARY_PATH", "")
    if any((Path(folder) / _PLAIN_NAME).exists() for folder in given.split(":") if folder):
        return {}
    libraries = _wheel()
    if libraries is None:
        raise AdapterError(
            "the host needs OpenVINO: install the `openvino` wheel (pip install 'wasi-nn-conformance[reference]'),"
            f" or set LD_LIBRARY_PATH to a folder with {_PLAIN_NAME}"
        )
    versioned = max(libraries.glob(_PLAIN_NAME + ".*"))
    # The link's folder is named after what it leads to, so that two environments do not fight over one.
    folder = cache_folder() / "openvino" / hashlib.sha256(os.fsencode(versioned)).hexdigest()[:16]
    return {"LD_LIBRARY_PATH": ":".join(filter(None, (str(_linked(folder, versioned)), str(libraries), given)))}


def _wheel() -> Path | None:
    found = importlib.util.find_spec("openvino")
    if found is None or found.origin is None:
        return None
    libraries = Path(found.origin).parent / "libs"
    return libraries if any(libraries.glob(_PLAIN_NAME + ".*")) else None


def _linked(folder: Path, library: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / _PLAIN_NAME
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(library)
    return folder
