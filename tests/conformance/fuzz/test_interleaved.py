"""Written vectors in one conversation: each keeps its steps, their order, and the graphs that it needs."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from abis import NEWEST, WITX

from wasi_nn_conformance.fuzz import local_constants
from wasi_nn_conformance.fuzz.search import settings_of
from wasi_nn_conformance.fuzz.strategies import interleaved
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget
from wasi_nn_conformance.run.library import Library

LIBRARY = Library()
_OWN = re.compile(r"^v(\d+)[_-](.+)$")


def target(abi: str, **has: Any) -> FuzzTarget:
    """What is drawn for: a host that registers graphs."""
    return FuzzTarget(abi, "onnx", LIBRARY, registers=True, **has)


def drawn(abi: str, examples: int = 40) -> list[Fields]:
    """Draw conversations without a host."""
    kept: list[Fields] = []
    with local_constants.none():
        interleaved.search(target(abi), kept.append, settings_of(examples, shrinks=False), 3)
    return kept


def numbers(value: Any) -> set[str]:
    """Return the numbers of the vectors that something belongs to, by its names."""
    if isinstance(value, str):
        return {match[1]} if (match := _OWN.match(value)) else set()
    if isinstance(value, dict):
        return set().union(*map(numbers, value.values()), *map(numbers, value))
    return set().union(*map(numbers, value)) if isinstance(value, list) else set()


def as_written(value: Any) -> Any:
    """Return a step as it is written, without the clause that it is told to speak of."""
    if isinstance(value, str):
        return match[2] if (match := _OWN.match(value)) else value
    if isinstance(value, dict):
        return {as_written(key): as_written(item) for key, item in value.items() if key != "clause"}
    return list(map(as_written, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("abi", [WITX, NEWEST])
def test_no_step_speaks_of_what_two_vectors_have_made(abi: str) -> None:
    assert {len(numbers(step)) for fields in drawn(abi) for step in fields["steps"]} <= {0, 1}


@pytest.mark.parametrize("abi", [WITX, NEWEST])
def test_each_vector_keeps_its_steps_in_their_order(abi: str) -> None:
    known = [as_written(fields["steps"]) for fields in map(_fields, interleaved.parts(target(abi)))]
    for fields in drawn(abi, 10):
        by_number: dict[str, list[Any]] = {}
        for step in fields["steps"]:
            for number in numbers(step):
                by_number.setdefault(number, []).append(as_written(step))
        assert [number for number, steps in by_number.items() if not any(map(_holds(steps), known))] == []


def _fields(part: interleaved.Part) -> Mapping[str, Any]:
    return part.fields


def _holds(steps: list[Any]) -> Any:
    """Steps that make and name nothing belong to nobody, so that others may stand between in the vector."""
    return lambda written: [step for step in written if step in steps] == steps


def test_some_stand_in_turns_and_some_one_by_one() -> None:
    assert {fields["id"] for fields in drawn(WITX)} == {"fuzz/interleaved/in-turns", "fuzz/interleaved/one-by-one"}


def test_most_of_the_suite_can_be_drawn() -> None:
    of_abi = [vector for path in LIBRARY.files() for vector in LIBRARY.vectors(path) if WITX in vector.abis]
    of_onnx = [vector for vector in of_abi if "onnx" in (vector.encodings or ("onnx",))]
    assert len(list(interleaved.parts(target(WITX)))) > 0.9 * len(of_onnx)


def test_what_is_broken_is_not_drawn() -> None:
    broken = frozenset({"output.size"})
    assert not any(broken & part.vector.clauses for part in interleaved.parts(target(WITX, broken=broken)))


def test_one_vector_chooses_where_in_memory_its_bytes_lie() -> None:
    for fields in drawn(WITX, 100):
        placed = [step for step in fields["steps"] if "at" in step.get("place", ())]
        assert len(numbers(placed)) <= 1


def test_something_is_drawn_for_a_host_that_breaks_everything() -> None:
    kept: list[Fields] = []
    with local_constants.none():
        everything = target(WITX, broken=frozenset(LIBRARY.clauses))
        interleaved.search(everything, kept.append, settings_of(3, shrinks=False), 3)
    assert len(kept) == 3


def test_graphs_are_those_of_one_vector() -> None:
    known = [part.vector.graphs for part in interleaved.parts(target(WITX))]
    assert all(fields.get("graphs", {}) in known for fields in drawn(WITX, 100))
