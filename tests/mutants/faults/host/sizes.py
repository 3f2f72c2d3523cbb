"""Faults that show only in tensors, outputs or models of some size."""

from __future__ import annotations

from mutant import SHARED, WIT_08_19, WIT_10_28, WITX, rewritten

from faults.host import COMPUTE, FITTED, fault

_EACH_WAY = (WITX, WIT_08_19)
_WITX = "abi.witx.operations:Operations."
_MADE = "context.outputs = [_presented(tensor) for tensor in outputs]"

rewritten(
    "host/end-of-large-input-lost",
    "of a tensor's data behind the first 64 KiB nothing arrives",
    WITX,
    f"{_WITX}set_input",
    "memory.read(data, length)",
    "memory.read(data, length)[:65536].ljust(length, b'\\0')",
    clauses=("values.any-size",),
)
rewritten(
    "host/end-of-huge-input-lost",
    "of a tensor's data behind the first 4 MiB nothing arrives",
    WITX,
    f"{_WITX}set_input",
    "memory.read(data, length)",
    "memory.read(data, length)[: 4 << 20].ljust(length, b'\\0')",
    clauses=("values.any-size",),
)
rewritten(
    "host/end-of-large-output-lost",
    "of an output behind the first 64 KiB nothing is written",
    WITX,
    f"{_WITX}get_output",
    "memory.write(buffer, data)",
    "memory.write(buffer, data[:65536])",
    clauses=("values.any-size",),
)
rewritten(
    "host/list-cut-at-1-mib",
    "of a list of bytes behind the first MiB nothing arrives",
    WIT_10_28,
    "abi.wit.operations:Operations._whole",
    'b"".join(parts)',
    'b"".join(parts)[: 1 << 20].ljust(size, b"\\0")',
    clauses=("values.any-size", "tensor.getters", "load.every-builder-is-used"),
)
fault(
    "half-of-large-output",
    "outputs of more than 512 KiB are computed in two halves, of which the second is the first again",
    COMPUTE,
    _MADE,
    "outputs = [\n"
    "        Tensor(each.type, each.dimensions, (each.data[: 1 << 19] * 3)[: len(each.data)]) for each in outputs]\n"
    f"    {_MADE}",
    _EACH_WAY,
    clauses=("values.any-size", "compute.new-inputs"),
)
fault(
    "weights-cut-at-1-mb",
    "of a builder's bytes behind the first million nothing arrives",
    "host:Host.load",
    "loaded = shared.load(",
    "builders = tuple(each[:1000000].ljust(len(each), b'\\0') for each in builders)\n    loaded = shared.load(",
    clauses=("load.every-builder-is-used",),
)
rewritten(
    "host/capacity-of-16-bits",
    "the size of an output is compared with the buffer's in 16 bits",
    WITX,
    f"{_WITX}get_output",
    "if len(data) > capacity:",
    "if len(data) & 0xFFFF > capacity:",
    clauses=("output.too-small-buffer",),
)
rewritten(
    "host/pages-written",
    "a large output is written in whole pages, as far as the buffer goes",
    WITX,
    f"{_WITX}get_output",
    "memory.write(buffer, data)",
    "room = min(capacity, len(data) + -len(data) % 4096) if len(data) > 65536 else 0\n"
    "    memory.write(buffer, data.ljust(room, b'\\0'))",
    clauses=("output.size",),
)
rewritten(
    "host/length-of-16-bits",
    "the length of a tensor's data counts in 16 bits",
    WITX,
    f"{_WITX}set_input",
    "memory.check(data, length)",
    "memory.check(data, length)\n    length = length & 0xFFFF if length > 65536 and length & 0xFFFF < 1000 else length",
    clauses=("input.data-length",),
)
fault(
    "one-large-result",
    "large results are kept once for all contexts of a graph",
    COMPUTE,
    _MADE,
    f"{_MADE}\n"
    "    for each in self._contexts:\n"
    "        if each.outputs and each.graph is context.graph and len(outputs[0].data) > 65536:\n"
    "            each.outputs = context.outputs",
    _EACH_WAY,
    clauses=("context.independence",),
)
for _pages, _size in (("page", 4096), ("large-pages", 65536)):
    fault(
        f"end-of-{_pages}-lost",
        f"a tensor of a multiple of {_size} bytes loses its last byte",
        FITTED,
        "return tensor",
        f"if tensor.data and len(tensor.data) % {_size} == 0:\n"
        "        tensor = Tensor(tensor.type, tensor.dimensions, bytes(tensor.data[:-1]) + b'\\0')\n"
        "    return tensor",
        SHARED,
        clauses=("values.any-size",),
    )
