#!/usr/bin/env python3
"""Checks releases of runtimes with the suite, one after another, and prints a table: `tox -e runtimes`.

Each gets a folder with its report. What is not an option of this program goes to the suite: `check.py --only 49.0.4
--fuzz-examples 100`; without it only the written vectors are run. What known failures do not tell fails the run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from programs import RELEASES, Program, ProgramError, programs
from wasi_nn_conformance.report.json_report import ReportError, read_report
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.cache_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wasi_nn_conformance.report.data import Report

_SHOWN = (Verdict.PASS, Verdict.DEVIATES, Verdict.UNSUPPORTED, Verdict.BLOCKED)


@dataclass(frozen=True)
class Row:
    """What a run of the suite on one program came to; `report` is missing where the suite could not judge at all."""

    name: str
    status: int
    seconds: float
    report: Report | None

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        if self.report is None:
            return (self.name, f"no report, exit status {self.status}")
        totals = self.report.totals
        causes = Counter(cause.expected is not None for cause in self.report.causes)
        return (
            self.name,
            self.report.impl.version.partition(" (")[0],
            *(str(totals[verdict]) for verdict in _SHOWN),
            f"{totals[Verdict.XFAIL]} of {causes[True]} causes",
            f"{totals.findings + totals[Verdict.XPASS]} of {causes[False]} causes",
            f"{self.seconds:.0f} s",
        )


HEAD = ("runtime", "version", *(verdict.value for verdict in _SHOWN), "known failures", "findings", "time")


def main(arguments: Sequence[str]) -> int:
    """Check the programs that were asked for: 0 if nothing but what is known was found, else 1."""
    options, for_the_suite = _parser().parse_known_args(arguments)
    known = programs()
    names = options.only.split(",") if options.only else list(RELEASES)
    if unknown := [name for name in names if name not in known]:
        sys.stderr.write(f"check.py: no such program: {', '.join(unknown)}; there are: {', '.join(known)}\n")
        return 2
    rows = []
    for name in names:
        print(f"\n=== {name}", flush=True)
        try:
            rows.append(_checked(known[name], options.reports / name, for_the_suite))
        except ProgramError as error:
            sys.stderr.write(f"check.py: {error}\n")
            return 1
    print(f"\n{table(rows)}\n\nreports: {options.reports}")
    return int(any(row.status for row in rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Check releases of runtimes with the suite.")
    parser.add_argument("--only", metavar="NAME,...", help="these programs, of those that get.py has")
    parser.add_argument(
        "--reports", metavar="DIR", type=Path, default=cache_folder() / "runtimes", help="a folder for all reports"
    )
    return parser


def _checked(program: Program, folder: Path, options: Sequence[str]) -> Row:
    path = program.install()
    (folder / "report.json").unlink(missing_ok=True)  # an older one would be taken for this run's
    command = [sys.executable, "-P", "-m", "wasi_nn_conformance", program.adapter, "--fuzz-examples", "0"]
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 the suite itself
        [*command, "--report", str(folder), "-q", *options],
        env={**os.environ, program.variable: str(path)},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    seconds = time.perf_counter() - started
    try:
        report = read_report(folder / "report.json")
    except ReportError:
        report = None
    return Row(program.name, done.returncode, seconds, report)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table of Markdown, with its head."""
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
