import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sample_report import ENVIRONMENT, RUN, case_result, made

from wasi_nn_conformance.commands.compare import main
from wasi_nn_conformance.report.data import Commit, Environment, Impl
from wasi_nn_conformance.report.folder import write_folder
from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation

Reports = Callable[..., list[str]]


@pytest.fixture
def reports(tmp_path: Path) -> Reports:
    """Write a report for each table of verdicts by case; versions are 1.0, 1.1, ... Give their paths."""

    def reports(*tables: Mapping[str, str | dict[str, Any]]) -> list[str]:
        for number, table in enumerate(tables):
            case_results = [named(name, cell) for name, cell in table.items()]
            impl = Impl("host", f"host 1.{number}", ("run",))
            write_folder(tmp_path / str(number), made(*case_results, impl=impl))
        return [str(tmp_path / str(number)) for number in range(len(tables))]

    return reports


def named(name: str, cell: str | dict[str, Any]) -> CaseResult:
    fields = {"verdict": cell} if isinstance(cell, str) else cell
    return case_result(**{"verdict": "pass", "id": name, "vector": name, **fields})


XFAIL = {"verdict": "xfail", "expected": Expected(Verdict.FAIL, "it is known")}


def kinds(capsys: pytest.CaptureFixture[str], paths: list[str]) -> tuple[int, dict[str, list[str]]]:
    """Compare; give the exit status and the ids of the cases of each kind that has some."""
    status = main(["--json", *paths])
    told = json.loads(capsys.readouterr().out)
    names = ("regressions", "fixes", "changes", "missing")
    return status, {name: [row["id"] for row in told[name]] for name in names if told[name]}


@pytest.mark.parametrize(
    ("cells", "status", "kind"),
    [
        (("pass", "fail"), 1, "regressions"),
        (("deviates", "crash"), 1, "regressions"),
        (("pass", "hang"), 1, "regressions"),
        (("pass", XFAIL), 1, "regressions"),
        (("xpass", "fail"), 1, "regressions"),
        (("fail", "pass"), 0, "fixes"),
        ((XFAIL, "deviates"), 0, "fixes"),
        ((XFAIL, "xpass"), 0, "fixes"),
        (("fail", "crash"), 0, "changes"),
        (("pass", "deviates"), 0, "changes"),
        (("pass", "unsupported"), 0, "changes"),
        (("unsupported", "fail"), 0, "changes"),
        (("pass", "error"), 0, "changes"),
        (("pass", "pass"), 0, None),
        (("fail", XFAIL), 0, None),
        (("crash", "crash"), 0, None),
    ],
)
def test_kind_of_a_change(
    reports: Reports, capsys: pytest.CaptureFixture[str], cells: tuple[Any, Any], status: int, kind: str | None
) -> None:
    paths = reports(*({"x": cell} for cell in cells))
    assert kinds(capsys, paths) == (status, {kind: ["x"]} if kind else {})


