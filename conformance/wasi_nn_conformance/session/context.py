"""An execution context as it must stand in the host: its model, its inputs, and numpy's outputs for them."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wasi_nn_conformance.models.element_type import Array
from wasi_nn_conformance.models.expression import Input
from wasi_nn_conformance.models.model import Model, ModelError, Port
from wasi_nn_conformance.models.oracle import evaluate
from wasi_nn_conformance.vectors.tensor import TensorLiteral, tensor_literal

from .said import LineReply
from .wit_calls import NamedTensor

Outputs = Mapping[str, Array]
NamedInputs = Sequence[tuple[str, TensorLiteral | None]]


@dataclass
class Context:
    """An execution context; `outputs` are numpy's for the inputs that were set at the last `compute`.

    For an ABI that takes all inputs and gives all outputs in `compute`: `given` is what `set_input` has said, in
    its order, and `answered` what the last `compute` gave, by the model's names.
    """

    model: Model
    inputs: dict[str, Array] = field(default_factory=dict)
    outputs: Outputs | None = None
    given: dict[str, TensorLiteral] = field(default_factory=dict)
    answered: Mapping[str, NamedTensor] | LineReply | None = None
    _last: tuple[NamedInputs, Outputs | None] | None = None

    def copy(self) -> "Context":
        """Return the same context, to be moved apart from this one."""
        return replace(self, inputs=dict(self.inputs), given=dict(self.given))

    def set(self, name: Any, tensor: TensorLiteral) -> None:
        """Keep the tensor of one input, by its name or its index as `{raw: N}`, for the next `compute`.

        Without effect where the model has no such input, or the tensor no values.
        """
        index = name.get("raw") if isinstance(name, dict) else None
        if not tensor.is_consistent:
            return
        for number, port in enumerate(self.model.inputs):
            if name == port.name or index == number:
                self.inputs[port.name] = self._fitting(port.name, tensor.array)

    def computed(self) -> Outputs | None:
        """Return what the model must give for the inputs set; None, if inputs are missing or do not fit."""
        try:
            return evaluate(self.model, self.inputs)
        except ModelError:
            return None

    def computed_with(self, inputs: NamedInputs) -> Outputs | None:
        """Return what the model must give for these inputs alone; the last of a name counts.

        None, if they are not the model's inputs, do not fit, or are not known.
        """
        if self._last is None or (self._last[0] is not inputs and self._last[0] != inputs):
            self._last = inputs, self._evaluated(inputs)
        return self._last[1]

    def _evaluated(self, inputs: NamedInputs) -> Outputs | None:
        if all(tensor is not None and tensor.is_consistent for _, tensor in inputs):
            arrays = {name: self._fitting(name, tensor.array) for name, tensor in inputs if tensor is not None}
            with contextlib.suppress(ModelError):
                return evaluate(self.model, arrays)
        return None

    def _fitting(self, name: str, value: Array) -> Array:
        """Return `value` in the shape of its input: a host may take `[1]` for a scalar."""
        scalar = any(port.name == name and port.type.shape == () for port in self.model.inputs)
        return value.reshape(()) if scalar and value.size == 1 else value

    def output(self, name: Any) -> Port | None:
        """Return the output of that name, or of that index as `{raw: N}`, if there is one."""
        index = name.get("raw") if isinstance(name, dict) else None
        return next((p for number, p in enumerate(self.model.outputs) if p.name == name or index == number), None)

    def input_name(self, written: Any) -> str:
        """Return the name of an input as WIT takes it. Raises `ValueError` where it cannot be said or is none."""
        return _name(written, [port.name for port in self.model.inputs], "input")

    def output_name(self, written: Any) -> str:
        """Return the name of an output as WIT takes it. Raises `ValueError` where it cannot be said or is none."""
        return _name(written, [port.name for port in self.model.outputs], "output")

    def oracle(self, name: Any, outputs: Outputs | None = None) -> TensorLiteral | None:
        """Return numpy's output of that name for the last `compute`, or among `outputs`, if numpy knows one."""
        port, outputs = self.output(name), self.outputs if outputs is None else outputs
        if port is None or outputs is None:
            return None
        value = outputs[port.name]
        return TensorLiteral(port.type.element, value.shape, value.tobytes(), self._passes_through(port.name))

    def literal(self, name: Any, arguments: Mapping[str, Any]) -> TensorLiteral | None:
        """Return what an output must be: as a step's `is` says, else numpy's; None if that is `any` or unknown."""
        written = arguments.get("is", "oracle")
        if written == "oracle":
            return self.oracle(name)
        return None if written == "any" else tensor_literal(written)

    def _passes_through(self, name: str) -> bool:
        """Return whether the output is an input unchanged, so that every bit of it counts."""
        return any(output == name and isinstance(value, Input) for output, value in self.model.expressions)

    @property
    def other_names(self) -> dict[str, str]:
        """The name of each input that an output passes on, by that output's: one tensor may then have both names."""
        outputs = {name for name, _ in self.model.expressions}
        passed = {value.name: name for name, value in self.model.expressions if isinstance(value, Input)}
        return {name: other for other, name in passed.items() if other not in outputs}


def _name(written: Any, names: list[str], what: str) -> str:
    if isinstance(written, dict):
        if "beyond" not in written:
            raise ValueError(f"WIT names an {what}: an index cannot be said")
        return f"no-{what}-{written['beyond']}"
    if written not in names:
        raise ValueError(f"the model has no {what} {written!r}; it has {', '.join(names)}")
    return str(written)
