"""What can be told of a model by its bytes alone, whether an engine takes it or not."""

from __future__ import annotations

from typing import NamedTuple


class FormatPort(NamedTuple):
    """An input or output: its name, its type as we write it, its shape; None for what may be anything."""

    name: str
    type: str
    shape: tuple[int | None, ...] | None


class Contents(NamedTuple):
    """The operator sets that a model uses, and its inputs and outputs in order of their indices."""

    operator_sets: tuple[str, ...]
    inputs: tuple[FormatPort, ...]
    outputs: tuple[FormatPort, ...]
