"""Reports side by side: runtimes, or versions of one, the oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wasi_nn_conformance.results.verdict import Verdict

from .grid import Column, Data, choices

_BROKEN = tuple(verdict.value for verdict in Verdict if verdict.is_finding)
_RIGHT = (Verdict.PASS.value, Verdict.DEVIATES.value)


@dataclass(frozen=True)
class CaseRow:
    """A case and its verdict in each report; None where the report has no such case."""

    id: str
    verdicts: tuple[str | None, ...]


@dataclass(frozen=True)
class ChoiceRow:
    """What each host chose for a clause on one ABI and encoding; nothing where it was not asked."""

    clause: str
    abi: str
    encoding: str
    choices: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Comparison:
    """What differs. `regressions` and `fixes` are of the last report against the first."""

    labels: tuple[str, ...]
    totals: tuple[Data, ...]
    regressions: tuple[CaseRow, ...]
    fixes: tuple[CaseRow, ...]
    changes: tuple[CaseRow, ...]
    missing: tuple[CaseRow, ...]
    choices: tuple[ChoiceRow, ...]

    def json(self) -> dict[str, Any]:
        """Return it as plain data."""
        parts = {
            name: [{"id": row.id, "verdicts": list(row.verdicts)} for row in getattr(self, name)]
            for name in ("regressions", "fixes", "changes", "missing")
        }
        chosen = [{**vars(row), "choices": [list(each) for each in row.choices]} for row in self.choices]
        reports = [{"label": label, "totals": dict(t)} for label, t in zip(self.labels, self.totals, strict=True)]
        return {"reports": reports, **parts, "choices": chosen}


def compare(reports: Sequence[tuple[Path, Data]]) -> Comparison:
    """Compare two reports or more."""
    tables = [{case["id"]: case for case in report["cases"]} for _, report in reports]
    rows: dict[str, list[CaseRow]] = {"regressions": [], "fixes": [], "changes": [], "missing": []}
    for case_id in sorted({case_id for table in tables for case_id in table}):
        cases = [table.get(case_id) for table in tables]
        if kind := _kind([None if case is None else outcome(case) for case in cases]):
            rows[kind].append(CaseRow(case_id, tuple(None if case is None else case["verdict"] for case in cases)))
    return Comparison(
        labels=_labels(reports),
        totals=tuple(report["totals"] for _, report in reports),
        choices=tuple(_choices([report for _, report in reports])),
        **{name: tuple(found) for name, found in rows.items()},
    )


def outcome(case: Data) -> str:
    """Return what the host did, whatever was expected of it: the verdict without the known failures."""
    if case["verdict"] == Verdict.XFAIL.value and case["expected"]:
        return str(case["expected"]["outcome"])
    return Verdict.PASS.value if case["verdict"] == Verdict.XPASS.value else str(case["verdict"])


def _kind(outcomes: Sequence[str | None]) -> str | None:
    first, last = outcomes[0], outcomes[-1]
    if first in _RIGHT and last in _BROKEN:
        return "regressions"
    if first in _BROKEN and last in _RIGHT:
        return "fixes"
    if None in outcomes:
        return "missing"
    return "changes" if len(set(outcomes)) > 1 else None


def _choices(reports: Sequence[Data]) -> list[ChoiceRow]:
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


def _labels(reports: Sequence[tuple[Path, Data]]) -> tuple[str, ...]:
    """Name each host with its version, and by its file where that does not tell them apart."""
    labels = [_label(report["impl"]) for _, report in reports]
    return tuple(
        f"{label} ({path})" if labels.count(label) > 1 else label
        for label, (path, _) in zip(labels, reports, strict=True)
    )


def _label(impl: Data) -> str:
    name, version = str(impl["name"]), str(impl["version"])
    return version if name in version else f"{name} {version}"
