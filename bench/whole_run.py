"""The suite of this checkout, run as its users run it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
_ENDS = {0, 1}  # all as wanted, or findings


class SuiteError(Exception):
    """The suite did not run to its end."""


def run_suite(report: Path, options: Sequence[str], before: Sequence[str] = ()) -> tuple[float, dict[str, Any]]:
    """Run the suite with `options`: the seconds of the whole process, and what stands in its report.

    `before` stands before the command, to bind it to a processor. Raises `SuiteError`.
    """
    command = [*before, sys.executable, "-m", "pytest", "conformance/", *options, f"--report={report}", "-q"]
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the benchmark's own command
        [*command, "-p", "no:cacheprovider"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode not in _ENDS:
        said = f"{done.stdout[-2000:]}{done.stderr[-500:]}"
        raise SuiteError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return seconds, json.loads((report / "report.json").read_text("utf-8"))
