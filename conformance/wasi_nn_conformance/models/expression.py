"""The vocabulary of models: expressions over named inputs, and the type and shape of their values.

An expression is frozen data. What it computes is in `oracle`, how it is written in a model format in `encodings`; here
stands only what values it accepts and what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from math import prod
from typing import TypeAlias

from .element_type import ElementType

Shape: TypeAlias = tuple[int | None, ...]
"""Dimensions, outermost first. None is a dimension that only the input decides."""


class ExpressionError(ValueError):
    """An expression that has no value, such as a sum of tensors whose shapes do not fit together."""


@dataclass(frozen=True)
class TensorType:
    """Element type and shape of a tensor. The empty shape is a scalar."""

    element: ElementType
    shape: Shape

    def __str__(self) -> str:
        return f"{self.element} [{', '.join('?' if dim is None else str(dim) for dim in self.shape)}]"

    @property
    def is_static(self) -> bool:
        """Return whether every dimension is known."""
        return None not in self.shape

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Return whether a tensor of `shape` is of this type."""
        return len(shape) == len(self.shape) and all(
            mine in (None, given) for mine, given in zip(self.shape, shape, strict=True)
        )


class Expression:
    """One operation or leaf. Equal expressions are the same value."""

    @property
    def operands(self) -> tuple[Expression, ...]:
        """The expressions that this one is computed from, in order."""
        return ()

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the type of the value, given the types of `operands`. Raises ExpressionError if there is none."""
        raise NotImplementedError(f"{type(self).__name__} does not say the type of its value")


@dataclass(frozen=True)
class Input(Expression):
    """The tensor given for the input of that name. Its type is the model's to tell."""

    name: str


@dataclass(frozen=True)
class Constant(Expression):
    """A tensor that is part of the model: a weight. `data` is little-endian and row-major."""

    element: ElementType
    shape: tuple[int, ...]
    data: bytes

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the declared type, if `data` has its length."""
        del operands
        if len(self.data) != prod(self.shape) * self.element.size:
            raise ExpressionError(
                f"a constant {TensorType(self.element, self.shape)} takes {prod(self.shape) * self.element.size} "
                f"bytes, not {len(self.data)}"
            )
        return TensorType(self.element, self.shape)


@dataclass(frozen=True)
class Unary(Expression):
    """An operation on one tensor."""

    of: Expression

    @property
    def operands(self) -> tuple[Expression, ...]:
        """The tensor."""
        return (self.of,)


@dataclass(frozen=True)
class _Binary(Expression):
    left: Expression
    right: Expression

    @property
    def operands(self) -> tuple[Expression, ...]:
        return (self.left, self.right)

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        left, right = operands
        return TensorType(_common_element(left, right), broadcast(left.shape, right.shape))


class Add(_Binary):
    """Elementwise sum. Shapes broadcast as numpy's do; integers wrap."""


class Sub(_Binary):
    """Elementwise `left - right`. Shapes broadcast as numpy's do; integers wrap."""


class Mul(_Binary):
    """Elementwise product. Shapes broadcast as numpy's do; integers wrap."""


class Maximum(_Binary):
    """Elementwise the larger of the two. Of NaNs and of zeros of different signs either may be given."""


class Minimum(_Binary):
    """Elementwise the smaller of the two. Of NaNs and of zeros of different signs either may be given."""


class MatMul(_Binary):
    """Product of two matrices (rank 2). Sums of integers that the type does not hold may be any."""

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return [rows of left, columns of right]."""
        left, right = operands
        element = _common_element(left, right)
        if element is ElementType.U8:
            raise ExpressionError("matmul takes f16, f32, f64, i32 or i64: ONNX has none of u8")
        if len(left.shape) != 2 or len(right.shape) != 2:
            raise ExpressionError(f"matmul takes two matrices, not {left} and {right}")
        if left.shape[1] is None or left.shape[1] != right.shape[0]:
            raise ExpressionError(f"matmul of {left} and {right}: the inner dimensions differ or are not known")
        return TensorType(element, (left.shape[0], right.shape[1]))


class Neg(Unary):
    """Elementwise negation."""

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the operand's type, which must be signed."""
        if operands[0].element is ElementType.U8:
            raise ExpressionError("neg takes a signed type, not u8")
        return TensorType(_arithmetic(operands[0]), operands[0].shape)


class Abs(Unary):
    """Elementwise value without its sign; the smallest integer of its type stays as it is."""

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the operand's type."""
        return TensorType(_arithmetic(operands[0]), operands[0].shape)


class Relu(Unary):
    """Elementwise maximum of the value and 0. What becomes of -0.0 is not defined: no model shall depend on it."""

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the operand's type, which must be signed."""
        if operands[0].element is ElementType.U8:
            raise ExpressionError("relu takes a signed type, not u8")
        return TensorType(_arithmetic(operands[0]), operands[0].shape)


@dataclass(frozen=True)
class Cast(Unary):
    """Elementwise conversion to another type, as C converts. Out-of-range values are not defined."""

    to: ElementType

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the operand's shape with the type `to`."""
        if not self.to.has_arithmetic:
            raise ExpressionError(f"cast to {self.to}: numpy has no such type to check it with")
        _arithmetic(operands[0])
        return TensorType(self.to, operands[0].shape)


@dataclass(frozen=True)
class ReduceSum(Unary):
    """Sum along `axis`, which disappears from the shape. Of integers that the type does not hold, any may be given."""

    axis: int

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the shape without `axis`."""
        axis = checked_axis(self.axis, operands[0])
        if _arithmetic(operands[0]) is ElementType.U8:
            raise ExpressionError("reduce_sum takes f16, f32, f64, i32 or i64: ONNX has none of u8")
        shape = operands[0].shape
        return TensorType(operands[0].element, (*shape[:axis], *shape[axis + 1 :]))


def broadcast(left: Shape, right: Shape) -> Shape:
    """Return the shape that both stretch to by numpy's rule.

    An unknown dimension takes the other's length, unless that is 1. Raises ExpressionError if they do not fit.
    """
    shape: list[int | None] = []
    for a, b in zip_longest(reversed(left), reversed(right), fillvalue=1):
        if a is not None and b is not None and a != b and 1 not in (a, b):
            raise ExpressionError(f"the shapes {list(left)} and {list(right)} do not fit together")
        shape.append(b if a == 1 or (a is None and b not in (None, 1)) else a)
    return tuple(reversed(shape))


def _common_element(left: TensorType, right: TensorType) -> ElementType:
    if left.element is not right.element:
        raise ExpressionError(f"{left} and {right} have different element types; cast one of them")
    return _arithmetic(left)


def _arithmetic(of: TensorType) -> ElementType:
    if not of.element.has_arithmetic:
        raise ExpressionError(f"there is no arithmetic of {of.element} here: numpy has none to check it with")
    return of.element


def checked_axis(axis: int, of: TensorType) -> int:
    """Return an axis that a tensor has. Raises ExpressionError for another."""
    if not 0 <= axis < len(of.shape):
        raise ExpressionError(f"{of} has no axis {axis}")
    return axis
