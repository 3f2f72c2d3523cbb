"""Tensor types, graph encodings and execution targets of wasi-nn, by name.

The two ABIs number them differently (`u8` is 3 in witx and 4 in WIT; 5 is autodetect in witx and
ggml in WIT), so the values here are names and each ABI module holds its own numbers.
"""

from __future__ import annotations

from enum import Enum


class TensorType(Enum):
    """Type of a tensor's elements (`tensor_type` in witx, `tensor-type` in WIT)."""

    F16 = "f16"
    BF16 = "bf16"  # WIT only
    F32 = "f32"
    F64 = "f64"
    U8 = "u8"
    I32 = "i32"
    I64 = "i64"

    size: int  # bytes of one element


for _type, _size in {"f16": 2, "bf16": 2, "f32": 4, "f64": 8, "u8": 1, "i32": 4, "i64": 8}.items():
    TensorType(_type).size = _size


class GraphEncoding(Enum):
    """Format of a model's bytes (`graph_encoding` in witx, `graph-encoding` in WIT)."""

    OPENVINO = "openvino"
    ONNX = "onnx"
    TENSORFLOW = "tensorflow"
    PYTORCH = "pytorch"
    TENSORFLOWLITE = "tensorflowlite"
    GGML = "ggml"  # WIT only
    AUTODETECT = "autodetect"


class ExecutionTarget(Enum):
    """Kind of device that computes a graph (`execution_target` in witx, `execution-target` in WIT)."""

    CPU = "cpu"
    GPU = "gpu"
    TPU = "tpu"
