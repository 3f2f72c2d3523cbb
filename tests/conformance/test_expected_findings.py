from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.commands.known_failures import main
from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.results.case_result import Record
from wasi_nn_conformance.results.known_failures import ExpectedFindings, first_file, read_expected_findings

ENTRY = """
[[expect]]
cases = ["area/*[witx]"]
outcome = "crash"
match = "the host died: exit code 101"
because = "the host panics where an error belongs"
"""
CRASHED = {"verdict": "crash", "diagnosis": "the host died: exit code 101: panicked; wanted success; step 1 (load)"}


def record(case_id: str = "area/one[witx]", verdict: str = "pass", diagnosis: str = "") -> Record:
    return Record(case_id, case_id.partition("[")[0], "a.b", "must", "witx", None, verdict, diagnosis, None, 0.0)


@pytest.fixture
def expected(tmp_path: Path) -> Callable[..., ExpectedFindings]:
    """Read an expectations file of this text for that version of a host."""

    def expected(text: str = ENTRY, version: str = "mine 1.2.3") -> ExpectedFindings:
        path = tmp_path / "mine.expectations.toml"
        path.write_text(text, "utf-8")
        return read_expected_findings(path, version)

    return expected


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (record(**CRASHED), "xfail"),
        (record(), "xpass"),
        (record(verdict="deviates", diagnosis="error busy"), "xpass"),
        (record(verdict="fail", diagnosis="success; wanted an error; step 1"), "fail"),
        (record(verdict="crash", diagnosis="the host died: signal SIGSEGV; wanted success; step 1"), "crash"),
        (record(verdict="unsupported", diagnosis="no ONNX"), "unsupported"),
        (record(verdict="error", diagnosis="refused; step 1"), "error"),
        (record("other/one[witx]", **CRASHED), "crash"),
        (record("area/one[witx-onnx]", **CRASHED), "crash"),
    ],
    ids=["as told", "passes", "deviates", "fails", "crashes otherwise", "unsupported", "error", "case", "encoding"],
)
def test_verdict_with_an_expectation(expected: Callable[..., ExpectedFindings], case: Record, verdict: str) -> None:
    assert expected().applied(case).verdict == verdict


@pytest.mark.parametrize(("contains", "verdict"), [("panicked", "xfail"), ("aborted", "crash")])
def test_what_a_diagnosis_has_somewhere_restricts_an_entry(
    expected: Callable[..., ExpectedFindings], contains: str, verdict: str
) -> None:
    text = ENTRY + f'contains = "{contains}"\n'
    assert expected(text).applied(record(**CRASHED)).verdict == verdict


def test_a_told_finding_says_why(expected: Callable[..., ExpectedFindings]) -> None:
    because = {"outcome": "crash", "because": "the host panics where an error belongs"}
    assert expected().applied(record(**CRASHED)).expected == because


def test_another_finding_says_what_was_expected(expected: Callable[..., ExpectedFindings]) -> None:
    diagnosis = expected().applied(record(verdict="fail", diagnosis="success; step 1")).diagnosis
    assert diagnosis == "success; step 1; expected was crash: the host died: exit code 101"


def test_any_of_several_entries_may_tell(expected: Callable[..., ExpectedFindings]) -> None:
    both = expected(ENTRY.replace("101", "77") + ENTRY)
    assert both.applied(record(**CRASHED)).verdict == "xfail"


@pytest.mark.parametrize(
    ("case_id", "in_vain"), [("area/one[witx]", 0), ("other[witx]", 1)], ids=["borne out", "in vain"]
)
def test_an_entry_that_no_case_bears_out(expected: Callable[..., ExpectedFindings], case_id: str, in_vain: int) -> None:
    known = expected()
    records = [known.applied(record(case_id, **CRASHED)).json()]
    assert len(list(known.in_vain(records))) == in_vain


