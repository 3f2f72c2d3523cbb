"""Cases that failed alike, so that one fault in many places does not drown the others."""

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeAlias

from .case_result import CaseResult, Expected
from .known_failures import GENERATED
from .verdict import Verdict

Group: TypeAlias = list[CaseResult]


def found_alike(cases: Iterable[CaseResult], clauses: Sequence[str]) -> list[Group]:
    """Group what fails a run by clause, verdict and cause: the worst first, then by `clauses`, then the most."""
    order = {name: index for index, name in enumerate(clauses)}
    groups = _grouped(filter(_fails, cases), lambda case: (case.clause, case.verdict, _cause(case)))
    # Sorting keeps the order of equals, which is that of their first cases' ids.
    return sorted(groups, key=lambda g: (-g[0].verdict.severity, order[g[0].clause], -len(g)))


def known_alike(cases: Iterable[CaseResult]) -> list[tuple[Expected, Group]]:
    """Group the known failures by what is told of them, the most first."""
    known = (case for case in cases if case.verdict is Verdict.XFAIL)
    groups = _grouped(known, lambda case: case.expected)
    told = [(group[0].expected, group) for group in groups]
    return sorted(((expected, group) for expected, group in told if expected), key=lambda each: -len(each[1]))


def _fails(case: CaseResult) -> bool:
    return case.verdict.is_finding or case.verdict in (Verdict.XPASS, Verdict.ERROR)


def said(case: CaseResult) -> str:
    """Return what is wrong with a case, without the place in its vector."""
    return "; ".join(violation.sentence for violation in case.violations) or case.diagnosis


def _cause(case: CaseResult) -> str:
    """Return what the violations of one cause have in common; of a case without any, what is said of it."""
    return json.dumps([violation.cause for violation in case.violations] or case.diagnosis)


def _grouped(cases: Iterable[CaseResult], key: Callable[[CaseResult], Hashable]) -> list[Group]:
    groups: dict[Hashable, Group] = {}
    # Written vectors first: they can be replayed without the files of this run.
    for case in sorted(cases, key=lambda case: (case.id.startswith(GENERATED), case.id)):
        groups.setdefault(key(case), []).append(case)
    return list(groups.values())
