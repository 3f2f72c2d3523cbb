"""Classifies handwritten digits through wasi-nn, as components import it: `classify IMAGE.pgm...`.

The model is the one that the host has registered under the name digits.
"""

import struct
import sys
from pathlib import Path

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports.graph import load_by_name
from wit_world.imports.tensor import Tensor, TensorType

PIXELS = 64


class Run(exports.Run):
    """The program."""

    def run(self) -> None:
        """Print the digit of each image."""
        try:
            context = load_by_name("digits").init_execution_context()
            for path in sys.argv[1:]:
                image = Tensor([1, PIXELS], TensorType.FP32, pixels(Path(path).read_bytes()))
                ((_, output),) = context.compute([("image", image)])
                scores = struct.unpack("<10f", output.data())
                print(f"{path}: {scores.index(max(scores))}")
        except Err as failure:
            print(f"wasi-nn: {failure.value.code().name}: {failure.value.data()}", file=sys.stderr)
            raise Err(None) from failure


def pixels(file: bytes) -> bytes:
    """Return the pixels of a PGM file with 8 x 8 bytes as f32 from 0 to 1."""
    form, width, height, maximum = file[:-PIXELS].split()
    if form != b"P5" or int(width) * int(height) != PIXELS:
        raise ValueError(f"no PGM image of {PIXELS} pixels in bytes")
    return struct.pack(f"<{PIXELS}f", *(value / int(maximum) for value in file[-PIXELS:]))
