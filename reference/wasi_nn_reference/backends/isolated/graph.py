"""A graph whose engine is in another process, and its requests: tensors in memory that both sides map."""

from __future__ import annotations

import itertools
import math
import time
import weakref
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from wasi_nn_reference.backends.isolated.channel import QUICK_SECONDS
from wasi_nn_reference.backends.isolated.messages import Answer, Arrange, Computed, Done, Fetch, Infer, Outgrown, Place
from wasi_nn_reference.backends.isolated.segment import Segment, aligned, laid_out
from wasi_nn_reference.errors import WasiNnError, too_large
from wasi_nn_reference.limits import limit_text
from wasi_nn_reference.tensor import Tensor, byte_length

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wasi_nn_reference.backends.backend import Port
    from wasi_nn_reference.backends.isolated.engine_process import EngineProcess
    from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType


class Model(NamedTuple):
    """What a graph is loaded from."""

    encoding: GraphEncoding
    builders: tuple[bytes, ...]
    target: ExecutionTarget


InProcess: TypeAlias = "tuple[EngineProcess, int]"
"""The process that a graph is in, and its number there."""
Load: TypeAlias = "Callable[[Model, float], InProcess]"
"""Loads a model within so many seconds; raises as `Backend.load`."""


class IsolatedGraph:
    """See `wasi_nn_reference.backends.backend.BackendGraph`.

    model: what `load` loads again when the process is lost; None if it made that end itself, or is too large.
    most_bytes: of one output.
    """

    def __init__(
        self,
        load: Load,
        place: InProcess,
        inputs: tuple[Port, ...],
        outputs: tuple[Port, ...],
        most_bytes: int,
    ) -> None:
        self._load = load
        self.inputs = inputs
        self.outputs = outputs
        self.most_bytes = most_bytes
        self.model: Model | None = None
        self._enter(*place)

    def _enter(self, process: EngineProcess, number: int) -> None:
        self.process = process
        self.number = number
        weakref.finalize(self, process.forget_graph, number).atexit = False

    @property
    def is_lost(self) -> bool:
        """See `BackendGraph.is_lost`."""
        return self.process.is_lost and (self.model is None or self.process.is_given_up)

    def living(self, seconds: float) -> EngineProcess:
        """Return the process that it is in: another one if that was lost with what something else did.

        A process that is lost for good is returned, too: it says so. Raises as `Backend.load`.
        """
        if self.process.is_lost and self.model is not None and not self.process.is_given_up:
            model, self.model = self.model, None  # that of a graph that cannot be loaded again is not tried twice
            self._enter(*self._load(model, seconds))
            self.model = model
        return self.process

    def request(self) -> IsolatedRequest:
        """See `BackendGraph.request`."""
        return IsolatedRequest(self)


