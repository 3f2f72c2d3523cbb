"""The encodings of models, by name: each module or package in this folder is one, and has an `ENCODING`.

What takes long to import, and what only generating needs, these import when they are asked for it.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from wasi_nn_conformance.abi.registry import words
from wasi_nn_conformance.models.model import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wasi_nn_conformance.models.encoding import Encoding


def _found() -> Iterator[Encoding]:
    """Return the encodings of this folder, in the order in which the ABIs have them."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: words("encodings").index(module.name)):
        encoding: Encoding = importlib.import_module(f"{__name__}.{module.name}").ENCODING
        yield encoding


ENCODINGS: Mapping[str, Encoding] = {encoding.name: encoding for encoding in _found()}


def encoding_of(name: str, model_id: str) -> Encoding:
    """Return the encoding of that name. Raises ModelError, for the model, if there is none."""
    if name not in ENCODINGS:
        raise ModelError(model_id, f"there is no encoding {name!r} of it; known: {', '.join(ENCODINGS)}")
    return ENCODINGS[name]
