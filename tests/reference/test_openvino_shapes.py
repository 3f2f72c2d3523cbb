"""Shapes that the engine does not keep, or fails on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import small_ir
import small_onnx
from openvino_graph import infer, load, load_onnx, tensor
from small_onnx import field, node, value_info

from wasi_nn_reference.errors import ErrorCode, WasiNnError

if TYPE_CHECKING:
    from wasi_nn_reference.backends.openvino.engine import OpenVino


def transposed_sum(shape: tuple[int, ...]) -> bytes:
    """An ONNX model of the transposed x + x."""
    nodes = node("Add", ("x", "x"), "s"), node("Transpose", ("s",), "y")
    body = b"".join(field(1, each) for each in nodes) + field(2, "g")
    body += field(11, value_info("x", small_onnx.FLOAT, shape)) + field(12, value_info("y", shape=shape[::-1]))
    return field(1, 8) + field(7, body) + field(8, field(2, 13))


def test_an_output_that_would_get_another_shape_is_refused(backend: OpenVino) -> None:
    with pytest.raises(WasiNnError, match=r"makes \[1,1\] of output 0, whose shape is \[0,1\]") as raised:
        load_onnx(backend, transposed_sum((1, 0)))
    assert raised.value.code is ErrorCode.UNSUPPORTED_OPERATION


def test_an_output_has_the_shape_that_the_model_says(backend: OpenVino) -> None:
    axis, shape = (small_onnx.int64_tensor(name, values) for name, values in (("axis", (0,)), ("shape", (1, 4))))
    no_axes_kept = field(5, field(1, "keepdims") + field(3, 0) + field(20, 2))
    sums = [node("ReduceSum", (name, "axis"), output) + no_axes_kept for name, output in (("x", "s"), ("s", "t"))]
    body = b"".join(field(1, each) for each in (*sums, node("Reshape", ("t", "shape"), "y"))) + field(2, "g")
    body += field(5, axis) + field(5, shape)
    body += field(11, value_info("x", small_onnx.FLOAT, (2, 2, 2, 2))) + field(12, value_info("y", shape=(1, 4)))
    graph = load_onnx(backend, field(1, 8) + field(7, body) + field(8, field(2, 13)))
    numbers = np.arange(16, dtype="<f4").reshape(2, 2, 2, 2)
    (output,) = infer(graph, tensor(numbers))
    assert output == tensor(numbers.sum((0, 1)).reshape(1, 4))


def test_an_output_that_keeps_its_shape_is_loaded(backend: OpenVino) -> None:
    assert load_onnx(backend, transposed_sum((1, 3))).outputs[0].shape == (3, 1)


def test_products_that_snippets_fail_on_are_computed_without(backend: OpenVino) -> None:
    ones = small_ir.constant("f32", (1, 1), 0, 4)
    product = [small_ir.Layer("MatMul", "f32", ((n, 0), (1, 0)), (((4, 1), name),)) for n, name in ((0, ""), (2, "y"))]
    layers = [small_ir.parameter("f32", (4, 1), "x"), ones, *product, small_ir.result("f32", 3)]
    graph = load(backend, small_ir.graph(layers), np.float32(3).tobytes())
    numbers = np.array([[1], [2], [3], [4]], "<f4")
    (output,) = infer(graph, tensor(numbers))
    assert output.data == (numbers * 9).tobytes()
