"""What the handles of one guest stand for. No call but an extension frees one, so they live as long as the guest."""

from __future__ import annotations

from typing import Generic, TypeVar

from wasi_nn_reference.errors import invalid_argument, too_large

# Handles of the two kinds never overlap, so that one can not be taken for the other, and small
# numbers, which a confused guest is likely to hold, are handles of nothing.
FIRST_GRAPH = 0x0100_0000
FIRST_CONTEXT = 0x4100_0000
MOST_HANDLES = 0x4000_0000  # of each kind in the life of a guest; a number is never given twice

_Value = TypeVar("_Value")


class HandleTable(Generic[_Value]):
    """Handles of one kind: at most `most` numbers counting up from `first`, none used twice."""

    def __init__(self, kind: str, first: int, most: int = MOST_HANDLES) -> None:
        self._kind = kind
        self._next = first
        self._end = first + most
        self._values: dict[int, _Value] = {}

    def insert(self, value: _Value) -> int:
        """Return a new handle for `value`; raises `too_large` when all numbers are used up."""
        if self._next == self._end:
            raise too_large(f"no {self._kind} handle is left")
        handle = self._next
        self._next += 1
        self._values[handle] = value
        return handle

    def get(self, handle: int) -> _Value:
        """Return what `handle` stands for; raises `invalid_argument`."""
        if handle not in self._values:
            raise invalid_argument(f"{handle} is no {self._kind} handle")
        return self._values[handle]

    def remove(self, handle: int) -> None:
        """Forget `handle`, which stands for nothing from now on; raises `invalid_argument`."""
        self.get(handle)
        del self._values[handle]
