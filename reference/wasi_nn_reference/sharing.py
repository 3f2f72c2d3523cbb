"""Loaded models that are shared: the same bytes are compiled once.

Compiling costs milliseconds even for a tiny model, and a guest that tests or serves loads the same
one again and again. A backend's graph is immutable, so graphs may share it; what differs, the
inputs and outputs of a context, is never in it.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

if TYPE_CHECKING:
    from wasi_nn_reference.backends.backend import Backend, BackendGraph

_Key = tuple[GraphEncoding, ExecutionTarget, tuple[bytes, ...]]


class SharedGraphs:
    """The most recently used graphs, up to `capacity` bytes of builders; one backend setting each."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._graphs: OrderedDict[_Key, tuple[BackendGraph, int]] = OrderedDict()

    def load(
        self,
        backend: Backend,
        encoding: GraphEncoding,
        builders: tuple[bytes, ...],
        target: ExecutionTarget,
        seconds: float,
    ) -> BackendGraph:
        """Return the graph of those builders, loaded now or earlier; raises as `Backend.load`."""
        key = (encoding, target, tuple(hashlib.sha256(builder).digest() for builder in builders))
        if key in self._graphs:
            held, size = self._graphs[key]
            if not held.is_lost:
                self._graphs.move_to_end(key)
                return held
            del self._graphs[key]
            self._held -= size
        graph = backend.load(encoding, builders, target, seconds)
        size = sum(map(len, builders))
        if size <= self._capacity:
            self._graphs[key] = graph, size
            self._held += size
            while self._held > self._capacity:
                self._held -= self._graphs.popitem(last=False)[1][1]
        return graph
