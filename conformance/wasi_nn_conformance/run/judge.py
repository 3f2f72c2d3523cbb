"""The verdict on one answer: what the clause accepts, held against what the host did."""

from wasi_nn_conformance.results.case_result import Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.vectors.clause import Clause, Level
from wasi_nn_conformance.vectors.expectation import OUTCOMES, Expectation


def judge(expectation: Expectation, outcome: Outcome, clause: Clause, where: str) -> Judgement:
    """Judge one outcome. `where` names the step for the diagnosis."""
    wanted, got = expectation.wanted, outcome.words
    match outcome.kind:
        case Kind.BROKEN:
            return Judgement(Verdict.ERROR, "", outcome.detail, where=where)
        case Kind.CRASH:
            return Judgement(Verdict.CRASH, wanted, f"the host died: {outcome.detail}", where=where)
        case Kind.HANG:
            return Judgement(Verdict.HANG, wanted, outcome.detail, where=where)
    if outcome.faults:
        return Judgement(Verdict.FAIL, "", "; ".join(outcome.faults), where=where)
    if outcome.kind.value not in expectation.accept:
        return Judgement(Verdict.FAIL, wanted, got, where=where)
    if expectation.only and outcome.code != expectation.only:
        return Judgement(Verdict.FAIL, wanted, got, where=where)
    if expectation.prefer is None:
        return Judgement(Verdict.PASS)
    return preference(expectation.prefer, outcome, clause, where)


def preference(prefer: str, outcome: Outcome, clause: Clause, where: str) -> Judgement:
    """Judge an accepted outcome by what the clause would rather see.

    Where a clause leaves the answer to the implementation, none deviates: the choice is only recorded.
    """
    answer = outcome.kind.value if prefer in OUTCOMES and outcome.kind is not Kind.ERROR else outcome.code
    choice = f"error {outcome.code}" if outcome.kind is Kind.ERROR else outcome.kind.value
    as_preferred = answer == prefer or (prefer == "error" and outcome.kind is Kind.ERROR)
    if as_preferred or clause.level is Level.DEFINED:
        return Judgement(Verdict.PASS, choice=choice)
    rather = prefer if prefer in OUTCOMES else f"error {prefer}"
    return Judgement(Verdict.DEVIATES, f"rather {rather}", outcome.words, choice, where)
