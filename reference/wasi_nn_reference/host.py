"""The host functions of wasi-nn as operations on Python objects, in the order of the spec.

No handles, pointers or numbers of an ABI here: `abi` modules own their tables of handles. Every
operation either works or raises `WasiNnError` and changes nothing.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from wasi_nn_reference.backends import detection
from wasi_nn_reference.backends.backend import shape_text
from wasi_nn_reference.errors import invalid_argument, invalid_encoding, too_large, unsupported
from wasi_nn_reference.limits import limit_text
from wasi_nn_reference.named_graphs import NamedGraph
from wasi_nn_reference.sharing import SharedGraphs
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wasi_nn_reference.backends.backend import Backend, BackendGraph, BackendRequest, Port
    from wasi_nn_reference.limits import Limits
    from wasi_nn_reference.named_graphs import NamedGraphs

_I32_MIN, _I32_MAX = -(2**31), 2**31 - 1


class Graph:
    """A loaded graph. It lives as long as someone holds it; its contexts outlive it."""

    def __init__(self, backend: BackendGraph, model_bytes: int) -> None:
        self.backend = backend
        self.model_bytes = model_bytes

    @property
    def inputs(self) -> tuple[Port, ...]:
        """The inputs, by index."""
        return self.backend.inputs

    @property
    def outputs(self) -> tuple[Port, ...]:
        """The outputs, by index."""
        return self.backend.outputs


class ExecutionContext:
    """An execution context: the inputs set so far, and the outputs of the last successful compute."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.inputs: dict[int, Tensor] = {}
        self.outputs: list[Tensor] | None = None
        self.request: BackendRequest | None = None


