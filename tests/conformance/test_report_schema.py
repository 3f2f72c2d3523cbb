import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sample_report import ENVIRONMENT, RUN, case_result, made

from wasi_nn_conformance.commands.compare import main as compare
from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.report import form
from wasi_nn_conformance.report.data import Commit, Fuzz, GeneratedVector, Report, Search
from wasi_nn_conformance.report.folder import FORMS, write_folder
from wasi_nn_conformance.report.json_report import ReportError, read_report, text
from wasi_nn_conformance.results.case_result import Expected
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation

REPORTS = Path(__file__).parent / "reports"
OLD, BEFORE_BLOCKED = REPORTS / "schema-1.json", REPORTS / "schema-2.json"

EXPECTED = Expected(Verdict.CRASH, "it dies", "do not", "https://example.org/1")
VIOLATION = Violation("value", "compute", "y", "f32", "1.0", "2.0", "[3]", "3 of 4", 2, 9, "a.one", "said")
FULL = made(
    *(case_result(verdict.value, id=f"{verdict}[witx]", encoding="onnx", choice="ok") for verdict in Verdict),
    case_result("xfail", expected=EXPECTED, violations=(VIOLATION,), question="f16", why="x", place="a.yaml:1"),
    run=replace(RUN, environment=replace(ENVIRONMENT, commit=Commit("0" * 40, dirty=True))),
    fuzz=Fuzz(
        *(1, 64, (Search("bytes", "witx", "onnx", 64, 400, 0.5, {"call load": 3}, {"it dies": 2}, ("v[witx]",)),)),
        *({"v[witx]": GeneratedVector("out/x.yaml", "- id: v\n")}, (EXPECTED,)),
    ),
)


def plain(report: Report) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text(report))
    return data


def test_the_schema_is_that_of_the_classes() -> None:
    assert form.FILE.read_text("utf-8") == form.text(), "python -m wasi_nn_conformance.report.form writes it anew"


@pytest.mark.parametrize("report", [made(), FULL], ids=["of nothing", "with everything"])
def test_what_is_written_fits_the_schema(report: Report) -> None:
    schema("report").validate(plain(report))


@pytest.mark.parametrize("report", [made(), FULL], ids=["of nothing", "with everything"])
def test_what_is_written_is_read_back(tmp_path: Path, report: Report) -> None:
    write_folder(tmp_path, report)
    assert read_report(tmp_path) == report


def _without(*path: str | int) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return change


def _with(value: Any, *path: str | int) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


MISTAKES = {
    "no run": _without("run"),
    "no start": _without("run", "started"),
    "no verdict": _without("cases", 0, "verdict"),
    "unknown verdict": _with("good", "cases", 0, "verdict"),
    "unknown level": _with("often", "cases", 0, "level"),
    "negative seconds": _with(-1, "cases", 0, "seconds"),
    "unknown key": _with(1, "cases", 0, "mood"),
    "unknown key of the run": _with("/home/somebody", "run", "folder"),
    "words for a number": _with("many", "totals", "pass"),
    "a violation of no kind": _with([{}], "cases", 0, "violations"),
    "unknown key of a violation": _with([{"kind": "crash", "mood": 1}], "cases", 0, "violations"),
    "no commit's name": _with({"id": "main", "dirty": False}, "run", "environment", "commit"),
    "a cause of no clause": _without("causes", 0, "clause"),
    "another suite": _with("other", "suite", "name"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_schema_and_reader_refuse_the_same(tmp_path: Path, mistake: Callable[[Any], None]) -> None:
    data = plain(FULL)
    mistake(data)
    with pytest.raises(ValueError, match=r"."):
        schema("report").validate(data)
    (tmp_path / "report.json").write_text(json.dumps(data), "utf-8")
    with pytest.raises(ReportError, match="this is no report of the suite: "):
        read_report(tmp_path)


def test_schema_1_is_read() -> None:
    old = json.loads(OLD.read_text("utf-8"))
    schema("report-1").validate(old)
    read = read_report(OLD)
    kept = json.loads(json.dumps(msgspec.to_builtins(read)))
    del kept["schema"], kept["run"], kept["fuzz"]["vectors"], kept["fuzz"]["known"], kept["totals"]["blocked"]
    assert [case.pop("violations") for case in kept["cases"]] == [[]] * len(old["cases"])
    without_what_came_later(kept)
    for clause in kept["clauses"].values():
        (clause["source"],) = clause["source"]
    for search in kept["fuzz"]["searches"]:
        search["reached"] = search.pop("exercised")
    del old["schema"]
    assert (kept, read.run) == (old, None)


def test_schema_2_is_read() -> None:
    old = json.loads(BEFORE_BLOCKED.read_text("utf-8"))
    schema("report-2").validate(old)
    kept = plain(read_report(BEFORE_BLOCKED))
    assert (kept.pop("schema"), old.pop("schema"), kept["totals"].pop("blocked")) == (3, 2, 0)
    without_what_came_later(kept)
    assert kept == old


def without_what_came_later(report: dict[str, Any]) -> None:
    """Take out what schema 3 added: causes, observations, and fields of cases."""
    assert report.pop("observations") == []
    del report["causes"]
    for case in report["cases"]:
        assert (case.pop("own_clause"), case.pop("blocked_by"), case.pop("alone")) == ("", None, False)
        assert (case.pop("decoded"), case.pop("shown_by")) == ([], [])


@pytest.mark.parametrize("old", [OLD, BEFORE_BLOCKED], ids=["1", "2"])
def test_every_form_can_be_made_of_an_older_schema(old: Path) -> None:
    read = read_report(old)
    written = {name: make(read) for name, make in FORMS.items()}
    assert [name for name, of in written.items() if "incomplete" in of.replace(".incomplete {", "")] == []
    assert "old 0.9" in written["summary.md"]


@pytest.mark.parametrize("old", [OLD, BEFORE_BLOCKED], ids=["1", "2"])
def test_compare_takes_every_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str], old: Path) -> None:
    read = read_report(old)
    broken = replace(next(c for c in read.cases if c.verdict is Verdict.PASS), verdict=Verdict.FAIL)
    cases = [broken if case.id == broken.id else case for case in read.cases]
    write_folder(tmp_path, made(*cases, impl=replace(read.impl, version="old 1.0")))
    assert compare(["--json", str(old), str(tmp_path)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in told["regressions"]] == [broken.id]


def test_a_newer_schema_is_told_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"schema": 4, "anything": []}', "utf-8")
    with pytest.raises(ReportError) as caught:
        read_report(path)
    assert str(caught.value) == (
        f"{path}: this report has schema 4, and this version of the suite reads schemas up to 3:"
        " a newer wasi-nn-conformance reads it"
    )
