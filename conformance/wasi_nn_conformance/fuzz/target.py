"""What a generated conversation may use."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.models import ENCODINGS, Model
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.reader import vector_of

Fields: TypeAlias = dict[str, Any]
"""A vector as data, as YAML would give it. Its id is `fuzz/KIND/` and a word or two for what was drawn."""

CarryOut: TypeAlias = Callable[[Fields], None]
"""Carries a conversation out, and raises an exception if it fails."""


@dataclass(frozen=True)
class FuzzTarget:
    """The ABI and the encoding of a search, the vectors and models to draw from, and whether graphs can have names.

    The rest is what the host is known to lack: a search that dies of it each time finds nothing else. `lacks` are
    models with which a plain inference fails, `no_types` element types that it does not serve; `inputs`, `graphs` and
    `contexts` the most that work, and `broken` the clauses that written vectors have found broken.
    """

    abi: str
    encoding: str
    library: Library
    registers: bool
    lacks: frozenset[str] = frozenset()
    no_types: frozenset[str] = frozenset()
    inputs: int = sys.maxsize
    graphs: int = sys.maxsize
    contexts: int = sys.maxsize
    broken: frozenset[str] = frozenset()

    @property
    def models(self) -> Mapping[str, Model]:
        """The models of `models.yaml`."""
        return self.library.models

    @property
    def tag(self) -> Tag:
        """What can be said in the ABI."""
        return TAGS[self.abi]

    @cached_property
    def types(self) -> frozenset[str]:
        """The element types that ABI, encoding and host have; of a host that has none, those of the others."""
        said = frozenset(map(str, ENCODINGS[self.encoding].types)) & frozenset(self.tag.tensor_types)
        return said - self.no_types or said

    def sayable(self, names: Iterable[str]) -> list[str]:
        """Return those of the models of `models.yaml` that have no other types and work; all of them if none does."""
        said = [name for name in names if self._types_of[name] <= self.types]
        return [name for name in said if name not in self.lacks] or said

    @cached_property
    def _types_of(self) -> Mapping[str, frozenset[str]]:
        """The element types in each model, once for all the conversations that are drawn."""
        return {
            name: frozenset(of.element.value for of in model.types().values()) for name, model in self.models.items()
        }

    @property
    def name(self) -> str:
        """The dimensions as a case's id has them: `witx-openvino`."""
        return f"{self.abi}-{self.encoding}"

    def case(self, fields: Fields, path: Path) -> Case:
        """Return the case of a vector that the file at `path` holds or would hold. Raises `InputError`."""
        vector = vector_of(fields, path, self.models)
        return self.library.case(self.library.checked(vector), self.abi, self.encoding if vector.models else None)
