"""The record of one encoding: all that the suite must know of it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from hypothesis.strategies import DrawFn

    from .element_type import ElementType
    from .model import Model


class Mutation(Protocol):
    """Changes some of what a model says, so that most of it still can be read."""

    def __call__(self, draw: DrawFn, builder: bytes, changes: int) -> bytes:
        """Return the first builder of a model with that many changes."""


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """One encoding of models, as `graph-encoding` has them.

    `files` are the names of a model's files in a folder of its own, in the order of the builders of `load`; `types`
    says what it calls the element types that it has.
    """

    name: str
    files: tuple[str, ...]
    types: Mapping[ElementType, str]
    emit: Callable[[Model], Sequence[bytes]]
    """Returns the builders of a model whose types it has; the same model gives the same bytes."""
    mutated: Mutation
    with_operator: Callable[[Sequence[bytes], bytes], Sequence[bytes]]
    """Returns the builders of a model with a Relu, whose operator has another name of four ASCII characters then."""
    library: str | None = None
    """What `emit` imports and the extra `fuzz` installs."""

    @property
    def parts(self) -> int:
        """The number of builders."""
        return len(self.files)

    @property
    def missing(self) -> str | None:
        """Why a model that a vector brings cannot be written here; None if it can."""
        if self.library is None or find_spec(self.library) is not None:
            return None
        return (
            f"the model of this vector is written in {self.name} with the library {self.library},"
            " which is not installed; pip install 'wasi-nn-conformance[fuzz]'"
        )

    def can_say(self, model: Model) -> bool:
        """Return whether it has all element types of the model."""
        return all(of.element in self.types for of in model.types().values())

    def committed(self, model_id: str) -> tuple[str, ...]:
        """Return the files of a model below the folder of models, in the order of its builders."""
        return tuple(f"{self.name}/{model_id}.{file.rpartition('.')[2]}" for file in self.files)

    def write(self, folder: Path, builders: Sequence[bytes]) -> None:
        """Write a model's builders into a folder, as hosts that register a folder look for them."""
        for file, data in zip(self.files, builders, strict=True):
            (folder / file).write_bytes(data)
