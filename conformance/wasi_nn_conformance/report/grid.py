"""The cases of a report by clause, ABI and encoding."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.clause import Level

from .data import GeneratedVector, Report, Run, Totals

Column: TypeAlias = tuple[str, str]

NO_MODEL = "no model"
LEVELS = (Level.MUST, Level.SHOULD, Level.MAY, Level.DEFINED)
_QUIET = (Verdict.PASS, Verdict.UNSUPPORTED, Verdict.BLOCKED, Verdict.DEVIATES)


def column(case: CaseResult) -> Column:
    """Return the ABI and the encoding of a case."""
    return case.abi, case.encoding or NO_MODEL


def columns(cases: Iterable[CaseResult]) -> list[Column]:
    """Return the pairs of ABI and encoding that the cases have; conversations without a model last of each ABI."""
    return sorted({column(case) for case in cases}, key=lambda pair: (pair[0], pair[1] == NO_MODEL, pair[1]))


def clauses(report: Report) -> list[str]:
    """Return the ids of the clauses, the most binding first."""
    known = report.clauses
    used = dict.fromkeys(case.clause for case in report.cases)
    return sorted(
        dict.fromkeys([*known, *used]),
        key=lambda name: LEVELS.index(known[name].level) if name in known else len(LEVELS),
    )


def totals(cases: Iterable[CaseResult]) -> dict[str, dict[Column, Totals]]:
    """Count the verdicts by clause and column."""
    groups: dict[str, dict[Column, list[CaseResult]]] = {}
    for case in cases:
        groups.setdefault(case.clause, {}).setdefault(column(case), []).append(case)
    return {clause: {pair: Totals.of(of) for pair, of in cells.items()} for clause, cells in groups.items()}


def choices(report: Report) -> dict[str, dict[Column, list[str]]]:
    """Return what the host chose, by clause and column, where the specification leaves the choice to it."""
    found: dict[str, dict[Column, list[str]]] = {}
    for case in report.cases:
        if case.choice and case.level is Level.DEFINED:
            seen = found.setdefault(case.clause, {}).setdefault(column(case), [])
            if case.choice not in seen:
                seen.append(case.choice)
    return {name: found[name] for name in clauses(report) if name in found}


def generated_vectors(report: Report) -> Mapping[str, GeneratedVector]:
    """Return the vectors that generated findings were shrunk to, by the ids of their cases."""
    return report.fuzz.vectors if report.fuzz else {}


def is_conspicuous(case: CaseResult) -> bool:
    """Return whether the case wants somebody's eye: a finding, an expected one too, and what could not be judged."""
    return case.verdict not in _QUIET


def worst_first(cases: Sequence[CaseResult]) -> list[CaseResult]:
    """Order cases by severity, then by id."""
    return sorted(cases, key=lambda case: (-case.verdict.severity, case.id))


def result(report: Report) -> str:
    """Return how a run went: `92 findings`, `1906 pass, 70 known`, `incomplete: 12 pass`, `500 generated`."""
    return f"incomplete: {_came_to(report)}" if report.is_incomplete else _came_to(report)


def extent(run: Run) -> str:
    """Return in one sentence why a run is incomplete."""
    some = f"{run.selected} of {run.available} cases were selected" if run.selected < run.available else ""
    stopped = "the run was stopped before its end" if run.stopped else ""
    return f"Incomplete: {', and '.join(part for part in (some, stopped) if part)}."


def _came_to(report: Report) -> str:
    totals = report.totals
    parts = [
        _plural(totals.findings, "finding"),
        f"{totals.xpass} unexpectedly right" if totals.xpass else "",
        _plural(totals.error, "error"),
    ]
    if any(parts):
        return ", ".join(part for part in parts if part)
    passed, known = totals.passed + totals.deviates, totals.xfail
    if not passed + known and report.fuzz:
        return f"{sum(search.examples for search in report.fuzz.searches)} generated"
    blocked = f", {totals.blocked} blocked" if totals.blocked else ""
    return f"{passed} pass{f', {known} known' if known else ''}{blocked}"


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}" if number else ""
