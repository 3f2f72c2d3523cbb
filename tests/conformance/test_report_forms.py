import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace
from sample_report import IMPL, RUN, case_result, made

from wasi_nn_conformance.report.badge import badge_json, badge_svg
from wasi_nn_conformance.report.data import Fuzz, Search
from wasi_nn_conformance.report.folder import FORMS, write_folder
from wasi_nn_conformance.report.json_report import ReportError, read_report
from wasi_nn_conformance.report.markdown import escaped, summary_md
from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation, diagnosis


@pytest.mark.parametrize(
    ("verdicts", "message", "colour"),
    [
        (["pass", "pass", "deviates", "unsupported"], "3 pass", "2e7d32"),
        (["pass", "xfail", "xfail"], "1 pass, 2 known", "8a6100"),
        (["pass", "xfail", "blocked"], "1 pass, 1 known, 1 blocked", "8a6100"),
        (["pass", "fail", "crash", "hang", "xfail"], "3 findings", "c62828"),
        (["fail"], "1 finding", "c62828"),
        (["pass", "error"], "1 error", "c62828"),
        (["pass", "xpass"], "1 unexpectedly right", "c62828"),
        (["unsupported"], "0 pass", "8a6100"),
    ],
)
def test_badge(verdicts: list[str], message: str, colour: str) -> None:
    run = made(*map(case_result, verdicts))
    wanted = {"schemaVersion": 1, "label": "wasi-nn", "message": message, "color": colour}
    assert json.loads(badge_json(run)) == wanted
    image = ET.fromstring(badge_svg(run))  # noqa: S314 we have just written it
    texts = [text.text for text in image.iter("{http://www.w3.org/2000/svg}text")]
    fills = [box.get("fill") for box in image.iter("{http://www.w3.org/2000/svg}rect")]
    assert (texts, fills[-1], image.get("aria-label")) == (["wasi-nn", message], f"#{colour}", f"wasi-nn: {message}")


def test_the_badge_of_a_run_that_only_draws() -> None:
    searches = tuple(Search("bytes", "witx", "onnx", number, 5, 0.5, {}, {}, ()) for number in (64, 60))
    run = made(fuzz=Fuzz(0, 124, searches))
    wanted = {"schemaVersion": 1, "label": "wasi-nn", "message": "124 generated", "color": "2e7d32"}
    assert json.loads(badge_json(run)) == wanted


def test_badge_is_as_wide_as_its_boxes() -> None:
    image = ET.fromstring(badge_svg(made(case_result("pass"))))  # noqa: S314 we have just written it
    boxes = [box for box in image.iter("{http://www.w3.org/2000/svg}rect") if box.get("fill")]
    assert sum(int(box.get("width", "")) for box in boxes) == int(image.get("width", ""))


def test_markdown_of_a_run() -> None:
    expected = Expected(Verdict.FAIL, "it <never> asked")
    case_results = [
        case_result("pass", id="a[witx]"),
        case_result("crash", id="b[witx]", diagnosis="the host died | loudly; wanted success"),
        case_result("xfail", id="c[witx]", diagnosis="success; wanted an error", expected=expected),
        case_result("pass", id="d[witx-onnx]", clause="b.open", level="defined", encoding="onnx", choice="ok"),
    ]
    assert summary_md(made(*case_results)).splitlines() == [
        "## wasi-nn conformance of miniature: 1 finding",
        "",
        "1.2, suite 0.1.0, 4 cases",
        "",
        "| verdict | cases |",
        "| --- | --- |",
        "| pass | 2 |",
        "| xfail | 1 |",
        "| crash | 1 |",
        "",
        "### Likely causes (1)",
        "",
        "What one fault of the host brings about stands in one row, under whatever clauses it shows.",
        "",
        "| cases | verdict | clause | got and wanted | the smallest case |",
        "| --- | --- | --- | --- | --- |",
        (
            r"| 1 | crash | **a.one** (must) | the host died \| loudly; wanted success<br>witx "
            r"| b\[witx\]<br><code>pytest suite --case 'b\[witx\]'</code> |"
        ),
        "",
        "### Findings by clause",
        "",
        "Cases that failed alike stand in one row.",
        "",
        "| cases | verdict | clause | got and wanted | for example |",
        "| --- | --- | --- | --- | --- |",
        (
            r"| 1 | crash | **a.one** (must): A host does what it is asked. | the host died \| loudly; wanted success "
            r"| b\[witx\]<br><code>pytest suite --case 'b\[witx\]'</code> |"
        ),
        "",
        "### Known",
        "",
        "Findings that stand in the file of known failures.",
        "",
        "| cases | verdict | because | for example |",
        "| --- | --- | --- | --- |",
        r"| 1 | fail | it &lt;never&gt; asked | c\[witx\] |",
        "",
        "### Choices",
        "",
        "What the host does where the specification leaves the choice to it.",
        "",
        "| clause | ABI and encoding | choice |",
        "| --- | --- | --- |",
        "| b.open | witx onnx | ok |",
    ]


