"""OpenVINO as the engine for OpenVINO IR and ONNX, on the CPU.

Precision: the engine would compute in bf16 where the CPU has it; it is told f32 unless the user
asks for `fast`. What it computes otherwise than declared is decided in `openvino_exact`.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar

# Importing openvino would import this one too, which sends an event to the network and writes
# into the home folder. Openvino goes on without it.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import openvino as ov  # noqa: E402
from openvino._pyopenvino import InferRequest  # noqa: E402 - see `_Request`

from wasi_nn_reference.backends import Port, onnx_wire, openvino_exact  # noqa: E402
from wasi_nn_reference.errors import (  # noqa: E402
    ErrorCode,
    UserError,
    WasiNnError,
    invalid_argument,
    unsupported,
)
from wasi_nn_reference.tensor import Tensor  # noqa: E402
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ELEMENT_TYPES = {
    ov.Type.f16: TensorType.F16,
    ov.Type.bf16: TensorType.BF16,
    ov.Type.f32: TensorType.F32,
    ov.Type.f64: TensorType.F64,
    ov.Type.u8: TensorType.U8,
    ov.Type.i32: TensorType.I32,
    ov.Type.i64: TensorType.I64,
}

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

# Work that outlived its deadline: the engine still uses these, so they are kept for good.
_abandoned: list[object] = []

_Result = TypeVar("_Result")


def work_was_abandoned() -> bool:
    """Tell whether a thread of the engine may still run; the process then cannot end in the usual way."""
    return bool(_abandoned)


class OpenVino:
    """The backend; see `wasi_nn_reference.backends.Backend`."""

    encodings = frozenset({GraphEncoding.OPENVINO, GraphEncoding.ONNX})

    def __init__(self, precision: str = "f32", threads: int | None = None) -> None:
        if precision not in PRECISIONS:
            raise UserError(f"the precision {precision!r} does not exist; possible: {', '.join(PRECISIONS)}")
        self._core = ov.Core()
        self._settings: dict[str, object] = {
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads or min(os.cpu_count() or 1, MAX_THREADS),
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
            _refuse_external_data(builders[0])
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
        exact = openvino_exact.is_exact(model)
        if not exact:
            openvino_exact.refuse_f64(model)
        narrow = set() if exact else openvino_exact.narrow_inputs(model)
        inputs = tuple(_port(port, index, index in narrow) for index, port in enumerate(model.inputs))
        outputs = tuple(_port(port, index, False) for index, port in enumerate(model.outputs))
        if exact:
            openvino_exact.widen_u8(model)
            return _Graph(inputs, outputs, lambda: openvino_exact.Evaluation(model, outputs))
        try:
            compiled = self._core.compile_model(model, "CPU", self._settings)
        except (RuntimeError, TypeError, ValueError) as error:
            raise unsupported(f"OpenVINO cannot compute the model: {_reason(str(error))}") from error
        # `builders` is bound into the graph because the engine may still read the weights in place.
        return _Graph(inputs, outputs, lambda: _Request(compiled, outputs), keep=(compiled, model, builders))


class _Graph:
    """A loaded model; see `wasi_nn_reference.backends.BackendGraph`."""

    def __init__(
        self,
        inputs: tuple[Port, ...],
        outputs: tuple[Port, ...],
        request: Callable[[], _Request | openvino_exact.Evaluation],
        keep: tuple[object, ...] = (),
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self._request = request
        self._keep = keep

    def request(self) -> _Request | openvino_exact.Evaluation:
        """See `BackendGraph.request`."""
        return self._request()


class _Request:
    """One infer request of the CPU plugin and its input buffers, which are reused while shapes stay."""

    def __init__(self, compiled: Any, outputs: tuple[Port, ...]) -> None:
        self._request = compiled.create_infer_request()
        self._outputs = outputs
        self._buffers: dict[int, tuple[tuple[int, ...], Any]] = {}

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        """See `BackendRequest.infer`."""
        try:
            for index, tensor in enumerate(inputs):
                self._fill(index, tensor)
            # Called on the base class: the wrapper around it converts inputs, for twice the time.
            InferRequest.start_async(self._request, {}, None)
            finished = self._request.wait_for(max(1, int(seconds * 1000)))
        except (RuntimeError, TypeError, ValueError) as error:
            raise WasiNnError(ErrorCode.RUNTIME_ERROR, f"OpenVINO failed: {_reason(str(error))}") from error
        if not finished:
            self._request.cancel()
            _abandoned.append(self)
            raise _overrun(seconds)
        return [self._output(index, port) for index, port in enumerate(self._outputs)]

    def _fill(self, index: int, tensor: Tensor) -> None:
        shape, view = self._buffers.get(index, (None, None))
        if shape != tensor.dimensions:
            buffer = openvino_exact.empty(tensor.type, tensor.dimensions)
            self._request.set_input_tensor(index, buffer)
            view = openvino_exact.raw(buffer)
            self._buffers[index] = tensor.dimensions, view
        openvino_exact.copy_into(view, tensor.data)

    def _output(self, index: int, port: Port) -> Tensor:
        array = self._request.get_output_tensor(index).data
        return Tensor(port.type, array.shape, array.tobytes())


def _port(port: Any, index: int, narrow: bool) -> Port:
    element_type = ELEMENT_TYPES.get(port.get_element_type())
    if element_type is None:
        name = port.get_element_type().get_type_name()
        raise unsupported(f"the model has an input or output of type {name}, which wasi-nn does not have")
    partial = port.get_partial_shape()
    shape = None
    if partial.rank.is_static:
        shape = tuple(each.get_length() if each.is_static else None for each in partial)
    return Port(_name(port, index), element_type, shape, narrow)


def _name(port: Any, index: int) -> str:
    """Return the name a model's author knows the port by; a port may have none, or several."""
    node = port.get_node()
    names = sorted(port.get_names())
    if node.get_type_name() == "Result":
        node = node.input_value(0).get_node()
    friendly = node.get_friendly_name()
    return friendly if friendly in names or not names else names[0] or friendly or str(index)


def _refuse_external_data(model: bytes) -> None:
    try:
        external = onnx_wire.has_external_data(model)
    except onnx_wire.MalformedError as error:
        raise invalid_argument(f"the ONNX model is malformed: {error}") from error
    if external:
        raise invalid_argument("the ONNX model keeps tensors in other files; a model must be whole in its bytes")


def _within(seconds: float, work: Callable[[], _Result]) -> _Result:
    """Do `work` in a thread; raise `timeout` after `seconds` and leave the thread to itself."""
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
        _abandoned.append(thread)
        raise _overrun(seconds)
    return results[0]


def _overrun(seconds: float) -> WasiNnError:
    return WasiNnError(ErrorCode.TIMEOUT, f"the engine did not finish within {seconds:g} s")


def _reason(text: str) -> str:
    """Return the last line of an engine's message; the lines before say where in its source it stands."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no reason given"