class IsolatedRequest:
    """See `wasi_nn_reference.backends.backend.BackendRequest`.

    Its tensors are in one segment, the inputs first, for as long as their shapes stay and the outputs fit.
    """

    _numbers = itertools.count(1)

    def __init__(self, graph: IsolatedGraph) -> None:
        self._graph = graph
        self._number = next(self._numbers)
        self._shapes: list[tuple[int, ...]] | None = None
        self._places: list[slice] = []
        self._segment = Segment(1)
        self._segment.sent()
        self._enter(graph.process)

    def _enter(self, process: EngineProcess) -> None:
        """Make requests of this process from now on, which knows nothing of the last one."""
        self._process = process
        self._shapes = None
        # The last order and the answer to it, as bytes, and what the answer says: mostly the next are the same.
        self._order: tuple[float, bytes] = (0, b"")
        self._answer = b""
        self._quick = False
        self._made: list[tuple[TensorType, tuple[int, ...], slice]] = []
        weakref.finalize(self, process.forget_request, self._number).atexit = False

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        """See `BackendRequest.infer`; raises `too_large` for outputs larger than is allowed, before they are read."""
        if self._process.is_lost:
            began = time.monotonic()
            living = self._graph.living(seconds)
            if living is not self._process:
                self._enter(living)
                seconds = max(seconds - (time.monotonic() - began), 0)
        try:
            return self._inferred(inputs, seconds)
        except WasiNnError:
            if self._process.is_lost:  # it is what the process was lost with
                self._graph.model = None
            raise

    def _inferred(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        if self._shapes != [tensor.dimensions for tensor in inputs]:
            self._arrange(inputs, seconds)
        memory = self._segment.memory
        for place, tensor in zip(self._places, inputs, strict=True):
            memory[place] = tensor.data
        if self._order[0] != seconds:
            self._order = seconds, self._process.encoded(Infer(self._number, seconds))
        began = time.perf_counter()
        data = self._process.exchange(self._order[1], seconds, awake=self._quick)
        self._quick = time.perf_counter() - began < QUICK_SECONDS
        if data != self._answer:
            self._understand(data, seconds)
        memory = self._segment.memory
        return [Tensor(each, dimensions, memory[place].tobytes()) for each, dimensions, place in self._made]

    def _understand(self, data: bytes, seconds: float) -> None:
        """Take an answer that is not the last one: where the outputs are."""
        self._answer = b""
        answer = self._process.answer(data)
        if isinstance(answer, Outgrown):
            answer, data = self._fetched(answer, seconds), b""
        try:
            self._made = self._outputs(answer)
        except (ValueError, WasiNnError):
            raise self._process.nonsense() from None
        self._answer = data

    def _arrange(self, inputs: Sequence[Tensor], seconds: float) -> None:
        self._shapes = None
        places = laid_out([len(tensor.data) for tensor in inputs], 0)
        free = places[-1].stop if places else 0
        most = self._graph.most_bytes
        segment = Segment(aligned(free) + sum(aligned(min(_least_bytes(port), most)) for port in self._graph.outputs))
        where = tuple(Place(tensor.dimensions, place.start) for tensor, place in zip(inputs, places, strict=True))
        order = Arrange(self._graph.number, self._number, where, free, segment.size)
        if not isinstance(self._exchanged(segment, order, seconds), Done):
            raise self._process.nonsense()
        self._places = places
        self._shapes = [tensor.dimensions for tensor in inputs]

    def _fetched(self, outgrown: Outgrown, seconds: float) -> Answer:
        """Return where the outputs are, after they have been put into a segment of their own."""
        sizes = []
        try:
            for port, dimensions in zip(self._graph.outputs, outgrown.outputs, strict=True):
                sizes.append(byte_length(port.type, dimensions))
        except (ValueError, WasiNnError):
            raise self._process.nonsense() from None
        most = self._graph.most_bytes
        for port, size in zip(self._graph.outputs, sizes, strict=True):
            if size > most:
                raise too_large(f"output {port.name!r} has {size} bytes; {limit_text('tensor_bytes', most)}")
        segment = Segment(sum(map(aligned, sizes)))
        self._shapes = None  # the inputs are arranged anew with the next run
        return self._exchanged(segment, Fetch(self._number, 0, segment.size), seconds)

    def _exchanged(self, segment: Segment, order: Arrange | Fetch, seconds: float) -> Answer:
        try:
            return self._process.call(order, seconds, segment.descriptor)
        finally:
            segment.sent()
            self._segment = segment

    def _outputs(self, answer: Answer) -> list[tuple[TensorType, tuple[int, ...], slice]]:
        """Return where the outputs are; raises ValueError or WasiNnError for places that can not be."""
        if not isinstance(answer, Computed):
            raise ValueError("no outputs")
        outputs = []
        for port, place in zip(self._graph.outputs, answer.outputs, strict=True):
            end = place.offset + byte_length(port.type, place.dimensions)
            if not 0 <= place.offset <= end <= self._segment.size:
                raise ValueError("outside of the segment")
            outputs.append((port.type, place.dimensions, slice(place.offset, end)))
        return outputs


def _least_bytes(port: Port) -> int:
    """Return what an output takes; a free dimension counts as one."""
    extents = [1 if extent is None else extent for extent in port.shape or ()]
    return math.prod(extents) * port.type.size
