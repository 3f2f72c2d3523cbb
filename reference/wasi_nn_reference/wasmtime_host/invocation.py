"""Calls an export of a core module by its name, with arguments from the command line, as the wasmtime program does."""

from __future__ import annotations

import functools
import math
import struct
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import wasmtime

from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def invoke(store: wasmtime.Store, name: str, function: object, arguments: Sequence[str]) -> None:
    """Call an export and print its results, each on a line; raises UserError for one that cannot be called so."""
    if not isinstance(function, wasmtime.Func):
        raise UserError(f"--invoke {name}: the module exports no function of that name")
    kind = function.type(store)
    if len(arguments) < len(kind.params):
        raise UserError(f"--invoke {name}: it takes {len(kind.params)} argument(s); got {len(arguments)}")
    values = [_value(name, str(each), text) for each, text in zip(kind.params, arguments, strict=False)]
    results = function(store, *values)
    if not isinstance(results, list):
        results = [results] * len(kind.results)
    for each, value in zip(kind.results, results, strict=True):
        sys.stdout.write(_text(str(each), value) + "\n")
    sys.stdout.flush()


def _value(name: str, kind: str, text: str) -> int | float:
    if kind not in _CONVERSIONS:
        raise UserError(f"--invoke {name}: an argument of type {kind} cannot be given here")
    try:
        return _CONVERSIONS[kind](text)
    except ValueError:
        raise UserError(f"--invoke {name}: {text!r} is no {kind}") from None


def _integer(bits: int, text: str) -> int:
    number = int(text, 16 if text.lower().startswith("0x") else 10)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise ValueError(text)
    return number


_CONVERSIONS: dict[str, Callable[[str], int | float]] = {
    "i32": functools.partial(_integer, 32),
    "i64": functools.partial(_integer, 64),
    "f32": float,
    "f64": float,
}


def _text(kind: str, value: Any) -> str:
    """Return a result as the wasmtime program prints it."""
    if kind in {"i32", "i64"}:
        return str(value)
    if kind in {"f32", "f64"}:
        return float_text(value, single=kind == "f32")
    return f"<null {kind}>" if value is None else f"<{kind}>"


def float_text(value: float, *, single: bool) -> str:
    """Return a number in the fewest digits that tell it from its neighbours, without an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    shortest = repr(value)
    if single:
        candidates = (f"{value:.{digits}g}" for digits in range(1, 10))
        shortest = next((each for each in candidates if _f32(float(each)) == value), shortest)
    text = f"{Decimal(shortest):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _f32(value: float) -> float:
    try:
        (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        return math.inf
    return float(rounded)
