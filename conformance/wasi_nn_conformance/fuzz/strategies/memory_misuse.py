"""Misuse of witx pointers and lengths: records and bytes outside memory or misaligned; the host may change nothing."""

from typing import Any

from hypothesis import strategies as st

from .misuse import FAILS, MAY_FAIL, Misuse, Setting, Step, size_of

# Places that are not all of memory for a record of some bytes: behind the end, across it, and wrapping around.
_OUTSIDE: tuple[Any, ...] = ({"end": 0}, {"end": -1}, {"end": -3}, {"end": 4096}, 0xFFFFFFFF, 0xFFFFFFFC, 0x80000000)
_ODD = (9, 10, 11, 13)


def _tensor_outside(draw: st.DrawFn, _setting: Setting) -> list[Step]:
    pointer = draw(st.sampled_from([*_OUTSIDE, {"end": -16}, {"end": -19}]))
    return [{"raw": {"function": "set_input", "arguments": ["c", 0, pointer]}, **FAILS}]


def _record(setting: Setting, dims: Any, count: int, data: Any, length: int) -> list[Step]:
    """Place a tensor record for the first input, and call set_input with it."""
    port, name = setting.model.inputs[0], setting.name("r")
    words = [dims, count, setting.tag.tensor_types.index(port.type.element), data, length]
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
    encoding = setting.tag.encodings.index(setting.encoding)
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
        record, call = _record(setting, {"buffer": odd}, rank, {"buffer": data}, size)
        return [*placed, {"place": {"words": dims_at, "at": address, "as": odd}}, record, {**call, **MAY_FAIL}]
    name = setting.name("r")
    words = [{"buffer": dims}, rank, setting.tag.tensor_types.index(port.type.element), {"buffer": data}, size]
    call = {"raw": {"function": "set_input", "arguments": ["c", 0, {"buffer": name}]}, **MAY_FAIL}
    return [*placed, {"place": {"words": words, "at": address, "as": name}}, call]


def _good_place(draw: st.DrawFn, setting: Setting) -> list[Step]:
    """Let dimensions, data or the record of a good tensor, or an output buffer, stand where any may stand.

    That is at the end of memory, also where it has grown, and for bytes at an odd address; what follows a record's
    type is padding.
    """
    port, rank = setting.model.inputs[0], len(setting.model.inputs[0].type.shape)
    dims, data, record = setting.name("dims"), setting.name("data"), setting.name("r")
    sizes = {"data": size_of(port), "dims": 4 * rank, "record": 20, "output": size_of(setting.model.outputs[0])}
    what = draw(st.sampled_from(sorted(sizes)))
    place, clause = {"end": -sizes[what]}, "memory.last-byte"
    if what in ("data", "output") and draw(st.booleans()):
        place, clause = {"end": -sizes[what] - draw(st.sampled_from((1, 3, 5, 7)))}, "memory.bytes-need-no-alignment"
    # The end of an earlier misuse may hold something that the host must not change.
    grown: list[Step] = [{"grow": {"pages": 1}}] if draw(st.booleans()) or setting.number > 1 else []
    clause = "memory.growth" if grown else clause
    if what == "output":
        arguments = ["c", 0, {"buffer": record}, sizes[what], {"slot": "r"}]
        read = {"function": "get_output", "arguments": arguments, "changes": [record], "slots": {"r": "written"}}
        buffer: Step = {"place": {"bytes": {"zeros": sizes[what]}, "at": place, "as": record}}
        computed = setting.infer(draw)[: len(setting.model.inputs) + 1]
        return [*computed, *grown, buffer, {"raw": read, "clause": clause}]
    padding = draw(st.sampled_from((0, 0xABCDEF00)))
    words = [
        {"buffer": dims},
        rank,
        setting.tag.tensor_types.index(port.type.element) | padding,
        {"buffer": data},
        sizes["data"],
    ]
    places: dict[str, dict[str, Any]] = {
        "dims": {"words": [dim or 0 for dim in port.type.shape], "as": dims},
        "data": {"bytes": {"tensor": setting.tensor(draw, port)}, "as": data},
        "record": {"words": words, "as": record},
    }
    places[what]["at"] = place
    clause = "memory.padding-is-ignored" if padding else clause
    call = {"raw": {"function": "set_input", "arguments": ["c", 0, {"buffer": record}]}, "clause": clause}
    return [*grown, *({"place": each} for each in places.values()), call]


def _null(draw: st.DrawFn, setting: Setting) -> list[Step]:
    """Let the data of a good tensor stand at address 0."""
    placed, dims, data = _places(draw, setting)
    placed[1]["place"]["at"] = 0
    rank, size, name = len(setting.model.inputs[0].type.shape), size_of(setting.model.inputs[0]), setting.name("r")
    words = [
        {"buffer": dims},
        rank,
        setting.tag.tensor_types.index(setting.model.inputs[0].type.element),
        {"buffer": data},
        size,
    ]
    call = {"raw": {"function": "set_input", "arguments": ["c", 0, {"buffer": name}]}, "clause": "memory.address-zero"}
    return [*placed, {"place": {"words": words, "as": name}}, call]


_WHY = "a host that trusts a pointer or a length, or adds them in 32 bits, reads or writes outside the guest's memory"
_OUT = "memory.out-of-bounds"

MEMORY_MISUSES = tuple(
    Misuse(name, clause, why, steps, ("pointers",))
    for name, clause, why, steps in (
        (
            "good-place",
            "memory.last-byte",
            "a host that checks with < instead of <=, or wants bytes aligned, or keeps the size, refuses what is good",
            _good_place,
        ),
        ("null", "memory.address-zero", "a host that takes address 0 for no address refuses what stands there", _null),
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
