"""Faults in the witx ABI: the six functions, their numbers and their handles."""

from __future__ import annotations

from mutant import WITX, module, mutant, put, replace, rewritten, swap

_SET_INPUT, _GET_OUTPUT = "abi.witx:WitxAbi.set_input", "abi.witx:WitxAbi.get_output"
_LOAD, _LOAD_BY_NAME = "abi.witx:WitxAbi.load", "abi.witx:WitxAbi.load_by_name"
_DECODED = "text = memory.read(name, length).decode()"
_CALL = "abi.witx_calls:WitxCalls.function"


def _errno(name: str, number: int) -> None:
    put(module("abi.witx").ERRNO, getattr(module("errors").ErrorCode, name), number)


@mutant("witx/errno-swapped", "too_large and not_found have each other's number", WITX)
def _() -> None:
    errors = module("errors").ErrorCode
    swap(module("abi.witx").ERRNO, errors.TOO_LARGE, errors.NOT_FOUND)


@mutant("witx/errno-77", "a bad argument is errno 77, which does not exist", WITX)
def _() -> None:
    _errno("INVALID_ARGUMENT", 77)


@mutant("witx/errno-negative", "a missing name is errno -1", WITX)
def _() -> None:
    _errno("NOT_FOUND", -1)


@mutant("witx/not-found-is-success", "an unknown name is errno 0, with no handle", WITX)
def _() -> None:
    _errno("NOT_FOUND", 0)


@mutant("witx/encoding-errno-renumbered", "invalid_encoding is the number of missing_memory", WITX)
def _() -> None:
    _errno("INVALID_ENCODING", 3)


@mutant("witx/unsupported-is-runtime-error", "an unknown operator is a runtime_error", WITX)
def _() -> None:
    _errno("UNSUPPORTED_OPERATION", 5)


@mutant("witx/u8-is-i32", "the tensor types u8 and i32 have each other's number", WITX)
def _() -> None:
    swap(module("abi.witx").TENSOR_TYPES["2023"], 3, 4)


@mutant("witx/tensor-types-of-2022", "tensor types have their numbers from before 2023-08-23", WITX)
def _() -> None:
    types = module("abi.witx").TENSOR_TYPES
    put(types, "2023", types["2022"])


@mutant("witx/tensor-types-of-wit", "tensor types are numbered as in WIT, with bf16 at 3", WITX)
def _() -> None:
    types = list(module("abi.wit.world").TENSOR_TYPE.values.values())
    put(module("abi.witx").TENSOR_TYPES, "2023", dict(enumerate(types)))


@mutant("witx/encodings-of-wit", "encodings are numbered as in WIT: ggml is 5, autodetect 6", WITX)
def _() -> None:
    replace(module("abi.witx"), "GRAPH_ENCODINGS", dict(enumerate(module("types").GraphEncoding)))


@mutant("witx/encodings-swapped", "openvino and onnx have each other's number", WITX)
def _() -> None:
    swap(module("abi.witx").GRAPH_ENCODINGS, 0, 1)


def _fault(name: str, breaks: str, target: str, old: str, new: str) -> None:
    rewritten(f"witx/{name}", breaks, WITX, target, old, new)


