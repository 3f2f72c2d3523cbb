"""What the reply to one step must hold, as data: compared with a live reply, and written into an export."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wasi_nn_conformance.models.element_type import ElementType

from .said import LineReply

Slot = Literal["untouched", "written"]


@dataclass(frozen=True)
class ExpectedTensor:
    """A tensor that a reply must hold.

    `shapes` are the accepted dimensions: an output of rank 0 may come as `[]` or `[1]`, as the text fixes neither.
    `data` has little-endian elements, row-major; with `exact_bits` no NaN stands for another.
    """

    type: ElementType
    shapes: tuple[tuple[int, ...], ...]
    data: bytes
    exact_bits: bool


@dataclass(frozen=True)
class ExpectedOutput:
    """One output in the answer to `compute`: the names that it may have, the model's first."""

    names: tuple[str, ...]
    tensor: ExpectedTensor | None = None


@dataclass(frozen=True)
class ExpectedOutputs:
    """The outputs in the answer to `compute`, each once, in any order.

    Where a name is not found and names are not to be the model's `own_names`, outputs are taken in this order.
    """

    outputs: tuple[ExpectedOutput, ...]
    own_names: bool

    def order(self, names: list[str]) -> list[int] | None:
        """Return for each output its index among `names`; None if there are not as many.

        Where the names are not those of the model, the model's order counts.
        """
        if len(names) != len(self.outputs):
            return None
        return list(range(len(names))) if (found := self._by_name(names)) is None else found

    def has_own_names(self, names: list[str]) -> bool:
        """Return whether these are the model's names, each once."""
        return self._by_name(names) is not None

    def _by_name(self, names: list[str]) -> list[int] | None:
        places = [[n for n, name in enumerate(names) if name in output.names] for output in self.outputs]
        return [place[0] for place in places] if all(len(place) == 1 for place in places) else None


@dataclass(frozen=True)
class ExpectedContent:
    """What a getter must give under `key`; `of_line` is the line of an export that gave it first, if so."""

    key: Literal["dims", "type", "data", "code"]
    value: object = None
    of_line: int | None = None


@dataclass(frozen=True)
class ExpectedHandle:
    """A handle of that `kind` that is none of those given `before`: numbers, or lines of an export that gave them.

    `clause` says that each is one of its own.
    """

    kind: Literal["graph", "context"]
    before: tuple[int | LineReply, ...]
    clause: str


@dataclass(frozen=True)
class ExpectedAnswer:
    """What a reply of one kind, a success or an error, must hold.

    guards: the bytes around slots and buffers are untouched. pointer, buffer, tail:
    the return slot, the output buffer, and its bytes behind the output. returns: what is written to the return slot, in
    a word. handle: what the handle in it must not be. size: the bytes of an output that are reported. changes: the
    placed buffers that may change (None: nobody looks). slots: the return slots of a raw call. memory: the bytes that
    are read back. tensor, outputs, content: what came back, `subject` its name. hides: no folder of the host stands in
    the text. undecided: why nobody knows whether this answer is right.
    """

    guards: bool = False
    pointer: Slot | None = None
    returns: str = ""
    handle: ExpectedHandle | None = None
    buffer_untouched: bool = False
    tail_untouched: bool = False
    size: int | None = None
    changes: frozenset[str] | None = None
    slots: Mapping[str, Slot] = field(default_factory=dict)
    memory: bytes | None = None
    subject: str = ""
    tensor: ExpectedTensor | None = None
    outputs: ExpectedOutputs | None = None
    content: ExpectedContent | None = None
    hides: bool = False
    undecided: str = ""


@dataclass(frozen=True)
class ExpectedReply:
    """What a success and an error must hold, whether or not the step accepts them; a trap holds nothing."""

    ok: ExpectedAnswer = ExpectedAnswer()
    error: ExpectedAnswer = ExpectedAnswer()
