"""A vector carried out: its steps said to a probe one by one, each answer judged, until one decides."""

import contextlib
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from wasi_nn_conformance.dialects import Dialect
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.session.wire import Reply, Request
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.expectation import Expectation
from wasi_nn_conformance.vectors.step import Block, Node, Step
from wasi_nn_conformance.vectors.tensor import tensor_literal

from .adapter import Adapter
from .judge import judge, preference
from .probe_process import Ended, ProbeProcess, Silent, exit_words

_PRINTED = 300  # characters of a dying host's last words that a diagnosis keeps


class _AnsweredWithError(Exception):
    """A step inside a block answered with an error, which the block accepts."""

    def __init__(self, outcome: Outcome, where: str) -> None:
        super().__init__(where)
        self.outcome, self.where = outcome, where


class _Decided(Exception):  # noqa: N818 no fault either
    """The conversation is over: an answer failed, or nobody is there to answer."""


@dataclass
class CaseRunner:
    """One case on one process. `run` gives its record; afterwards the process may be gone."""

    case: Case
    process: ProbeProcess
    adapter: Adapter
    dialect: Dialect
    state: ExpectedState
    transcript: list[str] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    said: int = 0

    def run(self) -> CaseResult:
        """Carry the vector out."""
        started = time.perf_counter()
        with contextlib.suppress(_Decided):
            self._nodes(self.case.vector.steps, None)
            self._part()
        return CaseResult.of(self.case, self.judgements, time.perf_counter() - started, self.transcript)

    def _part(self) -> None:
        """Let the probe drop what the vector has left. A host that dies of that, or has died since, is found here."""
        if self.process.usable:
            end = Step("forget", {}, Expectation())
            where = "after the last step"
            self._keep(judge(end.expectation, self._ask([{"call": "forget"}], end), self.case.clause, where), end)

    def _nodes(self, nodes: tuple[Node, ...], block: Block | None) -> None:
        for node in nodes:
            if isinstance(node, Block):
                self._block(node)
            elif node.action == "outputs":
                for step in self._outputs(node):
                    self._step(step, block)
            else:
                self._step(node, block)

    def _block(self, block: Block) -> None:
        clause = self.case.clause_of(block)
        try:
            self._nodes(block.steps, block)
        except _AnsweredWithError as answer:
            if answer.outcome.faults:
                self._keep(Judgement(Verdict.FAIL, "", "; ".join(answer.outcome.faults), where=answer.where), block)
            elif block.prefer:
                self._keep(preference(block.prefer, answer.outcome, clause, answer.where), block)
            return
        if block.must_fail:
            wanted = f"an error at one of these steps (rather {block.prefer})" if block.prefer else "an error"
            where = _place("fails_by", block)
            self._keep(Judgement(Verdict.FAIL, wanted, "success of all of them", where=where), block)
        elif block.prefer:
            self._keep(preference(block.prefer, Outcome(Kind.OK), clause, _place("may_fail", block)), block)

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
        self.said += 1
        where = _place(f"step {self.said} ({step.action})", step)
        try:
            requests = self.dialect.requests(step, self.state)
        except ValueError as error:
            self._broken(step, str(error))
        outcome = self._ask(requests, step)
        accepted = outcome.kind.value in step.expectation.accept
        if block and outcome.kind is Kind.ERROR and not accepted:
            raise _AnsweredWithError(outcome, where)
        if outcome.unchecked and accepted and not (block and block.must_fail):
            self._broken(step, outcome.unchecked)
        self._keep(judge(step.expectation, outcome, self.case.clause_of(step), where), step)
        if not self.process.usable:
            raise _Decided
        if outcome.kind is Kind.OK:
            self._remember(step)
            self._nodes(step.then, block)

    def _ask(self, requests: Sequence[Request], step: Step) -> Outcome:
        reply: Reply = {}
        for request in requests:
            self.transcript.append("> " + json.dumps(request, separators=(",", ":")))
            answer = self.process.call(request, self.adapter.limits.call_seconds)
            if isinstance(answer, Silent):
                self.transcript.append("< (nothing)")
                return Outcome(Kind.HANG, detail=f"no answer within {answer.seconds:g} s")
            if isinstance(answer, Ended):
                self.transcript.append(f"< (the process ended: {exit_words(answer.code)})")
                return self._end(answer)
            self.transcript.append("< @@" + json.dumps(answer, separators=(",", ":")))
            reply = answer
            if "error" in reply:
                break
        try:
            return self.dialect.outcome(step, reply, self.state)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return Outcome(Kind.BROKEN, detail=f"the probe's reply is not of protocol 1: {error!r}")

    def _end(self, ended: Ended) -> Outcome:
        """Tell the guest's trap from the host's death, by exit code and signal as the adapter says."""
        words = _last_words(ended.printed)
        detail = exit_words(ended.code) + (f": {words}" if words else "")
        codes = self.adapter.exit_codes
        if ended.code in codes.trap or ended.code in codes.host_error:
            return Outcome(Kind.TRAP, detail=detail)
        return Outcome(Kind.CRASH, detail=detail)

    def _remember(self, step: Step) -> None:
        self.state.remember(step.action, step.arguments)
        if step.action == "set_input":
            literal = tensor_literal(step.arguments["tensor"])
            if literal.is_consistent:
                self.state.remember_input(step.arguments["context"], step.arguments["input"], literal.array)

    def _keep(self, judgement: Judgement, node: Node) -> None:
        self.judgements.append(replace(judgement, clause=self.case.clause_of(node)))
        if judgement.verdict.severity > Verdict.DEVIATES.severity:
            raise _Decided

    def _broken(self, step: Step, message: str) -> None:
        self._keep(Judgement(Verdict.ERROR, "", message, where=_place(step.action, step)), step)


def _place(what: str, node: Node) -> str:
    return f"{what}, line {node.line}" if node.line else what


def _last_words(printed: str) -> str:
    """Return what a host said of its end, on one line: from the first panic or error on, without the backtrace.

    Folders and numbers of threads are left out, so that one cause reads the same on every machine.
    """
    printed = re.split(r"\n\s*(?:stack backtrace:|note: run with)", printed)[0]
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    starts = [n for n, line in enumerate(lines) if re.search(r"panicked|[Ee]rror|[Tt]rap|fault|abort", line)]
    kept = " ".join(lines[starts[0] :] if starts else lines[-3:])
    kept = re.sub(r"(thread '[^']*') \(\d+\)", r"\1", kept)
    kept = re.sub(r"(?<![\w.])(?:/[\w.@+-]+)+/(?=[\w.@+-]+/src/)", "", kept)
    return kept if len(kept) <= _PRINTED else kept[:_PRINTED] + " ..."
