"""Faults in what numpy computes for the engine."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mutant import module, mutant, put

if TYPE_CHECKING:
    from collections.abc import Callable


def _computed_otherwise(name: str, breaks: str, kind: str, make: Callable[[dict[str, Any]], Any]) -> None:
    """Let numpy compute an operator as `make` says, of the operator's attributes."""

    @mutant(f"backends/{name}", breaks, clauses=("values.type-support",))
    def _() -> None:
        put(module("backends.openvino.numpy_plan").OPERATORS, kind, make)


def _turned_back(array: Any, order: Any) -> Any:
    shape = array.transpose(order.tolist()).shape
    return array.transpose(sorted(range(array.ndim), key=order.tolist().__getitem__)).reshape(shape)


def _in_f32_if_large(array: Any, other: Any) -> Any:
    return array + other if array.size < 1000 else (array.astype("f4") + other.astype("f4")).astype(array.dtype)


_computed_otherwise("turned-back", "numpy turns tensors the other way round", "Transpose", lambda _: _turned_back)
_computed_otherwise(
    "reshaped-by-columns",
    "numpy reshapes by columns",
    "Reshape",
    lambda _: lambda array, shape: array.reshape([int(extent) for extent in shape], order="F"),
)
_computed_otherwise(
    "parts-reversed",
    "numpy gives the parts of a tensor in the opposite order",
    "Split",
    lambda attributes: lambda array, axis: _numpy().split(array, attributes["num_splits"], int(axis))[::-1],
)
_computed_otherwise(
    "joined-reversed",
    "numpy joins tensors in the opposite order",
    "Concat",
    lambda attributes: lambda *arrays: _numpy().concatenate(arrays[::-1], attributes["axis"]),
)
_computed_otherwise("large-in-f32", "more than a thousand numbers are added in f32", "Add", lambda _: _in_f32_if_large)


def _numpy() -> Any:
    return importlib.import_module("numpy")
