"""A case written down for whoever replays it without this suite: requests, accepted outcomes, and which line is next.

Requests are made as if every step that may succeed did; where an error is accepted as well, another path of lines
begins. So nothing in a request depends on a reply.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.vectors.abi import WITX
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.expectation import Expectation
from wasi_nn_conformance.vectors.step import Block, Node, Step
from wasi_nn_conformance.vectors.tensor import tensor_literal

from .reply_form import SAID_IN, failure, spelled, success


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
class ReplayPlan:
    """The lines of one case, made by `lines`."""

    case: Case
    state: ExpectedState
    _lines: list[dict[str, Any]] = field(default_factory=list)
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
            self._lines[line]["accept"][kind]["next"] = len(self._lines)
        if self._ends:
            self._lines.append({"request": {"call": "forget"}, "accept": {"ok": {"next": None}}})
        if not all(line["accept"] for line in self._lines):
            raise InexpressibleError("a step of a block that has to fail may only succeed")
        return self._lines

    def _step(self, path: _Path) -> list[_Path] | None:
        """Write the next step of a path and go on; give the paths that begin at it, or None at the end of this one."""
        while path.nodes:
            node = path.nodes.pop()
            if isinstance(node, Block):
                path.nodes += [_BlockEnd(node), *reversed(node.steps)]
            elif isinstance(node, _BlockEnd):
                if node.block.must_fail:
                    self._refuse(path)
                    return None
            elif node.action == "outputs":
                path.nodes += reversed(list(_outputs(node, path.state)))
            else:
                return self._said(node, path)
        if path.origin is not None:
            self._ends.append(path.origin)
        return None

    def _refuse(self, path: _Path) -> None:
        """Take back the outcome that has led here: all steps of a block that has to fail succeeded."""
        if path.origin is None:
            raise InexpressibleError("a block that has to fail says nothing")
        line, kind = path.origin
        del self._lines[line]["accept"][kind]

    def _said(self, step: Step, path: _Path) -> list[_Path] | None:
        dialect, number = DIALECTS[self.case.abi], len(self._lines)
        try:
            requests = dialect.requests(step, path.state)
        except ValueError as error:
            self._stuck(path, str(error))
            return None
        traps: dict[str, Any] = {"trap": {}} if "trap" in step.expectation.accept else {}
        if not requests:
            self._succeeded(step, path)
            return []
        self._lead(path, number)
        for request in requests[:-1]:
            number += 1
            self._lines.append({"request": request, "accept": {"ok": {"next": number}, **traps}})
        line: dict[str, Any] = {"request": requests[-1], "accept": {}}
        self._lines.append(line)
        block = _block(path)
        if prefer := step.expectation.prefer or (block and block.prefer):
            line["prefer"] = spelled(prefer, self.case.abi)
        failed = self._after_error(step, path, number)
        if failed is not None:
            line["accept"]["error"] = {"next": None, **failure(step, self.case.abi)}
        line["accept"] |= traps
        forks = [failed] if failed is not None else []
        if "ok" not in step.expectation.accept:
            path.nodes.clear()
            path.origin = None
            return forks
        self._succeeded(step, path)
        line["accept"]["ok"] = {"next": None, **success(step, path.state, self.case.abi)}
        path.nodes += reversed(step.then)
        path.origin = (number, "ok")
        return forks

    def _stuck(self, path: _Path, reason: str) -> None:
        """End a path that nobody can go on with: a host took what is no model, and nothing is known of its inputs."""
        if path.origin is None:
            raise InexpressibleError(reason)
        line, kind = path.origin
        self._lines[line]["accept"][kind]["undecided"] = reason
        self._ends.append(path.origin)

    def _lead(self, path: _Path, number: int) -> None:
        if path.origin is not None:
            line, kind = path.origin
            self._lines[line]["accept"][kind]["next"] = number

    def _after_error(self, step: Step, path: _Path, number: int) -> _Path | None:
        """Return the path of an error that the step, or the block around it, accepts."""
        accepted = "error" in step.expectation.accept
        if not accepted and _block(path) is None:
            return None
        nodes = list(path.nodes)
        while not accepted and not isinstance(nodes.pop(), _BlockEnd):
            pass
        state = _copy(path.state)
        if self.case.abi != WITX:
            said = {"result": "err", "code": f"{SAID_IN}{number}", "data": ""}
            DIALECTS[self.case.abi].outcome(step, said, state)
        return _Path((number, "error"), nodes, state)

    def _succeeded(self, step: Step, path: _Path) -> None:
        """Let the scene be as it is after success."""
        state = path.state
        context = state.context(step.arguments.get("context"))
        if self.case.abi != WITX and step.action in ("set_input", "compute", "compute_named", "set_named", "tensor"):
            outputs = [port.name for port in context.model.outputs] if context else []
            if step.action == "compute_named" and "as" in step.arguments and len(outputs) > 1:
                raise InexpressibleError("which of several outputs is kept under which name depends on their order")
            nothing = {"dims": [], "type": "", "data": ""}
            said = {"outputs": [{"name": name, **nothing} for name in outputs]}
            DIALECTS[self.case.abi].outcome(step, said, state)
        elif step.action == "get_named":
            DIALECTS[self.case.abi].outcome(step, {"dims": [], "type": "", "data": ""}, state)
        elif step.action == "new_error":
            DIALECTS[self.case.abi].outcome(step, {}, state)
        state.remember(step.action, step.arguments)
        if step.action == "set_input":
            literal = tensor_literal(step.arguments["tensor"])
            if literal.is_consistent:
                state.remember_input(step.arguments["context"], step.arguments["input"], literal.array)


def _block(path: _Path) -> Block | None:
    """Return the block that the path is in."""
    return next((node.block for node in reversed(path.nodes) if isinstance(node, _BlockEnd)), None)


def _copy(state: ExpectedState) -> ExpectedState:
    contexts = {
        name: replace(context, inputs=dict(context.inputs), given=dict(context.given))
        for name, context in state.contexts.items()
    }
    return replace(
        state,
        contexts=contexts,
        graphs=dict(state.graphs),
        tensors=dict(state.tensors),
        errors=dict(state.errors),
        handles=dict(state.handles),
    )


def _outputs(step: Step, state: ExpectedState) -> Iterator[Step]:
    context = state.context(step.arguments["context"])
    if context is None:
        raise InexpressibleError("no context of this name is known here")
    for name in step.arguments["order"] or [port.name for port in context.model.outputs]:
        yield Step("output", {"context": step.arguments["context"], "output": name}, Expectation(), line=step.line)
