"""The verdict on one answer: what the clause accepts, held against what the host did."""

from wasi_nn_conformance.results.case_result import Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.vectors.clause import Clause, Level
from wasi_nn_conformance.vectors.expectation import OUTCOMES, Expectation
from wasi_nn_conformance.vectors.step import Block


def judge(
    expectation: Expectation, outcome: Outcome, violations: list[Violation], clause: Clause, block: Block | None = None
) -> Judgement:
    """Judge one outcome of a step, in a block or in none.

    `violations` are what is wrong with its reply whatever the clause accepts. Errors that the block accepts are not for
    this to judge; it tells what is wanted in their place.
    """
    wanted = block.wanted(expectation) if block else expectation.wanted
    match outcome.kind:
        case Kind.BROKEN:
            return Judgement(Verdict.ERROR, (Violation("unjudged", got=outcome.detail),))
        case Kind.CRASH:
            crash = Violation("crash", wanted=wanted, subject=outcome.ended, printed=outcome.printed)
            return Judgement(Verdict.CRASH, (crash,))
        case Kind.HANG:
            hang = Violation("hang", wanted=wanted, got=outcome.detail, printed=outcome.printed)
            return Judgement(Verdict.HANG, (hang,))
    # A text that names a place says nothing of the answer, and is the same fault wherever it is read.
    paths = tuple(violation for violation in violations if violation.kind == "path")
    if len(paths) < len(violations):
        return Judgement(Verdict.FAIL, tuple(violations))
    judgement = _judged(expectation, outcome, clause, block, wanted)
    return Judgement(Verdict.FAIL, paths) if paths and not judgement.verdict.is_finding else judgement


def _judged(expectation: Expectation, outcome: Outcome, clause: Clause, block: Block | None, wanted: str) -> Judgement:
    """Judge an answer with nothing wrong in its reply by what the clause accepts and would rather see."""
    is_another = outcome.kind is Kind.ERROR and expectation.only not in (None, outcome.code)
    if is_another or _answer(outcome) not in expectation.accept:
        return Judgement(Verdict.FAIL, (_otherwise("outcome", outcome, wanted),))
    # Of a step that may succeed on the way to an error that is owed, what is rather seen is that error.
    prefer = block.prefer if block and block.must_fail else expectation.prefer
    if prefer is None and outcome.kind is not Kind.HOST_ERROR:
        return Judgement(Verdict.PASS)
    if block and block.must_fail and outcome.kind is Kind.OK:
        return Judgement(Verdict.PASS)
    return preference(prefer or Kind.TRAP.value, outcome, clause)


def preference(prefer: str, outcome: Outcome, clause: Clause) -> Judgement:
    """Judge an accepted outcome by what the clause would rather see.

    Where a clause leaves the answer to the implementation, none deviates: the choice is only recorded.
    """
    answer = outcome.kind.value if prefer in OUTCOMES and outcome.kind is not Kind.ERROR else outcome.code
    choice = f"error {outcome.code}" if outcome.kind is Kind.ERROR else _answer(outcome)
    as_preferred = answer == prefer or (prefer == "error" and outcome.kind is Kind.ERROR)
    if as_preferred or clause.level is Level.DEFINED:
        return Judgement(Verdict.PASS, choice=choice)
    rather = prefer if prefer in OUTCOMES else f"error {prefer}"
    return Judgement(Verdict.DEVIATES, (_otherwise("preference", outcome, f"rather {rather}"),), choice=choice)


def _answer(outcome: Outcome) -> str:
    """Return the kind of answer that an outcome counts as.

    A host that ends the run with an error of its own ends the guest, as a trap does; whether it was one, nobody knows.
    """
    return Kind.TRAP.value if outcome.kind is Kind.HOST_ERROR else outcome.kind.value


def _otherwise(kind: str, outcome: Outcome, wanted: str) -> Violation:
    """Return the violation of a clause that wants another kind of answer, or another code."""
    return Violation(kind, wanted=wanted, got=outcome.words, subject=outcome.ended, printed=outcome.printed)
