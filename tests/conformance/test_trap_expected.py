import re
from collections.abc import Callable

import pytest

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.judge import judge
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.vectors.clause import Clause, Level
from wasi_nn_conformance.vectors.step import Step, steps_of
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


ALLOWED = """\
- {id: v/a, clause: handle.unknown-graph, why: a host may get this wrong, steps: [
    load: {model: identity-f32, as: g}, {context: {graph: {raw: 9}}, fails: invalid_argument},
    {load: {builders: []}, fails: {}, clause: load.builder-count}]}
- {id: v/b, clause: input.zero-size, why: a host may get this wrong, model: identity-f32,
    may_fail: [set_input: {x: zeros}, compute]}
"""


def test_a_trap_is_accepted_where_an_error_is_if_the_clause_allows_it(read: Callable[[str], list[Vector]]) -> None:
    library = Library()
    one, other = (library.checked(vector) for vector in read(ALLOWED))
    accepted = [sorted(step.expectation.accept) for step in steps_of(one.steps)]
    assert accepted == [["ok"], ["error", "trap"], ["error"]]
    accepted = [sorted(step.expectation.accept) for step in steps_of(other.steps)]
    assert accepted == [["ok", "trap"]] * 4


def test_each_clause_that_leaves_a_trap_open_says_so_in_its_choices() -> None:
    clauses = Library().clauses.values()
    told = {each.id for each in clauses if re.search(r"error.*\btrap", each.choices or "")}
    assert {each.id for each in clauses if each.may_trap} == told != set()


def test_a_step_after_a_trap_is_never_said(vectors: Vectors) -> None:
    with pytest.raises(InputError, match="unreachable: the step before traps the guest"):
        vectors(f"{DATA}\n- drop: {{kind: tensor, handle: t}}")


def test_a_trap_is_wanted_or_something_else(vectors: Vectors) -> None:
    with pytest.raises(InputError, match="`traps` accepts a trap and nothing else"):
        vectors(f"{DATA}\n  fails: {{}}")
