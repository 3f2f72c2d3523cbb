"""A vector: one short conversation with a host, and what each answer must be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.models import Model

from .step import Node, nodes_of, without_line


@dataclass(frozen=True)
class Vector:
    """One check, without ABI and encoding: those are dimensions of the run.

    `abis` are those that can say its steps, `encodings` restricts it (None: all). A conversation without `models`
    runs once and not once per encoding. `graphs` maps the names that must be registered with the host before the
    guest starts to models. One that is `fresh` gets a process that has served no other. `tries` says what its steps
    do not tell: that it tries to break its clause (`break`), or that it only shows it kept (`show`). `own_models` are
    those that it brings along.
    """

    id: str
    clause: str
    why: str
    steps: tuple[Node, ...]
    abis: tuple[str, ...]
    encodings: tuple[str, ...] | None
    graphs: Mapping[str, str]
    models: frozenset[str]
    path: Path
    line: int | None
    question: str | None = None
    tries: str | None = None
    own_models: Mapping[str, Model] = field(default_factory=dict)
    fresh: bool = False

    @property
    def clauses(self) -> set[str]:
        """The clauses that its answers are judged by."""
        return {self.clause} | {node.clause for node in nodes_of(self.steps) if node.clause}

    @property
    def steps_without_lines(self) -> tuple[Node, ...]:
        """The steps as two vectors can be compared by."""
        return tuple(map(without_line, self.steps))

    def error(self, message: str, line: int | None = None) -> InputError:
        """Make the complaint about this vector."""
        return InputError(self.path, line or self.line, f"{self.id}: {message}")
