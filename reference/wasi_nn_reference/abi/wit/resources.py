"""What the handles of one component stand for, and for how long.

The component model counts handles; the host keeps the things behind them in this table, under a
number of its own (the handle's representation). A thing leaves the table exactly once: when the
guest drops its handle, or when a call takes it (`own<T>` as a parameter), whatever comes of that
call. The runtime runs no destructor for what a call has taken.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from wasi_nn_reference.errors import too_large

if TYPE_CHECKING:
    from wasi_nn_reference.limits import Limits

_LAST = 0xFFFF_FFFF  # representations are u32


class Kind(IntEnum):
    """The resources of wasi-nn; the numbers tell them apart inside the runtime."""

    TENSOR = 1
    ERROR = 2
    GRAPH = 3
    CONTEXT = 4

    @property
    def wit_name(self) -> str:
        """The name in WIT."""
        return "graph-execution-context" if self is Kind.CONTEXT else self.name.lower()


class CallTrapError(Exception):
    """A call that has no way to fail but a trap of the guest; the text says why."""


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: Kind
    value: Any
    size: int


class ResourceTable:
    """The live resources of one component, each with the bytes of the guest's data that it holds."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._entries: dict[int, _Entry] = {}
        self._next = 1
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def counts(self) -> dict[str, int]:
        """Return how many resources of each kind are alive, by their names in WIT; none is left out as 0."""
        return dict(Counter(entry.kind.wit_name for entry in self._entries.values()))

    def check_room(self, size: int) -> None:
        """Make sure that resources of so many bytes together still fit; raises `too_large`."""
        if self._bytes + size > self._limits.resource_bytes:
            raise too_large(
                f"the component's resources would hold {self._bytes + size} bytes;"
                f" the limit is {self._limits.resource_bytes}"
            )

    def insert(self, kind: Kind, value: Any, size: int = 0) -> int:
        """Keep `value` and return its representation; raises CallTrapError beyond the limits."""
        if len(self._entries) >= self._limits.resources:
            raise CallTrapError(f"the component has {len(self._entries)} live resources; that is the limit")
        if self._bytes + size > self._limits.resource_bytes:
            raise CallTrapError(f"the component's resources hold {self._bytes} bytes; no {size} more are allowed")
        if self._next > _LAST:
            raise CallTrapError("no representation of a resource is left")
        representation = self._next
        self._next += 1
        self._entries[representation] = _Entry(kind, value, size)
        self._bytes += size
        return representation

    def get(self, kind: Kind, representation: int) -> Any:
        """Return what is kept; raises CallTrapError if that is nothing, or of another kind."""
        entry = self._entries.get(representation)
        if entry is None or entry.kind is not kind:
            raise CallTrapError(f"the handle stands for no {kind.wit_name}")
        return entry.value

    def take(self, kind: Kind, representation: int) -> Any:
        """Return what is kept, and forget it; raises as `get`."""
        value = self.get(kind, representation)
        self._bytes -= self._entries.pop(representation).size
        return value

    def drop(self, kind: Kind, representation: int) -> None:
        """Forget what the guest has dropped; raises as `get`."""
        self.take(kind, representation)

    def clear(self) -> None:
        """Forget everything: the guest has ended."""
        self._entries.clear()
        self._bytes = 0
