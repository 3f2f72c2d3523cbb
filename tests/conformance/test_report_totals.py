"""The numbers of one run are the same wherever they are shown."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from wasi_nn_conformance.models import Model, ModelFiles
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.examination import Examination
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.clause import Level

pytest_plugins = ["pytester"]

VECTOR = """
- id: {}
  clause: compute.repeatable
  why: because a host may get this wrong
  abi: [witx]
  steps:
  - compute: {{context: {{raw: 1}}}}
    fails: {{}}
"""
VERDICTS = ["pass"] * 3 + [
    "unsupported",
    "blocked",
    "deviates",
    "deviates",
    "xfail",
    "fail",
    "crash",
    "hang",
    "xpass",
    "error",
]
TWO_WAYS = ["ok", "busy"]  # what a host answers to one question, passing each time: two more deviate in the end
WANTED = Counter(VERDICTS) + Counter({"deviates": 2})


@pytest.fixture(autouse=True)
def decided(monkeypatch: pytest.MonkeyPatch, models: Mapping[str, Model], files: ModelFiles) -> None:
    """Let the id of a vector say its verdict, or the choice of a host that passes."""
    examine = Examination.examine

    def decided(examination: Examination, case: Any) -> Any:
        word = case.vector.id.partition("/")[2]
        if word in TWO_WAYS:
            return replace(examine(examination, case), level=Level.DEFINED, choice=word)
        return replace(examine(examination, case), verdict=Verdict(word), diagnosis=f"{word}\x1b\ud800\uffff")

    monkeypatch.setattr(Examination, "examine", decided)
    monkeypatch.setattr(Library, "models", models)
    monkeypatch.setattr(Library, "model_files", files)


@pytest.fixture
def shown(
    pytester: pytest.Pytester, write: Callable[[str, str], Path], adapter_file: Callable[..., Path], tmp_path: Path
) -> dict[str, str]:
    """Run a case of each verdict, and give what is on the screen and in each file."""
    vectors = "".join(VECTOR.format(f"{number}/{word}") for number, word in enumerate([*VERDICTS, *TWO_WAYS]))
    out = tmp_path / "out"
    options = ["-p", "no:hypothesispytest", "-p", "no:cacheprovider", "--pyargs", "wasi_nn_conformance"]
    options += [f"--impl={adapter_file('errors')}", f"--vectors={write('area.yaml', vectors)}"]
    ran = pytester.runpytest_inprocess(*options, f"--report={out}", f"--junitxml={out / 'junit.xml'}")
    return {path.name: path.read_text("utf-8") for path in out.iterdir()} | {"screen": str(ran.stdout)}


def words(text: str) -> Counter[str]:
    """Read `3 pass, 1 fail, 2 pass`."""
    found: Counter[str] = Counter()
    for number, verdict in re.findall(r"(\d+) (\w+)", text):
        found[verdict] += int(number)
    return found


def in_pytest(counted: Counter[str]) -> Counter[str]:
    """Return the numbers under the names that pytest's own last line has for verdicts."""
    names = {"pass": "passed", "xfail": "xfailed"} | dict.fromkeys(("fail", "crash", "hang", "xpass"), "failed")
    return sum((Counter({names.get(verdict, verdict): n}) for verdict, n in counted.items()), Counter())


def test_junit_counts_what_the_whole_run_has_judged(shown: dict[str, str]) -> None:
    suite = ET.fromstring(shown["junit.xml"]).find("testsuite")  # noqa: S314 pytest has just written it
    assert suite is not None
    counted = {name: int(suite.get(name, "")) for name in ("tests", "failures", "errors", "skipped")}
    failures = sum(WANTED[verdict] for verdict in ("fail", "crash", "hang", "xpass"))
    assert counted == {
        "tests": WANTED.total(),
        "failures": failures,
        "errors": WANTED["error"],
        "skipped": WANTED["unsupported"] + WANTED["blocked"],
    }
    messages = {str(each.get("message")) for each in suite.iterfind("testcase/failure")}
    assert all("\n" not in message for message in messages)


def test_the_numbers_agree(shown: dict[str, str]) -> None:
    junit = ET.fromstring(shown["junit.xml"])  # noqa: S314 pytest has just written it
    totals = {str(each.get("name")): int(each.get("value", "")) for each in junit.iterfind("testsuite/properties/")}
    report, html = json.loads(shown["report.json"]), shown["report.html"]
    assert totals == report["totals"]
    (screen,) = re.findall(r"all 15 cases: (.*)", shown["screen"])
    (line,) = re.findall(r'<p class="totals">(.*?)</p>', html)
    (matrix,) = re.findall(r'<table class="matrix">.*?</table>', html, re.DOTALL)
    last_line = re.sub(r" in [\d.]+s.*", "", shown["screen"].splitlines()[-1])
    assert words(last_line) == in_pytest(WANTED)
    of_cases = junit.iterfind(".//testcase/properties/property[@name='verdict']")
    told = {
        "screen": words(screen),
        "head of the page": words(re.sub("<[^>]*>", "", line)),
        "matrix of the page": words(" ".join(re.findall(r'data-verdict="\w+">(.*?)<', matrix))),
        "cases of the page": Counter(re.findall(r'class="case" [^>]*data-verdict="(\w+)"', html)),
        "cases of the report": Counter(case["verdict"] for case in report["cases"]),
        "summary": words(" ".join(f"{n} {v}" for v, n in re.findall(r"\| (\w+) \| (\d+) \|", shown["summary.md"]))),
        "cases of JUnit": Counter(each.get("value") for each in of_cases),
    }
    assert (told, totals["cases"]) == (dict.fromkeys(told, WANTED), WANTED.total())
    assert json.loads(shown["badge.json"])["message"] == "3 findings, 1 unexpectedly right, 1 error"
