"""Models loaded and run by the OpenVINO backend itself, without a host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wasi_nn_reference.tensor import Tensor
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from wasi_nn_reference.backends.backend import Backend, BackendGraph
    from wasi_nn_reference.backends.openvino.engine import OpenVino

    Backends = dict[GraphEncoding, Backend]

CPU = ExecutionTarget.CPU
Array = np.ndarray[Any, np.dtype[Any]]
DTYPES = {"f16": "<f2", "f32": "<f4", "f64": "<f8", "u8": "|u1", "i32": "<i4", "i64": "<i8"}


def load(backend: OpenVino, model: bytes, weights: bytes = b"") -> BackendGraph:
    return backend.load(GraphEncoding.OPENVINO, (model, weights), CPU, 60)


def load_onnx(backend: OpenVino, model: bytes) -> BackendGraph:
    return backend.load(GraphEncoding.ONNX, (model,), CPU, 60)


def infer(graph: BackendGraph, *inputs: Tensor) -> list[Tensor]:
    return graph.request().infer(inputs, 60)


def tensor(array: Array) -> Tensor:
    names = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
    return Tensor(TensorType(names[array.dtype]), array.shape, array.tobytes())
