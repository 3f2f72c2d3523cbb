"""One mutant on one ABI: which cases it is asked, in which order, and which of them catch it."""

from __future__ import annotations

import fnmatch
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mutant import DEADLY, GROWTH, HEALTHY, Mutant, mutants

from wasi_nn_conformance.results.carry_over import results_of
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import Adapter, AdapterError, read_adapter
from wasi_nn_conformance.run.examination import Examination
from wasi_nn_conformance.run.host_pool import Host
from wasi_nn_conformance.run.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zygote import Zygote

    from wasi_nn_conformance.results.case_result import CaseResult
    from wasi_nn_conformance.vectors.case import Case

FOLDER = Path(__file__).resolve().parent
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
            if not case.vector.id.startswith(DEADLY)
            and (not patterns or any(fnmatch.fnmatchcase(case.vector.id, pattern) for pattern in patterns))
        ]

    def of(self, abi: str, encodings: Iterable[str]) -> list[Case]:
        """Return the cases of one ABI in these encodings."""
        return [case for case in self.cases if case.abi == abi and case.encoding in (None, *encodings)]

    def host(self, mutant: Mutant) -> Host:
        """Return the reference with this fault.

        One that grows is started as itself: what stands for a forked process keeps its size.
        """
        started = adapter(mutant)
        return Host(started if GROWTH in mutant.clauses else _forks.of(started), self.library)


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
_forks: Zygote
seconds_of: dict[str, float] = {}
"""How long the healthy reference takes for each case that it passes."""


def prepare(suite: Suite, forks: Zygote) -> None:
    """Have trials, here and in processes forked of this one, ask these cases of hosts that these forks start."""
    global _suite, _forks
    _suite, _forks = suite, forks


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
    cases = [case for case in _suite.of(abi, mutant.encodings) if case.id in seconds_of]
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
    allowed = sum(seconds_of[case.id] for case in cases) * _QUICK_SHARE
    turns: Counter[str] = Counter()
    quick: list[tuple[tuple[bool, int], Case]] = []
    slow: list[Case] = []
    for case in sorted(cases, key=lambda case: seconds_of[case.id]):
        allowed -= seconds_of[case.id]
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
