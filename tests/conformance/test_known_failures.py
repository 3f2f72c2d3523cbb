from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs
from sample_report import made

from wasi_nn_conformance.commands.known_failures import main
from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.report.json_report import text
from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.first_file import first_file
from wasi_nn_conformance.results.known_failures import KnownFailures, read_known_failures
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation, diagnosis
from wasi_nn_conformance.vectors.clause import Level

ENTRY = """
[[known]]
cases = ["area/*[witx]"]
outcome = "crash"
kind = "crash"
subject = "exit code 101"
because = "the host panics where an error belongs"
"""
PANIC = Violation("crash", call="load", subject="exit code 101", wanted="success", printed="panicked at src/a.rs:1:2")
CRASHED: dict[str, Any] = {"verdict": "crash", "violation": PANIC}
SEGFAULT = Violation("crash", call="load", subject="signal SIGSEGV", wanted="success")
SUCCESS = Violation("outcome", call="load", got="success", wanted="an error", step=1)
WRONG = Violation("value", subject="y", type="f32", got="2.0", wanted="1.0", element="[3]", differing="1 of 4")


def case_result(
    case_id: str = "area/one[witx]", verdict: str = "pass", violation: Violation | None = None
) -> CaseResult:
    about = CaseResult(
        case_id, case_id.partition("[")[0], "a.b", Level.MUST, "witx", None, Verdict(verdict), "", None, 0
    )
    violations = (violation,) if violation else ()
    return structs.replace(about, diagnosis=diagnosis(violations), violations=violations)


@pytest.fixture
def expected(tmp_path: Path) -> Callable[..., KnownFailures]:
    """Read a file of known failures of this text for that version of a host."""

    def expected(text: str = ENTRY, version: str = "mine 1.2.3") -> KnownFailures:
        path = tmp_path / "mine.known-failures.toml"
        path.write_text(text, "utf-8")
        return read_known_failures(path, version)

    return expected


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (case_result(**CRASHED), "xfail"),
        (case_result(), "xpass"),
        (case_result(verdict="deviates", violation=Violation("preference", got="error busy")), "xpass"),
        (case_result(verdict="fail", violation=SUCCESS), "fail"),
        (case_result(verdict="crash", violation=SEGFAULT), "crash"),
        (case_result(verdict="unsupported"), "unsupported"),
        (case_result(verdict="error", violation=Violation("unjudged", got="refused")), "error"),
        (case_result("other/one[witx]", **CRASHED), "crash"),
        (case_result("area/one[witx-onnx]", **CRASHED), "crash"),
    ],
    ids=["as told", "passes", "deviates", "fails", "crashes otherwise", "unsupported", "error", "case", "encoding"],
)
def test_verdict_with_an_expectation(expected: Callable[..., KnownFailures], case: CaseResult, verdict: str) -> None:
    assert expected().applied(case).verdict == verdict


@pytest.mark.parametrize(
    ("field", "verdict"),
    [
        ('said = "panicked at src/a.rs:*"', "xfail"),
        ('said = "aborted*"', "crash"),
        ('call = "load"', "xfail"),
        ('call = "compute"', "crash"),
        ('wanted = "success"', "xfail"),
        ('type = "f32"', "crash"),
    ],
)
def test_each_field_restricts_an_entry(expected: Callable[..., KnownFailures], field: str, verdict: str) -> None:
    text = f"{ENTRY}{field}\n"
    assert expected(text).applied(case_result(**CRASHED)).verdict == verdict


def test_a_told_finding_says_why(expected: Callable[..., KnownFailures]) -> None:
    more = 'fix = "give an error"\nlink = "https://example.org/1"\n'
    told = Expected(Verdict.CRASH, "the host panics where an error belongs", "give an error", "https://example.org/1")
    assert expected(ENTRY + more).applied(case_result(**CRASHED)).expected == told


def test_another_finding_says_what_is_known(expected: Callable[..., KnownFailures]) -> None:
    said = expected().applied(case_result(verdict="fail", violation=SUCCESS)).diagnosis
    assert said == "success; wanted an error; step 1 (load); known is crash: crash, subject exit code 101"


def test_any_of_several_entries_may_tell(expected: Callable[..., KnownFailures]) -> None:
    both = expected(ENTRY.replace("101", "77") + ENTRY)
    assert both.applied(case_result(**CRASHED)).verdict == "xfail"


def test_a_pattern_that_no_case_bears_out_is_named(expected: Callable[..., KnownFailures]) -> None:
    patterns = [f"area/{number}[witx]" for number in range(10)]
    known = expected(ENTRY.replace('"area/*[witx]"', ", ".join(f'"{pattern}"' for pattern in patterns)))
    borne_out = [known.applied(case_result(pattern, **CRASHED)) for pattern in patterns if pattern != "area/7[witx]"]
    assert list(known.unmatched(borne_out)) == ["area/7[witx]"]