class Host:
    """All that one guest has: its graphs and contexts count against `limits`.

    backends: of the models that the guest brings. registered: of those in `named_graphs`, the same unless others are
    given. warm: begins what a first load would wait for.
    """

    def __init__(
        self,
        backends: Mapping[GraphEncoding, Backend],
        named_graphs: NamedGraphs,
        limits: Limits,
        *,
        registered: Mapping[GraphEncoding, Backend] | None = None,
        warm: Callable[[], None] | None = None,
    ) -> None:
        self._backends = backends
        self._registered = backends if registered is None else registered
        self._named_graphs = named_graphs
        self.warm = warm or (lambda: None)
        self.limits = limits
        self.shared = SharedGraphs(limits.shared_model_bytes)
        self.shared_registered = self.shared if registered is None else SharedGraphs(limits.shared_model_bytes)
        self._graphs: weakref.WeakSet[Graph] = weakref.WeakSet()
        self._model_bytes = 0
        self._contexts: weakref.WeakSet[ExecutionContext] = weakref.WeakSet()
        self._running: BackendRequest | None = None

    def load(
        self,
        builders: tuple[bytes, ...],
        encoding: GraphEncoding,
        target: ExecutionTarget,
        *,
        registered: bool = False,
    ) -> Graph:
        """Load a graph from its builders; `registered` tells that these are the operator's and not the guest's.

        Raises `invalid_argument` for no builder, a wrong number of them, or a model that is broken
        inside; `invalid_encoding` for an encoding that is not served or bytes that are not in it;
        `unsupported_operation` for a target, operator or type that is not available; `too_large`
        for a limit; `timeout`.
        """
        backends = self._registered if registered else self._backends
        shared = self.shared_registered if registered else self.shared
        if not builders:
            raise invalid_argument("load needs at least one builder")
        self.check_model_size(sum(map(len, builders)))
        if encoding is GraphEncoding.AUTODETECT:
            encoding = detection.detect(builders)
        backend = backends.get(encoding)
        if backend is None:
            served = ", ".join(each.value for each in backends)
            raise invalid_encoding(f"the encoding {encoding.value} is not served here; served: {served}")
        if target is not ExecutionTarget.CPU:
            raise unsupported(f"the target {target.value} is not available here; available: cpu")
        detection.check(encoding, builders)
        loaded = shared.load(backend, encoding, builders, target, self.call_seconds)
        return self._counted(loaded, sum(map(len, builders)))

    @property
    def call_seconds(self) -> float:
        """How long a call that begins now may take."""
        return self.limits.call_seconds

    def _counted(self, loaded: BackendGraph, model_bytes: int) -> Graph:
        graph = Graph(loaded, model_bytes)
        self._graphs.add(graph)
        self._model_bytes += graph.model_bytes
        weakref.finalize(graph, self._released, graph.model_bytes).atexit = False
        return graph

    def _released(self, model_bytes: int) -> None:
        self._model_bytes -= model_bytes

    def check_model_size(self, model_bytes: int) -> None:
        """Make sure that a graph of so many bytes fits in the limits; raises `too_large`."""
        if model_bytes > self.limits.model_bytes:
            raise too_large(f"the model has {model_bytes} bytes; {self._limit('model_bytes')}")
        if len(self._graphs) >= self.limits.graphs:
            raise too_large(f"{self.limits.graphs} graphs are loaded; {self._limit('graphs')}")
        total = model_bytes + self._model_bytes
        if total > self.limits.total_model_bytes:
            raise too_large(f"all graphs together would have {total} bytes; {self._limit('total_model_bytes')}")

    def load_by_name(self, name: str) -> Graph:
        """Load the graph that is registered as `name`, each time anew; raises `not_found`, and as `load`."""
        named = self._named_graphs.get(name)
        if isinstance(named, NamedGraph):
            return self.load(named.builders, named.encoding, ExecutionTarget.CPU, registered=True)
        self.check_model_size(0)
        return self._counted(named.graph(self.limits.call_seconds), 0)

    def end_engines(self, reason: str) -> None:
        """End a call that an engine is in, from another thread, with the process of that engine if it has one.

        What other hosts have at the same inference server goes on.
        """
        for at_work in {*self._backends.values(), *self._registered.values(), self._running}:
            kill = getattr(at_work, "kill", None)
            if kill is not None:
                kill(reason)

    def init_execution_context(self, graph: Graph) -> ExecutionContext:
        """Return a new context of `graph`; raises `too_large`."""
        if len(self._contexts) >= self.limits.contexts:
            raise too_large(f"{self.limits.contexts} execution contexts exist; {self._limit('contexts')}")
        context = ExecutionContext(graph)
        self._contexts.add(context)
        return context

    def set_input(self, context: ExecutionContext, index: int, tensor: Tensor) -> None:
        """Set one input; it stays set for every later compute until it is set again.

        Raises `invalid_argument` for a bad index, or a type or shape that the port does not take;
        `too_large`; `unsupported_operation` for i64 values that the engine would cut to 32 bits.
        """
        ports = context.graph.inputs
        if index >= len(ports):
            raise invalid_argument(f"there is no input {index}; the graph has {len(ports)}")
        context.inputs[index] = self._fitted(ports[index], tensor)

    def _fitted(self, port: Port, tensor: Tensor) -> Tensor:
        self.check_tensor_size(len(tensor.data), f"input {port.name!r}")
        if tensor.type is not port.type:
            raise invalid_argument(f"input {port.name!r} is {port.type.value}, the tensor is {tensor.type.value}")
        if port.shape == () and tensor.dimensions == (1,):
            # wasi-nn writes a single value with dimensions [1]; the engine's scalar has none.
            tensor = Tensor(tensor.type, (), tensor.data)
        if not port.takes(tensor.dimensions):
            raise invalid_argument(
                f"input {port.name!r} has the shape {shape_text(port.shape)}, the tensor {list(tensor.dimensions)}"
            )
        if port.narrow and not _in_i32(tensor):
            raise unsupported(f"this engine computes input {port.name!r} in 32 bits; the tensor has larger values")
        return tensor

    def check_tensor_size(self, tensor_bytes: int, what: str = "the tensor") -> None:
        """Make sure that a tensor, `what` for a message, may be that long; raises `too_large`."""
        if tensor_bytes > self.limits.tensor_bytes:
            raise too_large(f"{what} has {tensor_bytes} bytes; {self._limit('tensor_bytes')}")

    def _limit(self, name: str) -> str:
        return limit_text(name, getattr(self.limits, name))

    def compute(self, context: ExecutionContext) -> None:
        """Compute the outputs from the inputs; a failure drops the outputs of earlier computes.

        Raises `invalid_argument` if an input is not set, `timeout`, `runtime_error`, `too_large`.
        """
        context.outputs = None
        ports = context.graph.inputs
        missing = [port.name for index, port in enumerate(ports) if index not in context.inputs]
        if missing:
            raise invalid_argument(f"no tensor was set for the input(s) {', '.join(map(repr, missing))}")
        request = context.request or context.graph.backend.request()
        # A request that failed or overran may still be at work on its buffers: it is not used again.
        context.request = None
        self._running = request
        outputs = request.infer([context.inputs[index] for index in range(len(ports))], self.call_seconds)
        self._running = None
        context.request = request
        for port, tensor in zip(context.graph.outputs, outputs, strict=True):
            self.check_tensor_size(len(tensor.data), f"output {port.name!r}")
        context.outputs = [_presented(tensor) for tensor in outputs]

    def get_output(self, context: ExecutionContext, index: int) -> Tensor:
        """Return an output of the last compute; raises `invalid_argument` before one has succeeded."""
        if context.outputs is None:
            raise invalid_argument("there is no output before a compute has succeeded")
        if index >= len(context.outputs):
            raise invalid_argument(f"there is no output {index}; the graph has {len(context.outputs)}")
        return context.outputs[index]


def _in_i32(tensor: Tensor) -> bool:
    if tensor.type is not TensorType.I64 or not tensor.data:
        return True
    import numpy as np  # noqa: PLC0415 - a loaded engine has imported it already; the start is spared

    values = np.frombuffer(tensor.data, "<i8")
    return bool(values.min() >= _I32_MIN and values.max() <= _I32_MAX)


def _presented(tensor: Tensor) -> Tensor:
    return Tensor(tensor.type, (1,), tensor.data) if tensor.dimensions == () else tensor
