"""The numbers of the witx ABI: its errnos and its enums.

Enum values count as whole 32-bit numbers: 256 is no value, not another spelling of 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wasi_nn_reference.errors import ErrorCode, invalid_argument
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from collections.abc import Mapping

SUCCESS = 0
# nn_errno. Codes of the WIT ABI alone are given by the nearest code here.
ERRNO = {
    ErrorCode.INVALID_ARGUMENT: 1,
    ErrorCode.INVALID_ENCODING: 2,
    ErrorCode.MISSING_MEMORY: 3,
    ErrorCode.BUSY: 4,
    ErrorCode.TIMEOUT: 4,
    ErrorCode.RUNTIME_ERROR: 5,
    ErrorCode.UNKNOWN: 5,
    ErrorCode.UNSUPPORTED_OPERATION: 6,
    ErrorCode.SECURITY: 6,
    ErrorCode.TOO_LARGE: 7,
    ErrorCode.NOT_FOUND: 8,
}

GRAPH_ENCODINGS = {
    0: GraphEncoding.OPENVINO,
    1: GraphEncoding.ONNX,
    2: GraphEncoding.TENSORFLOW,
    3: GraphEncoding.PYTORCH,
    4: GraphEncoding.TENSORFLOWLITE,
    5: GraphEncoding.AUTODETECT,
}
EXECUTION_TARGETS = {0: ExecutionTarget.CPU, 1: ExecutionTarget.GPU, 2: ExecutionTarget.TPU}

# tensor_type today, and as it was before 2023-08-23 under the same module name: only the user
# knows which one an old guest means.
TENSOR_TYPES = {
    "2023": {
        0: TensorType.F16,
        1: TensorType.F32,
        2: TensorType.F64,
        3: TensorType.U8,
        4: TensorType.I32,
        5: TensorType.I64,
    },
    "2022": {0: TensorType.F16, 1: TensorType.F32, 2: TensorType.U8, 3: TensorType.I32},
}

_Value = TypeVar("_Value")


def decode(values: Mapping[int, _Value], number: int, kind: str) -> _Value:
    """Return the value that `number` stands for; raises `invalid_argument` if that is none."""
    value = values.get(number)
    if value is None:
        raise invalid_argument(f"{number} is no {kind}")
    return value
