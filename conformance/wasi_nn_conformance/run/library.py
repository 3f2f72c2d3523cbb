"""What a folder of vectors holds: the clauses, the models, and the cases that the vectors make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.formats.document import read_yaml
from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.formats.suggestion import did_you_mean
from wasi_nn_conformance.models import ENCODINGS, Model, ModelError, ModelFiles, builders_of, load_models
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.session.state import ExpectedState, Paths, no_paths
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.clause import Clause, read_clauses
from wasi_nn_conformance.vectors.declaration import Declaration, read_declarations
from wasi_nn_conformance.vectors.own_clause import own_clauses
from wasi_nn_conformance.vectors.reader import read_in_full, read_vectors
from wasi_nn_conformance.vectors.step import with_traps
from wasi_nn_conformance.vectors.vector import Vector

_NO_VECTORS = ("clauses.yaml", "declarations.yaml", "models.yaml")


class Library:
    """The vectors of this suite, or those under `roots` (files or folders), with its clauses and models.

    `nightly`: of the suite also those that take minutes.
    """

    def __init__(self, roots: Sequence[Path] = (), *, nightly: bool = False) -> None:
        own = (VECTORS, VECTORS / "regressions", *((VECTORS / "nightly",) if nightly else ()))
        self._roots = tuple(roots) or own
        self._places: dict[str, tuple[Path, int | None]] = {}
        self._read: dict[Path, list[Vector]] = {}

    @cached_property
    def clauses(self) -> dict[str, Clause]:
        """All clauses by id. Raises `InputError`."""
        return read_clauses(VECTORS / "clauses.yaml", self.declarations)

    @cached_property
    def declarations(self) -> dict[str, Declaration]:
        """What the specification declares, by name. Raises `InputError`."""
        return read_declarations(VECTORS / "declarations.yaml")

    @cached_property
    def models(self) -> dict[str, Model]:
        """All models by id. Raises `InputError`."""
        document = read_yaml(VECTORS / "models.yaml")
        document.check(schema("models"))
        try:
            return load_models(document.data)
        except ModelError as error:
            raise document.error((), str(error)) from None

    @cached_property
    def model_files(self) -> ModelFiles:
        """The models' bytes in each encoding. Raises `ModelError` for files that are missing or altered."""
        return ModelFiles.open(VECTORS / "models")

    @cached_property
    def of_suite(self) -> "Library":
        """The vectors of this suite: these, unless they are those under roots of one's own."""
        return self if VECTORS in self._roots else Library()

    def files(self) -> list[Path]:
        """Return the files of vectors, in the order of their names."""
        files: list[Path] = []
        for root in self._roots:
            found = sorted(root.glob("*.yaml")) if root.is_dir() else [root]
            files += [path for path in found if path.name not in _NO_VECTORS]
        return files

    def vectors(self, path: Path) -> list[Vector]:
        """Return the vectors of one file, once it is known that what they name exists. Raises `InputError`."""
        if path in self._read:
            return self._read[path]
        vectors = read_vectors(path, self.models)
        for vector in vectors:
            first = self._places.setdefault(vector.id, (vector.path, vector.line))
            if first != (vector.path, vector.line):
                raise vector.error(f"this id is given twice (first in {first[0].name}:{first[1]})")
        self._read[path] = [self.checked(vector) for vector in vectors]
        return self._read[path]

    @cached_property
    def in_full(self) -> Mapping[str, Mapping[str, Any]]:
        """The vectors of all files as plain data with full steps, by id. Raises `InputError`."""
        return {fields["id"]: fields for path in self.files() for fields in read_in_full(path, self.models)}

    def suite_vector(self, vector_id: str) -> Vector:
        """Return a vector of this suite, whatever the roots are. Raises `KeyError` if there is none of this id."""
        vectors = self.vectors(VECTORS / f"{vector_id.partition('/')[0]}.yaml")
        found = {vector.id: vector for vector in vectors}
        return found[vector_id]

    def of_clause(self, clause: str) -> Sequence[Vector]:
        """Return the vectors of a clause. Raises `InputError`."""
        return self._by_clause.get(clause, ())

    @cached_property
    def _by_clause(self) -> dict[str, list[Vector]]:
        found: dict[str, list[Vector]] = {}
        for path in self.files():
            for vector in self.vectors(path):
                found.setdefault(vector.clause, []).append(vector)
        return found

    def checked(self, vector: Vector) -> Vector:
        """Return the vector, with what its clauses accept. Raises `InputError` unless what it names exists."""
        if unknown := sorted(vector.clauses - set(self.clauses)):
            meant = did_you_mean(unknown[0], self.clauses)
            raise vector.error(f"there is no clause {unknown[0]!r} in clauses.yaml{meant}")
        if lacking := sorted(set(vector.encodings or ()) - set(ENCODINGS)):
            raise vector.error(f"there are no models in {lacking[0]}; there are in {', '.join(ENCODINGS)}")
        if taken := sorted(set(self.models) & set(vector.own_models)):
            raise vector.error(f"the model {taken[0]!r} stands in models.yaml: call the vector's own one otherwise")
        if own := sorted(set(vector.graphs.values()) & set(vector.own_models)):
            raise vector.error(f"{own[0]!r} cannot be registered: a graph that has a name is a model of models.yaml")
        may_trap = frozenset(name for name in vector.clauses if self.clauses[name].may_trap)
        return replace(vector, steps=with_traps(vector.steps, vector.clause, may_trap)) if may_trap else vector

    def case(self, vector: Vector, abi: str, encoding: str | None) -> Case:
        """Return one case of a vector that `checked` has returned."""
        others = {name: self.clauses[name] for name in (*vector.clauses, *own_clauses())}
        return Case(vector, self.clauses[vector.clause], abi, encoding, others)

    def state(self, case: Case, folders: Mapping[str, str], paths: Paths = no_paths) -> ExpectedState:
        """Return the state in which a case begins; see `ExpectedState` for `folders` and `paths`."""
        own = case.vector.own_models

        def builders(model: str, encoding: str) -> list[bytes]:
            return builders_of(own[model], encoding) if model in own else self.model_files.model_bytes(model, encoding)

        at_once = TAGS[case.abi].outputs_at_compute
        models = {**self.models, **own}
        return ExpectedState(case.encoding, models, case.vector.graphs, builders, folders, at_once, paths)

    def missing(self, case: Case) -> str | None:
        """Return why a model that the case brings cannot be written here; None if each can."""
        return ENCODINGS[case.encoding].missing if case.encoding and case.vector.own_models else None

    def cases(self, vector: Vector) -> Iterator[Case]:
        """Return each case of a vector: every ABI it is for, and every encoding if it has a model."""
        for abi in vector.abis:
            for encoding in self._encodings(vector):
                if abi in DIALECTS:
                    yield self.case(vector, abi, encoding)

    def _encodings(self, vector: Vector) -> Sequence[str | None]:
        """Return the encodings that can say all models of a vector, or None if it has no models."""
        if not vector.models:
            return (None,)
        models = [vector.own_models.get(name) or self.models[name] for name in vector.models]
        asked = vector.encodings or tuple(ENCODINGS)
        return [name for name in asked if all(map(ENCODINGS[name].can_say, models))]

    def all_cases(self) -> Iterator[Case]:
        """Return every case of every vector. Raises `InputError`."""
        for path in self.files():
            for vector in self.vectors(path):
                yield from self.cases(vector)
