"""A fake runtime that is always right: host and probe in one, its answers computed by numpy.

It knows a graph by the bytes of its builders, in every encoding that the suite has, and speaks the ABI of the probe
that its last argument is, or witx. `python numpy_host.py` answers rightly, `python numpy_host.py wrong` turns every
answer round: success into an error, and every error into success; `python numpy_host.py forgetful` forgets the inputs
of a context with each new one; `python numpy_host.py careless` computes with the graph loaded last, and on zeros.
"""

import base64
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from committed_models import committed_models

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.models import ENCODINGS, Model, ModelError, evaluate
from wasi_nn_conformance.models.element_type import Array, ElementType
from wasi_nn_conformance.paths import VECTORS

SENTINEL = 0xDEADBEEF
SUCCESS, INVALID_ARGUMENT, INVALID_ENCODING, TOO_LARGE, NOT_FOUND = 0, 1, 2, 7, 8


class Refused(Exception):  # noqa: N818 an answer, not a fault
    """The call gets an errno other than success."""

    def __init__(self, errno: int) -> None:
        super().__init__(errno)
        self.errno = errno


class Context:
    """An execution context: its model, and arrays by name."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.inputs: dict[str, Array] = {}
        self.outputs: Mapping[str, Array] | None = None


class NumpyHost:
    """Answers the requests of the probe protocol on `tag` for `models`, whose bytes lie in `folder`."""

    def __init__(self, models: Mapping[str, Model], folder: Path, tag: Tag = TAGS["witx"]) -> None:
        self.models, self.folder, self.tag = models, folder, tag
        self.kept: dict[str, int] = {}
        self.objects: list[Model | Context] = []

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reply to one request; `call` must be one of the neutral calls, hello or forget."""
        if request["call"] == "hello":
            return {"abi": self.tag.name, "protocol": 2, "probe": "numpy"}
        if request["call"] == "forget":
            names = len(self.kept)
            self.kept.clear()
            return {"handles": names, "buffers": 0}
        reply = {"value": SENTINEL, "guards": "untouched", "tail": "untouched", "buffer": "untouched"}
        try:
            reply |= {"errno": SUCCESS} | getattr(self, request["call"])(request)
        except Refused as refused:
            reply["errno"] = refused.errno
        if "as" in request and reply["errno"] == SUCCESS:
            self.kept[request["as"]] = reply["value"]
        return reply

    def load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        builders = [base64.b64decode(builder) for builder in request["builders"]]
        encoding = ENCODINGS.get(self.tag.encodings[request["encoding"]])
        if encoding is None:
            raise Refused(INVALID_ENCODING)
        for identity, model in self.models.items():
            files = [self.folder / name for name in encoding.committed(identity)]
            if all(file.is_file() for file in files) and builders == [file.read_bytes() for file in files]:
                return self.keep(model)
        raise Refused(INVALID_ENCODING)

    def load_by_name(self, _request: Mapping[str, Any]) -> dict[str, Any]:
        raise Refused(NOT_FOUND)

    def init_execution_context(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return self.keep(Context(self.object(request["graph"], Model)))

    def set_input(self, request: Mapping[str, Any]) -> dict[str, Any]:
        context, tensor = self.object(request["context"], Context), request["tensor"]
        if not 0 <= request["index"] < len(context.model.inputs):
            raise Refused(INVALID_ARGUMENT)
        port, dims = context.model.inputs[request["index"]], tuple(tensor["dims"])
        try:
            array = (
                ElementType(self.tag.tensor_types[tensor["type"]])
                .from_bytes(base64.b64decode(tensor["data"]))
                .reshape(dims)
            )
        except (IndexError, ValueError):
            raise Refused(INVALID_ARGUMENT) from None
        if array.dtype != port.type.element.dtype or not port.type.accepts(dims):
            raise Refused(INVALID_ARGUMENT)
        context.inputs[port.name] = array
        return {}

    def compute(self, request: Mapping[str, Any]) -> dict[str, Any]:
        context = self.object(request["context"], Context)
        try:
            context.outputs = evaluate(context.model, context.inputs)
        except ModelError:
            raise Refused(INVALID_ARGUMENT) from None
        return {}

    def get_output(self, request: Mapping[str, Any]) -> dict[str, Any]:
        context = self.object(request["context"], Context)
        if context.outputs is None or not 0 <= request["index"] < len(context.outputs):
            raise Refused(INVALID_ARGUMENT)
        data = list(context.outputs.values())[request["index"]].tobytes()
        if len(data) > request["size"]:
            raise Refused(TOO_LARGE)
        return {"value": len(data), "data": base64.b64encode(data).decode(), "buffer": "touched"}

    def keep(self, kept: Model | Context) -> dict[str, Any]:
        self.objects.append(kept)
        return {"value": len(self.objects) - 1}

    def object(self, handle: str | int, kind: type[Any]) -> Any:
        number = self.kept.get(handle, -1) if isinstance(handle, str) else handle
        if not 0 <= number < len(self.objects) or not isinstance(self.objects[number], kind):
            raise Refused(INVALID_ARGUMENT)
        return self.objects[number]


class ForgetfulHost(NumpyHost):
    """Keeps one input of a context, the last."""

    def set_input(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.object(request["context"], Context).inputs.clear()
        return super().set_input(request)


class CarelessHost(NumpyHost):
    """Remembers one graph, the last, and takes inputs that were not set for zeros."""

    def load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        reply = super().load(request)
        self.last = self.object(reply["value"], Model)
        return reply

    def compute(self, request: Mapping[str, Any]) -> dict[str, Any]:
        context = self.object(request["context"], Context)
        context.model = self.last
        for port in self.last.inputs:
            zeros = np.zeros(port.type.shape, port.type.element.dtype)
            context.inputs.setdefault(port.name, zeros)
        return super().compute(request)


def turned_round(reply: dict[str, Any]) -> dict[str, Any]:
    """Make success an error and an error success, with no bytes for an output."""
    if reply.get("errno", 0) == SUCCESS:
        return reply | {"errno": INVALID_ARGUMENT}
    return reply | {"errno": SUCCESS, "value": 0, "data": ""}


def main() -> None:
    tag = TAGS.get(Path(sys.argv[-1]).stem.removeprefix("probe-"), TAGS["witx"])
    kinds = {"forgetful": ForgetfulHost, "careless": CarelessHost}
    host = kinds.get("".join(sys.argv[1:2]), NumpyHost)(committed_models(), VECTORS / "models", tag)
    is_wrong = sys.argv[1:2] == ["wrong"]

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        reply = host.answer(request)
        return turned_round(reply) if is_wrong and "errno" in reply else reply

    serve(answer)


def serve(answer: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        request = json.loads(line)
        number = {"id": request.pop("id")} if "id" in request else {}
        print(f"@@{json.dumps(number | answer(request))}", flush=True)  # noqa: T201 the protocol


if __name__ == "__main__":
    main()
