"""The measures of a report on a host whose faults are known."""

from __future__ import annotations

from typing import Any

from accuracy import Diagnosis, Figures, diagnosed, is_same, look_alike, misled
from msgspec.structs import replace
from mutant import ABIS, Mutant

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.causes import likely_causes
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation
from wasi_nn_conformance.vectors.clause import Level


def fault(name: str, *clauses: str) -> Mutant:
    return Mutant(name, "something", ABIS, ("openvino",), lambda: None, clauses)


def case(name: str, clause: str, verdict: Verdict = Verdict.FAIL, **fields: Any) -> CaseResult:
    violation = Violation("outcome", call="load", clause=clause, got="ok", wanted="an error", **fields)
    violations = (violation,) if verdict.is_finding else ()
    return CaseResult(name, name, clause, Level.MUST, "witx", "openvino", verdict, "", None, 0.1, violations=violations)


def told(faults: list[Mutant], *cases: CaseResult) -> Diagnosis:
    return diagnosed("host", faults, cases, likely_causes(cases))


SIZE, NAME = fault("size", "output.size", "output.scalar"), fault("name", "load-by-name.unknown")


def test_a_case_is_right_if_a_fault_breaks_its_clause() -> None:
    found = told([SIZE, NAME], case("a", "output.scalar"), case("b", "input.copied"), case("c", "load-by-name.unknown"))
    assert found.wrong == {"b": "input.copied"}


def test_what_blocks_or_passes_accuses_nobody() -> None:
    found = told([SIZE], case("a", "input.copied", Verdict.BLOCKED), case("b", "output.size", Verdict.PASS))
    assert (found.failing, found.missed) == ({}, ["size"])


def test_a_fault_is_accused_by_what_fails_and_by_what_deviates() -> None:
    found = told([SIZE, NAME], case("a", "output.size"), case("b", "load-by-name.unknown", Verdict.DEVIATES))
    assert (found.missed, found.failing) == ([], {"a": "output.size"})
    assert found.failing_faults == [SIZE], "what deviates is no row under likely causes"


def test_what_breaks_no_clause_cannot_be_missed() -> None:
    assert told([fault("a right")]).missed == []


def test_what_is_masked_is_not_missed() -> None:
    found = told([SIZE, NAME], case("a", "output.size"))
    assert found.missed == ["name"]
    found.masked.add("name")
    assert found.missed == []


def test_figures_add_up_over_hosts() -> None:
    first = told([SIZE, NAME], case("a", "output.size"), case("b", "input.copied"))
    first.replays |= {"a": True, "b": False}
    second = told([NAME], case("c", "load-by-name.unknown"))
    second.replays |= {"c": True}
    assert Figures.of([first, second]) == Figures((2, 3), (2, 3), (3, 3), (2, 3), 0)


def test_who_is_misled_is_listed_most_first() -> None:
    found = told([NAME], *(case(name, "input.copied") for name in "abc"), case("d", "output.size"))
    assert misled([found]) == [("host", "input.copied", 3), ("host", "output.size", 1)]


def test_the_same_violation_is_told_from_another() -> None:
    seen = case("a", "output.size")
    assert is_same(seen, replace(seen, seconds=2.0, alone=True))
    assert not is_same(seen, replace(seen, clause="input.copied"))
    assert not is_same(seen, case("a", "output.size", Verdict.PASS))
    assert not is_same(seen, None)


def test_what_carries_over_may_show_at_another_step() -> None:
    first, later = (case("process/carries-over", "process.no-carry-over", step=step) for step in (3, 7))
    assert not is_same(first, later)
    assert is_same(replace(first, shown_by=("a", "b")), replace(later, shown_by=("a",)))


def test_hosts_look_alike_whatever_memory_held() -> None:
    seen = [case("a", "output.size"), case("b", "input.copied", Verdict.PASS)]
    assert look_alike(seen, reversed(seen))
    assert not look_alike(seen, seen[:1])
