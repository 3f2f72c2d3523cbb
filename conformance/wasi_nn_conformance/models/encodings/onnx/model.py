"""A model as ONNX, through the package `onnx`, which takes a while to import: only when a model is emitted.

Operator set 14 in IR version 7 (ONNX 1.9, 2021) is the oldest that adds u8.
"""

from __future__ import annotations

from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from wasi_nn_conformance.models.arrangement import Concat, Reshape, Split, Squeeze, Transpose, Unsqueeze
from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.models.expression import (
    Abs,
    Add,
    Cast,
    Constant,
    Expression,
    Input,
    MatMul,
    Maximum,
    Minimum,
    Mul,
    Neg,
    ReduceSum,
    Relu,
    Sub,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wasi_nn_conformance.models.model import Model, Port

OPERATOR_SET = 14
IR_VERSION = 7

TYPES = {
    ElementType.F16: "FLOAT16",
    ElementType.F32: "FLOAT",
    ElementType.F64: "DOUBLE",
    ElementType.BF16: "BFLOAT16",
    ElementType.U8: "UINT8",
    ElementType.I32: "INT32",
    ElementType.I64: "INT64",
}
"""The names in the enumeration `TensorProto.DataType`."""

_SAME_NAME: Mapping[type[Expression], str] = {
    **{operation: operation.__name__ for operation in (Abs, Add, MatMul, Mul, Neg, Relu, Sub)},
    Maximum: "Max",
    Minimum: "Min",
}


def emit(model: Model) -> bytes:
    """Return the ModelProto of `model`, serialized; the same model gives the same bytes.

    An input passed on under its own name is listed as an output, with no node. Passed on under another name it goes
    through an Identity node. A constant is an initializer, or a Constant node if it is an output. An input that no
    output depends on is read by an Identity node, or OpenVINO would not list it.

    Raises onnx's own ValidationError if this module made a model that is none.
    """
    from onnx import checker, helper  # noqa: PLC0415  slow, and not needed for committed models

    graph = _Graph(model)
    for expression in model.types():
        graph.emit(expression)
    graph.finish()
    proto = helper.make_model(
        helper.make_graph(
            graph.nodes,
            model.title or model.id,
            [_value_info(port) for port in model.inputs],
            [_value_info(port) for port in model.outputs],
            graph.initializers,
        ),
        producer_name="wasi-nn-conformance",
        opset_imports=[helper.make_opsetid("", OPERATOR_SET)],
        ir_version=IR_VERSION,
    )
    checker.check_model(proto, full_check=True)
    serialized: bytes = proto.SerializeToString(deterministic=True)
    return serialized


def _data_type(element: ElementType) -> int:
    from onnx import TensorProto  # noqa: PLC0415  slow, and not needed for committed models

    return int(TensorProto.DataType.Value(TYPES[element]))


def _value_info(port: Port) -> Any:
    from onnx import helper  # noqa: PLC0415  slow, and not needed for committed models

    shape = [f"{port.name}_{axis}" if dim is None else dim for axis, dim in enumerate(port.type.shape)]
    return helper.make_tensor_value_info(port.name, _data_type(port.type.element), shape)


class _Graph:
    """Nodes and initializers under construction. A value is known by its name."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.names: dict[Expression, str] = {Input(port.name): port.name for port in model.inputs}
        self.taken = {port.name for port in (*model.inputs, *model.outputs)}
        self.wanted: dict[Expression, str] = {}
        for name, expression in model.expressions:
            if not isinstance(expression, Input):
                self.wanted.setdefault(expression, name)

    def name(self, expression: Expression) -> str:
        """Name the value after the output that it is, or make up a name that nothing else has."""
        return self.wanted.get(expression) or self._fresh(type(expression).__name__.lower())

    def _fresh(self, stem: str) -> str:
        number = 0
        while (name := f"{stem}_{number}") in self.taken:
            number += 1
        self.taken.add(name)
        return name

    def node(self, kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> None:
        """Append a node, named after its first output."""
        from onnx import helper  # noqa: PLC0415  slow, and not needed for committed models

        self.nodes.append(helper.make_node(kind, inputs, outputs, name=outputs[0], **attributes))

    def operation(self, kind: str, of: Expression, *arguments: Constant, **attributes: Any) -> None:
        """Append the node with one output that computes `of` from its operands and then `arguments`."""
        inputs = [*(self.names[operand] for operand in of.operands), *map(self.constant, arguments)]
        self.names[of] = self.name(of)
        self.node(kind, inputs, [self.names[of]], **attributes)

    def constant(self, constant: Constant) -> str:
        """Append a constant, once, and return its name."""
        from onnx import helper  # noqa: PLC0415  slow, and not needed for committed models

        if constant not in self.names:
            name = self.names[constant] = self.name(constant)
            tensor = helper.make_tensor(name, _data_type(constant.element), constant.shape, constant.data, raw=True)
            if constant in self.wanted:
                self.node("Constant", [], [name], value=tensor)
            else:
                self.initializers.append(tensor)
        return self.names[constant]

    def finish(self) -> None:
        """Append what gives every output a value of its own name, and every input a reader."""
        for name, expression in self.model.expressions:
            if self.names[expression] != name:
                self.node("Identity", [self.names[expression]], [name])
        used = {operand for expression in self.names for operand in expression.operands}
        used |= {expression for _, expression in self.model.expressions}
        for port in self.model.inputs:
            if Input(port.name) not in used:
                self.node("Identity", [port.name], [self._fresh("unused")])

    @singledispatchmethod
    def emit(self, expression: Expression) -> None:
        """Append what computes `expression`, whose operands stand already."""
        self.operation(_SAME_NAME[type(expression)], expression)

    @emit.register
    def _(self, expression: Input) -> None:
        """Append nothing: inputs are listed in the graph itself."""

    @emit.register
    def _(self, expression: Constant) -> None:
        self.constant(expression)

    @emit.register
    def _(self, expression: Cast) -> None:
        self.operation("Cast", expression, to=_data_type(expression.to))

    @emit.register
    def _(self, expression: Transpose) -> None:
        self.operation("Transpose", expression, perm=list(expression.permutation))

    @emit.register
    def _(self, expression: Reshape) -> None:
        self.operation("Reshape", expression, _integers(expression.shape), allowzero=1)

    @emit.register(Squeeze)
    @emit.register(Unsqueeze)
    def _(self, expression: Squeeze | Unsqueeze) -> None:
        self.operation(type(expression).__name__, expression, _integers([expression.axis]))

    @emit.register
    def _(self, expression: Concat) -> None:
        self.operation("Concat", expression, axis=expression.axis)

    @emit.register
    def _(self, expression: Split) -> None:
        if expression in self.names:  # another part of the same split came first
            return
        parts = expression.all_parts()
        self.names |= {part: self.name(part) for part in parts}
        inputs = [self.names[expression.of]]
        if expression.lengths:
            inputs.append(self.constant(_integers(expression.lengths)))
        self.node("Split", inputs, [self.names[part] for part in parts], axis=expression.axis)

    @emit.register
    def _(self, expression: ReduceSum) -> None:
        self.operation("ReduceSum", expression, _integers([expression.axis]), keepdims=0)


def _integers(values: Sequence[int]) -> Constant:
    return Constant(ElementType.I64, (len(values),), np.array(values, dtype="<i8").tobytes())
