"""Faults in set_input: the record of a tensor."""

from __future__ import annotations

import struct

from mutant import WITX, module, mutant, replace, rewrite

from faults.witx import fault

_SET_INPUT = "abi.witx.operations:Operations.set_input"

fault(
    "dimensions-in-bytes",
    "dims_len is taken for bytes",
    _SET_INPUT,
    "memory.read_u32s(dims, rank)",
    "memory.read_u32s(dims, rank // 4)",
    clauses=("input.bound-by-index", "input.shape-and-type"),
)
fault(
    "dimensions-of-u16",
    "the upper half of each dimension does not count",
    _SET_INPUT,
    "memory.read_u32s(dims, rank)",
    "tuple(each & 0xFFFF for each in memory.read_u32s(dims, rank))",
    clauses=("input.shape-and-type", "input.dimension-overflow", "input.data-length", "input.bound-by-index"),
)
fault(
    "dimensions-reversed",
    "dimensions are read from the last to the first",
    _SET_INPUT,
    "memory.read_u32s(dims, rank)",
    "memory.read_u32s(dims, rank)[::-1]",
    clauses=("input.bound-by-index", "input.shape-and-type"),
)


@mutant(
    "witx/padding-is-type",
    "the padding behind a tensor's type counts as its upper bytes",
    WITX,
    clauses=("memory.padding-is-ignored",),
)
def _() -> None:
    replace(module("abi.witx.records"), "_TENSOR", struct.Struct("<IIIII"))


fault(
    "rank-limit-off-by-one",
    "rank 8 is refused",
    _SET_INPUT,
    "rank > MAX_RANK",
    "rank >= MAX_RANK",
    clauses=("values.row-major", "input.bound-by-index"),
)
fault(
    "rank-limit-of-four",
    "rank 5 is refused, as where all are images",
    _SET_INPUT,
    "rank > MAX_RANK",
    "rank > 4",
    clauses=("values.row-major", "input.bound-by-index"),
)
fault(
    "data-length-unchecked",
    "data_len is not looked at: what the shape needs is read",
    _SET_INPUT,
    "if length != byte_length(tensor_type, dimensions):",
    "length = byte_length(tensor_type, dimensions)\n    if False:",
    clauses=("input.data-length",),
)
fault(
    "longer-data-accepted",
    "more data than the shape has is accepted, the rest dropped",
    _SET_INPUT,
    "if length != byte_length(tensor_type, dimensions):",
    "length = min(length, byte_length(tensor_type, dimensions))\n"
    "    if length != byte_length(tensor_type, dimensions):",
    clauses=("input.data-length",),
)
fault(
    "input-by-reference",
    "an input is the guest's memory itself, read when it is computed with",
    _SET_INPUT,
    "Tensor(tensor_type, dimensions, memory.read(data, length))",
    "Tensor(tensor_type, dimensions, (__import__('ctypes').c_char * length).from_address(memory.base + data))",
    clauses=("input.copied",),
)
fault(
    "input-index-signed-byte",
    "an input's index is cut to eight bits",
    _SET_INPUT,
    "execution_context, index, Tensor",
    "execution_context, index & 0xFF, Tensor",
    clauses=("input.unknown-index",),
)
fault(
    "no-dimensions-are-the-models",
    "a tensor of rank 0 has the shape of the model's input",
    _SET_INPUT,
    "dimensions = memory.read_u32s(dims, rank)",
    "dimensions = memory.read_u32s(dims, rank)\n"
    "    ports = execution_context.graph.inputs\n"
    "    if rank == 0 and index < len(ports) and ports[index].shape and None not in ports[index].shape:\n"
    "        dimensions = ports[index].shape",
    clauses=("input.shape-and-type", "input.data-length"),
)


@mutant(
    "witx/large-inputs-in-place",
    "a tensor of more than 50,000 bytes is read where it lies, by compute",
    WITX,
    clauses=("input.copied",),
)
def _() -> None:
    given = "Tensor(tensor_type, dimensions, memory.read(data, length))"
    rewrite(
        _SET_INPUT,
        f"self._host.set_input(execution_context, index, {given})",
        f"self._host.set_input(execution_context, index, {given})\n"
        "    places = execution_context.__dict__.setdefault('places', {})\n"
        "    places.pop(index, None)\n"
        "    if length > 50000:\n        places[index] = tensor_type, dimensions, data, length",
    )
    rewrite(
        "abi.witx.operations:Operations.compute",
        "self._host.compute(self._contexts.get(context))",
        "of = self._contexts.get(context)\n"
        "    for index, (kind, dimensions, data, length) in of.__dict__.get('places', {}).items():\n"
        "        of.inputs[index] = Tensor(kind, dimensions, _view().read(data, length))\n"
        "    self._host.compute(of)",
    )