def test_a_case_that_does_better_speaks_for_its_pattern(expected: Callable[..., KnownFailures]) -> None:
    known = expected()
    assert list(known.unmatched([known.applied(case_result())])) == []


def test_an_entry_that_no_case_bears_out_is_told_beside_another_for_the_same_cases(
    expected: Callable[..., KnownFailures],
) -> None:
    stale = ENTRY.replace("exit code 101", "exit code 77").replace("panics", "gives up")
    known = expected(ENTRY + stale)
    assert list(known.unmatched([known.applied(case_result(**CRASHED))])) == ["area/*[witx]"]


def test_a_star_matches_every_character(expected: Callable[..., KnownFailures]) -> None:
    text = ENTRY.replace('subject = "exit code 101"', 'got = "a*c"')
    failed = case_result(verdict="crash", violation=Violation("crash", got="a\nb\nc"))
    assert expected(text).told(failed) is not None


def test_nobody_waits_for_what_is_drawn(expected: Callable[..., KnownFailures]) -> None:
    known = expected(ENTRY.replace('"area/*[witx]"', '"fuzz/*", "area/one[witx]", "gone[witx]"'))
    assert list(known.unmatched([known.applied(case_result(**CRASHED))])) == ["gone[witx]"]


@pytest.mark.parametrize(("version", "entries"), [("mine 1.2.3", 1), ("mine 2.0", 0), ("mine of today", 1)])
def test_versions_restrict_an_entry(expected: Callable[..., KnownFailures], version: str, entries: int) -> None:
    assert len(expected(ENTRY + 'versions = ">=1,<2"\n', version).entries) == entries


