"""Bytes: broken models, and records, names and tensors of any bytes. The host lives, and good calls stay right."""

from typing import Any

from hypothesis import strategies as st

from wasi_nn_conformance.fuzz.kind import generated_by
from wasi_nn_conformance.fuzz.target import Fields, FuzzTarget

from .misuse import Setting, Step
from .mutation import mutated
from .values import SIGNS

GOOD = "sub-f32"
MODELS = (
    *("neg-f32", "sub-f32", "scale-f32", "two-outputs", "identity-u8", "split", "concat", "reshape", "transpose-4d"),
    *("reduce-sum", "matmul-f32", "dense", "cast-f32-i32", "add-dynamic", "three-outputs"),
)
_ANY = {"accept": ["ok", "error", "trap"], "prefer": "invalid_argument"}
_TYPES = ("f32", "u8", "i64", "f16")
_NUMBERS = (0, 1, 2, 4, 8, 16, 20, 255, 256, 1024, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
_ROOM = 256


@st.composite
def examples(draw: st.DrawFn, target: FuzzTarget) -> Fields:
    """Draw something broken between two good inferences."""
    setting = Setting(target.abi, target.encoding, target.models[GOOD], 0)
    what, clause, broken = draw(st.sampled_from(_RECORDS if target.tag.pointers else _RESOURCES))
    steps: list[Step] = [{"load": {"model": GOOD, "as": "g"}}, {"context": {"graph": "g", "as": "c"}}]
    steps += [{"clause": clause, **step} if "accept" in step else step for step in broken(draw, target)]
    steps += setting.infer(draw)
    return {
        "id": f"fuzz/bytes/{what}",
        "clause": "failure.no-lasting-harm",
        "why": "a host that trusts what a guest gives it, or whose engine does, dies of it or answers wrongly after",
        "steps": steps,
    }


def _model(draw: st.DrawFn, target: FuzzTarget) -> list[Step]:
    """Load a model with something changed, and go as far with it as the host does."""
    model = target.models[draw(st.sampled_from(target.sayable(MODELS)))]
    builders = mutated(draw, model, target.encoding)
    if draw(st.integers(0, 15)) == 15:
        builders = builders[::-1]
    load = {"builders": [{"hex": data.hex()} for data in builders], "encoding": target.encoding, "as": "b"}
    tensors = Setting(target.abi, target.encoding, model, 1).tensors(draw)
    use: list[Step] = [{"context": {"graph": "b", "as": "d"}}, *_use(target, tensors, model.outputs[0].name)]
    return [{"load": load, **_ANY, "then": [{"may_fail": use}]}]


def _use(target: FuzzTarget, tensors: dict[str, Any], output: str) -> list[Step]:
    """Infer with a model that nobody knows."""
    steps: list[Step] = []
    if target.tag.numbers:
        for index, tensor in enumerate(tensors.values()):
            steps.append({"set_input": {"context": "d", "input": {"raw": index}, "tensor": tensor}})
        read = {"context": "d", "output": {"raw": 0}, "size": _ROOM, "is": "any"}
        return [*steps, {"compute": {"context": "d"}}, {"output": read}]
    names = {name: f"u{index}" for index, name in enumerate(tensors)}
    steps += [{"tensor": {"tensor": tensors[name], "as": names[name]}} for name in tensors]
    if target.tag.inputs_at_compute:
        return [*steps, {"compute_named": {"context": "d", "inputs": [[*pair] for pair in names.items()], "is": "any"}}]
    steps += [{"set_named": {"context": "d", "name": name, "tensor": names[name]}} for name in names]
    return [*steps, {"compute": {"context": "d"}}, {"get_named": {"context": "d", "name": output, "is": "any"}}]


def _operand(draw: st.DrawFn) -> Any:
    """Draw a number, a place in a buffer of any words, or one about the end of memory."""
    kind = draw(st.sampled_from("nbe"))
    if kind == "n":
        return draw(st.sampled_from(_NUMBERS))
    if kind == "b":
        return {"buffer": "any", "offset": draw(st.sampled_from((0, 1, 4, 8)))}
    return {"end": draw(st.sampled_from((0, -1, -4, -8, -20, -64, 4)))}


def _words(draw: st.DrawFn, target: FuzzTarget) -> list[Step]:
    """Place a record of any words, and give it to one of the functions that read records."""
    del target
    words = [_operand(draw) for _ in range(draw(st.integers(2, 6)))]
    octets = draw(st.binary(min_size=16, max_size=32))
    placed: list[Step] = [
        {"place": {"bytes": {"hex": octets.hex()}, "as": "any"}},
        {"place": {"words": words, "as": "words"}},
    ]
    return [*placed, _call(draw, {"buffer": "words"})]


def _numbers(draw: st.DrawFn, target: FuzzTarget) -> list[Step]:
    """Call a function with any numbers."""
    del target
    octets = draw(st.binary(min_size=16, max_size=32))
    return [{"place": {"bytes": {"hex": octets.hex()}, "as": "any"}}, _call(draw, _operand(draw))]


def _call(draw: st.DrawFn, pointer: Any) -> Step:
    """Call a function that reads what `pointer` leads to; what it may write is its own return slot."""
    count = draw(st.sampled_from((0, 1, 2, 3, *_NUMBERS)))
    calls: dict[str, list[Any]] = {
        "load": [
            pointer,
            count,
            draw(st.sampled_from((0, 1, 5, 6, 255))),
            draw(st.sampled_from((0, 1, 2, 3))),
            {"slot": "r"},
        ],
        "load_by_name": [pointer, count, {"slot": "r"}],
        "set_input": ["c", draw(st.sampled_from((0, 1, 2, 0xFFFFFFFF))), pointer],
        "init_execution_context": [draw(st.sampled_from(("g", 0xFFFFFFFF))), {"slot": "r"}],
        "compute": [draw(st.sampled_from(("c", 0xFFFFFFFF)))],
    }
    name = draw(st.sampled_from(sorted(calls)))
    return {"raw": {"function": name, "arguments": calls[name]}, **_ANY}


def _names(draw: st.DrawFn, target: FuzzTarget) -> list[Step]:
    """Return any text for a name."""
    text = draw(st.text(SIGNS, max_size=12))
    octets = draw(st.binary(max_size=12))
    if target.tag.pointers and draw(st.booleans()):
        return [{"load_by_name": {"name": {"hex": octets.hex()}}, **_ANY}]
    calls: list[Step] = [{"load_by_name": {"name": text}, **_ANY}]
    if not target.tag.resources:
        return calls
    tensor: Step = {"tensor": {"tensor": {"type": "f32", "shape": [1, 4], "data": [1, 2, 3, 4]}, "as": "u"}}
    given = {"compute_named": {"context": "c", "inputs": [[text, "u"]], "is": "any"}}
    if target.tag.set_input:
        given = {"set_named": {"context": "c", "name": text, "tensor": "u"}}
    return [*calls, tensor, {**given, **_ANY, "clause": "input.unknown-name"}]


def _tensor(draw: st.DrawFn, target: FuzzTarget) -> list[Step]:
    """Return a tensor of any dimensions and bytes, which seldom fit."""
    shape = draw(st.lists(st.sampled_from((0, 1, 2, 4, 255, 65536, 0x7FFFFFFF, 0xFFFFFFFF)), max_size=9))
    octets = draw(st.binary(max_size=20))
    bad = {
        "type": draw(st.sampled_from([name for name in _TYPES if name in target.tag.tensor_types])),
        "shape": shape,
        "data": f"hex:{octets.hex()}",
    }
    if target.tag.set_input and draw(st.booleans()):
        return [{"set_input": {"context": "c", "input": "a", "tensor": bad}, **_ANY}]
    if target.tag.numbers:
        return [{"set_input": {"context": "c", "input": {"raw": 0}, "tensor": bad}, **_ANY}]
    given = {"compute_named": {"context": "c", "inputs": [["a", "u"]], "is": "any"}}
    if target.tag.set_input:
        given = {"set_named": {"context": "c", "name": "a", "tensor": "u"}}
    made = {"tensor": {"tensor": bad, "as": "u"}, "accept": ["ok", "trap"], "prefer": "ok"}
    return [{**made, "then": [{**given, **_ANY}]}]


_BROKEN_MODEL = ("model", "load.corrupt-model", _model)
_EITHER: tuple[Any, ...] = (
    *[_BROKEN_MODEL] * 3,  # most of what can be broken is in models
    ("names", "load-by-name.is-no-path", _names),
    ("tensor", "input.data-length", _tensor),
)
_RECORDS = (*_EITHER, ("record", "memory.out-of-bounds", _words), ("numbers", "memory.out-of-bounds", _numbers))
_RESOURCES = _EITHER


search = generated_by(examples)
