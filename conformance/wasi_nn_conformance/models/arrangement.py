"""Expressions that arrange elements anew and compute nothing; see `expression`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from .expression import Expression, ExpressionError, TensorType, Unary, checked_axis


@dataclass(frozen=True)
class Transpose(Unary):
    """Axes in another order: output axis i is input axis `permutation[i]`."""

    permutation: tuple[int, ...]

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the permuted shape."""
        shape = operands[0].shape
        if sorted(self.permutation) != list(range(len(shape))):
            raise ExpressionError(f"{list(self.permutation)} does not permute the {len(shape)} axes of {operands[0]}")
        return TensorType(operands[0].element, tuple(shape[axis] for axis in self.permutation))


@dataclass(frozen=True)
class Reshape(Unary):
    """The same elements in row-major order under another, static shape."""

    shape: tuple[int, ...]

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the new shape, which must have as many elements."""
        known = [dim for dim in operands[0].shape if dim is not None]
        if operands[0].is_static and prod(known) != prod(self.shape):
            raise ExpressionError(f"{operands[0]} cannot be reshaped to {list(self.shape)}: other number of elements")
        return TensorType(operands[0].element, self.shape)


@dataclass(frozen=True)
class Squeeze(Unary):
    """The same elements without `axis`, whose length is 1."""

    axis: int

    def infer(self, operands: tuple[TensorType, ...]) -> TensorType:
        """Return the shape without `axis`."""
        axis, shape = checked_axis(self.axis, operands[0]), operands[0].shape
        if shape[axis] != 1:
            raise ExpressionError(f"axis {axis} of {operands[0]} cannot be left out: its length is not 1")
        return TensorType(operands[0].element, (*shape[:axis], *shape[axis + 1 :]))


@dataclass(frozen=True)
class Unsqueeze(Unary):
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
        axis = checked_axis(self.axis, first)
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
class Split(Unary):
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
        axis = checked_axis(self.axis, operands[0])
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
