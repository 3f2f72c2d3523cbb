import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.pytest_plugin.reporting import Reporting
from wasi_nn_conformance.pytest_plugin.screen import Screen
from wasi_nn_conformance.report.data import Search
from wasi_nn_conformance.report.json_report import read_report
from wasi_nn_conformance.report.paragraph import replay_of

pytest_plugins = ["pytester"]

QUICK = ("-p", "no:hypothesispytest")

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, adapter_file: Callable[..., Path], tmp_path: Path) -> Run:
    """Draw on a host that answers every call with an error."""
    impl = adapter_file(f"mortal {tmp_path / 'starts'}", encodings=["onnx"])
    given = (*QUICK, "--pyargs", "wasi_nn_conformance", f"--impl={impl}", "--fuzz-only=shapes", "--fuzz-examples=2")
    return lambda *options: pytester.runpytest_inprocess(*given, *options)


@pytest.fixture
def generated(run: Run, pytester: pytest.Pytester) -> dict[str, Any]:
    run("--report=out")
    report: dict[str, Any] = json.loads((pytester.path / "out" / "report.json").read_text("utf-8"))
    schema("report").validate(report)
    return report


def test_a_report_has_the_vector_of_each_drawn_finding(generated: dict[str, Any], pytester: pytest.Pytester) -> None:
    files = {each["file"]: each["text"] for each in generated["fuzz"]["vectors"].values()}
    written = {f"out/regressions/{path.name}": path.read_text("utf-8") for path in pytester.path.glob("out/*/*.yaml")}
    found = [case_id for search in generated["fuzz"]["searches"] for case_id in search["findings"]]
    assert (files, sorted(generated["fuzz"]["vectors"])) == (written, sorted(found))


def test_a_report_replays_a_drawn_finding_where_the_run_was_started(run: Run, pytester: pytest.Pytester) -> None:
    run("--report=out")
    read = read_report(pytester.path / "out")
    arguments = shlex.split(replay_of(read, read.cases[0]))[1:]
    assert "1 case: 1 fail" in pytester.runpytest_inprocess(*QUICK, *arguments).stdout.str()


def test_lf_draws_again_what_failed_last(run: Run) -> None:
    run()
    assert re.search(r"1 failed, 1 search in", run("--lf").outlines[-1])


def test_a_run_that_only_draws_and_finds_nothing_speaks_of_no_cases() -> None:
    search = msgspec.to_builtins(Search("bytes", "witx", "onnx", 1, 5, 0.5, {}, {}, ()))
    fuzz_options = SimpleNamespace(seed=3, missing="")
    suite: Any = SimpleNamespace(adapter=SimpleNamespace(name="mine"), fuzz_options=fuzz_options)
    reporting = Reporting(suite)
    reporting.searched["fuzz"] = {"search": search, "findings": [], "fault": None}
    lines: list[str] = []
    Screen(reporting).summary(SimpleNamespace(section=lines.append, write_line=lines.append))
    assert lines == ["wasi-nn: mine", "generated (seed 3):", "  bytes: 1 conversation, 5 calls, 0.5 s: no findings"]


def test_k_picks_a_search(run: Run) -> None:
    assert "2 deselected" in run("--collect-only", "--fuzz-only=bytes", "-k", "nothing").outlines[-1]


def test_collecting_starts_no_host(run: Run, tmp_path: Path) -> None:
    result = run("--collect-only", "-q")
    shown = [line for line in result.outlines if line.startswith("fuzz::")]
    assert (shown, (tmp_path / "starts").exists()) == (["fuzz::fuzz/shapes[witx-onnx]"], False)


def test_junit_tells_what_was_drawn(run: Run, tmp_path: Path) -> None:
    run("--abi=witx", f"--junitxml={tmp_path / 'junit.xml'}")
    (case,) = ET.parse(tmp_path / "junit.xml").getroot().iter("testcase")  # noqa: S314 pytest has just written it
    told = {str(each.get("name")): str(each.get("value")) for each in case.iter("property")}
    assert {name: told[name] for name in ("kind", "abi", "encoding", "seed")} == {
        "kind": "shapes",
        "abi": "witx",
        "encoding": "onnx",
        "seed": "0",
    }
    assert int(told["calls"]) >= int(told["examples"]) > 0
