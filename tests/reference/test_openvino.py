from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import small_ir
import small_onnx
from small_ir import Layer, constant, graph, parameter, result

from wasi_nn_reference.backends import openvino
from wasi_nn_reference.backends.openvino import OpenVino
from wasi_nn_reference.errors import ErrorCode, UserError, WasiNnError
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from pathlib import Path

    from wasi_nn_reference.backends import BackendGraph

CPU = ExecutionTarget.CPU
Array = np.ndarray[Any, np.dtype[Any]]
Oracle = Callable[[Array], Any]
DTYPES = {"f16": "<f2", "f32": "<f4", "f64": "<f8", "u8": "|u1", "i32": "<i4", "i64": "<i8"}


def load(backend: OpenVino, model: bytes, weights: bytes = b"") -> BackendGraph:
    return backend.load(GraphEncoding.OPENVINO, (model, weights), CPU, 60)


def load_onnx(backend: OpenVino, model: bytes) -> BackendGraph:
    return backend.load(GraphEncoding.ONNX, (model,), CPU, 60)


def infer(graph: BackendGraph, *inputs: Tensor) -> list[Tensor]:
    return graph.request().infer(inputs, 60)


def tensor(array: Array) -> Tensor:
    names = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
    return Tensor(TensorType(names[array.dtype]), array.shape, array.tobytes())


