"""Graphs that OpenVINO has loaded, and their runs."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from openvino._pyopenvino import InferRequest  # see `Request`

from wasi_nn_reference.backends.openvino import element_types
from wasi_nn_reference.backends.openvino.shapes import dimensions_of
from wasi_nn_reference.errors import ErrorCode, WasiNnError
from wasi_nn_reference.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wasi_nn_reference.backends.backend import Port
    from wasi_nn_reference.backends.openvino.numpy_plan import Plan

_QUICK_SECONDS = 0.01


class Graph:
    """A loaded model; see `wasi_nn_reference.backends.backend.BackendGraph`."""

    is_lost = False

    def __init__(
        self,
        inputs: tuple[Port, ...],
        outputs: tuple[Port, ...],
        request: Callable[[], Request | Plan],
        keep: tuple[object, ...] = (),
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._request = request
        self._keep = keep

    def request(self) -> Request | Plan:
        """See `BackendGraph.request`."""
        return self._request()


class Request:
    """One infer request of the CPU plugin and its input buffers, which are reused while shapes stay.

    Another thread computes while this one waits until the deadline. The hand-over takes 20 us, twice
    what a tiny model needs, so once a run was quick, runs with the same shapes stay in this thread:
    what an operator takes follows from its shapes, unless it is a loop.
    """

    def __init__(self, compiled: Any, outputs: tuple[Port, ...], *, has_loops: bool) -> None:
        self._compiled = compiled  # lives as long as a request that nobody waits for any more
        self._request = compiled.create_infer_request()
        self._outputs = outputs
        self._has_loops = has_loops
        self._quick = False
        self._buffers: dict[int, tuple[tuple[int, ...], Any]] = {}
        self._bound: dict[int, Tensor] = {}

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        """See `BackendRequest.infer`."""
        try:
            for index, tensor in enumerate(inputs):
                if self._bound.get(index) is not tensor and not self._bind(index, tensor):
                    self._fill(index, tensor)
            # Both are called on the base class: the wrappers around them convert inputs, which
            # takes longer than a tiny model.
            if self._quick:
                InferRequest.infer(self._request, {}, share_outputs=True, decode_strings=False)
            else:
                self._infer_until(seconds)
            return [self._output(index, port) for index, port in enumerate(self._outputs)]
        except (RuntimeError, TypeError, ValueError) as error:
            raise WasiNnError(ErrorCode.RUNTIME_ERROR, f"OpenVINO failed: {reason(str(error))}") from error

    def _infer_until(self, seconds: float) -> None:
        started = time.monotonic()
        InferRequest.start_async(self._request, {}, None)
        if not self._request.wait_for(max(1, int(seconds * 1000))):
            self._cancel()
            raise WasiNnError(ErrorCode.TIMEOUT, f"the engine did not finish within {seconds:g} s")
        self._quick = not self._has_loops and time.monotonic() - started < min(_QUICK_SECONDS, seconds / 100)

    def _cancel(self) -> None:
        """Cancel the run, and wait for its end: its buffers must not go before. Some operators do not heed it."""
        self._request.cancel()
        with contextlib.suppress(RuntimeError):  # cancelled, or failed
            self._request.wait()

    def _bind(self, index: int, tensor: Tensor) -> bool:
        """Let an input be read where it lies, if its bytes are a view of memory that stays; return whether it is.

        What stands there at the next run is its input then.
        """
        self._bound.pop(index, None)
        buffer = element_types.over(tensor) if isinstance(tensor.data, memoryview) else None
        if buffer is None:
            return False
        self._quick = False
        self._request.set_input_tensor(index, buffer)
        self._buffers.pop(index, None)
        self._bound[index] = tensor  # with its memory
        return True

    def _fill(self, index: int, tensor: Tensor) -> None:
        shape, view = self._buffers.get(index, (None, None))
        if shape != tensor.dimensions:
            self._quick = False
            buffer = element_types.empty(tensor.type, tensor.dimensions)
            self._request.set_input_tensor(index, buffer)
            view = element_types.raw(buffer)
            self._buffers[index] = tensor.dimensions, view
        element_types.copy_into(view, tensor.data)

    def _output(self, index: int, port: Port) -> Tensor:
        array = self._request.get_output_tensor(index).data
        return Tensor(port.type, dimensions_of(port, array.shape), array.tobytes())


def reason(text: str) -> str:
    """Return the last line of an engine's message; the lines before say where in its source it stands."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no reason given"
