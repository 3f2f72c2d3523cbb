"""The oracle computes in the declared type, by rules that stand in numpy's documentation and IEEE 754."""

from typing import Any

import numpy as np
import pytest

from wasi_nn_conformance.models import ElementType, Model, ModelError, evaluate, load_models
from wasi_nn_conformance.models.element_type import Array


def outputs(definition: dict[str, Any], **inputs: Array) -> dict[str, Array]:
    (model,) = load_models([{"id": "m", **definition}]).values()
    return evaluate(model, inputs)


def binary(operation: str, element: str, shape: tuple[int, ...] = (4,)) -> dict[str, Any]:
    tensor = {"type": element, "shape": list(shape)}
    return {"inputs": {"a": tensor, "b": tensor}, "outputs": {"out": {operation: ["a", "b"]}}}


def unary(expression: Any, element: str = "f32", shape: tuple[int, ...] = (2, 3)) -> dict[str, Any]:
    return {"inputs": {"x": {"type": element, "shape": list(shape)}}, "outputs": {"out": expression}}


def test_u8_sum_wraps() -> None:
    given = {"a": np.array([255, 200, 0, 1], "u1"), "b": np.array([1, 100, 0, 1], "u1")}
    assert outputs(binary("add", "u8"), **given)["out"].tolist() == [0, 44, 0, 2]


def test_i64_keeps_64_bits() -> None:
    given = {"a": np.array([2**62, 1, -1, 0]), "b": np.array([1, 2**40, 0, 0])}
    assert outputs(binary("add", "i64"), **given)["out"].tolist() == [2**62 + 1, 2**40 + 1, -1, 0]


def test_i32_product_wraps() -> None:
    given = {"a": np.array([2**16, 3, 0, -1], "i4"), "b": np.array([2**16, 5, 1, 7], "i4")}
    assert outputs(binary("mul", "i32"), **given)["out"].tolist() == [0, 15, 0, -7]


def test_f16_sum_rounds_to_even() -> None:
    given = {"a": np.array([2048, 2048, 65504, 1], "f2"), "b": np.array([1, 3, 65504, 1], "f2")}
    assert outputs(binary("add", "f16"), **given)["out"].tolist() == [2048, 2052, np.inf, 2]


def test_f64_sum_is_not_rounded_to_f32() -> None:
    given = {"a": np.array([1.0, 0, 0, 0]), "b": np.array([2.0**-40, 0, 0, 0])}
    assert outputs(binary("add", "f64"), **given)["out"][0] == 1 + 2.0**-40


def test_sub_is_left_minus_right() -> None:
    given = {"a": np.array([5, 6, 7, 8], "f4"), "b": np.array([1, 2, 3, 4], "f4")}
    assert outputs(binary("sub", "f32"), **given)["out"].tolist() == [4, 4, 4, 4]


def test_matmul_takes_rows_times_columns() -> None:
    tensors = {"a": {"type": "i32", "shape": [2, 3]}, "b": {"type": "i32", "shape": [3, 2]}}
    given = {"a": np.arange(6, dtype="i4").reshape(2, 3), "b": np.arange(6, dtype="i4").reshape(3, 2)}
    result = outputs({"inputs": tensors, "outputs": {"out": {"matmul": ["a", "b"]}}}, **given)
    assert result["out"].tolist() == [[10, 13], [28, 40]]


