"""A tensor: type, dimensions and bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wasi_nn_reference.errors import invalid_argument
from wasi_nn_reference.limits import MAX_RANK

if TYPE_CHECKING:
    from wasi_nn_reference.types import TensorType

_U32_MAX = 0xFFFF_FFFF


def byte_length(tensor_type: TensorType, dimensions: tuple[int, ...]) -> int:
    """Return the bytes of a tensor of that type and shape, without holding one.

    Raises `invalid_argument` if the rank is above `MAX_RANK`, if a dimension is no u32, or if the
    size passes 2^32 - 1 bytes. Zeros do not hide an overflow of the other dimensions: engines
    multiply those to get strides.
    """
    if len(dimensions) > MAX_RANK:
        raise invalid_argument(f"the tensor has rank {len(dimensions)}; at most {MAX_RANK} is possible")
    extent = tensor_type.size
    for dimension in dimensions:
        if not 0 <= dimension <= _U32_MAX:
            raise invalid_argument(f"dimension {dimension} is outside 0..{_U32_MAX}")
        extent *= dimension or 1
    if extent > _U32_MAX:
        raise invalid_argument(f"the product of the dimensions {list(dimensions)} overflows 32 bits")
    return 0 if 0 in dimensions else extent


@dataclass(frozen=True, slots=True)
class Tensor:
    """An immutable tensor.

    `data` holds the elements row-major and little-endian, without padding: product(dimensions) x
    element size bytes. Raises `invalid_argument` if it does not, or for dimensions that
    `byte_length` refuses (wasi-nn: "tensor-data" and "tensor-dimensions").
    """

    type: TensorType
    dimensions: tuple[int, ...]
    data: bytes

    def __post_init__(self) -> None:
        expected = byte_length(self.type, self.dimensions)
        if len(self.data) != expected:
            raise invalid_argument(
                f"a tensor of type {self.type.value} and shape {list(self.dimensions)} has {expected} bytes,"
                f" {len(self.data)} were given"
            )
