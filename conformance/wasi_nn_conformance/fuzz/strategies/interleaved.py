"""Interleaved: written vectors, several of them in one conversation, one after the other or step by step in turns.

None of them knows of the others: each has graphs, contexts, tensors and errors of its own, so that a host owes it there
what it owes it alone.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, TypeAlias

import hypothesis
from hypothesis import strategies as st

from wasi_nn_conformance.fuzz.target import CarryOut, Fields, FuzzTarget
from wasi_nn_conformance.models import ENCODINGS
from wasi_nn_conformance.vectors.names import NESTED
from wasi_nn_conformance.vectors.step import Step as CallStep
from wasi_nn_conformance.vectors.step import nodes_of, steps_of
from wasi_nn_conformance.vectors.vector import Vector

from .misuse import Step

Rename: TypeAlias = Callable[[str], str]

_EACH = 20  # vectors in one conversation, and half as many that others have had
_STEPS = 240  # of all but a long one
_LONG = 40  # steps, with those inside of others, of a vector that would be most of the conversation
_TOO_LONG, _TOO_LARGE = 320, 20_000  # steps, and elements of a tensor: of more a search would draw little else
_MAKING = {"graphs": ("load", "load_by_name"), "contexts": ("context",)}
_OF_THE_PROCESS = frozenset({"grow", "reuse", "end", "rounds"})
"""Steps whose effect is not on what their vector has made alone."""
_OF_MEMORY = frozenset({"raw", "place", "overwrite", "read"})
"""Steps about bytes at places of the guest's memory that other vectors have for theirs: those between them would lie
there, too."""
_NAMES = frozenset({"as", "graph", "context", "error", "tensor", "handle", "of", "behind", "number"})
_NAMES_IN_MEMORY = frozenset({"buffer", "length"})
_LISTS_OF_NAMES = frozenset({"arguments", "words", "changes"})


@dataclass(frozen=True)
class Part:
    """A written vector that others can stand beside; `fields` are those of its full form.

    `length` is the number of its steps. `is_whole` tells that no other step comes between its own, `has_places` that it
    chooses where in memory its bytes lie, and `names_graphs` that it asks for graphs by name: which there are matters
    to it.
    """

    vector: Vector
    fields: Mapping[str, Any]
    length: int
    is_whole: bool
    has_places: bool
    names_graphs: bool

    def made(self, what: str) -> int:
        """Return how many graphs or contexts it makes at most."""
        return sum(step.action in _MAKING[what] for step in steps_of(self.vector.steps))

    @property
    def bears_any_graphs(self) -> bool:
        """Return whether it can be said to a host whatever graphs have names there."""
        return not (self.vector.graphs or self.names_graphs)

    def units(self, number: int) -> list[list[Step]]:
        """Return its steps under names that no other number has: each alone, or all in one list if it is whole."""
        own = self.vector.own_models

        def rename(name: str) -> str:
            return f"v{number}_{name}"

        steps = [_renamed(step, rename, {name: _model(name, number) for name in own}) for step in self.fields["steps"]]
        steps = [_speaking_of(self.vector.clause, step) for step in steps]
        return [steps] if self.is_whole else [[step] for step in steps]

    def models(self, number: int) -> dict[str, Any]:
        """Return the models that it brings along, under such names."""
        brought = self.fields.get("models", {})
        return {_model(name, number): {"title": name, **model} for name, model in brought.items()}


def _calls_by_name(step: CallStep) -> bool:
    return "load_by_name" in (step.action, step.arguments.get("function"))


def _model(name: str, number: int) -> str:
    return f"v{number}-{name}"


def parts(target: FuzzTarget) -> Iterator[Part]:
    """Return the vectors of the suite that can be said with others, as far as the host has what they need."""
    library = target.library.of_suite
    for path in library.files():
        for vector in library.vectors(path):
            if target.abi in vector.abis and _can_be_said(vector, target) and _bears_others(vector):
                fields = library.in_full[vector.id]
                if not any(size > _TOO_LARGE for size in _sizes(fields)):
                    yield _part(vector, fields)


def _part(vector: Vector, fields: Mapping[str, Any]) -> Part:
    steps = list(steps_of(vector.steps))
    of_memory = [step for step in steps if step.action in _OF_MEMORY]
    has_places = any("at" in step.arguments for step in of_memory)
    length = len(list(nodes_of(vector.steps)))
    return Part(vector, fields, length, bool(of_memory), has_places, any(map(_calls_by_name, steps)))


def _can_be_said(vector: Vector, target: FuzzTarget) -> bool:
    if target.encoding not in (vector.encodings or ENCODINGS) or not target.broken.isdisjoint(vector.clauses):
        return False
    if vector.graphs and not target.registers:
        return False
    known = [vector.own_models.get(name) or target.models[name] for name in sorted(vector.models)]
    if any(len(model.inputs) > target.inputs for model in known):
        return False
    types = {of.element.value for model in known for of in model.types().values()}
    says = ENCODINGS[target.encoding].can_say
    return types <= target.types and target.lacks.isdisjoint(vector.models) and all(map(says, known))


def _bears_others(vector: Vector) -> bool:
    steps = list(steps_of(vector.steps))
    if len(steps) > _TOO_LONG or vector.fresh:
        return False
    return not any(step.action in _OF_THE_PROCESS or step.expectation.traps for step in steps)


def _sizes(value: Any) -> Iterator[int]:
    """Return the number of elements of each tensor at any depth whose data are told in a word."""
    if isinstance(value, Mapping):
        shape, data = value.get("shape"), value.get("data")
        if isinstance(shape, list) and isinstance(data, str) and data.isidentifier():
            yield prod(shape)
        for item in value.values():
            yield from _sizes(item)
    elif isinstance(value, list):
        for item in value:
            yield from _sizes(item)


def search(target: FuzzTarget, carry_out: CarryOut, settings: hypothesis.settings, seed: int) -> None:
    """Deal the vectors out into conversations, again and again.

    Hypothesis draws what it has drawn before rather than what is new: left to it, a third of the vectors is never
    drawn. So it draws the number of a conversation alone, each once.
    """
    known = list(parts(target)) or list(parts(replace(target, broken=frozenset())))
    laps = _Laps(known, seed)

    @hypothesis.seed(seed)
    @settings
    @hypothesis.given(st.integers(0, settings.max_examples - 1))
    def conversation(number: int) -> None:
        carry_out(_conversation(target, laps.hand(number), random.Random(f"{seed} {number}")))  # noqa: S311 - see `_Laps`

    conversation()


@dataclass
class _Laps:
    """All vectors, dealt out anew in each lap: the same for the same seed."""

    known: Sequence[Part]
    seed: int
    _dealt: dict[int, list[list[Part]]] = field(default_factory=dict)

    def hand(self, number: int) -> list[Part]:
        """Return the vectors of one conversation."""
        lap, place = divmod(number, len(self._hands(0)))
        return self._hands(lap)[place]

    def _hands(self, lap: int) -> list[list[Part]]:
        if lap not in self._dealt:
            self._dealt[lap] = _dealt(self.known, random.Random(f"{self.seed} {lap}"))  # noqa: S311 - to be repeated
        return self._dealt[lap]


def _dealt(known: Sequence[Part], chance: random.Random) -> list[list[Part]]:
    """Deal vectors out: those that need the same graphs together, with others beside them where they are few."""
    by_graphs: dict[str, list[Part]] = {}
    for part in known:
        by_graphs.setdefault(repr(part.vector.graphs), []).append(part)
    beside = [part for part in known if part.bears_any_graphs]
    hands: list[list[Part]] = []
    for alike in by_graphs.values():
        chance.shuffle(alike)
        alike.sort(key=lambda part: (part.length <= _LONG, not part.has_places))  # of these one goes to each
        count = -(-len(alike) // _EACH)
        dealt = [alike[first::count] for first in range(count)]
        hands += [[*hand, *chance.sample(beside, min(len(beside), _EACH // 2))] for hand in dealt]
    chance.shuffle(hands)
    return hands


def _conversation(target: FuzzTarget, hand: Sequence[Part], chance: random.Random) -> Fields:
    together = list(_within(target, hand))
    units = [part.units(number) for number, part in enumerate(together)]
    turns = [number for number, its_steps in enumerate(units) for _ in its_steps]
    in_turns = chance.random() < 0.5
    if in_turns:
        chance.shuffle(turns)
    left = [iter(each) for each in units]
    models = {name: model for number, part in enumerate(together) for name, model in part.models(number).items()}
    graphs = hand[0].vector.graphs
    return {
        "id": f"fuzz/interleaved/{'in-turns' if in_turns else 'one-by-one'}",
        "clause": "context.independence",
        "why": "a host that takes one conversation's things for another's, or has no room for all, answers one wrong",
        "abi": [target.abi],
        "encoding": [target.encoding],
        **({"graphs": dict(graphs)} if graphs else {}),
        **({"models": models} if models else {}),
        "steps": [step for number in turns for step in next(left[number])],
    }


def _within(target: FuzzTarget, chosen: Iterable[Part]) -> Iterator[Part]:
    """Return those of the chosen vectors that one process bears together, one that is long or has places at most."""
    room = {"graphs": target.graphs, "contexts": target.contexts, "memory": 1, "long": 1, "steps": _STEPS}
    for part in chosen:
        is_long = part.length > _LONG
        takes = {what: part.made(what) for what in _MAKING} | {"memory": part.has_places, "long": is_long}
        takes["steps"] = 0 if is_long else part.length
        if all(taken <= room[what] for what, taken in takes.items()):
            room = {what: most - takes[what] for what, most in room.items()}
            yield part


def _renamed(value: Any, rename: Rename, models: Mapping[str, str]) -> Any:
    """Return a step, or a part of one, with other names for what it makes and for its own models."""
    if isinstance(value, list):
        return [_renamed(item, rename, models) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"slot"}:  # an operand; of a step it tells that the slot is untouched
        return {"slot": rename(value["slot"])}
    return {key: _renamed_at(key, item, rename, models) for key, item in value.items()}


def _renamed_at(key: str, value: Any, rename: Rename, models: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        if key == "model":
            return models.get(value, value)
        return rename(value) if key in _NAMES | _NAMES_IN_MEMORY else value
    if key == "path":  # the names in it are those of registered graphs
        return {name: models.get(item, item) if name == "model" else item for name, item in value.items()}
    if key in _LISTS_OF_NAMES:
        return [rename(item) if isinstance(item, str) else _renamed(item, rename, models) for item in value]
    if key == "slots":
        return {rename(name): state for name, state in value.items()}
    if key == "inputs" and isinstance(value, list):
        return [
            [name, rename(item) if isinstance(item, str) else _renamed(item, rename, models)] for name, item in value
        ]
    return _renamed(value, rename, models)


def _speaking_of(clause: str, step: Step) -> Step:
    """Return a step that says of which clause it speaks, as do those inside of it."""
    nested = {key: [_speaking_of(clause, inner) for inner in step[key]] for key in NESTED if key in step}
    return {"clause": clause, **step, **nested}
