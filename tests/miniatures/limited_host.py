"""A fake runtime that has less than others: `python limited_host.py LIMIT... PROBE`, and right where it has anything.

`graphs=4` and `contexts=4` are tables of that size, which nothing is ever taken out of. `types=f32,u8` are all types.
`one-encoding` takes that of the first load for the only one. `only=onnx` has no engine for others, and `no-engine` none
at all. `late` takes any bytes for a graph, and finds with its first context what they are. `dies-at-load` is killed by
the first load. `wears-out=6` adds one to each output from the seventh graph on, `adds=neg-f32` to those of a model,
and with `for-good` to all that come after one of those.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy_host import INVALID_ENCODING, TOO_LARGE, Context, NumpyHost, Refused, serve

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.models import Model, load_models
from wasi_nn_conformance.paths import VECTORS

RUNTIME, UNSUPPORTED = 5, 6
F32 = {"type": "f32", "shape": [1, 4]}
WEIGHTS = {"constant": {"type": "f32", "shape": [4], "data": [2, 3, 5, 7]}}
MODELS = (
    {"id": "identity-f32", "why": "as it is", "inputs": {"x": F32}, "outputs": {"out": "x"}},
    {"id": "scale-f32", "why": "weights", "inputs": {"x": F32}, "outputs": {"out": {"mul": ["x", WEIGHTS]}}},
    {"id": "neg-f32", "why": "negated", "inputs": {"x": F32}, "outputs": {"out": {"neg": "x"}}},
)
"""The models that it knows, as in `models.yaml`: reading all of that takes longer than whatever it is asked."""


class Unread:
    """A graph of bytes that nobody has looked at."""


class LimitedHost(NumpyHost):
    """Refuses what its limits do not allow."""

    def __init__(self, limits: Mapping[str, str], models: Mapping[str, Model], tag: Tag) -> None:
        super().__init__(models, VECTORS / "models", tag)
        self.limits = limits
        self.encoding: int | None = None
        self.is_spoilt = False

    def load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if "dies-at-load" in self.limits:
            print("Error loading lib: cannot open shared object file", file=sys.stderr, flush=True)  # noqa: T201
            os.kill(os.getpid(), signal.SIGABRT)
        missing = self.limits.get("only") not in (None, self.tag.encodings[request["encoding"]])
        if "no-engine" in self.limits or missing:
            print("Error loading lib: cannot open shared object file", file=sys.stderr, flush=True)  # noqa: T201
            raise Refused(RUNTIME)
        if "one-encoding" in self.limits and self.encoding not in (None, request["encoding"]):
            raise Refused(INVALID_ENCODING)
        self.check_room("graphs", Model | Unread)
        try:
            reply = super().load(request)
        except Refused:
            if "late" in self.limits:
                return self.keep(Unread())
            raise
        self.encoding = self.encoding or request["encoding"]
        types = {of.element.value for of in self.objects[reply["value"]].types().values()}
        if "types" in self.limits and not types <= set(self.limits["types"].split(",")):
            self.objects.pop()
            raise Refused(UNSUPPORTED)
        return reply

    def init_execution_context(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.check_room("contexts", Context)
        return super().init_execution_context(request)

    def compute(self, request: Mapping[str, Any]) -> dict[str, Any]:
        reply = super().compute(request)
        context = self.object(request["context"], Context)
        is_wrong = self.limits.get("adds") == context.model.id
        self.is_spoilt |= is_wrong and "for-good" in self.limits
        if is_wrong or self.is_spoilt or self.count(Model) > int(self.limits.get("wears-out", sys.maxsize)):
            context.outputs = {name: array + array.dtype.type(1) for name, array in context.outputs.items()}
        return reply

    def check_room(self, what: str, kind: Any) -> None:
        if self.count(kind) >= int(self.limits.get(what, sys.maxsize)):
            raise Refused(TOO_LARGE)

    def count(self, kind: Any) -> int:
        return sum(isinstance(each, kind) for each in self.objects)


if __name__ == "__main__":
    words = (word.partition("=") for word in " ".join(sys.argv[1:-1]).split())
    limits = {name: value for name, _, value in words}
    tag = TAGS.get(Path(sys.argv[-1]).stem.removeprefix("probe-"), TAGS["witx"])
    serve(LimitedHost(limits, load_models(list(MODELS)), tag).answer)
