"""Names, types and shapes of inputs and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import small_ir
import small_onnx
from openvino_graph import infer, load, load_onnx, tensor
from small_ir import constant, graph, result

if TYPE_CHECKING:
    from wasi_nn_reference.backends.openvino.engine import OpenVino


def test_ports_of_ir(backend: OpenVino) -> None:
    loaded = load(backend, small_ir.binary("Add", shape=(2, 3)))
    assert [(p.name, p.type.value, p.shape) for p in loaded.inputs] == [("a", "f32", (2, 3)), ("b", "f32", (2, 3))]
    assert [(p.name, p.type.value, p.shape) for p in loaded.outputs] == [("y", "f32", (2, 3))]


def test_ports_of_onnx(backend: OpenVino) -> None:
    loaded = load_onnx(backend, small_onnx.unary())
    assert [p.name for p in (*loaded.inputs, *loaded.outputs)] == ["x", "y"]


def test_onnx_computes(backend: OpenVino) -> None:
    given = np.array([[1, -2, 3, -4]], "<f4")
    assert infer(load_onnx(backend, small_onnx.unary()), tensor(given)) == [tensor(np.maximum(given, 0))]


def test_a_free_dimension(backend: OpenVino) -> None:
    assert load(backend, small_ir.unary("Relu", shape=(-1, 3))).inputs[0].shape == (None, 3)


def test_a_port_without_a_name_takes_that_of_its_operator(backend: OpenVino) -> None:
    assert load(backend, small_ir.unary("Relu").replace(b' names="y"', b"")).outputs[0].name == "layer1"


def test_an_input_passed_on_under_another_name(backend: OpenVino) -> None:
    model = small_ir.identity().replace(b'names="x"', b'names="x,z"').replace(b'name="layer0"', b'name="x"')
    loaded = load(backend, model)
    assert (loaded.inputs[0].name, loaded.outputs[0].name) == ("x", "z")


def test_a_graph_without_inputs(backend: OpenVino) -> None:
    given = np.array([1, 2, 3, 4], "<f4")
    model = graph([constant("f32", (4,), 0, 16), result("f32", 0)])
    assert infer(load(backend, model, given.tobytes())) == [tensor(given)]
