"""Rows of the suite: seconds per case on the reference host, and on wasmtime where that is installed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from row import Figures, Row, Target
from wasi_nn_conformance.run.adapter import AdapterError, read_adapter

_ROOT = Path(__file__).parent.parent
_COUNTED = {"pass", "deviates"}  # after other verdicts a new process may have been started
_TARGET = Target(25.0)  # ms
_EXIT = {0, 1}  # all as wanted, or findings


class SuiteError(Exception):
    """The suite did not run to its end."""


@dataclass(frozen=True)
class Run:
    """One run of the suite: `seconds` of the whole process, and the conversation's seconds of each case."""

    seconds: float
    cases: dict[str, float]
    orderly: frozenset[str]


def suite(folder: Path, turns: int) -> list[Row]:
    """Run the suite on witx and OpenVINO IR, which both hosts serve, in turns."""
    missing = _missing("wasmtime")
    ours, theirs = [], []
    for turn in range(turns):
        ours.append(_run("reference", folder / f"reference-{turn}"))
        if not missing:
            theirs.append(_run("wasmtime", folder / f"wasmtime-{turn}"))
    orderly = frozenset.intersection(*(run.orderly for run in [*ours, *theirs]))
    return [
        _row("d: a case of the suite", [_mean(run, orderly) for run in ours], [_mean(run, orderly) for run in theirs],
             missing or f"wasmtime; {len(orderly)} cases that end in order"),
        _row("d: a case, the whole run", [_whole(run) for run in ours], [_whole(run) for run in theirs],
             missing or "wasmtime, which crashes and is started again in some cases"),
    ]  # fmt: skip


def _row(name: str, ours: list[float], theirs: list[float], against: str) -> Row:
    return Row(name, "ms", Figures(tuple(ours)), against, Figures(tuple(theirs)) if theirs else None, _TARGET)


def _mean(run: Run, cases: frozenset[str]) -> float:
    return 1e3 * sum(run.cases[case] for case in cases) / len(cases)


def _whole(run: Run) -> float:
    return 1e3 * run.seconds / len(run.cases)


def _missing(impl: str) -> str:
    """Say why there is no such host to compare with; empty if there is one."""
    try:
        read_adapter(impl).version()
    except AdapterError as error:
        return f"nothing: {error}"
    return ""


def _run(impl: str, report: Path) -> Run:
    argv = [sys.executable, "-m", "pytest", "conformance/", f"--impl={impl}", "--abi", "witx"]
    options = ["--encoding", "openvino", "--report", str(report), "-q", "-p", "no:cacheprovider", "--fuzz-examples=0"]
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the benchmark's own command
        [*argv, *options], cwd=_ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode not in _EXIT:
        raise SuiteError(
            f"the suite on {impl} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-500:]}"
        )
    cases: list[dict[str, Any]] = json.loads((report / "report.json").read_text("utf-8"))["cases"]
    return Run(
        seconds,
        {case["id"]: case["seconds"] for case in cases},
        frozenset(case["id"] for case in cases if case["verdict"] in _COUNTED),
    )
