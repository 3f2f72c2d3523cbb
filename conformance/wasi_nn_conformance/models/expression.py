"""The vocabulary of models: expressions over named inputs, and the type and shape of their values.

An expression is frozen data. What it computes is in `oracle`, how it is written in a model format in `encodings`; here
stands only what values it accepts and what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
class _Unary(Expression):
    of: Expression

    @property
    def operands(self) -> tuple[Expression, ...]:
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


class Neg(_Unary):
    """Elementwise negation."""

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the operand's type, which must be signed."""
        if operands[0].element is ElementType.U8:
            raise ExpressionError("neg takes a signed type, not u8")
        return TensorType(_arithmetic(operands[0]), operands[0].shape)


class Abs(_Unary):
    """Elementwise value without its sign; the smallest integer of its type stays as it is."""

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the operand's type."""
        return TensorType(_arithmetic(operands[0]), operands[0].shape)


class Relu(_Unary):
    """Elementwise maximum of the value and 0. What becomes of -0.0 is not defined: no model shall depend on it."""

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the operand's type, which must be signed."""
        if operands[0].element is ElementType.U8:
            raise ExpressionError("relu takes a signed type, not u8")
        return TensorType(_arithmetic(operands[0]), operands[0].shape)


@dataclass(frozen=True)
class Cast(_Unary):
    """Elementwise conversion to another type, as C converts. Out-of-range values are not defined."""

    to: ElementType

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the operand's shape with the type `to`."""
        if not self.to.has_arithmetic:
            raise ExpressionError(f"cast to {self.to}: numpy has no such type to check it with")
        _arithmetic(operands[0])
        return TensorType(self.to, operands[0].shape)


@dataclass(frozen=True)
class Transpose(_Unary):
    """Axes in another order: output axis i is input axis `permutation[i]`."""

    permutation: tuple[int, ...]

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the permuted shape."""
        shape = operands[0].shape
        if sorted(self.permutation) != list(range(len(shape))):
            raise ExpressionError(f"{list(self.permutation)} does not permute the {len(shape)} axes of {operands[0]}")
        return TensorType(operands[0].element, tuple(shape[axis] for axis in self.permutation))


@dataclass(frozen=True)
class Reshape(_Unary):
    """The same elements in row-major order under another, static shape."""

    shape: tuple[int, ...]

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the new shape, which must have as many elements."""
        known = [dim for dim in operands[0].shape if dim is not None]
        if operands[0].is_static and prod(known) != prod(self.shape):
            raise ExpressionError(f"{operands[0]} cannot be reshaped to {list(self.shape)}: other number of elements")
        return TensorType(operands[0].element, self.shape)


@dataclass(frozen=True)
class Squeeze(_Unary):
    """The same elements without `axis`, whose length is 1."""

    axis: int

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the shape without `axis`."""
        axis, shape = _checked_axis(self.axis, operands[0]), operands[0].shape
        if shape[axis] != 1:
            raise ExpressionError(f"axis {axis} of {operands[0]} cannot be left out: its length is not 1")
        return TensorType(operands[0].element, (*shape[:axis], *shape[axis + 1 :]))


@dataclass(frozen=True)
class Unsqueeze(_Unary):
    """The same elements with one axis more, of length 1, in front of `axis`."""

    axis: int

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the shape with a 1 at `axis`."""
        shape = operands[0].shape
        if not 0 <= self.axis <= len(shape):
            raise ExpressionError(f"{operands[0]} has no place {self.axis} for an axis")
        return TensorType(operands[0].element, (*shape[: self.axis], 1, *shape[self.axis :]))


@dataclass(frozen=True)
class Concat(Expression):
    """Tensors one after another along `axis`."""

    of: tuple[Expression, ...]
    axis: int

    @property
    def operands(self) -> tuple[Expression, ...]:
        """The tensors, in order."""
        return self.of

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the first shape with the lengths along `axis` added up."""
        if not operands:
            raise ExpressionError("concat takes one tensor or more")
        first = operands[0]
        axis = _checked_axis(self.axis, first)
        for other in operands[1:]:
            same = len(other.shape) == len(first.shape) and all(
                at == axis or mine == theirs
                for at, (mine, theirs) in enumerate(zip(first.shape, other.shape, strict=True))
            )
            if other.element is not first.element or not same:
                raise ExpressionError(f"{first} and {other} cannot be joined along axis {axis}")
        lengths = [operand.shape[axis] for operand in operands]
        total = None if None in lengths else sum(length for length in lengths if length is not None)
        return TensorType(first.element, (*first.shape[:axis], total, *first.shape[axis + 1 :]))


@dataclass(frozen=True)
class Split(_Unary):
    """Part `index` (from 0) of `parts` parts along `axis`: equal ones, or of these `lengths`."""

    axis: int
    parts: int
    index: int
    lengths: tuple[int, ...] = ()

    def all_parts(self) -> tuple[Split, ...]:
        """Return every part of the same split, in order."""
        return tuple(replace(self, index=index) for index in range(self.parts))

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the shape of one part."""
        axis = _checked_axis(self.axis, operands[0])
        length = operands[0].shape[axis]
        if self.parts < 1 or not 0 <= self.index < self.parts:
            raise ExpressionError(f"part {self.index} of {self.parts} does not exist")
        if self.lengths and sum(self.lengths) != length:
            raise ExpressionError(f"axis {axis} of {operands[0]} has no parts of {list(self.lengths)}")
        if length is None or (not self.lengths and length % self.parts):
            raise ExpressionError(f"axis {axis} of {operands[0]} has no {self.parts} equal parts")
        part = self.lengths[self.index] if self.lengths else length // self.parts
        shape = operands[0].shape
        return TensorType(operands[0].element, (*shape[:axis], part, *shape[axis + 1 :]))


@dataclass(frozen=True)
class ReduceSum(_Unary):
    """Sum along `axis`, which disappears from the shape. Of integers that the type does not hold, any may be given."""

    axis: int

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the shape without `axis`."""
        axis = _checked_axis(self.axis, operands[0])
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


def _checked_axis(axis: int, of: TensorType) -> int:
    if not 0 <= axis < len(of.shape):
        raise ExpressionError(f"{of} has no axis {axis}")
    return axis
