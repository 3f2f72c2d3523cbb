"""What is left of a case without what it tests: its models computed once, calls unread, no misuse, no growth."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from wasi_nn_conformance.models import Model
from wasi_nn_conformance.models.model import Port
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.expectation import Expectation
from wasi_nn_conformance.vectors.own_clause import call_of
from wasi_nn_conformance.vectors.step import Block, Node, Step, nodes_of, proper_steps, steps_of

_PLAIN = ("load", "context", "set_input", "compute", "output")
_READING = ("error_code", "error_data")
_FALLIBLE = (*_PLAIN, "load_by_name")


def plain_inference(case: Case, models: Mapping[str, Model], only: str | None = None) -> Iterator[Case]:
    """Return a case for each model of a case that computes it once, or for the model `only`.

    A model whose inputs leave dimensions open is left out unless the case says what it is given.
    """
    known = {**models, **case.vector.own_models}
    given = _given(case)
    for name in sorted(case.vector.models) if only is None else [only]:
        tensors = {port.name: given.get((name, port.name)) or _any(port) for port in known[name].inputs}
        if all(tensors.values()):
            yield _inferring(case, name, tensors)


def is_plain(case: Case) -> bool:
    """Return whether a case is no more than such inferences itself."""
    steps = list(steps_of(case.vector.steps))
    calls = [call_of(step.action) for step in steps]
    may_succeed = all("ok" in step.expectation.accept for step in steps)
    return may_succeed and set(calls) <= set(_PLAIN) and calls.count("context") == calls.count("load")


def unread(case: Case) -> Case:
    """Return a case whose errors are asked for nothing."""
    return replace(case, vector=replace(case.vector, steps=_all_unread(case.vector.steps), question=None))


def _all_unread(nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(_unread(node) for node in nodes if isinstance(node, Block) or node.action not in _READING)


def _unread(node: Node) -> Node:
    if isinstance(node, Block):
        return replace(node, steps=_all_unread(node.steps))
    then = _all_unread(node.then)
    if call_of(node.action) not in _FALLIBLE:
        return replace(node, then=then)
    return replace(node, arguments={**node.arguments, "unread": True}, then=then)


def without_misuse(case: Case, line: int | None) -> Case | None:
    """Return a case without the calls that must fail before the step at `line`; None if there are none."""
    return _without(_is_misuse, case, line)


def without_growth(case: Case, line: int | None) -> Case | None:
    """Return a case whose guest's memory does not grow; None if it grows nowhere before the step at `line`."""
    return _without(lambda node: isinstance(node, Step) and node.action == "grow", case, line)


def _without(is_out: Callable[[Node], bool], case: Case, line: int | None) -> Case | None:
    out = [node.line for node in nodes_of(case.vector.steps) if is_out(node)]
    if not any(line is None or each is None or each < line for each in out):  # what was drawn has no lines
        return None
    return replace(case, vector=replace(case.vector, steps=_kept(is_out, case.vector.steps), question=None))


def _kept(is_out: Callable[[Node], bool], nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(_with_what_is_kept(is_out, node) for node in nodes if not is_out(node))


def _with_what_is_kept(is_out: Callable[[Node], bool], node: Node) -> Node:
    if isinstance(node, Block):
        return replace(node, steps=_kept(is_out, node.steps))
    return replace(node, then=_kept(is_out, node.then))


def _is_misuse(node: Node) -> bool:
    return node.must_fail if isinstance(node, Block) else "ok" not in node.expectation.accept


def _inferring(case: Case, model: str, tensors: Mapping[str, Any]) -> Case:
    def step(action: str, **arguments: Any) -> Step:
        return Step(action, arguments, Expectation())

    inputs = [step("set_input", context="c", input=name, tensor=tensor) for name, tensor in tensors.items()]
    steps = (
        step("load", model=model, **{"as": "g"}),
        step("context", graph="g", **{"as": "c"}),
        *inputs,
        step("compute", context="c"),
        step("outputs", context="c", order=None),
    )
    vector = replace(
        case.vector, id=f"control/{model}", steps=steps, graphs={}, models=frozenset({model}), question=None
    )
    return replace(case, vector=vector)


def _any(port: Port) -> dict[str, Any] | None:
    shape = port.type.shape
    return {"type": str(port.type.element), "shape": list(shape), "data": "range"} if port.type.is_static else None


def _given(case: Case) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the first tensor that the case gives each input of each model, where it should succeed."""
    models: dict[str, str] = {}
    tensors: dict[str, dict[str, Any]] = {}
    given: dict[tuple[str, str], dict[str, Any]] = {}
    for step in proper_steps(case.vector.steps):
        said = step.arguments
        if step.action == "load" and "model" in said:
            models[str(said.get("as"))] = said["model"]
        elif step.action == "context":
            models[str(said.get("as"))] = models.get(str(said["graph"]), "")
        elif step.action == "tensor":
            tensors[str(said.get("as"))] = said["tensor"]
        elif step.action == "set_input" and isinstance(said["input"], str):
            given.setdefault((models.get(str(said["context"]), ""), said["input"]), said["tensor"])
        elif step.action == "compute_named":
            for name, handle in said["inputs"]:
                if str(handle) in tensors:
                    given.setdefault((models.get(str(said["context"]), ""), name), tensors[str(handle)])
    return given
