from typing import Any

import pytest
from sample_report import case_result

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.choices import compared

OK, ERROR = "ok", "error busy"


def answer(choice: str | None, **fields: Any) -> CaseResult:
    about = {"verdict": "pass", "clause": "a.b", "encoding": "onnx", "level": "defined"}
    return case_result(**{**about, "choice": choice, **fields})


@pytest.mark.parametrize(
    ("answers", "verdicts"),
    [
        ([answer(OK), answer(OK)], ["pass", "pass"]),
        ([answer(OK), answer(ERROR)], ["deviates", "deviates"]),
        ([answer(OK), answer(ERROR, question="f16")], ["pass", "pass"]),
        ([answer(OK), answer(ERROR, clause="a.c")], ["pass", "pass"]),
        ([answer(OK), answer(ERROR, abi="wit-2024-10-28")], ["pass", "pass"]),
        ([answer(OK), answer(ERROR, encoding="openvino")], ["pass", "pass"]),
        ([answer(OK, level="must"), answer(ERROR, level="must")], ["pass", "pass"]),
        ([answer(OK), answer(None)], ["pass", "pass"]),
        ([answer(OK), answer(ERROR, verdict="fail")], ["deviates", "fail"]),
        ([answer(OK), answer("error too_large")], ["pass", "pass"]),
    ],
    ids=[
        "one way",
        "two ways",
        "question",
        "clause",
        "ABI",
        "encoding",
        "level",
        "no choice",
        "a failure stays",
        "a limit",
    ],
)
def test_verdicts(answers: list[CaseResult], verdicts: list[str]) -> None:
    assert [answered.verdict for answered in compared(answers)] == verdicts


def test_the_diagnosis_counts_the_answers() -> None:
    [first, *_] = compared([answer(OK), answer(ERROR), answer(OK)])
    assert first.diagnosis == "one question is answered in two ways: ok (2 of 3), error busy (1 of 3)"
