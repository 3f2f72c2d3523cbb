from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from sample_report import case_result, made

from wasi_nn_conformance import paths as places
from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.report.folder import write_folder
from wasi_nn_conformance.report.json_report import read_report
from wasi_nn_conformance.report.paragraph import paragraph, replay_line, replay_of
from wasi_nn_conformance.report.terminal import summary
from wasi_nn_conformance.results.case_result import CaseResult, Expected, Judgement, shortened
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.clause import Clause, Level

ClauseOf = Callable[[Level], Clause]


@pytest.fixture
def case(cases: Callable[..., list[Case]]) -> Case:
    return cases("- compute: {context: {raw: 1}}")[0]


def test_id_of_a_case_with_a_model(case: Case) -> None:
    assert replace(case, encoding="onnx").id == "v/0[witx-onnx]"


def test_id_of_a_case_without_a_model(case: Case) -> None:
    assert case.id == "v/0[witx]"


def test_a_record_takes_the_worst_judgement(case: Case) -> None:
    judgements = [
        Judgement(Verdict.PASS, choice="ok"),
        Judgement(Verdict.FAIL, (Violation("outcome", wanted="success", got="error busy", call="load", step=2),)),
        Judgement(Verdict.DEVIATES, (Violation("preference", wanted="rather x", got="error y"),), choice="error y"),
    ]
    taken = CaseResult.of(case, judgements, 0.25, ["> a"])
    assert taken == CaseResult(
        *("v/0[witx]", "v/0", "test.clause", "must", "witx", None, "fail"),
        *("error busy; wanted success; step 2 (load)", "ok; error y", 0.25, ("> a",), None),
        *("because a host may get this wrong", "vectors.yaml:1"),
        violations=judgements[1].violations,
    )


def test_a_record_of_no_judgement_is_a_pass(case: Case) -> None:
    taken = CaseResult.of(case, [], 0.0, ())
    assert (taken.verdict, taken.diagnosis, taken.choice) == ("pass", "", None)


def test_totals_count_each_verdict() -> None:
    totals = made(case_result("pass"), case_result("pass"), case_result("crash")).totals
    assert msgspec.to_builtins(totals) == {
        "pass": 2,
        "unsupported": 0,
        "blocked": 0,
        "deviates": 0,
        "xfail": 0,
        "fail": 0,
        "hang": 0,
        "crash": 1,
        "xpass": 0,
        "error": 0,
        "cases": 3,
    }


def test_cases_stand_in_the_order_of_their_ids() -> None:
    assert [case.id for case in made(case_result("pass", id="b"), case_result("pass", id="a")).cases] == ["a", "b"]


def test_report_is_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    write_folder(folder, made(case_result("pass", diagnosis="ß\ud800")))
    assert read_report(folder).cases[0].diagnosis == "ß\ud800"


def test_summary_counts_by_level_and_clause() -> None:
    clauses = {
        name: Clause(name, level, "A host does what it is asked.")
        for name, level in (
            ("b.may", Level.MAY),
            ("a.defined", Level.DEFINED),
            ("a.one", Level.MUST),
            ("c", Level.MUST),
        )
    }
    case_results = [
        case_result("pass"),
        case_result("fail"),
        case_result("pass"),
        case_result("pass", clause="a.defined", level="defined", choice="ok"),
        case_result("pass", clause="a.defined", level="defined", choice="error busy"),
        case_result("deviates", clause="b.may", level="may", choice="ok"),
    ]
    assert list(summary(case_results, clauses)) == [
        "must:",
        "  a.one      2 pass, 1 fail",
        "may:",
        "  b.may      1 deviates",
        "defined:",
        "  a.defined  2 pass  (chose: error busy | ok)",
        "all 6 cases: 4 pass, 1 deviates, 1 fail",
    ]


@pytest.fixture
def failed(case: Case) -> str:
    died = Violation("crash", wanted="success", subject="signal SIGABRT", call="compute", step=1)
    judgement = Judgement(Verdict.CRASH, (died,))
    taken = CaseResult.of(case, [judgement], 0.0, ["> " + "x" * 300, "< (the process ended)"])
    return paragraph(case.clause, taken, "pytest suite --case 'v[witx]'")


