"""Graphs that onnxruntime has loaded, and their runs."""

from __future__ import annotations

import ctypes
import math
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort  # type: ignore[import-untyped] # it has no types

from wasi_nn_reference.backends.arrays import array_of
from wasi_nn_reference.errors import ErrorCode, WasiNnError, too_large
from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import TensorType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasi_nn_reference.backends.backend import Port
    from wasi_nn_reference.backends.onnxruntime.ports import Ports

_BF16 = 16  # TensorProto.BFLOAT16
_QUICK_SECONDS = 0.01


class Graph:
    """A loaded model; see `wasi_nn_reference.backends.backend.BackendGraph`."""

    is_lost = False

    def __init__(self, session: Any, ports: Ports) -> None:
        self.inputs = ports.inputs
        self.outputs = ports.outputs
        self.session = session

    def request(self) -> Request:
        """See `BackendGraph.request`."""
        return Request(self)


class Request:
    """A run of a session, which keeps nothing between runs; see `wasi_nn_reference.backends.backend.BackendRequest`.

    A timer ends a run at its deadline: `terminate` is looked at between operators. The timer takes longer than a tiny
    model, so runs after a quick one do without.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._names = [port.name for port in graph.outputs]
        self._has_bf16 = any(port.type is TensorType.BF16 for port in (*graph.inputs, *graph.outputs))
        self._quick = False

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        """See `BackendRequest.infer`."""
        run = self._values if self._has_bf16 else self._arrays
        if self._quick:
            return self._told(run, inputs, None, seconds)
        options = ort.RunOptions()
        timer = threading.Timer(seconds, setattr, (options, "terminate", True))
        timer.daemon = True
        started = time.monotonic()
        timer.start()
        try:
            return self._told(run, inputs, options, seconds)
        finally:
            timer.cancel()
            self._quick = time.monotonic() - started < min(_QUICK_SECONDS, seconds / 100)

    def _told(self, run: Any, inputs: Sequence[Tensor], options: Any, seconds: float) -> list[Tensor]:
        try:
            outputs: list[Tensor] = run(inputs, options)
        except WasiNnError:
            raise
        except Exception as error:  # its exceptions have no base of their own
            if options is not None and options.terminate:
                raise WasiNnError(ErrorCode.TIMEOUT, f"the engine did not finish within {seconds:g} s") from error
            if "allocate memory" in str(error) or "bad_alloc" in str(error):
                raise too_large("onnxruntime has no memory for these tensors") from error
            text = " ".join(str(error).split())[-300:]
            raise WasiNnError(ErrorCode.RUNTIME_ERROR, f"onnxruntime failed: {text}") from error
        return outputs

    def _arrays(self, inputs: Sequence[Tensor], options: Any) -> list[Tensor]:
        feed = {port.name: array_of(tensor) for port, tensor in zip(self._graph.inputs, inputs, strict=True)}
        made = self._graph.session.run(self._names, feed, options)
        return [
            Tensor(port.type, array.shape, np.ascontiguousarray(array).tobytes())
            for port, array in zip(self._graph.outputs, made, strict=True)
        ]

    def _values(self, inputs: Sequence[Tensor], options: Any) -> list[Tensor]:
        feed = {port.name: _value(tensor) for port, tensor in zip(self._graph.inputs, inputs, strict=True)}
        made = self._graph.session.run_with_ort_values(self._names, feed, options)
        return [_tensor(port, value) for port, value in zip(self._graph.outputs, made, strict=True)]


def _value(tensor: Tensor) -> Any:
    array = array_of(tensor)
    if tensor.type is TensorType.BF16:
        return ort.OrtValue.ortvalue_from_numpy_with_onnx_type(array, _BF16)
    return ort.OrtValue.ortvalue_from_numpy(array)


def _tensor(port: Port, value: Any) -> Tensor:
    dimensions = tuple(value.shape())
    size = math.prod(dimensions) * port.type.size
    return Tensor(port.type, dimensions, ctypes.string_at(value.data_ptr(), size) if size else b"")
