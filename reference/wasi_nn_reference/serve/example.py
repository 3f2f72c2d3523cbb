"""The example as a start: a page and a worker that tell handwritten digits."""

from __future__ import annotations

import shutil
from pathlib import Path

from wasi_nn_reference.errors import UserError

_PACKAGE = Path(__file__).resolve().parents[1]
_IN_WHEEL = _PACKAGE / "data" / "workers"
_CHECKOUT = _PACKAGE.parents[1]
# Where the parts of the example lie in a checkout, by their place in it; wheels have them put together.
PARTS = {
    "": "examples/workers",
    "_models/digits": "examples/digits/openvino",
    "public/samples": "examples/digits/pictures",
    "classify.wasm": "guests/prebuilt/classify-worker.wasm",
}
# It is for readers of the repository.
_IGNORED = shutil.ignore_patterns("README.md")


def write_example(folder: Path) -> None:
    """Write the example into a folder that is not there, or empty; raises UserError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder}: is there already; name a folder that is not, or an empty one")
    parts = {"": _IN_WHEEL} if _IN_WHEEL.is_dir() else {place: _CHECKOUT / part for place, part in PARTS.items()}
    try:
        for place, part in parts.items():
            if part.is_dir():
                shutil.copytree(part, folder / place, ignore=_IGNORED, dirs_exist_ok=True)
            else:
                shutil.copyfile(part, folder / place)
    except OSError as error:
        raise UserError(f"{folder}: the example cannot be written: {error.strerror}") from error
