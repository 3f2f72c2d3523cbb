"""The backend of onnxruntime."""

from __future__ import annotations

import os
import re
from typing import Any

import onnxruntime as ort  # type: ignore[import-untyped] # it has no types

from wasi_nn_reference.backends.formats import onnx
from wasi_nn_reference.backends.onnxruntime.graph import Graph
from wasi_nn_reference.backends.onnxruntime.ports import Ports, large_tensor
from wasi_nn_reference.backends.settings import MAX_THREADS, EngineSettings
from wasi_nn_reference.errors import WasiNnError, invalid_argument, too_large, unsupported
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

_PROVIDER = "CPUExecutionProvider"  # always by name: a default may be another, and a missing one is only warned of
_NOTHING_TO_SAY = 4  # fatal errors alone are logged

# What it says of an operator, a version of an operator set or a type that it does not have, as far as the class of the
# exception does not tell.
_UNKNOWN = re.compile(
    r"No Op registered for (?P<operator>\S+)|(?P<function>\S+) is not a registered function/op"
    r"|(?P<version>Opset \d+|Unsupported model IR version)"
)
# The number and the name of a status, and the place in its source.
_STATUS = re.compile(r"^\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : (?:/\S+:\d+ .*?\) (?=[A-Z]))?", re.DOTALL)
# Attributes and functions of a model may ask for memory that is none.
_NO_MEMORY = re.compile(r"bad_alloc|Failed to allocate memory|bad allocation")


class OnnxRuntime:
    """The backend; see `wasi_nn_reference.backends.backend.Backend`.

    Of the precisions it has one: floats are computed as the model says.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self._tensor_bytes = settings.tensor_bytes
        self._threads = settings.threads or min(os.cpu_count() or 1, MAX_THREADS)

    def load(
        self,
        encoding: GraphEncoding,  # noqa: ARG002 - it has one
        builders: tuple[bytes, ...],
        target: ExecutionTarget,
        seconds: float,  # noqa: ARG002 - loading heeds no deadline; see `isolated`
    ) -> Graph:
        """See `Backend.load`."""
        if target is not ExecutionTarget.CPU:
            raise unsupported(f"the target {target.value} is not available here")
        onnx.refuse_unbounded(builders[0])
        session = self._session(builders[0])
        ports = Ports(session, builders[0])
        too_much = large_tensor((*ports.inputs, *ports.outputs), self._tensor_bytes)
        if too_much:
            raise too_large(too_much)
        return Graph(session, ports)

    def _session(self, model: bytes) -> Any:
        options = ort.SessionOptions()
        options.log_severity_level = _NOTHING_TO_SAY
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # Threads that wait by looking again and again take the processor from whoever else has work.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return ort.InferenceSession(model, options, providers=[_PROVIDER])
        except Exception as error:  # its exceptions have no base of their own
            raise _refusal(error) from error


def _refusal(error: Exception) -> WasiNnError:
    text = onnx_reason(error)
    if _NO_MEMORY.search(text):
        return too_large("onnxruntime has no memory for the model")
    unknown = _UNKNOWN.search(text)
    if unknown or type(error).__name__ == "NotImplemented":
        return unsupported(f"onnxruntime cannot compute the model: {text}")
    return invalid_argument(f"onnxruntime cannot read the model: {text}")


def onnx_reason(error: Exception) -> str:
    """Return what onnxruntime says, without the number and name of its status and the place in its source."""
    text = _STATUS.sub("", str(error))
    return " ".join(text.split())[:300] or type(error).__name__
