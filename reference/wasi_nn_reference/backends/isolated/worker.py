"""The process of an engine: serves one host's models, and sees nothing else.

It trusts what the host says (places, lengths), and nothing of what is in models and tensors.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, cast

from wasi_nn_reference.backends import registry
from wasi_nn_reference.backends.isolated import sandbox
from wasi_nn_reference.backends.isolated.channel import QUICK_SECONDS, Channel, EndedError, Ends
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
    Missing,
    Order,
    Outgrown,
    Place,
    PortMessage,
    Ready,
)
from wasi_nn_reference.backends.isolated.segment import laid_out, mapped
from wasi_nn_reference.backends.settings import EngineSettings, Precision
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.tensor import Tensor, byte_length
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

if TYPE_CHECKING:
    from wasi_nn_reference.backends.backend import BackendGraph, BackendRequest, Port


def serve(ends: Ends) -> None:
    """Drop what can be given up, then do what the host at the other ends orders, until it is gone."""
    channel: Channel[Answer, Order] = Channel(ends, Order)
    with contextlib.suppress(EndedError):
        begin = channel.decoded(channel.receive())
        assert isinstance(begin, Begin)
        missing = sandbox.enter(begin.memory_bytes, registry.package_folders())
        worker = Worker(_settings(begin), channel)
        channel.send(channel.encoded(Ready(tuple(missing))))
        began = ended = 0.0
        while True:
            # Whoever had a quick answer is likely to ask again at once.
            order = channel.receive(awake=ended - began < QUICK_SECONDS)
            began = time.perf_counter()
            channel.send(worker.answer(order))
            ended = time.perf_counter()


def _settings(begin: Begin) -> EngineSettings:
    engines = tuple((GraphEncoding(encoding), name) for encoding, name in begin.engines)
    return EngineSettings(Precision(begin.precision), begin.threads, begin.tensor_bytes, engines)


class Worker:
    """The graphs and requests of one host."""

    def __init__(self, settings: EngineSettings, channel: Channel[Answer, Order]) -> None:
        self._backends = registry.backends(settings)
        self._channel = channel
        self._graphs: dict[int, BackendGraph] = {}
        self._requests: dict[int, _Run] = {}
        self._last = 0
        # The last order to compute, as bytes, and what it was: mostly the next is the same.
        self._order = b""
        self._run: tuple[_Run, float] | None = None

    def answer(self, data: bytes) -> bytes:
        """Do one thing and return the answer, both encoded; whatever goes wrong is an answer, too."""
        try:
            if self._run is not None and data == self._order:
                return self._run[0].infer(self._run[1])
            order = self._channel.decoded(data)
            self._run = None
            if isinstance(order, Infer):
                self._order, self._run = data, (self._requests[order.request], order.seconds)
                return self._run[0].infer(order.seconds)
            if isinstance(order, Fetch):
                segment = mapped(self._channel.descriptor(), order.size)
                return self._requests[order.request].fetched(segment, order.free)
            return self._channel.encoded(self._done(order))
        except registry.NotInstalledError as error:
            return self._channel.encoded(Missing(error.distribution))
        except WasiNnError as error:
            failed = Failed(error.code.value, error.message)
        except MemoryError:
            failed = Failed(ErrorCode.TOO_LARGE.value, "the engine has no memory left")
        except EndedError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the other graphs with it
            failed = Failed(ErrorCode.RUNTIME_ERROR.value, f"a fault in the engine's process, {type(error).__name__}")
        return self._channel.encoded(failed)

    def _done(self, order: Order) -> Answer:
        if isinstance(order, Forget):
            return self._forget(order)
        descriptor = self._channel.descriptor()  # what the other orders speak of is in a segment
        if isinstance(order, Load):
            return self._load(order, mapped(descriptor, max(sum(order.lengths), 1)))
        assert isinstance(order, Arrange)
        return self._arrange(order, mapped(descriptor, order.size))

    def _load(self, order: Load, segment: memoryview) -> Answer:
        builders, start = [], 0
        for length in order.lengths:
            builders.append(segment[start : start + length].tobytes())
            start += length
        encoding, target = GraphEncoding(order.encoding), ExecutionTarget(order.target)
        graph = self._backends[encoding].load(encoding, tuple(builders), target, order.seconds)
        self._last += 1
        self._graphs[self._last] = graph
        return Loaded(self._last, _ports(graph.inputs), _ports(graph.outputs))

    def _arrange(self, order: Arrange, segment: memoryview) -> Answer:
        graph = self._graphs[order.graph]
        if order.request not in self._requests:
            self._requests[order.request] = _Run(graph, self._channel)
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

    def __init__(self, graph: BackendGraph, channel: Channel[Answer, Order]) -> None:
        self._graph = graph
        self._channel = channel
        self._request: BackendRequest = graph.request()
        self._inputs: tuple[Tensor, ...] = ()
        self._held: list[Tensor] = []
        self._view = memoryview(b"")
        self._free = 0
        # Where the last outputs were put, and the answer that says so.
        self._shapes: list[tuple[int, ...]] | None = None
        self._places: list[slice] = []
        self._answer = b""

    def arrange(self, segment: memoryview, places: tuple[Place, ...], free: int) -> None:
        """Take inputs from these places from now on."""
        self._view, self._free, self._shapes = segment, free, None
        self._inputs = tuple(self._input(port, place) for port, place in zip(self._graph.inputs, places, strict=True))

    def _input(self, port: Port, place: Place) -> Tensor:
        end = place.offset + byte_length(port.type, place.dimensions)
        # Its bytes are the segment itself: what the host writes there is the input of the next run.
        return Tensor(port.type, place.dimensions, cast("bytes", self._view[place.offset : end]))

    def infer(self, seconds: float) -> bytes:
        """Compute, put the outputs into the segment if they fit, and return the answer."""
        outputs = self._request.infer(self._inputs, seconds)
        if self._shapes != [tensor.dimensions for tensor in outputs] and not self._placed(outputs):
            self._held = outputs
            return self._channel.encoded(Outgrown(tuple(tensor.dimensions for tensor in outputs)))
        return self._written(outputs)

    def fetched(self, segment: memoryview, free: int) -> bytes:
        """Put the outputs that are held into another segment. Inputs are arranged anew before the next run."""
        self._view, self._free, self._inputs = segment, free, ()
        outputs, self._held = self._held, []
        if not self._placed(outputs):
            raise WasiNnError(ErrorCode.RUNTIME_ERROR, "a segment that is too small")
        return self._written(outputs)

    def _written(self, outputs: list[Tensor]) -> bytes:
        for place, tensor in zip(self._places, outputs, strict=True):
            self._view[place] = tensor.data
        return self._answer

    def _placed(self, outputs: list[Tensor]) -> bool:
        """Find places for outputs of other shapes than the last; return whether they fit."""
        self._shapes = None
        places = laid_out([len(tensor.data) for tensor in outputs], self._free)
        if places and places[-1].stop > len(self._view):
            return False
        self._shapes, self._places = [tensor.dimensions for tensor in outputs], places
        where = [Place(tensor.dimensions, place.start) for tensor, place in zip(outputs, places, strict=True)]
        self._answer = self._channel.encoded(Computed(tuple(where)))
        return True


def _ports(ports: tuple[Port, ...]) -> tuple[PortMessage, ...]:
    return tuple(PortMessage(port.name, port.type.value, port.shape, port.narrow) for port in ports)
