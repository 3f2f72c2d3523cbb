"""Tensors as numpy has them: types by their little-endian dtypes. numpy has no bf16."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from wasi_nn_reference.tensor import Tensor

DTYPES = {
    TensorType.U8: "|u1",
    TensorType.I32: "<i4",
    TensorType.I64: "<i8",
    TensorType.F16: "<f2",
    TensorType.F32: "<f4",
    TensorType.F64: "<f8",
}


def array_of(tensor: Tensor) -> Any:
    """Return an array of the tensor's shape that shares its bytes; bf16 is u16 there, bit for bit."""
    return np.frombuffer(tensor.data, DTYPES.get(tensor.type, "<u2")).reshape(tensor.dimensions)
