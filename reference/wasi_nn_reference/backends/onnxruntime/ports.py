"""Inputs and outputs of a session of onnxruntime as wasi-nn has them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wasi_nn_reference.backends.backend import Port
from wasi_nn_reference.backends.formats import onnx
from wasi_nn_reference.errors import unsupported
from wasi_nn_reference.limits import limit_text
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Iterable

TENSOR_TYPES = {
    "tensor(float16)": TensorType.F16,
    "tensor(bfloat16)": TensorType.BF16,
    "tensor(float)": TensorType.F32,
    "tensor(double)": TensorType.F64,
    "tensor(uint8)": TensorType.U8,
    "tensor(int32)": TensorType.I32,
    "tensor(int64)": TensorType.I64,
}


# They add i64 up in f64, measured on onnxruntime 1.22 to 1.32: numbers of 32 bits come out exact, those of 53 do not.
_ADDING_UP = {"ReduceSum", "ReduceMean", "ReduceSumSquare", "ReduceL1", "ReduceL2"}


class Ports:
    """Those of one session, in the model's order; raises `unsupported_operation` for a type that wasi-nn lacks."""

    def __init__(self, session: Any, model: bytes) -> None:
        free = onnx.ports_of_any_rank(model)
        adds_up = not _ADDING_UP.isdisjoint(onnx.operators(model))
        self.inputs = tuple(_port(each, free, adds_up=adds_up) for each in session.get_inputs())
        self.outputs = tuple(_port(each, free) for each in session.get_outputs())


def _port(argument: Any, free: set[str], *, adds_up: bool = False) -> Port:
    tensor_type = TENSOR_TYPES.get(argument.type)
    if tensor_type is None:
        raise unsupported(
            f"the model has an input or output of type {_named(argument.type)}, which wasi-nn does not have"
        )
    # Of a scalar and of a tensor of any rank it says the same: no dimensions.
    if not argument.shape and argument.name in free:
        return Port(argument.name, tensor_type, None)
    # A dimension without a number has a name, or none.
    shape = tuple(extent if isinstance(extent, int) and extent >= 0 else None for extent in argument.shape)
    return Port(argument.name, tensor_type, shape, narrow=adds_up and tensor_type is TensorType.I64)


def large_tensor(ports: Iterable[Port], limit: int) -> str | None:
    """Return what is wrong with an input or output of fixed shape that takes more than `limit` bytes."""
    for port in ports:
        if port.shape is not None and None not in port.shape:
            size = math.prod(extent or 0 for extent in port.shape) * port.type.size
            if size > limit:
                return f"the model has the tensor {port.name!r} of {size} bytes; {limit_text('tensor_bytes', limit)}"
    return None


def _named(kind: str) -> str:
    """Return `string` of `tensor(string)`; what is no tensor stays as it is."""
    return kind.removeprefix("tensor(").removesuffix(")") if kind.startswith("tensor(") else kind
