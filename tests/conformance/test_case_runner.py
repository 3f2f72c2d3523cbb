import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.run.adapter import Adapter, ExitCodes
from wasi_nn_conformance.run.case_runner import CaseRunner
from wasi_nn_conformance.run.probe_process import Ended, Silent
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.clause import Level

OK: dict[str, Any] = {"errno": 0}
BUSY: dict[str, Any] = {"errno": 4}
COMPUTE = "compute: {context: {raw: 1}}"


class Scripted:
    """A process that gives these answers, one to each request."""

    def __init__(self, answers: tuple[Any, ...]) -> None:
        self.answers, self.usable = iter(answers), True

    def ask(self, line: bytes, _seconds: float) -> Any:
        if line == b'{"call":"forget"}':
            return b'{"handles":0,"buffers":0}'
        answer = next(self.answers)
        self.usable = isinstance(answer, dict)
        return json.dumps(answer, separators=(",", ":")).encode() if self.usable else answer

    def printed(self) -> str:
        return "[info] what it logs" if self.usable else ""


@pytest.fixture
def talk(
    cases: Callable[..., list[Case]], adapter: Callable[..., Adapter], state: ExpectedState
) -> Callable[..., CaseResult]:
    """Carry out steps on a process that gives `answers`."""

    def talk(steps: str, *answers: Any, level: Level = Level.MUST) -> CaseResult:
        [case] = cases(steps, level=level)
        host = adapter("silent", exit_codes={"trap": [134], "host_error": [1]})
        assert host.exit_codes == ExitCodes(frozenset({134}), frozenset({1}))
        return CaseRunner(case, Scripted(answers), host, DIALECTS["witx"], state).run()  # type: ignore[arg-type]

    return talk


@pytest.mark.parametrize(
    ("steps", "answers", "verdict"),
    [
        (f"- {COMPUTE}\n- {COMPUTE}", [OK, OK], "pass"),
        (f"- {COMPUTE}\n- {COMPUTE}", [OK, BUSY], "fail"),
        (f"- {COMPUTE}\n- {COMPUTE}", [BUSY], "fail"),
        # `fails_by`: an error at any of the steps, success of all of them never.
        (f"- fails_by:\n  - {COMPUTE}\n  - {COMPUTE}", [BUSY], "pass"),
        (f"- fails_by:\n  - {COMPUTE}\n  - {COMPUTE}", [OK, BUSY], "pass"),
        (f"- fails_by:\n  - {COMPUTE}\n  - {COMPUTE}", [OK, OK], "fail"),
        (f"- fails_by:\n  - {COMPUTE}\n  prefer: busy", [BUSY], "pass"),
        (f"- fails_by:\n  - {COMPUTE}\n  prefer: too_large", [BUSY], "deviates"),
        (f"- fails_by:\n  - {COMPUTE}", [{"errno": 99}], "fail"),
        (f"- fails_by:\n  - {COMPUTE}", [Ended(134, "")], "fail"),
        (f"- fails_by:\n  - {COMPUTE}", [Ended(-6, "")], "crash"),
        (f"- fails_by:\n  - {COMPUTE}\n- {COMPUTE}", [BUSY, BUSY], "fail"),
        # `may_fail`: success of all, or an error at any.
        (f"- may_fail:\n  - {COMPUTE}\n  - {COMPUTE}", [BUSY], "pass"),
        (f"- may_fail:\n  - {COMPUTE}\n  - {COMPUTE}", [OK, OK], "pass"),
        (f"- may_fail:\n  - {COMPUTE}\n  prefer: ok", [BUSY], "deviates"),
        (f"- may_fail:\n  - {COMPUTE}\n  prefer: busy", [OK], "deviates"),
        (f"- may_fail:\n  - {COMPUTE}\n- {COMPUTE}", [BUSY, BUSY], "fail"),
        # `then`: only after success.
        (f"- {COMPUTE}\n  accept: [ok, error]\n  prefer: ok\n  then:\n  - {COMPUTE}", [OK, BUSY], "fail"),
        (f"- {COMPUTE}\n  accept: [ok, error]\n  prefer: busy\n  then:\n  - {COMPUTE}", [BUSY], "pass"),
        # How a process ends: the adapter calls 134 a trap and 1 an error of the host's own.
        (f"- {COMPUTE}\n  accept: [ok, trap]\n  prefer: ok\n- {COMPUTE}", [Ended(134, "")], "deviates"),
        (f"- {COMPUTE}\n  accept: [ok, trap]\n  prefer: trap", [Ended(1, "")], "deviates"),
        (f"- {COMPUTE}\n  accept: [ok, trap]\n  prefer: trap", [Ended(0, "")], "crash"),
        (f"- {COMPUTE}\n  accept: [ok, trap]\n  prefer: trap", [Ended(2, "")], "crash"),
        (f"- {COMPUTE}\n  accept: [ok, trap]\n  prefer: trap", [Ended(-11, "")], "crash"),
        (f"- {COMPUTE}\n  accept: [ok, trap]\n  prefer: trap", [Silent(1.0, "")], "hang"),
        # What only a broken probe or vector does.
        (f"- {COMPUTE}", [{"error": "unknown key"}], "error"),
        ("- output: {context: {raw: 1}, output: {raw: 0}, size: 4}", [OK], "error"),
        ("- raw: {function: compute, arguments: [1], slots: {s: written}}", [OK], "error"),
        ("- set_input: {context: c, input: a, tensor: {type: u8, shape: [1], data: [1]}}", [], "error"),
        ("- infer: {context: c, inputs: {}}", [OK], "error"),
    ],
)
def test_verdict(talk: Callable[..., CaseResult], steps: str, answers: list[Any], verdict: str) -> None:
    assert talk(steps, *answers).verdict == verdict


