"""Faults in witx pointers and lengths: records and bytes outside memory or misaligned; the host may change nothing."""

from typing import Any

from hypothesis import strategies as st

from wasi_nn_conformance.abi import WITX

from .fault import FAILS, Fault, Setting, Step, size_of

# Places that are not all of memory for a record of some bytes: behind the end, across it, and wrapping around.
_OUTSIDE: tuple[Any, ...] = ({"end": 0}, {"end": -1}, {"end": -3}, {"end": 4096}, 0xFFFFFFFF, 0xFFFFFFFC, 0x80000000)
_ODD = (9, 10, 11, 13)
_TYPES = {"f16": 0, "f32": 1, "f64": 2, "u8": 3, "i32": 4, "i64": 5}


def _tensor_outside(draw: st.DrawFn, _setting: Setting) -> list[Step]:
    pointer = draw(st.sampled_from([*_OUTSIDE, {"end": -16}, {"end": -19}]))
    return [{"raw": {"function": "set_input", "arguments": ["c", 0, pointer]}, **FAILS}]


def _record(setting: Setting, dims: Any, count: int, data: Any, length: int) -> list[Step]:
    """Place a tensor record for the first input, and call set_input with it."""
    port, name = setting.model.inputs[0], setting.name("r")
    words = [dims, count, _TYPES[port.type.element.value], data, length]
    call = {"raw": {"function": "set_input", "arguments": ["c", 0, {"buffer": name}]}, **FAILS}
    return [{"place": {"words": words, "as": name}}, call]


def _places(draw: st.DrawFn, setting: Setting) -> tuple[list[Step], str, str]:
    """Place good dimensions and data of the first input."""
    port = setting.model.inputs[0]
    dims, data = setting.name("dims"), setting.name("data")
    return (
        [
            {"place": {"words": [dim or 0 for dim in port.type.shape], "as": dims}},
            {"place": {"bytes": {"tensor": setting.tensor(draw, port)}, "as": data}},
        ],
        dims,
        data,
    )


def _dimensions_outside(draw: st.DrawFn, setting: Setting) -> list[Step]:
    placed, dims, data = _places(draw, setting)
    rank, size = len(setting.model.inputs[0].type.shape), size_of(setting.model.inputs[0])
    counts = (0xFFFFFFFF, 0x40000000, 0x40000000 + rank, 0x3FFFFFFF)
    bad = draw(st.sampled_from([*((place, rank) for place in _OUTSIDE), *(({"buffer": dims}, n) for n in counts)]))
    return [*placed, *_record(setting, bad[0], bad[1], {"buffer": data}, size)]


def _data_outside(draw: st.DrawFn, setting: Setting) -> list[Step]:
    placed, dims, data = _places(draw, setting)
    rank, size = len(setting.model.inputs[0].type.shape), size_of(setting.model.inputs[0])
    straddling = [({"end": 1 - size}, size), ({"buffer": data}, 0xFFFFFFFF), ({"buffer": data}, 0x80000000)]
    bad = draw(st.sampled_from([*((place, size) for place in _OUTSIDE), *straddling]))
    return [*placed, *_record(setting, {"buffer": dims}, rank, bad[0], bad[1])]


def _builders_outside(draw: st.DrawFn, setting: Setting) -> list[Step]:
    name = setting.name("b")
    counts = [({"buffer": name}, n) for n in (0x20000000, 0xFFFFFFFF, 0x1FFFFFFF)]
    pointer, count = draw(st.sampled_from([*((place, 2) for place in (*_OUTSIDE, {"end": -8})), *counts]))
    load = {"raw": {"function": "load", "arguments": [pointer, count, 0, 0, {"slot": "r"}]}, **FAILS}
    return [{"place": {"words": [0, 0, 0, 0], "as": name}}, load]


def _builder_outside(draw: st.DrawFn, setting: Setting) -> list[Step]:
    name, model = setting.name("b"), setting.name("model")
    length = draw(st.sampled_from([17, 0x80000000, 0xFFFFFFFF]))
    pointer = draw(st.sampled_from([{"end": -16}, {"end": 0}, 0xFFFFFFF0]))
    words = [{"buffer": model}, {"length": model}, pointer, length]
    encoding = ("openvino", "onnx").index(setting.encoding)
    call = {"raw": {"function": "load", "arguments": [{"buffer": name}, 2, encoding, 0, {"slot": "r"}]}, **FAILS}
    return [
        {"place": {"bytes": {"model": setting.model.id, "part": 0}, "as": model}},
        {"place": {"words": words, "as": name}},
        call,
    ]


def _name_outside(draw: st.DrawFn, setting: Setting) -> list[Step]:
    del setting
    pointer, length = draw(st.sampled_from([*((place, 8) for place in _OUTSIDE), (0, 0xFFFFFFFF), ({"end": -4}, 5)]))
    return [{"raw": {"function": "load_by_name", "arguments": [pointer, length, {"slot": "r"}]}, **FAILS}]


