"""Faults in the numbers of tensor types and encodings."""

from __future__ import annotations

from mutant import WITX, module, mutant, put, replace, swap

from faults.witx import fault


@mutant(
    "witx/u8-is-i32",
    "the tensor types u8 and i32 have each other's number",
    WITX,
    clauses=("values.type-support", "values.bits-pass-through", "input.shape-and-type"),
)
def _() -> None:
    swap(module("abi.witx.values").TENSOR_TYPES["2023"], 3, 4)


@mutant(
    "witx/tensor-types-of-2022",
    "tensor types have their numbers from before 2023-08-23",
    WITX,
    clauses=("values.type-support", "values.bits-pass-through", "input.shape-and-type"),
)
def _() -> None:
    types = module("abi.witx.values").TENSOR_TYPES
    put(types, "2023", types["2022"])


@mutant(
    "witx/tensor-types-of-wit",
    "tensor types are numbered as in WIT, with bf16 at 3",
    WITX,
    clauses=("input.tensor-type-range", "values.type-support", "values.bits-pass-through", "input.shape-and-type"),
)
def _() -> None:
    types = list(module("abi.wit.world").TENSOR_TYPE.values.values())
    put(module("abi.witx.values").TENSOR_TYPES, "2023", dict(enumerate(types)))


@mutant(
    "witx/encodings-of-wit",
    "encodings are numbered as in WIT: ggml is 5, autodetect 6",
    WITX,
    clauses=("load.autodetect", "load.enumeration-range"),
)
def _() -> None:
    replace(module("abi.witx.values"), "GRAPH_ENCODINGS", dict(enumerate(module("types").GraphEncoding)))


@mutant(
    "witx/encodings-swapped",
    "openvino and onnx have each other's number",
    WITX,
    clauses=("load.graph-from-builders", "load.encoding-is-a-promise"),
)
def _() -> None:
    swap(module("abi.witx.values").GRAPH_ENCODINGS, 0, 1)


fault(
    "enum-cut-to-u8",
    "256 counts as 0",
    "abi.witx.values:decode",
    "values.get(number)",
    "values.get(number & 0xFF)",
    clauses=("load.enumeration-range", "input.tensor-type-range"),
)
fault(
    "enum-out-of-range-is-first",
    "a number that an enum does not have counts as its first value",
    "abi.witx.values:decode",
    "value = values.get(number)",
    "value = values.get(number, values[0])",
    clauses=("load.enumeration-range", "input.tensor-type-range"),
)
fault(
    "type-number-of-seven-bits",
    "of the number of a tensor's type seven bits count",
    "abi.witx.operations:Operations.set_input",
    "records.read_tensor(memory, tensor)",
    "records.read_tensor(memory, tensor)\n    type_number &= 0x7F",
    clauses=("input.tensor-type-range",),
)
