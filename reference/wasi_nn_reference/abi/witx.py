"""The witx ABI: core modules that import `wasi_ephemeral_nn` (wasi-nn.witx).

Every parameter is an i32 read as unsigned, every result an errno, return pointers come last. A
call is done in this order: arguments and all pointers are checked, the host works, results are
written; so a call that fails has written nothing. Enum values count as whole 32-bit numbers: 256
is no value, not another spelling of 0. Pointers to records (builders, tensor), to dimensions and
to results are aligned to 4, pointers to bytes to 1; an empty range may lie at the very end of
memory, not beyond it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Generic, TypeVar

from wasi_nn_reference.errors import ErrorCode, WasiNnError, invalid_argument, too_large
from wasi_nn_reference.limits import MAX_RANK
from wasi_nn_reference.tensor import Tensor, byte_length
from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

if TYPE_CHECKING:
    from collections.abc import Callable

    from wasi_nn_reference.host import ExecutionContext, Graph, Host
    from wasi_nn_reference.memory import GuestMemory

MODULE = "wasi_ephemeral_nn"

# The six functions and how many i32 each takes; each returns one i32, the errno.
FUNCTIONS = {
    "load": 5,
    "load_by_name": 3,
    "init_execution_context": 2,
    "set_input": 3,
    "compute": 1,
    "get_output": 5,
}

SUCCESS = 0
# nn_errno. Codes of the WIT ABI alone are given by the nearest code here.
ERRNO = {
    ErrorCode.INVALID_ARGUMENT: 1,
    ErrorCode.INVALID_ENCODING: 2,
    ErrorCode.MISSING_MEMORY: 3,
    ErrorCode.BUSY: 4,
    ErrorCode.TIMEOUT: 4,
    ErrorCode.RUNTIME_ERROR: 5,
    ErrorCode.UNKNOWN: 5,
    ErrorCode.UNSUPPORTED_OPERATION: 6,
    ErrorCode.SECURITY: 6,
    ErrorCode.TOO_LARGE: 7,
    ErrorCode.NOT_FOUND: 8,
}

GRAPH_ENCODINGS = {
    0: GraphEncoding.OPENVINO,
    1: GraphEncoding.ONNX,
    2: GraphEncoding.TENSORFLOW,
    3: GraphEncoding.PYTORCH,
    4: GraphEncoding.TENSORFLOWLITE,
    5: GraphEncoding.AUTODETECT,
}
EXECUTION_TARGETS = {0: ExecutionTarget.CPU, 1: ExecutionTarget.GPU, 2: ExecutionTarget.TPU}

# tensor_type today, and as it was before 2023-08-23 under the same module name: only the user
# knows which one an old guest means.
TENSOR_TYPES = {
    "2023": {
        0: TensorType.F16,
        1: TensorType.F32,
        2: TensorType.F64,
        3: TensorType.U8,
        4: TensorType.I32,
        5: TensorType.I64,
    },
    "2022": {0: TensorType.F16, 1: TensorType.F32, 2: TensorType.U8, 3: TensorType.I32},
}

_BUILDER_SIZE = 8  # {ptr u32, len u32}
_TENSOR_SIZE = 20  # {dims_ptr, dims_len, type u8 and 3 bytes of padding, data_ptr, data_len}
_RECORD_ALIGNMENT = 4

# Handles of the two kinds never overlap, so that one can not be taken for the other, and small
# numbers, which a confused guest is likely to hold, are handles of nothing.
FIRST_GRAPH = 0x0100_0000
FIRST_CONTEXT = 0x4100_0000
_HANDLES = 0x4000_0000  # of each kind in the life of a guest; a number is never given twice

_Value = TypeVar("_Value")


class HandleTable(Generic[_Value]):
    """Handles of one kind: numbers counting up from `first`, none used twice."""

    def __init__(self, kind: str, first: int) -> None:
        self._kind = kind
        self._next = first
        self._end = first + _HANDLES
        self._values: dict[int, _Value] = {}

    def insert(self, value: _Value) -> int:
        """Return a new handle for `value`; raises `too_large` when all numbers are used up."""
        if self._next == self._end:
            raise too_large(f"no {self._kind} handle is left")
        handle = self._next
        self._next += 1
        self._values[handle] = value
        return handle

    def get(self, handle: int) -> _Value:
        """Return what `handle` stands for; raises `invalid_argument`."""
        if handle not in self._values:
            raise invalid_argument(f"{handle} is no {self._kind} handle")
        return self._values[handle]


class WitxAbi:
    """The six functions for one guest.

    A call gets the guest's memory as a function that returns a view of it as it is now, and
    raises `missing_memory` if the guest exports none.
    """

    def __init__(self, host: Host, tensor_types: str = "2023") -> None:
        self._host = host
        self._tensor_types = TENSOR_TYPES[tensor_types]
        self._graphs: HandleTable[Graph] = HandleTable("graph", FIRST_GRAPH)
        self._contexts: HandleTable[ExecutionContext] = HandleTable("execution context", FIRST_CONTEXT)

    def load(  # noqa: PLR0913, PLR0917 - the parameters of the ABI
        self, view: Callable[[], GuestMemory], builders: int, count: int, encoding: int, target: int, result: int
    ) -> None:
        """`load`: builders is an array of `count` records {ptr, len}; writes a graph handle."""
        memory = view()
        memory.check_u32(result)
        if count == 0:
            raise invalid_argument("load needs at least one builder")
        if count > self._host.limits.builders:
            raise invalid_argument(f"{count} builders; no encoding takes more than {self._host.limits.builders}")
        memory.check(builders, count * _BUILDER_SIZE, _RECORD_ALIGNMENT)
        graph_encoding = _decode(GRAPH_ENCODINGS, encoding, "graph encoding")
        execution_target = _decode(EXECUTION_TARGETS, target, "execution target")
        words = memory.read_u32s(builders, count * 2)
        ranges = list(zip(words[::2], words[1::2], strict=True))
        for pointer, length in ranges:
            memory.check(pointer, length)
        # Builders may overlap: their sum can pass the size of memory, and is copied only after this.
        self._host.check_model_size(sum(length for _, length in ranges))
        data = tuple(memory.read(pointer, length) for pointer, length in ranges)
        memory.write_u32(result, self._graphs.insert(self._host.load(data, graph_encoding, execution_target)))

    def load_by_name(self, view: Callable[[], GuestMemory], name: int, length: int, result: int) -> None:
        """`load_by_name`: `length` bytes of UTF-8 at `name`; writes a graph handle."""
        memory = view()
        memory.check_u32(result)
        memory.check(name, length)
        if length > self._host.limits.name_bytes:
            raise WasiNnError(ErrorCode.NOT_FOUND, "no graph has a name as long as that")
        try:
            text = memory.read(name, length).decode()
        except UnicodeDecodeError:
            raise invalid_argument("the name is not UTF-8") from None
        memory.write_u32(result, self._graphs.insert(self._host.load_by_name(text)))

    def init_execution_context(self, view: Callable[[], GuestMemory], graph: int, result: int) -> None:
        """`init_execution_context`: writes a context handle."""
        memory = view()
        memory.check_u32(result)
        context = self._host.init_execution_context(self._graphs.get(graph))
        memory.write_u32(result, self._contexts.insert(context))

    def set_input(self, view: Callable[[], GuestMemory], context: int, index: int, tensor: int) -> None:
        """`set_input`: the tensor is copied; what the guest does to its bytes later has no effect."""
        memory = view()
        memory.check(tensor, _TENSOR_SIZE, _RECORD_ALIGNMENT)
        execution_context = self._contexts.get(context)
        dims, rank, type_number, data, length = struct.unpack("<IIB3xII", memory.read(tensor, _TENSOR_SIZE))
        tensor_type = _decode(self._tensor_types, type_number, "tensor type")
        if rank > MAX_RANK:
            raise invalid_argument(f"the tensor has rank {rank}; at most {MAX_RANK} is possible")
        dimensions = memory.read_u32s(dims, rank)
        memory.check(data, length)
        if length != byte_length(tensor_type, dimensions):
            raise invalid_argument(f"{length} bytes of data do not make the shape {list(dimensions)}")
        self._host.check_tensor_size(length)
        self._host.set_input(execution_context, index, Tensor(tensor_type, dimensions, memory.read(data, length)))

    def compute(self, _view: Callable[[], GuestMemory], context: int) -> None:
        """`compute`: needs no memory."""
        self._host.compute(self._contexts.get(context))

    def get_output(  # noqa: PLR0913, PLR0917 - the parameters of the ABI
        self, view: Callable[[], GuestMemory], context: int, index: int, buffer: int, capacity: int, result: int
    ) -> None:
        """`get_output`: writes the bytes and their number; `too_large` if `capacity` bytes are too few."""
        memory = view()
        memory.check_u32(result)
        memory.check(buffer, capacity)
        data = self._host.get_output(self._contexts.get(context), index).data
        if len(data) > capacity:
            raise too_large(f"the output has {len(data)} bytes, the buffer {capacity}")
        memory.write(buffer, data)
        memory.write_u32(result, len(data))


def _decode(values: dict[int, _Value], number: int, kind: str) -> _Value:
    value = values.get(number)
    if value is None:
        raise invalid_argument(f"{number} is no {kind}")
    return value
