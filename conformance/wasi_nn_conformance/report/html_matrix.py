"""What `report.html` shows by clause, ABI and encoding: the matrix of verdicts, the choices, and the filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.clause import Level

from .data import Report, ReportedClause
from .grid import LEVELS, Column, choices, clauses, columns, is_conspicuous, totals


@dataclass(frozen=True)
class MatrixRow:
    """A clause: its words, if the report has them, the parts of the page with cases of it, verdicts for each column."""

    clause: str
    told: ReportedClause | None
    parts: tuple[str, ...]
    cells: tuple[Mapping[Verdict, int], ...]


@dataclass(frozen=True)
class Matrix:
    """The verdicts by clause and column; `unsupported` are the columns that would say that and nothing else."""

    columns: Sequence[Column]
    unsupported: Sequence[Column]
    levels: dict[Level, list[MatrixRow]]

    @classmethod
    def of(cls, report: Report) -> "Matrix":
        """Count the cases of a report."""
        shown = columns(case for case in report.cases if case.verdict is not Verdict.UNSUPPORTED)
        counted = totals(report.cases)
        loud = {case.clause for case in report.cases if is_conspicuous(case)}
        deviating = {case.clause for case in report.cases if case.verdict is Verdict.DEVIATES}
        levels: dict[Level, list[MatrixRow]] = {level: [] for level in LEVELS}
        for clause in clauses(report):
            told = report.clauses.get(clause)
            if not counted.get(clause, {}).keys().isdisjoint(shown):
                parts = [part for part, of in (("findings", loud), ("deviations", deviating)) if clause in of]
                of_clause = counted[clause]
                cells = tuple(of_clause[pair].by_verdict if pair in of_clause else {} for pair in shown)
                levels[told.level if told else LEVELS[0]].append(MatrixRow(clause, told, tuple(parts), cells))
        others = [pair for pair in columns(report.cases) if pair not in shown]
        return cls(shown, others, {level: rows for level, rows in levels.items() if rows})


@dataclass(frozen=True)
class Choices:
    """What the host does where the specification leaves the choice to it, by clause and column."""

    columns: Sequence[Column]
    rows: dict[str, list[list[str]]]

    @classmethod
    def of(cls, report: Report) -> "Choices | None":
        """Return the choices of a report, if there are any."""
        made = choices(report)
        shown = [pair for pair in columns(report.cases) if any(pair in cells for cells in made.values())]
        rows = {clause: [cells.get(pair, []) for pair in shown] for clause, cells in made.items()}
        return cls(shown, rows) if made else None


@dataclass(frozen=True)
class Filters:
    """What a reader can choose cases by."""

    level: list[Level]
    verdict: list[Verdict]
    abi: list[str]
    encoding: list[str]

    @classmethod
    def of(cls, report: Report) -> "Filters":
        """Return what the cases of a report can be told apart by."""
        pairs = columns(report.cases)
        levels = {case.level for case in report.cases}
        return cls(
            level=[level for level in LEVELS if level in levels],
            verdict=list(report.totals.by_verdict),
            abi=list(dict.fromkeys(abi for abi, _ in pairs)),
            encoding=list(dict.fromkeys(encoding for _, encoding in pairs)),
        )