def test_the_last_counts_against_the_first(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    """x was broken only between them; y is broken in the end."""
    paths = reports({"x": "pass", "y": "pass"}, {"x": "crash", "y": "pass"}, {"x": "pass", "y": "fail"})
    assert kinds(capsys, paths) == (1, {"regressions": ["y"], "changes": ["x"]})


def test_cases_that_only_one_has_are_no_regressions(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    assert kinds(capsys, reports({"x": "pass"}, {"y": "fail"})) == (0, {"missing": ["x", "y"]})


DEFINED = {"level": "defined", "verdict": "pass"}
OLD = {"a": "pass", "b": "fail", "c": "pass", "d": {**DEFINED, "choice": "ok"}, "e": "pass"}
NEW = {"a": "crash", "b": "pass", "c": "deviates", "d": {**DEFINED, "choice": "error busy"}}


def test_text(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(reports(OLD, NEW)) == 1
    assert capsys.readouterr().out.splitlines() == [
        "  host      cases  verdicts",
        "  host 1.0  5      4 pass, 1 fail",
        "  host 1.1  4      2 pass, 1 deviates, 1 crash",
        "",
        "Regressions (1)",
        "  case  host 1.0  host 1.1",
        "  a     pass      crash",
        "",
        "Fixes (1)",
        "  case  host 1.0  host 1.1",
        "  b     fail      pass",
        "",
        "Other verdicts (1)",
        "  case  host 1.0  host 1.1",
        "  c     pass      deviates",
        "",
        "Cases that not all reports have (1)",
        "  case  host 1.0  host 1.1",
        "  e     pass      -",
        "",
        "Choices that differ (1)",
        "  clause  on             host 1.0  host 1.1",
        "  a.one   witx no model  ok        error busy",
    ]


def test_markdown(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--markdown", *reports({"a|b": "pass"}, {"a|b": "fail"})]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "| host | cases | verdicts |",
        "| --- | --- | --- |",
        "| host 1.0 | 1 | 1 pass |",
        "| host 1.1 | 1 | 1 fail |",
        "",
        "### Regressions (1)",
        "",
        "| case | host 1.0 | host 1.1 |",
        "| --- | --- | --- |",
        r"| a\|b | pass | fail |",
        "",
        "### Likely causes that not all reports have (1)",
        "",
        "| clause | host 1.0 | host 1.1 | for example |",
        "| --- | --- | --- | --- |",
        "| a.one | - | 1 |  |",
    ]


def test_json_has_choices_and_totals(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--json", *reports(OLD, NEW)])
    told = json.loads(capsys.readouterr().out)
    choices = [{"clause": "a.one", "abi": "witx", "encoding": "no model", "choices": [["ok"], ["error busy"]]}]
    assert (told["choices"], told["reports"][1]["totals"]["crash"]) == (choices, 1)


def panic(line: int) -> dict[str, Any]:
    printed = f"thread 'main' panicked at src/nn.rs:{line}:9:\nno such tensor"
    return {"verdict": "crash", "violations": (Violation("crash", "load", "exit code 101", printed=printed),)}


WRONG = {"verdict": "fail", "violations": (Violation("value", "output", "y", "f32", "1.0", "2.0"),)}


def test_causes_that_come_and_go_are_told(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    paths = reports({"x": panic(7), "y": "pass", "z": WRONG}, {"x": "pass", "y": panic(7), "z": "pass"})
    main(["--json", *paths])
    told = [(row["diagnosis"][:8], row["cases"]) for row in json.loads(capsys.readouterr().out)["causes"]]
    assert told == [("output y", [1, 0])]


def test_a_panic_that_moved_with_the_source_is_the_same(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    main(reports({"x": panic(7), "y": panic(7)}, {"x": panic(12), "y": "pass"}))
    assert "Likely causes" not in capsys.readouterr().out


def test_a_new_cause_stands_in_the_text(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    main(reports({"x": "pass"}, {"x": WRONG}))
    table = capsys.readouterr().out.partition("Likely causes that not all reports have (1)\n")[2].splitlines()
    assert re.split(r"  +", table[1].strip())[:3] == ["a.one", "-", "1"]


NEWER = replace(
    ENVIRONMENT, cpu=("rvv", "zvfbfmin"), versions={"python": "3.14.0", "pytest": "9.9", "openvino": "2026.4"}
)


@pytest.mark.parametrize(
    ("second", "rows"),
    [
        (replace(NEWER, cpu=ENVIRONMENT.cpu), [["openvino", "-", "2026.4"]]),
        (NEWER, [["openvino", "-", "2026.4"], ["processor", "zfh", "zvfbfmin"]]),
        (replace(ENVIRONMENT, machine="x86_64", cpu=("avx2",)), [["machine", "riscv64", "x86_64"]]),
        (replace(ENVIRONMENT, release="4.1"), [["system", "Plan9 4.0", "Plan9 4.1"]]),
        (replace(ENVIRONMENT, commit=Commit("0" * 40, dirty=True)), [["commit", "-", "0" * 12 + " with changes"]]),
    ],
    ids=["engine", "processor", "machine", "system", "commit"],
)
def test_what_the_runs_stood_on_is_told_where_it_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], second: Environment, rows: list[list[str]]
) -> None:
    for number, environment in enumerate((ENVIRONMENT, second)):
        write_folder(tmp_path / str(number), made(named("x", "pass"), run=replace(RUN, environment=environment)))
    assert main([str(tmp_path / "0"), str(tmp_path / "1")]) == 0
    table = capsys.readouterr().out.partition(f"where it differs ({len(rows)})\n")[2].splitlines()
    assert [re.split(r"  +", line.strip()) for line in table[1:-2]] == rows
    assert table[-1] == "No verdict and no choice differs."


def test_nobody_compares_with_what_a_report_does_not_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path / "now", made(named("x", "pass")))
    old = Path(__file__).parent / "reports" / "schema-1.json"
    main([str(old), str(tmp_path / "now")])
    assert "stood on" not in capsys.readouterr().out


def test_an_incomplete_report_is_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_folder(tmp_path / "whole", made(named("x", "pass"), named("y", "pass")))
    write_folder(tmp_path / "part", made(named("x", "pass"), run=replace(RUN, complete=False, stopped=True)))
    main([str(tmp_path / "whole"), str(tmp_path / "part")])
    verdicts = [line.split()[-2:] for line in capsys.readouterr().out.splitlines()[1:3]]
    assert verdicts == [["2", "pass"], ["pass", "(incomplete)"]]


def test_equal_reports(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    first = reports(OLD)[0]
    assert main([first, f"{first}/report.json"]) == 0
    said = capsys.readouterr().out
    assert ("Nothing differs." in said, f"host 1.0 ({first}/report.json)" in said) == (True, True)


def test_what_is_no_report_is_told_in_one_line(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*reports(OLD), "/no/such.json"]) == 2
    assert capsys.readouterr().err == "wasi-nn compare: /no/such.json: cannot be read: No such file or directory\n"


def test_one_report_is_not_enough(reports: Reports, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(reports(OLD))
    assert (caught.value.code, "give two or more" in capsys.readouterr().err) == (2, True)
