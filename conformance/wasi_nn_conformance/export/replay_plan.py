"""A case written down for whoever replays it without this suite: requests, accepted outcomes, and which line is next.

Requests are made as if every step that may succeed did; where an error is accepted as well, another path of lines
begins. So nothing in a request depends on a reply.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import to_builtins

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.session.expected_reply import ExpectedAnswer, ExpectedReply
from wasi_nn_conformance.session.said import LineReply
from wasi_nn_conformance.session.state import ExpectedState, UnknownOrderError
from wasi_nn_conformance.session.wire import Call, Done
from wasi_nn_conformance.session.witx_calls import Forget
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.expectation import Expectation
from wasi_nn_conformance.vectors.step import Block, Node, Step

from .reply_form import reply_form


class InexpressibleError(ValueError):
    """A case that lines with fixed requests cannot say, and why."""


@dataclass(frozen=True)
class _BlockEnd:
    """Stands behind the steps of a block."""

    block: Block


@dataclass
class _Path:
    """Where to go on: the outcome that leads here (line and kind), what is still to be said, and what is set up."""

    origin: tuple[int, str] | None
    nodes: list[Node | _BlockEnd]
    state: ExpectedState


@dataclass
class _Accepted:
    """One accepted kind of outcome: what the reply must hold, and the line that is next."""

    answer: ExpectedAnswer
    next: int | None = None
    only: str | None = None

    def plain(self) -> dict[str, Any]:
        only = {"only": self.only} if self.only else {}
        return {"next": self.next, **only, **reply_form(self.answer)}


@dataclass
class _Line:
    """One line: its request, and what is accepted. After a trap nothing is next."""

    request: Call
    accept: dict[str, _Accepted] = field(default_factory=dict)
    may_trap: bool = False
    prefer: str | None = None

    def plain(self) -> dict[str, Any]:
        accept: dict[str, Any] = {kind: accepted.plain() for kind, accepted in self.accept.items()}
        accept |= {"trap": {}} if self.may_trap else {}
        return {"request": to_builtins(self.request), "accept": accept} | (
            {"prefer": self.prefer} if self.prefer else {}
        )


@dataclass
class ReplayPlan:
    """The lines of one case, made by `lines`."""

    case: Case
    state: ExpectedState
    _lines: list[_Line] = field(default_factory=list)
    _ends: list[tuple[int, str]] = field(default_factory=list)

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines; the first one comes first, and `forget`, unless each path ends in a trap, is the last.

        Each has the `request`, and under `accept` for each accepted kind of outcome what the reply must hold and
        the number of the `next` line. Raises `InexpressibleError`.
        """
        paths = [_Path(None, list(reversed(self.case.vector.steps)), self.state)]
        while paths:
            path = paths.pop()
            while (forks := self._step(path)) is not None:
                paths += forks
        for line, kind in self._ends:
            self._lines[line].accept[kind].next = len(self._lines)
        if self._ends:
            self._lines.append(_Line(Forget(), {"ok": _Accepted(ExpectedAnswer())}))
        if not all(line.accept or line.may_trap for line in self._lines):
            raise InexpressibleError("a step of a block that has to fail may only succeed")
        return [line.plain() for line in self._lines]

    def _step(self, path: _Path) -> list[_Path] | None:
        """Write the next step of a path and go on; return the paths that begin at it, or None at the end of this."""
        while path.nodes:
            node = path.nodes.pop()
            if isinstance(node, Block):
                path.nodes += [_BlockEnd(node), *reversed(node.steps)]
            elif isinstance(node, _BlockEnd):
                if node.block.must_fail:
                    self._refuse(path)
                    return None
            elif node.action in ("end", "rounds"):
                raise InexpressibleError(f"`{node.action}` is about the host's process, which no line speaks of")
            elif node.action == "outputs":
                path.nodes += reversed(list(_outputs(node, path.state)))
            else:
                return self._planned(node, path)
        if path.origin is not None:
            self._ends.append(path.origin)
        return None

    def _refuse(self, path: _Path) -> None:
        """Take back the outcome that has led here: all steps of a block that has to fail succeeded."""
        if path.origin is None:
            raise InexpressibleError("a block that has to fail says nothing")
        line, kind = path.origin
        del self._lines[line].accept[kind]

    def _planned(self, step: Step, path: _Path) -> list[_Path] | None:
        dialect = DIALECTS[self.case.abi]
        try:
            requests, expected = dialect.requests(step, path.state), dialect.expected(step, path.state)
        except ValueError as error:
            self._stuck(path, str(error))
            return None
        if not requests:
            self._held(step, path, expected.ok)
            return []
        may_trap = "trap" in step.expectation.accept
        self._lead(path, len(self._lines))
        for request in requests[:-1]:
            ok = _Accepted(ExpectedAnswer(), len(self._lines) + 1)
            self._lines.append(_Line(request, {"ok": ok}, may_trap))
        line, number = _Line(requests[-1], may_trap=may_trap), len(self._lines)
        self._lines.append(line)
        block = _block(path)
        if prefer := step.expectation.prefer or (block and block.prefer):
            line.prefer = _spelled(prefer, self.case.abi)
        forks = self._error(step, path, expected)
        if "ok" not in step.expectation.accept:
            path.nodes.clear()
            path.origin = None
            return forks
        line.accept["ok"] = _Accepted(expected.ok)
        self._advance(step, path.state, number, expected)
        path.nodes += reversed(step.then)
        path.origin = (number, "ok")
        return forks

    def _held(self, step: Step, path: _Path, answer: ExpectedAnswer) -> None:
        """Let a step without a request be said by the line that gives its answer: an output by `compute`."""
        held = path.state.held(step)
        if isinstance(held, LineReply) and answer.tensor is not None:
            accepted = self._lines[held.number].accept["ok"]
            outputs = accepted.answer.outputs
            assert outputs is not None  # the line is a `compute`
            with_tensor = [
                replace(each, tensor=answer.tensor) if answer.subject == each.names[0] else each
                for each in outputs.outputs
            ]
            accepted.answer = replace(accepted.answer, outputs=replace(outputs, outputs=tuple(with_tensor)))
        path.state.advance(step, Done(), succeeded=True)

    def _stuck(self, path: _Path, reason: str) -> None:
        """End a path that nobody can go on with: a host took what is no model, and nothing is known of its inputs."""
        if path.origin is None:
            raise InexpressibleError(reason)
        line, kind = path.origin
        accepted = self._lines[line].accept[kind]
        accepted.answer = replace(accepted.answer, undecided=reason)
        self._ends.append(path.origin)

    def _lead(self, path: _Path, number: int) -> None:
        if path.origin is not None:
            line, kind = path.origin
            self._lines[line].accept[kind].next = number

    def _error(self, step: Step, path: _Path, expected: ExpectedReply) -> list[_Path]:
        """Write the error that the step, or the block around it, accepts; return the path that it leads to."""
        accepted, number = "error" in step.expectation.accept, len(self._lines) - 1
        if not accepted and _block(path) is None:
            return []
        only = step.expectation.only
        spelled = None if only is None else _spelled(only, self.case.abi)
        self._lines[number].accept["error"] = _Accepted(expected.error, only=spelled)
        nodes = list(path.nodes)
        while not accepted and not isinstance(nodes.pop(), _BlockEnd):
            pass
        state = path.state.copy()
        state.advance(step, LineReply(number), succeeded=False)
        return [_Path((number, "error"), nodes, state)]

    def _advance(self, step: Step, state: ExpectedState, number: int, expected: ExpectedReply) -> None:
        try:
            state.advance(step, LineReply(number), succeeded=True, outputs=expected.ok.outputs)
        except UnknownOrderError as error:
            raise InexpressibleError(str(error)) from None


def _spelled(word: str, abi: str) -> str:
    """Return an error's code as the ABI spells it."""
    return word if TAGS[abi].family == "witx" else word.replace("_", "-")


def _block(path: _Path) -> Block | None:
    """Return the block that the path is in."""
    return next((node.block for node in reversed(path.nodes) if isinstance(node, _BlockEnd)), None)


def _outputs(step: Step, state: ExpectedState) -> Iterator[Step]:
    context = state.context(step.arguments["context"])
    if context is None:
        raise InexpressibleError("no context of this name is known here")
    for name in step.arguments["order"] or [port.name for port in context.model.outputs]:
        yield Step("output", {"context": step.arguments["context"], "output": name}, Expectation(), line=step.line)
