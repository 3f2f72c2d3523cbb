"""Counts: more of one thing than most guests have, and than a small table or a byte holds; first and last are right.

What a host has one of it has many of; where a process bears no more, the conversation is unsupported.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from hypothesis import strategies as st

from wasi_nn_conformance.fuzz.kind import generated_by
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget

from .misuse import INVALID, REGISTERED, Setting, Step

Crowd: TypeAlias = Callable[[st.DrawFn, FuzzTarget, int], Fields]

MODELS = ("neg-f32", "scale-f32", "sub-f32", "two-outputs")
_COUNTS = (3, 5, 9, 17, 33, 65, 101, 129, 150, 201, 257, 300)
_FEW = {"graphs": 21, "names": 41}
"""Of what takes a host long, so many at most in all but one of `_RARELY` conversations."""
_RARELY = 16
_DIFFERENT = 41  # models, and computes of long rows
_LOOKS = 4
_OWN = "of-the-crowd"
_LONG = 500
_LENGTHS = (4, 37, _LONG)  # of rows in which one number differs


@st.composite
def examples(draw: st.DrawFn, target: FuzzTarget) -> Fields:
    """Draw a crowd, and how many it has."""
    crowds = {name: crowd for name, crowd in _CROWDS.items() if target.tag.has(_NEEDS.get(name, ()))}
    if not target.registers:
        del crowds["names"]
    name = draw(st.sampled_from(sorted(crowds)))
    count = draw(st.sampled_from(_COUNTS))
    if name in _FEW and draw(st.integers(1, _RARELY)) != _RARELY:
        count %= _FEW[name]
    return {"id": f"fuzz/counts/{name}", **crowds[name](draw, target, max(count, 2))}


def _setting(draw: st.DrawFn, target: FuzzTarget) -> Setting:
    model = draw(st.sampled_from(target.sayable(MODELS)))
    return Setting(target.abi, target.encoding, target.models[model], 0)


def _begun(setting: Setting) -> list[Step]:
    return [{"load": {"model": setting.model.id, "as": "g"}}, {"context": {"graph": "g", "as": "c"}}]


def _some_of(draw: st.DrawFn, count: int) -> list[int]:
    """Draw which ones of a crowd are looked at: the first, the last, and others."""
    others = draw(st.lists(st.integers(0, count - 1), max_size=_LOOKS))
    return draw(st.permutations(list(dict.fromkeys([0, count - 1, *others]))))


def _contexts(draw: st.DrawFn, target: FuzzTarget, count: int) -> Fields:
    setting, count = _setting(draw, target), min(count, target.contexts)
    steps: list[Step] = [{"load": {"model": setting.model.id, "as": "g"}}]
    names = [f"c{number}" for number in range(count)]
    at_once = draw(st.booleans())
    for name in names:
        made: Step = {"context": {"graph": "g", "as": name}}
        steps += [made, *(setting.set_all(draw, name) if at_once else setting.infer(draw, name))]
    looked_at = [names[each] for each in _some_of(draw, count)]
    for name in looked_at if at_once else ():
        steps.append({"compute": {"context": name}})
    steps += [step for name in looked_at for step in setting.outputs(name)]
    steps += setting.infer(draw, looked_at[0])
    why = "a host with a table of contexts, or numbers of few bits, answers for another one, or has no more"
    return {"clause": "context.independence", "why": why, "steps": steps}


def _graphs(draw: st.DrawFn, target: FuzzTarget, count: int) -> Fields:
    """Load models that differ in one number, somewhere among others."""
    count = min(count, target.graphs, target.contexts)
    length = draw(st.sampled_from(_LENGTHS))
    where = draw(st.integers(0, length - 1))
    models = {f"m{number}": _adding(_with(where, number, length)) for number in range(min(count, _DIFFERENT))}
    last: list[Step] = []
    steps: list[Step] = [{"load": {"model": f"m{each % len(models)}", "as": f"g{each}"}} for each in range(count)]
    for each in _some_of(draw, count):
        steps.append({"context": {"graph": f"g{each}", "as": f"c{each}"}})
        steps += _inferred(f"c{each}", _with(draw(st.integers(0, length - 1)), 9, length))
        last.append({"output": {"context": f"c{each}", "output": "out"}})
    why = "a host with a table of graphs, or that knows models by a part of their bytes, computes another one"
    return {"clause": "load.every-builder-is-used", "why": why, "models": models, "steps": [*steps, *last]}


def _with(where: int, number: int, length: int) -> list[int]:
    """Return a row of small numbers, with another one at one place."""
    return [1 + at % 5 if at != where else 7 + number for at in range(length)]


def _row(length: int) -> dict[str, Any]:
    return {"type": "f32", "shape": [1, length]}


def _adding(numbers: Sequence[int]) -> dict[str, Any]:
    constant = {"constant": {"type": "f32", "shape": [len(numbers)], "data": list(numbers)}}
    return {"inputs": {"x": _row(len(numbers))}, "outputs": {"out": {"add": ["x", constant]}}}


def _inferred(context: str, numbers: Sequence[int]) -> list[Step]:
    tensor = {**_row(len(numbers)), "data": list(numbers)}
    given = {"set_input": {"context": context, "input": "x", "tensor": tensor}}
    return [given, {"compute": {"context": context}}, {"output": {"context": context, "output": "out"}}]


def _named(draw: st.DrawFn, target: FuzzTarget, count: int) -> Fields:
    count = min(count, target.graphs, target.contexts)
    names = draw(st.permutations(sorted(REGISTERED)))
    models = [target.models[REGISTERED[name]] for name in names]
    settings = [Setting(target.abi, target.encoding, model, 0) for model in models]
    steps: list[Step] = [{"load_by_name": {"name": names[each % 2], "as": f"g{each}"}} for each in range(count)]
    for each in _some_of(draw, count):
        made: Step = {"context": {"graph": f"g{each}", "as": f"c{each}"}}
        steps += [made, *settings[each % 2].infer(draw, f"c{each}")]
    why = "a host that loads a name anew each time, or hands one graph out for all, has no more, or another one"
    return {"clause": "load-by-name.registered", "why": why, "graphs": REGISTERED, "steps": steps}


def _computes(draw: st.DrawFn, _target: FuzzTarget, count: int) -> Fields:
    """Compute again and again: with other numbers each time, or ones of which one differs, or that change places."""
    length = draw(st.sampled_from(_LENGTHS))
    model = {"inputs": {"x": _row(length)}, "outputs": {"out": {"neg": "x"}}}
    steps: list[Step] = [{"load": {"model": _OWN, "as": "g"}}, {"context": {"graph": "g", "as": "c"}}]
    where = draw(st.integers(0, length - 1))
    how = draw(st.sampled_from(("one", "place", "all", "none")))
    for each in range(count if length < _LONG else min(count, _DIFFERENT)):
        changed = {
            "one": _with(where, each, length),
            "place": _with((where + each) % length, 1, length),
            "all": [number + each for number in _with(where, 1, length)],
            "none": _with(where, 1, length),
        }
        steps += _inferred("c", changed[how])
    why = "a host that keeps results, or takes a request for each compute, shows an old one, or has no more"
    return {"clause": "compute.new-inputs", "why": why, "models": {_OWN: model}, "steps": steps}


def _bindings(draw: st.DrawFn, target: FuzzTarget, count: int) -> Fields:
    setting = _setting(draw, target)
    steps = _begun(setting)
    for _ in range(count):
        steps += setting.set_all(draw)[: draw(st.integers(1, 2))]
    why = "a host that keeps each tensor that it was given has no more, or computes with an old one"
    return {"clause": "input.last-binding-wins", "why": why, "steps": [*steps, *setting.infer(draw)]}


def _reads(draw: st.DrawFn, target: FuzzTarget, count: int) -> Fields:
    setting = _setting(draw, target)
    outputs = setting.outputs()
    steps = [*_begun(setting), *setting.infer(draw), *(outputs[each % len(outputs)] for each in range(count))]
    why = "a host that hands an output out, and takes it for gone, has none when it is asked again"
    return {"clause": "output.each-by-index", "why": why, "steps": [*steps, *setting.infer(draw), *outputs]}


def _refusals(draw: st.DrawFn, target: FuzzTarget, count: int) -> Fields:
    """Make calls that are refused, of one kind or in turns, beside a context with results and one with inputs."""
    setting = _setting(draw, target)
    refused = draw(st.lists(st.sampled_from(_refused(setting)), min_size=1, max_size=3, unique_by=str))
    steps = [
        *_begun(setting),
        *setting.infer(draw),
        {"context": {"graph": "g", "as": "d"}},
        *setting.set_all(draw, "d"),
    ]
    steps += [refused[each % len(refused)] for each in range(count)]
    steps += [*setting.outputs(), {"compute": {"context": "d"}}, *setting.outputs("d"), *setting.infer(draw)]
    why = "a host that keeps something of each call that it refuses, or of its error, has no room for good ones"
    return {"clause": "failure.no-lasting-harm", "why": why, "steps": steps}


def _refused(setting: Setting) -> list[Step]:
    name, nothing = {"name": "no such graph"}, {"builders": [], "encoding": setting.encoding}
    calls: list[Step] = [
        {"load_by_name": name, "fails": {"prefer": "not_found"}, "clause": "load-by-name.unknown"},
        {"load": nothing, **INVALID, "clause": "load.builder-count"},
    ]
    output = setting.model.outputs[0].name
    if setting.tag.numbers:
        call = {"context": "c", "output": {"beyond": 0}, "size": 64}
        calls.append({"output": call, **INVALID, "clause": "output.unknown-index"})
        calls.append({"compute": {"context": {"raw": 0x7FFFFFFF}}, "fails": {}, "clause": "handle.unknown-context"})
        short = {"context": "c", "output": output, "size": {"plus": -1}}
        calls.append({"output": short, "fails": {"only": "too_large"}, "clause": "output.too-small-buffer"})
    elif setting.tag.get_output:
        call = {"context": "c", "name": "no such output"}
        calls.append({"get_named": call, **INVALID, "clause": "output.unknown-name"})
    return calls


def _ports(draw: st.DrawFn, _target: FuzzTarget, count: int) -> Fields:
    """Load a model with many inputs and outputs, each output made of one input, and infer in any order."""
    names = [f"{begins}{number}" for begins in ("in", "out") for number in range(count)]
    ins, outs = names[:count], names[count:]
    declared = draw(st.sampled_from((ins, ins[::-1], sorted(ins))))
    one = {"type": "f32", "shape": [1]}
    sums = {
        outs[each]: {"add": [ins[each], {"constant": {**one, "data": [1000 * (each % 7)]}}]} for each in range(count)
    }
    model = {"inputs": dict.fromkeys(declared, one), "outputs": {name: sums[name] for name in sorted(outs)}}
    steps: list[Step] = [{"load": {"model": _OWN, "as": "g"}}, {"context": {"graph": "g", "as": "c"}}]
    order = draw(st.sampled_from((ins, ins[::-1], sorted(ins, reverse=True))))
    numbers = {name: number for number, name in enumerate(ins)}
    steps += [
        {"set_input": {"context": "c", "input": name, "tensor": {**one, "data": [numbers[name]]}}} for name in order
    ]
    steps.append({"compute": {"context": "c"}})
    steps += [{"output": {"context": "c", "output": outs[each]}} for each in _some_of(draw, count)]
    why = "a host with a table of inputs, that counts them in a byte, or sorts their numbers as text, mixes them up"
    block = [{"may_fail": steps, "prefer": "ok", "clause": "input.bound-by-index"}]
    return {"clause": "input.bound-by-index", "why": why, "models": {_OWN: model}, "steps": block}


def _missing(draw: st.DrawFn, target: FuzzTarget, count: int) -> Fields:
    """As `_ports`, without one of the inputs: compute refuses."""
    fields = _ports(draw, target, count)
    (block,) = fields["steps"]
    load, context, *given = block["may_fail"][: 2 + count]
    del given[draw(st.integers(0, count - 1))]
    refused = {"compute": {"context": "c"}, **INVALID, "clause": "compute.missing-input"}
    then = [context, *({**step, "clause": "input.bound-by-index"} for step in given), refused]
    steps = [{**load, "accept": ["ok", "error"], "prefer": "ok", "then": then}]
    why = "a host that counts inputs, or has as many flags as a word has bits, does not miss one of many"
    return {**fields, "clause": "compute.missing-input", "why": why, "steps": steps}


def _tensors(draw: st.DrawFn, target: FuzzTarget, count: int) -> Fields:
    """Keep the outputs of many computes, and look at some of them."""
    setting = Setting(target.abi, target.encoding, target.models["neg-f32"], 0)
    steps, kept = _begun(setting), []
    for each in range(count):
        if target.tag.inputs_at_compute:
            tensor = setting.tensor(draw, setting.model.inputs[0])
            steps.append({"tensor": {"tensor": tensor, "as": f"t{each}"}})
            steps.append({"compute_named": {"context": "c", "inputs": [["x", f"t{each}"]], "as": f"o{each}"}})
            kept.append(f"o{each}.out")
        else:
            steps += [*setting.set_all(draw), {"compute": {"context": "c"}}]
            steps.append({"get_named": {"context": "c", "name": "out", "as": f"o{each}"}})
            kept.append(f"o{each}")
    steps += [{"data": {"tensor": kept[each]}} for each in _some_of(draw, count)]
    why = "a host that keeps outputs in a pool, or in the context, takes back what the guest still has"
    return {"clause": "output.tensor-is-the-guests", "why": why, "steps": steps}


_CROWDS: Mapping[str, Crowd] = {
    "contexts": _contexts,
    "graphs": _graphs,
    "names": _named,
    "computes": _computes,
    "bindings": _bindings,
    "reads": _reads,
    "refusals": _refusals,
    "ports": _ports,
    "missing-input": _missing,
    "kept-outputs": _tensors,
}
_NEEDS: Mapping[str, Sequence[str]] = {
    "bindings": ("set_input",),
    "missing-input": ("set_input",),
    "kept-outputs": ("resources", "names"),
}

search = generated_by(examples)
