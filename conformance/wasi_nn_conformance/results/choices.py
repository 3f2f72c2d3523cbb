"""The answers of a host to what the specification leaves open, compared over a whole run.

An implementation chooses, but it chooses once: the same question of a clause of level `defined` has one answer in all
vectors of the clause. A vector whose question is narrower than its clause's says so with `question`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from wasi_nn_conformance.vectors.clause import Level

from .case_result import CaseResult
from .verdict import Verdict

_Question: TypeAlias = tuple[str, str | None, str, str | None]


def compared(case_results: Iterable[CaseResult]) -> Iterator[CaseResult]:
    """Return the results; those that answer one question in two ways, on one ABI and encoding, deviate."""
    kept = list(case_results)
    answers: dict[_Question, Counter[str]] = {}
    for case_result in kept:
        if _is_choice(case_result):
            answers.setdefault(_question(case_result), Counter())[str(case_result.choice)] += 1
    for case_result in kept:
        counted = answers.get(_question(case_result), Counter())
        if _is_choice(case_result) and len(counted) > 1 and case_result.verdict is Verdict.PASS:
            ways = ", ".join(f"{choice} ({number} of {counted.total()})" for choice, number in counted.most_common())
            yield msgspec.structs.replace(
                case_result,
                verdict=Verdict.DEVIATES,
                diagnosis=f"one question is answered in two ways: {ways}",
            )
        else:
            yield case_result


def _is_choice(case_result: CaseResult) -> bool:
    # How large something may be is a question of its own, which may be met under any other.
    return case_result.level is Level.DEFINED and case_result.choice not in (None, "", "error too_large")


def _question(case_result: CaseResult) -> _Question:
    return case_result.clause, case_result.question, case_result.abi, case_result.encoding
