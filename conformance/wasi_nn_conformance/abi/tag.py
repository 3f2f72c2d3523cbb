"""The record of one ABI: its names, its enumerations, and what can be said in it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One ABI: that of a core module, or one tag of the WIT package.

    `family` says which dialect speaks it, `release` which release candidate of the specification declares it: for
    components that is the version of their WIT package. Where an enumeration has numbers, they are places in its tuple.
    Each field that is a truth value is a capability; whatever differs between ABIs is asked of these and of no name.
    """

    name: str
    family: Literal["witx", "wit"]
    encodings: tuple[str, ...]
    targets: tuple[str, ...]
    tensor_types: tuple[str, ...]
    errors: tuple[str, ...]
    release: str

    pointers: bool = False
    """The guest gives pointers and lengths, and calls write to its memory."""
    numbers: bool = False
    """Indices, types and members of enumerations are numbers, so that any number can be given."""
    resources: bool = False
    """Graphs, contexts, tensors and errors are resources: they have getters, are dropped, and misuse of them traps."""
    names: bool = False
    """Inputs and outputs go by name."""
    set_input: bool = False
    """An input is set by a call of its own, which can fail by itself."""
    get_output: bool = False
    """An output is got by a call of its own, which can fail by itself."""
    inputs_at_compute: bool = False
    """`compute` takes all inputs."""
    outputs_at_compute: bool = False
    """`compute` gives all outputs."""
    error_constructor: bool = False
    """The guest can make errors."""

    @cached_property
    def capabilities(self) -> frozenset[str]:
        """Everything a step can need: the capabilities, and the members of the enumerations that a load or tensor has.

        No word is both: `bf16` can only be a tensor type, `ggml` only an encoding.
        """
        flags = {field.name for field in fields(self) if getattr(self, field.name) is True}
        return frozenset(flags).union(self.encodings, self.targets, self.tensor_types)

    def has(self, needed: Iterable[str]) -> bool:
        """Return whether all of this can be said in it."""
        return self.capabilities.issuperset(needed)

    @property
    def probe(self) -> str:
        """The file of the probe that speaks it."""
        return f"probe-{self.name}.wasm"
