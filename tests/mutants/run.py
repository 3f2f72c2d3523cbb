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
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from matrix import document, summary
from mutant import ABIS, GROWTH, HEALTHY, Mutant, mutants
from zygote import Zygote, zygote

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.results.carry_over import results_of
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import Adapter, AdapterError, read_adapter
from wasi_nn_conformance.run.examination import Examination
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wasi_nn_conformance.results.case_result import CaseResult
    from wasi_nn_conformance.vectors.case import Case

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER.parent.parent / "docs" / "mutants.md"
KILLS = {Verdict.FAIL.value, Verdict.CRASH.value, Verdict.HANG.value, Verdict.DEVIATES.value}
_MOST_HANGS = 2  # each costs the time limit of a call
# Where faults of a module are likely to show: asked first, because most time goes into looking for the first kill.
LIKELY = {
    "backends": ("values", "load", "input"),
    "detection": ("load",),
    "errors": ("error",),
    "host": ("input", "output", "compute", "context", "load"),
    "memory": ("memory",),
    "process": ("process",),
    "registry": ("load-by-name",),
    "tensor": ("values", "input"),
    "values": ("values", "compute", "input"),
    "wit": ("tensor", "error", "resource", "output", "compute"),
    "witx": ("handle", "output", "failure", "memory", "load-by-name"),
}
_QUICK_SHARE = 0.5  # of the healthy host's time go to the slow cases, which are few


@dataclass(frozen=True)
class Kill:
    """A case that the mutant does not pass and the healthy host does."""

    vector: str
    clause: str
    case: str
    verdict: str
    diagnosis: str


@dataclass
class Trial:
    """One mutant on one ABI: `asked` of `cases` were run; `error` says why nothing can be said."""

    mutant: str
    breaks: str
    abi: str
    cases: int
    asked: int = 0
    kills: list[Kill] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    error: str = ""
    seconds: float = 0.0

    @property
    def vectors(self) -> set[str]:
        """The vectors that caught it."""
        return {kill.vector for kill in self.kills}


class Suite:
    """All cases of the suite."""

    def __init__(self, patterns: list[str]) -> None:
        self.library = Library()
        self.clauses = tuple(self.library.clauses)
        self.cases = [
            case
            for case in self.library.all_cases()
            if not patterns or any(fnmatch.fnmatchcase(case.vector.id, pattern) for pattern in patterns)
        ]

    def of(self, abi: str, encodings: Iterable[str]) -> list[Case]:
        """Return the cases of one ABI in these encodings."""
        return [case for case in self.cases if case.abi == abi and case.encoding in (None, *encodings)]

    def host(self, mutant: Mutant) -> Host:
        """Return the reference with this fault.

        One that grows is started as itself: what stands for a forked process keeps its size.
        """
        started = adapter(mutant)
        return Host(started if GROWTH in mutant.clauses else _zygote.of(started), self.library)


def adapter(mutant: Mutant) -> Adapter:
    """Return the adapter that starts the reference with this fault."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.toml"
        path.write_text(adapter_text(mutant), "utf-8")
        return read_adapter(str(path))


def adapter_text(mutant: Mutant) -> str:
    """Return that adapter's file, as `pytest conformance/ --impl` takes it."""
    text = (FOLDER / "mutant.toml").read_text("utf-8")
    return text.replace("@launcher@", str(FOLDER / "launch.py")).replace("@mutant@", mutant.id)


_suite: Suite
_zygote: Zygote
_seconds: dict[str, float] = {}


def measure(abi: str, encodings: tuple[str, ...]) -> tuple[dict[str, float], list[str]]:
    """Run the healthy reference: seconds of each case that passes, and what is wrong with the others."""
    host, seconds, wrong = _suite.host(HEALTHY), {}, []
    try:
        for case in _suite.of(abi, encodings):
            started = time.perf_counter()
            case_result = host.run(case)
            if case_result.verdict == Verdict.PASS.value:
                seconds[case.id] = time.perf_counter() - started
            else:
                wrong.append(f"{case.id}: {case_result.verdict}: {case_result.diagnosis}")
    finally:
        host.close()
    return seconds, wrong


def attempt(name: str, abi: str, enough: int) -> Trial:
    """Run one mutant on one ABI."""
    started = time.perf_counter()
    mutant = mutants()[name]
    cases = [case for case in _suite.of(abi, mutant.encodings) if case.id in _seconds]
    trial = Trial(mutant.id, mutant.breaks, abi, len(cases))
    host = _suite.host(mutant)
    examination = Examination(host)
    try:
        quick, slow = _in_order(cases, LIKELY[name.partition("/")[0]])
        _ask(trial, examination, quick, enough)
        if not trial.kills:
            _ask(trial, examination, slow, 1)
        if not trial.kills:
            _conclude(trial, examination)
    except AdapterError as error:
        trial.error = str(error)
    finally:
        host.close()
    trial.seconds = round(time.perf_counter() - started, 2)
    return trial


