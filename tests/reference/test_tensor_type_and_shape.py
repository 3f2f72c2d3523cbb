from __future__ import annotations

import pytest

from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.tensor import Tensor, byte_length
from wasi_nn_reference.types import TensorType

F32 = TensorType.F32


@pytest.mark.parametrize(
    ("tensor_type", "size"),
    [("f16", 2), ("bf16", 2), ("f32", 4), ("f64", 8), ("u8", 1), ("i32", 4), ("i64", 8)],
)
def test_element_sizes(tensor_type: str, size: int) -> None:
    assert byte_length(TensorType(tensor_type), (3,)) == 3 * size


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_data_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(WasiNnError, match="has 16 bytes") as caught:
        Tensor(F32, (1, 4), bytes(length))
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


@pytest.mark.parametrize("dimensions", [(), (1,), (0,), (3, 0, 2), (1,) * 8])
def test_shapes_that_are_possible(dimensions: tuple[int, ...]) -> None:
    Tensor(F32, dimensions, bytes(0 if 0 in dimensions else 12 // 3))


@pytest.mark.parametrize(
    "dimensions",
    [(2**16, 2**16), (2**32 - 1, 2**32 - 1), (2**32 - 1, 2**32 - 1, 0), (2**31, 2**31, 4), (2**30,)],
)
def test_overflow_of_the_product_is_refused(dimensions: tuple[int, ...]) -> None:
    with pytest.raises(WasiNnError, match="overflows"):
        byte_length(F32, dimensions)


def test_largest_size_that_32_bits_hold() -> None:
    assert byte_length(TensorType.U8, (2**32 - 1,)) == 2**32 - 1


def test_rank_9_is_refused() -> None:
    with pytest.raises(WasiNnError, match="rank 9") as caught:
        byte_length(F32, (1,) * 9)
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


@pytest.mark.parametrize("dimension", [-1, 2**32])
def test_a_dimension_that_is_no_u32_is_refused(dimension: int) -> None:
    with pytest.raises(WasiNnError, match="outside"):
        byte_length(F32, (dimension,))
