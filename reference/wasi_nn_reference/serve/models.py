"""The operator's graphs: loaded before the first request, and again if their engine is lost."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

from wasi_nn_reference.backends import detection
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.types import ExecutionTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wasi_nn_reference.backends.backend import Backend, BackendGraph, BackendRequest, Port
    from wasi_nn_reference.named_graphs import NamedGraph
    from wasi_nn_reference.tensor import Tensor
    from wasi_nn_reference.types import GraphEncoding


_IDLE = 16  # requests of a graph that are kept with their buffers, from run to run


class Standing(Protocol):
    """What a worker has by name. model_bytes: that are held here for it."""

    @property
    def model_bytes(self) -> int:
        """See the class."""
        ...

    def graph(self, seconds: float) -> BackendGraph:
        """Return the graph; raises as `Backend.load`."""
        ...


class StandingGraph:
    """A graph that is loaded anew whenever its engine is gone; see `BackendGraph`.

    Every worker that has it by name shares it. Raises as `Backend.load`.
    """

    def __init__(
        self,
        backend: Backend,
        graph: NamedGraph,
        seconds: float,
        lock: threading.Lock,
        on_loss: Callable[[], None],
    ) -> None:
        self._backend = backend
        self._named = graph
        self._lock = lock
        self._on_loss = on_loss
        self.model_bytes = sum(map(len, graph.builders))
        self._idle: deque[tuple[BackendGraph, BackendRequest]] = deque()
        detection.check(graph.encoding, graph.builders)
        self._loaded = self._load(seconds)
        self.inputs: tuple[Port, ...] = self._loaded.inputs
        self.outputs: tuple[Port, ...] = self._loaded.outputs

    @property
    def is_lost(self) -> bool:
        """See `BackendGraph.is_lost`: this one never is."""
        return False

    def graph(self, _seconds: float) -> BackendGraph:
        """See `Standing.graph`."""
        return self

    def request(self) -> StandingRequest:
        """See `BackendGraph.request`."""
        return StandingRequest(self)

    def living(self, seconds: float) -> BackendGraph:
        """Return the graph in an engine that lives; raises as `Backend.load`, `busy` if others load all the time."""
        if not self._loaded.is_lost:
            return self._loaded
        if not self._lock.acquire(timeout=seconds):
            raise WasiNnError(ErrorCode.BUSY, "the graphs of this server are being loaded again")
        try:
            if self._loaded.is_lost:
                self._on_loss()
                self._loaded = self._load(seconds)
            return self._loaded
        finally:
            self._lock.release()

    def run(self, living: BackendGraph, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        """Compute in `living`, with the buffers of a run before if nobody else has them; raises as `infer`."""
        idle = self._idle
        try:
            of, request = idle.pop()
        except IndexError:
            of, request = living, living.request()
        if of is not living:  # buffers of an engine that is gone
            idle.clear()
            request = living.request()
        outputs = request.infer(inputs, seconds)
        if len(idle) < _IDLE:
            idle.append((living, request))
        return outputs

    def _load(self, seconds: float) -> BackendGraph:
        return self._backend.load(self._named.encoding, self._named.builders, ExecutionTarget.CPU, seconds)


class StandingRequest:
    """See `BackendRequest`. An engine that dies under it is started again, once for each run.

    So no request fails because of what another did to the engine that they share, and one that
    makes the engine die does so twice at most.
    """

    def __init__(self, graph: StandingGraph) -> None:
        self._graph = graph

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        """See `BackendRequest.infer`."""
        end = time.monotonic() + seconds
        living = self._graph.living(seconds)
        try:
            return self._graph.run(living, inputs, seconds)
        except WasiNnError as error:
            died = error.code is ErrorCode.RUNTIME_ERROR and living.is_lost
            left = end - time.monotonic()
            if not died or left <= 0:
                raise
            return self._graph.run(self._graph.living(left), inputs, left)


class StandingGraphs:
    """All of the operator's graphs, by their bytes: workers that name the same model share it.

    backends: the operator's. on_loss: called when a graph has to be loaded again.
    """

    def __init__(
        self, backends: Mapping[GraphEncoding, Backend], seconds: float, on_loss: Callable[[], None] = lambda: None
    ) -> None:
        self._backends = backends
        self._seconds = seconds
        self._on_loss = on_loss
        self._lock = threading.Lock()
        self._graphs: dict[NamedGraph, StandingGraph] = {}

    def load(self, graph: NamedGraph) -> StandingGraph:
        """Return a graph, loaded now or for another worker; raises as `Backend.load`."""
        if graph not in self._graphs:
            backend = self._backends[graph.encoding]
            self._graphs[graph] = StandingGraph(backend, graph, self._seconds, self._lock, self._on_loss)
        return self._graphs[graph]
