"""A model as OpenVINO IR, version 11: the XML of the network and the bytes of its weights.

Written with operations of opset1 alone and read by OpenVINO 2024 as well as 2026. Names stand on the tensors (attribute
`names` of output ports), which is where every OpenVINO API looks for them. The newer attribute `output_names` is left
out: with it OpenVINO 2026.4 forgets the input's name of an input that is passed on.
"""

from __future__ import annotations

from functools import singledispatchmethod
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

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
    TensorType,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasi_nn_conformance.models.model import Model

TYPES = {element: element.value for element in ElementType}
"""The names in the attributes `element_type` and `destination_type`."""

_PRECISIONS = {ElementType.F16: "FP16", ElementType.F32: "FP32", ElementType.F64: "FP64"}
_ALIGNMENT = 8  # bytes: the widest element, so that every constant can be read in place
_BINARY = {Add: "Add", Sub: "Subtract", Mul: "Multiply", Maximum: "Maximum", Minimum: "Minimum"}


def emit(model: Model) -> tuple[bytes, bytes]:
    """Return the XML (UTF-8) and the weights of `model`; the same model gives the same bytes.

    An input that is passed on is a Parameter joined directly to a Result: any operation between them would let the
    engine convert the values. Weights are never empty: a model without constants has 8 zero bytes that nothing refers
    to, because some hosts refuse an empty builder, which has nothing to do with what its model is there to show.
    """
    network = _Network(model)
    for expression in model.types():
        network.emit(expression)
    network.finish()
    ET.indent(network.root, space="\t")
    xml = ET.tostring(network.root, encoding="utf-8", xml_declaration=True)
    return xml + b"\n", bytes(network.weights) or bytes(_ALIGNMENT)


def _dims(parent: ET.Element, of: TensorType) -> None:
    for dim in of.shape:
        ET.SubElement(parent, "dim").text = "-1" if dim is None else str(dim)


def _precision(of: TensorType) -> str:
    """Return the name in the attribute `precision` of a port."""
    return _PRECISIONS.get(of.element, of.element.upper())


def _shape(of: TensorType) -> str:
    return ",".join("?" if dim is None else str(dim) for dim in of.shape)