ONE_TWO_THREE = {"constant": {"type": "f32", "shape": [3], "data": [1, 2, 3]}}
SIX = np.arange(6, dtype="f4").reshape(2, 3)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"transpose": {"of": "x", "permutation": [1, 0]}}, [[0, 3], [1, 4], [2, 5]]),
        ({"reshape": {"of": "x", "shape": [3, 2]}}, [[0, 1], [2, 3], [4, 5]]),
        ({"concat": {"of": ["x", "x"], "axis": 0}}, [[0, 1, 2], [3, 4, 5], [0, 1, 2], [3, 4, 5]]),
        ({"split": {"of": "x", "axis": 1, "parts": 3, "index": 2}}, [[2], [5]]),
        ({"split": {"of": "x", "axis": 1, "lengths": [1, 2], "index": 1}}, [[1, 2], [4, 5]]),
        ({"unsqueeze": {"of": "x", "axis": 1}}, [[[0, 1, 2]], [[3, 4, 5]]]),
        ({"squeeze": {"of": {"reshape": {"of": "x", "shape": [3, 1, 2]}}, "axis": 1}}, [[0, 1], [2, 3], [4, 5]]),
        ({"reduce_sum": {"of": "x", "axis": 1}}, [3, 12]),
        ({"abs": {"sub": ["x", ONE_TWO_THREE]}}, [[1, 1, 1], [2, 2, 2]]),
        ({"max": ["x", ONE_TWO_THREE]}, [[1, 2, 3], [3, 4, 5]]),
        ({"min": ["x", ONE_TWO_THREE]}, [[0, 1, 2], [1, 2, 3]]),
        ({"neg": {"add": ["x", ONE_TWO_THREE]}}, [[-1, -3, -5], [-4, -6, -8]]),
        ({"relu": {"sub": ["x", ONE_TWO_THREE]}}, [[0, 0, 0], [2, 2, 2]]),
        ({"cast": {"of": "x", "to": "u8"}}, [[0, 1, 2], [3, 4, 5]]),
        ({"identity": "x"}, [[0, 1, 2], [3, 4, 5]]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_operation(expression: Any, expected: Any) -> None:
    assert outputs(unary(expression), x=SIX)["out"].tolist() == expected


def test_outputs_are_row_major() -> None:
    result = outputs(unary({"transpose": {"of": "x", "permutation": [1, 0]}}), x=SIX)["out"]
    assert np.frombuffer(result.tobytes(), "<f4").tolist() == [0, 3, 1, 4, 2, 5]


def test_outputs_come_in_the_models_order(models: dict[str, Model]) -> None:
    given = {name: np.zeros((1, 4), "f4") for name in "zam"}
    assert list(evaluate(models["unsorted"], given)) == ["w", "b"]


@pytest.mark.parametrize("element", list(ElementType))
def test_identity_keeps_a_signalling_nan_and_every_other_bit(element: ElementType) -> None:
    array = element.from_bytes(bytes(range(120, 120 + 4 * element.size)))
    result = outputs(unary("x", str(element), (4,)), x=array)["out"]
    assert result.tobytes() == array.tobytes()


def test_an_output_is_a_copy_of_a_passed_on_input() -> None:
    given = np.zeros((2, 3), "f4")
    result = outputs(unary("x"), x=given)["out"]
    given[0, 0] = 1
    assert result[0, 0] == 0


def test_bf16_moves_as_raw_bits() -> None:
    array = ElementType.BF16.from_numbers([1.0, -2.0, 0.5, 3.0]).reshape(2, 2)
    result = outputs(unary({"transpose": {"of": "x", "permutation": [1, 0]}}, "bf16", (2, 2)), x=array)["out"]
    assert result.tolist() == [[0x3F80, 0x3F00], [0xC000, 0x4040]]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "the input 'x' is missing"),
        ({"x": SIX, "z": SIX}, "there is no input 'z'; known: 'x'"),
        ({"x": SIX.astype("f8")}, r"the input x: f32 \[2, 3\] was given float64 \[2, 3\]"),
        ({"x": SIX.T}, r"the input x: f32 \[2, 3\] was given float32 \[3, 2\]"),
        ({"x": SIX[0]}, r"the input x: f32 \[2, 3\] was given float32 \[3\]"),
    ],
    ids=["missing", "unknown", "other type", "other shape", "other rank"],
)
def test_unfit_inputs_are_refused(given: dict[str, Array], complaint: str) -> None:
    with pytest.raises(ModelError, match=f"model 'm': {complaint}"):
        outputs(unary("x"), **given)


def test_unknown_dimensions_that_turn_out_not_to_fit_are_refused(models: dict[str, Model]) -> None:
    with pytest.raises(ModelError, match="output 'sum'"):
        evaluate(models["add-dynamic"], {"a": np.zeros((2, 4), "f4"), "b": np.zeros((3, 4), "f4")})
