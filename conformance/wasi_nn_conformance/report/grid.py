"""The cases of a report by clause, ABI and encoding."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.clause import Level

Data: TypeAlias = Mapping[str, Any]
Column: TypeAlias = tuple[str, str]

NO_MODEL = "no model"
LEVELS = tuple(level.value for level in (Level.MUST, Level.SHOULD, Level.MAY, Level.DEFINED))
_QUIET = (Verdict.PASS, Verdict.UNSUPPORTED, Verdict.DEVIATES)


def column(case: Data) -> Column:
    """Return the ABI and the encoding of a case."""
    return case["abi"], case["encoding"] or NO_MODEL


def columns(cases: Sequence[Data]) -> list[Column]:
    """Return the pairs of ABI and encoding that the cases have; conversations without a model last of each ABI."""
    return sorted({column(case) for case in cases}, key=lambda pair: (pair[0], pair[1] == NO_MODEL, pair[1]))


def clauses(report: Data) -> list[str]:
    """Return the ids of the clauses, the most binding first."""
    known = report["clauses"]
    used = dict.fromkeys(case["clause"] for case in report["cases"])
    return sorted(known | used, key=lambda name: LEVELS.index(known[name]["level"]) if name in known else len(LEVELS))


def counts(cases: Sequence[Data]) -> dict[str, dict[Column, Counter[str]]]:
    """Count the verdicts by clause and column."""
    found: dict[str, dict[Column, Counter[str]]] = {}
    for case in cases:
        found.setdefault(case["clause"], {}).setdefault(column(case), Counter())[case["verdict"]] += 1
    return found


def choices(report: Data) -> dict[str, dict[Column, list[str]]]:
    """Return what the host chose, by clause and column, where the specification leaves the choice to it."""
    found: dict[str, dict[Column, list[str]]] = {}
    for case in report["cases"]:
        if case["choice"] and case["level"] == Level.DEFINED.value:
            seen = found.setdefault(case["clause"], {}).setdefault(column(case), [])
            if case["choice"] not in seen:
                seen.append(case["choice"])
    return {name: found[name] for name in clauses(report) if name in found}


def generated_vectors(report: Data) -> Mapping[str, Data]:
    """Return the vectors that findings of drawing were shrunk to, by the ids of their cases."""
    vectors: Mapping[str, Data] = report.get("fuzz", {}).get("vectors", {})
    return vectors


def is_conspicuous(case: Data) -> bool:
    """Return whether the case wants somebody's eye: a finding, an expected one too, and what could not be judged."""
    return Verdict(case["verdict"]) not in _QUIET


def worst_first(cases: Sequence[Data]) -> list[Data]:
    """Order cases by severity, then by id."""
    return sorted(cases, key=lambda case: (-Verdict(case["verdict"]).severity, case["id"]))


def result(report: Data) -> str:
    """Return how a run went: `92 findings`, `3 errors`, `1906 pass, 70 known`, `1976 pass`, `500 drawn`."""
    totals = report["totals"]
    findings = sum(totals[verdict.value] for verdict in Verdict if verdict.is_finding)
    parts = [
        _plural(findings, "finding"),
        f"{totals['xpass']} unexpectedly right" if totals["xpass"] else "",
        _plural(totals["error"], "error"),
    ]
    if any(parts):
        return ", ".join(part for part in parts if part)
    passed, known = totals["pass"] + totals["deviates"], totals["xfail"]
    if not passed + known and "fuzz" in report:
        return f"{sum(search['examples'] for search in report['fuzz']['searches'])} drawn"
    return f"{passed} pass{f', {known} known' if known else ''}"


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}" if number else ""
