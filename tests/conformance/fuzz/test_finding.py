"""What tells one finding from another."""

from pathlib import Path

import pytest

from wasi_nn_conformance.fuzz.finding import signature
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.library import Library

LIBRARY = Library()
FIELDS: Fields = {
    "id": "fuzz/toy/compute",
    "clause": "handle.unknown-context",
    "why": "because a host may get this wrong",
    "steps": [{"compute": {"context": {"raw": 5}}, "fails": {}}],
}


def signature_of(got: str, verdict: Verdict = Verdict.FAIL, where: str = "step 1 (compute)") -> str:
    case = FuzzTarget("witx", "openvino", LIBRARY.models, registers=False).case(FIELDS, Path("drawn.yaml"), LIBRARY)
    return signature(CaseResult.of(case, [Judgement(verdict, "success", got, where=where)], 0.0, ()))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "output out: element [0, 1] of f32 is 3.5 where 4 was wanted",
            "output y: element [2] of f32 is nan where -1 was wanted",
        ),
        (
            "compute called the outputs 0, 1 where the model calls them X, y",
            "compute called the outputs 0 where the model calls them z",
        ),
        (
            "output a/b has the dimensions [1, 2] where [2, 1] were wanted",
            "output c has the dimensions [] where [3] were wanted",
        ),
    ],
    ids=["values", "names", "dimensions"],
)
def test_what_was_drawn_does_not_tell_findings_apart(first: str, second: str) -> None:
    assert signature_of(first) == signature_of(second)


def test_the_bytes_of_a_name_do_not_tell_panics_apart() -> None:
    first, second = (f"the host died: a valid C string: NulError({n})" for n in ("1, [97, 0]", "4, [114, 101, 97, 0]"))
    assert signature_of(first, Verdict.CRASH) == signature_of(second, Verdict.CRASH)


def test_the_place_does_not_tell_findings_apart() -> None:
    assert signature_of("error busy", where="step 1 (compute)") == signature_of("error busy", where="step 9 (compute)")


def test_wrong_numbers_of_another_type_are_another_finding() -> None:
    first, other = (f"output out: element [0] of {each} is 3 where 4 was wanted" for each in ("i32", "i64"))
    assert signature_of(first) != signature_of(other)


@pytest.mark.parametrize("other", ["error busy", "a trap", "output out has the type U8 where FP32 was wanted"])
def test_another_diagnosis_is_another_finding(other: str) -> None:
    assert signature_of("error invalid_argument") != signature_of(other)


def test_another_verdict_is_another_finding() -> None:
    assert signature_of("error busy", Verdict.HANG) != signature_of("error busy")


@pytest.mark.parametrize("verdict", [Verdict.CRASH, Verdict.HANG])
def test_a_silent_end_is_told_from_others_by_the_call(verdict: Verdict) -> None:
    got = "the host died: signal SIGSEGV" if verdict is Verdict.CRASH else "no answer within 20 s"
    first, same, other = (
        signature_of(got, verdict, f"step {place}") for place in ("1 (load)", "7 (load)", "3 (compute)")
    )
    assert (first == same, first == other) == (True, False)


def test_a_panic_is_not_told_from_others_by_the_call() -> None:
    first, other = (
        signature_of("the host died: exit code 101: panicked", Verdict.CRASH, f"step 1 ({action})")
        for action in ("load", "compute")
    )
    assert first == other
