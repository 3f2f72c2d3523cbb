"""Leaves out of a shrunk vector what its failure does not need, which shrinking the draws does not reach.

Only what cannot change what the answers must be: the steps behind the failure, and outputs, inputs and graphs that no
step speaks of.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from .drawn_model import types_of
from .ground import Fields

StillFails: TypeAlias = Callable[[Fields], bool]


def reduced(fields: Fields, still_fails: StillFails) -> Fields:
    """Give the smallest vector of these that `still_fails`, which has to be true of `fields`."""
    fields = _without_what_follows(fields, still_fails)
    for smaller in _smaller(fields):
        if still_fails(smaller):
            fields = smaller
            break
    return fields


def _without_what_follows(fields: Fields, still_fails: StillFails) -> Fields:
    """Cut the steps, or those of the one block that is all of them, behind the one that fails."""
    (first, *more) = fields["steps"]
    steps = first["may_fail"] if not more and "may_fail" in first else fields["steps"]

    def cut(length: int) -> Fields:
        kept = steps[:length]
        return {**fields, "steps": kept if steps is fields["steps"] else [{**first, "may_fail": kept}]}

    lengths = range(1, len(steps))
    length = 1 + bisect_left(lengths, x=True, key=lambda length: still_fails(cut(length)))
    return cut(length) if length < len(steps) else fields


def _smaller(fields: Fields) -> Iterator[Fields]:
    """Give the vector without all that no step speaks of, and without some of it."""
    without_graphs = _without_graphs(fields)
    without_ports = _without_ports(without_graphs)
    yield from (each for each in (without_ports, without_graphs) if each != fields)


def _without_graphs(fields: Fields) -> Fields:
    if any(True for _ in _all(fields["steps"], "load_by_name")):
        return fields
    return {key: value for key, value in fields.items() if key != "graphs"}


def _without_ports(fields: Fields) -> Fields:
    """Leave out the outputs of the drawn model that no step reads, and the inputs that no output needs."""
    looks_at_all = any(True for _ in _all(fields["steps"], "compute_named"))
    if looks_at_all or "drawn" not in fields.get("models", {}):
        return fields
    model = fields["models"]["drawn"]
    read = {call["output"] for call in _all(fields["steps"], "output")}
    outputs = {name: value for name, value in model["outputs"].items() if name in read} or model["outputs"]
    needed = set(_texts(list(outputs.values())))
    inputs = {name: value for name, value in model["inputs"].items() if name in needed}
    smaller = {"inputs": inputs, "outputs": outputs}
    words, dash, mode = fields["id"].rpartition("-")
    kind = words.rpartition("/")[0]
    return {
        **fields,
        "id": f"{kind}/{'+'.join(types_of(smaller))}{dash}{mode}",
        "models": {"drawn": smaller},
        "steps": _without_inputs(fields["steps"], set(model["inputs"]) - set(inputs)),
    }


def _without_inputs(steps: list[Any], names: set[str]) -> list[Any]:
    kept = []
    for step in steps:
        if "may_fail" in step:
            kept.append({**step, "may_fail": _without_inputs(step["may_fail"], names)})
        elif step.get("set_input", {}).get("input") not in names:
            kept.append(step)
    return kept


def _all(value: Any, action: str) -> Iterator[dict[str, Any]]:
    """Give the arguments of each step with this action, at any depth."""
    if isinstance(value, dict):
        if isinstance(value.get(action), dict):
            yield value[action]
        for item in value.values():
            yield from _all(item, action)
    elif isinstance(value, list):
        for item in value:
            yield from _all(item, action)


def _texts(value: Any) -> Iterator[str]:
    """Give each text in an expression: the names of its inputs are among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
