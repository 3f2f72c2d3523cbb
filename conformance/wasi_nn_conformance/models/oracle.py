"""What a model's outputs are, by numpy. Every expected number of the suite comes from here, never from a host."""

from collections.abc import Mapping
from functools import singledispatch

import numpy as np

from .arrangement import Concat, Reshape, Split, Squeeze, Transpose, Unsqueeze
from .element_type import Array
from .expression import (
    Abs,
    Add,
    Cast,
    Constant,
    Expression,
    Input,
    MatMul,
    Maximum,
    Minimum,
    Mul,
    Neg,
    ReduceSum,
    Relu,
    Sub,
)
from .model import Model, ModelError


def evaluate(model: Model, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the outputs of `model`, by name and in the model's order, as C-contiguous little-endian arrays.

    Each operation computes in its declared type: integers wrap, f16 rounds to f16. An input that is passed on keeps
    all its bits. bf16 is raw bits in `<u2`. Shapes with unknown dimensions may turn out not to fit: that, a missing
    or unknown input, and an array of another dtype or shape than declared, raise ModelError.
    """
    _check_inputs(model, inputs)
    values: dict[Expression, Array] = {Input(port.name): inputs[port.name] for port in model.inputs}

    def value(expression: Expression) -> Array:
        if expression not in values:
            values[expression] = compute(expression, *map(value, expression.operands))
        return values[expression]

    outputs = {}
    with np.errstate(all="ignore"):
        for port, (name, expression) in zip(model.outputs, model.expressions, strict=True):
            try:
                result = value(expression)
            except ValueError as error:
                raise ModelError(model.id, f"output {name!r}: {error}") from None
            outputs[name] = np.array(result, dtype=port.type.element.dtype, order="C", copy=True)
    return outputs


def _check_inputs(model: Model, inputs: Mapping[str, Array]) -> None:
    for name in inputs:
        model.input_index(name)
    for port in model.inputs:
        if port.name not in inputs:
            raise ModelError(model.id, f"the input {port.name!r} is missing")
        given = inputs[port.name]
        if given.dtype != port.type.element.dtype or not port.type.accepts(given.shape):
            raise ModelError(model.id, f"the input {port} was given {given.dtype} {list(given.shape)}")


@singledispatch
def compute(expression: Expression, *operands: Array) -> Array:
    """Return the value of one operation on the values of its operands."""
    raise TypeError(f"no oracle for {type(expression).__name__} of {len(operands)} operands")


@compute.register
def _(expression: Constant) -> Array:
    return expression.element.from_bytes(expression.data).reshape(expression.shape)


@compute.register
def _(_expression: Add, left: Array, right: Array) -> Array:
    return np.add(left, right)


@compute.register
def _(_expression: Sub, left: Array, right: Array) -> Array:
    return np.subtract(left, right)


@compute.register
def _(_expression: Mul, left: Array, right: Array) -> Array:
    return np.multiply(left, right)


@compute.register
def _(_expression: Maximum, left: Array, right: Array) -> Array:
    return np.maximum(left, right)


@compute.register
def _(_expression: Minimum, left: Array, right: Array) -> Array:
    return np.minimum(left, right)


@compute.register
def _(_expression: MatMul, left: Array, right: Array) -> Array:
    return np.asarray(np.matmul(left, right))


@compute.register
def _(_expression: Neg, of: Array) -> Array:
    return np.asarray(np.negative(of))


@compute.register
def _(_expression: Abs, of: Array) -> Array:
    return np.asarray(np.abs(of))


@compute.register
def _(_expression: Relu, of: Array) -> Array:
    return np.asarray(np.maximum(of, of.dtype.type(0)))


@compute.register
def _(expression: Cast, of: Array) -> Array:
    return of.astype(expression.to.dtype)


@compute.register
def _(expression: Transpose, of: Array) -> Array:
    return np.transpose(of, expression.permutation)


@compute.register
def _(expression: Reshape, of: Array) -> Array:
    return np.reshape(of, expression.shape)


@compute.register
def _(expression: Squeeze, of: Array) -> Array:
    return np.squeeze(of, expression.axis)


@compute.register
def _(expression: Unsqueeze, of: Array) -> Array:
    return np.expand_dims(of, expression.axis)


@compute.register
def _(expression: Concat, *of: Array) -> Array:
    return np.concatenate(of, axis=expression.axis)


@compute.register
def _(expression: Split, of: Array) -> Array:
    parts = np.cumsum(expression.lengths)[:-1] if expression.lengths else expression.parts
    return np.split(of, parts, axis=expression.axis)[expression.index]


@compute.register
def _(expression: ReduceSum, of: Array) -> Array:
    return np.asarray(np.sum(of, axis=expression.axis, dtype=of.dtype))
