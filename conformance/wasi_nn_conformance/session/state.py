"""What a conversation has set up so far: which model each graph and context has, and which inputs are set."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from wasi_nn_conformance.models.element_type import Array
from wasi_nn_conformance.models.expression import Input
from wasi_nn_conformance.models.model import Model, ModelError, Port
from wasi_nn_conformance.models.oracle import evaluate
from wasi_nn_conformance.vectors.tensor import TensorLiteral

_Thing = TypeVar("_Thing")
_MODEL_ENCODINGS = ("openvino", "onnx")


@dataclass
class Context:
    """An execution context; `outputs` are numpy's for the inputs that were set at the last `compute`.

    For an ABI that takes all inputs and gives all outputs in `compute`: `given` is what `set_input` has said, in
    its order, and `answered` what the last `compute` gave.
    """

    model: Model
    inputs: dict[str, Array] = field(default_factory=dict)
    outputs: Mapping[str, Array] | None = None
    given: dict[str, TensorLiteral] = field(default_factory=dict)
    answered: Mapping[str, Mapping[str, Any]] | None = None

    def compute(self) -> None:
        """Work out what the model must give; nothing, if inputs are missing or do not fit."""
        try:
            self.outputs = evaluate(self.model, self.inputs)
        except ModelError:
            self.outputs = None

    def compute_with(self, inputs: Sequence[tuple[str, TensorLiteral | None]]) -> None:
        """Work out what the model must give for these inputs alone; the last of a name counts.

        Nothing, if they are not the model's inputs, do not fit, or are not known.
        """
        self.outputs = None
        if all(tensor is not None and tensor.is_consistent for _, tensor in inputs):
            arrays = {name: self._fitting(name, tensor.array) for name, tensor in inputs if tensor is not None}
            with contextlib.suppress(ModelError):
                self.outputs = evaluate(self.model, arrays)

    def set(self, name: str, value: Array) -> None:
        """Keep the tensor of one input for the next `compute`."""
        self.inputs[name] = self._fitting(name, value)

    def _fitting(self, name: str, value: Array) -> Array:
        """Return `value` in the shape of its input: a host may take `[1]` for a scalar."""
        scalar = any(port.name == name and port.type.shape == () for port in self.model.inputs)
        return value.reshape(()) if scalar and value.size == 1 else value

    def output(self, name: Any) -> Port | None:
        """Return the output of that name, or of that index as `{raw: N}`, if there is one."""
        index = name.get("raw") if isinstance(name, dict) else None
        return next((p for number, p in enumerate(self.model.outputs) if p.name == name or index == number), None)

    def passes_through(self, name: str) -> bool:
        """Return whether the output is an input unchanged, so that every bit of it counts."""
        return any(output == name and isinstance(value, Input) for output, value in self.model.expressions)


@dataclass
class ExpectedState:
    """The names that a conversation has given, with their meaning.

    `builders(model, encoding)` gives a model's builders as bytes. `folders` are those of the host's machine that a
    guest has no business to know of, by what they are. For components: `tensors` and `errors` (code and data) hold
    what these resources were made of or first said, `handles` the probe's own names for outputs.
    """

    encoding: str | None
    models: Mapping[str, Model]
    registered: Mapping[str, str]
    builders: Callable[[str, str], list[bytes]]
    folders: Mapping[str, str] = field(default_factory=dict)
    graphs: dict[str, Model] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)
    tensors: dict[str, TensorLiteral] = field(default_factory=dict)
    errors: dict[str, tuple[str, str]] = field(default_factory=dict)
    handles: dict[str, str] = field(default_factory=dict)

    def builder(self, model: str, part: int, encoding: str | None) -> bytes:
        """Return one builder of a model. Raises `ValueError` for a part that it does not have."""
        encoding = encoding or self.encoding
        if encoding is None:
            raise ValueError(f"the model {model} needs an encoding here")
        parts = self.builders(model, encoding)
        if part >= len(parts):
            raise ValueError(f"{model} has {len(parts)} builders in {encoding}, no part {part}")
        return parts[part]

    def model_builders(self, model: str, named: Any) -> list[bytes]:
        """Return all builders of a model, in the encoding `named` if models come in it, else in that of the case.

        Raises `ValueError` where there is neither.
        """
        encoding = named if named in _MODEL_ENCODINGS else self.encoding
        if encoding is None:
            raise ValueError(f"the model {model} needs an encoding here")
        return self.builders(model, encoding)

    def remember(self, action: str, arguments: Mapping[str, Any]) -> None:
        """Keep what a successful call has set up."""
        name = arguments.get("as")
        match action:
            case "load" if name:
                _keep(self.graphs, name, self.models.get(_model(arguments) or ""))
            case "load_by_name" if name:
                _keep(self.graphs, name, self.models.get(_known(self.registered, arguments["name"]) or ""))
            case "context" if name:
                graph = _known(self.graphs, arguments["graph"])
                _keep(self.contexts, name, Context(graph) if graph else None)
            case "compute" if context := self.context(arguments["context"]):
                context.compute()

    def remember_input(self, context: Any, name: Any, value: Array) -> None:
        """Keep the tensor that a successful `set_input` has set."""
        if known := self.context(context):
            index = name.get("raw") if isinstance(name, dict) else None
            for number, port in enumerate(known.model.inputs):
                if name == port.name or index == number:
                    known.set(port.name, value)

    def keep_output(self, name: str, handle: str, tensor: TensorLiteral) -> None:
        """Let `name` stand for an output tensor that the probe keeps as `handle`."""
        self.handles[name], self.tensors[name] = handle, tensor

    def tensor(self, handle: Any) -> TensorLiteral | None:
        """Return what the tensor of that name holds, if the conversation knows."""
        return _known(self.tensors, handle)

    def error(self, handle: Any) -> tuple[str, str] | None:
        """Return the code and the data of the error of that name, if it was kept."""
        return _known(self.errors, handle)

    def context(self, handle: Any) -> Context | None:
        """Return the context of that name, if it is one that the conversation made."""
        return _known(self.contexts, handle)


def _known(named: Mapping[str, _Thing], written: Any) -> _Thing | None:
    """Return what a vector names; a raw number or raw bytes name nothing here."""
    return named.get(written) if isinstance(written, str) else None


def _keep(named: dict[str, _Thing], name: str, thing: _Thing | None) -> None:
    """Return `name` its new meaning, or none if nobody knows it: never the old one."""
    named.pop(name, None)
    if thing is not None:
        named[name] = thing


def _model(load: Mapping[str, Any]) -> str | None:
    """Return the model that a `load` names, also as the only one that its builders are taken from."""
    if "model" in load:
        return str(load["model"])
    named = {builder["model"] for builder in load["builders"] if "model" in builder}
    return str(named.pop()) if len(named) == 1 else None
