"""Faults in lists and strings on their way between guest and host."""

from __future__ import annotations

from mutant import WIT_06_25, WIT_08_19, WIT_10_28

from faults.wit import OPERATIONS, VALUES, fault

fault(
    "strings-in-ascii",
    "strings for the guest are cut to ASCII",
    f"{VALUES}String.write",
    "ffi.str_to_capi(value)",
    "ffi.str_to_capi(value.encode('ascii', 'replace').decode())",
    clauses=("compute.output-names", "input.any-name"),
)
fault(
    "strings-cut-at-nul",
    "strings of the guest end at their first zero",
    f"{VALUES}String.read",
    "return _text(record.of.string)",
    "return _text(record.of.string).partition('\\0')[0]",
    clauses=("load-by-name.unknown", "input.unknown-name"),
)
fault(
    "u32-cut-to-u16",
    "the upper half of a dimension does not count",
    f"{VALUES}Sequence.read",
    "[self.element.read(values.data[index], scope)",
    "[each & 0xFFFF if isinstance(each := self.element.read(values.data[index], scope), int) else each",
    WIT_10_28,
    clauses=(
        "tensor.getters",
        "input.shape-and-type",
        "input.dimension-overflow",
        "input.data-length",
        "input.bound-by-index",
        "compute.succeeds",
    ),
)
fault(
    "u32-written-as-i32",
    "dimensions for the guest stop at 2^31 - 1",
    f"{VALUES}U32.write",
    "record.of.u32 = value",
    "record.of.u32 = min(value, 0x7FFF_FFFF)",
    WIT_06_25,
    clauses=("tensor.getters",),
)
fault(
    "last-byte-lost",
    "the last byte of data for the guest is zero",
    f"{OPERATIONS}.tensor_data",
    "return tensor.data",
    "return tensor.data[:-1] + b'\\0' if tensor.data else b''",
    WIT_08_19,
    clauses=("tensor.getters", "values.bits-pass-through", "values.arithmetic"),
)
fault(
    "bytes-signed",
    "bytes above 127 are cut to seven bits",
    f"{OPERATIONS}._whole",
    'b"".join(parts)',
    'b"".join(parts).translate(bytes(i & 127 for i in range(256)))',
    WIT_10_28,
    clauses=(
        "tensor.getters",
        "values.bits-pass-through",
        "load.graph-from-builders",
        "load.every-builder-is-used",
        "values.arithmetic",
    ),
)
fault(
    "large-lists-cut",
    "of a list only 64 KiB arrive",
    f"{OPERATIONS}._whole",
    'b"".join(parts)',
    'b"".join(parts)[:0x1_0000]',
    WIT_06_25,
    clauses=(
        "tensor.getters",
        "load.graph-from-builders",
        "load.every-builder-is-used",
        "input.bound-by-index",
        "values.bits-pass-through",
    ),
)
fault(
    "second-piece-is-the-first",
    "data for the guest behind 8 MiB come as those before",
    f"{OPERATIONS}.tensor_part",
    "memoryview(data)[start : start + PIECE]",
    "memoryview(data)[max(0, start - PIECE) :][: min(PIECE, len(data) - start)]",
    WIT_10_28,
    clauses=("tensor.getters", "values.any-size"),
)
