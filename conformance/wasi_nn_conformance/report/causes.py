"""Cases that failed alike, so that one fault in many places does not drown the others."""

import re
from collections.abc import Callable, Hashable, Iterable
from typing import TypeAlias

from wasi_nn_conformance.results.case_result import CaseResult, Expected
from wasi_nn_conformance.results.known_failures import GENERATED
from wasi_nn_conformance.results.verdict import Verdict

from .data import Report
from .grid import clauses

Group: TypeAlias = list[CaseResult]

_PLACE = re.compile(r"; (?:step \d+|after the last step|fails_by|may_fail)(?: \(\w+\))?(?:, line \d+)?")
_BRACKETS = re.compile(r" ?(?:\[[^\]]*\]|\([^()]*\))")
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d[\w.+-]*|nan|inf)\b")


def found_alike(report: Report) -> list[Group]:
    """Group what fails a run by clause, verdict and diagnosis: the worst first, then the most."""
    order = {name: index for index, name in enumerate(clauses(report))}
    groups = _grouped(filter(_fails, report.cases), lambda case: (case.clause, case.verdict, _kind(case)))
    # Sorting keeps the order of equals, which is that of their first cases' ids.
    return sorted(groups, key=lambda g: (-g[0].verdict.severity, order[g[0].clause], -len(g)))


def known_alike(report: Report) -> list[tuple[Expected, Group]]:
    """Group the known failures by what is told of them, the most first."""
    cases = (case for case in report.cases if case.verdict is Verdict.XFAIL)
    groups = _grouped(cases, lambda case: case.expected)
    told = [(group[0].expected, group) for group in groups]
    return sorted(((expected, group) for expected, group in told if expected), key=lambda each: -len(each[1]))


def without_place(diagnosis: str) -> str:
    """Leave out where in its vector a case failed."""
    return _PLACE.sub("", diagnosis)


def _fails(case: CaseResult) -> bool:
    return case.verdict.is_finding or case.verdict in (Verdict.XPASS, Verdict.ERROR)


def _kind(case: CaseResult) -> str:
    """Return what diagnoses of one cause have in common. The last words of a host that died are kept as they are."""
    said = without_place(case.diagnosis)
    return said if case.verdict is Verdict.CRASH else _NUMBER.sub("#", _BRACKETS.sub("", said))


def _grouped(cases: Iterable[CaseResult], key: Callable[[CaseResult], Hashable]) -> list[Group]:
    groups: dict[Hashable, Group] = {}
    # Written vectors first: they can be replayed without the files of this run.
    for case in sorted(cases, key=lambda case: (case.id.startswith(GENERATED), case.id)):
        groups.setdefault(key(case), []).append(case)
    return list(groups.values())
