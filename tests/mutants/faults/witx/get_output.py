"""Faults in get_output: the buffer and the size."""

from __future__ import annotations

from faults.witx import fault

_GET_OUTPUT = "abi.witx.operations:Operations.get_output"

fault(
    "buffer-off-by-one",
    "a buffer of exactly the output's size is too small",
    _GET_OUTPUT,
    "len(data) > capacity",
    "len(data) >= capacity",
    clauses=("output.each-by-index", "output.size", "output.too-small-buffer"),
)
fault(
    "buffer-one-short-accepted",
    "a buffer one byte short is taken for large enough",
    _GET_OUTPUT,
    "len(data) > capacity",
    "len(data) > capacity + 1",
    clauses=("output.too-small-buffer", "output.scalar"),
)
fault(
    "buffer-in-elements",
    "the buffer's size is taken for elements of four bytes",
    _GET_OUTPUT,
    "len(data) > capacity",
    "len(data) > capacity * 4",
    clauses=("output.too-small-buffer", "output.scalar"),
)
fault(
    "too-large-truncates",
    "a buffer that is too small gets as much as fits, and success",
    _GET_OUTPUT,
    'raise too_large(f"the output has {len(data)} bytes, the buffer {capacity}")',
    "data = data[:capacity]",
    clauses=("output.too-small-buffer", "output.scalar", "output.size"),
)
fault(
    "too-large-fills-the-buffer",
    "a buffer that is too small is filled before the call fails",
    _GET_OUTPUT,
    "        raise too_large(",
    "        memory.write(buffer, data[:capacity])\n        raise too_large(",
    clauses=("output.too-small-buffer", "output.scalar", "failure.nothing-written"),
)
fault(
    "large-buffer-partly-filled",
    "a buffer that is too small is filled before the call fails if it has more than 1000 bytes",
    _GET_OUTPUT,
    "        raise too_large(",
    "        if capacity > 1000:\n            memory.write(buffer, data[:capacity])\n        raise too_large(",
    clauses=("output.too-small-buffer", "failure.nothing-written"),
)
fault(
    "too-large-writes-the-size",
    "the size is written although the call fails",
    _GET_OUTPUT,
    "        raise too_large(",
    "        memory.write_u32(result, len(data))\n        raise too_large(",
    clauses=("failure.return-pointer-untouched", "output.too-small-buffer", "failure.nothing-written"),
)
fault(
    "buffer-filled-up",
    "the rest of a larger buffer is filled with zeros",
    _GET_OUTPUT,
    "memory.write(buffer, data)",
    "memory.write(buffer, data.ljust(capacity, b'\\0'))",
    clauses=("output.size",),
)
fault(
    "size-in-elements",
    "get_output reports elements of four bytes",
    _GET_OUTPUT,
    "memory.write_u32(result, len(data))",
    "memory.write_u32(result, len(data) // 4)",
    clauses=("output.size", "output.scalar"),
)
fault(
    "size-of-the-buffer",
    "get_output reports the buffer's size",
    _GET_OUTPUT,
    "memory.write_u32(result, len(data))",
    "memory.write_u32(result, capacity)",
    clauses=("output.size",),
)
fault(
    "size-not-written",
    "get_output reports no size",
    _GET_OUTPUT,
    "memory.write_u32(result, len(data))",
    "memory.check_u32(result)",
    clauses=("output.size",),
)
fault(
    "output-index-cut-to-u8",
    "an output's index is cut to eight bits",
    _GET_OUTPUT,
    "self._contexts.get(context), index)",
    "self._contexts.get(context), index & 0xFF)",
    clauses=("output.unknown-index", "output.each-by-index"),
)
fault(
    "large-buffer-off-by-one",
    "a buffer of exactly the output's size is too small for more than 1,000 bytes",
    _GET_OUTPUT,
    "len(data) > capacity",
    "len(data) > capacity or len(data) == capacity > 1000",
    clauses=("output.size", "output.too-small-buffer"),
)
