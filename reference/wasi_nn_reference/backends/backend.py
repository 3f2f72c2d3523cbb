"""What the host asks of an engine.

Only bytes, numbers, enums, frozen dataclasses and `WasiNnError` cross this border, and there are
no callbacks: an engine can live in another process and look the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasi_nn_reference.tensor import Tensor
    from wasi_nn_reference.types import ExecutionTarget, GraphEncoding, TensorType


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a graph.

    name: the model's own name of it.
    shape: its dimensions, None for one that may be anything; None as a whole if even the rank is
        free. `()` is a scalar.
    narrow: the engine computes this i64 port in 32 bits, so values outside i32 must be refused.
    """

    name: str
    type: TensorType
    shape: tuple[int | None, ...] | None
    narrow: bool = False

    def takes(self, dimensions: tuple[int, ...]) -> bool:
        """Return whether a tensor of that shape fits."""
        if self.shape is None:
            return True
        return len(self.shape) == len(dimensions) and all(
            wanted is None or wanted == given for wanted, given in zip(self.shape, dimensions, strict=True)
        )


def shape_text(shape: tuple[int | None, ...] | None) -> str:
    """Return a port's shape for a reader: `?` stands for a free dimension, `[...]` for a free rank."""
    if shape is None:
        return "[...]"
    return "[" + ", ".join("?" if dimension is None else str(dimension) for dimension in shape) + "]"


class BackendRequest(Protocol):
    """One independent run of a graph: holds the engine's buffers, not the guest's tensors."""

    def infer(self, inputs: Sequence[Tensor], seconds: float) -> list[Tensor]:
        """Compute every output, in port order, from every input, in port order.

        `inputs` fit their ports. The tensors returned share no memory with anything. Raises
        `timeout` after `seconds` (the request must not be used again then), `runtime_error` if the
        engine fails. In this process an engine is only asked to heed the deadline, in one of its own it must.
        """
        ...


class BackendGraph(Protocol):
    """A loaded graph; immutable, so that any number of graphs of a guest may share it."""

    @property
    def inputs(self) -> tuple[Port, ...]:
        """The inputs in the model's order."""
        ...

    @property
    def outputs(self) -> tuple[Port, ...]:
        """The outputs in the model's order."""
        ...

    @property
    def is_lost(self) -> bool:
        """Return whether it is gone with its engine's process: every request fails, and it is to be loaded anew."""
        ...

    def request(self) -> BackendRequest:
        """Return a new request."""
        ...


class Backend(Protocol):
    """One engine."""

    def load(
        self, encoding: GraphEncoding, builders: tuple[bytes, ...], target: ExecutionTarget, seconds: float
    ) -> BackendGraph:
        """Load a model whose bytes were recognised as `encoding` and whose number of builders is right.

        Raises `invalid_argument` for a model that is broken inside, `unsupported_operation` for a
        target, an operator or a type that the engine lacks, `timeout` after `seconds` if the engine is in a process
        of its own: nothing else ends a compilation.
        """
        ...