class _Network:
    """The XML under construction. A port is (id of the layer, number of the port, type of its tensor)."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.types = model.types()
        self.root = ET.Element("net", name=model.title or model.id, version="11")
        self.layers = ET.SubElement(self.root, "layers")
        self.edges = ET.SubElement(self.root, "edges")
        self.weights = bytearray()
        self.ports: dict[Expression, tuple[int, int, TensorType]] = {}
        self.constants: dict[bytes, int] = {}
        self.layer_names: set[str] = {port.name for port in (*model.inputs, *model.outputs)}

    def names(self, expression: Expression) -> list[str]:
        """Return the names of the tensor: the input's own first, then those of the outputs that are this expression."""
        names = [expression.name] if isinstance(expression, Input) else []
        return names + [name for name, value in self.model.expressions if value == expression and name not in names]

    def layer(
        self,
        kind: str,
        operands: Sequence[Expression],
        outputs: Sequence[tuple[TensorType, list[str]]],
        name: str = "",
        **data: str,
    ) -> int:
        """Append a layer and the edges from its operands; return its id. Output ports follow the input ports."""
        number = len(self.layers)
        layer = ET.SubElement(self.layers, "layer", id=str(number), name=name or self._fresh(kind, outputs))
        layer.attrib |= {"type": kind, "version": "opset1"}
        if data:
            ET.SubElement(layer, "data", data)
        if operands:
            ports = ET.SubElement(layer, "input")
            for index, operand in enumerate(operands):
                source, port, of = self.ports[operand]
                _dims(ET.SubElement(ports, "port", id=str(index), precision=_precision(of)), of)
                edge = {"from-layer": source, "from-port": port, "to-layer": number, "to-port": index}
                ET.SubElement(self.edges, "edge", {key: str(value) for key, value in edge.items()})
        if outputs:
            ports = ET.SubElement(layer, "output")
            for index, (of, names) in enumerate(outputs, start=len(operands)):
                port_element = ET.SubElement(ports, "port", id=str(index), precision=_precision(of))
                if names:
                    port_element.set("names", ",".join(names))
                _dims(port_element, of)
        return number

    def _fresh(self, kind: str, outputs: Sequence[tuple[TensorType, list[str]]]) -> str:
        """Name a layer after its only output, or make up a name that nothing else has."""
        if len(outputs) == 1 and outputs[0][1]:
            return outputs[0][1][0]
        number = len(self.layers)
        while (name := f"{kind}_{number}") in self.layer_names:
            number += 1
        self.layer_names.add(name)
        return name

    def operation(self, kind: str, of: Expression, operands: Sequence[Expression], **data: str) -> None:
        """Append the layer with one output that computes `of`."""
        number = self.layer(kind, operands, [(self.types[of], self.names(of))], **data)
        self.ports[of] = (number, len(operands), self.types[of])

    def integers(self, values: Sequence[int], shape: tuple[int, ...]) -> Constant:
        """Return an argument such as axes the form that the operation reads: a constant i64 tensor."""
        constant = Constant(ElementType.I64, shape, np.array(values, dtype="<i8").tobytes())
        if constant not in self.types:
            self.types[constant] = TensorType(constant.element, constant.shape)
        if constant not in self.ports:
            self.emit(constant)
        return constant

    def finish(self) -> None:
        """Append the Results, in the order of the outputs."""
        for name, expression in self.model.expressions:
            self.layer("Result", [expression], [], name=f"{name}/sink_port_0")

    @singledispatchmethod
    def emit(self, expression: Expression) -> None:
        """Append what computes `expression`, whose operands stand already."""
        raise TypeError(f"no OpenVINO IR for {type(expression).__name__}")

    @emit.register
    def _(self, expression: Input) -> None:
        of = self.types[expression]
        self.operation("Parameter", expression, [], shape=_shape(of), element_type=TYPES[of.element])

    @emit.register
    def _(self, expression: Constant) -> None:
        if expression in self.ports:  # an operation's axes came first
            return
        offset = self.constants.get(expression.data)
        if offset is None:
            self.weights += bytes(-len(self.weights) % _ALIGNMENT)
            offset = self.constants[expression.data] = len(self.weights)
            self.weights += expression.data
        self.operation(
            "Const",
            expression,
            [],
            element_type=TYPES[expression.element],
            shape=_shape(self.types[expression]),
            offset=str(offset),
            size=str(len(expression.data)),
        )

    @emit.register(Add)
    @emit.register(Sub)
    @emit.register(Mul)
    @emit.register(Maximum)
    @emit.register(Minimum)
    def _(self, expression: Add | Sub | Mul | Maximum | Minimum) -> None:
        self.operation(_BINARY[type(expression)], expression, expression.operands, auto_broadcast="numpy")

    @emit.register
    def _(self, expression: MatMul) -> None:
        self.operation("MatMul", expression, expression.operands, transpose_a="false", transpose_b="false")

    @emit.register
    def _(self, expression: Neg) -> None:
        self.operation("Negative", expression, expression.operands)

    @emit.register
    def _(self, expression: Abs) -> None:
        self.operation("Abs", expression, expression.operands)

    @emit.register
    def _(self, expression: Relu) -> None:
        self.operation("ReLU", expression, expression.operands)

    @emit.register
    def _(self, expression: Cast) -> None:
        self.operation("Convert", expression, expression.operands, destination_type=TYPES[expression.to])

    @emit.register
    def _(self, expression: Transpose) -> None:
        order = self.integers(expression.permutation, (len(expression.permutation),))
        self.operation("Transpose", expression, [expression.of, order])

    @emit.register
    def _(self, expression: Reshape) -> None:
        pattern = self.integers(expression.shape, (len(expression.shape),))
        self.operation("Reshape", expression, [expression.of, pattern], special_zero="false")

    @emit.register(Squeeze)
    @emit.register(Unsqueeze)
    def _(self, expression: Squeeze | Unsqueeze) -> None:
        axes = self.integers([expression.axis], (1,))
        self.operation(type(expression).__name__, expression, [expression.of, axes])

    @emit.register
    def _(self, expression: Concat) -> None:
        self.operation("Concat", expression, expression.operands, axis=str(expression.axis))

    @emit.register
    def _(self, expression: Split) -> None:
        if expression in self.ports:  # another part of the same split came first
            return
        parts = expression.all_parts()
        axis = self.integers([expression.axis], ())
        operands, data = [expression.of, axis], {"num_splits": str(expression.parts)}
        if expression.lengths:
            operands, data = [*operands, self.integers(expression.lengths, (expression.parts,))], {}
        types = [part.infer((self.types[expression.of],)) for part in parts]
        outputs = [(of, self.names(part)) for of, part in zip(types, parts, strict=True)]
        number = self.layer("VariadicSplit" if expression.lengths else "Split", operands, outputs, **data)
        self.ports |= {part: (number, len(operands) + part.index, of) for of, part in zip(types, parts, strict=True)}

    @emit.register
    def _(self, expression: ReduceSum) -> None:
        axes = self.integers([expression.axis], (1,))
        self.operation("ReduceSum", expression, [expression.of, axes], keep_dims="false")
