import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from wasi_nn_conformance.clause import Clause, Level
from wasi_nn_conformance.record import Record
from wasi_nn_conformance.report.badge import badge_json, badge_svg
from wasi_nn_conformance.report.file import ReportError, read_report, report
from wasi_nn_conformance.report.folder import FORMS, write_folder
from wasi_nn_conformance.report.markdown import escaped, summary_md

CLAUSES = {
    "a.one": Clause("a.one", Level.MUST, "A host does what it is asked.", "witx: compute"),
    "b.open": Clause("b.open", Level.DEFINED, "A host may.", "witx: load"),
}


def record(verdict: str, **changes: Any) -> dict[str, Any]:
    base = Record("v[witx]", "v", "a.one", "must", "witx", None, verdict, "", None, 0.5, ("> x", "< y"))
    return replace(base, **changes).json()


def made(*records: dict[str, Any], name: str = "miniature") -> dict[str, Any]:
    impl = {"name": name, "version": "1.2", "command": ["run", "{probe}"]}
    return report(impl, records, CLAUSES, ["pytest", "suite"])


@pytest.mark.parametrize(
    ("verdicts", "message", "colour"),
    [
        (["pass", "pass", "deviates", "unsupported"], "3 pass", "2e7d32"),
        (["pass", "xfail", "xfail"], "1 pass, 2 known", "8a6100"),
        (["pass", "fail", "crash", "hang", "xfail"], "3 findings", "c62828"),
        (["fail"], "1 finding", "c62828"),
        (["pass", "error"], "1 error", "c62828"),
        (["pass", "xpass"], "1 unexpectedly right", "c62828"),
        (["unsupported"], "0 pass", "8a6100"),
    ],
)
def test_badge(verdicts: list[str], message: str, colour: str) -> None:
    run = made(*map(record, verdicts))
    wanted = {"schemaVersion": 1, "label": "wasi-nn", "message": message, "color": colour}
    assert json.loads(badge_json(run)) == wanted
    image = ET.fromstring(badge_svg(run))  # noqa: S314 we have just written it
    texts = [text.text for text in image.iter("{http://www.w3.org/2000/svg}text")]
    fills = [box.get("fill") for box in image.iter("{http://www.w3.org/2000/svg}rect")]
    assert (texts, fills[-1], image.get("aria-label")) == (["wasi-nn", message], f"#{colour}", f"wasi-nn: {message}")


def test_badge_is_as_wide_as_its_boxes() -> None:
    image = ET.fromstring(badge_svg(made(record("pass"))))  # noqa: S314 we have just written it
    boxes = [box for box in image.iter("{http://www.w3.org/2000/svg}rect") if box.get("fill")]
    assert sum(int(box.get("width", "")) for box in boxes) == int(image.get("width", ""))


def test_markdown_of_a_run() -> None:
    expected = {"outcome": "fail", "because": "it <never> asked"}
    records = [
        record("pass", id="a[witx]"),
        record("crash", id="b[witx]", diagnosis="the host died | loudly; wanted success"),
        record("xfail", id="c[witx]", diagnosis="success; wanted an error", expected=expected),
        record("pass", id="d[witx-onnx]", clause="b.open", level="defined", encoding="onnx", choice="ok"),
    ]
    assert summary_md(made(*records)).splitlines() == [
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
        "### Findings",
        "",
        "**a.one** (must): A host does what it is asked.",
        "",
        "| verdict | case | got and wanted |",
        "| --- | --- | --- |",
        r"| crash | b\[witx\] | the host died \| loudly; wanted success |",
        r"| xfail | c\[witx\] | success; wanted an error *Expected because it &lt;never&gt; asked* |",
        "",
        "### Choices",
        "",
        "What the host does where the specification leaves the choice to it.",
        "",
        "| clause | ABI and encoding | choice |",
        "| --- | --- | --- |",
        "| b.open | witx onnx | ok |",
    ]


def test_markdown_of_a_run_without_findings_names_none() -> None:
    assert "Findings" not in summary_md(made(record("pass")))


def test_markdown_shows_ten_cases_of_a_clause_and_counts_the_others() -> None:
    text = summary_md(made(*(record("fail", id=f"v/{number}[witx]") for number in range(12))))
    assert (text.count("| fail | v/"), "and 2 more in report.html" in text) == (10, True)


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
    write_folder(tmp_path, made(record("crash", diagnosis="\ud800\x00<"), name="\ud800"))
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
