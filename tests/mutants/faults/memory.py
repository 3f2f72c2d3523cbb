"""Faults in the view of a guest's memory, and in how it is kept."""

from __future__ import annotations

from mutant import WITX, mutant, rewrite, rewritten

_CHECK = "abi.witx.memory:GuestMemory.check"

rewritten(
    "memory/bound-off-by-one",
    "one byte behind the end of memory passes the check",
    WITX,
    _CHECK,
    "pointer + length > self.size",
    "pointer + length > self.size + 1",
    clauses=("memory.out-of-bounds",),
)
rewritten(
    "memory/no-bound",
    "no pointer is held against the size of memory",
    WITX,
    _CHECK,
    "pointer + length > self.size",
    "pointer > 0xFFFF_FFFF",
    clauses=("memory.out-of-bounds",),
)
rewritten(
    "memory/only-the-start-is-checked",
    "a range that begins inside memory may end outside",
    WITX,
    _CHECK,
    "pointer + length > self.size",
    "pointer > self.size",
    clauses=("memory.out-of-bounds",),
)
rewritten(
    "memory/end-wraps",
    "pointer + length is computed in 32 bits",
    WITX,
    _CHECK,
    "pointer + length > self.size",
    "(pointer + length) & 0xFFFF_FFFF > self.size",
    clauses=("memory.out-of-bounds",),
)
rewritten(
    "memory/last-byte-refused",
    "what ends with the last byte of memory is refused",
    WITX,
    _CHECK,
    "pointer + length > self.size",
    "pointer + length >= self.size",
    clauses=("memory.last-byte",),
)
rewritten(
    "memory/no-alignment",
    "no pointer needs to be aligned",
    WITX,
    _CHECK,
    "if pointer % alignment:",
    "if pointer % 1:",
    clauses=("memory.misaligned",),
)
rewritten(
    "memory/alignment-of-two",
    "a record at an even address counts as aligned",
    WITX,
    _CHECK,
    "if pointer % alignment:",
    "if pointer % min(alignment, 2):",
    clauses=("memory.misaligned",),
)


@mutant(
    "memory/read-where-aligned",
    "words that are not aligned are read from the aligned address before",
    WITX,
    clauses=("memory.misaligned",),
)
def _read_where_aligned() -> None:
    rewrite(_CHECK, "if pointer % alignment:", "if pointer % 1:")
    rewrite(
        "abi.witx.memory:GuestMemory.read_u32s",
        "self.check(pointer, min(count * U32_SIZE, _U32_MAX), U32_SIZE)",
        "pointer -= pointer % U32_SIZE",
    )


@mutant(
    "memory/written-where-aligned",
    "a word that is not aligned is written to the aligned address before",
    WITX,
    clauses=("memory.misaligned",),
)
def _written_where_aligned() -> None:
    rewrite(_CHECK, "if pointer % alignment:", "if pointer % 1:")
    rewrite("abi.witx.memory:GuestMemory.write_u32", "self.check_u32(pointer)", "pointer -= pointer % U32_SIZE")


