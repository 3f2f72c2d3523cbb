"""Graphs that numpy computes, because OpenVINO's CPU plugin does not compute their types as declared.

Measured on openvino 2026.4.1: the plugin keeps the low 32 bits of i64, saturates u8 sums, takes
i32 matrix products through f32 and computes f64 in f32 (all but a direct Parameter -> Result). The
library's own reference implementation (`Model.evaluate`) is no way out: it lacks f64 and much of
u8, and its integer Divide by zero kills the process.

So a graph is planned here if it is of u8, i32, i64 or f64, or computes with these among f16 and f32,
and all its operators are in `OPERATORS`. Integers wrap. Semantics are those of OpenVINO's opset 1
(https://docs.openvino.ai/2026/documentation/openvino-ir-format/operation-sets.html).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wasi_nn_reference.backends.arrays import DTYPES, array_of
from wasi_nn_reference.errors import ErrorCode, WasiNnError, too_large
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wasi_nn_reference.backends.backend import Port

_Array = np.ndarray[Any, np.dtype[Any]]

_INEXACT = {"u8", "i32", "i64", "f64"}  # what the plugin does not compute as declared
_ELEMENT_TYPES = {each.value for each in DTYPES}
# Operators that make no numbers: the plugin keeps every bit of what goes through them.
_MOVING = {"Concat", "Convert", "Reshape", "Split", "Squeeze", "Transpose", "Unsqueeze", "VariadicSplit"}

# Elements made, and for matrix products added up, by one run: well under a second. Larger graphs
# go to the plugin, which has threads and can be cancelled; where shapes are free, the run is refused.
MAX_WORK = 2**27


@dataclass(frozen=True)
class _Step:
    """One operator: which values it takes and how it makes values of them."""

    operation: Callable[..., Any]
    sources: tuple[tuple[str, int], ...]
    name: str
    kind: str


class Plan:
    """A graph as a list of numpy operations; see `wasi_nn_reference.backends.backend.BackendRequest`.

    It keeps nothing between runs, so one plan serves all requests of a graph.
    """

    def __init__(self, model: Any, outputs: tuple[Port, ...]) -> None:
        self._outputs = outputs
        self._is_dynamic = bool(model.is_dynamic())
        self._constants: dict[tuple[str, int], _Array] = {}
        self._steps: list[_Step] = []
        for node in model.get_ordered_ops():
            kind = node.get_type_name()
            sources = tuple(_source(port) for port in node.inputs())
            if kind == "Constant":
                self._constants[node.get_name(), 0] = np.array(node.get_data())
            elif kind in OPERATORS:
                self._steps.append(_Step(OPERATORS[kind](node.get_attributes()), sources, node.get_name(), kind))
        self._parameters = [(node.get_name(), 0) for node in model.get_parameters()]
        self._results = [_source(node.inputs()[0]) for node in model.get_results()]

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:  # noqa: ARG002 - work is bounded
        """See `BackendRequest.infer`; `MAX_WORK` keeps it short of any deadline. Raises `too_large` beyond it."""
        values = dict(self._constants)
        work = 0
        for key, tensor in zip(self._parameters, inputs, strict=True):
            values[key] = array_of(tensor)
        try:
            with np.errstate(all="ignore"):
                for step in self._steps:
                    arrays = [values[source] for source in step.sources]
                    work += _work(step.kind, arrays) if self._is_dynamic else 0
                    if work > MAX_WORK:
                        raise too_large("shapes like these make more work than integers and f64 are computed with")
                    made = step.operation(*arrays)
                    for index, array in enumerate(made if isinstance(made, (list, tuple)) else (made,)):
                        values[step.name, index] = array
        except (ValueError, TypeError, IndexError) as error:
            raise WasiNnError(ErrorCode.RUNTIME_ERROR, f"the graph cannot be computed: {error}") from error
        return [self._tensor(port, values[key]) for port, key in zip(self._outputs, self._results, strict=True)]

    def _tensor(self, port: Port, array: _Array) -> Tensor:
        return Tensor(port.type, array.shape, array.astype(DTYPES[port.type], copy=False).tobytes())


def can_plan(model: Any) -> bool:
    """Return whether `Plan` computes the model, and exactly where the plugin would not."""
    work = 0
    types, computed = set(), set()
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind not in OPERATORS and kind not in {"Parameter", "Constant", "Result"}:
            return False
        if node.get_attributes().get("auto_broadcast", "numpy") not in {"numpy", "none"}:
            return False
        for output in node.outputs():
            element_type = output.get_element_type().to_string()
            if element_type not in _ELEMENT_TYPES:
                return False
            types.add(element_type)
            if kind in OPERATORS and kind not in _MOVING:
                computed.add(element_type)
            if output.get_partial_shape().is_static:
                work += math.prod(output.get_shape()) * _terms(node)
    return work <= MAX_WORK and (types <= _INEXACT or bool(computed & _INEXACT))


def _terms(node: Any) -> int:
    """Return, at most, how many products make one element of the node's output."""
    if node.get_type_name() != "MatMul" or node.input_value(0).get_partial_shape().is_dynamic:
        return 1
    return max(list(node.input_value(0).get_shape())[-2:], default=1)


