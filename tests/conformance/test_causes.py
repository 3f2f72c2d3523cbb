"""Findings that one fault of a host brings about are one cause; those of two faults are two."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from sample_report import case_result

from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.causes import Cause, likely_causes
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation, diagnosis
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.vectors.clause import Level

CLAUSES = ("basic", "next", "last")
PLAINEST = "compute.missing-input"
"""What a host refuses that refuses anything of compute."""
PANIC = "[{}] INFO call {}\nthread 'main' ({}) panicked at /home/{}/nn-1.2.3/src/nn.rs:{}:5:\nlength {}\n"


def failed(name: str, clause: str, violation: Violation, requests: int = 1, **changes: Any) -> CaseResult:
    verdict = violation.kind if violation.kind in ("crash", "hang") else "fail"
    told = {"violations": (violation,), "diagnosis": diagnosis([violation]), "clause": clause}
    return replace(
        case_result(verdict, **{"id": f"{name}[witx]", "transcript": ("> x", "< y") * requests, **told}), **changes
    )


def panics(number: int, line: int = 7, **changes: str) -> Violation:
    printed = PANIC.format(f"12:00:{number:02}", hex(number << 20), number, f"u{number}", line, number)
    return replace(Violation("crash", "load", "exit code 101", wanted="success", printed=printed), **changes)


ACCEPTED = Violation("outcome", "load", got="success", wanted="an error")
REFUSED = Violation("outcome", "load", got="error busy", wanted="success")
WRONG = Violation("value", "output", "y", "f32", "1.0", "2.0", "[3]", "1 of 4")


def clauses(causes: Sequence[Cause]) -> list[str]:
    return [cause.clause for cause in causes]


def test_one_panic_is_one_cause_in_all_clauses_and_names_the_most_frequent() -> None:
    cases = [failed(f"v/{number}", name, panics(number)) for number, name in enumerate(("last", "next", "last"))]
    (cause,) = likely_causes(cases, CLAUSES)
    assert (cause.clause, cause.touches, cause.verdict) == ("last", {"next": 1}, "crash")
    assert cause.cases == ("v/0[witx]", "v/1[witx]", "v/2[witx]")


def test_between_clauses_of_as_many_cases_the_basic_one_is_accused() -> None:
    (cause,) = likely_causes([failed("a", "last", panics(1)), failed("b", "next", panics(2))], CLAUSES)
    assert (cause.clause, cause.case) == ("next", "b[witx]")


def test_two_places_are_two_causes() -> None:
    assert len(likely_causes([failed("a", "next", panics(1)), failed("b", "next", panics(2, line=8))])) == 2


@pytest.mark.parametrize(
    ("first", "second", "causes"),
    [
        (ACCEPTED, replace(ACCEPTED, call="compute", wanted="an error (rather busy)", step=4), 1),
        (ACCEPTED, REFUSED, 1),
        (REFUSED, replace(REFUSED, got="error runtime_error", wanted="error too_large"), 1),
        (WRONG, replace(WRONG, got="nan", subject="z", element="[0]", type="i64"), 1),
        (replace(WRONG, type="u8"), replace(WRONG, type="i64"), 1),
        (WRONG, Violation("size", "output", "y", got="8", wanted="16"), 1),
        (Violation("size", "output", "y"), Violation("dimensions", "output", "y"), 1),
        (Violation("written", "load", "its return pointer"), Violation("slot", "load", "$p"), 1),
        (Violation("crash", "load", "signal SIGSEGV"), Violation("crash", "load", "signal SIGSEGV", printed="bye"), 1),
        (Violation("crash", "load", "signal SIGSEGV"), Violation("crash", "compute", "signal SIGSEGV"), 1),
        (Violation("crash", "load", "signal SIGSEGV"), Violation("crash", "load", "signal SIGABRT"), 2),
        (Violation("hang", "load", got="nothing in 1 s"), Violation("hang", "load", got="nothing in 2 s"), 1),
    ],
)
def test_what_is_alike_in_one_clause(first: Violation, second: Violation, causes: int) -> None:
    assert len(likely_causes([failed("a", "next", first), failed("b", "next", second)])) == causes


def test_answers_under_two_clauses_have_two_causes() -> None:
    causes = likely_causes([failed("a", "next", ACCEPTED), failed("b", "last", ACCEPTED)], CLAUSES)
    assert sorted(clauses(causes)) == ["last", "next"]


def test_names_that_are_taken_for_others_have_one_cause() -> None:
    cases = [failed("a", "input.unknown-name", ACCEPTED), failed("b", "input.any-name", REFUSED)]
    (cause,) = likely_causes(cases, ["input.any-name", "input.unknown-name"])
    assert (cause.clause, cause.touches) == ("input.any-name", {"input.unknown-name": 1})


def test_traps_in_place_of_errors_have_one_cause_unless_one_clause_is_about_them() -> None:
    trap = replace(REFUSED, got="a trap (exit code 134)", wanted="an error")
    two = [failed("a", PLAINEST, trap), failed("b", "last", trap)]
    assert len(likely_causes(two, CLAUSES)) == 1
    assert len(likely_causes([failed("a", "next", trap), failed("b", "next", ACCEPTED)], CLAUSES)) == 1
    assert len(likely_causes([*two, failed("c", "last", ACCEPTED)], CLAUSES)) == 2


def test_a_process_that_fails_as_one_vector_does_has_its_cause() -> None:
    carried = failed("process/carries-over", "process.no-carry-over", REFUSED)
    assert len(likely_causes([failed("a", "next", REFUSED), carried], CLAUSES)) == 1
    assert len(likely_causes([failed("a", "next", replace(REFUSED, call="compute")), carried], CLAUSES)) == 2
    assert len(likely_causes([failed("a", "next", REFUSED, abi="wit-2024-10-28"), carried], CLAUSES)) == 2


def test_who_mixes_up_two_things_of_one_conversation_mixes_up_those_of_two() -> None:
    carried = failed("process/carries-over", "process.no-carry-over", REFUSED)
    assert len(likely_causes([failed("a", "context.independence", WRONG), carried], CLAUSES)) == 1
    assert len(likely_causes([failed("a", "values.arithmetic", WRONG), carried], CLAUSES)) == 2


def test_abis_and_encodings_are_together() -> None:
    cases = [failed("a", "next", WRONG, encoding="onnx"), failed("b", "next", WRONG, abi="wit-2024-10-28")]
    (cause,) = likely_causes(cases)
    assert (cause.abis, cause.encodings) == (("wit-2024-10-28", "witx"), ("onnx",))


def test_the_smallest_case_stands_for_it_and_a_written_one_before_what_is_generated() -> None:
    cases = [failed("a", "next", WRONG, 4), failed("b", "next", WRONG, 2), failed("fuzz/x/y", "next", WRONG)]
    (cause,) = likely_causes(cases)
    assert (cause.case, cause.diagnosis) == ("b[witx]", WRONG.sentence)


@pytest.mark.parametrize("kind", [Kind.TRAP, Kind.HOST_ERROR])
def test_a_host_that_ends_the_guest_wherever_it_owes_an_error_has_one_fault(kind: Kind) -> None:
    traps = replace(ACCEPTED, got=f"{Outcome(kind).words} (exit code 134)", wanted="an error (rather not_found)")
    cases = [
        failed("a", PLAINEST, traps),
        failed("b", "last", traps),
        failed("c", "last", replace(traps, wanted="success")),
    ]
    first, second = likely_causes(cases, CLAUSES)
    assert (first.cases, first.touches, second.cases) == (("a[witx]", "b[witx]"), {PLAINEST: 1}, ("c[witx]",))
    assert len(likely_causes([failed("a", "next", traps), *cases[1:2]], CLAUSES)) == 2


def test_a_host_that_dies_without_a_word_wherever_it_owes_an_error_has_one_fault() -> None:
    dies = Violation("crash", "compute", "exit code 1", wanted="an error")
    owed = failed("c", "context.independence", replace(dies, wanted="success"))
    cases = [failed("a", PLAINEST, dies), failed("b", "load.corrupt-model", replace(dies, call="load")), owed]
    assert [cause.cases for cause in likely_causes(cases)] == [("a[witx]", "b[witx]"), ("c[witx]",)]
    words = [
        failed(name, clause, replace(dies, printed=f"fatal error: no {name}\n"))
        for name, clause in (("a", PLAINEST), ("b", "x.y"))
    ]
    assert len(likely_causes(words)) == 2


def test_a_call_that_succeeds_wherever_it_owes_an_error_has_one_fault() -> None:
    computed = replace(ACCEPTED, call="compute")
    elsewhere = failed("d", "last", replace(ACCEPTED, call="load"))
    three = [failed(name, clause, computed) for name, clause in (("a", PLAINEST), ("b", "next"), ("c", "last"))]
    every = [PLAINEST, *CLAUSES]
    assert [cause.cases for cause in likely_causes([*three, elsewhere], every)] == [
        ("a[witx]", "b[witx]", "c[witx]"),
        ("d[witx]",),
    ]
    assert len(likely_causes(three[:2], every)) == 2


def test_checks_that_are_missing_in_a_call_that_has_others_are_a_fault_each() -> None:
    computed = replace(ACCEPTED, call="compute")
    three = [failed(name, clause, computed) for name, clause in (("a", "first"), ("b", "next"), ("c", "last"))]
    assert len(likely_causes(three, ["first", *CLAUSES])) == 3


def test_blocked_cases_count_where_they_are_blocked() -> None:
    blocked = [case_result("blocked", id=f"b/{n}[witx]", blocked_by="a[witx]", clause="last") for n in range(3)]
    (first, second) = likely_causes([*blocked, failed("a", "next", WRONG), failed("c", "last", ACCEPTED)], CLAUSES)
    assert (first.blocked, second.blocked) == (("b/0[witx]", "b/1[witx]", "b/2[witx]"), ())


def test_what_is_known_is_a_cause_of_its_own_and_stands_last() -> None:
    expected = Expected(Verdict.FAIL, "it is known")
    cases = [failed(f"a/{n}", "next", WRONG, verdict=Verdict.XFAIL, expected=expected) for n in range(3)]
    first, second = likely_causes([*cases, failed("b", "next", WRONG)])
    assert (first.cases, second.expected, len(second.cases)) == (("b[witx]",), expected, 3)
    assert first.fields == second.fields


def test_a_host_that_dies_comes_first_then_the_most_binding_clause_then_the_most_cases() -> None:
    cases = [failed(f"s/{n}", "should", ACCEPTED, level=Level.SHOULD) for n in range(9)]
    cases += [failed("m/0", "must", ACCEPTED), *(failed(f"n/{n}", "next", ACCEPTED) for n in range(2))]
    cases += [failed("d", "defined", panics(1), level=Level.DEFINED)]
    assert clauses(likely_causes(cases)) == ["defined", "next", "must", "should"]


@pytest.mark.parametrize("verdict", ["pass", "deviates", "unsupported", "xpass", "error", "blocked"])
def test_what_is_no_finding_has_no_cause(verdict: str) -> None:
    assert likely_causes([case_result(verdict)]) == []


def test_causes_do_not_depend_on_the_order_of_cases() -> None:
    cases = [failed(f"v/{n}", CLAUSES[n % 3], (panics(n), WRONG, ACCEPTED)[n % 2]) for n in range(12)]
    assert likely_causes(cases, CLAUSES) == likely_causes(cases[::-1], CLAUSES)
