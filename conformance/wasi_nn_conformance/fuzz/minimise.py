"""Leaves out of a shrunk vector what its failure does not need, which shrinking the draws does not reach.

Only what cannot change what the answers must be: the steps behind the failure, those that have nothing to do with what
failed, and outputs, inputs and graphs that no step speaks of.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

from wasi_nn_conformance.fuzz.strategies.errors import called_after_what_is_left
from wasi_nn_conformance.fuzz.strategies.generated_model import types_of

from .target import Fields

StillFails: TypeAlias = Callable[[Fields], bool]


def reduced(fields: Fields, still_fails: StillFails) -> Fields:
    """Return the smallest vector of these that `still_fails`, which has to be true of `fields`."""
    fields = _without_what_follows(fields, still_fails)
    for without in (_without_strangers, _without_graphs, _without_models, _without_ports):
        smaller = without(fields)
        if smaller != fields and still_fails(smaller):
            fields = smaller
    return _without_groups(fields, still_fails)


def _steps(fields: Fields) -> list[Any]:
    """Return the steps, or those of the one block that is all of them."""
    (first, *more) = fields["steps"]
    steps: list[Any] = first["may_fail"] if not more and "may_fail" in first else fields["steps"]
    return steps


def _with_steps(fields: Fields, steps: list[Any]) -> Fields:
    first = fields["steps"][0]
    in_block = _steps(fields) is not fields["steps"]
    return {**fields, "steps": [{**first, "may_fail": steps}] if in_block else steps}


def _without_what_follows(fields: Fields, still_fails: StillFails) -> Fields:
    steps = _steps(fields)
    lengths = range(1, len(steps))
    length = 1 + bisect_left(lengths, x=True, key=lambda length: still_fails(_with_steps(fields, steps[:length])))
    return _with_steps(fields, steps[:length])


def _without_strangers(fields: Fields) -> Fields:
    """Leave out each step before the last that shares no name with it, nor with one that does.

    Graphs, contexts and the like owe each other nothing, and a call that fails owes all of them that nothing happens.
    """
    (*before, last) = _steps(fields)
    given = {text for step in [*before, last] for text in _values(step, "as") if isinstance(text, str)}
    kept, wanted = [last], _mentioned(last, given)
    for step in reversed(before):
        mentioned = _mentioned(step, given)
        if mentioned & wanted:
            kept.append(step)
            wanted |= mentioned
    return called_after_what_is_left(_with_steps(fields, kept[::-1]))


def _without_groups(fields: Fields, still_fails: StillFails) -> Fields:
    """Leave out one after the other each group of steps that shares no name with others, but that of the last step."""
    for group in _groups(_steps(fields))[:-1]:
        left = [step for step in _steps(fields) if all(step is not other for other in group)]
        smaller = _without_models(_without_graphs(called_after_what_is_left(_with_steps(fields, left))))
        if still_fails(smaller):
            fields = smaller
    return fields


def _groups(steps: list[Any]) -> list[list[Any]]:
    """Return the steps by what they have in common, that of the last step last."""
    given = {text for step in steps for text in _values(step, "as") if isinstance(text, str)}
    groups: list[tuple[set[str], list[Any]]] = []
    for step in steps:
        mentioned = _mentioned(step, given)
        with_it = [group for group in groups if group[0] & mentioned]
        names = mentioned.union(*(group[0] for group in with_it))
        together = [each for group in with_it for each in group[1]]
        groups = [group for group in groups if all(group is not other for other in with_it)]
        groups.append((names, [*together, step]))
    return [group for _, group in groups]


def _mentioned(step: Any, given: set[str]) -> set[str]:
    """Return the names of `given` that a step speaks of, also as the beginning of `t1.data`."""
    return {text.partition(".")[0] for text in _texts(step)} & given


def _without_graphs(fields: Fields) -> Fields:
    if any(_values(fields["steps"], "load_by_name")):
        return fields
    return {key: value for key, value in fields.items() if key != "graphs"}


def _without_models(fields: Fields) -> Fields:
    """Leave out the models that the vector brings along and no step speaks of; one that was drawn is all there is."""
    used = {"drawn", *_texts(fields["steps"])}
    kept = {name: model for name, model in fields.get("models", {}).items() if name in used}
    rest = {key: value for key, value in fields.items() if key != "models"}
    return {**rest, "models": kept} if kept else rest


def _without_ports(fields: Fields) -> Fields:
    """Leave out the outputs of the generated model that no step reads, and the inputs that no output needs."""
    looks_at_all = any(_values(fields["steps"], "compute_named"))
    if looks_at_all or "drawn" not in fields.get("models", {}):
        return fields
    model = fields["models"]["drawn"]
    read = {call["output"] for call in _values(fields["steps"], "output") if isinstance(call, dict)}
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
        "steps": list(_without_inputs(fields["steps"], model["inputs"].keys() - inputs.keys())),
    }


def _without_inputs(steps: Iterable[Any], names: AbstractSet[str]) -> Iterator[Any]:
    for step in steps:
        if "may_fail" in step:
            yield {**step, "may_fail": list(_without_inputs(step["may_fail"], names))}
        elif step.get("set_input", {}).get("input") not in names:
            yield step


def _values(value: Any, key: str) -> Iterator[Any]:
    """Return what stands at `key` at any depth."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for item in value.values():
            yield from _values(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, key)


def _texts(value: Any) -> Iterator[str]:
    """Return each text at any depth, no keys: the names of an expression's inputs, or all that a step speaks of."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