def test_markdown_of_a_known_failure_tells_its_fix_and_its_link() -> None:
    expected = Expected(Verdict.FAIL, "it never asked", "ask <first>", "https://example.org/a_b|c?d=[e]")
    (row,) = rows(case_result("xfail", expected=expected))
    assert row[2] == "it never asked<br>Fix: ask &lt;first&gt;<br><https://example.org/a_b%7Cc?d=[e]>"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://x y", "see\x1b mail", "https://e.org/><b>"])
def test_markdown_links_only_into_the_web(link: str) -> None:
    (row,) = rows(case_result("xfail", expected=Expected(Verdict.FAIL, "it never asked", link=link)))
    assert row[2] == f"it never asked<br>{escaped(link)}"


@pytest.mark.parametrize(
    ("selected", "stopped", "told"),
    [
        (3, True, "Incomplete: the run was stopped before its end."),
        (2, False, "Incomplete: 2 of 3 cases were selected."),
        (2, True, "Incomplete: 2 of 3 cases were selected, and the run was stopped before its end."),
    ],
)
def test_an_incomplete_run_says_why(selected: int, stopped: bool, told: str) -> None:
    run = replace(RUN, complete=False, selected=selected, stopped=stopped)
    text = summary_md(made(case_result("pass"), run=run))
    assert (f"**{told}**" in text, "miniature: incomplete: 1 pass" in text) == (True, True)


@pytest.mark.parametrize(("verdict", "colour"), [("pass", "8a6100"), ("fail", "c62828")])
def test_the_badge_of_an_incomplete_run_is_never_green(verdict: str, colour: str) -> None:
    badge = json.loads(badge_json(made(case_result(verdict), run=replace(RUN, complete=False, stopped=True))))
    assert (badge["message"].partition(":")[0], badge["color"]) == ("incomplete", colour)


def test_markdown_of_a_run_without_findings_names_none() -> None:
    assert "Findings" not in summary_md(made(case_result("pass")))


def failed(violation: Violation, **fields: Any) -> CaseResult:
    return case_result("fail", violations=(violation,), diagnosis=diagnosis([violation]), **fields)


def rows(*case_results: CaseResult) -> list[list[str]]:
    """Return the rows of the tables behind that of the totals, cell by cell."""
    text = summary_md(made(*case_results))
    lines = re.split(r"### (?:Findings by clause|Known)\n", text, maxsplit=1)[1].splitlines()
    return [line.strip("| ").split(" | ") for line in lines if re.match(r"\| \d", line)]


def test_markdown_says_a_finding_of_many_cases_once() -> None:
    many = [
        failed(
            Violation("outcome", call="load", got="success", wanted="an error", step=n, line=n), id=f"v/{n:03}[witx]"
        )
        for n in range(186)
    ]
    (row,) = rows(*many)
    assert (row[0], row[3], row[4].partition("<br>")[0]) == (
        "186",
        "success; wanted an error",
        r"v/000\[witx\], v/001\[witx\], v/002\[witx\] and 183 more",
    )


