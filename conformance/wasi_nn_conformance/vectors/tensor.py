"""Tensors and byte strings as vectors write them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from wasi_nn_conformance.models.element_type import Array, ElementType

_LARGEST = 64 << 20  # bytes, as the probe's largest buffer

_MOST_DIMENSIONS = 64  # of an array of numpy

# Quiet and signalling NaNs with payloads, both signs, for each float type: bits that a copy keeps and a
# conversion through another type does not.
_NAN_PAYLOADS = {
    ElementType.F16: (0x7E2A, 0xFE15, 0x7C01, 0xFFFF),
    ElementType.BF16: (0x7FD5, 0xFFEA, 0x7F81, 0xFFFF),
    ElementType.F32: (0x7FC0BEEF, 0xFFD12345, 0x7F800001, 0xFFFFFFFF),
    ElementType.F64: (0x7FF8DEADBEEF0001, 0xFFF80000CAFE0002, 0x7FF0000000000001, 0xFFFFFFFFFFFFFFFF),
}


@dataclass(frozen=True)
class TensorLiteral:
    """A tensor as written: an element type or raw wire number, dimensions, little-endian row-major bytes.

    `exact_bits` tells that a comparison must not take one NaN for another.
    """

    type: ElementType | int
    shape: tuple[int, ...]
    data: bytes
    exact_bits: bool

    @property
    def array(self) -> Array:
        """The values in their shape. Raises `ValueError` where type, shape and data do not fit."""
        if not isinstance(self.type, ElementType):
            raise ValueError("a tensor of a raw type number has no values")
        return self.type.from_bytes(self.data).reshape(self.shape)

    @property
    def is_consistent(self) -> bool:
        """Return whether there is an `array`: the bytes are as many as type and shape say, and numpy has the rank."""
        if not isinstance(self.type, ElementType) or len(self.shape) > _MOST_DIMENSIONS:
            return False
        return len(self.data) == prod(self.shape) * self.type.size


def tensor_literal(written: Mapping[str, Any]) -> TensorLiteral:
    """Read a tensor of a vector. Raises `ValueError` for numbers that do not fit its type or shape."""
    kind, shape, data = written["type"], tuple(written["shape"]), written["data"]
    raw = isinstance(kind, dict)
    element = None if raw else ElementType(kind)
    if isinstance(data, list):
        if element is None:
            raise ValueError("a tensor of a raw type takes data as `hex:` or `N bytes`")
        if len(data) != prod(shape):
            raise ValueError(f"{len(data)} numbers for the shape {list(shape)}; use `hex:` or `N bytes` to misfit")
        return TensorLiteral(element, shape, element.from_numbers(data).tobytes(), exact_bits=False)
    octets = _octets(data, element, shape)
    return TensorLiteral(
        kind["raw"] if element is None else element, shape, octets, exact_bits=data[:4] in ("hex:", "nan-")
    )


def _octets(data: str, element: ElementType | None, shape: tuple[int, ...]) -> bytes:
    if data.startswith("hex:"):
        return bytes.fromhex(data[4:])
    if data.endswith(" bytes"):
        return bytes(_within_limit(int(data.removesuffix(" bytes"))))
    if element is None:
        raise ValueError(f"`{data}` needs a known element type")
    count = prod(shape)
    _within_limit(count * element.size)
    if data == "zeros":
        return bytes(count * element.size)
    if data.startswith("range"):
        return _range(data, element.counted(count)).tobytes()
    if element not in _NAN_PAYLOADS:
        raise ValueError(f"{element} has no NaN")
    bits = np.resize(np.array(_NAN_PAYLOADS[element], f"<u{element.size}"), count)
    return bits.tobytes()


def _range(name: str, numbers: Array) -> Array:
    """Return numbers that count up, with what the name says of them."""
    if name == "range-backwards":
        return numbers[::-1]
    if name != "range" and len(numbers):
        numbers = numbers.copy()
        numbers[-1 if name == "range-but-last" else len(numbers) // 2] = 0
    return numbers


def _within_limit(size: int) -> int:
    if size > _LARGEST:
        raise ValueError(f"{size} bytes are more than the {_LARGEST} that a vector may hold; give fewer with `hex:`")
    return size


def byte_string(
    written: Mapping[str, Any],
    builder: Callable[[str, int, str | None], bytes],
    path: Callable[[Mapping[str, Any]], str],
) -> bytes:
    """Read bytes of a vector; `builder(model, part, encoding)` gives those of a model, `path` one of this machine.

    Raises `ValueError` for a builder that does not exist or an offset outside it.
    """
    if "parts" in written:
        return b"".join(byte_string(part, builder, path) for part in written["parts"])
    if "sized" in written:
        data = byte_string(written["sized"], builder, path)
        return _varint(len(data)) + data
    if "model" in written:
        return _altered(written, builder(written["model"], written["part"], written.get("encoding")))
    return path(written["path"]).encode() if "path" in written else _literal(written)


def _literal(written: Mapping[str, Any]) -> bytes:
    if "hex" in written:
        return bytes.fromhex(written["hex"])
    if "text" in written:
        return str(written["text"]).encode()
    if "zeros" in written:
        return bytes(written["zeros"])
    return tensor_literal(written["tensor"]).data


def _varint(number: int) -> bytes:
    """Return a number as protobuf has lengths: seven bits a byte, the lowest first."""
    if number < 0x80:
        return bytes([number])
    return bytes([number & 0x7F | 0x80]) + _varint(number >> 7)


def _altered(written: Mapping[str, Any], data: bytes) -> bytes:
    """Return some bytes of a builder, or all with one that is another."""
    if "keep" in written:
        data = data[: written["keep"]]
    if "from" in written:
        data = data[written["from"] :]
    if "flip" in written:
        offset = written["flip"]
        if offset >= len(data):
            raise ValueError(f"flip: the builder has {len(data)} bytes, no byte {offset}")
        data = data[:offset] + bytes([data[offset] ^ 0xFF]) + data[offset + 1 :]
    return data
