"""A backend whose engine is in another process; to the host it looks like any other."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from wasi_nn_reference.backends.backend import Port
from wasi_nn_reference.backends.isolated.engine_process import EngineProcess
from wasi_nn_reference.backends.isolated.graph import IsolatedGraph, Model
from wasi_nn_reference.backends.isolated.messages import (
    Begin,
    Load,
    Loaded,
    PortMessage,
)
from wasi_nn_reference.backends.isolated.segment import Segment
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from wasi_nn_reference.backends.isolated.launcher import Launcher
    from wasi_nn_reference.backends.settings import EngineSettings


# Of models that are kept to be loaded again, of one owner. They stay in the host's memory, beside what the engine has
# made of them; an owner with larger models loses them with the process.
_KEPT_BYTES = 256 << 20


class IsolatedBackend:
    """All engines of one owner of models, in one process; see `wasi_nn_reference.backends.backend.Backend`.

    The process is started with the first model, and another one after it is lost: with the next model, or for a graph
    that was not at work when it was.
    """

    def __init__(self, launcher: Launcher, settings: EngineSettings, memory_bytes: int) -> None:
        self._launcher = launcher
        self._most_bytes = settings.tensor_bytes
        engines = tuple((encoding.value, name) for encoding, name in settings.engines)
        self._begin = Begin(memory_bytes, settings.precision.value, settings.threads, settings.tensor_bytes, engines)
        self._process: EngineProcess | None = None
        self._lock = threading.Lock()
        self._kept_bytes = 0

    def warm(self) -> None:
        """Start the process, so that it is there when the first model comes."""
        if self._process is None or self._process.is_lost:
            self._process = EngineProcess(self._launcher, self._begin)

    def kill(self, reason: str) -> None:
        """End the process, from any thread, also in the middle of a call. Its graphs are lost for good."""
        if self._process is not None:
            self._process.is_given_up = True
            self._process.kill(reason)

    def load(
        self, encoding: GraphEncoding, builders: tuple[bytes, ...], target: ExecutionTarget, seconds: float
    ) -> IsolatedGraph:
        """See `Backend.load`."""
        model = Model(encoding, builders, target)
        process, loaded = self._loaded(model, seconds)
        try:
            inputs, outputs = (tuple(map(_port, ports)) for ports in (loaded.inputs, loaded.outputs))
        except ValueError:
            raise process.nonsense() from None
        graph = IsolatedGraph(self._loaded_again, (process, loaded.graph), inputs, outputs, self._most_bytes)
        size = sum(map(len, builders))
        if self._kept_bytes + size <= _KEPT_BYTES:
            self._kept_bytes += size
            graph.model = model
            weakref.finalize(graph, self._forget, size).atexit = False
        return graph

    def _forget(self, size: int) -> None:
        self._kept_bytes -= size

    def _loaded_again(self, model: Model, seconds: float) -> tuple[EngineProcess, int]:
        process, loaded = self._loaded(model, seconds)
        return process, loaded.graph

    def _loaded(self, model: Model, seconds: float) -> tuple[EngineProcess, Loaded]:
        """Load a model into the process, or into another one if that is lost; raises as `Backend.load`, and `busy`."""
        if not self._lock.acquire(timeout=seconds):
            raise WasiNnError(ErrorCode.BUSY, "another graph is being loaded")
        try:
            self.warm()
            assert self._process is not None
            return self._process, self._answered(self._process, model, seconds)
        finally:
            self._lock.release()

    def _answered(self, process: EngineProcess, model: Model, seconds: float) -> Loaded:
        lengths = tuple(map(len, model.builders))
        segment = Segment(sum(lengths))
        try:
            start = 0
            for builder in model.builders:
                segment.memory[start : start + len(builder)] = builder
                start += len(builder)
            order = Load(model.encoding.value, lengths, model.target.value, seconds)
            answer = process.call(order, seconds, segment.descriptor)
        finally:
            segment.sent()
        if not isinstance(answer, Loaded):
            raise process.nonsense()
        return answer


def _port(message: PortMessage) -> Port:
    """Return the port; raises ValueError for one that can not be."""
    shape = message.shape
    if shape is not None and any(each is not None and each < 0 for each in shape):
        raise ValueError("no shape")
    return Port(message.name, TensorType(message.tensor_type), shape, message.narrow)
