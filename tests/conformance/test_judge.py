import itertools
from collections.abc import Callable, Iterator

import pytest

from wasi_nn_conformance.results.case_result import Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation
from wasi_nn_conformance.run.judge import judge
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.vectors.clause import Clause, Level
from wasi_nn_conformance.vectors.expectation import Expectation

ClauseOf = Callable[[Level], Clause]

OK, TRAP = Outcome(Kind.OK), Outcome(Kind.TRAP, ended="exit code 134")
BUSY, TOO_LARGE = Outcome(Kind.ERROR, "busy"), Outcome(Kind.ERROR, "too_large")
ANSWERS = {"ok": OK, "busy": BUSY, "too_large": TOO_LARGE, "trap": TRAP}

SUCCEEDS = Expectation()
FAILS = Expectation(frozenset({"error"}))
FAILS_ONLY_BUSY = Expectation(frozenset({"error"}), only="busy")
FAILS_RATHER_BUSY = Expectation(frozenset({"error"}), prefer="busy")
ANY_RATHER_OK = Expectation(frozenset({"ok", "error", "trap"}), prefer="ok")
ANY_RATHER_TRAP = Expectation(frozenset({"ok", "error", "trap"}), prefer="trap")
ANY_RATHER_BUSY = Expectation(frozenset({"ok", "error", "trap"}), prefer="busy")
NO_TRAP_RATHER_OK = Expectation(frozenset({"ok", "error"}), prefer="ok")
NO_SUCCESS_RATHER_BUSY = Expectation(frozenset({"error", "trap"}), prefer="busy")

# A step succeeds unless it says otherwise. `fails` takes every error, `only` fixes the code, `prefer` makes another
# answer deviate; a trap is an outcome of its own. P pass, D deviates, F fail for: ok, busy, too_large, trap.
RULES = {
    "succeeds": (SUCCEEDS, "PFFF"),
    "fails": (FAILS, "FPPF"),
    "fails only busy": (FAILS_ONLY_BUSY, "FPFF"),
    "fails rather busy": (FAILS_RATHER_BUSY, "FPDF"),
    "any rather ok": (ANY_RATHER_OK, "PDDD"),
    "any rather trap": (ANY_RATHER_TRAP, "DDDP"),
    "any rather busy": (ANY_RATHER_BUSY, "DPDD"),
    "no trap, rather ok": (NO_TRAP_RATHER_OK, "PDDF"),
    "no success, rather busy": (NO_SUCCESS_RATHER_BUSY, "FPDD"),
}
LETTERS = {"P": Verdict.PASS, "D": Verdict.DEVIATES, "F": Verdict.FAIL}


def table() -> Iterator[object]:
    for (rule, (expectation, row)), level in itertools.product(RULES.items(), Level):
        for answer, letter in zip(ANSWERS, row, strict=True):
            verdict = LETTERS[letter]
            if level is Level.DEFINED and verdict is Verdict.DEVIATES:
                verdict = Verdict.PASS  # the implementation chooses: no accepted answer deviates
            yield pytest.param(expectation, ANSWERS[answer], level, verdict, id=f"{rule}: {answer}, {level.value}")


@pytest.mark.parametrize(("expectation", "outcome", "level", "verdict"), list(table()))
def test_verdict_on_an_answer(
    clause: ClauseOf, expectation: Expectation, outcome: Outcome, level: Level, verdict: Verdict
) -> None:
    assert judge(expectation, outcome, [], clause(level)).verdict is verdict


