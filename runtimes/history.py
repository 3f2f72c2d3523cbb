"""What is wrong with a runtime in all releases that were checked: a finding for each reason of the known failures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wasi_nn_conformance.results.causes import Cause, steps
from wasi_nn_conformance.results.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wasi_nn_conformance.report.data import Report, ReportedClause
    from wasi_nn_conformance.results.case_result import CaseResult, Expected


_BY_NAME = '"call":"load_by_name"'


class UnexplainedError(Exception):
    """Findings that the known failures give no reason for: nobody is accused of what nobody has looked at."""


@dataclass
class Finding:
    """One thing that is wrong. `causes` are those of each version that has it, from the oldest on."""

    expected: Expected
    causes: dict[str, list[Cause]] = field(default_factory=dict)

    @property
    def versions(self) -> list[str]:
        """The versions that have it, from the oldest on."""
        return list(self.causes)

    @property
    def newest(self) -> list[Cause]:
        """The causes in the newest version that has it."""
        return self.causes[self.versions[-1]]

    @property
    def cases(self) -> list[str]:
        """The cases that the newest version fails of it."""
        return sorted(case for cause in self.newest for case in cause.cases)


@dataclass(frozen=True)
class History:
    """The releases of one runtime. `reports` has the report of each, by the version that it calls itself."""

    adapter: str
    reports: Mapping[str, Report]
    findings: tuple[Finding, ...]

    @property
    def versions(self) -> list[str]:
        """All versions that were checked, from the oldest on."""
        return list(self.reports)

    def clauses(self, finding: Finding) -> list[tuple[str, ReportedClause]]:
        """Return the clauses that a finding breaks, the one that most of its cases are about first."""
        report = self.reports[finding.versions[-1]]
        names: dict[str, int] = {}
        for cause in finding.newest:
            others = sum(cause.touches.values())
            for name, number in ((cause.clause, len(cause.cases) - others), *cause.touches.items()):
                names[name] = names.get(name, 0) + number
        return [(name, report.clauses[name]) for name in sorted(names, key=lambda name: (-names[name], name))]

    def smallest(self, finding: Finding) -> CaseResult:
        """Return the case that shows it best: of its first clause, without registered graphs, with the least said."""
        results = {case.id: case for case in self.reports[finding.versions[-1]].cases}
        clause = self.clauses(finding)[0][0]
        return min(
            (results[case] for case in finding.cases),
            key=lambda case: (
                case.clause != clause,
                any(_BY_NAME in line for line in case.transcript),
                steps(case),
                sum(map(len, case.transcript)),
                case.id,
            ),
        )


def history(adapter: str, reports: Sequence[Report]) -> History:
    """Return what the reports, from the oldest release on, tell together. Raises `UnexplainedError`."""
    by_version = {version(report): report for report in reports}
    found: dict[Expected, Finding] = {}
    unexplained: dict[str, str] = {}
    for name, report in by_version.items():
        for cause in report.causes:
            if cause.expected is None:
                unexplained.setdefault(cause.case, f"{adapter} {name}: {cause.case}: {cause.diagnosis}")
            else:
                finding = found.setdefault(cause.expected, Finding(cause.expected))
                finding.causes.setdefault(name, []).append(cause)
    if unexplained:
        raise UnexplainedError("\n".join(unexplained.values()))
    findings = sorted(found.values(), key=lambda each: (is_of_the_engine(each), *_gravity(each)))
    return History(adapter, by_version, tuple(findings))


def version(report: Report) -> str:
    """Return the number that the host calls itself."""
    return next(word for word in report.impl.version.split() if word[:1].isdigit())


def is_of_the_engine(finding: Finding) -> bool:
    """Return whether the runtime only hands on what its engine does, as the reason begins by saying."""
    return finding.expected.because.startswith(("OpenVINO", "ONNX Runtime"))


@dataclass(frozen=True)
class Preference:
    """Answers that clauses accept and do not prefer: what the host gives, and what it might rather give."""

    got: str
    rather: str
    cases: int
    clauses: tuple[str, ...]


def preferences(report: Report) -> list[Preference]:
    """Return what the host does otherwise than preferred, the most frequent first.

    A question that a run answers in two ways violates nothing: either answer is as good.
    """
    met: dict[tuple[str, str], list[CaseResult]] = {}
    for case in report.cases:
        if case.verdict is Verdict.DEVIATES and case.violations:
            violation = case.violations[0]
            met.setdefault((violation.got, violation.wanted), []).append(case)
    told = [
        Preference(got, wanted, len(cases), tuple(sorted({case.clause for case in cases})))
        for (got, wanted), cases in met.items()
    ]
    return sorted(told, key=lambda each: (-each.cases, each.got, each.rather))


def _gravity(finding: Finding) -> tuple[int, int, str]:
    """Order findings: the death of the host first, then what most cases show."""
    worst = max(cause.verdict.severity for cause in finding.newest)
    return -worst, -len(finding.cases), finding.expected.because
