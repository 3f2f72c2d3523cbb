"""The records of the witx ABI as they lie in a guest's memory: aligned to 4, numbers little-endian."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from wasi_nn_reference.abi.witx.memory import GuestMemory

ALIGNMENT = 4
_TENSOR = struct.Struct("<IIB3xII")
BUILDER_SIZE = 8
TENSOR_SIZE = _TENSOR.size


class Range(NamedTuple):
    """A `graph_builder`: `length` bytes at `pointer`."""

    pointer: int
    length: int


class TensorRecord(NamedTuple):
    """A `tensor`: `rank` dimensions at `dimensions`, the number of a type, `length` bytes at `data`."""

    dimensions: int
    rank: int
    type: int
    data: int
    length: int


def read_builders(memory: GuestMemory, pointer: int, count: int) -> list[Range]:
    """Return the `count` records of a `graph_builder_array`."""
    words = memory.read_u32s(pointer, count * 2)
    return [Range(*pair) for pair in zip(words[::2], words[1::2], strict=True)]


def read_tensor(memory: GuestMemory, pointer: int) -> TensorRecord:
    """Return the record of a `tensor`."""
    return TensorRecord(*_TENSOR.unpack(memory.read(pointer, TENSOR_SIZE)))
