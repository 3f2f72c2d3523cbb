"""Shapes: models of every type, rank and operation, and inputs that fit them. Numpy knows each answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from hypothesis import strategies as st

from wasi_nn_conformance.fuzz.kind import generated_by
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget
from wasi_nn_conformance.models import ElementType

from .generated_model import (
    BASIC_OPERATORS,
    Shape,
    Value,
    expression,
    operators_of,
    types_of,
)
from .port_names import INPUTS, OUTPUTS, port_names
from .values import LARGE, any_bits, large_floats, small_numbers, wide_integers

_TYPES = (
    "f32",
    "f32",
    "f32",
    "u8",
    "i32",
    "i64",
    "f16",
    "f64",
    "bf16",
)  # f32 is what hosts owe, so what shows the most
_RANKS = (2, 1, 3, 4, 0, 2, 2, 4, 5, 6, 7, 8)
_DIMENSIONS = (2, 1, 3, 0, 1, 4, 2, 3, 5, 7)
_LARGE_DIMENSIONS = (70000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MOST_ELEMENTS = 64
_LOW_RANK = 4  # of images in a batch: no text says how many dimensions a host has to keep
_WIDE = (ElementType.I32, ElementType.I64)
_COUNTING = (
    ElementType.F32,
    ElementType.F32,
    ElementType.F64,
    *_WIDE,
)  # hold every number up to that of a large tensor's elements
_CHECKED = {"f32"}  # what every host with a backend owes; other types it may refuse
_LARGE: tuple[Shape, ...] = ((5000,), (1, 3, 40, 40), (10, 501), (17000,))
_RARELY = 16  # one conversation of so many has large tensors
_CLAUSES = {"moved": "values.bits-pass-through", "computed": "values.arithmetic", "large": "values.row-major"}
_WHY = {
    "large": "a host that copies in pieces, or into a buffer of its own size, loses or repeats some of a large tensor",
    "moved": "a host that converts, reorders, cuts or pads a tensor on its way in or out changes what passes through",
    "computed": "a host that mixes up inputs, outputs, types or dimensions gives other numbers than the model has",
}


@dataclass(frozen=True)
class _Generated:
    """A generated model: its inputs and outputs, and how the values of the inputs are drawn.

    `free` are the axes that the first input and all of its shape leave open.
    """

    mode: str
    inputs: tuple[Value, ...]
    outputs: Mapping[str, Value]
    free: tuple[int, ...] = ()

    @property
    def definition(self) -> dict[str, Any]:
        """The model as `models.yaml` would have it."""
        return {
            "inputs": {
                value.written: {"type": value.element.value, "shape": self._dims(value)} for value in self.inputs
            },
            "outputs": {name: value.written for name, value in self.outputs.items()},
        }

    def _dims(self, value: Value) -> list[int | None]:
        return [None if self._is_free(value, axis) else dim for axis, dim in enumerate(value.shape)]

    def _is_free(self, value: Value, axis: int) -> bool:
        return axis in self.free and value.shape == self.inputs[0].shape

    @property
    def types(self) -> list[str]:
        """The types of the model, sorted."""
        return types_of(self.definition)

    @property
    def shapes(self) -> list[Shape]:
        """The shapes of its inputs and outputs."""
        return [value.shape for value in (*self.inputs, *self.outputs.values())]

    @property
    def is_empty(self) -> bool:
        """Return whether some tensor has no elements."""
        return any(0 in shape for shape in self.shapes)

    @property
    def may_be_refused(self) -> bool:
        """Return whether the text lets a host refuse the model or its tensors."""
        operators = operators_of(list(self.definition["outputs"].values()))
        is_basic = set(self.types) <= _CHECKED and operators <= BASIC_OPERATORS
        is_high = any(len(shape) > _LOW_RANK for shape in self.shapes)
        return not is_basic or not self.inputs or bool(self.free) or () in self.shapes or self.is_empty or is_high

    def tensors(self, draw: st.DrawFn) -> dict[str, dict[str, Any]]:
        """Draw a tensor for each input; free dimensions get a length of their own each time."""
        lengths = {axis: draw(st.sampled_from((1, 2, 3))) for axis in self.free}
        return {value.written: self._tensor(draw, value, lengths) for value in self.inputs}

    def _tensor(self, draw: st.DrawFn, value: Value, lengths: Mapping[int, int]) -> dict[str, Any]:
        dims = enumerate(value.shape)
        shape = tuple(lengths[axis] if self._is_free(value, axis) else dim for axis, dim in dims)
        if self.mode == "large":
            return {"type": value.element.value, "shape": list(shape), "data": "range"}
        if self.mode == "moved":
            return any_bits(draw, value.element, shape)
        if value.wide:
            return wide_integers(draw, value.element, shape)
        sign = 1 if value.low > 0 else -1
        if abs(value.high) >= LARGE:
            return large_floats(draw, shape, sign)
        return small_numbers(draw, value.element, shape, sign)


@st.composite
def examples(draw: st.DrawFn, target: FuzzTarget) -> Fields:
    """Draw a model and inferences on it."""
    types = [name for name in _TYPES if name in target.types]
    is_large = draw(st.integers(1, _RARELY)) == _RARELY and not set(_COUNTING).isdisjoint(types)
    generated = _large(draw, types) if is_large else _model(draw, types, target)
    steps: list[Any] = [{"load": {"model": "drawn", "as": "g"}}]
    contexts = ["c", "d"][: min(draw(st.integers(1, 2)), target.contexts)]
    steps += [{"context": {"graph": "g", "as": name}} for name in contexts]
    for _ in range(draw(st.integers(1, 3))):
        steps += _inference(draw, target, generated, draw(st.sampled_from(contexts)))
    if generated.may_be_refused:
        steps = [{"may_fail": steps, "prefer": "ok"}]
    return {
        "id": f"fuzz/shapes/{'+'.join(generated.types)}-{'empty' if generated.is_empty else generated.mode}",
        "clause": "input.zero-size" if generated.is_empty else _CLAUSES[generated.mode],
        "why": _WHY[generated.mode],
        "models": {"drawn": generated.definition},
        "steps": steps,
    }


def _model(draw: st.DrawFn, types: Sequence[str], target: FuzzTarget) -> _Generated:
    element, shape = ElementType(draw(st.sampled_from(types))), _shape(draw)
    mode = "computed" if element.has_arithmetic and draw(st.booleans()) else "moved"
    plain = "input.any-name" in target.broken
    free = tuple(axis for axis in range(len(shape)) if shape[axis] and draw(st.integers(0, 7)) == 7)
    first, *others = port_names(draw, INPUTS, plain=plain)[: target.inputs]
    inputs = [_input(draw, first, element, shape, mode)]
    for name in others:
        other = element if draw(st.booleans()) else ElementType(draw(st.sampled_from(types)))
        other = other if other.has_arithmetic or mode == "moved" else element
        inputs.append(_input(draw, name, other, shape if draw(st.booleans()) else _shape(draw), mode))
    if mode == "moved":
        passed = draw(st.lists(st.sampled_from(inputs), min_size=1, max_size=3, unique=True))
        return _Generated(mode, tuple(inputs), {value.written: value for value in passed}, free)
    outputs: dict[str, Value] = {}
    for name in port_names(draw, OUTPUTS, [value.written for value in inputs], plain=plain):
        value = expression(draw, inputs, types, is_static=not free)
        # Equal expressions are one tensor of the model, which then has both names.
        if value not in outputs.values():
            outputs[name] = value
    return _Generated(mode, tuple(inputs), outputs, free)


def _large(draw: st.DrawFn, types: Sequence[str]) -> _Generated:
    """Draw a model that passes a large tensor on, or adds a constant of its size."""
    element, shape = draw(st.sampled_from([each for each in _COUNTING if each in types])), draw(st.sampled_from(_LARGE))
    passed = Value(draw(st.sampled_from(INPUTS)), element, shape, 0, prod(shape))
    if draw(st.booleans()):
        return _Generated("large", (passed,), {passed.written: passed})
    weights = {"constant": {"type": element.value, "shape": list(shape), "data": "range"}}
    added = Value({"add": [passed.written, weights]}, element, shape, 0, 2 * prod(shape))
    return _Generated("large", (passed,), {"out": added})


def _shape(draw: st.DrawFn) -> Shape:
    shape: list[int] = []
    for _ in range(draw(st.sampled_from(_RANKS))):
        dim = draw(st.sampled_from(_DIMENSIONS))
        shape.append(dim if prod(shape) * dim <= _MOST_ELEMENTS else 1)
    return tuple(shape)


def _input(draw: st.DrawFn, name: str, element: ElementType, shape: Shape, mode: str) -> Value:
    wide = mode == "computed" and element in _WIDE and draw(st.booleans())
    low, high = 1, 5
    if element is ElementType.F64 and draw(st.booleans()):
        low, high = LARGE, 256 * LARGE
    if element is not ElementType.U8 and draw(st.booleans()):
        low, high = -high, -low
    return Value(name, element, shape, low, high, wide)


def _inference(draw: st.DrawFn, target: FuzzTarget, generated: _Generated, context: str) -> Iterator[dict[str, Any]]:
    tensors = generated.tensors(draw)
    if target.tag.resources and draw(st.integers(0, 3)) == 3:
        yield from _got_back(draw, tensors)
    if target.tag.inputs_at_compute and draw(st.integers(0, 3)) == 3:
        yield from _at_once(draw, tensors, context)
        return
    order = draw(st.permutations(list(tensors)))
    for _ in range(draw(st.integers(1, 2))):  # each time anew: a host may forget inputs with compute
        for name in order:
            yield {"set_input": {"context": context, "input": name, "tensor": tensors[name]}}
        yield {"compute": {"context": context}}
    if target.tag.outputs_at_compute:
        yield from (_looked_at(generated, {"context": context, "output": name}) for name in generated.outputs)
        return
    for name in draw(st.lists(st.sampled_from(list(generated.outputs)), min_size=1, max_size=4)):
        asked: dict[str, Any] = {"context": context, "output": name}
        if target.tag.pointers and draw(st.booleans()):
            asked |= {"size": {"plus": draw(st.sampled_from((0, 1, 7, 64)))}, "tail": "untouched"}
        yield _looked_at(generated, asked)


def _looked_at(generated: _Generated, asked: dict[str, Any]) -> dict[str, Any]:
    """Look at an output. One that has elements owes its values, also where other tensors of the model have none."""
    has_elements = 0 not in generated.outputs[asked["output"]].shape
    return {"output": asked, **({"clause": _CLAUSES[generated.mode]} if generated.is_empty and has_elements else {})}


def _got_back(draw: st.DrawFn, tensors: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Ask a tensor for what it was made of: one of the inputs, or one without elements but with large dimensions."""
    large = {"type": "f32", "shape": [0, draw(st.sampled_from(_LARGE_DIMENSIONS))], "data": []}
    tensor = draw(st.sampled_from([large, *tensors.values()]))
    asked: list[dict[str, Any]] = [
        {getter: {"tensor": "t"}, "clause": "tensor.getters"} for getter in ("dimensions", "ty", "data")
    ]
    asked.append({"drop": {"kind": "tensor", "handle": "t"}})
    made = {"tensor": {"tensor": tensor, "as": "t"}}
    if 0 in tensor["shape"]:
        yield made | {"accept": ["ok", "trap"], "prefer": "ok", "clause": "input.zero-size", "then": asked}
    else:
        yield from (made, *asked)


def _at_once(draw: st.DrawFn, tensors: Mapping[str, dict[str, Any]], context: str) -> Iterator[dict[str, Any]]:
    """Set all inputs in one call, and look at the names of the outputs."""
    order = draw(st.permutations(list(tensors)))
    names = {name: f"t{index}" for index, name in enumerate(order)}
    for name in order:
        yield {"tensor": {"tensor": tensors[name], "as": names[name]}}
    call = {"context": context, "inputs": [[*pair] for pair in names.items()], "names": "own"}
    yield {"compute_named": call, "clause": "compute.output-names"}


search = generated_by(examples)
