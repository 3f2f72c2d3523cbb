"""The process of an engine: serves one host's models, and sees nothing else.

It trusts what the host says (places, lengths), and nothing of what is in models and tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from wasi_nn_reference.backends import registry
from wasi_nn_reference.backends.isolated import sandbox
from wasi_nn_reference.backends.isolated.channel import Channel, EndedError
from wasi_nn_reference.backends.isolated.messages import (
    Answer,
    Arrange,
    Begin,
    Computed,
    Done,
    Failed,
    Fetch,
    Forget,
    Infer,
    Load,
    Loaded,
    Order,
    Outgrown,
    Place,
    PortMessage,
    Ready,
)
from wasi_nn_reference.backends.isolated.segment import aligned, mapped
from wasi_nn_reference.backends.settings import EngineSettings, Precision
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.tensor import Tensor, byte_length
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

if TYPE_CHECKING:
    import socket

    from wasi_nn_reference.backends.backend import BackendGraph, BackendRequest, Port


def serve(end: socket.socket) -> None:
    """Give up what can be given up, then do what the host at the other end of `end` orders, until it is gone."""
    channel: Channel[Answer, Order] = Channel(end, Order)
    try:
        begin, _ = channel.receive_with_descriptor()
        assert isinstance(begin, Begin)
        missing = sandbox.enter(begin.memory_bytes)
        worker = Worker(_settings(begin))
        channel.send(Ready(tuple(missing)))
        while True:
            order, descriptor = channel.receive_with_descriptor()
            channel.send(worker.answer(order, descriptor))
    except EndedError:
        pass


def _settings(begin: Begin) -> EngineSettings:
    engines = tuple((GraphEncoding(encoding), name) for encoding, name in begin.engines)
    return EngineSettings(Precision(begin.precision), begin.threads, begin.tensor_bytes, engines)


class Worker:
    """The graphs and requests of one host."""

    def __init__(self, settings: EngineSettings) -> None:
        self._backends = registry.backends(settings)
        self._graphs: dict[int, BackendGraph] = {}
        self._requests: dict[int, _Run] = {}
        self._last = 0

    def answer(self, order: Order, descriptor: int | None) -> Answer:
        """Do one thing; whatever goes wrong is an answer, too."""
        try:
            if isinstance(order, Infer):
                return self._requests[order.request].infer(order.seconds)
            if isinstance(order, Forget):
                return self._forget(order)
            assert descriptor is not None  # what the other orders speak of is in a segment
            if isinstance(order, Load):
                return self._load(order, mapped(descriptor, max(sum(order.lengths), 1)))
            if isinstance(order, Fetch):
                return self._requests[order.request].fetched(mapped(descriptor, order.size), order.free)
            assert isinstance(order, Arrange)
            return self._arrange(order, mapped(descriptor, order.size))
        except WasiNnError as error:
            return Failed(error.code.value, error.message)
        except MemoryError:
            return Failed(ErrorCode.TOO_LARGE.value, "the engine has no memory left")
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the other graphs with it
            return Failed(ErrorCode.RUNTIME_ERROR.value, f"a fault in the engine's process, {type(error).__name__}")

    def _load(self, order: Load, segment: Any) -> Answer:
        builders, start = [], 0
        for length in order.lengths:
            builders.append(segment[start : start + length])
            start += length
        segment.close()
        encoding, target = GraphEncoding(order.encoding), ExecutionTarget(order.target)
        graph = self._backends[encoding].load(encoding, tuple(builders), target, order.seconds)
        self._last += 1
        self._graphs[self._last] = graph
        return Loaded(self._last, _ports(graph.inputs), _ports(graph.outputs))

    def _arrange(self, order: Arrange, segment: Any) -> Answer:
        graph = self._graphs[order.graph]
        if order.request not in self._requests:
            self._requests[order.request] = _Run(graph)
        self._requests[order.request].arrange(segment, order.inputs, order.free)
        return Done()

    def _forget(self, order: Forget) -> Answer:
        for number in order.requests:
            self._requests.pop(number, None)
        for number in order.graphs:
            self._graphs.pop(number, None)
        return Done()


class _Run:
    """A request, and the segment that its tensors are in."""

    def __init__(self, graph: BackendGraph) -> None:
        self._graph = graph
        self._request: BackendRequest = graph.request()
        self._inputs: tuple[Tensor, ...] = ()
        self._held: list[Tensor] = []
        self._view = memoryview(b"")
        self._free = 0

    def arrange(self, segment: Any, places: tuple[Place, ...], free: int) -> None:
        """Take inputs from these places from now on."""
        self._view, self._free = memoryview(segment), free
        self._inputs = tuple(self._input(port, place) for port, place in zip(self._graph.inputs, places, strict=True))

    def _input(self, port: Port, place: Place) -> Tensor:
        end = place.offset + byte_length(port.type, place.dimensions)
        # Whoever reads it as bytes sees the segment itself: engines copy it into buffers of their own.
        return Tensor(port.type, place.dimensions, cast("bytes", self._view[place.offset : end]))

    def infer(self, seconds: float) -> Answer:
        """Compute, and put the outputs into the segment if they fit."""
        self._held = self._request.infer(self._inputs, seconds)
        return self._placed() or Outgrown(tuple(tensor.dimensions for tensor in self._held))

    def fetched(self, segment: Any, free: int) -> Answer:
        """Put the outputs that are held into another segment. Inputs are arranged anew before the next run."""
        self._view, self._free = memoryview(segment), free
        self._inputs = ()
        return self._placed() or Failed(ErrorCode.RUNTIME_ERROR.value, "a segment that is too small")

    def _placed(self) -> Computed | None:
        places, offset = [], self._free
        for tensor in self._held:
            start, end = aligned(offset), aligned(offset) + len(tensor.data)
            if end > len(self._view):
                return None
            self._view[start:end] = tensor.data
            places.append(Place(tensor.dimensions, start))
            offset = end
        self._held = []
        return Computed(tuple(places))


def _ports(ports: tuple[Port, ...]) -> tuple[PortMessage, ...]:
    return tuple(PortMessage(port.name, port.type.value, port.shape, port.narrow) for port in ports)
