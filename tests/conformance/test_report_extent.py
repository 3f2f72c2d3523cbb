"""How much of the suite a run was, as its report, badge and pages tell it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.report.data import Report
from wasi_nn_conformance.report.json_report import read_report
from wasi_nn_conformance.run.host_pool import Host

pytest_plugins = ["pytester"]

HEAD = "  clause: compute.repeatable\n  why: because a host may get this wrong\n  abi: [witx]\n"
PASSES = "- id: passes/{}\n" + HEAD + "  steps:\n  - compute: {{context: {{raw: 1}}}}\n    fails: {{}}\n"
FAILS = "- id: fails/{}\n" + HEAD + "  steps:\n  - compute: {{context: {{raw: 1}}}}\n"
QUIET = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider")

Run = Callable[..., Report]


@pytest.fixture
def run(
    pytester: pytest.Pytester, write: Callable[[str, str], Path], adapter_file: Callable[..., Path], tmp_path: Path
) -> Run:
    """Run four cases, of which the second and the fourth fail, and give the report."""
    vectors = write("area.yaml", "".join(text.format(number) for number in range(2) for text in (PASSES, FAILS)))
    impl = adapter_file(f"mortal {tmp_path / 'starts'}")
    given = [*QUIET, "--pyargs", "wasi_nn_conformance", f"--impl={impl}", f"--report={tmp_path / 'out'}"]

    def run(*options: str) -> Report:
        own = [] if any(option.startswith("--fuzz") for option in options) else [f"--vectors={vectors}"]
        pytester.runpytest_inprocess(*given, *own, *options, no_reraise_ctrlc=True)
        return read_report(tmp_path / "out")

    return run


def extent(report: Report) -> tuple[bool, bool, int, int]:
    assert report.run is not None
    return report.run.complete, report.run.stopped, report.run.selected, report.run.available


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ("", (True, False, 4, 4)),
        ("--case=passes/*", (False, False, 2, 4)),
        ("-k fails", (False, False, 2, 4)),
        ("-x", (False, True, 4, 4)),
        ("--maxfail=1 --case=fails/*", (False, True, 2, 4)),
        ("-n1 -x", (False, True, 4, 4)),
        ("--fuzz-only=bytes --fuzz-examples=2 --abi=witx --encoding=openvino", (True, False, 0, 0)),
    ],
)
def test_extent_of_a_run(run: Run, options: str, wanted: tuple[bool, bool, int, int]) -> None:
    assert extent(run(*options.split())) == wanted


def test_an_interrupted_run_says_so(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    carry_out = Host.serve

    def until_somebody_has_enough(host: Host, case: Any, **options: Any) -> Any:
        if case.id == "passes/1[witx]":
            raise KeyboardInterrupt
        return carry_out(host, case, **options)

    monkeypatch.setattr(Host, "serve", until_somebody_has_enough)
    report = run("--case=passes/*")
    assert (extent(report), [case.id for case in report.cases]) == ((False, True, 2, 4), ["passes/0[witx]"])
    told = "Incomplete: 2 of 4 cases were selected, and the run was stopped before its end."
    for name in ("report.html", "summary.md"):
        assert told in (tmp_path / "out" / name).read_text("utf-8")
    badge = json.loads((tmp_path / "out" / "badge.json").read_text("utf-8"))
    assert (badge["message"], badge["color"]) == ("incomplete: 1 pass", "8a6100")
    assert "wasi-nn: incomplete: 1 pass" in (tmp_path / "out" / "badge.svg").read_text("utf-8")


def test_an_interrupted_run_of_workers_knows_what_was_selected(run: Run, pytester: pytest.Pytester) -> None:
    """The interrupt comes with the first verdict: no worker has come to its end."""
    pytester.makeconftest(
        "import pytest\n@pytest.hookimpl(trylast=True)\n"
        "def pytest_runtest_logreport(report):\n"
        "    if hasattr(report, 'node') and report.when == 'call':\n        raise KeyboardInterrupt\n"
    )
    report = run("-n2", "--case=passes/*")
    assert (extent(report), len(report.cases)) == ((False, True, 2, 4), 1)


def test_a_report_tells_when_the_run_began_and_how_long_it_took(run: Run) -> None:
    told = run().run
    assert told is not None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", told.started)
    assert 0 < told.seconds < 60