def test_an_unknown_errno_is_that_also_where_an_error_is_wanted(talk: Callable[..., CaseResult]) -> None:
    result = talk(f"- fails_by:\n  - {COMPUTE}", {"errno": 99})
    assert [violation.clause for violation in result.violations] == ["failure.known-code"]


@pytest.mark.parametrize("answer", [Ended(-6, ""), Silent(5, ""), Ended(134, "")], ids=["crash", "hang", "trap"])
@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        (f"- {COMPUTE}", "success"),
        (f"- fails_by:\n  - {COMPUTE}", "an error"),
        (f"- fails_by:\n  - {COMPUTE}\n  prefer: busy", "an error (rather busy)"),
        (f"- fails_by:\n  - {{{COMPUTE}, fails: {{only: busy}}}}", "error busy"),
        (f"- may_fail:\n  - {COMPUTE}", "success or an error"),
        (f"- may_fail:\n  - {COMPUTE}\n  prefer: ok", "success or an error (rather ok)"),
        (f"- may_fail:\n  - fails_by:\n    - {COMPUTE}", "an error"),
    ],
)
def test_what_a_block_wants_is_said_of_each_of_its_steps(
    talk: Callable[..., CaseResult], steps: str, wanted: str, answer: Any
) -> None:
    [violation] = talk(steps, answer).violations
    assert violation.wanted == wanted


@pytest.mark.parametrize(("of_step", "accused"), [("", "of.block"), ("of.step", "of.step")])
def test_what_a_step_of_a_block_does_wrong_breaks_what_the_block_is_about(
    cases: Callable[..., list[Case]],
    adapter: Callable[..., Adapter],
    state: ExpectedState,
    of_step: str,
    accused: str,
) -> None:
    own = f", clause: {of_step}" if of_step else ""
    [case] = cases(f"- fails_by:\n  - {{{COMPUTE}{own}}}\n  clause: of.block")
    others = {name: dataclasses.replace(case.clause, id=name) for name in ("of.block", "of.step")}
    process: Any = Scripted((Ended(-6, ""),))
    found = CaseRunner(
        dataclasses.replace(case, others=others), process, adapter("silent"), DIALECTS["witx"], state
    ).run()
    assert [violation.clause for violation in found.violations] == [accused]


LOAD = {"errno": 0, "value": 3, "guards": "untouched"}
OUTPUT = {"errno": 0, "value": 4, "guards": "untouched", "tail": "untouched", "buffer": "touched", "data": "AAAAAA=="}
CALLED = {"errno": 0, "slots": {"s": 1}, "guards": "untouched", "changed": []}
STEPS = {
    "load_by_name: {name: x}": LOAD,
    "output: {context: {raw: 1}, output: {raw: 0}, is: {type: f32, shape: [1], data: [0]}}": OUTPUT,
    "raw: {function: compute, arguments: [{slot: s}], slots: {s: written}}": CALLED,
    "read: {buffer: b, is: {hex: '00'}}": {"data": "AA=="},
}


