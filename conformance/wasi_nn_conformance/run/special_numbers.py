"""Which numbers of a tensor engines may treat in ways of their own: those that are no ordinary floats."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from wasi_nn_conformance.models import ElementType
from wasi_nn_conformance.vectors.step import Node, steps_of
from wasi_nn_conformance.vectors.tensor import tensor_literal

_MANTISSA: Mapping[str, int] = {"f16": 10, "bf16": 7, "f32": 23, "f64": 52}
DENORMALS, INFINITIES, NANS = "denormals", "infinities-and-zeros", "nan-payloads"
"""What vectors call them. A zero is special if it has a sign."""


def special_numbers(nodes: Iterable[Node]) -> set[tuple[str, str]]:
    """Return the float types of the tensors that are given or wanted, each with a kind of special number in it."""
    found: set[tuple[str, str]] = set()
    for step in steps_of(nodes):
        for written in (step.arguments.get("tensor"), step.arguments.get("is")):
            if isinstance(written, Mapping) and written.keys() >= {"type", "shape", "data"}:
                tensor = tensor_literal(written)
                if isinstance(tensor.type, ElementType) and tensor.is_consistent and tensor.type in _MANTISSA:
                    found |= {(str(tensor.type), kind) for kind in _kinds(tensor.type, tensor.data)}
    return found


def _kinds(element: ElementType, data: bytes) -> Iterator[str]:
    bits = np.frombuffer(data, dtype=f"<u{element.size}")
    mantissa, width = _MANTISSA[element], 8 * element.size
    fraction, sign = (1 << mantissa) - 1, 1 << (width - 1)
    exponent = sign - 1 - fraction
    kept, rest = bits & exponent, bits & fraction
    if ((kept == 0) & (rest != 0)).any():
        yield DENORMALS
    if ((kept == exponent) & (rest != 0)).any():
        yield NANS
    if (((kept == exponent) & (rest == 0)) | (bits == sign)).any():
        yield INFINITIES
