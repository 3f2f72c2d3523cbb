"""Misuses to be put into a conversation: calls that must fail, or may, and the clause that says so."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias, TypeVar

from hypothesis import strategies as st

from wasi_nn_conformance.abi.registry import AUTODETECT, TAGS
from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.models import ENCODINGS, ElementType, Model, Port

from .values import small_numbers

Step: TypeAlias = dict[str, Any]
REGISTERED = {"drawn-sub": "sub-f32", "drawn two": "two-outputs"}
"""Graphs that generated conversations have registered where the host can; one process serves all of them."""


@dataclass(frozen=True)
class Setting:
    """What stands when a misuse comes: the ABI, a graph `g` of `model` and its context `c`.

    `number` is one that no other misuse of the conversation has, for names of its own.
    """

    abi: str
    encoding: str
    model: Model
    number: int

    @property
    def tag(self) -> Tag:
        """What can be said in the ABI."""
        return TAGS[self.abi]

    def name(self, word: str) -> str:
        """Return a name that nothing else has."""
        return f"{word}{self.number}"

    def tensors(self, draw: st.DrawFn) -> dict[str, dict[str, Any]]:
        """Draw a good tensor for each input."""
        return {port.name: self.tensor(draw, port) for port in self.model.inputs}

    def tensor(self, draw: st.DrawFn, port: Port) -> dict[str, Any]:
        """Draw a good tensor for one input."""
        return small_numbers(draw, port.type.element, [dim or 2 for dim in port.type.shape])

    def set_all(self, draw: st.DrawFn, context: str = "c") -> list[Step]:
        """Set every input, in a drawn order."""
        tensors = self.tensors(draw)
        order = draw(st.permutations(list(tensors)))
        return [{"set_input": {"context": context, "input": name, "tensor": tensors[name]}} for name in order]

    def infer(self, draw: st.DrawFn, context: str = "c") -> list[Step]:
        """Set every input, compute, and hold every output against numpy."""
        outputs = [{"output": {"context": context, "output": port.name}} for port in self.model.outputs]
        return [*self.set_all(draw, context), {"compute": {"context": context}}, *outputs]


Generated = TypeVar("Generated")
Steps: TypeAlias = Callable[[st.DrawFn, Setting], list[Step]]


@dataclass(frozen=True)
class Misuse:
    """A kind of misuse: the clause that it tries, why a host may get it wrong, what an ABI needs to say it.

    `steps` gives its steps, each with what the clause accepts. They may leave the inputs of `c` in any state, but
    nothing else. With `is_end` the guest traps, and nothing can follow.
    """

    name: str
    clause: str
    why: str
    steps: Steps
    needs: Sequence[str] = ()
    is_end: bool = False


def tried(clause: str, steps: list[Step]) -> list[Step]:
    """Let steps with an expectation of their own speak of `clause`, also those that follow success."""
    return [
        {**step, "clause": clause, **({"then": tried(clause, step["then"])} if "then" in step else {})}
        if step.keys() & {"fails", "accept", "traps", "fails_by", "may_fail"}
        else step
        for step in steps
    ]


INVALID: Step = {"fails": {"prefer": "invalid_argument"}}
FAILS: Step = {"accept": ["error", "trap"], "prefer": "invalid_argument"}
MAY_FAIL: Step = {"accept": ["ok", "error", "trap"], "prefer": "invalid_argument"}


def given(draw: st.DrawFn, setting: Setting, bad: Sequence[dict[str, Any]], name: str) -> list[Step]:
    """Return the steps that give `bad` tensors to the input `name` while all others are good.

    Each must be noticed in compute at the latest. Whether an earlier one was taken or not, and what compute has made of
    it, a bad one is no success.
    """
    if setting.tag.inputs_at_compute:
        return [step for number, each in enumerate(bad) for step in _given_at_once(draw, setting, each, name, number)]
    compute = {"compute": {"context": "c"}, **FAILS}
    given_one = [{"set_input": {"context": "c", "input": name, "tensor": each}} for each in bad]
    return [*setting.set_all(draw), *({**step, **MAY_FAIL, "then": [compute]} for step in given_one)]


def _given_at_once(draw: st.DrawFn, setting: Setting, bad: dict[str, Any], name: str, number: int) -> list[Step]:
    tensors = setting.tensors(draw)
    handles = {key: f"{setting.name('t')}x{number}y{index}" for index, key in enumerate(tensors)}
    good = [{"tensor": {"tensor": tensors[key], "as": handles[key]}} for key in tensors if key != name]
    compute = {"compute_named": {"context": "c", "inputs": [[key, handles[key]] for key in tensors]}, **FAILS}
    made = {"tensor": {"tensor": bad, "as": handles[name]}, "accept": ["ok", "trap"], "prefer": "ok", "then": [compute]}
    return [*good, made]


def bad_tensor(alter: Callable[[st.DrawFn, Port, Tag], dict[str, Any]]) -> Steps:
    """Return what draws the steps in which one to three tensors of an input are wrong."""

    def steps(draw: st.DrawFn, setting: Setting) -> list[Step]:
        port = draw(st.sampled_from(setting.model.inputs))
        bad = [alter(draw, port, setting.tag) for _ in range(draw(st.integers(1, 3)))]
        return given(draw, setting, bad, port.name)

    return steps


def some(draw: st.DrawFn, things: Sequence[Generated], most: int = 4) -> list[Generated]:
    """Draw one to `most` different ones of `things`: a call that fails leaves nothing, so several follow each other."""
    return draw(st.lists(st.sampled_from(things), min_size=1, max_size=most, unique_by=repr))


def near(name: str, taken: Collection[str]) -> tuple[str, ...]:
    """Return names that a careless host takes for `name`, without those that are `taken`."""
    cut = (f"{name}\x00", f"{name}\x00x", f"{name} ", f" {name}", name[:-1], f"{name}x", "")
    return tuple(other for other in (*cut, name.upper(), name.capitalize(), "0", "1") if other not in taken)


def foreign(tag: Tag) -> list[str]:
    """Return the encodings that an ABI has and the suite has no models in: no host that is asked declares them."""
    return [name for name in tag.encodings if name not in ENCODINGS and name != AUTODETECT]


def size_of(port: Port) -> int:
    """Return the bytes of a tensor of a port whose dimensions are fixed."""
    return prod(dim or 0 for dim in port.type.shape) * port.type.element.size


def _wrong_shape(draw: st.DrawFn, port: Port, _tag: Tag) -> dict[str, Any]:
    dims = [dim or 0 for dim in port.type.shape]
    count = prod(dims)
    shapes = [
        [count],
        [*dims, 1],
        [1, *dims],
        dims[::-1],
        [count, 1],
        [2, *dims],
        [*dims[:-1], dims[-1] + 1],
        [0, *dims[1:]],
    ]
    shape = draw(st.sampled_from([shape for shape in shapes if shape != dims]))
    return {"type": port.type.element.value, "shape": shape, "data": "zeros"}


def _wrong_type(draw: st.DrawFn, port: Port, tag: Tag) -> dict[str, Any]:
    own = port.type.element
    others = [e for e in ElementType if e is not own and e is not ElementType.BF16 and e in tag.tensor_types]
    alike = [e for e in others if e.size == own.size]
    wanted = draw(st.booleans())
    other = draw(st.sampled_from(alike if alike and wanted else others))
    dims = [dim or 0 for dim in port.type.shape]
    size, flat = size_of(port), draw(st.booleans())
    shape = [1, size // other.size] if flat and size % other.size == 0 else dims
    return {"type": other.value, "shape": shape, "data": "zeros"}


def _wrong_length(draw: st.DrawFn, port: Port, _tag: Tag) -> dict[str, Any]:
    size, element = size_of(port), port.type.element.size
    lengths = [0, size - 1, size + 1, size - element, size + element, size * 2, size // element, 1]
    length = draw(st.sampled_from([length for length in lengths if length != size]))
    return {"type": port.type.element.value, "shape": [dim or 0 for dim in port.type.shape], "data": f"{length} bytes"}


def _overflow(draw: st.DrawFn, port: Port, _tag: Tag) -> dict[str, Any]:
    large = [
        [1 << 16, 1 << 16],
        [(1 << 32) - 1],
        [1 << 30, 4],
        [1 << 31, 2],
        [(1 << 32) - 1, (1 << 32) - 1],
        [1 << 28, 16],
    ]
    dims = [dim or 0 for dim in port.type.shape]
    shape = draw(st.sampled_from([*large, [*dims[:-1], dims[-1] + (1 << 16)], [dims[0] + (1 << 31), *dims[1:]]]))
    length = draw(st.sampled_from([0, size_of(port), size_of(port)]))
    return {"type": port.type.element.value, "shape": shape, "data": f"{length} bytes"}


_LENGTH_WHY = "a host that copies as many bytes as the shape says, or as the data has, goes beyond one of them"

TENSOR_MISUSES = (
    Misuse(
        "wrong-shape",
        "input.shape-and-type",
        "a host that looks only at the number of bytes, or at nothing, computes with a tensor of another shape",
        bad_tensor(_wrong_shape),
    ),
    Misuse(
        "wrong-type",
        "input.shape-and-type",
        "a host that looks only at the shape, or only at the bytes, computes with numbers of another type",
        bad_tensor(_wrong_type),
    ),
    Misuse("data-length", "input.data-length", _LENGTH_WHY, bad_tensor(_wrong_length)),
    Misuse(
        "overflow",
        "input.dimension-overflow",
        "a host that multiplies dimensions in 32 bits finds a small number where the product is huge",
        bad_tensor(_overflow),
    ),
)
