"""A model: named inputs, and named outputs computed from them. Formats, files and expected numbers come from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .expression import Expression, ExpressionError, Input, TensorType

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_UNUSABLE = re.compile(r"[,\x00-\x1f\x7f\ud800-\udfff]")


class ModelError(ValueError):
    """A model that is not well formed, or that was asked for what it does not have. The message names the model.

    `index` is the place of its definition in the list of definitions, if it came from one.
    """

    def __init__(self, model_id: str, message: str) -> None:
        super().__init__(f"model {model_id!r}: {message}")
        self.model_id = model_id
        self.index: int | None = None


@dataclass(frozen=True)
class Port:
    """An input or output of a model: its name and the type of its tensor."""

    name: str
    type: TensorType

    def __str__(self) -> str:
        return f"{self.name}: {self.type}"


@dataclass(frozen=True)
class Model:
    """Inputs and outputs in the order of their index; `expressions` are the outputs' names and what they are.

    `title` is what a file calls the model, where that is not its id.
    `outputs`, their names and types, follow. An output may bear an input's name only if it is that input unchanged:
    in ONNX a name is a value, and in OpenVINO IR an unchanged input is one tensor with one set of names.

    Raises ModelError if a name is empty, given twice or not writable in every format (a comma or a control
    character), an expression names no input, or an expression has no value.
    """

    id: str
    inputs: tuple[Port, ...]
    expressions: tuple[tuple[str, Expression], ...]
    why: str = field(default="", compare=False)
    title: str = field(default="", compare=False)
    outputs: tuple[Port, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ModelError(self.id, "an id is lower-case words and numbers joined by '-': it names files")
        if not self.expressions:
            raise ModelError(self.id, "has no output")
        self._check_names([port.name for port in self.inputs], "input")
        self._check_names([name for name, _ in self.expressions], "output")
        types: dict[Expression, TensorType] = {Input(port.name): port.type for port in self.inputs}
        outputs = []
        for name, expression in self.expressions:
            try:
                outputs.append(Port(name, self._infer(expression, types)))
            except ExpressionError as error:
                raise ModelError(self.id, f"output {name!r}: {error}") from None
            if Input(name) in types and expression != Input(name):
                raise ModelError(self.id, f"output {name!r} has an input's name but is not that input")
        object.__setattr__(self, "outputs", tuple(outputs))

    def _check_names(self, names: list[str], kind: str) -> None:
        for name in names:
            if not name or _UNUSABLE.search(name):
                raise ModelError(self.id, f"the {kind} name {name!r} is empty or holds a comma or a control character")
            if names.count(name) > 1:
                raise ModelError(self.id, f"two {kind}s are called {name!r}")

    def _infer(self, expression: Expression, types: dict[Expression, TensorType]) -> TensorType:
        if expression not in types:
            if isinstance(expression, Input):
                known = ", ".join(repr(port.name) for port in self.inputs) or "none"
                raise ExpressionError(f"there is no input {expression.name!r}; known: {known}")
            operands = tuple(self._infer(operand, types) for operand in expression.operands)
            types[expression] = expression.infer(operands)
        return types[expression]

    def types(self) -> dict[Expression, TensorType]:
        """Return the type of every expression in the model, operands before what is computed from them.

        All inputs are there, in order and first, whether used or not.
        """
        types: dict[Expression, TensorType] = {Input(port.name): port.type for port in self.inputs}
        for _, expression in self.expressions:
            self._infer(expression, types)
        return types

    def input_index(self, name: str) -> int:
        """Return the index of the input `name`. Raises ModelError if there is none."""
        return self._index(self.inputs, name, "input")

    def _index(self, ports: tuple[Port, ...], name: str, kind: str) -> int:
        for index, port in enumerate(ports):
            if port.name == name:
                return index
        known = ", ".join(repr(port.name) for port in ports) or "none"
        raise ModelError(self.id, f"there is no {kind} {name!r}; known: {known}")
