"""What tells one finding from another."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from wasi_nn_conformance.fuzz.finding import signature
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation
from wasi_nn_conformance.run.library import Library

LIBRARY = Library()
FIELDS: Fields = {
    "id": "fuzz/toy/compute",
    "clause": "handle.unknown-context",
    "why": "because a host may get this wrong",
    "steps": [{"compute": {"context": {"raw": 5}}, "fails": {}}],
}


def signature_of(*violations: Violation, verdict: Verdict = Verdict.FAIL) -> str:
    case = FuzzTarget("witx", "openvino", LIBRARY, registers=False).case(FIELDS, Path("drawn.yaml"))
    return signature(CaseResult.of(case, [Judgement(verdict, violations)], 0.0, ()))


def value(element_type: str = "f32", **fields: Any) -> Violation:
    return Violation("value", type=element_type, **fields)


INVALID = Violation("outcome", got="error invalid_argument", wanted="success", call="compute", step=1)
PANIC = "thread 'main' panicked at src/witx.rs:118:47: a valid C string: NulError({})"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (value(subject="out", got="3.5", wanted="4", element="[0, 1]"), value(subject="y", got="nan", wanted="-1")),
        (Violation("names", got="0, 1", wanted="X, y"), Violation("names", got="0", wanted="z")),
        (Violation("dimensions", subject="a/b", got="[1, 2]"), Violation("dimensions", subject="c", got="[]")),
        (INVALID, structs.replace(INVALID, step=9, line=92)),
        (Violation("changed", subject="p, q"), Violation("changed", subject="r")),
        (Violation("slot", subject="s", got="0x00000001", wanted="untouched"), Violation("slot", wanted="untouched")),
    ],
    ids=["values", "names", "dimensions", "places", "buffers", "slots"],
)
def test_what_was_drawn_does_not_tell_findings_apart(first: Violation, second: Violation) -> None:
    assert signature_of(first) == signature_of(second)


def test_the_bytes_of_a_name_do_not_tell_panics_apart() -> None:
    first, second = (
        Violation("crash", subject="exit code 101", printed=PANIC.format(said))
        for said in ("1, [97, 0]", "4, [114, 101, 97, 0]")
    )
    assert signature_of(first, verdict=Verdict.CRASH) == signature_of(second, verdict=Verdict.CRASH)


@pytest.mark.parametrize("words", [3, 80])
def test_numbers_do_not_tell_panics_apart_however_much_was_said(words: int) -> None:
    first, second = (
        Violation("crash", printed=f"thread 'main' panicked: length {length}, wanted 4 {'word ' * words}")
        for length in (9, 1_000_000)
    )
    assert first.cause == second.cause


def test_the_place_of_a_panic_tells_panics_apart() -> None:
    first, second = (
        Violation("crash", subject="exit code 101", printed=f"thread 'main' panicked at src/witx.rs:{line}:47: no")
        for line in (118, 119)
    )
    assert signature_of(first, verdict=Verdict.CRASH) != signature_of(second, verdict=Verdict.CRASH)


@pytest.mark.parametrize(
    "other",
    [
        structs.replace(INVALID, got="error busy"),
        structs.replace(INVALID, got="a trap"),
        Violation("type", subject="out", got="U8", wanted="FP32"),
        value("i32"),
        value("i64"),
    ],
)
def test_another_violation_is_another_finding(other: Violation) -> None:
    others = [INVALID, Violation("type", got="I32", wanted="FP32"), value("f32")]
    assert signature_of(other) not in {signature_of(each) for each in others}


def test_another_verdict_is_another_finding() -> None:
    assert signature_of(INVALID, verdict=Verdict.DEVIATES) != signature_of(INVALID)


@pytest.mark.parametrize("kind", ["crash", "hang"])
def test_a_silent_end_is_told_from_others_by_the_call(kind: str) -> None:
    first, same, other = (
        signature_of(Violation(kind, subject="signal SIGSEGV", call=call, step=step), verdict=Verdict(kind))
        for call, step in (("load", 1), ("load", 7), ("compute", 3))
    )
    assert (first == same, first == other) == (True, False)


def test_a_panic_is_not_told_from_others_by_the_call() -> None:
    first, other = (
        signature_of(Violation("crash", subject="exit code 101", call=call, printed=PANIC), verdict=Verdict.CRASH)
        for call in ("load", "compute")
    )
    assert first == other
