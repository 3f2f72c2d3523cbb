"""What stands beside the suite where it runs: other plugins, folders that cannot be written to, Python's options."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.paths import PACKAGE

pytest_plugins = ["pytester"]

HEAD = "  clause: compute.repeatable\n  why: because a host may get this wrong\n  abi: [witx]\n"
PASSES = f"- id: passes\n{HEAD}  steps:\n  - compute: {{context: {{raw: 1}}}}\n    fails: {{}}\n"
FAILS = f"- id: fails\n{HEAD}  steps:\n  - compute: {{context: {{raw: 1}}}}\n"
QUICK = ("-p", "no:hypothesispytest", "-p", "no:cacheprovider")
RUNTIME = Path(__file__).resolve().parents[1] / "miniatures" / "runtime.py"


@pytest.fixture
def vectors(write: Callable[[str, str], Path]) -> str:
    return f"--vectors={write('area.yaml', PASSES + FAILS)}"


@pytest.fixture
def impl(adapter_file: Callable[..., Path], tmp_path: Path) -> str:
    """Name a host that answers every call with an error."""
    path = adapter_file(f"mortal {tmp_path / 'starts'}")
    return f"--impl={path}"


def verdicts(folder: Path) -> dict[str, str]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    return {case["id"]: case["verdict"] for case in report["cases"]}


def test_tests_of_this_project_are_strict(pytestconfig: pytest.Config) -> None:
    told = "run `pytest tests/`, which reads tests/pytest.ini"
    assert (pytestconfig.getini("filterwarnings"), pytestconfig.getini("xfail_strict")) == (["error"], True), told


@pytest.mark.parametrize(
    "options",
    [["-p", "warner"], ["-o", "cache_dir={file}/cache"], ["optimised"], ["optimised", "-n1"]],
    ids=["a plugin that warns", "no cache", "optimised", "optimised workers"],
)
def test_a_checkout(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, impl: str, vectors: str, options: list[str]
) -> None:
    """The suite as a user of a checkout runs it, with the settings that pytest finds there."""
    pytester.makepyfile(
        warner="import warnings\n\ndef pytest_configure():\n    warnings.warn('set a scope', DeprecationWarning)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    monkeypatch.setenv("PYTHONOPTIMIZE", "2" if "optimised" in options else "")
    words = [word.format(file=pytester.makefile(".txt", "")) for word in options if word != "optimised"]
    command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", PACKAGE.parent, impl, vectors, *words]
    result = pytester.run(*command)
    assert (result.ret, "all 2 cases: 1 pass, 1 fail" in result.outlines) == (1, True)
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_a_case_that_runs_again_counts_once(pytester: pytest.Pytester, impl: str, vectors: str) -> None:
    options = (*QUICK, "--pyargs", "wasi_nn_conformance", "--reruns=2", "--report=out")
    result = pytester.runpytest_inprocess(*options, impl, vectors)
    assert "all 2 cases: 1 pass, 1 fail" in result.outlines
    assert re.search("1 failed, 1 passed, 2 rerun in", result.outlines[-1])
    assert verdicts(pytester.path / "out") == {"passes[witx]": "pass", "fails[witx]": "fail"}


def test_a_case_that_is_ended_from_outside_is_no_verdict_and_its_reply_is_nobody_elses(
    pytester: pytest.Pytester, adapter_file: Callable[..., Path], vectors: str, tmp_path: Path
) -> None:
    """The first process never answers; it is in the middle of a call when pytest-timeout ends the case."""
    python = f"{sys.executable} -I -S {RUNTIME}"
    script = f"mkdir {tmp_path}/once && exec {python} hangs; exec {python} mortal {tmp_path}/starts"
    impl = adapter_file("silent", command=["/bin/sh", "-c", script, "{probe}"])
    options = (*QUICK, "--pyargs", "wasi_nn_conformance", f"--impl={impl}", "--report=out", "--timeout=1")
    result = pytester.runpytest_inprocess(*options, "--timeout-method=signal", vectors)
    assert (result.ret, "Traceback" in result.stdout.str(), "_pytest" in result.stdout.str()) == (1, False, False)
    assert verdicts(pytester.path / "out") == {"passes[witx]": "error", "fails[witx]": "fail"}
    report = json.loads((pytester.path / "out" / "report.json").read_text("utf-8"))
    diagnoses = {case["id"]: case["diagnosis"] for case in report["cases"]}
    assert diagnoses["passes[witx]"].startswith("ended from outside: Timeout")


def test_an_interrupt_before_the_first_verdict_leaves_no_older_report(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, impl: str, vectors: str
) -> None:
    options = (*QUICK, "--pyargs", "wasi_nn_conformance", impl, vectors, "--report=out")
    pytester.runpytest_inprocess(*options)
    assert len(verdicts(pytester.path / "out")) == 2

    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wasi_nn_conformance.run.host_pool.Host.serve", interrupted)
    result = pytester.runpytest_inprocess(*options, no_reraise_ctrlc=True)
    badge = json.loads((pytester.path / "out" / "badge.json").read_text("utf-8"))
    assert (result.ret, verdicts(pytester.path / "out"), badge["message"][:10]) == (2, {}, "incomplete")


def test_vectors_that_cannot_be_read_leave_no_report(
    pytester: pytest.Pytester, write: Callable[[str, str], Path], impl: str
) -> None:
    options = (*QUICK, "--pyargs", "wasi_nn_conformance", impl, "--report=out")
    result = pytester.runpytest_inprocess(*options, f"--vectors={write('area.yaml', PASSES + '  stepz: 1')}")
    assert (result.ret, (pytester.path / "out" / "report.json").exists()) == (2, False)


def test_workers_draw_from_the_seed_of_the_whole_run(pytester: pytest.Pytester, impl: str) -> None:
    seen = pytester.path / "seen"
    pytester.makeconftest(
        "from pathlib import Path\n\ndef pytest_collection_finish(session):\n"
        f"    Path({str(seen)!r}).write_text(str(session.items[0].suite.fuzz_options.seed))\n"
    )
    drawn = ("--fuzz-only=errors", "--fuzz-examples=1", "--abi=witx", "--encoding=onnx", "--fuzz-seed=random")
    options = (*QUICK, "--pyargs", "wasi_nn_conformance", impl, *drawn, "-n1", "--report=out")
    pytester.runpytest_inprocess(*options)
    report = json.loads((pytester.path / "out" / "report.json").read_text("utf-8"))
    assert seen.read_text("ascii") == str(report["fuzz"]["seed"])
