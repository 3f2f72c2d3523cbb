"""Reports side by side: runtimes, or versions of one, the oldest first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.causes import Cause
from wasi_nn_conformance.results.verdict import Verdict

from .data import Environment, Impl, Report, Totals
from .grid import Column, choices

_RIGHT = (Verdict.PASS, Verdict.DEVIATES)


class CaseRow(msgspec.Struct, frozen=True):
    """A case and its verdict in each report; None where the report has no such case."""

    id: str
    verdicts: tuple[Verdict | None, ...]


class ChoiceRow(msgspec.Struct, frozen=True):
    """What each host chose for a clause on one ABI and encoding; nothing where it was not asked."""

    clause: str
    abi: str
    encoding: str
    choices: tuple[tuple[str, ...], ...]


class CauseRow(msgspec.Struct, frozen=True):
    """A likely cause and the number of its cases in each report; 0 where none of them fails of it."""

    clause: str
    diagnosis: str
    cases: tuple[int, ...]


class EnvironmentRow(msgspec.Struct, frozen=True):
    """What the runs stood on where it was not the same; None where a report does not tell."""

    what: str
    values: tuple[str | None, ...]


class Compared(msgspec.Struct, frozen=True):
    """One of the reports. `incomplete` tells that its run is known to be less than whole."""

    label: str
    incomplete: bool
    totals: Totals


class Comparison(msgspec.Struct, frozen=True):
    """What differs. `causes` are those that not all reports have.

    `regressions` and `fixes` are of the last report against the first.
    """

    reports: tuple[Compared, ...]
    causes: tuple[CauseRow, ...]
    regressions: tuple[CaseRow, ...]
    fixes: tuple[CaseRow, ...]
    changes: tuple[CaseRow, ...]
    missing: tuple[CaseRow, ...]
    choices: tuple[ChoiceRow, ...]
    environments: tuple[EnvironmentRow, ...]

    def json(self) -> dict[str, Any]:
        """Return it as plain data."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


def compare(reports: Sequence[tuple[Path, Report]]) -> Comparison:
    """Compare two reports or more."""
    tables = [{case.id: case for case in report.cases} for _, report in reports]
    rows: dict[str, list[CaseRow]] = {"regressions": [], "fixes": [], "changes": [], "missing": []}
    for case_id in sorted({case_id for table in tables for case_id in table}):
        cases = [table.get(case_id) for table in tables]
        if kind := _kind([None if case is None else outcome(case) for case in cases]):
            rows[kind].append(CaseRow(case_id, tuple(None if case is None else case.verdict for case in cases)))
    return Comparison(
        reports=tuple(
            Compared(label, report.is_incomplete, report.totals)
            for label, (_, report) in zip(_labels(reports), reports, strict=True)
        ),
        causes=tuple(_causes([report.causes for _, report in reports])),
        choices=tuple(_choices([report for _, report in reports])),
        environments=tuple(_environments([report for _, report in reports])),
        **{name: tuple(found) for name, found in rows.items()},
    )


def outcome(case: CaseResult) -> Verdict:
    """Return what the host did, whatever was expected of it: the verdict without the known failures."""
    if case.verdict is Verdict.XFAIL and case.expected:
        return case.expected.outcome
    return Verdict.PASS if case.verdict is Verdict.XPASS else case.verdict


def _kind(outcomes: Sequence[Verdict | None]) -> str | None:
    first, last = outcomes[0], outcomes[-1]
    if first in _RIGHT and last is not None and last.is_finding:
        return "regressions"
    if first is not None and first.is_finding and last in _RIGHT:
        return "fixes"
    if None in outcomes:
        return "missing"
    return "changes" if len(set(outcomes)) > 1 else None


def _causes(reports: Sequence[Sequence[Cause]]) -> Iterator[CauseRow]:
    """Return the causes that appear or disappear, from the first report to the last.

    A cause is the same in two reports if it reads the same, or if a case fails of it in both: a panic moves with every
    change of the host's source. What is known of it makes no difference.
    """
    rows: list[tuple[Cause, list[set[str]]]] = []
    for number, causes in enumerate(reports):
        for cause in causes:
            shared = (row for row in rows if row[0].fields == cause.fields or set(cause.cases) & set().union(*row[1]))
            row = next(shared, None)
            if row is None:
                row = (cause, [set() for _ in reports])
                rows.append(row)
            row[1][number].update(cause.cases)
    for cause, cases in rows:
        if not all(cases):
            yield CauseRow(cause.clause, cause.diagnosis, tuple(map(len, cases)))


def _choices(reports: Sequence[Report]) -> list[ChoiceRow]:
    made = [
        {
            (clause, pair): tuple(sorted(chosen))
            for clause, cells in choices(report).items()
            for pair, chosen in cells.items()
        }
        for report in reports
    ]
    places: list[tuple[str, Column]] = sorted({place for each in made for place in each})
    rows = [(clause, pair, tuple(each.get((clause, pair), ()) for each in made)) for clause, pair in places]
    return [ChoiceRow(clause, *pair, chosen) for clause, pair, chosen in rows if len(set(filter(None, chosen))) > 1]


def _environments(reports: Sequence[Report]) -> Iterator[EnvironmentRow]:
    """Return what differs of that which may change verdicts though host and vectors are the same."""
    environments = [report.run.environment if report.run else None for report in reports]
    told = [_told(each) if each else {} for each in environments]
    for what in dict.fromkeys(what for each in told for what in each):
        if len({each.get(what) for each in told if each}) > 1:
            yield EnvironmentRow(what, tuple(each.get(what) for each in told))
    having = Counter(feature for each in environments if each for feature in each.cpu)
    not_all_have = {feature for feature, number in having.items() if number < sum(map(bool, told))}
    if not_all_have and len({each.machine for each in environments if each}) == 1:
        has = [None if each is None else " ".join(sorted(not_all_have & set(each.cpu))) for each in environments]
        yield EnvironmentRow("processor", tuple(has))


def _told(environment: Environment) -> dict[str, str]:
    commit = environment.commit
    return {
        "machine": environment.machine,
        "system": f"{environment.system} {environment.release}",
        **environment.versions,
        **({"commit": commit.id[:12] + (" with changes" if commit.dirty else "")} if commit else {}),
    }


def _labels(reports: Sequence[tuple[Path, Report]]) -> tuple[str, ...]:
    """Name each host with its version, and by its file where that does not tell them apart."""
    labels = [_label(report.impl) for _, report in reports]
    return tuple(
        f"{label} ({path})" if labels.count(label) > 1 else label
        for label, (path, _) in zip(labels, reports, strict=True)
    )


def _label(impl: Impl) -> str:
    return impl.version if impl.name in impl.version else f"{impl.name} {impl.version}"
