"""The backend of OpenVINO.

Precision: the engine would compute in bf16 where the CPU has it; it is told f32 unless the user
asks for `fast`. What it computes otherwise than declared is told in `element_types` and
mended in `numpy_plan`.
"""

from __future__ import annotations

import os
import re
from typing import Any

import openvino as ov

from wasi_nn_reference.backends.formats import onnx
from wasi_nn_reference.backends.openvino import element_types, numpy_plan
from wasi_nn_reference.backends.openvino.graph import Graph, Request, reason
from wasi_nn_reference.backends.openvino.ports import port_of
from wasi_nn_reference.backends.openvino.shapes import refuse_changed_sizes, refuse_large_tensors
from wasi_nn_reference.backends.settings import MAX_THREADS, EngineSettings, Precision
from wasi_nn_reference.errors import invalid_argument, unsupported
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding

# What the readers say of an operator that they do not know; what follows is its name. There is no
# code to tell it by: without these words the error counts as a broken model.
_UNKNOWN_OPERATOR = re.compile(
    r"doesn't contain the operation with type: *(?P<ir>.+)"
    r"|Cannot create (?P<set>\S+) layer .* from unsupported opset"
    r"|No conversion rule found for operations: *(?P<onnx>.+)"
)

# Operators with a body that runs as often as the data say, or that may contain such ones.
_LOOPS = {"Loop", "TensorIterator", "If"}


class OpenVino:
    """The backend; see `wasi_nn_reference.backends.backend.Backend`."""

    def __init__(self, settings: EngineSettings) -> None:
        self._core = ov.Core()
        self._tensor_bytes = settings.tensor_bytes
        self._settings: dict[str, object] = {
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": settings.threads or min(os.cpu_count() or 1, MAX_THREADS),
            # Else every graph is bound to the same first processors, and each run moves the calling thread
            # there and back, which on a busy machine takes many times what a tiny model does.
            "ENABLE_CPU_PINNING": False,
        }
        if settings.precision is Precision.F32:
            self._settings["INFERENCE_PRECISION_HINT"] = "f32"

    def load(
        self,
        encoding: GraphEncoding,
        builders: tuple[bytes, ...],
        target: ExecutionTarget,
        seconds: float,  # noqa: ARG002 - reading and compiling heed no deadline; see `isolated`
    ) -> Graph:
        """See `Backend.load`."""
        if target is not ExecutionTarget.CPU:
            raise unsupported(f"the target {target.value} is not available here")
        if encoding is GraphEncoding.ONNX:
            onnx.refuse_unbounded(builders[0])
            builders = (onnx.without_unknown_fields(builders[0]),)
        return self._load(builders)

    def _load(self, builders: tuple[bytes, ...]) -> Graph:
        weights = builders[1] if len(builders) > 1 else b""
        try:
            model = self._core.read_model(builders[0], weights)
        except (RuntimeError, TypeError, ValueError) as error:
            text = str(error)
            unknown = _UNKNOWN_OPERATOR.search(text)
            if unknown:
                raise unsupported(f"OpenVINO does not know the operator {unknown[unknown.lastgroup or 0]}") from error
            raise invalid_argument(f"OpenVINO cannot read the model: {reason(text)}") from error
        if not model.outputs:
            raise invalid_argument("the model has no output")
        refuse_large_tensors(model, self._tensor_bytes)
        exact = numpy_plan.can_plan(model)
        if not exact:
            element_types.refuse_f64(model)
        narrow = set() if exact else element_types.narrow_inputs(model)
        inputs = tuple(port_of(port, index, index in narrow) for index, port in enumerate(model.inputs))
        outputs = tuple(port_of(port, index, False) for index, port in enumerate(model.outputs))
        if exact:
            plan = numpy_plan.Plan(model, outputs)
            return Graph(inputs, outputs, lambda: plan)
        has_loops = any(node.get_type_name() in _LOOPS for node in model.get_ops())
        compiled = self._compiled(model)
        refuse_changed_sizes(model, compiled)
        # The builders stay alive with the graph because the engine may read the weights in place.
        return Graph(
            inputs,
            outputs,
            lambda: Request(compiled, outputs, has_loops=has_loops),
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
            raise unsupported(f"OpenVINO cannot compute the model: {reason(str(error))}") from error
