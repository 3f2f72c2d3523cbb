"""Shapes that OpenVINO is not asked for, or does not keep.

Of an output it may keep the values in another shape: two sums in a row that are reshaped to [1, 4] come as [2, 2]
(openvino 2026.4.1). The model's own shape counts then.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wasi_nn_reference.errors import ErrorCode, WasiNnError, too_large, unsupported
from wasi_nn_reference.limits import limit_text

if TYPE_CHECKING:
    from wasi_nn_reference.backends.backend import Port


def refuse_large_tensors(model: Any, limit: int) -> None:
    """Raise `too_large` for a model of fixed shapes that are larger than `limit` bytes.

    A kilobyte of IR can ask for any size, and OpenVINO makes and fills all tensors when it compiles: 8 GiB in 18 s.
    """
    for node in model.get_ops():
        for output in node.outputs():
            shape = output.get_partial_shape()
            size = _elements(shape) * output.get_element_type().bitwidth // 8 if shape.is_static else 0
            if size > limit:
                name = node.get_friendly_name()
                raise too_large(
                    f"the model has the tensor {name!r} of {size} bytes; {limit_text('tensor_bytes', limit)}"
                )


def refuse_changed_sizes(model: Any, compiled: Any) -> None:
    """Raise `unsupported_operation` if compiling gave an output another size: a transposed [1, 0] becomes [1, 1]."""
    for index, (declared, made) in enumerate(zip(model.outputs, compiled.outputs, strict=True)):
        before, after = declared.partial_shape, made.partial_shape
        if before.is_static and after.is_static and _elements(before) != _elements(after):
            raise unsupported(f"OpenVINO makes {after} of output {index}, whose shape is {before}")


def _elements(shape: Any) -> int:
    return math.prod(each.get_length() for each in shape)


def dimensions_of(port: Port, made: tuple[int, ...]) -> tuple[int, ...]:
    """Return the dimensions of an output that the engine has `made`: the model's, where it fixes them.

    Raises `runtime_error` if these have another number of elements.
    """
    if port.shape is None or port.shape == made or None in port.shape:
        return made
    declared = tuple(extent or 0 for extent in port.shape)
    if math.prod(declared) != math.prod(made):
        raise WasiNnError(ErrorCode.RUNTIME_ERROR, f"OpenVINO made {list(made)} of the output {port.name}")
    return declared
