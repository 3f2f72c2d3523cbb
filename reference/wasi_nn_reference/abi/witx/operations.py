"""What the functions of wasi-nn's witx do.

A call is done in this order: arguments and all pointers are checked, the host works, results are
written; so a call that fails has written nothing. Pointers to records, to dimensions and to results
are aligned to 4, pointers to bytes to 1; an empty range may lie at the very end of memory, not beyond it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasi_nn_reference.abi.witx import records
from wasi_nn_reference.abi.witx.handles import FIRST_CONTEXT, FIRST_GRAPH, HandleTable
from wasi_nn_reference.abi.witx.values import EXECUTION_TARGETS, GRAPH_ENCODINGS, TENSOR_TYPES, decode
from wasi_nn_reference.errors import ErrorCode, WasiNnError, invalid_argument, too_large
from wasi_nn_reference.limits import MAX_RANK
from wasi_nn_reference.tensor import Tensor, byte_length

if TYPE_CHECKING:
    from collections.abc import Callable

    from wasi_nn_reference.abi.witx.memory import GuestMemory
    from wasi_nn_reference.host import ExecutionContext, Graph, Host


class Operations:
    """The functions for one guest.

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
        memory.check(builders, count * records.BUILDER_SIZE, records.ALIGNMENT)
        graph_encoding = decode(GRAPH_ENCODINGS, encoding, "graph encoding")
        execution_target = decode(EXECUTION_TARGETS, target, "execution target")
        ranges = records.read_builders(memory, builders, count)
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
        memory.check(tensor, records.TENSOR_SIZE, records.ALIGNMENT)
        execution_context = self._contexts.get(context)
        dims, rank, type_number, data, length = records.read_tensor(memory, tensor)
        tensor_type = decode(self._tensor_types, type_number, "tensor type")
        if rank > MAX_RANK:
            raise invalid_argument(f"the tensor has rank {rank}; at most {MAX_RANK} is possible")
        dimensions = memory.read_u32s(dims, rank)
        memory.check(data, length)
        if length != byte_length(tensor_type, dimensions):
            raise invalid_argument(self._misfit(type_number, dimensions, length))
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

    def unload(self, _view: Callable[[], GuestMemory], graph: int) -> None:
        """`unload` of WasmEdge: frees a graph; its contexts go on."""
        self._graphs.remove(graph)

    def finalize_execution_context(self, _view: Callable[[], GuestMemory], context: int) -> None:
        """`finalize_execution_context` of WasmEdge: frees a context."""
        self._contexts.remove(context)

    def _misfit(self, type_number: int, dimensions: tuple[int, ...], length: int) -> str:
        """Return why `length` bytes do not fit, and whether they would by the numbers of another time."""
        wanted = self._tensor_types[type_number]
        text = f"{length} bytes do not make a tensor of {wanted.value} {list(dimensions)}"
        for name, types in TENSOR_TYPES.items():
            other = types.get(type_number, wanted)
            if other is not wanted and length * wanted.size == byte_length(wanted, dimensions) * other.size:
                text += f"; by the numbers of {name} its type is {other.value}, and they do: --tensor-types {name}"
        return text
