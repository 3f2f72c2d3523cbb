"""How well a report accuses what is wrong with a host whose faults are known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wasi_nn_conformance.results.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mutant import Mutant

    from wasi_nn_conformance.results.case_result import CaseResult
    from wasi_nn_conformance.results.causes import Cause


@dataclass
class Diagnosis:
    """What the report of one host comes to.

    failing: the clause that each failing case accuses. accused: the ids of faults of which a clause is accused, by a
    failing case or by one that deviates. deviating: of these, those that no failing case accuses. masked: the ids of
    those that nobody can see beside the others. rows: the clause of each likely cause. replays: for each of these
    whether its line shows the same again.
    """

    host: str
    faults: Sequence[Mutant]
    failing: dict[str, str] = field(default_factory=dict)
    accused: set[str] = field(default_factory=set)
    deviating: set[str] = field(default_factory=set)
    masked: set[str] = field(default_factory=set)
    rows: list[str] = field(default_factory=list)
    replays: dict[str, bool] = field(default_factory=dict)

    @property
    def broken(self) -> set[str]:
        """The clauses that the faults break."""
        return {clause for fault in self.faults for clause in fault.clauses}

    @property
    def wrong(self) -> dict[str, str]:
        """The failing cases that accuse a clause which no fault breaks, with that clause."""
        return {case: clause for case, clause in self.failing.items() if clause not in self.broken}

    @property
    def visible(self) -> list[Mutant]:
        """The faults that break a clause and are not masked by others."""
        return [fault for fault in self.faults if fault.clauses and fault.id not in self.masked]

    @property
    def failing_faults(self) -> list[Mutant]:
        """The visible faults that have cause to be a row: what only deviates is none."""
        return [fault for fault in self.visible if fault.id not in self.deviating]

    @property
    def missed(self) -> list[str]:
        """The ids of the visible faults of which no clause is accused."""
        return [fault.id for fault in self.visible if fault.id not in self.accused]


def diagnosed(host: str, faults: Sequence[Mutant], cases: Sequence[CaseResult], causes: Iterable[Cause]) -> Diagnosis:
    """Return what a report with these cases and causes says of the faults, nothing replayed yet."""
    failing = {case.id: case.clause for case in cases if case.verdict.is_finding}
    deviating = {case.clause for case in cases if case.verdict is Verdict.DEVIATES}
    accused = {fault.id for fault in faults if not set(failing.values()).isdisjoint(fault.clauses)}
    in_part = {fault.id for fault in faults if not deviating.isdisjoint(fault.clauses)} - accused
    return Diagnosis(
        host,
        faults,
        failing,
        accused | in_part,
        in_part,
        rows=[cause.clause for cause in causes],
    )


def is_same(seen: CaseResult, again: CaseResult | None) -> bool:
    """Return whether a case came to the same violation again, whatever memory happened to hold."""
    return again is not None and _outcome(seen) == _outcome(again)


def look_alike(first: Iterable[CaseResult], second: Iterable[CaseResult]) -> bool:
    """Return whether two hosts cannot be told apart by what came of the cases."""
    return {case.id: _outcome(case) for case in first} == {case.id: _outcome(case) for case in second}


def _outcome(case: CaseResult) -> object:
    if case.shown_by:  # at which of many calls it shows is a matter of what was served before
        return case.verdict, case.clause, [(violation.kind, violation.got) for violation in case.violations[:1]]
    told = [(violation.cause, violation.call, violation.step, violation.wanted) for violation in case.violations[:1]]
    return case.verdict, case.clause, case.choice, told


@dataclass(frozen=True)
class Figures:
    """The four measures over a number of hosts, each as a part and a whole."""

    right_cases: tuple[int, int]
    faults_accused: tuple[int, int]
    rows: tuple[int, int]
    replays: tuple[int, int]
    masked: int

    @classmethod
    def of(cls, diagnoses: Iterable[Diagnosis]) -> Figures:
        """Add up the diagnoses of some hosts."""
        kept = list(diagnoses)
        failing, wrong = (sum(map(len, each)) for each in ([d.failing for d in kept], [d.wrong for d in kept]))
        visible, missed = (sum(map(len, each)) for each in ([d.visible for d in kept], [d.missed for d in kept]))
        replays = [same for each in kept for same in each.replays.values()]
        return cls(
            (failing - wrong, failing),
            (visible - missed, visible),
            (sum(len(each.rows) for each in kept), sum(len(each.failing_faults) for each in kept)),
            (sum(replays), len(replays)),
            sum(len(each.masked) for each in kept),
        )


def misled(diagnoses: Iterable[Diagnosis]) -> list[tuple[str, str, int]]:
    """Return host, clause and number of cases wherever a clause is accused that no fault breaks, the most first."""
    counted: Counter[tuple[str, str]] = Counter()
    for each in diagnoses:
        counted.update((each.host, clause) for clause in each.wrong.values())
    return [(host, clause, count) for (host, clause), count in counted.most_common()]
