"""The cases in `report.html`: each finding with all that its reader needs."""

from collections.abc import Iterable, Iterator

from wasi_nn_conformance.results.case_result import CaseResult, conversation

from .data import Report
from .grid import clauses, worst_first

_FIRST, _LAST = 20, 60  # lines that are shown of a longer transcript
_KINDS = {">": "sent", "<": "got"}


def by_clause(report: Report, cases: Iterable[CaseResult]) -> dict[str, list[CaseResult]]:
    """Return cases by clause, the most binding clause and the worst case first."""
    groups: dict[str, list[CaseResult]] = {}
    for case in cases:
        groups.setdefault(case.clause, []).append(case)
    return {clause: worst_first(groups[clause]) for clause in clauses(report) if clause in groups}


def transcript(case: CaseResult) -> Iterator[tuple[str, str]]:
    """Return the lines that are shown of a conversation, each with what it is.

    `sent` and `got` are requests and replies, in words where the report has them, `raw` the same as they went, and
    `cut` tells of lines that are left out.
    """
    lines = conversation(case)
    left_out = len(lines) - _FIRST - _LAST
    for number, line in enumerate(lines):
        if left_out <= 0 or number < _FIRST or number >= len(lines) - _LAST:
            yield _KINDS.get(line[:1], "raw"), line
        elif number == _FIRST:
            yield "cut", f"... {left_out} lines, which report.json has ..."
