"""Faults in how wide numbers are, and how addresses have to be aligned."""

from __future__ import annotations

from mutant import WITX, rewritten

rewritten(
    "witx/context-handle-without-high-bit",
    "compute does not look at the highest bit of a context handle",
    WITX,
    "abi.witx.operations:Operations.compute",
    "self._contexts.get(context)",
    "self._contexts.get(context & 0x7FFFFFFF)",
    clauses=("handle.unknown-context",),
)
rewritten(
    "witx/graph-handle-without-high-bit",
    "the highest bit of a graph handle does not count",
    WITX,
    "abi.witx.operations:Operations.init_execution_context",
    "self._graphs.get(graph)",
    "self._graphs.get(graph & 0x7FFFFFFF)",
    clauses=("handle.unknown-graph",),
)
rewritten(
    "witx/name-length-of-16-bits",
    "a name's length has 16 bits",
    WITX,
    "abi.witx.operations:Operations.load_by_name",
    "memory.check(name, length)",
    "length &= 0xFFFF\n    memory.check(name, length)",
    clauses=("load-by-name.unknown", "memory.out-of-bounds"),
)
rewritten(
    "witx/rank-times-four-wraps",
    "the bytes of the dimensions are counted in 32 bits",
    WITX,
    "abi.witx.operations:Operations.set_input",
    "if rank > MAX_RANK:",
    "rank &= 0x3FFFFFFF\n    if rank > MAX_RANK:",
    clauses=("memory.out-of-bounds", "input.shape-and-type", "tensor.rank"),
)
rewritten(
    "witx/builders-times-eight-wrap",
    "the bytes of the builders' records are counted in 32 bits",
    WITX,
    "abi.witx.operations:Operations.load",
    "if count == 0:",
    "count &= 0x1FFFFFFF\n    if count == 0:",
    clauses=("memory.out-of-bounds",),
)
rewritten(
    "witx/handles-of-9-bits",
    "the 513th handle is the first again",
    WITX,
    "abi.witx.handles:HandleTable.insert",
    "handle = self._next\n",
    "handle = self._next - (self._next & 0xFFFFFF) + (self._next & 511)\n",
    clauses=("load.any-number", "context.any-number"),
)
rewritten(
    "witx/buffer-of-wide-output-aligned",
    "a buffer for an output of 8-byte elements has to be aligned to 8",
    WITX,
    "abi.witx.operations:Operations.get_output",
    "data = self._host.get_output(self._contexts.get(context), index).data",
    "tensor = self._host.get_output(self._contexts.get(context), index)\n"
    "    data = tensor.data\n"
    "    if tensor.type.size == 8 and buffer % 8:\n"
    "        raise invalid_argument('aligned')",
    clauses=("memory.bytes-need-no-alignment",),
)
rewritten(
    "witx/wide-data-aligned",
    "data of 8-byte elements have to be aligned to 8",
    WITX,
    "abi.witx.operations:Operations.set_input",
    "memory.check(data, length)",
    "memory.check(data, length, 8 if tensor_type.size == 8 and length else 1)",
    clauses=("memory.bytes-need-no-alignment",),
)
