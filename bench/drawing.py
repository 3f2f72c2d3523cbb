"""Rows of drawn conversations: milliseconds for a call, with all that drawing and judging take."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from row import Figures, Row, Target
from suite import SuiteError

_ROOT = Path(__file__).parent.parent
_KINDS = ("sequences", "errors", "shapes", "bytes")
# The suite and the host take turns. In a virtual machine, waking another processor takes longer than a turn.
_ONE_PROCESSOR = ("taskset", "-c", str(min(os.sched_getaffinity(0)))) if shutil.which("taskset") else ()
_TARGET = Target(1e3 / 1500)  # ms: 1,500 calls a second


def drawn(folder: Path, turns: int) -> list[Row]:
    """Draw conversations of each kind on witx and OpenVINO IR. Raises `SuiteError`."""
    return [
        Row(
            f"g: a call of drawn {kind}",
            "ms",
            Figures(tuple(_milliseconds(kind, folder / f"{kind}-{turn}") for turn in range(turns))),
            "nothing; one process, its start included",
            target=_TARGET if kind == "sequences" else None,
        )
        for kind in _KINDS
    ]


def _milliseconds(kind: str, report: Path) -> float:
    argv = [sys.executable, "-m", "pytest", "conformance/", "--impl=reference", "--abi=witx", "--encoding=openvino"]
    options = [f"--fuzz-only={kind}", "--fuzz-examples=400", f"--report={report}", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603 - the benchmark's own command
        [*_ONE_PROCESSOR, *argv, *options],
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SuiteError(f"drawing {kind} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-500:]}")
    (search,) = json.loads((report / "report.json").read_text("utf-8"))["fuzz"]["searches"]
    return 1e3 * float(search["seconds"]) / int(search["calls"])
