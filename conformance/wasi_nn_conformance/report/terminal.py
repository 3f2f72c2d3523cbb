"""A run on the terminal: one line for each clause, and the totals."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.clause import Clause, Level

_LEVELS = (Level.MUST, Level.SHOULD, Level.MAY, Level.DEFINED)


def summary(case_results: Iterable[Mapping[str, Any]], clauses: Mapping[str, Clause]) -> Iterator[str]:
    """Return the lines: clauses by level, each with the number of its cases by verdict, then all in one line."""
    by_clause: dict[str, Counter[str]] = {}
    choices: dict[str, set[str]] = {}
    for case_result in case_results:
        by_clause.setdefault(case_result["clause"], Counter())[case_result["verdict"]] += 1
        if case_result["choice"] and case_result["level"] == Level.DEFINED.value:
            choices.setdefault(case_result["clause"], set()).add(case_result["choice"])
    width = max(map(len, by_clause), default=0)
    for level in _LEVELS:
        named = [name for name in clauses if name in by_clause and clauses[name].level is level]
        if named:
            yield f"{level.value}:"
        for name in named:
            chosen = f"  (chose: {' | '.join(sorted(choices[name]))})" if name in choices else ""
            yield f"  {name:{width}}  {counted(by_clause[name])}{chosen}"
    yield f"all {sum(map(Counter.total, by_clause.values()))} cases: {counted(sum(by_clause.values(), Counter()))}"


def searches_summary(searches: Sequence[Mapping[str, Any]], seed: int) -> Iterator[str]:
    """Return a line for each kind of drawn conversations: how many, how many calls, what they found."""
    kinds = dict.fromkeys(search["kind"] for search in searches)
    if kinds:
        yield f"drawn (seed {seed}):"
    for kind in kinds:
        of = [search for search in searches if search["kind"] == kind]
        examples, calls = (sum(search[key] for search in of) for key in ("examples", "calls"))
        found = sum(len(search["findings"]) for search in of)
        known = sum(sum(search["known"].values()) for search in of)
        told = f", {_counted(known, 'failure')} that the known failures tell of" if known else ""
        seconds = sum(search["seconds"] for search in of)
        said = f"{_counted(examples, 'conversation')}, {_counted(calls, 'call')}, {seconds:.1f} s"
        yield f"  {kind}: {said}: {_counted(found, 'finding')}{told}"


def _counted(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'s' * (number != 1)}"


def counted(verdicts: Mapping[str, int]) -> str:
    """Return how often each verdict was given, worst last: `12 pass, 1 fail`."""
    return ", ".join(f"{verdicts[v.value]} {v.value}" for v in Verdict if verdicts.get(v.value)) or "none"
