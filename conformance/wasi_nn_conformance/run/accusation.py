"""Which clause a failing case accuses: its own, or that of something simpler that it leans on and that fails alike."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile

from msgspec.structs import replace

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.likeness import fails_alike
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import ENDS, Violation, is_refusal, is_trap, should_have_succeeded
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.own_clause import call_of, clause_of_kind, own_clause
from wasi_nn_conformance.vectors.step import steps_of

from .control import is_plain, plain_inference, unread, without_growth, without_misuse
from .host_pool import Host
from .ladder import OPERATIONS, Rung, rungs
from .leaning import Leaning
from .library import Library

_OF_OTHERS = "context.independence"
"""Whose vectors let calls fail, too: what that does to other contexts breaks this clause as much."""
_FOUND_LATE = "input.unknown-index"
_FOUND_AT_ALL = ("input/unknown-index/beyond=0", "input/unknown-index/beyond=100")
"""A clause whose error may come as late as in compute, so that not every host can be asked what it does behind it, and
the vectors that tell whether it comes at all."""
_BEFORE_ANY_INPUT = ("load", "load_by_name", "context")
_SMALL = {"load": 1 << 16, **dict.fromkeys(("set_input", "compute", "output"), 4096)}
"""Bytes of a model, or of a tensor, that each host takes that takes any."""


@dataclass
class Accusation:
    """Looks for what a failing case has in common with simpler ones, each on a process of its own and once in a run."""

    host: Host
    simpler: dict[str, CaseResult] = field(default_factory=dict)
    """What the simpler cases came to, by their ids."""
    _controls: dict[Hashable, CaseResult] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    """The simpler cases that are being looked into: two may lean on each other by way of a third."""

    def accused(self, case: Case, case_result: CaseResult) -> CaseResult:
        """Return the finding under the clause that is broken, with `blocked_by` where a simpler case shows it.

        A case is unsupported where the host refuses a type or an operation that it may do without.
        """
        violation = next(iter(case_result.violations), None)
        if case_result.verdict is Verdict.UNSUPPORTED:  # by a limit that a finding had shown
            return _under_own(case, case_result)
        if not case_result.verdict.is_finding or violation is None:
            return case_result
        if clause_of_kind(violation.kind, violation.subject):
            return case_result
        if self._is_found_late(case, violation):
            return _unsupported(case, case_result, f"the host finds by compute alone what breaks {_FOUND_LATE}")
        explained = self._of_growth(case, case_result, violation) or self._explained(case, case_result, violation)
        if explained is None and should_have_succeeded(violation):
            for others in (self._of_plain_inference, self._of_refused_calls, self._of_a_good_name):
                explained = explained or others(case, case_result, violation)
        return explained or case_result

    def _explained(self, case: Case, case_result: CaseResult, violation: Violation) -> CaseResult | None:
        """Return the finding as one of something that its case leans on, None if nothing of that fails so."""
        leaning = Leaning.of(case, self._library.models)
        was_owed = should_have_succeeded(violation)
        if self._is_of_reading(case, violation):
            return self._under(case, case_result, "error.getters")
        refused = ""
        for rung, tried in self._below(leaning):
            if fails_alike(tried, violation) and not rung.tells_refusals_alone:
                return self._of_rung(case, case_result, tried)
            if was_owed and rung.optional and is_refusal(violation) and _was_refused(tried):
                refused = refused or rung.optional
        explained = self._of_old_inputs(leaning, case_result, violation)
        if explained is None and (was_owed or not self._is_found_alone(case, violation)):
            explained = self._of_ground(leaning, case_result, violation)
        if explained or not was_owed:
            return explained
        asks = is_refusal(violation) and not refused
        for operation in sorted(leaning.operations & OPERATIONS.keys()) if asks else ():
            if self._refuses_operation(operation, case):
                refused = f"the operation {operation}"
        refused = refused or self._too_large(leaning, violation)
        return _unsupported(case, case_result, f"the host does not serve {refused}") if refused else None

    def _too_large(self, leaning: Leaning, violation: Violation) -> str:
        """Return what is refused for its size: it is large, and refused where nothing else is asked of its model."""
        case, call = leaning.case, call_of(violation.call)
        if not is_refusal(violation) or call not in _SMALL or case.encoding is None:
            return ""
        what, size = "tensors", leaning.tensor_bytes
        if call == "load":
            builders = self._library.state(case, {}).builders
            sizes = (sum(map(len, builders(name, case.encoding))) for name in case.vector.models)
            what, size = "models", max(sizes, default=0)
        if size <= _SMALL[call]:
            return ""
        tried = [self._control(control) for control in plain_inference(case, self._library.models)]
        return f"{what} of {size} bytes" if any(fails_alike(each, violation) for each in tried) else ""

    def _is_of_reading(self, case: Case, violation: Violation) -> bool:
        """Return whether a component is ended where it is owed an error, but not if nobody asks what that says."""
        ended = violation.kind in ENDS or is_trap(violation)
        if not ended or "error" not in violation.wanted or not TAGS[case.abi].resources:
            return False
        tried = self._control(unread(case))
        return tried.verdict is not Verdict.ERROR and not fails_alike(tried, violation)

    def _of_old_inputs(self, leaning: Leaning, case_result: CaseResult, violation: Violation) -> CaseResult | None:
        """Return the finding as one of a host that goes on with old inputs, if it is one and that explains it."""
        if violation.kind in ENDS:
            return None
        for rung, tried in self._below(leaning):
            is_wrong = tried.verdict.is_finding and tried.violations[0].kind == "value"
            if is_wrong and rung.stale_after and leaning.is_behind(violation.line, rung.stale_after):
                return self._of_rung(leaning.case, case_result, tried)
        return None

    def _of_ground(self, leaning: Leaning, case_result: CaseResult, violation: Violation) -> CaseResult | None:
        """Return the finding as one of what the case takes for granted and the host gets wrong, in whatever way.

        How a host that mixes up two inputs answers a misuse of them tells nothing. That it dies does, and what it takes
        before it has any.
        """
        is_misuse = not should_have_succeeded(violation)
        if violation.kind in ENDS or (is_misuse and call_of(violation.call) in _BEFORE_ANY_INPUT):
            return None
        basic: set[str] = set()
        for rung, tried in self._below(leaning):
            if not tried.verdict.is_finding or rung.clause not in ("", tried.clause) or rung.tells_refusals_alone:
                continue
            if rung.is_basic:
                basic.add(tried.clause)
            elif tried.clause not in basic:
                return self._of_rung(leaning.case, case_result, tried)
        return None

    def _is_found_late(self, case: Case, violation: Violation) -> bool:
        """Return whether set_input takes what compute then refuses, where a case goes on behind the error."""
        if violation.clause != _FOUND_LATE or violation.kind != "outcome" or call_of(violation.call) != "set_input":
            return False
        vectors = map(self._library.suite_vector, _FOUND_AT_ALL)
        tried = [self._control(self._library.case(each, case.abi, case.encoding)) for each in vectors]
        return all(each.verdict in (Verdict.PASS, Verdict.DEVIATES) for each in tried)

    def _is_found_alone(self, case: Case, violation: Violation) -> bool:
        """Return whether a misuse is answered so in the smallest case that is about it, too: that leans on least."""
        simplest = self._simplest(violation.clause, case)
        return simplest is not None and fails_alike(self._control(simplest), violation)

    def _simplest(self, clause: str, case: Case) -> Case | None:
        """Return the case of a clause that has the fewest steps, on the ABI and in the encoding of another case."""
        found = [each for each in self._library.of_clause(clause) if case.abi in each.abis and each != case.vector]
        found = [each for each in found if not each.fresh and case.encoding in (each.encodings or (case.encoding,))]
        found = [each for each in found if bool(each.models) is (case.encoding is not None)]
        smallest = min(found, key=lambda each: len(list(steps_of(each.steps))), default=None)
        return None if smallest is None else self._library.case(smallest, case.abi, case.encoding)

    def _of_rung(self, case: Case, case_result: CaseResult, tried: CaseResult) -> CaseResult:
        if tried.clause == case.clause.id:
            return self._under(case, case_result, case.clause.id)
        blocker = tried.blocked_by or (tried.id if not tried.own_clause else None)
        return replace(self._under(case, case_result, tried.clause), blocked_by=blocker)

    def _of_refused_calls(self, case: Case, case_result: CaseResult, violation: Violation) -> CaseResult | None:
        """Accuse what a failing call owes to all later ones, if a step fails only behind calls that were refused."""
        if case_result.own_clause or case.clause.id.partition(".")[0] == "failure" or violation.kind in ENDS:
            return None
        if case.clause.id == _OF_OTHERS or (control := without_misuse(case, violation.line)) is None:
            return None
        if self._control(control).verdict is not Verdict.PASS:
            return None
        is_new = call_of(violation.call) in _BEFORE_ANY_INPUT
        return self._under(case, case_result, "failure.no-lasting-harm" if is_new else "failure.changes-nothing")

    def _of_a_good_name(self, case: Case, case_result: CaseResult, violation: Violation) -> CaseResult | None:
        """Accuse the registration of a name that is refused also where no other name is tried before."""
        if case_result.own_clause or call_of(violation.call) != "load_by_name" or not is_refusal(violation):
            return None
        plain = without_misuse(case, violation.line) or case
        clause = own_clause(violation.call, violation.kind) or case.clause.id
        return self._under(case, case_result, clause) if fails_alike(self._control(plain), violation) else None

    def _of_growth(self, case: Case, case_result: CaseResult, violation: Violation) -> CaseResult | None:
        """Accuse a host that takes a guest's memory for what it was, if all is well where that does not grow."""
        control = without_growth(case, violation.line)
        if control is None or self._control(control).verdict not in (Verdict.PASS, Verdict.DEVIATES):
            return None
        return self._under(case, case_result, "memory.growth")

    def _of_plain_inference(self, case: Case, case_result: CaseResult, violation: Violation) -> CaseResult | None:
        """Accuse the clause of a step that fails without anything that the vector does besides."""
        if case_result.own_clause or is_plain(case):
            return None
        for control in plain_inference(case, self._library.models):
            tried = self._control(control)
            if fails_alike(tried, violation):
                clause = own_clause(tried.violations[0].call, tried.violations[0].kind)
                return self._under(case, case_result, clause or case.clause.id)
        return None

    def _under(self, case: Case, case_result: CaseResult, name: str) -> CaseResult:
        clause = self._library.clauses[name]
        return replace(
            case_result,
            clause=clause.id,
            level=clause.level,
            own_clause="" if clause.id == case.clause.id else case.clause.id,
            violations=tuple(replace(violation, clause=clause.id) for violation in case_result.violations),
        )

    def _refuses_operation(self, operation: str, case: Case) -> bool:
        model = OPERATIONS[operation]
        tried = [self._control(control) for control in plain_inference(case, self._library.models, only=model)]
        return any(each.violations and is_refusal(each.violations[0]) for each in tried)

    def _below(self, leaning: Leaning) -> Iterator[tuple[Rung, CaseResult]]:
        """Return what the rungs of a case come to, without those that fail of what the case does not lean on."""
        ladder = list(rungs(leaning))
        below = {rung.vector for rung in ladder}
        for rung in ladder:
            tried = self._tried(rung, leaning.case)
            if tried is not None and (not tried.blocked_by or tried.blocked_by.partition("[")[0] in below):
                yield rung, tried

    def _tried(self, rung: Rung, case: Case) -> CaseResult | None:
        """Return what the vector of a rung comes to on the ABI and in the encoding of a case, and what that leans on.

        None if it does not run there, is the case's own, leans on that itself, or is being looked into.
        """
        vector = self._library.suite_vector(rung.vector)
        encoding = case.encoding if vector.models else None
        if case.abi not in vector.abis or (encoding is None) is bool(vector.models):
            return None
        if vector.encodings and encoding not in vector.encodings:
            return None
        simpler = self._library.case(vector, case.abi, encoding)
        lower = takewhile(lambda each: each != rung, rungs(Leaning.of(simpler, self._library.models)))
        if case.vector.id in {rung.vector, *(each.vector for each in lower)}:
            return None
        if simpler.id not in self.simpler and simpler.id not in self._asked:
            self._asked.add(simpler.id)
            self.simpler[simpler.id] = self._simpler(simpler)
            self._asked.discard(simpler.id)
        return self.simpler.get(simpler.id)

    def _simpler(self, case: Case) -> CaseResult:
        case_result = self._alone(case)
        if not case_result.verdict.is_finding or not case_result.violations:
            return case_result
        return self._explained(case, case_result, case_result.violations[0]) or case_result

    def _control(self, case: Case) -> CaseResult:
        """Return what a plain inference comes to: models of a case may be its own, so the steps tell it from others."""
        key = (case.abi, case.encoding, case.vector.path, case.vector.line, repr(case.vector.steps_without_lines))
        if key not in self._controls:
            self._controls[key] = self._alone(case)
        return self._controls[key]

    def _alone(self, case: Case) -> CaseResult:
        return self.host.serve(case, alone=True).case_result

    @cached_property
    def _library(self) -> Library:
        """The vectors of this suite, whatever the run is about."""
        return self.host.library.of_suite


def _was_refused(case_result: CaseResult) -> bool:
    """Return whether a case that may be refused was, by an error of wasi-nn."""
    return not case_result.verdict.is_finding and (case_result.choice or "").startswith("error ")


def _unsupported(case: Case, case_result: CaseResult, reason: str) -> CaseResult:
    violation = case_result.violations[0]
    return replace(
        _under_own(case, case_result),
        verdict=Verdict.UNSUPPORTED,
        diagnosis=f"{reason}: {violation.call} is {violation.got}",
        violations=(),
    )


def _under_own(case: Case, case_result: CaseResult) -> CaseResult:
    """Return what is no finding under the clause of its vector."""
    return replace(case_result, clause=case.clause.id, level=case.clause.level, own_clause="")
