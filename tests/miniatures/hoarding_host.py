"""A fake runtime that keeps what it should let go of: `python hoarding_host.py WHAT FREE PROBE`, in all else right.

WHAT is `inputs`, `outputs`, `refused` (tensors and builders) or `nothing`; or it is `graphs`, of any bytes: the host
finds later whether they are a model, and has to keep them until then. What it keeps goes first into the FREE bytes that
its heap has from before, and so do the buffers of its contexts.
"""

import gc
import sys
from collections.abc import Mapping
from mmap import mmap
from typing import Any

from numpy_host import NumpyHost, Refused, serve

from wasi_nn_conformance.models import Model, load_models
from wasi_nn_conformance.paths import VECTORS

IMAGE = {"type": "f32", "shape": [1, 3, 131, 137]}
SIZE = 4 * 3 * 131 * 137  # bytes
WEIGHTS = {"constant": IMAGE | {"data": "range"}}
MODELS = ({"id": "add-image", "why": "large", "inputs": {"x": IMAGE}, "outputs": {"out": {"add": ["x", WEIGHTS]}}},)
"""The model that it knows, as in `models.yaml`: reading all of that takes longer than whatever it is asked."""


class Unread:
    """A graph of bytes that nobody has looked at."""


class HoardingHost(NumpyHost):
    """Keeps `what` in `free` bytes, and then in memory that its process did not have before."""

    def __init__(self, what: str, free: int, models: Mapping[str, Model]) -> None:
        super().__init__(models, VECTORS / "models")
        self.what, self.free = what, free
        self.hoard: list[mmap] = []

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["call"] == "reuse":
            gc.collect()  # what this process itself lets go of must not look like what is kept
            return {}
        return super().answer(request)

    def keep_bytes(self, what: str, count: int) -> None:
        if what == self.what:
            self.take(count)

    def take(self, count: int) -> None:
        if self.free >= count:
            self.free -= count
        else:
            self.hoard.append(mmap(-1, count))  # the heap of this process may have room of its own
            self.hoard[-1].write(b"x" * count)

    def load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return super().load(request)
        except Refused:
            for what in ("refused", "graphs"):
                self.keep_bytes(what, sum(map(len, request["builders"])))
            if self.what == "graphs":
                self.objects.append(Unread())
                return {"value": len(self.objects) - 1}
            raise

    def init_execution_context(self, request: Mapping[str, Any]) -> dict[str, Any]:
        reply = super().init_execution_context(request)
        for _ in ("input", "output"):
            self.take(SIZE)
        return reply

    def set_input(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            reply = super().set_input(request)
        except Refused:
            self.keep_bytes("refused", SIZE)
            raise
        self.keep_bytes("inputs", SIZE)
        return reply

    def get_output(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.keep_bytes("outputs", SIZE)
        return super().get_output(request)


if __name__ == "__main__":
    what, free = " ".join(sys.argv[1:-1]).split()
    serve(HoardingHost(what, int(free), load_models(list(MODELS))).answer)