_fault("enum-cut-to-u8", "256 counts as 0", "abi.witx:_decode", "values.get(number)", "values.get(number & 0xFF)")
_fault(
    "enum-out-of-range-is-first",
    "a number that an enum does not have counts as its first value",
    "abi.witx:_decode",
    "value = values.get(number)",
    "value = values.get(number, values[0])",
)
_fault(
    "handle-given-twice",
    "each handle is the number of the first one",
    "abi.witx:HandleTable.insert",
    "self._next += 1",
    "self._next += 0",
)
_fault(
    "handle-unknown-is-newest",
    "a handle that nobody gave stands for what was made last",
    "abi.witx:HandleTable.get",
    'raise invalid_argument(f"{handle} is no {self._kind} handle")',
    "return list(self._values.values())[-1]",
)
_fault(
    "handle-cut-to-u16",
    "the upper half of a handle does not count",
    "abi.witx:HandleTable.get",
    "if handle not in self._values:",
    "handle = next((each for each in self._values if each & 0xFFFF == handle & 0xFFFF), handle)\n"
    "    if handle not in self._values:",
)
_fault(
    "handle-unknown-dies",
    "a handle that nobody gave ends the host",
    "abi.witx:HandleTable.get",
    'raise invalid_argument(f"{handle} is no {self._kind} handle")',
    "import os; os.abort()",
)
_fault(
    "builders-swapped",
    "builders are read in the opposite order",
    _LOAD,
    "for pointer, length in ranges)\n    memory.write",
    "for pointer, length in ranges[::-1])\n    memory.write",
)
_fault(
    "second-builder-lost",
    "the bytes of every builder but the first are zero",
    _LOAD,
    "    memory.write_u32(result, ",
    "    data = (data[0], *(bytes(len(each)) for each in data[1:]))\n    memory.write_u32(result, ",
)
_fault(
    "load-writes-first",
    "load writes 0 to its return pointer before it works",
    _LOAD,
    "memory.check_u32(result)",
    "memory.write_u32(result, 0)",
)
_fault(
    "load-by-name-writes-first",
    "load_by_name writes 0 to its return pointer before it works",
    _LOAD_BY_NAME,
    "memory.check_u32(result)",
    "memory.write_u32(result, 0)",
)
_fault(
    "context-writes-first",
    "init_execution_context writes 0 to its return pointer before it works",
    "abi.witx:WitxAbi.init_execution_context",
    "memory.check_u32(result)",
    "memory.write_u32(result, 0)",
)
_fault("load-no-handle", "load succeeds and writes no handle", _LOAD, "memory.write_u32(result, self", "(self")
_fault(
    "builders-by-reference",
    "a graph is read from the guest's memory when its first context is made, not when it is loaded",
    _LOAD,
    "memory.write_u32(result, self._graphs.insert(self._host.load(data, graph_encoding, execution_target)))",
    "graph = self._host.load(data, graph_encoding, execution_target)\n"
    "    graph.late = lambda: self._host.load(\n"
    "        tuple(memory.read(*each) for each in ranges), graph_encoding, execution_target).backend\n"
    "    initial = self._host.init_execution_context\n"
    "    def late(graph):\n"
    "        graph.backend = graph.__dict__.pop('late', lambda: graph.backend)()\n"
    "        return initial(graph)\n"
    "    self._host.init_execution_context = late\n"
    "    memory.write_u32(result, self._graphs.insert(graph))",
)
_fault(
    "name-not-checked",
    "bytes that are no UTF-8 are a name like any other",
    _LOAD_BY_NAME,
    _DECODED,
    _DECODED.replace("decode()", "decode('utf-8', 'replace')"),
)
_fault(
    "name-in-latin-1",
    "names are read as Latin-1",
    _LOAD_BY_NAME,
    _DECODED,
    _DECODED.replace("decode()", "decode('latin-1')"),
)
_fault(
    "name-cut-at-nul", "a name ends at its first zero byte", _LOAD_BY_NAME, _DECODED, _DECODED + ".partition('\\0')[0]"
)
_fault(
    "dimensions-in-bytes",
    "dims_len is taken for bytes",
    _SET_INPUT,
    "memory.read_u32s(dims, rank)",
    "memory.read_u32s(dims, rank // 4)",
)
_fault(
    "dimensions-of-u16",
    "the upper half of each dimension does not count",
    _SET_INPUT,
    "memory.read_u32s(dims, rank)",
    "tuple(each & 0xFFFF for each in memory.read_u32s(dims, rank))",
)
_fault(
    "dimensions-reversed",
    "dimensions are read from the last to the first",
    _SET_INPUT,
    "memory.read_u32s(dims, rank)",
    "memory.read_u32s(dims, rank)[::-1]",
)
_fault(
    "padding-is-type",
    "the padding behind a tensor's type counts as its upper bytes",
    _SET_INPUT,
    '"<IIB3xII"',
    '"<IIIII"',
)
_fault("rank-limit-off-by-one", "rank 8 is refused", _SET_INPUT, "rank > MAX_RANK", "rank >= MAX_RANK")
_fault("rank-limit-of-four", "rank 5 is refused, as where all are images", _SET_INPUT, "rank > MAX_RANK", "rank > 4")
_fault(
    "data-length-unchecked",
    "data_len is not looked at: what the shape needs is read",
    _SET_INPUT,
    "if length != byte_length(tensor_type, dimensions):",
    "length = byte_length(tensor_type, dimensions)\n    if False:",
)
_fault(
    "longer-data-accepted",
    "more data than the shape has is accepted, the rest dropped",
    _SET_INPUT,
    "if length != byte_length(tensor_type, dimensions):",
    "length = min(length, byte_length(tensor_type, dimensions))\n"
    "    if length != byte_length(tensor_type, dimensions):",
)
_fault(
    "input-by-reference",
    "an input is the guest's memory itself, read when it is computed with",
    _SET_INPUT,
    "Tensor(tensor_type, dimensions, memory.read(data, length))",
    "Tensor(tensor_type, dimensions, (__import__('ctypes').c_char * length).from_address(memory.base + data))",
)
_fault(
    "input-index-signed-byte",
    "an input's index is cut to eight bits",
    _SET_INPUT,
    "execution_context, index, Tensor",
    "execution_context, index & 0xFF, Tensor",
)
_fault(
    "buffer-off-by-one",
    "a buffer of exactly the output's size is too small",
    _GET_OUTPUT,
    "len(data) > capacity",
    "len(data) >= capacity",
)
_fault(
    "buffer-one-short-accepted",
    "a buffer one byte short is taken for large enough",
    _GET_OUTPUT,
    "len(data) > capacity",
    "len(data) > capacity + 1",
)
_fault(
    "buffer-in-elements",
    "the buffer's size is taken for elements of four bytes",
    _GET_OUTPUT,
    "len(data) > capacity",
    "len(data) > capacity * 4",
)
_fault(
    "too-large-truncates",
    "a buffer that is too small gets as much as fits, and success",
    _GET_OUTPUT,
    'raise too_large(f"the output has {len(data)} bytes, the buffer {capacity}")',
    "data = data[:capacity]",
)
_fault(
    "too-large-fills-the-buffer",
    "a buffer that is too small is filled before the call fails",
    _GET_OUTPUT,
    "        raise too_large(",
    "        memory.write(buffer, data[:capacity])\n        raise too_large(",
)
_fault(
    "too-large-writes-the-size",
    "the size is written although the call fails",
    _GET_OUTPUT,
    "        raise too_large(",
    "        memory.write_u32(result, len(data))\n        raise too_large(",
)
_fault(
    "buffer-filled-up",
    "the rest of a larger buffer is filled with zeros",
    _GET_OUTPUT,
    "memory.write(buffer, data)",
    "memory.write(buffer, data.ljust(capacity, b'\\0'))",
)
_fault(
    "size-in-elements",
    "get_output reports elements of four bytes",
    _GET_OUTPUT,
    "memory.write_u32(result, len(data))",
    "memory.write_u32(result, len(data) // 4)",
)
_fault(
    "size-of-the-buffer",
    "get_output reports the buffer's size",
    _GET_OUTPUT,
    "memory.write_u32(result, len(data))",
    "memory.write_u32(result, capacity)",
)
_fault(
    "size-not-written",
    "get_output reports no size",
    _GET_OUTPUT,
    "memory.write_u32(result, len(data))",
    "memory.check_u32(result)",
)
_fault(
    "output-index-cut-to-u8",
    "an output's index is cut to eight bits",
    _GET_OUTPUT,
    "self._contexts.get(context), index)",
    "self._contexts.get(context), index & 0xFF)",
)
_fault(
    "traps-instead-of-errno",
    "a call that fails traps",
    _CALL,
    "return witx.ERRNO[error.code]",
    "raise wasmtime.WasmtimeError('failed')",
)
_fault(
    "failure-is-success",
    "compute says success when it failed",
    _CALL,
    "return witx.ERRNO[error.code]",
    "return 0 if name == 'compute' else witx.ERRNO[error.code]",
)
_fault(
    "set-input-without-context",
    "set_input ignores a context that nobody made",
    _CALL,
    "return witx.ERRNO[error.code]",
    "return 0 if name == 'set_input' and 'handle' in error.message else witx.ERRNO[error.code]",
)
