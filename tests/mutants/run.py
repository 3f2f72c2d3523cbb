"""Runs the suite on every mutant and prints which clause caught which: `tox -e mutants`, or `run.py --help`.

The healthy reference goes first, through the same launcher: only what it passes counts, and the time that its cases
take parts the quick from the slow. A mutant is asked one case of each clause in turn, and once a clause has caught it,
the others of that clause next, until enough vectors have caught it. The slow cases, a few that take half of the time,
are for those that no quick one has caught. So a mutant that survives was asked every case, and one on thin ice every
quick case; of the others the matrix shows the first clauses that caught it.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import trial
from matrix import document, summary
from mutant import ABIS, HEALTHY, Mutant, mutants
from zygote import zygote

from wasi_nn_conformance.formats.document import InputError

PAGE = trial.FOLDER.parent.parent / "docs" / "mutants.md"


def main() -> int:
    """Run the mutants; 1 if one survives or the healthy reference does not pass, 2 if one cannot be run."""
    options = _parser().parse_args()
    known = mutants()
    chosen = [each for each in known.values() if _matches(each.id, options.mutant)]
    if options.adapter:
        sys.stdout.write(trial.adapter_text({HEALTHY.id: HEALTHY, **known}[options.adapter]))
        return 0
    try:
        suite = trial.Suite(options.vector)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    started = time.perf_counter()
    with zygote() as forks:
        trial.prepare(suite, forks)
        wrong = _measured(chosen, options)
        for line in wrong:
            sys.stderr.write(f"the healthy reference does not pass: {line}\n")
        trials = _trials(chosen, options)
    seconds = time.perf_counter() - started
    sys.stdout.write(summary(trials, suite.clauses, seconds))
    if options.json:
        data = {
            "seconds": round(seconds, 1),
            "healthy": len(trial.seconds_of),
            "trials": [asdict(each) for each in trials],
        }
        options.json.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    if options.write_page:
        PAGE.write_text(document(PAGE.read_text("utf-8"), trials, suite.clauses, len(trial.seconds_of)), "utf-8")
    failed = int(bool(wrong) or any(not each.kills for each in trials))
    if options.attribution:
        from attribution import main as measured  # noqa: PLC0415 - only this needs it

        failed |= measured([f"--jobs={options.jobs}", *(["--write-page"] if options.write_page else [])])
    return 2 if any(each.error for each in trials) else failed


def _matches(name: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Each job waits for a host most of the time; a fork brings the vectors along.
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork"))


def _measured(chosen: list[Mutant], options: argparse.Namespace) -> list[str]:
    wrong: list[str] = []
    abis = [abi for abi in options.abi or ABIS if any(abi in each.abis for each in chosen)]
    encodings = [{encoding for each in chosen if abi in each.abis for encoding in each.encodings} for abi in abis]
    with _pool(options.jobs) as pool:
        for seconds, missed in pool.map(trial.measure, abis, map(tuple, encodings)):
            trial.seconds_of.update(seconds)
            wrong += missed
    return wrong


def _trials(chosen: list[Mutant], options: argparse.Namespace) -> list[trial.Trial]:
    with _pool(options.jobs) as pool:
        pending = [
            pool.submit(trial.attempt, mutant.id, abi, options.enough)
            for mutant in chosen
            for abi in mutant.abis
            if not options.abi or abi in options.abi
        ]
        trials = []
        for each in pending:
            trials.append(each.result())
            sys.stderr.write(_progress(trials[-1]))
    return trials


def _progress(done: trial.Trial) -> str:
    state = done.error or f"{len(done.vectors)} vectors in {done.asked} of {done.cases} cases"
    return f"{done.mutant} [{done.abi}]: {state}, {done.seconds:.1f} s\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    add = parser.add_argument
    add("--mutant", action="append", default=[], metavar="ID", help="run only these; * matches, may be repeated")
    add("--vector", action="append", default=[], metavar="ID", help="ask only these; * matches, may be repeated")
    add("--abi", action="append", choices=ABIS, help="run only this ABI; may be repeated")
    add("--enough", type=int, default=3, metavar="N", help="vectors that catch a mutant before it is left alone")
    add("--jobs", type=int, default=min(os.cpu_count() or 1, 4), metavar="N", help="mutants at a time")
    add("--json", type=Path, metavar="FILE", help="write all that was seen into this file")
    add("--write-page", action="store_true", help=f"renew the tables in {PAGE.name}")
    add("--attribution", action="store_true", help="then measure whether reports accuse the faults: attribution.py")
    add("--adapter", metavar="ID", help="print the adapter of one mutant, for pytest --impl, and do nothing else")
    return parser


if __name__ == "__main__":
    sys.exit(main())
