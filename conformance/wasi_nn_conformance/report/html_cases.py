"""The cases in `report.html`: each finding with all that its reader needs."""

from collections.abc import Iterable, Iterator, Sequence

from wasi_nn_conformance.results.case_result import CaseResult, shortened

from .data import Report
from .grid import clauses, worst_first

_FIRST, _LAST = 20, 60  # lines that are shown of a longer transcript


def by_clause(report: Report, cases: Iterable[CaseResult]) -> dict[str, list[CaseResult]]:
    """Return cases by clause, the most binding clause and the worst case first."""
    groups: dict[str, list[CaseResult]] = {}
    for case in cases:
        groups.setdefault(case.clause, []).append(case)
    return {clause: worst_first(groups[clause]) for clause in clauses(report) if clause in groups}


def transcript(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return the lines that are shown of a conversation, and who said each: `sent`, `got`; `cut` for those left out."""
    left_out = len(lines) - _FIRST - _LAST
    for number, line in enumerate(lines):
        if left_out <= 0 or number < _FIRST or number >= len(lines) - _LAST:
            yield "sent" if line.startswith(">") else "got", shortened(line)
        elif number == _FIRST:
            yield "cut", f"... {left_out} lines, which report.json has ..."