def edges(name: str) -> Array:
    """Four values of a type at the ends of its range."""
    dtype = np.dtype(DTYPES[name])
    if dtype.kind == "f":
        info = np.finfo(dtype)
        return np.array([[info.max, -info.max, info.smallest_subnormal, -0.0]], dtype)
    whole = np.iinfo(dtype)
    return np.array([[whole.max, whole.min, whole.max // 2 + 1, 3]], dtype)


# Types


@pytest.mark.parametrize("name", DTYPES)
def test_what_is_passed_on_keeps_every_bit(backend: OpenVino, name: str) -> None:
    data = bytes(range(0x81, 0x81 + 4 * np.dtype(DTYPES[name]).itemsize))
    given = Tensor(TensorType(name), (1, 4), data)
    assert infer(load(backend, small_ir.identity(name)), given) == [given]


@pytest.mark.parametrize(("name", "quiet"), [("f16", "0x7e55"), ("f32", "0x7fc00055"), ("f64", "0x7ff8000000000055")])
def test_a_nan_keeps_its_payload(backend: OpenVino, name: str, quiet: str) -> None:
    size = np.dtype(DTYPES[name]).itemsize
    given = Tensor(TensorType(name), (1, 4), int(quiet, 16).to_bytes(size, "little") * 4)
    assert infer(load(backend, small_ir.identity(name)), given) == [given]


@pytest.mark.parametrize("kind", ["Add", "Subtract", "Multiply"])
@pytest.mark.parametrize("name", ["u8", "i32", "i64", "f64"])
def test_arithmetic_is_done_in_the_type_of_the_tensor(backend: OpenVino, name: str, kind: str) -> None:
    left, right = edges(name), edges(name)[:, ::-1].copy()
    function = {"Add": np.add, "Subtract": np.subtract, "Multiply": np.multiply}[kind]
    with np.errstate(all="ignore"):
        expected = function(left, right)
    assert infer(load(backend, small_ir.binary(kind, name)), tensor(left), tensor(right)) == [tensor(expected)]


def test_f32_is_not_computed_in_fewer_bits(backend: OpenVino) -> None:
    rng = np.random.default_rng(5)
    left, right = (rng.integers(-1000, 1000, (8, 8)).astype("<f4") for _ in range(2))
    found = infer(load(backend, small_ir.binary("MatMul", shape=(8, 8))), tensor(left), tensor(right))
    assert found == [tensor(left @ right)]


def test_integer_products_of_matrices_are_exact(backend: OpenVino) -> None:
    rng = np.random.default_rng(6)
    left, right = (rng.integers(-(2**31), 2**31, (8, 8), dtype="<i4") for _ in range(2))
    with np.errstate(all="ignore"):
        expected = left @ right
    found = infer(load(backend, small_ir.binary("MatMul", "i32", (8, 8))), tensor(left), tensor(right))
    assert found == [tensor(expected)]


@pytest.mark.parametrize(
    ("layer", "shape", "oracle"),
    [
        (Layer("Transpose", "i64", ((0, 0), (1, 0)), (((3, 2), "y"),)), [1, 0], lambda x: x.T),
        (
            Layer("Reshape", "i64", ((0, 0), (1, 0)), (((2, 3), "y"),), {"special_zero": "true"}),
            [0, -1],
            lambda x: x,
        ),
        (
            Layer("Reshape", "i64", ((0, 0), (1, 0)), (((3, 2), "y"),), {"special_zero": "false"}),
            [3, 2],
            lambda x: x.reshape(3, 2),
        ),
        (Layer("Unsqueeze", "i64", ((0, 0), (1, 0)), (((1, 2, 1, 3), "y"),)), [0, 2], lambda x: x[None, :, None]),
        (
            Layer("ReduceSum", "i64", ((0, 0), (1, 0)), (((2, 1), "y"),), {"keep_dims": "true"}),
            [1],
            lambda x: x.sum(1, keepdims=True),
        ),
        (
            Layer("ReduceSum", "i64", ((0, 0), (1, 0)), (((), "y"),), {"keep_dims": "false"}),
            [0, 1],
            lambda x: x.sum(),
        ),
    ],
    ids=["transpose", "reshape-0", "reshape", "unsqueeze", "reduce-keep", "reduce-all"],
)
def test_operators_with_a_constant_in_i64(backend: OpenVino, layer: Layer, shape: list[int], oracle: Oracle) -> None:
    given = np.array([[2**62, -5, 2**40], [1, 2**33, 7]], "<i8")
    second = constant("i64", (len(shape),), 0, 8 * len(shape))
    model = graph([parameter("i64", (2, 3), "x"), second, layer, result("i64", 2)])
    found = infer(load(backend, model, struct.pack(f"<{len(shape)}q", *shape)), tensor(given))
    assert found == [tensor(np.array(oracle(given), "<i8", order="C"))]


def test_concat_and_split_in_i64(backend: OpenVino) -> None:
    layers = [
        parameter("i64", (1, 2), "a"),
        parameter("i64", (1, 2), "b"),
        Layer("Concat", "i64", ((0, 0), (1, 0)), (((1, 4), "all"),), {"axis": "1"}),
        constant("i64", (), 0, 8),
        Layer("Split", "i64", ((2, 0), (3, 0)), (((1, 2), "l"), ((1, 2), "r")), {"num_splits": "2"}),
        result("i64", 4, 1),
        result("i64", 4, 0),
    ]
    a, b = np.array([[2**40, 1]], "<i8"), np.array([[-(2**50), 2]], "<i8")
    found = infer(load(backend, graph(layers), struct.pack("<q", 1)), tensor(a), tensor(b))
    assert found == [tensor(b), tensor(a)]


def test_matrix_products_with_transposed_sides(backend: OpenVino) -> None:
    model = small_ir.binary("MatMul", "i64", (2, 2)).replace(b'transpose_b="false"', b'transpose_b="true"')
    a, b = np.array([[1, 2], [3, 4]], "<i8"), np.array([[2**40, 5], [6, 7]], "<i8")
    assert infer(load(backend, model), tensor(a), tensor(b)) == [tensor(a @ b.T)]


def test_f64_that_would_be_computed_in_f32_is_refused(backend: OpenVino) -> None:
    with pytest.raises(WasiNnError, match="f64") as caught:
        load(backend, small_ir.unary("Sigmoid", "f64"))
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


def test_i64_that_the_engine_computes_in_32_bits_is_narrow(backend: OpenVino) -> None:
    assert load(backend, small_ir.converted("i64", "f32")).inputs[0].narrow


@pytest.mark.parametrize("model", [small_ir.identity("i64"), small_ir.binary("Add", "i64")])
def test_i64_that_is_exact_is_not_narrow(backend: OpenVino, model: bytes) -> None:
    assert not load(backend, model).inputs[0].narrow


@pytest.mark.parametrize("name", ["i8", "boolean"])
def test_a_type_that_wasi_nn_does_not_have(backend: OpenVino, name: str) -> None:
    with pytest.raises(WasiNnError, match="does not have") as caught:
        load(backend, small_ir.identity(name))
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


# Models that are refused


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        (b"<net/>", b""),
        (b'<net name="m" version="11"></net>', b""),
        (small_ir.identity().replace(b'shape="1,4"', b'shape="1,q"'), b""),
        (small_ir.identity().replace(b'element_type="f32"', b'element_type="f33"'), b""),
        (small_ir.binary("Add").replace(b'to-layer="2" to-port="1"', b'to-layer="9" to-port="1"'), b""),
        (graph([constant("f32", (4,), 0, 16), result("f32", 0)]), bytes(15)),
        (small_ir.binary("Add", shape=(1, 4), other=(1, 3)), b""),
    ],
    ids=["empty", "no-layers", "shape", "type", "edge", "short-weights", "shapes-that-do-not-fit"],
)
def test_broken_ir(backend: OpenVino, model: bytes, weights: bytes) -> None:
    with pytest.raises(WasiNnError) as caught:
        load(backend, model, weights)
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "model",
    [
        small_onnx.model(small_onnx.node("Relu", ("nowhere",), "y")),
        small_onnx.model(),
        small_onnx.field(1, 8) + small_onnx.field(7, b"\x0a\x7f"),
    ],
    ids=["dangling", "output-of-nothing", "malformed-inside"],
)
def test_broken_onnx(backend: OpenVino, model: bytes) -> None:
    with pytest.raises(WasiNnError) as caught:
        load_onnx(backend, model)
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


