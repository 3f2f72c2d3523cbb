"""A host with many faults, as real ones have: few causes, each under its clause, and known failures that hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checkup import Checkup
from likenesses import HOSTS
from zygote import zygote

from wasi_nn_conformance.commands.known_failures import main
from wasi_nn_conformance.report.json_report import read_report

if TYPE_CHECKING:
    from wasi_nn_conformance.report.data import Report

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a zygote waits for processes as Linux lets it")

MINIATURE = Path(__file__).resolve().parent.parent / "miniatures" / "many_faults.py"
HOST = "four graphs, memory kept, only f32, a log"
CASES = (
    *("load/plain", "context/plain", "input/plain", "compute/plain", "output/plain", "values/f32/numbers"),
    *("values/integers/u8", "input/different-types", "input/overwritten/buffer=t.data", "input/one-buffer-for-all"),
)
MOST_CAUSES = 6


def checked(adapter: Path, folder: Path, *options: str) -> tuple[int, Report]:
    """Run the cases on a host from a folder; return the exit status and the report."""
    report = folder / "report"
    words = ["-m", "pytest", "--pyargs", "wasi_nn_conformance", f"--impl={adapter}", f"--report={report}"]
    words += ["-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--assert=plain", "--fuzz-examples=0"]
    words += [f"--case={name}[witx-openvino]" for name in CASES]
    done = subprocess.run(  # noqa: S603 - our own suite
        [sys.executable, *words, *options], cwd=folder, capture_output=True, text=True, check=False
    )
    assert report.is_dir(), done.stdout + done.stderr
    return done.returncode, read_report(report)


def test_each_fault_is_a_row_and_known_failures_hold(tmp_path: Path) -> None:
    with zygote() as forks:
        adapter = Checkup(forks, tmp_path).adapter(HOSTS[HOST])
        first, elsewhere = tmp_path / "first", tmp_path / "elsewhere"
        for folder in (first, elsewhere):
            folder.mkdir()
        status, found = checked(adapter, first)
        clauses = [cause.clause for cause in found.causes]
        assert status == 1
        assert "input.copied" in clauses
        assert set(clauses) <= {"input.copied", "process.no-carry-over", "process.capacity"}
        assert len(clauses) <= MOST_CAUSES
        known = tmp_path / "host.known-failures.toml"
        assert main([str(first / "report"), f"--output={known}"]) == 0
        for folder in (first, first, elsewhere):
            status, again = checked(adapter, folder, f"--known-failures={known}")
            assert status == 0
            assert again.totals.xfail == found.totals.findings


def test_it_is_started_as_any_host() -> None:
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(MINIATURE), "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout[:8]) == (0, "wasi-nn ")
