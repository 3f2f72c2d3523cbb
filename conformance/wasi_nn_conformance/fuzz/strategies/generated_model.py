"""Models drawn from the vocabulary of expressions, whose results are exact in every order of computing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, TypeAlias

from hypothesis import strategies as st

from wasi_nn_conformance.models import ElementType

from .values import octets

Shape: TypeAlias = tuple[int, ...]

_RARELY = 6  # one expression of so many may have casts, which a host may refuse
BASIC_OPERATORS = frozenset({"constant", "add", "sub", "mul", "neg"})
"""What vectors lean on. A host without another operator says so with an error."""
_LARGEST = {
    ElementType.F16: 2048,
    ElementType.F32: 1 << 24,
    ElementType.F64: 1 << 53,
    ElementType.U8: 255,
    ElementType.I32: 1 << 24,
    ElementType.I64: 1 << 24,
}
"""Integers up to here are exact in the type; those of i32 and i64 that are not `wide` also in f32."""


@dataclass(frozen=True)
class Value:
    """An expression as `models.yaml` has it, its type and shape, and what its numbers lie between.

    Integers that are `wide` may wrap; nothing is known of their size.
    """

    written: Any
    element: ElementType
    shape: Shape
    low: int
    high: int
    wide: bool = False

    @property
    def is_never_zero(self) -> bool:
        """Return whether no number is 0, so that no negation or product gives -0.0, which engines do not agree upon."""
        return self.wide or self.low > 0 or self.high < 0

    def fits(self, low: int, high: int) -> bool:
        """Return whether numbers between these are exact."""
        signed = self.element is not ElementType.U8
        return self.wide or (-_LARGEST[self.element] * signed <= low and high <= _LARGEST[self.element])


def expression(draw: st.DrawFn, inputs: list[Value], types: Sequence[str], *, is_static: bool) -> Value:
    """Draw an expression of one to four operations over the inputs; `is_static` if their shapes are fixed."""
    value = draw(st.sampled_from(inputs))
    casts = ["cast"] * (draw(st.integers(1, _RARELY)) == _RARELY)
    for _ in range(draw(st.integers(1, 4))):
        possible = _possible(value, is_static=is_static) + ([] if value.wide else casts)
        other = _STEPS[draw(st.sampled_from(possible))](draw, value, inputs)
        value = other if other.element in types else value
    return value


def operators_of(written: Any) -> set[str]:
    """Return the operators of an expression as `models.yaml` has it."""
    if isinstance(written, list):
        return {name for each in written for name in operators_of(each)}
    if not isinstance(written, Mapping):
        return set()
    ((name, operands),) = written.items()
    return {name} | operators_of(operands.get("of") if isinstance(operands, Mapping) else operands)


def types_of(definition: Mapping[str, Any]) -> list[str]:
    """Return the types of a model as `models.yaml` would have it, of its inputs and of what is cast to, sorted."""
    inputs = {port["type"] for port in definition["inputs"].values()}
    return sorted(inputs | set(_cast_types(list(definition["outputs"].values()))))


def _cast_types(written: Any) -> Iterator[str]:
    if isinstance(written, dict):
        if "cast" in written:
            yield written["cast"]["to"]
        for part in written.values():
            yield from _cast_types(part)
    elif isinstance(written, list):
        for part in written:
            yield from _cast_types(part)


def _possible(value: Value, *, is_static: bool) -> list[str]:
    names = ["add", "one", "extreme"] + ["sub"] * (value.element is not ElementType.U8)
    names += ["abs"] * (value.element is not ElementType.U8 and not value.wide)
    if value.is_never_zero:
        names += ["mul"] + ["neg"] * (value.element is not ElementType.U8)
    if value.element.is_float:
        names.append("relu")
    # No format says what becomes of sums along an axis that the type does not hold; ONNX Runtime gives the largest.
    sums_up = value.element is not ElementType.U8 and not value.wide
    if is_static:
        names += ["reshape", "constant", "unsqueeze"] + ["squeeze"] * (1 in value.shape)
        names += ["transpose"] * (len(value.shape) > 1)
        if value.shape:
            names.append("concat")
            names += ["split"] * any(dim > 1 for dim in value.shape)
            names += ["reduce_sum"] * sums_up
        if len(value.shape) == 2 and sums_up:
            names += ["matmul"] * 4
    return names


def _other(draw: st.DrawFn, value: Value, inputs: list[Value]) -> Value:
    alike = [other for other in inputs if other.shape == value.shape and other.element is value.element]
    return draw(st.sampled_from([*alike, value]))


def _combined(name: str, value: Value, other: Value, bounds: list[int]) -> Value:
    low, high = min(bounds), max(bounds)
    if not value.fits(low, high):
        return value
    return Value({name: [value.written, other.written]}, value.element, value.shape, low, high, value.wide)


def _add(draw: st.DrawFn, value: Value, inputs: list[Value]) -> Value:
    other = _other(draw, value, inputs)
    return _combined("add", value, other, [value.low + other.low, value.high + other.high])


def _sub(draw: st.DrawFn, value: Value, inputs: list[Value]) -> Value:
    other = _other(draw, value, inputs)
    return _combined("sub", value, other, [value.low - other.high, value.high - other.low])


def _mul(draw: st.DrawFn, value: Value, inputs: list[Value]) -> Value:
    other = _other(draw, value, inputs)
    if not other.is_never_zero:
        return value
    ends = [a * b for a in (value.low, value.high) for b in (other.low, other.high)]
    return _combined("mul", value, other, ends)


def _neg(_draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    return Value({"neg": value.written}, value.element, value.shape, -value.high, -value.low, value.wide)


def _abs(_draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    ends = abs(value.low), abs(value.high)
    low = 0 if value.low <= 0 <= value.high else min(ends)
    return replace(value, written={"abs": value.written}, low=low, high=max(ends))


def _extreme(draw: st.DrawFn, value: Value, inputs: list[Value]) -> Value:
    other = _other(draw, value, inputs)
    name, of = draw(st.sampled_from([("max", max), ("min", min)]))
    return _combined(name, value, other, [of(value.low, other.low), of(value.high, other.high)])


def _relu(_draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    return Value({"relu": value.written}, value.element, value.shape, max(value.low, 0), max(value.high, 0))


def _one(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    return _weighted(draw, value, (1,) * bool(value.shape))


def _constant(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    return _weighted(draw, value, value.shape if prod(value.shape) else (1,))


def _weighted(draw: st.DrawFn, value: Value, shape: Shape) -> Value:
    """Add a constant of that shape, which stretches to the value's."""
    numbers = [1 + octet % 5 for octet in octets(draw, prod(shape))]
    written = {"constant": {"type": value.element.value, "shape": list(shape), "data": numbers}}
    return _combined("add", value, Value(written, value.element, shape, 1, 5), [value.low + 1, value.high + 5])