def test_markdown_groups_wrong_values_of_other_numbers() -> None:
    value = Violation("value", subject="a", type="f32", got="3.0", wanted="1.0", element="[0]", differing="1 of 1")
    (row,) = rows(failed(value), failed(replace(value, got="nan", wanted="0.0", element="[0, 1]")))
    assert row[3].endswith("(or alike)")


@pytest.mark.parametrize(
    "other",
    [{"clause": "b.open"}, {"verdict": "hang"}, {"violations": (Violation("crash", subject="exit code 102"),)}],
    ids=lambda other: next(iter(other)),
)
def test_markdown_keeps_other_findings_apart(other: dict[str, Any]) -> None:
    crashed: dict[str, Any] = {"verdict": "crash", "violations": (Violation("crash", subject="exit code 101"),)}
    assert len(rows(case_result(**crashed), case_result(**{**crashed, **other}))) == 2


def test_markdown_has_the_worst_first_then_the_most() -> None:
    case_results = [case_result("fail", id="b[witx]", diagnosis="one"), case_result("crash", id="c[witx]")]
    case_results += [case_result("fail", id=f"d/{n}[witx]", diagnosis="two") for n in range(2)]
    assert [row[:2] for row in rows(*case_results)] == [["1", "crash"], ["2", "fail"], ["1", "fail"]]


def test_markdown_does_not_depend_on_the_order_of_cases() -> None:
    case_results = [
        failed(Violation("outcome", got=f"error {'abc'[n % 3]}", step=n), id=f"v/{n}[witx]") for n in range(9)
    ]
    assert rows(*case_results) == rows(*reversed(case_results))


def test_markdown_replays_a_written_vector_rather_than_a_drawn_one() -> None:
    generated = case_result("fail", id="fuzz/shapes/x[witx]", place="regressions/x.yaml")
    (row,) = rows(generated, case_result("fail", id="v[witx]"))
    assert row[4].endswith(r"<code>pytest suite --case 'v\[witx\]'</code>")


def test_markdown_fits_the_page_of_a_job() -> None:
    case_results = [
        case_result("fail", id=f"v/{n}[witx]", diagnosis=f"error {'x' * n}", place="v.yaml:1") for n in range(300)
    ]
    text = summary_md(made(*case_results))
    assert (text.count("| fail | **a.one** (must): "), "and 200 other findings in report.html" in text) == (100, True)
    assert (text.count("| fail | **a.one** (must) | "), "and 200 other causes in report.html" in text) == (100, True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", r"a \| b"),
        ("two\nlines\r\tmore", r"two lines\\x0d more"),
        ("<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;"),
        ("[x](http://y) ![z]", r"\[x\](http://y) \!\[z\]"),
        ("`code` *_~$#", r"\`code\` \*\_\~\$\#"),
        ("@someone \\", r"&#64;someone " + "\\\\"),
        ("\x1b[31m\x00\u202e", r"\\x1b\[31m\\x00\\u202e"),
    ],
)
def test_markdown_of_foreign_text(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_a_folder_has_every_form(tmp_path: Path) -> None:
    write_folder(tmp_path, made(case_result("crash", diagnosis="\ud800\x00<"), impl=replace(IMPL, name="\ud800")))
    assert {path.name for path in tmp_path.iterdir()} == set(FORMS)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "this is no report of the suite: Expecting value"),
        ("[" * 100_000, "this is no report of the suite: it is nested too deeply"),
        ("{}", "this is no report of the suite: 'schema' is a required property"),
        ("\x00", "this is no report of the suite: "),
    ],
    ids=["empty", "deep", "other", "binary"],
)
def test_a_file_that_is_no_report(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ReportError) as caught:
        read_report(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")


def test_a_report_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"/none\.json: cannot be read: No such file or directory"):
        read_report(tmp_path / "none.json")