@pytest.mark.parametrize(
    "line",
    [
        "test.clause (must): A host answers what it is asked.",
        "Where it stands: https://github.com/WebAssembly/wasi-nn/blob/0.2.0-rc-2024-10-28/wasi-nn.witx#L88-L91",
        "Why this vector: because a host may get this wrong",
        "CRASH: the host died: signal SIGABRT; wanted success; step 1 (compute)",
        "Vector: vectors.yaml:1",
        "Replay: pytest suite --case 'v[witx]'",
        "  < (the process ended)",
    ],
)
def test_paragraph_has(failed: str, line: str) -> None:
    assert line in failed.splitlines()


def printing(lines: int) -> CaseResult:
    printed = "\n".join(f"[12:00:{number:02}] line {number}" for number in range(lines))
    return case_result("fail", violations=(Violation("guards", printed=printed),))


def test_a_paragraph_has_what_the_host_printed(clause: ClauseOf) -> None:
    told = paragraph(clause(Level.MUST), printing(30), "x").partition("The host printed since the last request:\n")[2]
    assert told.splitlines() == [f"  [12:00:{number:02}] line {number}" for number in range(30)]


@pytest.mark.parametrize(
    ("folder", "whole"),
    [(Path("out"), "out/report.html has them"), (None, "run with --report DIR to have them")],
    ids=["report", "none"],
)
def test_a_paragraph_leaves_out_the_middle_of_much_that_was_printed(
    clause: ClauseOf, folder: Path | None, whole: str
) -> None:
    told = paragraph(clause(Level.MUST), printing(1000), "x", folder).splitlines()
    assert told[-21:-19] == [f"  ... 970 lines: {whole} ...", "  [12:00:980] line 980"]
    assert told[-1] == "  [12:00:999] line 999"


def test_a_paragraph_of_another_failure_than_the_known_one_tells_what_is_known(clause: ClauseOf) -> None:
    known = Expected(Verdict.CRASH, "it dies", "let it live", "https://example.org/1")
    told = paragraph(clause(Level.MUST), case_result("fail", expected=known), "x").splitlines()
    assert {"Known: crash, because it dies", "Fix: let it live", "Discussed: https://example.org/1"} <= set(told)


def test_what_a_host_does_not_offer_is_told_once_for_each_abi_and_encoding() -> None:
    case_results = [
        case_result("unsupported", id=f"{n}[{encoding}]", encoding=encoding, diagnosis=f"no {encoding}")
        for n in range(3)
        for encoding in ("onnx", "openvino")
    ]
    told = list(summary([*case_results, case_result("unsupported", abi="wit", diagnosis="no wit")], {}))
    assert told[1:] == [
        "1 case unsupported [wit]: no wit",
        "3 cases unsupported [witx, onnx]: no onnx",
        "3 cases unsupported [witx, openvino]: no openvino",
    ]


def test_replay_line_survives_a_shell() -> None:
    command = replay_line(["pytest", "conformance/", "--impl=my adapter.toml"], ["a/b[witx-onnx]"])
    assert command == "pytest conformance/ '--impl=my adapter.toml' --case 'a/b[witx-onnx]'"


def test_what_only_several_cases_show_is_replayed_by_all_of_them() -> None:
    run = made(case_result("fail", id="process/x[witx]", shown_by=("a[witx]", "b[witx]")))
    assert replay_of(run, run.cases[0]) == "pytest suite --case 'a[witx]' --case 'b[witx]'"


def test_a_long_line_keeps_both_ends() -> None:
    short = shortened("a" * 150 + "b" * 150)
    assert short == "a" * 100 + " ... " + "b" * 50 + " (300 characters)"


def test_a_short_line_stays() -> None:
    assert shortened("a" * 160) == "a" * 160


@pytest.mark.parametrize(
    "name", ["vector", "clauses", "declarations", "adapter", "report", "report-1", "report-2", "models"]
)
def test_schema_is_a_schema(name: str) -> None:
    jsonschema_rs.meta.validate(dict(schema(name).form))


@pytest.mark.parametrize("folder", ["VECTORS", "SCHEMAS", "IMPLS", "GUESTS"])
def test_places_are_there(folder: str) -> None:
    assert getattr(places, folder).is_dir()
