"""Misuse of tensors: shapes, types and lengths that an input does not have."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, TypeAlias

from hypothesis import strategies as st

from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.models import ElementType, Port

from .misuse import FAILS, INVALID, MAY_FAIL, STANDS, Misuse, Setting, Step, Steps, size_of, some

Tensor: TypeAlias = dict[str, Any]


def given(draw: st.DrawFn, setting: Setting, bad: Sequence[Tensor], name: str) -> list[Step]:
    """Return the steps that give `bad` tensors to the input `name` while all others are good.

    Each must be noticed in compute at the latest. Whether an earlier one was taken or not, and what compute has made of
    it, a bad one is no success.
    """
    if setting.tag.inputs_at_compute:
        return [step for number, each in enumerate(bad) for step in _given_at_once(draw, setting, each, name, number)]
    compute = {"compute": {"context": "c"}, **FAILS}
    given_one = [{"set_input": {"context": "c", "input": name, "tensor": each}} for each in bad]
    good = setting.set_all(draw)
    what = draw(st.sampled_from(("inputs", "nothing", "results")))
    if what == "nothing":
        return [*good, *({**step, **MAY_FAIL, "then": [compute]} for step in given_one)]
    if what == "results":  # a host may give them up as soon as it takes a tensor
        read = [{**step, **STANDS} for step in setting.outputs()]
        return [*setting.infer(draw), *({**step, **MAY_FAIL} for step in given_one), *read]
    # Where the bad one was refused the good one is still set; else it is set again.
    again = [compute, *(step for step in good if step["set_input"]["input"] == name)]
    stands = {**STANDS, "then": setting.outputs()}
    return [
        *good,
        *({**step, **MAY_FAIL, "then": again} for step in given_one),
        {"compute": {"context": "c"}, **stands},
    ]


def _given_at_once(draw: st.DrawFn, setting: Setting, bad: Tensor, name: str, number: int) -> list[Step]:
    tensors = setting.tensors(draw)
    handles = {key: f"{setting.name('t')}x{number}y{index}" for index, key in enumerate(tensors)}
    good = [{"tensor": {"tensor": tensors[key], "as": handles[key]}} for key in tensors if key != name]
    order = draw(st.permutations(list(tensors)))
    compute = {"compute_named": {"context": "c", "inputs": [[key, handles[key]] for key in order]}, **FAILS}
    made = {"tensor": {"tensor": bad, "as": handles[name]}, "accept": ["ok", "trap"], "prefer": "ok"}
    return [*good, {**made, "then": [compute, *_one_missing(draw, setting, number)]}]


def _one_missing(draw: st.DrawFn, setting: Setting, number: int) -> list[Step]:
    """Compute without one input, which the call before may have had: nothing of what was refused is kept."""
    tensors = setting.tensors(draw)
    missing = draw(st.sampled_from(sorted(tensors)))
    handles = {key: f"{setting.name('t')}z{number}y{index}" for index, key in enumerate(tensors) if key != missing}
    made: list[Step] = [{"tensor": {"tensor": tensors[key], "as": handle}} for key, handle in handles.items()]
    inputs = [[key, handle] for key, handle in handles.items()]
    compute = {"compute_named": {"context": "c", "inputs": inputs}, **INVALID, "clause": "compute.only-its-inputs"}
    return [*made, compute]


def bad_tensors(altered: Callable[[st.DrawFn, Port, Tag], list[Tensor]]) -> Steps:
    """Return what draws the steps in which some tensors of an input are wrong."""

    def steps(draw: st.DrawFn, setting: Setting) -> list[Step]:
        port = draw(st.sampled_from(setting.model.inputs))
        return given(draw, setting, altered(draw, port, setting.tag), port.name)

    return steps


def _wrong_shape(draw: st.DrawFn, port: Port, _tag: Tag) -> list[Tensor]:
    dims = [dim or 0 for dim in port.type.shape]
    count = prod(dims)
    rank = len(dims)
    of_its_size = [
        *(
            [count],
            [*dims, 1],
            [1, *dims],
            dims[::-1],
            [count, 1],
            [1, count],
            [*dims, 1, 1],
            [1] * 4 + dims,
            [1] * 256 + dims,
        ),
        *([*dims[1:], *dims[:1]], [*dims[-1:], *dims[:-1]]),  # turned by one
        *([*dims[:at], dims[at + 1], dims[at], *dims[at + 2 :]] for at in range(rank - 1)),
        *([*dims[:at], dims[at] * dims[at + 1], *dims[at + 2 :]] for at in range(rank - 1)),
        *([*dims[:at], *dims[at + 1 :]] for at in range(rank) if dims[at] == 1),
    ]
    others = [[2, *dims], [count + 1]]
    if dims:
        others += [[*dims[:-1], dims[-1] + 1], [*dims[:-1], dims[-1] - 1], [0, *dims[1:]], [dims[0] + 1, *dims[1:]]]
    wrong = [shape for shape in (others if draw(st.booleans()) else of_its_size) if shape != dims]
    return [{"type": port.type.element.value, "shape": shape, "data": "zeros"} for shape in some(draw, wrong, 8)]


def _wrong_type(draw: st.DrawFn, port: Port, tag: Tag) -> list[Tensor]:
    own = port.type.element
    others = [e for e in ElementType if e is not own and e is not ElementType.BF16 and e in tag.tensor_types]
    alike = [e for e in others if e.size == own.size]
    wanted, flat = draw(st.booleans()), draw(st.booleans())
    dims, size = [dim or 0 for dim in port.type.shape], size_of(port)
    return [
        {
            "type": other.value,
            "shape": [1, size // other.size] if flat and size % other.size == 0 else dims,
            "data": "zeros",
        }
        for other in some(draw, alike if alike and wanted else others)
    ]


def _wrong_length(draw: st.DrawFn, port: Port, _tag: Tag) -> list[Tensor]:
    size, element = size_of(port), port.type.element.size
    lengths = [
        0,
        size - 1,
        size + 1,
        size - element,
        size + element,
        size * 2,
        size // element,
        1,
        size + 256,
        size + 65536,
    ]
    shape = [dim or 0 for dim in port.type.shape]
    wrong = some(draw, [length for length in lengths if length != size])
    return [{"type": port.type.element.value, "shape": shape, "data": f"{length} bytes"} for length in wrong]


def _overflow(draw: st.DrawFn, port: Port, _tag: Tag) -> list[Tensor]:
    large = [
        [1 << 16, 1 << 16],
        [(1 << 32) - 1],
        [1 << 30, 4],
        [1 << 31, 2],
        [(1 << 32) - 1, (1 << 32) - 1],
        [1 << 28, 16],
    ]
    dims = [dim or 0 for dim in port.type.shape]
    near = [[*dims[:-1], dims[-1] + (1 << 16)], [dims[0] + (1 << 31), *dims[1:]]] if dims else []
    length = draw(st.sampled_from([0, size_of(port), size_of(port)]))
    shapes = some(draw, [*large, *near])
    return [{"type": port.type.element.value, "shape": shape, "data": f"{length} bytes"} for shape in shapes]


_LENGTH_WHY = "a host that copies as many bytes as the shape says, or as the data has, goes beyond one of them"

TENSOR_MISUSES = (
    Misuse(
        "wrong-shape",
        "input.shape-and-type",
        "a host that looks only at the number of bytes, or at nothing, computes with a tensor of another shape",
        bad_tensors(_wrong_shape),
    ),
    Misuse(
        "wrong-type",
        "input.shape-and-type",
        "a host that looks only at the shape, or only at the bytes, computes with numbers of another type",
        bad_tensors(_wrong_type),
    ),
    Misuse("data-length", "input.data-length", _LENGTH_WHY, bad_tensors(_wrong_length)),
    Misuse(
        "overflow",
        "input.dimension-overflow",
        "a host that multiplies dimensions in 32 bits finds a small number where the product is huge",
        bad_tensors(_overflow),
    ),
)
