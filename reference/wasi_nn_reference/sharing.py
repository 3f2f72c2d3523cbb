"""Loaded models that are shared: the same bytes are compiled once.

Compiling costs milliseconds even for a tiny model, and a guest that tests or serves loads the same
one again and again. A backend's graph is immutable, so graphs may share it; what differs, the
inputs and outputs of a context, is never in it.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

if TYPE_CHECKING:
    from wasi_nn_reference.backends.backend import Backend, BackendGraph

_Key = tuple[GraphEncoding, ExecutionTarget, tuple[bytes, ...]]


class SharedGraphs:
    """The most recently used graphs, up to `capacity` bytes of builders; one backend setting each. From any thread."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._lock = threading.Lock()
        self._graphs: OrderedDict[_Key, tuple[BackendGraph, int]] = OrderedDict()

    def load(
        self,
        backend: Backend,
        encoding: GraphEncoding,
        builders: tuple[bytes, ...],
        target: ExecutionTarget,
        seconds: float,
    ) -> BackendGraph:
        """Return the graph of those builders, loaded now or earlier; raises as `Backend.load`.

        Raises `busy` if another thread loads one all the time.
        """
        key = (encoding, target, tuple(hashlib.sha256(builder).digest() for builder in builders))
        if not self._lock.acquire(timeout=seconds):
            raise WasiNnError(ErrorCode.BUSY, "another graph is being loaded")
        try:
            held = self._living(key)
            if held is not None:
                return held
            graph = backend.load(encoding, builders, target, seconds)
            self._keep(key, graph, sum(map(len, builders)))
            return graph
        finally:
            self._lock.release()

    def _living(self, key: _Key) -> BackendGraph | None:
        if key not in self._graphs:
            return None
        held, size = self._graphs[key]
        if not held.is_lost:
            self._graphs.move_to_end(key)
            return held
        del self._graphs[key]
        self._held -= size
        return None

    def _keep(self, key: _Key, graph: BackendGraph, size: int) -> None:
        if size <= self._capacity:
            self._graphs[key] = graph, size
            self._held += size
            while self._held > self._capacity:
                self._held -= self._graphs.popitem(last=False)[1][1]
