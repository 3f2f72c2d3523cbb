"""A vector carried out: its steps said to a probe one by one, each answer judged, until one decides."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.dialects import Dialect
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.kept_rounds import round_words
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import OF_ANSWERS, Violation
from wasi_nn_conformance.session.expected_reply import ExpectedAnswer, ExpectedReply
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.session.wire import Answer
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.expectation import Expectation
from wasi_nn_conformance.vectors.own_clause import (
    DROPS,
    call_of,
    clause_of_kind,
    clause_of_only_output,
    comes_before,
    function_of,
    is_under_test,
    own_clause,
)
from wasi_nn_conformance.vectors.step import Block, Node, Step

from .adapter import Adapter
from .compare import compare
from .conversation import Conversation
from .growth import Rounds
from .guest_end import END, ending_words, judged_end
from .judge import judge, preference
from .probe_process import ProbeProcess
from .process_size import process_size

_MEMORY = ("changed", "slot")  # kinds of what a raw call has done to memory
_FORGET = Step("forget", {}, Expectation())


class _AnsweredWithError(Exception):
    """A step inside a block answered with an error, which the block accepts."""

    def __init__(self, step: Step, number: int, outcome: Outcome, violations: list[Violation]) -> None:
        super().__init__(step.action)
        self.step, self.number, self.outcome, self.violations = step, number, outcome, violations


class _Decided(Exception):  # noqa: N818 no error, but the way out
    """The conversation is over: an answer failed, or the process is gone."""


@dataclass
class CaseRunner:
    """One case on one process. `run` gives its result; afterwards the process may be gone.

    `decodes` wants requests and replies in words also where every answer is right.
    """

    case: Case
    process: ProbeProcess
    adapter: Adapter
    dialect: Dialect
    state: ExpectedState
    decodes: bool = False
    judgements: list[Judgement] = field(default_factory=list)
    steps_run: int = 0
    was_refused: bool = False
    """Whether some call got another answer than success."""
    _is_setting_up: bool = True
    _succeeded: set[str] = field(default_factory=set)

    @cached_property
    def _conversation(self) -> Conversation:
        return Conversation(self.process, self.adapter, self.dialect)

    def run(self) -> CaseResult:
        """Carry the vector out."""
        started = time.perf_counter()
        with contextlib.suppress(_Decided):
            self._nodes(self.case.vector.steps, None)
            self._part()
        seconds = time.perf_counter() - started
        said = self._conversation
        words: tuple[str, ...] = ()
        if self.decodes or any(each.verdict is not Verdict.PASS for each in self.judgements):  # else nobody reads them
            words = tuple(said.in_words(TAGS[self.case.abi]))
        return CaseResult.of(self.case, self.judgements, seconds, said.transcript, words)

    def _part(self) -> None:
        """Let the probe drop what the vector has left. A host that dies of that, or has died since, is found here."""
        if self.process.usable:
            outcome = self._conversation.ask(self.dialect.requests(_FORGET, self.state))
            # Of components it drops resources, which is all that such a host can die of there.
            owes = DROPS if TAGS[self.case.abi].resources and outcome.kind is not Kind.OK else self.case.clause.id
            self._keep(judge(_FORGET.expectation, outcome, [], self.case.clause).at("forget", owes))

    def clear(self) -> bool:
        """Let the probe drop what a case that failed has left, and return whether its process can serve others.

        A wrong answer harms none of them. Whatever else went wrong may: nobody knows what it has done besides.
        """
        kinds = {violation.kind for violation in self.judgements[-1].violations}
        if not (self.process.usable and kinds <= OF_ANSWERS):
            return False
        return self._conversation.ask(self.dialect.requests(_FORGET, self.state)).kind is Kind.OK

    def _nodes(self, nodes: tuple[Node, ...], block: Block | None) -> None:
        for node in nodes:
            self._is_setting_up = self._is_setting_up and not is_under_test(node, self.case.vector.clause)
            if isinstance(node, Block):
                self._block(node)
            elif node.action == "outputs":
                for step in self._outputs(node):
                    self._step(step, block)
            elif node.action == "end":
                self._last(node)
            elif node.action == "rounds":
                self._rounds(node)
            else:
                self._step(node, block)

    def _last(self, step: Step) -> None:
        """Let the guest return, and judge how its host ends."""
        self.steps_run += 1
        answer = self.process.end(self.adapter.limits.end_seconds)
        self._conversation.note(END, ending_words(answer))
        self._keep(judged_end(answer).at(step.action, self.case.clause_of(step).id, self.steps_run, step.line))
        raise _Decided

    def _rounds(self, step: Step) -> None:
        """Carry the steps out again and again, and look whether the process grows without end.

        The transcript keeps the first round, and the one that was not as it should be.
        """
        self.steps_run += 1

        def carry_out(number: int) -> None:
            said, steps = len(self._conversation.exchanges), self.steps_run
            self._conversation.note(round_words(number), "it begins")
            self._nodes(step.then, None)
            if number > 1:
                self._conversation.cut(said)
            self.steps_run = steps

        size, held = lambda: process_size(self.process.pid), lambda: sum(self.state.made())
        rounds = Rounds(carry_out, size, held, len(step.then))
        judgement = rounds.judged()
        self._conversation.note(round_words(2, rounds.count), "as the first")
        if judgement:
            self._keep(judgement.at(step.action, self.case.clause_of(step).id, self.steps_run, step.line))
            raise _Decided

    def _block(self, block: Block) -> None:
        clause, name = self.case.clause_of(block), "fails_by" if block.must_fail else "may_fail"
        try:
            self._nodes(block.steps, block)
        except _AnsweredWithError as answer:
            if answer.violations:
                judgement = Judgement(Verdict.FAIL, tuple(answer.violations))
            elif block.prefer:
                judgement = preference(block.prefer, answer.outcome, clause)
            else:
                return
            broken = self._broken_by(answer.step, judgement) or clause.id
            self._keep(judgement.at(function_of(answer.step), broken, answer.number, answer.step.line))
            return
        if block.must_fail:
            wanted = f"an error at one of these steps (rather {block.prefer})" if block.prefer else "an error"
            succeeded = Violation("outcome", wanted=wanted, got="success of all of them")
            self._keep(Judgement(Verdict.FAIL, (succeeded,)).at(name, clause.id, line=block.line))
        elif block.prefer:
            self._keep(preference(block.prefer, Outcome(Kind.OK), clause).at(name, clause.id, line=block.line))

    def _outputs(self, step: Step) -> Iterator[Step]:
        """Ask for each output of the context's model."""
        context = self.state.context(step.arguments["context"])
        names = step.arguments["order"] or [port.name for port in context.model.outputs] if context else []
        for name in names:
            arguments = {"context": step.arguments["context"], "output": name}
            yield Step("output", arguments, Expectation(), line=step.line)
        if context is None:
            self._broken(step, "no context of this name is known here")

    def _step(self, step: Step, block: Block | None) -> None:
        self.steps_run += 1
        try:
            requests = self.dialect.requests(step, self.state)
            expected = self.dialect.expected(step, self.state)
        except ValueError as error:
            self._broken(step, str(error))
        outcome = self._conversation.ask(requests) if requests else self._held(step)
        if requests and expected.ok.tensor:
            self._conversation.exchanges[-1].type = expected.ok.tensor.type
        if requests and step.action == "load":
            self._conversation.exchanges[-1].model = self.state.models.get(str(step.arguments.get("model")))
        self.was_refused |= outcome.kind is not Kind.OK
        answer = _expected_answer(expected, outcome)
        violations = compare(answer, outcome, self.state.folders, self._conversation.told) if answer else []
        if outcome.kind in (Kind.OK, Kind.ERROR):
            succeeded = outcome.kind is Kind.OK
            outputs = expected.ok.outputs
            self.state.advance(step, outcome.reply, succeeded=succeeded, outputs=outputs)
        accepted = outcome.kind.value in step.expectation.accept
        if block and outcome.kind is Kind.ERROR and not accepted:
            raise _AnsweredWithError(step, self.steps_run, outcome, violations)
        if answer and answer.undecided and accepted and not (block and block.must_fail):
            self._broken(step, answer.undecided)
        # What a step of a block does wrong breaks what the block is about.
        clause = self.case.clause_of(block if block and not step.clause else step)
        judgement = judge(step.expectation, outcome, violations, clause, block)
        broken = self._broken_by(step, judgement) or clause.id
        self._keep(judgement.at(function_of(step), broken, self.steps_run, step.line))
        if not self.process.usable:
            raise _Decided
        if outcome.kind is Kind.OK:
            self._succeeded.add(call_of(step.action))
            self._nodes(step.then, block)

    def _broken_by(self, step: Step, judgement: Judgement) -> str | None:
        """Return the clause that a finding breaks if it is not the one that the step is judged by."""
        if not judgement.verdict.is_finding:
            return None
        violation = judgement.violations[0]
        is_refused = violation.kind == "outcome" and comes_before(step, self.case.vector.clause)
        if self._is_setting_up or is_refused:
            return own_clause(step.action, violation.kind, again=call_of(step.action) in self._succeeded)
        if violation.kind in _MEMORY and step.clause:
            return self.case.clause.id  # the step's is about the answer
        context = self.state.context(step.arguments.get("context"))
        if context and len(context.model.outputs) == 1:
            only = clause_of_only_output(self.case.clause_of(step).id, violation.kind)
        else:
            only = None
        return clause_of_kind(violation.kind, violation.subject) or only

    def _held(self, step: Step) -> Outcome:
        """Return the answer to a step that needs no request: what an earlier one has given, or nothing."""
        reply = self.state.held(step)
        if isinstance(reply, Answer):
            return Outcome(Kind.OK, reply=reply)
        return Outcome(Kind.BROKEN, detail="this tag gives outputs with compute: none is known here")

    def _keep(self, judgement: Judgement) -> None:
        decides = judgement.verdict.severity > Verdict.DEVIATES.severity
        self.judgements.append(judgement.with_printed(self.process.printed()) if decides else judgement)
        if decides:
            raise _Decided

    def _broken(self, step: Step, message: str) -> None:
        """End the conversation: the suite cannot judge this step."""
        unjudged = Judgement(Verdict.ERROR, (Violation("unjudged", got=message),))
        self._keep(unjudged.at(step.action, self.case.clause_of(step).id, self.steps_run, step.line))


def _expected_answer(expected: ExpectedReply, outcome: Outcome) -> ExpectedAnswer | None:
    """Return what an answer of this kind must hold; None for what is no answer."""
    return {Kind.OK: expected.ok, Kind.ERROR: expected.error}.get(outcome.kind)
