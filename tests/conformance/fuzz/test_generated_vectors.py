from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from abis import ABIS, NEWEST, WITX

from wasi_nn_conformance.fuzz import local_constants
from wasi_nn_conformance.fuzz.features import exercised
from wasi_nn_conformance.fuzz.kinds import KINDS, kind_of
from wasi_nn_conformance.fuzz.minimise import reduced
from wasi_nn_conformance.fuzz.search import settings_of
from wasi_nn_conformance.fuzz.strategies.tensor_misuse import TENSOR_MISUSES
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.step import steps_of
from wasi_nn_conformance.vectors.vector import Vector

LIBRARY = Library()
GENERATED = 25


def generated(
    kind: str, abi: str, encoding: str = "openvino", seed: int = 1, examples: int = GENERATED
) -> list[Fields]:
    """Draw conversations without a host."""
    kept: list[Fields] = []
    target = FuzzTarget(abi, encoding, LIBRARY, registers=True)
    with local_constants.none():
        kind_of(kind)(target, kept.append, settings_of(examples, shrinks=False), seed)
    return kept


def features(kind: str, abi: str, examples: int) -> Counter[str]:
    target = FuzzTarget(abi, "openvino", LIBRARY, registers=True)
    found: Counter[str] = Counter()
    for fields in generated(kind, abi, examples=examples):
        case = target.case(fields, Path("generated.yaml"))
        found.update(exercised(fields, CaseResult.of(case, [Judgement(Verdict.PASS)], 0.0, ())))
    return found


@pytest.mark.parametrize("abi", ABIS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_is_a_vector_of_its_abi(kind: str, abi: str) -> None:
    target = FuzzTarget(abi, "openvino", LIBRARY, registers=True)

    cases = [target.case(fields, Path("generated.yaml")) for fields in generated(kind, abi)]

    assert [case.vector.id for case in cases if abi not in case.vector.abis] == []
    assert all(case.vector.id.startswith(f"fuzz/{kind}/") for case in cases)
    assert len(cases) >= GENERATED


@pytest.mark.parametrize("abi", [WITX, NEWEST])
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_left_out_of_it_leaves_a_vector(kind: str, abi: str) -> None:
    target = FuzzTarget(abi, "openvino", LIBRARY, registers=True)
    left: list[Vector] = []

    def fails_always(smaller: Fields) -> bool:
        left.append(target.case(smaller, Path("generated.yaml")).vector)
        return True

    for fields in generated(kind, abi, examples=10):
        reduced(fields, fails_always)
    assert len(left) > 10


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_draws_the_same(kind: str) -> None:
    assert generated(kind, WITX, seed=7) == generated(kind, WITX, seed=7)


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_draws_otherwise(kind: str) -> None:
    assert generated(kind, WITX, seed=7) != generated(kind, WITX, seed=8)


def test_shapes_reach_every_type_and_rank() -> None:
    found = features("shapes", NEWEST, 300)

    types = {f"type {name}" for name in ("f16", "f32", "f64", "bf16", "u8", "i32", "i64")}
    assert (types | {f"rank {rank}" for rank in range(9)}) - set(found) == set()


def test_shapes_reach_every_operation() -> None:
    operations = "identity constant add sub mul max min matmul neg abs relu transpose reshape squeeze unsqueeze"
    operations += " concat split reduce_sum"

    assert {f"operation {name}" for name in operations.split()} - set(features("shapes", WITX, 300)) == set()


@pytest.mark.parametrize(("abi", "least"), [(WITX, 16), (NEWEST, 11)])
def test_errors_reach_the_clauses_of_faults(abi: str, least: int) -> None:
    clauses = {what for what in features("errors", abi, 200) if what.startswith("misuse ")}

    assert len(clauses) >= least, sorted(clauses)


def test_sequences_break_and_keep_what_contexts_owe() -> None:
    wanted: set[Any] = {"misuse compute.missing-input", "misuse output.before-compute", "misuse input.copied"}

    assert wanted - set(features("sequences", WITX, 60)) == set()


@pytest.mark.parametrize("abi", ABIS)
def test_drawn_text_refers_to_no_matrix(abi: str) -> None:
    with_text = generated("bytes", abi, seed=5, examples=300)

    assert [fields["id"] for fields in with_text if "$" in str(fields)] == []


def drawn_within(kind: str, examples: int = 60, **lacking: Any) -> list[Vector]:
    """Draw for a host that lacks something."""
    kept: list[Fields] = []
    target = FuzzTarget(WITX, "openvino", LIBRARY, registers=False, **lacking)
    with local_constants.none():
        kind_of(kind)(target, kept.append, settings_of(examples, shrinks=False), 1)
    return [target.case(fields, Path("generated.yaml")).vector for fields in kept]


@pytest.mark.parametrize("kind", ["shapes", "errors", "sequences", "interleaved"])
def test_types_that_a_host_lacks_are_in_no_model_that_is_drawn(kind: str) -> None:
    others = frozenset({"f16", "f64", "bf16", "u8", "i32", "i64"})
    for vector in drawn_within(kind, no_types=others):
        for name in vector.models:
            model = vector.own_models.get(name) or LIBRARY.models[name]
            assert {str(port.type.element) for port in (*model.inputs, *model.outputs)} == {"f32"}


def test_a_host_of_one_input_gets_models_of_one() -> None:
    vectors = drawn_within("shapes", inputs=1)
    assert {len(model.inputs) for vector in vectors for model in vector.own_models.values()} == {1}


def test_a_host_of_one_input_gets_vectors_of_one() -> None:
    names = {
        name for vector in drawn_within("interleaved", inputs=1) for name in vector.models - set(vector.own_models)
    }
    assert {len(LIBRARY.models[name].inputs) for name in names} == {0, 1}


@pytest.mark.parametrize("kind", ["errors", "sequences", "interleaved"])
def test_models_that_fail_are_not_drawn(kind: str) -> None:
    vectors = drawn_within(kind, lacks=frozenset({"sub-f32", "three-inputs"}))
    assert vectors
    assert all(vector.models.isdisjoint({"sub-f32", "three-inputs"}) for vector in vectors)


@pytest.mark.parametrize("kind", ["sequences", "interleaved"])
def test_a_conversation_stays_within_what_a_process_bears(kind: str) -> None:
    for vector in drawn_within(kind, graphs=2, contexts=3):
        actions = [step.action for step in steps_of(vector.steps) if "as" in step.arguments]
        assert actions.count("load") + actions.count("load_by_name") <= 2
        assert actions.count("context") <= 3


def test_what_is_known_to_be_broken_is_tried_rarely() -> None:
    broken = frozenset(misuse.clause for misuse in TENSOR_MISUSES)
    with_it = [
        sum(not broken.isdisjoint(vector.clauses) for vector in drawn_within("errors", 600, broken=known))
        for known in (frozenset(), broken)
    ]
    assert 0 < with_it[1] < with_it[0] / 2
