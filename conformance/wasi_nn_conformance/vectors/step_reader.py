"""Makes steps and blocks of full steps as data that fit the schema."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from wasi_nn_conformance.formats.document import InputError

from .expectation import OUTCOMES, Expectation
from .names import BLOCKS
from .repeat import LinedStep
from .step import Block, Node, Step
from .tensor import tensor_literal

_RETURNING = ("load", "load_by_name", "context", "output")
_EXPECTING = {"fails", "traps", "accept", "prefer", "slot", "then", "clause"}


class StepReader:
    """Reads the steps of a file at `path`. Raises `InputError` with the line of one that contradicts itself."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def nodes(self, steps: list[LinedStep]) -> Iterator[Node]:
        """Return the steps and blocks; `infer` gives several."""
        for number, step in enumerate(steps, 1):
            if number < len(steps) and ("traps" in step or "end" in step):
                verb = "traps" if "traps" in step else "ends"
                raise self._wrong(steps[number], f"unreachable: the step before {verb} the guest")
            yield from self._node(step)

    def _node(self, step: LinedStep) -> Iterator[Node]:
        actions = [name for name in step if name not in _EXPECTING]
        if len(actions) != 1:
            raise self._wrong(step, f"a step has exactly one action, not {' and '.join(actions) or 'none'}")
        action, arguments = actions[0], step[actions[0]]
        extra = sorted(set(step) & _EXPECTING)
        if action in BLOCKS:
            yield self._block(action, step, extra)
            return
        if action == "rounds":
            if extra:
                raise self._wrong(step, f"rounds stands for several steps: write {', '.join(extra)} at one of them")
            yield Step(action, {}, Expectation(), then=tuple(self.nodes(arguments)), line=step.line)
            return
        for tensor in _tensors(arguments):
            try:
                tensor_literal(tensor)
            except ValueError as error:
                raise self._wrong(step, f"{action}: {error}") from None
        if action == "infer":
            if others := [key for key in extra if key != "clause"]:
                raise self._wrong(step, f"infer stands for several steps: write {', '.join(others)} at one step")
            yield from (replace(each, clause=step.get("clause")) for each in _inferred(arguments, step.line))
        else:
            yield self._step(action, arguments, step)

    def _block(self, action: str, step: LinedStep, extra: list[str]) -> Block:
        if set(extra) - {"prefer", "clause"}:
            raise self._wrong(step, f"a block takes `prefer` and `clause` only, not {', '.join(extra)}")
        if action == "fails_by" and step.get("prefer") in OUTCOMES:
            raise self._wrong(step, f"`prefer: {step['prefer']}` contradicts `fails_by`: name an error's code")
        nodes = tuple(self.nodes(step[action]))
        return Block(action == "fails_by", nodes, step.get("prefer"), step.line, step.get("clause"))

    def _step(self, action: str, arguments: dict[str, Any], step: LinedStep) -> Step:
        try:
            expectation = Expectation.of(step)
        except ValueError as error:
            raise self._wrong(step, str(error)) from None
        then = tuple(self.nodes(step["then"])) if "then" in step else ()
        if then and expectation.accept == {"ok"}:
            raise self._wrong(step, "`then` is for a step that may also fail: write these steps after it")
        if then and "ok" not in expectation.accept:
            raise self._wrong(step, "`then` follows success, which this step does not accept")
        if "unread" in arguments and ("error" in arguments or expectation.only or expectation.prefer):
            raise self._wrong(step, "nobody knows what an `unread` error says: leave out `error`, and its code")
        untouched = "slot" in step
        if untouched and "error" not in expectation.accept:
            raise self._wrong(step, "`slot: untouched` is for a call that may fail")
        if untouched and action not in _RETURNING:
            raise self._wrong(step, f"{action} has no return pointer: `slot` is for {', '.join(_RETURNING)}")
        return Step(action, arguments, expectation, untouched, then, step.line, step.get("clause"))

    def _wrong(self, step: LinedStep, message: str) -> InputError:
        return InputError(self._path, step.line, message)


def _inferred(arguments: dict[str, Any], line: int | None) -> Iterator[Step]:
    context = {"context": arguments["context"]}
    for name, tensor in arguments["inputs"].items():
        yield Step("set_input", {**context, "input": name, "tensor": tensor}, Expectation(), line=line)
    yield Step("compute", context, Expectation(), line=line)
    yield Step("outputs", {**context, "order": arguments.get("order")}, Expectation(), line=line)


def _tensors(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.keys() >= {"type", "shape", "data"}:
            yield value
        else:
            for item in value.values():
                yield from _tensors(item)
