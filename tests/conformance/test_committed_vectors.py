from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from wasi_nn_conformance.models import Model
from wasi_nn_conformance.paths import VECTORS
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.clause import Clause
from wasi_nn_conformance.vectors.own_clause import function_of
from wasi_nn_conformance.vectors.reader import read_vectors
from wasi_nn_conformance.vectors.step import Block, Node, Step, nodes_of, steps_of
from wasi_nn_conformance.vectors.vector import Vector

FILES = [
    path
    for folder in (VECTORS, VECTORS / "regressions")
    for path in sorted(folder.glob("*.yaml"))
    if path.name not in ("clauses.yaml", "declarations.yaml", "models.yaml")
]


@pytest.fixture(scope="module")
def clauses() -> dict[str, Clause]:
    return Library().clauses


@pytest.fixture(scope="module")
def vectors(models: Mapping[str, Model]) -> list[Vector]:
    return [vector for path in FILES for vector in read_vectors(path, models)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_vectors_is_read(path: Path, models: Mapping[str, Model]) -> None:
    assert read_vectors(path, models)


def test_every_clause_that_a_vector_names_exists(vectors: list[Vector], clauses: Mapping[str, Clause]) -> None:
    assert sorted({vector.clause for vector in vectors} - clauses.keys()) == []


def test_every_clause_has_a_vector_or_is_observed(vectors: list[Vector], clauses: Mapping[str, Clause]) -> None:
    shown = {vector.clause for vector in vectors} | {name for name, clause in clauses.items() if clause.observed}
    assert sorted(clauses.keys() - shown) == []


def test_every_model_that_a_vector_names_exists(vectors: list[Vector], models: Mapping[str, Model]) -> None:
    unknown = {model for vector in vectors for model in vector.models - vector.own_models.keys()} - models.keys()

    assert sorted(unknown) == []


def test_ids_are_given_once(vectors: list[Vector]) -> None:
    def repeated() -> Iterator[str]:
        seen: set[str] = set()
        for vector in vectors:
            if vector.id in seen:
                yield vector.id
            seen.add(vector.id)

    assert list(repeated()) == []


def test_misuse_before_what_a_vector_is_about_has_a_clause_of_its_own(vectors: list[Vector]) -> None:
    """Where it is accepted, what comes after it says nothing: the clause about that misuse is broken."""

    def is_misuse(node: Node) -> bool:
        return node.must_fail if isinstance(node, Block) else "ok" not in node.expectation.accept

    after_misuse = [vector for vector in vectors if vector.clause.partition(".")[0] in ("failure", "error")]
    nodes = [(vector.id, node) for vector in after_misuse for node in list(nodes_of(vector.steps))[:-1]]
    assert sorted({name for name, node in nodes if is_misuse(node) and node.clause is None}) == []


def test_what_a_host_may_find_as_late_as_compute_must_not_fail_at_load(
    vectors: list[Vector], clauses: Mapping[str, Clause]
) -> None:
    def wanted_early(vector: Vector, nodes: Iterable[Node]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, Block):
                yield from () if node.must_fail else wanted_early(vector, node.steps)
                continue
            yield from wanted_early(vector, node.then)
            clause = clauses[node.clause or vector.clause]
            is_late = "or compute" in clause.text or "by compute" in (clause.choices or "")
            if node.action == "load" and is_late and "ok" not in node.expectation.accept:
                yield vector.id

    assert sorted({found for vector in vectors for found in wanted_early(vector, vector.steps)}) == []


def test_a_vector_is_for_one_encoding_only_where_it_passes_builders_or_wants_a_trap(vectors: list[Vector]) -> None:
    """A tensor, a name and an index go another way through each backend of a host."""

    def is_bound(step: Step) -> bool:
        loads = not {"builders", "encoding"}.isdisjoint(step.arguments) or step.arguments.get("function") == "load"
        spoils = step.action == "overwrite" and step.arguments["buffer"].startswith("g.")
        return loads or spoils or step.expectation.traps

    one = [vector for vector in vectors if vector.encodings and len(vector.encodings) == 1]
    assert one
    assert [vector.id for vector in one if not any(map(is_bound, steps_of(vector.steps)))] == []


def test_a_vector_that_loads_in_some_encodings_alone_has_a_model_so_that_it_is_asked_of_these(
    vectors: list[Vector],
) -> None:
    def loads(vector: Vector) -> bool:
        return any(function_of(step) == "load" for step in steps_of(vector.steps))

    assert [each.id for each in vectors if each.encodings and not each.models and loads(each)] == []


def test_growth_is_looked_for_in_a_process_that_has_freed_nothing_before(vectors: list[Vector]) -> None:
    growing = [vector for vector in vectors if any(step.action == "rounds" for step in steps_of(vector.steps))]
    assert growing
    assert [vector.id for vector in growing if not vector.fresh] == []
