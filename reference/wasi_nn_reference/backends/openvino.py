"""OpenVINO as the engine for OpenVINO IR and ONNX, on the CPU.

Precision: the engine would compute in bf16 where the CPU has it; it is told f32 unless the user
asks for `fast`. What it computes otherwise than declared is told in `openvino_types` and
mended in `numpy_plan`.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

# Importing openvino would import this one too, which sends an event to the network and writes
# into the home folder. Openvino goes on without it.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import openvino as ov  # noqa: E402
from openvino._pyopenvino import InferRequest  # noqa: E402 - see `_Request`

from wasi_nn_reference.backends import Port, numpy_plan, onnx_wire, openvino_types  # noqa: E402
from wasi_nn_reference.backends.openvino_ports import port_of  # noqa: E402
from wasi_nn_reference.backends.openvino_shapes import (  # noqa: E402
    dimensions_of,
    refuse_changed_sizes,
    refuse_large_tensors,
)
from wasi_nn_reference.errors import (  # noqa: E402
    ErrorCode,
    UserError,
    WasiNnError,
    invalid_argument,
    unsupported,
)
from wasi_nn_reference.limits import Limits  # noqa: E402
from wasi_nn_reference.tensor import Tensor  # noqa: E402
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# More threads than this gain little for the models that guests bring, and each graph has its own.
MAX_THREADS = 4
PRECISIONS = ("f32", "fast")

# What the readers say of an operator that they do not know; what follows is its name. There is no
# code to tell it by: without these words the error counts as a broken model.
_UNKNOWN_OPERATOR = re.compile(
    r"doesn't contain the operation with type: *(?P<ir>.+)"
    r"|Cannot create (?P<set>\S+) layer .* from unsupported opset"
    r"|No conversion rule found for operations: *(?P<onnx>.+)"
)

# ONNX has 28 versions of its operators in 2026. The reader tries each up to the one that a model asks for, 0.3 us each,
# and holds Python's lock meanwhile, so that no deadline can end it: 2^63 is for ever (openvino 2026.4.1).
_NEWEST_OPERATOR_SET = 1000

# Operators with a body that runs as often as the data say, or that may contain such ones.
_LOOPS = {"Loop", "TensorIterator", "If"}
_QUICK_SECONDS = 0.01

# For work that outlived its deadline, what tells whether it still goes on. What the engine uses
# meanwhile is kept alive with it, for good.
_abandoned: list[Callable[[], bool]] = []
# With so many still going on nothing new is begun: each holds threads and memory.
MAX_ABANDONED = 4

_Result = TypeVar("_Result")


def work_was_abandoned() -> bool:
    """Tell whether a thread of the engine may still run; the process then cannot end in the usual way."""
    return any(goes_on() for goes_on in _abandoned)


class OpenVino:
    """The backend; see `wasi_nn_reference.backends.Backend`. No tensor of a model has more than `tensor_bytes`."""

    encodings = frozenset({GraphEncoding.OPENVINO, GraphEncoding.ONNX})

    def __init__(
        self, precision: str = "f32", threads: int | None = None, tensor_bytes: int = Limits.tensor_bytes
    ) -> None:
        if precision not in PRECISIONS:
            raise UserError(f"the precision {precision!r} does not exist; possible: {', '.join(PRECISIONS)}")
        self._core = ov.Core()
        self._tensor_bytes = tensor_bytes
        self._settings: dict[str, object] = {
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads or min(os.cpu_count() or 1, MAX_THREADS),
            # Else every graph is bound to the same first processors, and each run moves the calling thread
            # there and back, which on a busy machine takes many times what a tiny model does.
            "ENABLE_CPU_PINNING": False,
        }
        if precision == "f32":
            self._settings["INFERENCE_PRECISION_HINT"] = "f32"

    def load(
        self, encoding: GraphEncoding, builders: tuple[bytes, ...], target: ExecutionTarget, seconds: float
    ) -> _Graph:
        """See `Backend.load`."""
        if target is not ExecutionTarget.CPU:
            raise unsupported(f"the target {target.value} is not available here")
        if encoding is GraphEncoding.ONNX:
            _refuse_onnx(builders[0])
        return _within(seconds, lambda: self._load(builders))

    def _load(self, builders: tuple[bytes, ...]) -> _Graph:
        weights = builders[1] if len(builders) > 1 else b""
        try:
            model = self._core.read_model(builders[0], weights)
        except (RuntimeError, TypeError, ValueError) as error:
            text = str(error)
            unknown = _UNKNOWN_OPERATOR.search(text)
            if unknown:
                raise unsupported(f"OpenVINO does not know the operator {unknown[unknown.lastgroup or 0]}") from error
            raise invalid_argument(f"OpenVINO cannot read the model: {_reason(text)}") from error
        if not model.outputs:
            raise invalid_argument("the model has no output")
        refuse_large_tensors(model, self._tensor_bytes)
        exact = numpy_plan.can_plan(model)
        if not exact:
            openvino_types.refuse_f64(model)
        narrow = set() if exact else openvino_types.narrow_inputs(model)
        inputs = tuple(port_of(port, index, index in narrow) for index, port in enumerate(model.inputs))
        outputs = tuple(port_of(port, index, False) for index, port in enumerate(model.outputs))
        if exact:
            plan = numpy_plan.Plan(model, outputs)
            return _Graph(inputs, outputs, lambda: plan)
        has_loops = any(node.get_type_name() in _LOOPS for node in model.get_ops())
        compiled = self._compiled(model)
        refuse_changed_sizes(model, compiled)
        # The builders stay alive with the graph because the engine may read the weights in place.
        return _Graph(
            inputs,
            outputs,
            lambda: _Request(compiled, outputs, has_loops=has_loops),
            keep=(compiled, model, builders),
        )

    def _compiled(self, model: Any) -> Any:
        """Compile a model, with OpenVINO's code generator for small operators (snippets) or without it.

        It fails on models that the plugin computes without it: two products with a [1, 1] in a row, of [4, 1]
        (openvino 2026.4.1).
        """
        try:
            return self._core.compile_model(model, "CPU", self._settings)
        except (RuntimeError, TypeError, ValueError):
            pass
        try:
            return self._core.compile_model(model, "CPU", {**self._settings, "SNIPPETS_MODE": "DISABLE"})
        except (RuntimeError, TypeError, ValueError) as error:
            raise unsupported(f"OpenVINO cannot compute the model: {_reason(str(error))}") from error


class _Graph:
    """A loaded model; see `wasi_nn_reference.backends.BackendGraph`."""

    def __init__(
        self,
        inputs: tuple[Port, ...],
        outputs: tuple[Port, ...],
        request: Callable[[], _Request | numpy_plan.Plan],
        keep: tuple[object, ...] = (),
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._request = request
        self._keep = keep

    def request(self) -> _Request | numpy_plan.Plan:
        """See `BackendGraph.request`."""
        return self._request()


class _Request:
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

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        """See `BackendRequest.infer`."""
        try:
            for index, tensor in enumerate(inputs):
                self._fill(index, tensor)
            # Both are called on the base class: the wrappers around them convert inputs, which
            # takes longer than a tiny model.
            if self._quick:
                InferRequest.infer(self._request, {}, share_outputs=True, decode_strings=False)
            else:
                self._infer_until(seconds)
            return [self._output(index, port) for index, port in enumerate(self._outputs)]
        except (RuntimeError, TypeError, ValueError) as error:
            raise WasiNnError(ErrorCode.RUNTIME_ERROR, f"OpenVINO failed: {_reason(str(error))}") from error

    def _infer_until(self, seconds: float) -> None:
        _refuse_if_overrun()
        started = time.monotonic()
        InferRequest.start_async(self._request, {}, None)
        if not self._request.wait_for(max(1, int(seconds * 1000))):
            self._request.cancel()  # a wish: some operators do not heed it
            _abandoned.append(self._goes_on)
            raise _overrun(seconds)
        self._quick = not self._has_loops and time.monotonic() - started < min(_QUICK_SECONDS, seconds / 100)

    def _goes_on(self) -> bool:
        try:
            return not self._request.wait_for(0)
        except RuntimeError:
            return False  # cancelled, or failed

    def _fill(self, index: int, tensor: Tensor) -> None:
        shape, view = self._buffers.get(index, (None, None))
        if shape != tensor.dimensions:
            self._quick = False
            buffer = openvino_types.empty(tensor.type, tensor.dimensions)
            self._request.set_input_tensor(index, buffer)
            view = openvino_types.raw(buffer)
            self._buffers[index] = tensor.dimensions, view
        openvino_types.copy_into(view, tensor.data)

    def _output(self, index: int, port: Port) -> Tensor:
        array = self._request.get_output_tensor(index).data
        return Tensor(port.type, dimensions_of(port, array.shape), array.tobytes())


def _refuse_onnx(model: bytes) -> None:
    """Refuse what the engine's reader would open files for, or never come back from."""
    try:
        external = onnx_wire.has_external_data(model)
        operator_set = onnx_wire.newest_operator_set(model)
    except onnx_wire.MalformedError as error:
        raise invalid_argument(f"the ONNX model is malformed: {error}") from error
    if external:
        raise invalid_argument("the ONNX model keeps tensors in other files; a model must be whole in its bytes")
    if operator_set > _NEWEST_OPERATOR_SET:
        raise unsupported(f"the ONNX model asks for version {operator_set} of an operator set; there is none")


def _within(seconds: float, work: Callable[[], _Result]) -> _Result:
    """Do `work` in a thread; raise `timeout` after `seconds` and leave the thread to itself."""
    _refuse_if_overrun()
    results: list[_Result] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - it goes on in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        _abandoned.append(thread.is_alive)
        raise _overrun(seconds)
    return results[0]


def _refuse_if_overrun() -> None:
    if sum(goes_on() for goes_on in _abandoned) >= MAX_ABANDONED:
        raise WasiNnError(
            ErrorCode.BUSY, f"the engine still works on {MAX_ABANDONED} calls that overran their deadline"
        )


def _overrun(seconds: float) -> WasiNnError:
    return WasiNnError(ErrorCode.TIMEOUT, f"the engine did not finish within {seconds:g} s")


def _reason(text: str) -> str:
    """Return the last line of an engine's message; the lines before say where in its source it stands."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no reason given"