def _in_order(cases: list[Case], likely: tuple[str, ...]) -> tuple[list[Case], list[Case]]:
    """Return the quick cases, likely areas first and the first of each clause before the second, and the slow ones."""
    allowed = sum(_seconds[case.id] for case in cases) * _QUICK_SHARE
    turns: Counter[str] = Counter()
    quick: list[tuple[tuple[bool, int], Case]] = []
    slow: list[Case] = []
    for case in sorted(cases, key=lambda case: _seconds[case.id]):
        allowed -= _seconds[case.id]
        if allowed < 0:
            slow.append(case)
        else:
            elsewhere = case.clause.id.partition(".")[0] not in likely
            quick.append(((elsewhere, turns[case.clause.id]), case))
            turns[case.clause.id] += 1
    return [case for _, case in sorted(quick, key=lambda pair: pair[0])], slow


def _ask(trial: Trial, examination: Examination, cases: list[Case], enough: int) -> None:
    while cases:
        caught = {kill.clause for kill in trial.kills}
        hangs = sum(kill.verdict == Verdict.HANG.value for kill in trial.kills)
        if len(trial.vectors) >= enough or hangs >= _MOST_HANGS:
            return
        next_ = next((index for index, case in enumerate(cases) if case.clause.id in caught), 0)
        case_result = examination.examine(cases.pop(next_))
        trial.asked += 1
        if case_result.verdict in KILLS:
            trial.kills.append(_kill(case_result))
        elif case_result.verdict != Verdict.PASS.value:
            trial.unjudged.append(f"{case_result.id}: {case_result.diagnosis}")


def _conclude(trial: Trial, examination: Examination) -> None:
    """Look at what only shows in a process that has served other cases."""
    conclusion = examination.conclude()
    for each in results_of(conclusion.carry_overs, conclusion.limits, _suite.library.clauses):
        trial.kills.append(_kill(each))


def _kill(case_result: CaseResult) -> Kill:
    return Kill(case_result.vector, case_result.clause, case_result.id, case_result.verdict, case_result.diagnosis)


def main() -> int:
    """Run the mutants; 1 if one survives or the healthy reference does not pass, 2 if one cannot be run."""
    options = _parser().parse_args()
    known = mutants()
    chosen = [each for each in known.values() if _matches(each.id, options.mutant)]
    if options.adapter:
        sys.stdout.write(adapter_text({HEALTHY.id: HEALTHY, **known}[options.adapter]))
        return 0
    global _suite, _zygote  # noqa: PLW0603 - processes that are forked find it there
    try:
        _suite = Suite(options.vector)
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    started = time.perf_counter()
    with zygote() as _zygote:
        wrong = _measured(chosen, options)
        for line in wrong:
            sys.stderr.write(f"the healthy reference does not pass: {line}\n")
        trials = _trials(chosen, options)
    seconds = time.perf_counter() - started
    sys.stdout.write(summary(trials, _suite.clauses, seconds))
    if options.json:
        data = {"seconds": round(seconds, 1), "healthy": len(_seconds), "trials": [asdict(each) for each in trials]}
        options.json.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    if options.write_page:
        PAGE.write_text(document(PAGE.read_text("utf-8"), trials, _suite.clauses, len(_seconds)), "utf-8")
    failed = int(bool(wrong) or any(not trial.kills for trial in trials))
    if options.attribution:
        from attribution import main as measured  # noqa: PLC0415 - only this needs it

        failed |= measured([f"--jobs={options.jobs}", *(["--write-page"] if options.write_page else [])])
    return 2 if any(trial.error for trial in trials) else failed


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
        for seconds, missed in pool.map(measure, abis, map(tuple, encodings)):
            _seconds.update(seconds)
            wrong += missed
    return wrong


def _trials(chosen: list[Mutant], options: argparse.Namespace) -> list[Trial]:
    with _pool(options.jobs) as pool:
        pending = [
            pool.submit(attempt, mutant.id, abi, options.enough)
            for mutant in chosen
            for abi in mutant.abis
            if not options.abi or abi in options.abi
        ]
        trials = []
        for each in pending:
            trials.append(each.result())
            sys.stderr.write(_progress(trials[-1]))
    return trials


def _progress(trial: Trial) -> str:
    state = trial.error or f"{len(trial.vectors)} vectors in {trial.asked} of {trial.cases} cases"
    return f"{trial.mutant} [{trial.abi}]: {state}, {trial.seconds:.1f} s\n"


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
