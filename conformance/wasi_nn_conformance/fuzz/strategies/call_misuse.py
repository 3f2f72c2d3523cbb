"""Misuse of what a call names: graphs, contexts, inputs, outputs, and tensors that are gone."""

from typing import Any

from hypothesis import strategies as st

from wasi_nn_conformance.abi.tag import Tag

from .misuse import FAILS, INVALID, STANDS, Misuse, Setting, Step, foreign, near, size_of, some
from .tensor_misuse import bad_tensors

_HUGE = (0x12345678, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
BEYOND = (256, 257, 0x10000, 0x40000000, 0x80000000, 0xFFFFFFFF)


def _unknown_graph(draw: st.DrawFn, _setting: Setting) -> list[Step]:
    return [{"context": {"graph": {"raw": number}}, **FAILS} for number in some(draw, _HUGE)]


def _unknown_context(draw: st.DrawFn, setting: Setting) -> list[Step]:
    context = {"context": {"raw": draw(st.sampled_from(_HUGE))}}
    tensor = setting.tensor(draw, setting.model.inputs[0])
    calls: list[dict[str, Any]] = [
        {"compute": context},
        {"set_input": {**context, "input": {"raw": 0}, "tensor": tensor}},
        {"output": {**context, "output": {"raw": 0}, "size": 16}},
    ]
    return [{**draw(st.sampled_from(calls)), **FAILS}]


def _unknown_input(draw: st.DrawFn, setting: Setting) -> list[Step]:
    port = draw(st.sampled_from(setting.model.inputs))
    tensor = setting.tensor(draw, port)
    if setting.tag.names and draw(st.booleans()):
        name, wrong = setting.name("t"), draw(st.sampled_from(_near_names(setting, port.name)))
        made = {"tensor": {"tensor": tensor, "as": name}}
        return [made, {"set_named": {"context": "c", "name": wrong, "tensor": name}, "fails": {}}]
    numbers: list[dict[str, int]] = [{"beyond": 0}, {"beyond": 1}, {"beyond": 100}]
    if setting.tag.numbers:
        numbers += [{"raw": number} for number in BEYOND]
    asked = some(draw, numbers)
    return [{"set_input": {"context": "c", "input": index, "tensor": tensor}, **INVALID} for index in asked]


def _near_names(setting: Setting, name: str) -> tuple[str, ...]:
    return near(name, [port.name for port in (*setting.model.inputs, *setting.model.outputs)])


def _unknown_input_beside_all(draw: st.DrawFn, setting: Setting) -> list[Step]:
    tensors = setting.tensors(draw)
    port = draw(st.sampled_from(setting.model.inputs))
    name = draw(st.sampled_from(["no such input", *_near_names(setting, port.name)]))
    inputs = [*tensors.items(), (name, setting.tensor(draw, setting.model.inputs[0]))]
    return _computed_with(setting, draw(st.permutations(inputs)), INVALID)


def _missing_input_at_once(draw: st.DrawFn, setting: Setting) -> list[Step]:
    tensors = list(setting.tensors(draw).items())
    left_out = draw(st.integers(0, len(tensors) - 1))
    return _computed_with(setting, tensors[:left_out] + tensors[left_out + 1 :], INVALID)


def _input_twice(draw: st.DrawFn, setting: Setting) -> list[Step]:
    tensors = list(setting.tensors(draw).items())
    port = draw(st.sampled_from(setting.model.inputs))
    inputs = [*tensors, (port.name, setting.tensor(draw, port))]
    return _computed_with(setting, inputs, {"accept": ["ok", "error"], "prefer": "invalid_argument"})


def _computed_with(setting: Setting, inputs: list[tuple[str, dict[str, Any]]], expected: Step) -> list[Step]:
    handles = [f"{setting.name('t')}x{index}" for index in range(len(inputs))]
    made = [{"tensor": {"tensor": tensor, "as": name}} for name, (_, tensor) in zip(handles, inputs, strict=True)]
    named = [[name, handle] for handle, (name, _) in zip(handles, inputs, strict=True)]
    return [*made, {"compute_named": {"context": "c", "inputs": named}, **expected}]


def _missing_input(draw: st.DrawFn, setting: Setting) -> list[Step]:
    """Compute in a context of its own, in which all inputs but one or none are set."""
    context = setting.name("m")
    given = setting.set_all(draw, context)
    last = draw(st.sampled_from((1, len(given))))
    missing = {"compute": {"context": context}, **INVALID}
    # What is set then is all there is; a host may have let go of what was set before.
    complete = [*given[-last:], {"compute": {"context": context}, **STANDS, "then": setting.outputs(context)}]
    return [{"context": {"graph": "g", "as": context}}, *given[:-last], missing, *complete]


def _output_before_compute(draw: st.DrawFn, setting: Setting) -> list[Step]:
    context = setting.name("m")
    unread = {**_read(draw, setting, context), **INVALID}
    made = {"context": {"graph": "g", "as": context}}
    if draw(st.booleans()):
        return [made, unread]
    given = setting.set_all(draw, context)
    computed = [{"compute": {"context": context}}, *setting.outputs(context)]
    return [made, *given, unread, *({**step, "clause": "failure.changes-nothing"} for step in computed)]


def _read(draw: st.DrawFn, setting: Setting, context: str) -> Step:
    port = draw(st.sampled_from(setting.model.outputs))
    if setting.tag.pointers:
        return {"output": {"context": context, "output": port.name, "size": 64, "buffer": "untouched"}}
    return {"get_named": {"context": context, "name": port.name}}


def _unknown_output(draw: st.DrawFn, setting: Setting) -> list[Step]:
    computed = setting.infer(draw)[: len(setting.model.inputs) + 1] if draw(st.booleans()) else []
    if setting.tag.names:
        port = draw(st.sampled_from(setting.model.outputs))
        names = some(draw, ["no such output", *_near_names(setting, port.name)])
        return [*computed, *({"get_named": {"context": "c", "name": name}, **INVALID} for name in names)]
    numbers: list[dict[str, int]] = [{"beyond": 0}, {"beyond": 1}, *[{"raw": number} for number in BEYOND]]
    read: Step = {"context": "c", "size": 64, "buffer": "untouched"}
    return [*computed, *({"output": {**read, "output": index}, **INVALID} for index in some(draw, numbers))]


def _small_buffer(draw: st.DrawFn, setting: Setting) -> list[Step]:
    computed = setting.infer(draw)[: len(setting.model.inputs) + 1]
    port = draw(st.sampled_from(setting.model.outputs))
    short = draw(st.sampled_from([{"plus": -1}, 0, 1, {"plus": -4}]))
    output = {"context": "c", "output": port.name, "size": short, "buffer": "untouched"}
    return [
        *computed,
        {"output": output, "fails": {"only": "too_large"}},
        {"output": {"context": "c", "output": port.name}},
    ]


def _return_pointer(draw: st.DrawFn, setting: Setting) -> list[Step]:
    """Make a call that fails and has a return pointer."""
    graph, output = {"raw": draw(st.sampled_from(_HUGE))}, {"raw": draw(st.sampled_from(BEYOND))}
    calls: list[Step] = [
        {"load": {"builders": [], "encoding": setting.encoding}},
        {"load": {"builders": [{"text": "no model"}], "encoding": foreign(setting.tag)[0]}},
        {"load_by_name": {"name": "no such graph"}},
        {"context": {"graph": graph}},
        {"output": {"context": "c", "output": output, "size": 64}},
    ]
    small = {"context": "c", "output": draw(st.sampled_from(setting.model.outputs)).name, "size": {"plus": -1}}
    call = draw(st.sampled_from([*calls, {"output": small}]))
    computed = setting.infer(draw)[: len(setting.model.inputs) + 1]
    return [*computed, {**call, "fails": {}, "slot": "untouched"}]


def _tensor_type(draw: st.DrawFn, port: Any, tag: Tag) -> list[dict[str, Any]]:
    numbers = some(draw, [len(tag.tensor_types), len(tag.tensor_types) + 1, 16, 128, 255])
    shape = [dim or 0 for dim in port.type.shape]
    return [{"type": {"raw": number}, "shape": shape, "data": f"{size_of(port)} bytes"} for number in numbers]


def _dead_handle(draw: st.DrawFn, setting: Setting) -> list[Step]:
    name = setting.name("t")
    tensor = {"tensor": {"tensor": setting.tensor(draw, setting.model.inputs[0]), "as": name}}
    uses: list[Step] = [
        {"drop": {"kind": "tensor", "handle": name}},
        {"data": {"tensor": name}},
        {"ty": {"tensor": name}},
    ]
    return [tensor, {"drop": {"kind": "tensor", "handle": name}}, {**draw(st.sampled_from(uses)), "traps": True}]


CALL_MISUSES = (
    Misuse(
        "graph-handle",
        "handle.unknown-graph",
        "a host that indexes a table with the number reads where it must not",
        _unknown_graph,
        ("numbers",),
        spares=True,
    ),
    Misuse(
        "context-handle",
        "handle.unknown-context",
        "a host that indexes a table with the number reads where it must not",
        _unknown_context,
        ("numbers",),
        spares=True,
    ),
    Misuse(
        "input-index",
        "input.unknown-index",
        "a host that indexes its inputs unchecked, or cuts the index, binds another one",
        _unknown_input,
        ("set_input",),
        spares=True,
    ),
    Misuse(
        "input-name",
        "input.unknown-name",
        "a host that looks up only the names that it needs takes no notice of another",
        _unknown_input_beside_all,
        ("inputs_at_compute",),
    ),
    Misuse(
        "missing-input",
        "compute.missing-input",
        "a host that keeps no account of its inputs computes on what memory holds",
        _missing_input,
        ("set_input",),
        spares=True,
    ),
    Misuse(
        "left-out-input",
        "compute.only-its-inputs",
        "a host that keeps tensors of an earlier call computes on them",
        _missing_input_at_once,
        ("inputs_at_compute",),
    ),
    Misuse(
        "input-twice",
        "compute.duplicate-input",
        "a host that takes the first of two, or mixes them, gives neither answer",
        _input_twice,
        ("inputs_at_compute",),
    ),
    Misuse(
        "output-before-compute",
        "output.before-compute",
        "a host that hands out the engine's buffer gives what memory held",
        _output_before_compute,
        ("get_output",),
        spares=True,
    ),
    Misuse(
        "output-index",
        "output.unknown-index",
        "a host that indexes its outputs unchecked, or cuts the index, gives another one",
        _unknown_output,
        ("numbers",),
    ),
    Misuse(
        "output-name",
        "output.unknown-name",
        "a host that falls back on the first output gives one that was not asked for",
        _unknown_output,
        ("names", "get_output"),
    ),
    Misuse(
        "small-buffer",
        "output.too-small-buffer",
        "a host that writes what fits, or all, harms the guest's memory",
        _small_buffer,
        ("pointers",),
    ),
    Misuse(
        "return-pointer",
        "failure.return-pointer-untouched",
        "a host that writes its result before it knows that there is one gives a handle or a size that is none",
        _return_pointer,
        ("pointers",),
    ),
    Misuse(
        "tensor-type",
        "input.tensor-type-range",
        "a host that indexes a table with the number, or has a default, takes it for some type",
        bad_tensors(_tensor_type),
        ("numbers",),
    ),
    Misuse(
        "dead-handle",
        "resource.dropped",
        "a host that keeps dropped resources, or frees them twice, is not safe",
        _dead_handle,
        ("resources",),
        is_end=True,
    ),
)