@pytest.mark.parametrize(("cpu", "entries"), [({"sse2", "amx_bf16"}, 1), ({"sse2"}, 0)], ids=["has it", "has not"])
def test_features_of_the_processor_restrict_an_entry(tmp_path: Path, cpu: set[str], entries: int) -> None:
    path = tmp_path / "mine.known-failures.toml"
    path.write_text(ENTRY + 'cpu = ["avx512_bf16", "amx_bf16"]\n', "utf-8")
    assert len(read_known_failures(path, "mine 1.0", cpu).entries) == entries


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ENTRY + 'reason = "x"', r"mine\.known-failures\.toml:8: .*unknown key 'reason'"),
        (ENTRY.replace("crash", "pass"), r"mine\.known-failures\.toml:4: .*'pass' is not one of"),
        (ENTRY + 'versions = "new"', r"mine\.known-failures\.toml:8: Invalid specifier"),
        ("[[known]]", r"mine\.known-failures\.toml:1: .*required property"),
    ],
)
def test_a_mistake_is_named_with_its_line(expected: Callable[..., KnownFailures], text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        expected(text)


def told(*cases: tuple[str, dict[str, Any]]) -> list[CaseResult]:
    return [case_result(case_id, **fields) for case_id, fields in cases]


def test_a_first_file_makes_its_own_run_green(expected: Callable[..., KnownFailures]) -> None:
    text = first_file(told(("area/x/one[witx]", CRASHED), ("area/x/two[witx]", CRASHED), ("area/y[witx]", {})))
    assert expected(text).applied(case_result("area/x/two[witx]", **CRASHED)).verdict == "xfail"


def test_a_first_file_joins_cases_that_all_fail() -> None:
    text = first_file(told(("area/x/one[witx]", CRASHED), ("area/x/two[witx]", CRASHED), ("area/y[witx]", {})))
    assert '"area/x/*[witx]",' in text


def test_a_first_file_does_not_speak_of_cases_that_pass() -> None:
    text = first_file(told(("area/x/one[witx]", CRASHED), ("area/x/two[witx]", {})))
    assert '"area/x/one[witx]",' in text


@pytest.mark.parametrize(
    ("kept", "met"),
    [
        (SUCCESS, structs.replace(SUCCESS, step=9, line=7)),
        (WRONG, structs.replace(WRONG, subject="z", got="7.5", element="[0]")),
        (PANIC, structs.replace(PANIC, call="compute")),
    ],
    ids=["answer", "values", "panic"],
)
def test_a_first_file_tells_of_what_is_drawn_next_time(
    expected: Callable[..., KnownFailures], kept: Violation, met: Violation
) -> None:
    verdict = "crash" if kept is PANIC else "fail"
    first = case_result("fuzz/shapes/f32-computed/0a1b2c3d[witx]", verdict, kept)
    assert expected(first_file([first])).told(case_result("fuzz/shapes/f32+u8[witx]", verdict, met)) is not None


def test_a_first_file_does_not_tell_of_wrong_numbers_of_another_type(expected: Callable[..., KnownFailures]) -> None:
    kept = case_result("fuzz/shapes/i64-computed/0a1b2c3d[witx]", "fail", structs.replace(WRONG, type="i64"))
    met = case_result("fuzz/shapes/i64-computed[witx]", "fail", structs.replace(WRONG, type="i32"))
    assert expected(first_file([kept])).told(met) is None


def test_what_is_written_tells_of_what_is_generated_too(expected: Callable[..., KnownFailures]) -> None:
    written = structs.replace(case_result("area/one[witx-onnx]", "fail", SUCCESS), encoding="onnx")
    known = expected(first_file([written]))
    generated = case_result(
        "fuzz/errors/load[witx-onnx]", "fail", structs.replace(SUCCESS, got="success of all of them")
    )
    assert known.told(generated) is not None
    assert known.told(structs.replace(generated, clause="a.other")) is None
    assert known.told(structs.replace(generated, id="fuzz/errors/load[witx-openvino]")) is None


def test_what_is_blocked_is_in_no_entry() -> None:
    blocked = structs.replace(case_result("area/two[witx]", "blocked", SUCCESS), blocked_by="area/one[witx]")
    text = first_file([case_result("area/one[witx]", "fail", SUCCESS), blocked])
    assert ("area/one[witx]" in text, "area/two" in text) == (True, False)


def test_one_entry_tells_of_all_that_is_wrong_in_one_way(expected: Callable[..., KnownFailures]) -> None:
    kinds = [Violation("size", "output", "y", got="8", wanted="16"), Violation("dimensions", "output", "y")]
    cases = [case_result(f"area/{each.kind}[witx]", "fail", each) for each in kinds]
    known = expected(first_file(cases))
    assert len(known.entries) == 1
    assert [known.applied(case).verdict for case in cases] == ["xfail", "xfail"]


def test_an_entry_names_what_is_wrong_without_numbers(expected: Callable[..., KnownFailures]) -> None:
    (entry,) = expected(first_file([case_result(verdict="fail", violation=WRONG)])).entries
    assert entry.because == "not examined yet: a.b: output y: element * of f32 is * where * was wanted *"


def test_each_pattern_of_what_is_written_has_to_match(expected: Callable[..., KnownFailures]) -> None:
    cases = [case_result(f"area/{number}[witx]", "fail", SUCCESS) for number in range(3)]
    known = expected(first_file([*cases, case_result("area/3[witx]")]))
    assert list(known.unmatched(known.applied(case) for case in cases[1:])) == ["area/0[witx]"]


ANYTHING = st.text(st.characters(), max_size=60)
CONTROLS = "".join(map(chr, [*range(0x20), 0x7F, 0x85, 0x2028, 0xFEFF, 0xD800, 0x1F600]))
QUOTES = "\"\"\" ''' \\ \\u0041 # = [[known]]\r\n"


@settings(max_examples=60, deadline=None)
@given(said=ANYTHING, verdict=st.sampled_from(["fail", "crash", "hang"]), drawn=st.booleans())
@example(said=CONTROLS, verdict="crash", drawn=False)
@example(said=QUOTES, verdict="fail", drawn=True)
@example(said="; step; wanted", verdict="hang", drawn=False)
def test_a_first_file_tells_of_findings_whatever_a_host_says(said: str, verdict: str, drawn: bool) -> None:
    kind = "outcome" if verdict == "fail" else verdict
    violation = Violation(kind, call="load", got=said, wanted="success", printed=said)
    case = case_result("fuzz/bytes/one[witx]" if drawn else "area/one[witx]", verdict, violation)
    with TemporaryDirectory() as folder:
        (Path(folder) / "report.json").write_text(text(made(case)), "utf-8", errors="backslashreplace")
        file = Path(folder) / "mine.known-failures.toml"
        assert main([folder, f"--output={file}"]) == 0
        known = read_known_failures(file, "mine 1.0")
    assert known.applied(case).verdict == "xfail"


def test_a_first_file_of_no_findings_is_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.json").write_text(text(made(case_result())), "utf-8")
    assert (main([str(tmp_path)]), capsys.readouterr().out) == (0, "")


def test_the_command_cannot_use_a_report_of_words_only(capsys: pytest.CaptureFixture[str]) -> None:
    old = Path(__file__).parent / "reports" / "schema-1.json"
    assert main([str(old)]) == 2
    assert capsys.readouterr().err == (
        f"wasi-nn known-failures: {old}: it has no fields of what is wrong, as reports of schema 1 have none;"
        " run the suite again\n"
    )


def test_the_command_refuses_what_is_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.json").write_text("{}", "utf-8")
    assert (main([str(tmp_path / "report.json")]), "is no report" in capsys.readouterr().err) == (2, True)