@pytest.mark.parametrize(
    ("step", "key"),
    [
        (step, key)
        for step, reply in STEPS.items()
        for key in reply
        if key not in ("tail", "buffer")  # looked at only where the vector asks
    ],
)
@pytest.mark.parametrize("value", ["missing", None, "x"], ids=["missing", "null", "text"])
def test_a_reply_that_lacks_a_key_is_never_a_pass(
    talk: Callable[..., CaseResult], step: str, key: str, value: str | None
) -> None:
    reply = {name: found for name, found in STEPS[step].items() if name != key}
    verdict = talk(f"- {step}", reply if value == "missing" else reply | {key: value}).verdict
    assert verdict in (("error",) if value == "missing" else ("error", "fail"))


@pytest.mark.parametrize("step", STEPS)
def test_the_whole_reply_passes(talk: Callable[..., CaseResult], step: str) -> None:
    assert talk(f"- {step}", STEPS[step]).verdict == "pass"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("reply", [{}, {"errno": []}, {"errno": {}}, {"errno": 0, "value": [], "slots": 7}])
def test_a_reply_of_another_form_is_an_error(talk: Callable[..., CaseResult], step: str, reply: dict[str, Any]) -> None:
    assert talk(f"- {step}", reply).verdict == "error"


def test_a_missing_key_is_named(talk: Callable[..., CaseResult]) -> None:
    diagnosis = talk(f"- {COMPUTE}", {}).diagnosis
    assert diagnosis == (
        "the probe's reply to `compute` is not of protocol 2: Object missing required field `errno`;"
        " step 1 (compute), line 5"
    )


@pytest.mark.parametrize(
    "steps",
    [
        "- load_by_name: {name: {hex: 'ff'}, as: g}",
        "- context: {graph: {raw: 3}, as: c}",
    ],
)
def test_success_where_nobody_knows_what_was_made_is_no_fault_of_the_suite(
    talk: Callable[..., CaseResult], steps: str
) -> None:
    assert talk(f"- fails_by:\n  {steps}", LOAD).diagnosis.startswith("success of all of them; wanted an error; ")


@pytest.mark.parametrize("steps", ["- output: {context: {raw: 1}, output: {raw: 0}, size: 4}"])
def test_an_output_that_must_not_exist_fails_though_numpy_does_not_know_it(
    talk: Callable[..., CaseResult], steps: str
) -> None:
    assert talk(f"- fails_by:\n  {steps}", OUTPUT).verdict == "fail"


def test_an_output_that_numpy_does_not_know_is_a_fault_of_the_vector(talk: Callable[..., CaseResult]) -> None:
    case_result = talk("- output: {context: {raw: 1}, output: {raw: 0}, size: 4}", OUTPUT)
    assert (case_result.verdict, "say with `is` what it must be" in case_result.diagnosis) == ("error", True)


def test_transcript_has_each_line(talk: Callable[..., CaseResult]) -> None:
    case_result = talk(f"- {COMPUTE}\n- {COMPUTE}", OK, Ended(-6, "bye"))
    assert case_result.transcript == (
        '> {"call":"compute","context":1}',
        '< @@{"errno":0}',
        '> {"call":"compute","context":1}',
        "< (the process ended: signal SIGABRT)",
    )


def test_a_wrong_answer_has_what_the_host_printed_since_the_call(talk: Callable[..., CaseResult]) -> None:
    (violation,) = talk(f"- {COMPUTE}", BUSY).violations
    assert (violation.printed, violation.sentence) == ("[info] what it logs", "error busy; wanted success")


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("", "signal SIGABRT"),
        ("one\ntwo\nthree\nfour", "signal SIGABRT: two three four"),
        ("log\nthread 'main' panicked at x\n\nnote: y", "signal SIGABRT: thread 'main' panicked at x note: y"),
    ],
)
def test_a_crash_is_told_with_the_last_words(talk: Callable[..., CaseResult], printed: str, words: str) -> None:
    diagnosis = talk(f"- {COMPUTE}", Ended(-6, printed)).diagnosis
    assert diagnosis == f"the host died: {words}; wanted success; step 1 (compute), line 5"


def test_last_words_are_cut(talk: Callable[..., CaseResult]) -> None:
    assert len(talk(f"- {COMPUTE}", Ended(-6, "error " + "x" * 5000)).diagnosis) < 500


def test_a_choice_is_recorded(talk: Callable[..., CaseResult]) -> None:
    case_result = talk(f"- {COMPUTE}\n  accept: [ok, error]\n  prefer: ok", BUSY, level=Level.DEFINED)
    assert (case_result.verdict, case_result.choice) == ("pass", "error busy")
