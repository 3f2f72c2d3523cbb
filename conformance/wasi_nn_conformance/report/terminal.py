"""A run on the terminal: one line for each clause, and the totals."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.clause import Clause, Level

from .data import Search, Totals
from .grid import LEVELS


def summary(case_results: Sequence[CaseResult], clauses: Mapping[str, Clause]) -> Iterator[str]:
    """Return the lines: clauses by level, each with the number of its cases by verdict, then all in one line.

    What a host does not offer is told last, once for each ABI, encoding and reason.
    """
    by_clause: dict[str, list[CaseResult]] = {}
    choices: dict[str, set[str]] = {}
    for case_result in case_results:
        by_clause.setdefault(case_result.clause, []).append(case_result)
        if case_result.choice and case_result.level is Level.DEFINED:
            choices.setdefault(case_result.clause, set()).add(case_result.choice)
    width = max(map(len, by_clause), default=0)
    for level in LEVELS:
        named = [name for name in clauses if name in by_clause and clauses[name].level is level]
        if named:
            yield f"{level}:"
        for name in named:
            chosen = f"  (chose: {' | '.join(sorted(choices[name]))})" if name in choices else ""
            yield f"  {name:{width}}  {counted(Totals.of(by_clause[name]))}{chosen}"
    totals = Totals.of(case_results)
    extent = "1 case" if totals.cases == 1 else f"all {totals.cases} cases"
    yield f"{extent}: {counted(totals)}"
    yield from _unsupported(case_results)


def _unsupported(case_results: Sequence[CaseResult]) -> Iterator[str]:
    """Return a line for each reason why cases of an ABI and encoding were not carried out."""
    unsupported = [each for each in case_results if each.verdict is Verdict.UNSUPPORTED]
    counted = Counter((each.abi, each.encoding or "", each.diagnosis) for each in unsupported)
    for (abi, encoding, reason), number in sorted(counted.items()):
        where = ", ".join(filter(None, (abi, encoding)))
        yield f"{_counted(number, 'case')} unsupported [{where}]: {reason}"


def searches_summary(searches: Sequence[Search], seed: int) -> Iterator[str]:
    """Return a line for each kind of generated conversations: how many, how many calls, what they found."""
    kinds = dict.fromkeys(search.kind for search in searches)
    if kinds:
        yield f"generated (seed {seed}):"
    for kind in kinds:
        of = [search for search in searches if search.kind == kind]
        examples, calls = sum(search.examples for search in of), sum(search.calls for search in of)
        found = sum(len(search.findings) for search in of)
        known = sum(sum(search.known.values()) for search in of)
        told = f", {_counted(known, 'known failure')}" if known else ""
        seconds = sum(search.seconds for search in of)
        said = f"{_counted(examples, 'conversation')}, {_counted(calls, 'call')}, {seconds:.1f} s"
        yield f"  {kind}: {said}: {_counted(found, 'finding')}{told}"


def _counted(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'s' * (number != 1)}"


def counted(totals: Totals) -> str:
    """Return how often each verdict was given, worst last: `12 pass, 1 fail`."""
    return ", ".join(f"{number} {verdict}" for verdict, number in totals.by_verdict.items()) or "none"
