"""What OpenVINO's CPU plugin does not compute as declared, and the way around it.

Measured on openvino 2026.4.1: the plugin keeps the low 32 bits of i64, saturates u8 sums, takes
i32 matrix products through f32 and computes f64 in f32 (all but a direct Parameter -> Result).
`Model.evaluate`, the library's reference implementation, is exact for all of these, so graphs
that consist only of operators known to be right and safe there are evaluated by it:

* operators that only move data, for every type;
* sums, products and the like, if every type in the graph is u8, i32 or i64. They wrap. For u8 the
  reference lacks some of them; those are computed in i32 and cut to 8 bits, which is the same.

The list is closed because others are not safe there: Divide by zero kills the process, GatherND
checks no index. Evaluation also holds Python's lock, so no deadline can end it; therefore graphs
with more work than `MAX_WORK` operations go to the plugin.

For all other graphs i64 inputs are narrow (the host refuses values outside i32), and f64 is refused
unless it goes directly from input to output.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov
from openvino import opset13

from wasi_nn_reference.errors import ErrorCode, WasiNnError, unsupported
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasi_nn_reference.backends import Port

_EDGES = {"Parameter", "Result", "Constant"}
_MOVES = {"Concat", "Split", "VariadicSplit", "Transpose", "Reshape", "Squeeze", "Unsqueeze"}
_ARITHMETIC = {"Add", "Subtract", "Multiply", "MatMul", "Relu", "Maximum", "Minimum", "Abs", "Negative"}
_NOT_FOR_U8 = {"Multiply", "MatMul", "Relu", "Maximum", "Minimum"}
_INTEGERS = {ov.Type.u8, ov.Type.i32, ov.Type.i64}

# About half a second of the reference's plain loops.
MAX_WORK = 2**27

OV_TYPES = {
    TensorType.F16: ov.Type.f16,
    TensorType.BF16: ov.Type.bf16,
    TensorType.F32: ov.Type.f32,
    TensorType.F64: ov.Type.f64,
    TensorType.U8: ov.Type.u8,
    TensorType.I32: ov.Type.i32,
    TensorType.I64: ov.Type.i64,
}


def empty(tensor_type: TensorType, dimensions: tuple[int, ...]) -> Any:
    """Return a new engine tensor; its contents are undefined."""
    return ov.Tensor(OV_TYPES[tensor_type], ov.Shape(dimensions))


def raw(tensor: Any) -> Any:
    """Return the bytes of an engine's tensor as a flat array that shares its memory."""
    return tensor.data.reshape(-1).view(np.uint8)


def copy_into(view: Any, data: bytes) -> None:
    """Copy `data` into a view that `raw` made."""
    view[...] = np.frombuffer(data, np.uint8)


def is_exact(model: Any) -> bool:
    """Tell whether `Evaluation` may compute the model."""
    nodes = model.get_ordered_ops()
    kinds = {node.get_type_name() for node in nodes}
    if not kinds <= _EDGES | _MOVES | _ARITHMETIC or not model.inputs:
        return False
    types = {output.get_element_type() for node in nodes for output in node.outputs()}
    if kinds & _ARITHMETIC:
        if not types <= _INTEGERS or (ov.Type.u8 in types and "Abs" in kinds):
            return False
    elif not types & (_INTEGERS | {ov.Type.f64}):
        return False  # the plugin moves the other types rightly, and with a deadline
    return _work(nodes) <= MAX_WORK


def _work(nodes: Sequence[Any]) -> float:
    """Return how many elements are made, and for matrix products added up; infinite if shapes are free."""
    total = 0.0
    for node in nodes:
        for output in node.outputs():
            partial = output.get_partial_shape()
            if partial.is_dynamic:
                return math.inf
            elements = math.prod(partial.to_shape())
            if node.get_type_name() == "MatMul":
                rows = node.input_value(0).get_shape()
                elements *= max(rows[-2:], default=1)
            total += elements
    return total


def narrow_inputs(model: Any) -> set[int]:
    """Return the indices of the i64 inputs that the CPU plugin computes with in 32 bits."""
    return {
        index
        for index, port in enumerate(model.inputs)
        if port.get_element_type() == ov.Type.i64 and not _only_passed_on(port)
    }


def refuse_f64(model: Any) -> None:
    """Raise `unsupported_operation` if the CPU plugin would compute with f64, which it does in f32."""
    for node in model.get_ordered_ops():
        for output in node.outputs():
            if output.get_element_type() == ov.Type.f64 and node.get_type_name() != "Result":
                if node.get_type_name() == "Parameter" and _only_passed_on(output):
                    continue
                raise unsupported("the model computes with f64, which this engine would do in f32")


def _only_passed_on(port: Any) -> bool:
    return all(target.get_node().get_type_name() == "Result" for target in port.get_target_inputs())


def widen_u8(model: Any) -> None:
    """Rewrite the u8 operators that the reference lacks: compute in i32, keep the low 8 bits."""
    for node in model.get_ordered_ops():
        if node.get_type_name() not in _NOT_FOR_U8 or node.get_output_element_type(0) != ov.Type.u8:
            continue
        for port in node.inputs():
            port.replace_source_output(opset13.convert(port.get_source_output(), "i32").output(0))
        targets = node.output(0).get_target_inputs()
        node.validate_and_infer_types()
        narrowed = opset13.convert(node, "u8").output(0)
        for target in targets:
            target.replace_source_output(narrowed)
    model.validate_nodes_and_infer_types()


class Evaluation:
    """A request computed by the library's reference implementation; see `BackendRequest`."""

    def __init__(self, model: Any, outputs: tuple[Port, ...]) -> None:
        self._model = model
        self._outputs = outputs

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:  # noqa: ARG002 - work is bounded
        """See `BackendRequest.infer`; it ends by itself, `MAX_WORK` sees to that."""
        arguments = []
        for tensor in inputs:
            argument = empty(tensor.type, tensor.dimensions)
            copy_into(raw(argument), tensor.data)
            arguments.append(argument)
        results = [empty(port.type, tuple(each or 0 for each in port.shape or ())) for port in self._outputs]
        try:
            done = self._model.evaluate(results, arguments)
        except RuntimeError as error:
            raise WasiNnError(ErrorCode.RUNTIME_ERROR, "OpenVINO's reference implementation failed") from error
        if not done:
            raise WasiNnError(ErrorCode.RUNTIME_ERROR, "OpenVINO's reference implementation refused the model")
        return [
            Tensor(port.type, tuple(result.shape), result.data.tobytes())
            for port, result in zip(self._outputs, results, strict=True)
        ]
