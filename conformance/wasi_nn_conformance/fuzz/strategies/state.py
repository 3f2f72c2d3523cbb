"""What must stand in a host after a sequence of calls, as far as the specification fixes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from wasi_nn_conformance.models import Model, Port


@dataclass
class Context:
    """An execution context of a model, and the graph it was made of.

    `inputs` are those that were ever set, `fresh` those that were set since the last compute: only of these it is sure
    that they are set. `outputs` are `none` before any compute, `current` after one, `old` once an input was set since,
    `unknown` where the specification does not say. Of an `is_orphan` the graph was dropped.
    """

    model: str
    graph: str
    inputs: set[str] = field(default_factory=set)
    fresh: set[str] = field(default_factory=set)
    outputs: str = "none"
    is_orphan: bool = False

    @property
    def is_ready(self) -> bool:
        """Return whether every input that was ever set is sure to be set."""
        return self.inputs == self.fresh

    def set(self, name: str) -> None:
        """Take up a successful set_input."""
        self.inputs.add(name)
        self.fresh.add(name)
        self.outputs = "old" if self.outputs == "current" else self.outputs

    def computed(self, *, keeps_inputs: bool) -> None:
        """Take up a successful compute."""
        self.outputs = "current"
        if not keeps_inputs:
            self.fresh.clear()

    def failed(self) -> None:
        """Take up a compute that failed, or may have."""
        self.outputs = "unknown" if self.outputs != "none" else "none"
        self.fresh.clear()


@dataclass
class State:
    """Graphs (name -> model), contexts, and what a guest keeps: buffers of inputs, outputs as tensors, errors.

    `loaded` are the graphs that were made of builders.
    """

    models: Mapping[str, Model]
    graphs: dict[str, str] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    buffers: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _count: int = 0

    def new(self, word: str) -> str:
        """Return a name that nothing else has."""
        self._count += 1
        return f"{word}{self._count}"

    def picked(self, named: Mapping[str, Any], pick: int) -> str:
        """Return one of the names; 0 is the newest, which shrinks best."""
        return list(named)[-1 - pick % len(named)]

    def model(self, context: Context) -> Model:
        """Return the model of a context."""
        return self.models[context.model]

    def tensor(self, port: Port, numbers: bytes) -> dict[str, Any]:
        """Return a tensor of numbers from 1 to 5 for an input."""
        shape = [dim or 2 for dim in port.type.shape]
        data = [1 + numbers[index % len(numbers)] % 5 for index in range(prod(shape))]
        return {"type": port.type.element.value, "shape": shape, "data": data}

    def drop_graph(self, name: str) -> None:
        """Take up that a graph is gone."""
        del self.graphs[name]
        for context in self.contexts.values():
            context.is_orphan |= context.graph == name
