from collections.abc import Iterable, Mapping
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace
from sample_report import CLAUSES, case_result

from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.settlement import blocked, settled
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation

WRONG = Violation("value", "output", "y", "f32", clause="a.one")
KNOWN = Expected(Verdict.FAIL, "it is known")


def found(name: str, violation: Violation = WRONG, **changes: Any) -> CaseResult:
    """A finding under a.one, of a vector that is about it unless `own_clause` says otherwise."""
    return case_result("fail", id=name, diagnosis="wrong", violations=(violation,), **changes)


def misplaced(name: str, **changes: Any) -> CaseResult:
    return found(name, own_clause="b.open", **changes)


def told(case_results: Iterable[CaseResult]) -> dict[str, tuple[str, str | None]]:
    return {each.id: (each.verdict.value, each.blocked_by) for each in settled(case_results, CLAUSES)}


CASES: Mapping[str, tuple[list[CaseResult], dict[str, tuple[str, str | None]]]] = {
    "nothing to settle": (
        [found("x"), case_result("pass", id="y")],
        {"x": ("fail", None), "y": ("pass", None)},
    ),
    "by the vector that is about it": (
        [misplaced("a"), found("b"), misplaced("c")],
        {"a": ("blocked", "b"), "b": ("fail", None), "c": ("blocked", "b")},
    ),
    "by the case that was seen to fail": (
        [found("a"), found("b"), misplaced("c", blocked_by="b")],
        {"a": ("fail", None), "b": ("fail", None), "c": ("blocked", "b")},
    ),
    "that case was not asked": (
        [found("a"), misplaced("c", blocked_by="b")],
        {"a": ("fail", None), "c": ("blocked", "a")},
    ),
    "that case passed after all": (
        [case_result("pass", id="b"), misplaced("c", blocked_by="b")],
        {"b": ("pass", None), "c": ("fail", None)},
    ),
    "no vector is about it: the smallest stays": (
        [misplaced("a", transcript=("> 1", "> 2")), misplaced("b", transcript=("> 1",)), misplaced("fuzz/c")],
        {"a": ("blocked", "b"), "b": ("fail", None), "fuzz/c": ("blocked", "b")},
    ),
    "another way to be wrong": (
        [found("a", Violation("crash", "load", clause="a.one")), misplaced("b")],
        {"a": ("fail", None), "b": ("fail", None)},
    ),
    "another ABI": ([found("a", abi="wit-2024-10-28"), misplaced("b")], {"a": ("fail", None), "b": ("fail", None)}),
    "another encoding": (
        [found("a", encoding="onnx"), misplaced("b", encoding="openvino")],
        {"a": ("fail", None), "b": ("fail", None)},
    ),
    "no encoding": ([found("a", encoding="onnx"), misplaced("b")], {"a": ("fail", None), "b": ("blocked", "a")}),
    "by what is known": (
        [replace(found("a"), verdict=Verdict.XFAIL, expected=KNOWN), misplaced("b")],
        {"a": ("xfail", None), "b": ("blocked", "a")},
    ),
    "the known one of several": (
        [misplaced("a"), replace(misplaced("b"), verdict=Verdict.XFAIL, expected=KNOWN)],
        {"a": ("blocked", "b"), "b": ("xfail", None)},
    ),
    "blocked before the end": (
        [blocked(misplaced("a", blocked_by="b"), "b", CLAUSES), found("b")],
        {"a": ("blocked", "b"), "b": ("fail", None)},
    ),
    "blocked before the end, by what passed": (
        [blocked(misplaced("a", blocked_by="b"), "b", CLAUSES), case_result("pass", id="b")],
        {"a": ("fail", None), "b": ("pass", None)},
    ),
    "blocked by what is known and was not asked": (
        [blocked(misplaced("a", blocked_by="b"), "b", CLAUSES)],
        {"a": ("blocked", "b")},
    ),
}


@pytest.mark.parametrize(("given", "wanted"), CASES.values(), ids=list(CASES))
def test_what_blocks_what_in_any_order(given: list[CaseResult], wanted: dict[str, tuple[str, str | None]]) -> None:
    for order in permutations(given):
        assert told(order) == wanted


def test_a_blocked_case_stands_under_its_own_clause_and_says_what_blocks_it() -> None:
    _, case = settled([found("a"), misplaced("b")], CLAUSES)
    assert (case.clause, case.level, case.own_clause, case.diagnosis) == (
        "b.open",
        "defined",
        "",
        "blocked by a: wrong",
    )
    assert case.violations == (WRONG,)


def test_a_case_that_was_blocked_too_soon_is_the_finding_that_it_was() -> None:
    case = misplaced("a", blocked_by="b")
    (settled_again,) = [
        each for each in settled([blocked(case, "b", CLAUSES), case_result("pass", id="b")], CLAUSES) if each.id == "a"
    ]
    assert settled_again == replace(case, blocked_by=None)


def test_what_is_known_of_a_blocked_case_stays_with_it() -> None:
    _, case = settled([found("a"), replace(misplaced("b"), verdict=Verdict.XFAIL, expected=KNOWN)], CLAUSES)
    assert (case.verdict, case.expected) == ("blocked", KNOWN)
