"""Types of OpenVINO: their names here, and where the CPU plugin computes in others than declared.

For graphs that `numpy_plan` does not take: i64 inputs are narrow, because the plugin keeps 32 bits
(the host refuses values outside i32), and f64 is refused unless it goes directly from an input to an
output, because the plugin computes it in f32. Not refused, and not exact in the plugin: u8 sums
saturate, i32 products go through f32, i64 made inside a graph has 32 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov

from wasi_nn_reference.backends.arrays import DTYPES, array_of
from wasi_nn_reference.errors import unsupported
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from wasi_nn_reference.tensor import Tensor

OV_TYPES = {
    TensorType.F16: ov.Type.f16,
    TensorType.BF16: ov.Type.bf16,
    TensorType.F32: ov.Type.f32,
    TensorType.F64: ov.Type.f64,
    TensorType.U8: ov.Type.u8,
    TensorType.I32: ov.Type.i32,
    TensorType.I64: ov.Type.i64,
}
TENSOR_TYPES = {element_type: tensor_type for tensor_type, element_type in OV_TYPES.items()}


def empty(tensor_type: TensorType, dimensions: tuple[int, ...]) -> Any:
    """Return a new engine tensor; its contents are undefined."""
    return ov.Tensor(OV_TYPES[tensor_type], ov.Shape(dimensions))


def over(tensor: Tensor) -> Any:
    """Return an engine tensor that shares the tensor's memory.

    None where that cannot be: for bf16, which numpy does not have, for a scalar, and where there are no bytes.
    """
    if tensor.type not in DTYPES or not tensor.dimensions or not tensor.data:
        return None
    return ov.Tensor(array_of(tensor), shared_memory=True)


def raw(tensor: Any) -> Any:
    """Return the bytes of an engine's tensor as a flat array that shares its memory."""
    return tensor.data.reshape(-1).view(np.uint8)


def copy_into(view: Any, data: bytes) -> None:
    """Copy `data` into a view that `raw` made."""
    view[...] = np.frombuffer(data, np.uint8)


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