def _cast(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    fitting = [each for each in _LARGEST if replace(value, element=each).fits(value.low, value.high)]
    element = draw(st.sampled_from([each for each in fitting if each is not value.element] or [value.element]))
    written = {"cast": {"of": value.written, "to": element.value}}
    return replace(value, written=written, element=element)


def _transpose(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    axes = list(range(len(value.shape)))
    permutation = draw(st.sampled_from([axes[::-1], [*axes[1:], 0], [axes[-1], *axes[:-1]], [1, 0, *axes[2:]]]))
    shape = tuple(value.shape[axis] for axis in permutation)
    written = {"transpose": {"of": value.written, "permutation": permutation}}
    return Value(written, value.element, shape, value.low, value.high, value.wide)


def _reshape(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    count = prod(value.shape)
    shape = draw(st.sampled_from([(count,), (1, count), (count, 1), tuple(reversed(value.shape))]))
    written = {"reshape": {"of": value.written, "shape": list(shape)}}
    return Value(written, value.element, shape, value.low, value.high, value.wide)


def _unsqueeze(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    axis = draw(st.integers(0, len(value.shape)))
    shape = (*value.shape[:axis], 1, *value.shape[axis:])
    return replace(value, written={"unsqueeze": {"of": value.written, "axis": axis}}, shape=shape)


def _squeeze(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    axis = draw(st.sampled_from([at for at, dim in enumerate(value.shape) if dim == 1]))
    shape = (*value.shape[:axis], *value.shape[axis + 1 :])
    return replace(value, written={"squeeze": {"of": value.written, "axis": axis}}, shape=shape)


def _concat(draw: st.DrawFn, value: Value, inputs: list[Value]) -> Value:
    other, axis = _other(draw, value, inputs), draw(st.integers(0, len(value.shape) - 1))
    shape = tuple(dim * 2 if at == axis else dim for at, dim in enumerate(value.shape))
    written = {"concat": {"of": [value.written, other.written], "axis": axis}}
    low, high = min(value.low, other.low), max(value.high, other.high)
    return Value(written, value.element, shape, low, high, value.wide)


def _split(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    axis = draw(st.sampled_from([at for at, dim in enumerate(value.shape) if dim > 1]))
    length = value.shape[axis]
    parts = min(part for part in range(2, length + 1) if length % part == 0)
    is_uneven = length > 2 and draw(st.booleans())
    lengths = [length - 1, 1] if is_uneven else [length // parts] * parts
    index = draw(st.integers(0, len(lengths) - 1))
    shape = tuple(lengths[index] if at == axis else dim for at, dim in enumerate(value.shape))
    cut = {"lengths": lengths} if is_uneven else {"parts": parts}
    written = {"split": {"of": value.written, "axis": axis, "index": index} | cut}
    return Value(written, value.element, shape, value.low, value.high, value.wide)


def _reduce_sum(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    axis = draw(st.integers(0, len(value.shape) - 1))
    length = value.shape[axis]
    if not value.fits(value.low * length, value.high * length):
        return value
    shape = value.shape[:axis] + value.shape[axis + 1 :]
    written = {"reduce_sum": {"of": value.written, "axis": axis}}
    ends = (value.low * length, value.high * length)
    return Value(written, value.element, shape, min(ends), max(ends), value.wide)


def _matmul(draw: st.DrawFn, value: Value, _inputs: list[Value]) -> Value:
    rows, columns = value.shape[1], draw(st.sampled_from([1, 2, 3]))
    ends = [end * rows * weight for end in (value.low, value.high) for weight in (1, 5)]
    if not rows or not value.fits(min(ends), max(ends)):
        return value
    numbers = [1 + octet % 5 for octet in octets(draw, rows * columns)]
    weights = {"constant": {"type": value.element.value, "shape": [rows, columns], "data": numbers}}
    shape = (value.shape[0], columns)
    return Value({"matmul": [value.written, weights]}, value.element, shape, min(ends), max(ends), value.wide)


_STEPS: Mapping[str, Any] = {
    "add": _add,
    "cast": _cast,
    "sub": _sub,
    "mul": _mul,
    "neg": _neg,
    "abs": _abs,
    "extreme": _extreme,
    "relu": _relu,
    "one": _one,
    "constant": _constant,
    "transpose": _transpose,
    "reshape": _reshape,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "concat": _concat,
    "split": _split,
    "reduce_sum": _reduce_sum,
    "matmul": _matmul,
}
