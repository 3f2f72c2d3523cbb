"""One case of a run: a vector on one ABI and encoding."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .clause import Clause
from .step import Node
from .vector import Vector


@dataclass(frozen=True)
class Case:
    """A vector, the ABI it is spoken in and the encoding of its models (None if it has none).

    `others` are the clauses that single steps of it speak of, or owe by themselves, by id.
    """

    vector: Vector
    clause: Clause
    abi: str
    encoding: str | None
    others: Mapping[str, Clause] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id by which `--case` selects it: `inference/two-inputs[witx-openvino]`."""
        return f"{self.vector.id}[{'-'.join(part for part in (self.abi, self.encoding) if part)}]"

    def clause_of(self, node: Node) -> Clause:
        """Return the clause that the answer to a step or a block is judged by."""
        return self.others[node.clause] if node.clause else self.clause