@pytest.mark.parametrize("kind", ["Frobnicate", "NonsenseV2"])
def test_an_operator_that_ir_does_not_have(backend: OpenVino, kind: str) -> None:
    with pytest.raises(WasiNnError, match=kind) as caught:
        load(backend, small_ir.unary(kind))
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


def test_an_operator_set_that_ir_does_not_have(backend: OpenVino) -> None:
    with pytest.raises(WasiNnError) as caught:
        load(backend, small_ir.unary("Relu").replace(b'"opset1"', b'"opset99"'))
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


def test_an_operator_that_onnx_does_not_have(backend: OpenVino) -> None:
    with pytest.raises(WasiNnError, match="Frobnicate") as caught:
        load_onnx(backend, small_onnx.unary("Frobnicate"))
    assert caught.value.code is ErrorCode.UNSUPPORTED_OPERATION


def test_onnx_does_not_reach_files(backend: OpenVino, tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(16))
    add = small_onnx.node("Add", ("x", "w"), "y")
    with pytest.raises(WasiNnError, match="other files") as caught:
        load_onnx(backend, small_onnx.model(add, initializer=small_onnx.external_tensor(str(secret))))
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


@pytest.mark.parametrize("model", [b"<net/>", small_ir.unary("Frobnicate"), small_ir.unary("Sigmoid", "f64")])
def test_no_message_has_a_path(backend: OpenVino, model: bytes) -> None:
    with pytest.raises(WasiNnError) as caught:
        load(backend, model)
    assert "/" not in caught.value.message
    assert ".cpp" not in caught.value.message


# Ports


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


# Running


def test_an_output_that_is_an_input_shares_no_memory_with_it(backend: OpenVino) -> None:
    request = load(backend, small_ir.identity()).request()
    first = request.infer([tensor(np.array([[1, 2, 3, 4]], "<f4"))], 60)
    request.infer([tensor(np.array([[5, 6, 7, 8]], "<f4"))], 60)
    assert first == [tensor(np.array([[1, 2, 3, 4]], "<f4"))]


def test_many_runs_of_one_request_agree_with_numpy(backend: OpenVino) -> None:
    request = load(backend, small_ir.unary("Relu")).request()
    for value in range(-3, 4):
        given = np.full((1, 4), value, "<f4")
        assert request.infer([tensor(given)], 60) == [tensor(np.maximum(given, 0))]


def test_a_load_that_takes_too_long(backend: OpenVino) -> None:
    with pytest.raises(WasiNnError, match="did not finish") as caught:
        backend.load(GraphEncoding.OPENVINO, (small_ir.chain("Relu", 50), b""), CPU, 1e-6)
    assert caught.value.code is ErrorCode.TIMEOUT
    openvino._abandoned.pop()


def test_a_run_that_takes_too_long(backend: OpenVino) -> None:
    # 2 * 1024^3 operations in the shortest deadline there is, 1 ms, on one thread.
    request = load(backend, small_ir.binary("MatMul", shape=(1024, 1024))).request()
    ones = tensor(np.ones((1024, 1024), "<f4"))
    with pytest.raises(WasiNnError, match="did not finish") as caught:
        request.infer([ones, ones], 0.001)
    assert caught.value.code is ErrorCode.TIMEOUT
    openvino._abandoned.pop()


@pytest.mark.parametrize("states", [(), (False,), (True,), (False, True)])
def test_work_that_still_goes_on_is_known(monkeypatch: pytest.MonkeyPatch, states: tuple[bool, ...]) -> None:
    monkeypatch.setattr(openvino, "_abandoned", [lambda state=state: state for state in states])
    assert openvino.work_was_abandoned() is any(states)


def test_an_engine_with_too_much_abandoned_work_is_busy(backend: OpenVino, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino, "_abandoned", [lambda: True] * openvino.MAX_ABANDONED)
    with pytest.raises(WasiNnError, match="overran") as caught:
        load(backend, small_ir.identity())
    assert caught.value.code is ErrorCode.BUSY


def test_abandoned_work_that_has_ended_does_not_count(backend: OpenVino, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino, "_abandoned", [lambda: False] * openvino.MAX_ABANDONED)
    assert load(backend, small_ir.identity()).inputs


def test_a_precision_that_does_not_exist() -> None:
    with pytest.raises(UserError, match="f32, fast"):
        OpenVino("half")


def test_telemetry_is_never_imported() -> None:
    assert sys.modules["openvino_telemetry"] is None
