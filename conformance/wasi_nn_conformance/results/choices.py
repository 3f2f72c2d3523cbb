"""The answers of a host to what the specification leaves open, compared over a whole run.

An implementation chooses, but it chooses once: the same question of a clause of level `defined` has one answer in all
vectors of the clause. A vector whose question is narrower than its clause's says so with `question`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wasi_nn_conformance.vectors.clause import Level

from .verdict import Verdict

_Question = tuple[Any, ...]


def compared(case_results: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return the records; those that answer one question in two ways, on one ABI and encoding, deviate."""
    kept = [dict(case_result) for case_result in case_results]
    answers: dict[_Question, Counter[str]] = {}
    for case_result in kept:
        if _is_choice(case_result):
            answers.setdefault(_question(case_result), Counter())[case_result["choice"]] += 1
    for case_result in kept:
        counted = answers.get(_question(case_result), Counter())
        if _is_choice(case_result) and len(counted) > 1 and case_result["verdict"] == Verdict.PASS.value:
            ways = ", ".join(f"{choice} ({number} of {counted.total()})" for choice, number in counted.most_common())
            case_result |= {
                "verdict": Verdict.DEVIATES.value,
                "diagnosis": f"one question is answered in two ways: {ways}",
            }
        yield case_result


def _is_choice(case_result: Mapping[str, Any]) -> bool:
    return case_result["level"] == Level.DEFINED.value and bool(case_result["choice"])


def _question(case_result: Mapping[str, Any]) -> _Question:
    return case_result["clause"], case_result["question"], case_result["abi"], case_result["encoding"]
