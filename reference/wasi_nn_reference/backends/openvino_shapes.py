"""Shapes that OpenVINO is not asked for, or does not keep."""

from __future__ import annotations

import math
from typing import Any

from wasi_nn_reference.errors import too_large, unsupported


def refuse_large_tensors(model: Any, limit: int) -> None:
    """Raise `too_large` for a model of fixed shapes that are larger than `limit` bytes.

    A kilobyte of IR can ask for any size, and OpenVINO makes and fills all tensors when it compiles: 8 GiB in 18 s.
    """
    for output in (output for node in model.get_ops() for output in node.outputs()):
        shape = output.get_partial_shape()
        if shape.is_static:
            size = math.prod(each.get_length() for each in shape) * output.get_element_type().bitwidth // 8
            if size > limit:
                raise too_large(f"the model has a tensor of {size} bytes; the limit is {limit}")


def refuse_changed_shapes(model: Any, compiled: Any) -> None:
    """Raise `unsupported_operation` if compiling gave an output another shape: a transposed [1, 0] becomes [1, 1]."""
    for index, (declared, made) in enumerate(zip(model.outputs, compiled.outputs, strict=True)):
        before, after = declared.partial_shape, made.partial_shape
        if before.is_static and after.is_static and before != after:
            raise unsupported(f"OpenVINO makes {after} of output {index}, whose shape is {before}")
