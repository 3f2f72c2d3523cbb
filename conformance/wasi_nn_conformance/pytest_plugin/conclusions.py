"""What is found out at the end of a run: results in the place of earlier ones, and about the host's processes."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from wasi_nn_conformance.results.carry_over import results_of
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.known_failures import KnownFailures
from wasi_nn_conformance.results.observation import Observation, longest
from wasi_nn_conformance.run.examination import Conclusion
from wasi_nn_conformance.vectors.clause import Clause


class Conclusions:
    """The conclusions of this process, or of all workers of pytest-xdist. They travel as plain data."""

    def __init__(self) -> None:
        self._taken: list[Conclusion] = []

    def take(self, conclusion: Any) -> None:
        """Take up what one process found out."""
        self._taken.append(msgspec.convert(conclusion, Conclusion))

    def corrected(self, judged: Mapping[str, CaseResult], known: KnownFailures | None) -> dict[str, CaseResult]:
        """Return the results of cases as they stand in the end."""
        instead = {each.id: each for conclusion in self._taken for each in conclusion.corrected}
        return {key: _applied(known, instead[each.id]) if each.id in instead else each for key, each in judged.items()}

    def results(self, clauses: Mapping[str, Clause], known: KnownFailures | None) -> Iterator[CaseResult]:
        """Return what is to be said of the host's processes."""
        carry_overs = [each for conclusion in self._taken for each in conclusion.carry_overs]
        limits = [each for conclusion in self._taken for each in conclusion.limits]
        for each in results_of(carry_overs, limits, clauses):
            yield _applied(known, each)

    @property
    def observations(self) -> tuple[Observation, ...]:
        """How the host's processes have changed while they served."""
        return longest(each for conclusion in self._taken for each in conclusion.observations)

    @property
    def notes(self) -> list[str]:
        """What the run did otherwise than it was asked, a line each."""
        pairs = dict.fromkeys(pair for conclusion in self._taken for pair in conclusion.unshared)
        return [f"{pair}: cases that fail after others pass alone, so each got a process of its own" for pair in pairs]


def _applied(known: KnownFailures | None, case_result: CaseResult) -> CaseResult:
    return known.applied(case_result) if known else case_result
