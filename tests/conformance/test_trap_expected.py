from collections.abc import Callable

import pytest

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.judge import judge
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.vectors.clause import Clause, Level
from wasi_nn_conformance.vectors.step import Step
from wasi_nn_conformance.vectors.vector import Vector

Vectors = Callable[..., list[Vector]]

DATA = "- data: {tensor: {raw: 9}}\n  traps: true"


def test_a_step_that_must_trap_accepts_nothing_else(vectors: Vectors) -> None:
    (vector,) = vectors(DATA)
    (step,) = vector.steps
    assert isinstance(step, Step)
    assert (set(step.expectation.accept), step.expectation.wanted) == ({"trap"}, "a trap")


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome(Kind.TRAP), Verdict.PASS),
        (Outcome(Kind.OK), Verdict.FAIL),
        (Outcome(Kind.ERROR, "invalid_argument"), Verdict.FAIL),
        (Outcome(Kind.CRASH), Verdict.CRASH),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Outcome) else "",
)
def test_the_verdict_where_a_trap_is_wanted(
    vectors: Vectors, clause: Callable[[Level], Clause], outcome: Outcome, verdict: Verdict
) -> None:
    (vector,) = vectors(DATA)
    (step,) = vector.steps
    assert isinstance(step, Step)
    assert judge(step.expectation, outcome, [], clause(Level.MUST)).verdict is verdict


def test_a_step_after_a_trap_is_never_said(vectors: Vectors) -> None:
    with pytest.raises(InputError, match="unreachable: the step before traps the guest"):
        vectors(f"{DATA}\n- drop: {{kind: tensor, handle: t}}")


def test_a_trap_is_wanted_or_something_else(vectors: Vectors) -> None:
    with pytest.raises(InputError, match="`traps` accepts a trap and nothing else"):
        vectors(f"{DATA}\n  fails: {{}}")
