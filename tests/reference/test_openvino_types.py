"""Values of every type, bit for bit or as numpy computes them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import small_ir
from openvino_graph import DTYPES, Array, infer, load, tensor
from small_ir import Layer, constant, graph, parameter, result

from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from wasi_nn_reference.backends.openvino.engine import OpenVino


Oracle = Callable[[Array], Any]


def edges(name: str) -> Array:
    """Four values of a type at the ends of its range."""
    dtype = np.dtype(DTYPES[name])
    if dtype.kind == "f":
        info = np.finfo(dtype)
        return np.array([[info.max, -info.max, info.smallest_subnormal, -0.0]], dtype)
    whole = np.iinfo(dtype)
    return np.array([[whole.max, whole.min, whole.max // 2 + 1, 3]], dtype)


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


def test_integers_beside_floats_are_computed_as_integers(backend: OpenVino) -> None:
    doubled = [Layer("Add", kind, ((n, 0), (n, 0)), (((1, 2), f"y{n}"),)) for n, kind in ((0, "i32"), (1, "f32"))]
    inputs = [parameter("i32", (1, 2), "a"), parameter("f32", (1, 2), "b")]
    model = load(backend, graph([*inputs, *doubled, result("i32", 2), result("f32", 3)]))
    integers, floats = np.array([[305419897, 3]], "<i4"), np.array([[0.1, 2.5]], "<f4")
    outputs = infer(model, tensor(integers), tensor(floats))
    assert [output.data for output in outputs] == [(2 * integers).tobytes(), (2 * floats).tobytes()]


def test_a_conversion_among_integers_is_computed(backend: OpenVino) -> None:
    converted = Layer("Convert", "i32", ((0, 0),), (((1, 2), "c"),), {"destination_type": "i32"})
    doubled = Layer("Add", "i32", ((1, 0), (1, 0)), (((1, 2), "y"),))
    model = load(backend, graph([parameter("u8", (1, 2), "x"), converted, doubled, result("i32", 2)]))
    assert infer(model, tensor(np.array([[255, 7]], "u1"))) == [tensor(np.array([[510, 14]], "<i4"))]


def test_i64_of_free_dimensions_is_computed_in_64_bits(backend: OpenVino) -> None:
    model = load(backend, small_ir.binary("Multiply", "i64", shape=(-1, 1)))
    large = np.array([[2**31 + 1], [3]], "<i8")
    assert infer(model, tensor(large), tensor(large)) == [tensor(large * large)]


def test_more_work_than_free_dimensions_may_make_is_too_large(backend: OpenVino) -> None:
    inputs = [parameter("i64", (-1, 1), "a"), parameter("i64", (1, -1), "b")]
    product = Layer("Multiply", "i64", ((0, 0), (1, 0)), (((-1, -1), "y"),))
    model = load(backend, graph([*inputs, product, result("i64", 2)]))
    column, row = tensor(np.zeros((2**14, 1), "<i8")), tensor(np.zeros((1, 2**14), "<i8"))
    with pytest.raises(WasiNnError) as caught:
        infer(model, column, row)
    assert caught.value.code is ErrorCode.TOO_LARGE
