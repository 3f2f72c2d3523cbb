"""Which findings block which cases: told at the end of a run, whatever the order in which its cases were judged.

A case that accuses another clause than its vector's is blocked by the finding whose vector is about that clause. Where
no vector shows it, the smallest of such cases stays a finding, under the clause that it accuses.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from wasi_nn_conformance.vectors.clause import Clause

from .case_result import CaseResult
from .known_failures import GENERATED
from .likeness import manner
from .verdict import Verdict
from .violation import ENDS


def settled(case_results: Iterable[CaseResult], clauses: Mapping[str, Clause]) -> Iterator[CaseResult]:
    """Return the results; those that accuse another clause than their vector's are blocked by one finding."""
    results = list(case_results)
    ran = {each.id for each in results}
    kept = [_reopened(each, clauses) if each.blocked_by in ran else each for each in results]
    found = sorted(filter(_is_found, kept), key=_rank)
    showing = {each.id: each for each in found if not each.own_clause}
    by_fault: dict[Hashable, list[CaseResult]] = {}
    for each in found:
        by_fault.setdefault(fault(each), []).append(each)
    for each in kept:
        if not (_is_found(each) and each.own_clause):
            yield each  # also what is blocked by a known failure that this run did not come to
        else:
            by = showing.get(each.blocked_by or "") or _blocker(by_fault[fault(each)], each)
            yield replace(each, blocked_by=None) if by.id == each.id else blocked(each, by.id, clauses)


def blocked(case_result: CaseResult, by: str, clauses: Mapping[str, Clause]) -> CaseResult:
    """Return the result as one that the finding of the case `by` stands before, under its vector's clause."""
    own = clauses.get(case_result.own_clause)
    return replace(
        case_result,
        verdict=Verdict.BLOCKED,
        clause=case_result.own_clause,
        level=own.level if own else case_result.level,
        own_clause="",
        blocked_by=by,
        diagnosis=f"blocked by {by}: {case_result.diagnosis}",
    )


def _reopened(case_result: CaseResult, clauses: Mapping[str, Clause]) -> CaseResult:
    """Return a case that was blocked while the run went on as the finding that it is."""
    if case_result.verdict is not Verdict.BLOCKED or not case_result.violations:
        return case_result
    violation, own = case_result.violations[0], case_result.clause
    accused = clauses.get(violation.clause)
    return replace(
        case_result,
        verdict=Verdict(violation.kind) if violation.kind in ENDS else Verdict.FAIL,
        clause=violation.clause,
        level=accused.level if accused else case_result.level,
        own_clause=own,
        diagnosis=case_result.diagnosis.removeprefix(f"blocked by {case_result.blocked_by}: "),
    )


def _is_found(case_result: CaseResult) -> bool:
    return case_result.verdict.is_finding or case_result.verdict is Verdict.XFAIL


def fault(case_result: CaseResult) -> Hashable:
    """Return what findings of one fault have in common; a conversation without a model has no encoding to share."""
    how = manner(case_result.violations[0]) if case_result.violations else case_result.diagnosis
    return case_result.abi, case_result.clause, how


def _blocker(alike: list[CaseResult], case_result: CaseResult) -> CaseResult:
    """Return the first finding of a fault that stands before a case; the case itself is one of them."""
    return next(each for each in alike if None in (pair := (each.encoding, case_result.encoding)) or len({*pair}) == 1)


def _rank(case_result: CaseResult) -> tuple[bool, bool, bool, int, str]:
    """Order findings: whose vector is about the clause, what is known, what was written, the smallest."""
    return (
        bool(case_result.own_clause),
        case_result.verdict is not Verdict.XFAIL,
        case_result.id.startswith(GENERATED),
        len(case_result.transcript),
        case_result.id,
    )
