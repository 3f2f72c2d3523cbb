"""Misuses to be put into a conversation: calls that must fail, or may, and the clause that says so."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias, TypeVar

from hypothesis import strategies as st

from wasi_nn_conformance.abi.registry import AUTODETECT, TAGS
from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.models import ENCODINGS, Model, Port

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
        return [*self.set_all(draw, context), {"compute": {"context": context}}, *self.outputs(context)]

    def outputs(self, context: str = "c") -> list[Step]:
        """Read every output, and hold it against numpy."""
        return [{"output": {"context": context, "output": port.name}} for port in self.model.outputs]


Generated = TypeVar("Generated")
Steps: TypeAlias = Callable[[st.DrawFn, Setting], list[Step]]


@dataclass(frozen=True)
class Misuse:
    """A kind of misuse: the clause that it tries, why a host may get it wrong, what an ABI needs to say it.

    `steps` gives its steps, each with what the clause accepts. They may leave the inputs of `c` in any state, but
    nothing else; one that `spares` it does not touch it, or is owed an error that changes nothing of it. With `is_end`
    the guest traps, and nothing can follow.
    """

    name: str
    clause: str
    why: str
    steps: Steps
    needs: Sequence[str] = ()
    spares: bool = False
    is_end: bool = False


def tried(clause: str, steps: list[Step]) -> list[Step]:
    """Let steps with an expectation and no clause of their own speak of `clause`, also those that follow success."""
    return [
        {"clause": clause, **step, **({"then": tried(clause, step["then"])} if "then" in step else {})}
        if step.keys() & {"fails", "accept", "traps", "fails_by", "may_fail"}
        else step
        for step in steps
    ]


INVALID: Step = {"fails": {"prefer": "invalid_argument"}}
FAILS: Step = {"accept": ["error", "trap"], "prefer": "invalid_argument"}
MAY_FAIL: Step = {"accept": ["ok", "error", "trap"], "prefer": "invalid_argument"}
STANDS: Step = {"accept": ["ok", "error"], "prefer": "ok", "clause": "failure.changes-nothing"}
"""What is expected of a compute after a tensor was refused: a host that found that out in compute may have let go."""


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