@pytest.mark.parametrize("expectation", [rule for rule, _ in RULES.values()], ids=RULES)
@pytest.mark.parametrize(
    ("kind", "verdict"), [(Kind.CRASH, Verdict.CRASH), (Kind.HANG, Verdict.HANG), (Kind.BROKEN, Verdict.ERROR)]
)
def test_no_clause_accepts_what_is_no_answer(
    clause: ClauseOf, expectation: Expectation, kind: Kind, verdict: Verdict
) -> None:
    assert judge(expectation, Outcome(kind, detail="x"), [], clause(Level.DEFINED)).verdict is verdict


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_fault_fails_whatever_is_accepted(clause: ClauseOf, answer: str, level: Level) -> None:
    assert judge(ANY_RATHER_OK, ANSWERS[answer], [Violation("guards")], clause(level)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("expectation", "outcome", "diagnosis"),
    [
        (SUCCEEDS, BUSY, "error busy; wanted success; step 1 (compute)"),
        (SUCCEEDS, TRAP, "a trap (exit code 134); wanted success; step 1 (compute)"),
        (FAILS, OK, "success; wanted an error; step 1 (compute)"),
        (FAILS_ONLY_BUSY, TOO_LARGE, "error too_large; wanted error busy; step 1 (compute)"),
        (FAILS_RATHER_BUSY, OK, "success; wanted an error (rather busy); step 1 (compute)"),
        (FAILS_RATHER_BUSY, TOO_LARGE, "error too_large; wanted rather error busy; step 1 (compute)"),
        (ANY_RATHER_OK, TRAP, "a trap (exit code 134); wanted rather ok; step 1 (compute)"),
        (NO_TRAP_RATHER_OK, TRAP, "a trap (exit code 134); wanted success or an error (rather ok); step 1 (compute)"),
        (
            SUCCEEDS,
            Outcome(Kind.CRASH, ended="signal SIGABRT"),
            "the host died: signal SIGABRT; wanted success; step 1 (compute)",
        ),
        (
            SUCCEEDS,
            Outcome(Kind.HANG, detail="no answer within 2 s"),
            "no answer within 2 s; wanted success; step 1 (compute)",
        ),
        (SUCCEEDS, Outcome(Kind.BROKEN, detail="refused"), "refused; step 1 (compute)"),
        (SUCCEEDS, OK, ""),
    ],
)
def test_diagnosis_says_what_was_got_and_wanted_and_where(
    clause: ClauseOf, expectation: Expectation, outcome: Outcome, diagnosis: str
) -> None:
    assert judge(expectation, outcome, [], clause(Level.MUST)).at("compute", "a.b", 1).diagnosis == diagnosis


@pytest.mark.parametrize(
    ("outcome", "choice"), [(OK, "ok"), (TRAP, "trap"), (BUSY, "error busy"), (TOO_LARGE, "error too_large")]
)
def test_the_choice_is_recorded_where_there_is_one(clause: ClauseOf, outcome: Outcome, choice: str) -> None:
    assert judge(ANY_RATHER_OK, outcome, [], clause(Level.DEFINED)).choice == choice


def test_no_choice_is_recorded_where_there_is_none(clause: ClauseOf) -> None:
    assert judge(FAILS, BUSY, [], clause(Level.DEFINED)) == Judgement(Verdict.PASS)


def test_a_diagnosis_has_all_violations_and_the_place_of_the_first(clause: ClauseOf) -> None:
    violations = [Violation("tail"), Violation("guards")]
    diagnosis = judge(SUCCEEDS, OK, violations, clause(Level.MUST)).at("output", "a.b", 4, 92).diagnosis
    assert diagnosis == (
        "the host wrote to the buffer behind the bytes that it reports;"
        " the host wrote outside the return slot or the output buffer; step 4 (output), line 92"
    )


@pytest.mark.parametrize(
    ("expectation", "verdict"),
    [
        (SUCCEEDS, Verdict.FAIL),
        (Expectation(frozenset({"trap"})), Verdict.DEVIATES),
        (ANY_RATHER_TRAP, Verdict.DEVIATES),
    ],
    ids=["success", "trap", "rather a trap"],
)
def test_an_error_of_the_host_itself_is_never_a_trap_as_wanted(
    clause: ClauseOf, expectation: Expectation, verdict: Verdict
) -> None:
    outcome = Outcome(Kind.HOST_ERROR, ended="exit code 1")
    assert judge(expectation, outcome, [], clause(Level.MUST)).verdict is verdict


def test_severity_rises_in_the_order_of_the_report() -> None:
    order = ["pass", "unsupported", "blocked", "deviates", "xfail", "fail", "hang", "crash", "xpass", "error"]
    assert [verdict.value for verdict in sorted(Verdict, key=lambda verdict: verdict.severity)] == order


@pytest.mark.parametrize("verdict", Verdict)
def test_findings_are_what_the_host_broke(verdict: Verdict) -> None:
    assert verdict.is_finding == (verdict.value in ("fail", "hang", "crash"))
