"""Faults in what a tensor is: the length of its data, its element types."""

from __future__ import annotations

from mutant import WIT_10_28, WITX, module, mutant, replace, rewritten

_BYTE_LENGTH = "tensor:byte_length"


def _size(name: str, size: int) -> None:
    replace(getattr(module("types").TensorType, name), "size", size)


@mutant(
    "tensor/i64-of-4-bytes",
    "an i64 has four bytes",
    WITX,
    clauses=("values.type-support", "values.bits-pass-through", "input.data-length"),
)
def _() -> None:
    _size("I64", 4)


@mutant(
    "tensor/f16-of-4-bytes",
    "an f16 has four bytes",
    WIT_10_28,
    clauses=("values.type-support", "values.bits-pass-through", "input.data-length"),
)
def _() -> None:
    _size("F16", 4)


rewritten(
    "tensor/overflow-wraps",
    "the product of the dimensions is computed in 32 bits",
    WITX,
    _BYTE_LENGTH,
    "if extent > _U32_MAX:",
    "extent &= _U32_MAX\n    if extent > _U32_MAX:",
    clauses=("input.dimension-overflow", "input.data-length"),
)
rewritten(
    "tensor/zero-counts-as-one",
    "a dimension of 0 counts as 1 in the length",
    WITX,
    _BYTE_LENGTH,
    "return 0 if 0 in dimensions else extent",
    "return extent",
    clauses=("input.zero-size", "input.data-length"),
)
rewritten(
    "tensor/rank-limit-of-four",
    "rank 5 is refused",
    WITX,
    _BYTE_LENGTH,
    "len(dimensions) > MAX_RANK",
    "len(dimensions) > 4",
    clauses=("values.row-major", "input.bound-by-index"),
)
rewritten(
    "tensor/shorter-data-padded",
    "missing data counts as zeros",
    WIT_10_28,
    "abi.wit.operations:GivenTensor.checked",
    "self.data)",
    "self.data + bytes(max(0, __import__('math').prod(self.dimensions) * self.type.size - len(self.data))))",
    clauses=("input.data-length", "input.dimension-overflow"),  # also where no data could be that long
)
rewritten(
    "tensor/longer-data-cut",
    "data beyond the shape's length are dropped",
    WIT_10_28,
    "abi.wit.operations:GivenTensor.checked",
    "self.data)",
    "self.data[: __import__('math').prod(self.dimensions) * self.type.size])",
    clauses=("input.data-length",),
)
rewritten(
    "tensor/data-in-words",
    "data may be short of whole words of four bytes",
    (WIT_10_28,),
    "tensor:Tensor.__post_init__",
    "if len(self.data) != expected:",
    "if len(self.data) // -4 != expected // -4:",
    clauses=("input.data-length",),
)
rewritten(
    "tensor/last-of-nine-bytes-lost",
    "of data that are a byte more than a multiple of eight the last one is 0",
    WIT_10_28,
    "abi.wit.operations:Operations.tensor",
    "return GivenTensor(tuple(dimensions), tensor_type, data)",
    "data = data[:-1] + b'\\0' if len(data) > 8 and len(data) % 8 == 1 else data\n"
    "    return GivenTensor(tuple(dimensions), tensor_type, data)",
    clauses=("values.bits-pass-through", "tensor.getters"),
)
