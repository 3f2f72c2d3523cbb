"""What the functions of wasi-nn's WIT do, on Python objects: resources are what the table keeps for them.

An operation whose WIT type is a `result` raises `WasiNnError`; the others cannot fail. A tensor's
constructor is one of those: it keeps whatever it is given, the getters give that back, and only
its use as an input raises `invalid_argument` if the data's length is not that of the shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wasi_nn_reference.errors import ErrorCode, WasiNnError, invalid_argument, too_large
from wasi_nn_reference.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasi_nn_reference.abi.wit.resources import ResourceTable
    from wasi_nn_reference.backends.backend import Port
    from wasi_nn_reference.host import ExecutionContext, Graph, Host
    from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType

PIECE = 8 << 20  # bytes of a tensor that the bridge gets in one call: 80 MB for a moment
_SHORT = 100  # characters
_DIMENSION_SIZE = 40  # bytes of an element in a tuple of ints, about


@dataclass(frozen=True, slots=True)
class GivenTensor:
    """A `tensor` as the guest gave it, consistent or not; `data` is row-major and little-endian."""

    dimensions: tuple[int, ...]
    type: TensorType
    data: bytes

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return len(self.data) + len(self.dimensions) * _DIMENSION_SIZE

    def checked(self) -> Tensor:
        """Return the tensor; raises `invalid_argument` if it is inconsistent."""
        return Tensor(self.type, self.dimensions, self.data)


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """An `error`: no exception, which would keep alive what the failed call had in hand.

    size: bytes that it holds of the guest's. The host's own messages are short and do not count, so
    that there is room for them when there is none for anything else.
    """

    code: ErrorCode
    data: str
    size: int = 0


class Operations:
    """The functions for one component.

    `table` is asked for room before outputs become resources. output_bytes: the most that an output may have, None
    where that is the same as for modules.
    """

    def __init__(self, host: Host, table: ResourceTable) -> None:
        self._host = host
        self._table = table
        self.output_bytes: int | None = host.limits.component_output_bytes
        self._appended: list[bytes] = []
        self._builders: list[bytes] = []

    def tensor(self, dimensions: list[int], tensor_type: TensorType, data: bytes) -> GivenTensor:
        """`tensor.constructor`: the data are a copy of the guest's."""
        return GivenTensor(tuple(dimensions), tensor_type, data)

    def append(self, words: bytes) -> int:
        """`append` of the bridge: the next whole words of a list; returns how many bytes wait."""
        self._appended.append(words)
        return sum(map(len, self._appended))

    def appended_tensor(self, dimensions: list[int], tensor_type: TensorType, words: bytes, size: int) -> GivenTensor:
        """`make-tensor` of the bridge: `tensor` from what was appended and these last words, `size` bytes together."""
        return self.tensor(dimensions, tensor_type, self._whole(words, size))

    def tensor_start(self, tensor: GivenTensor) -> tuple[int, bytes | memoryview]:
        """`tensor-data` of the bridge: how many bytes `tensor_data` has, and the first of them."""
        return len(self.tensor_data(tensor)), self.tensor_part(tensor, 0)

    def tensor_part(self, tensor: GivenTensor, start: int) -> bytes | memoryview:
        """`tensor-part` of the bridge: those from `start` on."""
        data = self.tensor_data(tensor)
        return data if len(data) <= PIECE else memoryview(data)[start : start + PIECE]

    def end_builder(self, words: bytes, size: int) -> int:
        """`end-builder` of the bridge: a builder for the next load; returns how many there are."""
        self._builders.append(self._whole(words, size))
        return len(self._builders)

    def load_appended(self, encoding: GraphEncoding, target: ExecutionTarget) -> Graph:
        """`load-builders` of the bridge: raises as `Host.load`."""
        builders, self._builders = self._builders, []
        return self.load(builders, encoding, target)

    def _whole(self, words: bytes, size: int) -> bytes:
        parts, self._appended = [*self._appended, words], []
        whole = b"".join(parts)  # one alone is not copied
        return whole if len(whole) == size else whole[:size]

    def tensor_dimensions(self, tensor: GivenTensor) -> list[int]:
        """`tensor.dimensions`."""
        return list(tensor.dimensions)

    def tensor_ty(self, tensor: GivenTensor) -> TensorType:
        """`tensor.ty`."""
        return tensor.type

    def tensor_data(self, tensor: GivenTensor) -> bytes:
        """`tensor.data`."""
        return tensor.data

    def error(self, code: ErrorCode, data: str) -> ErrorValue:
        """`error.constructor` of 06-25: a guest's own error, given back as it is."""
        return ErrorValue(code, data, len(data.encode()))

    def error_code(self, error: ErrorValue) -> ErrorCode:
        """`error.code`."""
        return error.code

    def error_data(self, error: ErrorValue) -> str:
        """`error.data`: what went wrong, without paths of the host."""
        return error.data

    def load(self, builders: list[bytes], encoding: GraphEncoding, target: ExecutionTarget) -> Graph:
        """`load`; raises as `Host.load`."""
        return self._host.load(tuple(builders), encoding, target)

    def load_by_name(self, name: str) -> Graph:
        """`load-by-name`; raises as `Host.load_by_name`."""
        if len(name.encode()) > self._host.limits.name_bytes:
            raise WasiNnError(ErrorCode.NOT_FOUND, "no graph has a name as long as that")
        return self._host.load_by_name(name)

    def init_execution_context(self, graph: Graph) -> ExecutionContext:
        """`graph.init-execution-context`; raises as `Host.init_execution_context`."""
        return self._host.init_execution_context(graph)

    def set_input(self, context: ExecutionContext, name: str, tensor: GivenTensor) -> None:
        """`set-input` before 10-28: the input stays set for every later compute until it is set again.

        Raises as `Host.set_input`; `invalid_argument` for a name that the model does not have.
        """
        self._host.set_input(context, _index(context.graph.inputs, name, "input"), tensor.checked())

    def compute(self, context: ExecutionContext) -> None:
        """`compute` before 10-28; raises as `Host.compute`."""
        self._host.compute(context)

    def get_output(self, context: ExecutionContext, name: str) -> GivenTensor:
        """`get-output` before 10-28: each time a new tensor; raises as `Host.get_output`."""
        return self._outputs([self._host.get_output(context, _index(context.graph.outputs, name, "output"))])[0]

    def compute_named(
        self, context: ExecutionContext, inputs: list[tuple[str, GivenTensor]]
    ) -> list[tuple[str, GivenTensor]]:
        """`compute` since 10-28: from exactly these inputs, nothing remains of them or of earlier ones.

        Returns every output once, in the model's order. Raises as `Host.set_input` and
        `Host.compute`; `invalid_argument` for a name that is given twice or that the model does not have.
        """
        names: set[str] = set()
        for name, _ in inputs:
            if name in names:
                raise invalid_argument(f"the input {_short(name)} is given twice")
            names.add(name)
        context.inputs.clear()
        try:
            for name, tensor in inputs:
                self.set_input(context, name, tensor)
            self._host.compute(context)
            tensors = self._outputs(context.outputs or [])
        finally:
            context.inputs.clear()
            context.outputs = None
        return [(port.name, tensor) for port, tensor in zip(context.graph.outputs, tensors, strict=True)]

    def _outputs(self, tensors: Sequence[Tensor]) -> list[GivenTensor]:
        outputs = [GivenTensor(tensor.dimensions, tensor.type, tensor.data) for tensor in tensors]
        limit = self.output_bytes
        for tensor in outputs:
            if limit is not None and len(tensor.data) > limit:
                raise too_large(f"an output has {len(tensor.data)} bytes; the limit of this component's is {limit}")
        self._table.check_room(sum(tensor.size for tensor in outputs))
        return outputs


def _index(ports: Sequence[Port], name: str, kind: str) -> int:
    for index, port in enumerate(ports):
        if port.name == name:
            return index
    there = ", ".join(repr(port.name) for port in ports) or "none"
    raise invalid_argument(f"the graph has no {kind} {_short(name)}; there are: {there}")


def _short(name: str) -> str:
    """Return a guest's name for a message: a guest can make it as long as its memory."""
    return repr(name) if len(name) <= _SHORT else f"{name[:_SHORT]!r}..."
