"""The suite of one checkout, run as its users run it; two checkouts can be measured in turns."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDS = {0, 1}  # all as wanted, or findings


class SuiteError(Exception):
    """The suite did not run to its end."""


@dataclass(frozen=True)
class Checkout:
    """A folder with this project, and the Python that has it installed."""

    root: Path
    python: str = sys.executable

    def run(self, report: Path, options: Sequence[str], before: Sequence[str] = ()) -> tuple[float, dict[str, Any]]:
        """Run the suite with `options`: the seconds of the whole process, and what stands in its report.

        `before` stands before the command, to bind it to a processor. Raises `SuiteError`.
        """
        command = [*before, self.python, "-m", "pytest", "conformance/", *options, f"--report={report}", "-q"]
        started = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - the benchmark's own command
            [*command, "-p", "no:cacheprovider"],
            cwd=self.root,
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


HERE = Checkout(Path(__file__).parent.parent)
