"""Rows of drawn conversations: milliseconds for a call, with all that drawing and judging take."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from row import Figures, Row, Target
from whole_run import SuiteError, run_suite

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("sequences", "errors", "shapes", "bytes")
# The suite and the host take turns. In a virtual machine, waking another processor takes longer than a turn.
_ONE_PROCESSOR = ("taskset", "-c", str(min(os.sched_getaffinity(0)))) if shutil.which("taskset") else ()
_TARGET = Target(1e3 / 1500)  # ms: 1,500 calls a second


def drawn(folder: Path, turns: int) -> list[Row]:
    """Draw conversations of each kind on witx and OpenVINO IR. Raises `SuiteError`."""
    return [
        Row(
            f"g: a call of drawn {kind}",
            "ms",
            Figures(tuple(milliseconds(kind, folder / f"{kind}-{turn}") for turn in range(turns))),
            "nothing; one process, its start included",
            target=_TARGET if kind == "sequences" else None,
        )
        for kind in KINDS
    ]


def milliseconds(kind: str, report: Path) -> float:
    """Return the milliseconds of a call of one search. Raises `SuiteError`, also if it finds something."""
    options = ("--impl=reference", "--abi=witx", "--encoding=openvino", f"--fuzz-only={kind}", "--fuzz-examples=400")
    _, told = run_suite(report, options, _ONE_PROCESSOR)
    (search,) = told["fuzz"]["searches"]
    if search["findings"]:
        raise SuiteError(f"drawing {kind} found {', '.join(search['findings'])}")
    return 1e3 * float(search["seconds"]) / int(search["calls"])
