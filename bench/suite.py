"""Rows of the suite: seconds per case on the reference host, and on wasmtime where that is installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from row import Figures, Row, Target
from wasi_nn_conformance.run.adapter import AdapterError, read_adapter
from whole_run import run_suite

if TYPE_CHECKING:
    from pathlib import Path

_COUNTED = {"pass", "deviates"}  # after other verdicts a new process may have been started
_TARGET = Target(25.0)  # ms


@dataclass(frozen=True)
class Run:
    """One run of the suite: `seconds` of the whole process, and the conversation's seconds of each case."""

    seconds: float
    cases: dict[str, float]
    orderly: frozenset[str]

    @property
    def whole(self) -> float:
        """Milliseconds of the whole process for a case."""
        return 1e3 * self.seconds / len(self.cases)

    def mean(self, cases: frozenset[str]) -> float:
        """Return the milliseconds of one of these cases."""
        return 1e3 * sum(self.cases[case] for case in cases) / len(cases)


def suite(folder: Path, turns: int) -> list[Row]:
    """Run the suite on witx and OpenVINO IR, which both hosts serve, in turns."""
    missing = _missing("wasmtime")
    ours, theirs = [], []
    for turn in range(turns):
        ours.append(run("reference", folder / f"reference-{turn}"))
        if not missing:
            theirs.append(run("wasmtime", folder / f"wasmtime-{turn}"))
    orderly = frozenset.intersection(*(each.orderly for each in [*ours, *theirs]))
    return [
        _row("d: a case of the suite", [each.mean(orderly) for each in ours], [each.mean(orderly) for each in theirs],
             missing or f"wasmtime; {len(orderly)} cases that end in order"),
        _row("d: a case, the whole run", [each.whole for each in ours], [each.whole for each in theirs],
             missing or "wasmtime, which crashes and is started again in some cases"),
    ]  # fmt: skip


def _row(name: str, ours: list[float], theirs: list[float], against: str) -> Row:
    return Row(name, "ms", Figures(tuple(ours)), against, Figures(tuple(theirs)) if theirs else None, _TARGET)


def _missing(impl: str) -> str:
    """Say why there is no such host to compare with; empty if there is one."""
    try:
        read_adapter(impl).version()
    except AdapterError as error:
        return f"nothing: {error}"
    return ""


def run(impl: str, report: Path) -> Run:
    """Run the written cases of witx and OpenVINO IR. Raises `SuiteError`."""
    options = (f"--impl={impl}", "--abi=witx", "--encoding=openvino", "--fuzz-examples=0")
    seconds, told = run_suite(report, options)
    cases: list[dict[str, Any]] = told["cases"]
    return Run(
        seconds,
        {case["id"]: case["seconds"] for case in cases},
        frozenset(case["id"] for case in cases if case["verdict"] in _COUNTED),
    )
