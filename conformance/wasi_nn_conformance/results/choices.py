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


def compared(records: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the records; those that answer one question in two ways, on one ABI and encoding, deviate."""
    kept = [dict(record) for record in records]
    answers: dict[_Question, Counter[str]] = {}
    for record in kept:
        if _is_choice(record):
            answers.setdefault(_question(record), Counter())[record["choice"]] += 1
    for record in kept:
        counted = answers.get(_question(record), Counter())
        if _is_choice(record) and len(counted) > 1 and record["verdict"] == Verdict.PASS.value:
            ways = ", ".join(f"{choice} ({number} of {counted.total()})" for choice, number in counted.most_common())
            record |= {"verdict": Verdict.DEVIATES.value, "diagnosis": f"one question is answered in two ways: {ways}"}
        yield record


def _is_choice(record: Mapping[str, Any]) -> bool:
    return record["level"] == Level.DEFINED.value and bool(record["choice"])


def _question(record: Mapping[str, Any]) -> _Question:
    return record["clause"], record["question"], record["abi"], record["encoding"]
