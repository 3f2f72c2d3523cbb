"""Which encoding the bytes of a model are in, by what stands in them, never by asking an engine.

Engines guess: OpenVINO's reader takes ONNX for IR. So bytes are recognised here first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasi_nn_reference.backends.registry import SERVED, names
from wasi_nn_reference.errors import invalid_argument, invalid_encoding

if TYPE_CHECKING:
    from wasi_nn_reference.types import GraphEncoding


def matches(encoding: GraphEncoding, first: bytes) -> bool:
    """Return whether `first`, a model's first builder, is in `encoding`."""
    return SERVED[encoding].recognises(first)


def check(encoding: GraphEncoding, builders: tuple[bytes, ...]) -> None:
    """Make sure that the builders are what `encoding` wants.

    Raises `invalid_argument` for a wrong number of builders, `invalid_encoding` for other bytes.
    """
    wanted = SERVED[encoding].builders
    if len(builders) != len(wanted):
        raise invalid_argument(
            f"{encoding.value} takes {len(wanted)} builder(s), {' and '.join(each.what for each in wanted)};"
            f" got {len(builders)}"
        )
    if not matches(encoding, builders[0]):
        raise invalid_encoding(f"the bytes are not a model in the encoding {encoding.value}")


def detect(builders: tuple[bytes, ...]) -> GraphEncoding:
    """Return the encoding of the builders; raises `invalid_encoding` unless exactly one fits."""
    found = [
        encoding
        for encoding, served in SERVED.items()
        if len(builders) == len(served.builders) and matches(encoding, builders[0])
    ]
    if len(found) != 1:
        raise invalid_encoding(f"the bytes are in none of the encodings that can be detected: {names()}")
    return found[0]