def _buffer_outside(draw: st.DrawFn, setting: Setting) -> list[Step]:
    computed = setting.infer(draw)[: len(setting.model.inputs) + 1]
    size = size_of(setting.model.outputs[0])
    pointer = draw(st.sampled_from([*_OUTSIDE, {"end": 1 - size}]))
    return [
        *computed,
        {"raw": {"function": "get_output", "arguments": ["c", 0, pointer, size, {"slot": "r"}]}, **FAILS},
    ]


def _return_pointer_outside(draw: st.DrawFn, setting: Setting) -> list[Step]:
    pointer = draw(st.sampled_from(_OUTSIDE))
    name = setting.name("out")
    calls: list[list[Step]] = [
        [{"raw": {"function": "init_execution_context", "arguments": ["g", pointer]}, **FAILS}],
        [
            *setting.infer(draw)[: len(setting.model.inputs) + 1],
            {"place": {"bytes": {"zeros": 256}, "as": name}},
            {
                "raw": {
                    "function": "get_output",
                    "arguments": ["c", 0, {"buffer": name}, 256, pointer],
                    "changes": [name],
                },
                **FAILS,
            },
        ],
    ]
    return draw(st.sampled_from(calls))


def _misaligned(draw: st.DrawFn, setting: Setting) -> list[Step]:
    placed, dims, data = _places(draw, setting)
    rank, size = len(setting.model.inputs[0].type.shape), size_of(setting.model.inputs[0])
    port, address = setting.model.inputs[0], draw(st.sampled_from(_ODD))
    if draw(st.booleans()):
        odd, dims_at = setting.name("odd"), [dim or 0 for dim in port.type.shape]
        return [
            *placed,
            {"place": {"words": dims_at, "at": address, "as": odd}},
            *_record(setting, {"buffer": odd}, rank, {"buffer": data}, size),
        ]
    name = setting.name("r")
    words = [{"buffer": dims}, rank, _TYPES[port.type.element.value], {"buffer": data}, size]
    call = {"raw": {"function": "set_input", "arguments": ["c", 0, {"buffer": name}]}, **FAILS}
    return [*placed, {"place": {"words": words, "at": address, "as": name}}, call]


def _at_the_end(draw: st.DrawFn, setting: Setting) -> list[Step]:
    """Let dimensions, data or the record of a good tensor, or a good output buffer, end where memory does."""
    port, size = setting.model.inputs[0], size_of(setting.model.inputs[0])
    dims, data, record = setting.name("dims"), setting.name("data"), setting.name("r")
    rank, what = len(port.type.shape), draw(st.sampled_from(("data", "dims", "record", "output")))
    if what == "output":
        length = size_of(setting.model.outputs[0])
        arguments = ["c", 0, {"buffer": record}, length, {"slot": "r"}]
        read = {"function": "get_output", "arguments": arguments, "changes": [record], "slots": {"r": "written"}}
        return [
            *setting.infer(draw)[: len(setting.model.inputs) + 1],
            {"place": {"bytes": {"zeros": length}, "at": {"end": -length}, "as": record}},
            {"raw": read, "clause": "memory.last-byte"},
        ]
    words = [{"buffer": dims}, rank, _TYPES[port.type.element.value], {"buffer": data}, size]
    ends = {"data": -size, "dims": -4 * rank, "record": -20}
    places: dict[str, dict[str, Any]] = {
        "dims": {"words": [dim or 0 for dim in port.type.shape], "as": dims},
        "data": {"bytes": {"tensor": setting.tensor(draw, port)}, "as": data},
        "record": {"words": words, "as": record},
    }
    places[what]["at"] = {"end": ends[what]}
    call = {"raw": {"function": "set_input", "arguments": ["c", 0, {"buffer": record}]}, "clause": "memory.last-byte"}
    return [*({"place": place} for place in places.values()), call]


_WHY = "a host that trusts a pointer or a length, or adds them in 32 bits, reads or writes outside the guest's memory"
_OUT = "memory.out-of-bounds"

MEMORY_FAULTS = tuple(
    Fault(name, clause, why, steps, (WITX,))
    for name, clause, why, steps in (
        (
            "last-byte",
            "memory.last-byte",
            "a host that checks with < instead of <= refuses the end of memory",
            _at_the_end,
        ),
        ("tensor-outside", _OUT, _WHY, _tensor_outside),
        ("dimensions-outside", _OUT, _WHY, _dimensions_outside),
        ("data-outside", _OUT, _WHY, _data_outside),
        ("builders-outside", _OUT, _WHY, _builders_outside),
        ("builder-outside", _OUT, _WHY, _builder_outside),
        ("name-outside", _OUT, _WHY, _name_outside),
        ("buffer-outside", _OUT, _WHY, _buffer_outside),
        ("return-pointer-outside", _OUT, _WHY, _return_pointer_outside),
        (
            "misaligned",
            "memory.misaligned",
            "a host that casts the address to a record dies or reads another one",
            _misaligned,
        ),
    )
)