rewritten(
    "memory/bytes-aligned",
    "bytes are refused at odd addresses",
    WITX,
    _CHECK,
    "alignment: int = 1",
    "alignment: int = 2",
    clauses=("memory.bytes-need-no-alignment",),
)
rewritten(
    "memory/zero-is-null",
    "address 0 is taken for no address",
    WITX,
    _CHECK,
    "if pointer % alignment:",
    "if pointer % alignment or (pointer == 0 and length):",
    clauses=("memory.address-zero",),
)
rewritten(
    "memory/first-64-kib",
    "only the first page counts as memory",
    WITX,
    _CHECK,
    "pointer + length > self.size",
    "pointer + length > min(self.size, 0x1_0000)",
    clauses=("memory.growth", "memory.last-byte", "load.graph-from-builders", "load-by-name.registered"),
)
rewritten(
    "memory/big-endian-read",
    "u32 of the guest are read with the high byte first",
    WITX,
    "abi.witx.memory:GuestMemory.read_u32s",
    'f"<{count}I"',
    'f">{count}I"',
    clauses=("load.graph-from-builders", "input.bound-by-index"),
)
rewritten(
    "memory/big-endian-write",
    "u32 for the guest are written with the high byte first",
    WITX,
    "abi.witx.memory:GuestMemory.write_u32",
    '"<I"',
    '">I"',
    clauses=("load.graph-from-builders", "load-by-name.registered", "context.from-graph", "output.size"),
)
rewritten(
    "memory/writes-one-more",
    "a zero is written behind all that is written",
    WITX,
    "abi.witx.memory:GuestMemory.write",
    "ctypes.memmove(self.base + pointer, data, len(data))",
    'ctypes.memmove(self.base + pointer, data + b"\\0", len(data) + 1)',
    clauses=("output.size", "memory.last-byte"),
)
rewritten(
    "memory/writes-one-less",
    "the last byte of all that is written is left out",
    WITX,
    "abi.witx.memory:GuestMemory.write",
    "ctypes.memmove(self.base + pointer, data, len(data))",
    "ctypes.memmove(self.base + pointer, data, len(data) - 1)",
    clauses=("load.graph-from-builders", "context.from-graph", "output.each-by-index", "values.bits-pass-through"),
)
rewritten(
    "memory/size-kept",
    "the size of memory is that of the first call: what has grown since is refused",
    WITX,
    "abi.witx.calls:WitxCalls._view",
    "return GuestMemory(memory.base(), memory.size())",
    'self.__dict__.setdefault("_size", memory.size()); return GuestMemory(memory.base(), self._size)',
    clauses=("memory.growth",),
)
rewritten(
    "memory/out-of-bounds-dies",
    "a pointer outside memory ends the host",
    WITX,
    _CHECK,
    'raise invalid_argument(f"{length} bytes at {pointer:#x} are beyond the guest\'s memory")',
    "ctypes.string_at(0)",
    clauses=("memory.out-of-bounds", "memory.empty-range", "memory.output-size"),
)
rewritten(
    "memory/two-dimensions-read",
    "two dimensions are read, also of a tensor that has one",
    WITX,
    "abi.witx.operations:Operations.set_input",
    "memory.read_u32s(dims, rank)",
    "memory.read_u32s(dims, max(rank, 2))[:rank]",
    clauses=("memory.last-byte",),
)
rewritten(
    "memory/data-in-blocks",
    "data are read in blocks of eight bytes",
    WITX,
    "abi.witx.operations:Operations.set_input",
    "memory.check(data, length)",
    "memory.check(data, -(-length // 8) * 8)",
    clauses=("memory.last-byte",),
)
rewritten(
    "memory/output-in-blocks",
    "room for an output is looked for in blocks of eight bytes",
    WITX,
    "abi.witx.operations:Operations.get_output",
    "memory.check(buffer, capacity)",
    "memory.check(buffer, -(-capacity // 8) * 8)",
    clauses=("memory.last-byte",),
)
rewritten(
    "memory/two-builders-read",
    "two builders are read, also where there is one",
    WITX,
    "abi.witx.operations:Operations.load",
    "memory.check(builders, count * records.BUILDER_SIZE, records.ALIGNMENT)",
    "memory.check(builders, max(count, 2) * records.BUILDER_SIZE, records.ALIGNMENT)",
    encodings=("onnx",),
    clauses=("memory.last-byte",),
)
rewritten(
    "memory/length-checked-after-reading",
    "the bytes that the shape needs are read before their number is looked at",
    WITX,
    "abi.witx.operations:Operations.set_input",
    "memory.check(data, length)",
    "memory.check(data, length); import ctypes; ctypes.string_at(memory.base + data, 16)",
    clauses=("input.data-length", "memory.last-byte"),
)
rewritten(
    "memory/no-bytes-outside-die",
    "an address outside memory ends the host though no byte is at it",
    WITX,
    _CHECK,
    "if pointer % alignment:",
    "if pointer > self.size and not length: ctypes.string_at(0)\n    if pointer % alignment:",
    clauses=("memory.empty-range",),
)
rewritten(
    "memory/return-pointer-checked-last",
    "get_output writes the output before it looks at the return pointer",
    WITX,
    "abi.witx.operations:Operations.get_output",
    "memory.check_u32(result)",
    "pass",
    clauses=("failure.nothing-written",),
)
rewritten(
    "memory/dimensions-within-data-refused",
    "a tensor whose dimensions lie in its data is refused",
    WITX,
    "abi.witx.operations:Operations.set_input",
    "memory.check(data, length)",
    "memory.check(data, length)\n"
    "    if max(dims, data) < min(dims + 4 * rank, data + length):\n"
    "        raise invalid_argument('the dimensions lie in the data')",
    clauses=("memory.overlapping-reads",),
)
rewritten(
    "memory/overlapping-builders-refused",
    "builders that overlap are refused",
    WITX,
    "abi.witx.operations:Operations.load",
    "self._host.check_model_size(",
    "end = 0\n"
    "    for each in sorted(each for each in ranges if each.length):\n"
    "        if each.pointer < end:\n"
    "            raise invalid_argument('builders overlap')\n"
    "        end = sum(each)\n"
    "    self._host.check_model_size(",
    clauses=("memory.overlapping-reads",),
)
