"""The search for findings: Hypothesis draws conversations of one kind, on one ABI and encoding, and shrinks failures.

A failure that was found is not looked for again, and neither is what the known failures tell: the search goes on past
both until it has drawn as many conversations as it was asked for.
"""

import contextlib
import gc
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.errors import Flaky
from hypothesis.statistics import collector
from msgspec.structs import replace

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.known_failures import KnownFailure, KnownFailures
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.run.adapter import AdapterError
from wasi_nn_conformance.run.examination import Examination
from wasi_nn_conformance.run.host_pool import Host

from . import local_constants
from .features import exercised
from .finding import FOLDER, Finding, file_name, named, signature, size, suspected
from .kind import Kind
from .minimise import reduced
from .target import Fields, FuzzTarget

_CARRIED_OUT = ("valid", "interesting")  # Hypothesis' words; the others are draws that came to nothing
_MOST = 12  # findings of one search: who has more mends these first
GENERATED = Path("(generated)")
"""Stands for the file of a vector that no file holds."""


def settings_of(examples: int, *, shrinks: bool) -> hypothesis.settings:
    """Return Hypothesis' settings for that many conversations. Nothing depends on database, clock or terminal."""
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
        report_multiple_bugs=shrinks,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )


class SuiteFaultError(Exception):
    """A generated conversation that the suite itself could not carry out, with its result."""

    def __init__(self, case_result: CaseResult) -> None:
        super().__init__(case_result.diagnosis)
        self.case_result = case_result


class _NoHost(BaseException):
    """No process of the host can be had. It is no `Exception`, so that Hypothesis does not take it for a failure."""

    def __init__(self, error: AdapterError) -> None:
        super().__init__(str(error))
        self.error = error


class _Failed(Exception):  # noqa: N818
    """A conversation failed. Each signature has a class of its own, by which Hypothesis tells failures apart."""


@dataclass
class Result:
    """What a search came to: how many conversations it drew and calls it made, what they exercised, what it found.

    `known` counts the failures that are known, by the `because` of their entry.
    """

    examples: int = 0
    calls: int = 0
    seconds: float = 0.0
    exercised: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        """Return the result as plain data, the findings by the ids of their cases."""
        return {
            "examples": self.examples,
            "calls": self.calls,
            "seconds": round(self.seconds, 3),
            "exercised": dict(sorted(self.exercised.items())),
            "known": dict(self.known),
            "findings": [finding.case_result.id for finding in self.findings],
        }