def _work(kind: str, arrays: Sequence[_Array]) -> int:
    """Return, at most, how many elements an operator makes of these arrays, or adds up."""
    if kind == "MatMul":
        left, right = arrays
        return left.size * max(right.shape[-2:], default=1) + right.size * max(left.shape[-2:], default=1)
    if kind in _MOVING or kind == "ReduceSum":
        return sum(array.size for array in arrays)
    return math.prod(np.broadcast_shapes(*(array.shape for array in arrays)))


def _source(port: Any) -> tuple[str, int]:
    output = port.get_source_output()
    return output.get_node().get_name(), output.get_index()


def _as_is(function: Callable[..., Any]) -> Callable[[dict[str, Any]], Callable[..., Any]]:
    return lambda _attributes: function


def _convert(attributes: dict[str, Any]) -> Callable[..., Any]:
    dtype = DTYPES[TensorType(attributes["destination_type"])]
    return lambda array: array.astype(dtype)


def _relu(array: _Array) -> _Array:
    return np.asarray(np.maximum(array, array.dtype.type(0)))


def _matmul(attributes: dict[str, Any]) -> Callable[..., Any]:
    def multiply(left: _Array, right: _Array) -> _Array:
        if attributes["transpose_a"] and left.ndim > 1:
            left = np.swapaxes(left, -1, -2)
        if attributes["transpose_b"] and right.ndim > 1:
            right = np.swapaxes(right, -1, -2)
        return np.asarray(np.matmul(left, right))

    return multiply


def _reshape(attributes: dict[str, Any]) -> Callable[..., Any]:
    def reshape(array: _Array, pattern: _Array) -> _Array:
        keep_zeros = attributes["special_zero"]  # 0 then means: as it was
        return array.reshape(
            [
                array.shape[axis] if keep_zeros and extent == 0 else int(extent)
                for axis, extent in enumerate(pattern.reshape(-1))
            ]
        )

    return reshape


def _transpose(array: _Array, order: _Array) -> _Array:
    return array.transpose(order.tolist() or None)


def _squeeze(array: _Array, axes: _Array | None = None) -> _Array:
    return array.squeeze(None if axes is None else _axes(axes))


def _unsqueeze(array: _Array, axes: _Array) -> _Array:
    return np.expand_dims(array, _axes(axes))


def _concat(attributes: dict[str, Any]) -> Callable[..., Any]:
    return lambda *arrays: np.concatenate(arrays, attributes["axis"])


def _split(attributes: dict[str, Any]) -> Callable[..., Any]:
    return lambda array, axis: np.split(array, attributes["num_splits"], int(axis))


def _variadic_split(array: _Array, axis: _Array, lengths: _Array) -> list[_Array]:
    rest = array.shape[int(axis)] - sum(length for length in lengths.tolist() if length >= 0)
    ends = np.cumsum([length if length >= 0 else rest for length in lengths.tolist()])
    return np.split(array, ends[:-1], int(axis))


def _reduce_sum(attributes: dict[str, Any]) -> Callable[..., Any]:
    return lambda array, axes: np.asarray(
        array.sum(_axes(axes), dtype=array.dtype, keepdims=bool(attributes["keep_dims"]))
    )


def _axes(array: _Array) -> tuple[int, ...]:
    return tuple(int(axis) for axis in array.reshape(-1))


# From an operator's name to what makes, of its attributes, the function of its inputs.
OPERATORS: dict[str, Callable[[dict[str, Any]], Callable[..., Any]]] = {
    "Add": _as_is(np.add),
    "Subtract": _as_is(np.subtract),
    "Multiply": _as_is(np.multiply),
    "Maximum": _as_is(np.maximum),
    "Minimum": _as_is(np.minimum),
    "Negative": _as_is(np.negative),
    "Abs": _as_is(np.abs),
    "Relu": _as_is(_relu),
    "Convert": _convert,
    "MatMul": _matmul,
    "ReduceSum": _reduce_sum,
    "Concat": _concat,
    "Split": _split,
    "VariadicSplit": _as_is(_variadic_split),
    "Transpose": _as_is(_transpose),
    "Reshape": _reshape,
    "Squeeze": _as_is(_squeeze),
    "Unsqueeze": _as_is(_unsqueeze),
}
