"""Shapes: models of every type, rank and operation, and inputs that fit them. Numpy knows each answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from hypothesis import strategies as st

from wasi_nn_conformance.abi import NEWEST, WITX
from wasi_nn_conformance.models import ElementType

from .drawn_model import INPUT_NAMES, OUTPUT_NAMES, Shape, Value, expression
from .ground import Fields, Ground
from .values import LARGE, any_bits, large_floats, small_numbers, wide_integers

_TYPES = ("f32", "f32", "f32", "u8", "i32", "i64", "f16", "f64")  # f32 is what hosts owe, so what shows the most
_RANKS = (2, 1, 3, 4, 0, 2, 2, 4, 5, 6, 7, 8)
_DIMENSIONS = (2, 1, 3, 0, 1, 4, 2, 3, 5, 7)
_MOST_ELEMENTS = 64
_WIDE = (ElementType.I32, ElementType.I64)
_COUNTING = (ElementType.F32, ElementType.F64, *_WIDE)  # hold every number up to that of a large tensor's elements
_CHECKED = ("f32",)  # what every host with a backend owes; other types it may refuse
_LARGE: tuple[Shape, ...] = ((5000,), (1, 3, 40, 40), (10, 501), (17000,))
_RARELY = 16  # one conversation of so many has large tensors
_CLAUSES = {"moved": "values.bits-pass-through", "computed": "values.arithmetic", "large": "values.row-major"}
_WHY = {
    "large": "a host that copies in pieces, or into a buffer of its own size, loses or repeats some of a large tensor",
    "moved": "a host that converts, reorders, cuts or pads a tensor on its way in or out changes what passes through",
    "computed": "a host that mixes up inputs, outputs, types or dimensions gives other numbers than the model has",
}


@dataclass(frozen=True)
class _Drawn:
    """A drawn model: its definition, and how the values of each input are drawn."""

    element: ElementType
    mode: str
    shape: Shape
    free: tuple[int, ...]
    inputs: tuple[Value, ...]
    outputs: dict[str, Any]
    has_scalar: bool

    @property
    def definition(self) -> dict[str, Any]:
        """The model as `models.yaml` would have it."""
        dims = [None if axis in self.free else dim for axis, dim in enumerate(self.shape)]
        return {
            "inputs": {value.written: {"type": self.element.value, "shape": dims} for value in self.inputs},
            "outputs": self.outputs,
        }

    @property
    def may_be_refused(self) -> bool:
        """Whether the text lets a host refuse the model or its tensors."""
        return self.element.value not in _CHECKED or self.has_scalar or 0 in self.shape

    def tensors(self, draw: st.DrawFn) -> dict[str, dict[str, Any]]:
        """Draw a tensor for each input; free dimensions get a length of their own each time."""
        shape = tuple(
            draw(st.sampled_from((1, 2, 3))) if axis in self.free else dim for axis, dim in enumerate(self.shape)
        )
        return {value.written: self._tensor(draw, value, shape) for value in self.inputs}

    def _tensor(self, draw: st.DrawFn, value: Value, shape: Shape) -> dict[str, Any]:
        if self.mode == "large":
            return {"type": self.element.value, "shape": list(shape), "data": "range"}
        if self.mode == "moved":
            return any_bits(draw, self.element, shape)
        if value.wide:
            return wide_integers(draw, self.element, shape)
        sign = 1 if value.low > 0 else -1
        if abs(value.high) >= LARGE:
            return large_floats(draw, shape, sign)
        return small_numbers(draw, self.element, shape, sign)


@st.composite
def examples(draw: st.DrawFn, ground: Ground) -> Fields:
    """Draw a model and inferences on it."""
    types = _TYPES if ground.abi == WITX else (*_TYPES, "bf16")
    element = ElementType(draw(st.sampled_from(types)))
    drawn = _large(draw, element) if draw(st.integers(1, _RARELY)) == _RARELY else _model(draw, element)
    steps: list[Any] = [{"load": {"model": "drawn", "as": "g"}}]
    contexts = ["c", "d"][: draw(st.integers(1, 2))]
    steps += [{"context": {"graph": "g", "as": name}} for name in contexts]
    for _ in range(draw(st.integers(1, 3))):
        steps += _inference(draw, ground, drawn, draw(st.sampled_from(contexts)))
    if drawn.may_be_refused:
        steps = [{"may_fail": steps, "prefer": "ok"}]
    return {
        "id": f"fuzz/shapes/{drawn.element.value}-{'empty' if 0 in drawn.shape else drawn.mode}",
        "clause": "input.zero-size" if 0 in drawn.shape else _CLAUSES[drawn.mode],
        "why": _WHY[drawn.mode],
        "models": {"drawn": drawn.definition},
        "steps": steps,
    }


def _model(draw: st.DrawFn, element: ElementType) -> _Drawn:
    mode = "computed" if element.has_arithmetic and draw(st.booleans()) else "moved"
    shape = _shape(draw)
    free = tuple(axis for axis in range(len(shape)) if shape[axis] and draw(st.integers(0, 7)) == 7)
    wide = mode == "computed" and element in _WIDE and draw(st.booleans())
    names = draw(_names(INPUT_NAMES))
    inputs = tuple(_input(draw, name, element, shape, wide=wide) for name in names)
    if mode == "moved":
        passed = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        outputs: dict[str, Any] = {name: name for name in passed}
        shapes = [shape]
    else:
        chosen = draw(_names(OUTPUT_NAMES))
        values = {name: expression(draw, list(inputs), is_static=not free) for name in chosen}
        outputs = {name: value.written for name, value in values.items()}
        shapes = [shape, *(value.shape for value in values.values())]
    return _Drawn(element, mode, shape, free, inputs, outputs, has_scalar=() in shapes)


def _names(names: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)


def _large(draw: st.DrawFn, element: ElementType) -> _Drawn:
    """Draw a model that passes a large tensor on, or adds a constant of its size."""
    if element not in _COUNTING:
        element = ElementType.F32
    shape, name = draw(st.sampled_from(_LARGE)), draw(st.sampled_from(INPUT_NAMES))
    outputs: dict[str, Any] = {name: name}
    if draw(st.booleans()):
        weights = {"type": element.value, "shape": list(shape), "data": "range"}
        outputs = {"out": {"add": [name, {"constant": weights}]}}
    return _Drawn(
        element, "large", shape, (), (Value(name, element, shape, 0, prod(shape)),), outputs, has_scalar=False
    )


def _shape(draw: st.DrawFn) -> Shape:
    shape: list[int] = []
    for _ in range(draw(st.sampled_from(_RANKS))):
        dim = draw(st.sampled_from(_DIMENSIONS))
        shape.append(dim if prod(shape) * dim <= _MOST_ELEMENTS else 1)
    return tuple(shape)


def _input(draw: st.DrawFn, name: str, element: ElementType, shape: Shape, *, wide: bool) -> Value:
    negative = element is not ElementType.U8 and draw(st.booleans())
    low, high = 1, 5
    if element is ElementType.F64 and draw(st.booleans()):
        low, high = LARGE, 256 * LARGE
    low, high = (-high, -low) if negative else (low, high)
    return Value(name, element, shape, low, high, wide)


def _inference(draw: st.DrawFn, ground: Ground, drawn: _Drawn, context: str) -> Iterator[dict[str, Any]]:
    tensors = drawn.tensors(draw)
    order = draw(st.permutations(list(tensors)))
    for name in order:
        yield {"set_input": {"context": context, "input": name, "tensor": tensors[name]}}
    for _ in range(draw(st.integers(1, 2))):
        yield {"compute": {"context": context}}
    if ground.abi == NEWEST:
        yield from ({"output": {"context": context, "output": name}} for name in drawn.outputs)
        return
    for name in draw(st.lists(st.sampled_from(list(drawn.outputs)), min_size=1, max_size=4)):
        asked: dict[str, Any] = {"context": context, "output": name}
        if ground.abi == WITX and draw(st.booleans()):
            asked |= {"size": {"plus": draw(st.sampled_from((0, 1, 7, 64)))}, "tail": "untouched"}
        yield {"output": asked}
