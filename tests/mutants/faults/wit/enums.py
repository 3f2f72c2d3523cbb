"""Faults in the numbers of enums."""

from __future__ import annotations

from mutant import WIT_08_19, WIT_10_28, module, mutant, put, swap


@mutant(
    "wit/u8-is-i32",
    "the tensor types U8 and I32 stand for each other",
    WIT_10_28,
    clauses=("values.type-support", "values.bits-pass-through", "input.shape-and-type", "output.type-and-dimensions"),
)
def _() -> None:
    swap(module("abi.wit.world").TENSOR_TYPE.values, "U8", "I32")


@mutant(
    "wit/bf16-is-fp16",
    "BF16 is FP16",
    WIT_10_28,
    clauses=("values.type-support", "tensor.getters", "input.shape-and-type", "output.type-and-dimensions"),
)
def _() -> None:
    types = module("abi.wit.world").TENSOR_TYPE.values
    put(types, "BF16", types["FP16"])


@mutant(
    "wit/types-of-witx",
    "tensor types are those that witx numbers so: U8 for BF16, and all behind it",
    WIT_08_19,
    clauses=(
        "tensor.getters",
        "values.type-support",
        "values.bits-pass-through",
        "input.shape-and-type",
        "output.type-and-dimensions",
    ),
)
def _() -> None:
    types = module("abi.wit.world").TENSOR_TYPE.values
    given = dict(types)
    for name, other in {"BF16": "U8", "U8": "I32", "I32": "I64"}.items():
        put(types, name, given[other])


@mutant(
    "wit/ggml-is-autodetect",
    "ggml and autodetect stand for each other, as a shared table of numbers has it",
    WIT_10_28,
    clauses=("load.autodetect", "load.encoding-not-available"),
)
def _() -> None:
    swap(module("abi.wit.world").GRAPH_ENCODING.values, "ggml", "autodetect")


@mutant(
    "wit/encodings-swapped",
    "openvino and onnx stand for each other",
    WIT_08_19,
    clauses=("load.graph-from-builders", "load.encoding-is-a-promise"),
)
def _() -> None:
    swap(module("abi.wit.world").GRAPH_ENCODING.values, "openvino", "onnx")