@pytest.mark.parametrize(("version", "entries"), [("mine 1.2.3", 1), ("mine 2.0", 0), ("mine of today", 1)])
def test_versions_restrict_an_entry(expected: Callable[..., ExpectedFindings], version: str, entries: int) -> None:
    assert len(expected(ENTRY + 'versions = ">=1,<2"\n', version).entries) == entries


@pytest.mark.parametrize(("cpu", "entries"), [({"sse2", "amx_bf16"}, 1), ({"sse2"}, 0)], ids=["has it", "has not"])
def test_features_of_the_processor_restrict_an_entry(tmp_path: Path, cpu: set[str], entries: int) -> None:
    path = tmp_path / "mine.expectations.toml"
    path.write_text(ENTRY + 'cpu = ["avx512_bf16", "amx_bf16"]\n', "utf-8")
    assert len(read_expected_findings(path, "mine 1.0", cpu).entries) == entries


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ENTRY + 'reason = "x"', r"mine\.expectations\.toml:7: .*unknown key 'reason'"),
        (ENTRY.replace("crash", "pass"), r"mine\.expectations\.toml:4: .*'pass' is not one of"),
        (ENTRY + 'versions = "new"', r"mine\.expectations\.toml:7: Invalid specifier"),
        ("[[expect]]", r"mine\.expectations\.toml:1: .*required property"),
    ],
)
def test_a_mistake_is_named_with_its_line(expected: Callable[..., ExpectedFindings], text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        expected(text)


def told(*cases: tuple[str, dict[str, str]]) -> list[dict[str, Any]]:
    return [record(case_id, **fields).json() for case_id, fields in cases]


def test_a_first_file_makes_its_own_run_green(expected: Callable[..., ExpectedFindings]) -> None:
    text = first_file(told(("area/x/one[witx]", CRASHED), ("area/x/two[witx]", CRASHED), ("area/y[witx]", {})))
    assert expected(text).applied(record("area/x/two[witx]", **CRASHED)).verdict == "xfail"


def test_a_first_file_joins_cases_that_all_fail() -> None:
    text = first_file(told(("area/x/one[witx]", CRASHED), ("area/x/two[witx]", CRASHED), ("area/y[witx]", {})))
    assert '"area/x/*[witx]",' in text


def test_a_first_file_does_not_speak_of_cases_that_pass() -> None:
    text = first_file(told(("area/x/one[witx]", CRASHED), ("area/x/two[witx]", {})))
    assert '"area/x/one[witx]",' in text


@pytest.mark.parametrize(
    "diagnosis",
    [
        "success; wanted an error; step 2 (load)",
        "output y: element [3] of f32 is 2.0 where 1.0 was wanted (1 of 4 differ); step 5 (output)",
    ],
    ids=["answer", "values"],
)
def test_a_first_file_tells_of_what_is_drawn_next_time(
    expected: Callable[..., ExpectedFindings], diagnosis: str
) -> None:
    kept = record("fuzz/shapes/f32-computed/0a1b2c3d[witx]", "fail", diagnosis)
    met = record(
        "fuzz/shapes/f32+u8-computed[witx]", "fail", diagnosis.replace("[3] of f32 is 2.0", "[0] of f32 is 7.5")
    )
    assert expected(first_file([kept.json()])).told(met) is not None


def test_a_first_file_does_not_tell_of_wrong_numbers_of_another_type(expected: Callable[..., ExpectedFindings]) -> None:
    diagnosis = "output y: element [3] of i64 is 2 where 1 was wanted (1 of 4 differ); step 5 (output)"
    kept = record("fuzz/shapes/i64-computed/0a1b2c3d[witx]", "fail", diagnosis)
    met = record("fuzz/shapes/i64-computed[witx]", "fail", diagnosis.replace("i64", "i32"))
    assert expected(first_file([kept.json()])).told(met) is None


def test_the_command_refuses_what_is_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.json").write_text("{}", "utf-8")
    assert (main([str(tmp_path / "report.json")]), "is no report" in capsys.readouterr().err) == (2, True)
