"""The generated conversations in `report.html`: how many there were, what they exercised, what they found."""

from collections import Counter
from dataclasses import dataclass

from wasi_nn_conformance.results.case_result import Expected

from .data import Fuzz, Report, Search


@dataclass(frozen=True)
class Generated:
    """What the searches came to, all together.

    `shown` are the ids of the cases that the page has. `exercised` counts by kind and by feature: calls, types, ranks,
    operations, misuses, verdicts. `known` counts the failures that are known, by what is told of them.
    """

    fuzz: Fuzz
    total: int
    shown: frozenset[str]
    exercised: dict[str, dict[str, dict[str, int]]]
    known: list[tuple[Expected | None, str, int]]

    @classmethod
    def of(cls, report: Report) -> "Generated | None":
        """Return what the searches of a run came to, if there were any."""
        fuzz = report.fuzz
        if fuzz is None:
            return None
        kinds: dict[str, list[Search]] = {}
        for search in fuzz.searches:
            kinds.setdefault(search.kind, []).append(search)
        known = sum((Counter(search.known) for search in fuzz.searches), Counter[str]())
        told = {expected.because: expected for expected in reversed(fuzz.known)}
        return cls(
            fuzz=fuzz,
            total=sum(search.examples for search in fuzz.searches),
            shown=frozenset(case.id for case in report.cases),
            exercised={kind: _exercised(searches) for kind, searches in kinds.items()},
            known=[(told.get(because), because, number) for because, number in sorted(known.items())],
        )


def _exercised(searches: list[Search]) -> dict[str, dict[str, int]]:
    groups: dict[str, Counter[str]] = {}
    for search in searches:
        for what, number in search.exercised.items():
            group, _, name = what.partition(" ")
            groups.setdefault(group, Counter())[name] += number
    return {group: dict(sorted(groups[group].items())) for group in sorted(groups)}
