"""A case examined: carried out, and what came of it looked into until the verdict is the host's own doing."""

import contextlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec
from msgspec.structs import replace

from wasi_nn_conformance.results.carry_over import CarryOver, Limit, is_limit
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.observation import Observation
from wasi_nn_conformance.results.settlement import fault
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.case import Case

from .accusation import Accusation
from .adapter import AdapterError
from .host_pool import Host, Pair, Served, pair_of
from .lookahead import Lookahead
from .reproduction import shortest_past
from .survey import Survey, is_of_survey

_ENOUGH = 3  # failures that pass alone before a process for each case is cheaper than trying each again
_SHOWN = 3  # findings of a fault that were made alone, before others that only lean on it count as they are


class Conclusion(msgspec.Struct, frozen=True):
    """What is known only at the end of a run: results that count in the place of earlier ones, and of the process."""

    corrected: tuple[CaseResult, ...] = ()
    carry_overs: tuple[CarryOver, ...] = ()
    limits: tuple[Limit, ...] = ()
    unshared: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()


@dataclass
class Examination:
    """The cases of one run on one host.

    Cases share a process as long as that changes nothing: what fails there is judged again in a process of its own.
    With `lookahead` others are served while one is looked into.
    """

    host: Host
    lookahead: Lookahead | None = None
    _carried: dict[Pair, list[tuple[Case, Served]]] = field(default_factory=dict)
    _doubtful: dict[Pair, list[tuple[Case, CaseResult]]] = field(default_factory=dict)
    _limits: dict[tuple[Pair, str], Limit] = field(default_factory=dict)
    _shown: dict[tuple[Pair, Hashable], list[str]] = field(default_factory=dict)
    """Which findings of a fault were made each on a process of its own."""

    @cached_property
    def survey(self) -> Survey:
        """What is known of the host."""
        return Survey(self.host)

    def examine(self, case: Case) -> CaseResult:
        """Return what a case comes to. Raises `AdapterError` if no process of the host can be had."""
        with self.host.turn:
            served = self._served(case)
            if blocked := self._blocked(case, served):
                return blocked
            case_result = self.accused(case, self._confirmed(case, served))
            if case_result.verdict.is_finding:
                self._shown.setdefault((pair_of(case), fault(case_result)), []).append(case_result.id)
            return case_result

    def accused(self, case: Case, case_result: CaseResult) -> CaseResult:
        """Return what a case came to under the clause that is broken."""
        return self._accusation.accused(case, case_result)

    def simpler(self, case_id: str) -> CaseResult:
        """Return what a case came to that blocks another one."""
        return self._accusation.simpler[case_id]

    @cached_property
    def _accusation(self) -> Accusation:
        return Accusation(self.host)

    def confirmed(self, case: Case, is_shown: Callable[[CaseResult], bool] = lambda _: False) -> CaseResult:
        """Return what a case comes to that no other has to do with; a finding that `is_shown` is taken as it is."""
        served = self._served(case)
        if served.case_result.verdict.is_finding and is_shown(served.case_result):
            return served.case_result
        return self._confirmed(case, served)

    def _served(self, case: Case) -> Served:
        return self.lookahead.serve(case) if self.lookahead else self.host.serve(case)

    def _blocked(self, case: Case, served: Served) -> CaseResult | None:
        """Return a finding as one of a fault that its case only leans on, and that others have shown alone.

        On a host that gets something plain wrong that is most cases, and each would take a process of its own.
        """
        case_result, pair = served.case_result, pair_of(case)
        if not case_result.verdict.is_finding or is_limit(case_result):
            return None
        if not served.before.cases or pair in self._carried or pair in self.host.wary:
            return None
        if not any(len(by) >= _SHOWN for (where, _), by in self._shown.items() if where == pair):
            return None  # nothing can block it yet: what it accuses is looked for once it is judged alone
        accused = self.accused(case, case_result)
        is_blocked = accused.verdict.is_finding and accused.own_clause
        return accused if is_blocked and len(self.shown(case, accused)) >= _SHOWN else None

    def shown(self, case: Case, case_result: CaseResult) -> Sequence[str]:
        """Return the ids of the cases that have shown the fault of a finding alone."""
        return self._shown.get((pair_of(case), fault(case_result)), ())

    def _confirmed(self, case: Case, served: Served) -> CaseResult:
        if served.case_result.verdict.is_finding:
            return self._judged_alone(case, served)
        if served.before.cases and _leans_on_a_refusal(served):
            self._doubtful.setdefault(pair_of(case), []).append((case, served.case_result))
        return served.case_result

    def conclude(self) -> Conclusion:
        """Judge again what may have come of a process that had served others, and look for what shows that it does."""
        corrected: list[CaseResult] = []
        carry_overs: list[CarryOver] = []
        with contextlib.suppress(AdapterError):
            for pair in (*self._carried, *self.host.wary.difference(self._carried)):
                corrected += self._corrected(pair)
                carry_overs += self._carry_overs(self._carried.get(pair, []))
        observations = self.host.observations()
        unshared = tuple("-".join(filter(None, pair)) for pair in self._carried if pair in self.host.unshared)
        limits = tuple(self._limits.values())
        return Conclusion(tuple(corrected), tuple(carry_overs), limits, unshared, observations)

    def _judged_alone(self, case: Case, served: Served) -> CaseResult:
        """Return the verdict of a process of its own; what failed in a shared one alone is kept apart."""
        alone = self.host.serve(case, alone=True) if served.before.cases else served
        case_result = replace(alone.case_result, alone=True)
        if not case_result.verdict.is_finding:
            self.host.retire(case)
            self._carries_over(case, served)
        elif limit := self._limit_met(case, alone):
            return replace(case_result, verdict=Verdict.UNSUPPORTED, diagnosis=_needs_more(limit), violations=())
        return case_result

    def _carries_over(self, case: Case, served: Served) -> None:
        pair = pair_of(case)
        if served.before.has_failed:
            # Due to the failure, which is a finding of its own, or not: then it shows again where none has failed.
            self.host.wary.add(pair)
            return
        self._carried.setdefault(pair, []).append((case, served))
        if is_limit(served.case_result) and pair not in self.host.capacities and case.encoding:
            self._note(pair)
        if len(self._carried[pair]) >= _ENOUGH:
            self.host.unshared.add(pair)

    def _limit_met(self, case: Case, served: Served) -> Limit | None:
        """Return the limit of a process that a case met which holds more than one graph or context."""
        if not case.encoding or not is_limit(served.case_result) or max(served.graphs, served.contexts) <= 1:
            return None
        self._note(pair_of(case))
        held = {"graphs": served.graphs, "contexts": served.contexts}
        limits = self.survey.limits(pair_of(case))
        return next((limit for limit in limits if is_limit(limit.case_result) and held[limit.what] >= limit.most), None)

    def _note(self, pair: Pair) -> None:
        self._limits |= {(pair, limit.what): limit for limit in self.survey.limits(pair)}

    def _corrected(self, pair: Pair) -> list[CaseResult]:
        """Judge the doubtful cases of a pair again; return the results that are others now."""
        corrected = []
        for case, before in self._doubtful.pop(pair, []):
            again = self.accused(case, self.host.serve(case, alone=True).case_result)
            if (again.verdict, again.choice) != (before.verdict, before.choice):
                corrected.append(replace(again, alone=True))
        return corrected

    def _carry_overs(self, carried: list[tuple[Case, Served]]) -> list[CarryOver]:
        """Return those of a pair, the first of each clause with the shortest past that shows it."""
        made: list[CarryOver] = []
        for case, served in carried:
            past = served.before
            carry_over = CarryOver(served.case_result, len(past.cases), past.graphs, past.contexts)
            if all(carry_over.clause != other.clause for other in made):
                shortest = shortest_past(self.host, past.cases, case)
                shown_by = tuple(each.id for each in shortest if not is_of_survey(each))
                carry_over = replace(carry_over, shown_by=shown_by)
            made.append(carry_over)
        return made


def _leans_on_a_refusal(served: Served) -> bool:
    """Return whether a pass may be due to a host that refuses because of what its process served before."""
    case_result = served.case_result
    return served.was_refused or case_result.verdict is Verdict.DEVIATES or bool(case_result.choice)


def _needs_more(limit: Limit) -> str:
    violation = limit.case_result.violations[0]
    return f"one process of the host bears {limit.amount}, the next one gets {violation.got}"
