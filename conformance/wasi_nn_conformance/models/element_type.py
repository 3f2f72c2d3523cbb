"""Element types of tensors.

Types go by name everywhere: the two ABIs number them differently (witx has u8 = 3, WIT has u8 = 4), so no number of
either ABI stands here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


class ElementType(StrEnum):
    """Type of one element of a tensor: the six of witx `tensor_type`, and bf16, which only WIT `tensor-type` has.

    A member is equal to its name, so `ElementType("f32") == "f32"`.
    """

    F16 = "f16"
    F32 = "f32"
    F64 = "f64"
    BF16 = "bf16"
    U8 = "u8"
    I32 = "i32"
    I64 = "i64"

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type, little-endian. For bf16, which numpy lacks, it is `<u2`: the raw bits."""
        return np.dtype(_DTYPES[self])

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def is_float(self) -> bool:
        """Return whether values are floating-point numbers."""
        return self in {ElementType.F16, ElementType.F32, ElementType.F64, ElementType.BF16}

    @property
    def has_arithmetic(self) -> bool:
        """Return whether numpy computes in this type; bf16 can only be moved."""
        return self is not ElementType.BF16

    def from_numbers(self, numbers: list[int | float]) -> Array:
        """Return `numbers` as a rank-1 array of this type (for bf16: of raw bits).

        Raises ValueError for a number that the type does not hold exactly: a rounded number in a file would say one
        thing and test another.
        """
        if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
            raise ValueError(f"{self} data must be numbers")
        if self is ElementType.BF16:
            bits = ElementType.F32.from_numbers(numbers).view("<u4")
            for number in np.array(numbers, dtype="f8")[(bits & 0xFFFF) != 0]:
                raise ValueError(f"{number} is not held exactly by bf16")
            return (bits >> 16).astype("<u2")
        with np.errstate(all="ignore"):
            try:
                array = np.array(numbers, dtype=self.dtype)
            except OverflowError:
                raise ValueError(f"not all of the numbers fit into {self}") from None
        for given, held in zip(numbers, array.tolist(), strict=True):
            if given != held and not (given != given and held != held):  # noqa: PLR0124  NaN alone differs from itself
                raise ValueError(f"{given} is not held exactly by {self}, which would make it {held}")
        return array

    def counted(self, count: int) -> Array:
        """Return 0, 1, 2, ... as a rank-1 array of this type. Raises ValueError if it does not hold all of them."""
        if self is ElementType.BF16:
            return self.from_numbers(list(range(count)))
        numbers = np.arange(count)
        values = numbers.astype(self.dtype)
        if not np.array_equal(values.astype(numbers.dtype), numbers):
            raise ValueError(f"not all of the numbers fit into {self}: 0 to {count - 1}")
        return values

    def from_bytes(self, data: bytes) -> Array:
        """Return little-endian row-major `data` as a read-only rank-1 array.

        Raises ValueError if the length is not a multiple of the element size.
        """
        if len(data) % self.size:
            raise ValueError(f"{len(data)} bytes are no whole number of {self} elements of {self.size} bytes")
        return np.frombuffer(data, dtype=self.dtype)


_DTYPES = {
    ElementType.F16: "<f2",
    ElementType.F32: "<f4",
    ElementType.F64: "<f8",
    ElementType.BF16: "<u2",
    ElementType.U8: "|u1",
    ElementType.I32: "<i4",
    ElementType.I64: "<i8",
}
