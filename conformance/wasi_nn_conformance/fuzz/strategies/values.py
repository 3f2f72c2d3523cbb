"""The values of generated tensors: any bits for what is passed on, numbers with exact results for what is computed."""

from collections.abc import Sequence
from math import prod
from typing import Any

from hypothesis import strategies as st

from wasi_nn_conformance.models import ElementType

_INTEGERS = {ElementType.I32: 4, ElementType.I64: 8}

# Both zeros, one, the smallest and the largest of both signs, infinities, quiet and signalling NaNs with payloads, and
# bytes that all differ, as the bits of each type.
_PATTERNS = {
    ElementType.F16: (0, 0x8000, 0x3C00, 1, 0x8001, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E2A, 0xFE15, 0x7C01, 0x1234),
    ElementType.BF16: (0, 0x8000, 0x3F80, 1, 0x8001, 0x7F7F, 0xFF7F, 0x7F80, 0xFF80, 0x7FD5, 0xFFEA, 0x7F81, 0x1234),
    ElementType.F32: (
        *(0, 0x80000000, 0x3F800000, 1, 0x80000001, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000),
        *(0x7FC0BEEF, 0xFFD12345, 0x7F800001, 0x12345678),
    ),
    ElementType.F64: (
        *(0, 1 << 63, 0x3FF0000000000000, 1, (1 << 63) + 1, 0x7FEFFFFFFFFFFFFF, 0xFFEFFFFFFFFFFFFF),
        *(0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8DEADBEEF0001, 0x7FF0000000000001, 0x123456789ABCDEF0),
    ),
    ElementType.U8: (0, 1, 127, 128, 255, 0x12),
    ElementType.I32: (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x12345678, 0x01000001),
    ElementType.I64: (0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 0x123456789ABCDEF0, 1 << 32, (1 << 24) + 1),
}


LARGE = (1 << 32) + 1
"""An f64 whose 33 bits all count."""

SIGNS = st.characters(exclude_characters="$", codec="utf-8")
"""What generated text is made of: no `$`, which in a vector begins a reference to its matrix."""


def octets(draw: st.DrawFn, count: int) -> bytes:
    """Draw that many bytes."""
    return draw(st.binary(min_size=count, max_size=count)) if count else b""


def any_bits(draw: st.DrawFn, element: ElementType, shape: Sequence[int]) -> dict[str, Any]:
    """Draw a tensor of any bits: each element one of those that a careless copy alters, or one byte repeated."""
    size, patterns = element.size, _PATTERNS[element]
    data = b"".join(
        bytes([octet]) * size if octet > 127 else patterns[octet % len(patterns)].to_bytes(size, "little")
        for octet in octets(draw, prod(shape))
    )
    return {"type": element.value, "shape": list(shape), "data": f"hex:{data.hex()}"}


def large_floats(draw: st.DrawFn, shape: Sequence[int], sign: int = 1) -> dict[str, Any]:
    """Draw a tensor of f64 from 2^32 to 2^40, or of their negatives: integers that f32 does not hold."""
    numbers = [sign * (1 + octet) * LARGE for octet in octets(draw, prod(shape))]
    return {"type": ElementType.F64.value, "shape": list(shape), "data": numbers}


def small_numbers(draw: st.DrawFn, element: ElementType, shape: Sequence[int], sign: int = 1) -> dict[str, Any]:
    """Draw a tensor of 1 to 5, or of -1 to -5: sums and products of these are exact in any order and width."""
    numbers = [sign * (1 + octet % 5) for octet in octets(draw, prod(shape))]
    return {"type": element.value, "shape": list(shape), "data": numbers}


def wide_integers(draw: st.DrawFn, element: ElementType, shape: Sequence[int]) -> dict[str, Any]:
    """Draw a tensor of i32 or i64 that needs all its bits."""
    size, patterns = _INTEGERS[element], _PATTERNS[element]
    numbers = []
    for octet in octets(draw, prod(shape)):
        bits = patterns[octet % len(patterns)] if octet > 127 else octet
        numbers.append(int.from_bytes(bits.to_bytes(size, "little"), "little", signed=True))
    return {"type": element.value, "shape": list(shape), "data": numbers}