@dataclass
class Search:
    """One search. `run` gives its result.

    Raises `SuiteFaultError`, and `AdapterError` if the host cannot be started.
    """

    kind: str
    draw: Kind
    target: FuzzTarget
    examination: Examination
    known_failures: KnownFailures | None = None
    written: frozenset[str] = frozenset()
    """The ids of the written cases of the same run: what fails as one of these is told of there."""
    statistics: list[Mapping[str, Any]] = field(default_factory=list)
    _result: Result = field(default_factory=Result)
    _failed: dict[str, tuple[Fields, CaseResult]] = field(default_factory=dict)
    _over: list[tuple[Fields, CaseResult]] = field(default_factory=list)
    _simpler: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def host(self) -> Host:
        """The host under test."""
        return self.examination.host

    def run(self, examples: int, seed: int) -> Result:
        """Draw that many conversations. Every round that finds something is followed by another, with the next seed."""
        started = time.perf_counter()
        try:
            self._rounds(examples, seed)
            self._result.findings = [self._confirmed(*failed) for failed in self._over]
        except _NoHost as no_host:
            raise no_host.error from None
        self._result.seconds = time.perf_counter() - started
        return self._result

    def _rounds(self, examples: int, seed: int) -> None:
        while self._result.examples < examples:
            before = self._result.examples
            self._round(examples - before, seed)
            seed += 1
            goes_on = self._over_now() and len(self._over) < _MOST
            if not goes_on or self._result.examples == before:  # all that can be drawn was drawn
                break

    def _round(self, examples: int, seed: int) -> None:
        settings = settings_of(examples, shrinks=True)
        try:
            with local_constants.none(), _settled(), collector.with_value(self._count):  # type: ignore[arg-type] # typed by its default, None
                self.draw(self.target, self._carry_out, settings, seed)
        except (_Failed, Flaky):
            pass  # kept when it failed; what did not fail again when drawn again is kept as it was first seen
        except ExceptionGroup as several:
            if faults := several.subgroup(SuiteFaultError):
                raise _first(faults) from None
            if several.split((_Failed, Flaky))[1] is not None:
                raise

    def _count(self, statistics: Mapping[str, Any]) -> None:
        """Take up what Hypothesis tells of a round: shrinking does not count."""
        self.statistics.append(statistics)
        generated = statistics.get("generate-phase", {}).get("test-cases", ())
        self._result.examples += sum(case["status"] in _CARRIED_OUT for case in generated)

    def _over_now(self) -> bool:
        """Return whether the round failed, so that another one has to go on past its failures."""
        new = [self._reduced(*failed) for failed in self._failed.values()]
        self._failed.clear()
        self._over += new
        return bool(new)

    def _reduced(self, fields: Fields, case_result: CaseResult) -> tuple[Fields, CaseResult]:
        """Leave out what the failure does not need, if a new process of the host fails at all."""
        what = signature(case_result)
        case_results = [case_result]

        def still_fails(smaller: Fields) -> bool:
            again = self._carried_out(smaller)
            if signature(again) == what:
                case_results.append(again)
            return case_results[-1] is again

        with self.host.alone():
            return (reduced(fields, still_fails), case_results[-1]) if still_fails(fields) else (fields, case_result)

    def _is_over(self, fields: Fields, case_result: CaseResult) -> bool:
        """Return whether this failure is of an earlier round: one of its signature, with all that it was shrunk to."""
        what, has = signature(case_result), suspected(fields, case_result)
        return any(signature(past) == what and suspected(shrunk, past) <= has for shrunk, past in self._over)

    def _carry_out(self, fields: Fields) -> None:
        case_result = self._carried_out(fields)
        self._result.calls += sum(line.startswith("> ") for line in case_result.transcript)
        for what in exercised(fields, case_result):
            hypothesis.event(what)
            self._result.exercised[what] += 1
        verdict = case_result.verdict
        if verdict is Verdict.ERROR:
            raise SuiteFaultError(case_result)
        if not verdict.is_finding:
            return
        if told := self._told(case_result):
            self._result.known[told.because] += 1
            return
        if simpler := self._of_something_simpler(fields, case_result):
            self._result.known[simpler] += 1
            return
        what = signature(case_result)
        found = len(self._over) + len(self._failed)
        if self._is_over(fields, case_result) or (what not in self._failed and found >= _MOST):
            return
        smallest = self._failed.get(what)
        if smallest is None or size(fields) <= size(smallest[0]):
            self._failed[what] = (fields, case_result)
        raise _class_of(what)(case_result.diagnosis)

    def _carried_out(self, fields: Fields) -> CaseResult:
        try:
            return self.examination.confirmed(self.target.case(fields, GENERATED), self._is_shown)
        except AdapterError as error:
            raise _NoHost(error) from None

    def _is_shown(self, case_result: CaseResult) -> bool:
        """Return whether a process of its own has shown this failure before: drawing and shrinking meet it often."""
        what = signature(case_result)
        return what in self._failed or bool(self._simpler.get((what, case_result.vector)))

    def _of_something_simpler(self, fields: Fields, case_result: CaseResult) -> str:
        """Return what a failure comes of that is told of elsewhere: a written case, or what hosts may lack."""
        key = signature(case_result), str(fields["id"])
        if key not in self._simpler:
            case = self.target.case(fields, GENERATED)
            try:
                accused = self.examination.accused(case, case_result)
            except AdapterError as error:
                raise _NoHost(error) from None
            shown = self.examination.shown(case, accused) if accused.own_clause else ()
            by = accused.blocked_by if accused.blocked_by in self.written else next(iter(shown), "")
            blocked = f"as {by}" if by else ""
            self._simpler[key] = accused.diagnosis if accused.verdict is Verdict.UNSUPPORTED else blocked
        return self._simpler[key]

    def _told(self, case_result: CaseResult) -> KnownFailure | None:
        return self.known_failures.told(case_result) if self.known_failures else None

    def _confirmed(self, fields: Fields, case_result: CaseResult) -> Finding:
        """Return the shrunk conversation once more, to a new process of the host."""
        fields = named(fields, case_result, self.target)
        with self.host.alone():
            again = self._carried_out(fields)
        replays = signature(again) == signature(case_result)
        if not replays:
            seen = "a new process does not do so: it depends on what a process was asked before, or on chance"
            case_id = case_result.id.replace(case_result.vector, again.vector, 1)
            diagnosis = f"{case_result.diagnosis}; {seen}"
            again = replace(case_result, id=case_id, vector=again.vector, diagnosis=diagnosis)
        place = f"{FOLDER}/{file_name(again)}"
        return Finding(fields, replace(again, place=place), replays)


@contextlib.contextmanager
def _settled() -> Iterator[None]:
    """Let the collector of garbage pass over what stands already, vectors and modules: a tenth of the time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    """Return the first exception in a group of exceptions and groups."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


_classes: dict[str, type[_Failed]] = {}


def _class_of(signature: str) -> type[_Failed]:
    return _classes.setdefault(signature, type("Failed", (_Failed,), {"__doc__": signature}))
