"""What one case leans on: its models, its calls, and what is special in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod

from wasi_nn_conformance.models import ElementType, Model
from wasi_nn_conformance.models.expression import Constant, Input
from wasi_nn_conformance.models.model import Port
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.own_clause import call_of, function_of
from wasi_nn_conformance.vectors.step import Step, proper_steps, steps_of
from wasi_nn_conformance.vectors.tensor import tensor_literal


@dataclass(frozen=True)
class Leaning:
    """What one case leans on: its models, and how often it loads, makes contexts and computes."""

    case: Case
    models: tuple[Model, ...]

    @classmethod
    def of(cls, case: Case, models: Mapping[str, Model]) -> "Leaning":
        """Return what a case leans on; `models` are those of `models.yaml`."""
        known = {**models, **case.vector.own_models}
        return cls(case, tuple(known[name] for name in sorted(case.vector.models)))

    @cached_property
    def ports(self) -> list[Port]:
        """The inputs and outputs of all the models."""
        return [port for model in self.models for port in (*model.inputs, *model.outputs)]

    @cached_property
    def types(self) -> set[ElementType]:
        """The element types of these."""
        return {port.type.element for port in self.ports}

    @cached_property
    def operations(self) -> set[str]:
        """The names of the operations in the models."""
        return {type(part).__name__ for model in self.models for part in model.types()}

    @property
    def inputs(self) -> int:
        """How many inputs the model with the most has, also where it is written into the vector and not in `models`."""
        return max((*(len(model.inputs) for model in self.models), self._inputs_of_one_compute()), default=0)

    @property
    def outputs(self) -> int:
        """How many outputs the model with the most has."""
        return max((len(model.outputs) for model in self.models), default=0)

    @property
    def graphs(self) -> int:
        """How many graphs there are, registered or loaded."""
        return self.number("load") + max(self.number("load_by_name"), len(self.case.vector.graphs))

    @property
    def has_weights(self) -> bool:
        """Return whether a model has constants."""
        return self.weights > 0

    @property
    def weights(self) -> int:
        """Return the bytes of the largest of these, 0 without any."""
        constants = (part for model in self.models for part in model.types() if isinstance(part, Constant))
        return max((len(part.data) for part in constants), default=0)

    @property
    def passes_on(self) -> bool:
        """Return whether an output of a model is one of its inputs, with no operation in between."""
        return any(isinstance(expression, Input) for model in self.models for _, expression in model.expressions)

    @cached_property
    def shapes(self) -> set[tuple[int | None, ...]]:
        """The shapes of these; a dimension is None where the model leaves it open."""
        return {port.type.shape for port in self.ports}

    @property
    def tensor_bytes(self) -> int:
        """Return the size of the largest tensor, in bytes; of what a model leaves open, that of the largest given."""
        sizes = [elements(port.type.shape) * port.type.element.size for port in self.ports]
        given = (step.arguments.get("tensor") for step in steps_of(self.case.vector.steps))
        sizes += [len(tensor_literal(each).data) for each in given if isinstance(each, Mapping) and "data" in each]
        return max(sizes, default=0)

    @property
    def has_inputs_of_one(self) -> bool:
        """Return whether a model has an input of one element."""
        return any(elements(port.type.shape) == 1 for model in self.models for port in model.inputs)

    def has_inputs_alike(self) -> bool:
        """Return whether the inputs of each model have one type and shape."""
        return all(len({port.type for port in model.inputs}) <= 1 for model in self.models)

    def number(self, call: str) -> int:
        """Return how often a call is made."""
        return sum(_called(step) == call for step in steps_of(self.case.vector.steps))

    def _inputs_of_one_compute(self) -> int:
        """Return how many inputs of a context are given before a compute, at most."""
        most = 0
        given: dict[str, set[str]] = {}
        for step in proper_steps(self.case.vector.steps):
            call, said = call_of(step.action), step.arguments
            context = str(said.get("context"))
            if call == "set_input":
                given.setdefault(context, set()).add(_place(step))
            elif call == "compute":
                most = max(most, len(given.pop(context, ())), len(said.get("inputs", ())))
        return most

    @property
    def has_names_that_begin_alike(self) -> bool:
        """Return whether a name of an input or output is the beginning of another one of the same model."""
        return any(_begin_alike(ports) for model in self.models for ports in (model.inputs, model.outputs))

    @property
    def changes_shapes(self) -> bool:
        """Return whether an input of a context is given tensors of several shapes; those of a misuse count, too."""
        shapes: dict[tuple[str, str], set[tuple[int, ...]]] = {}
        for step in steps_of(self.case.vector.steps):
            if step.action == "set_input" and isinstance(step.arguments["input"], str):
                place = str(step.arguments["context"]), _place(step)
                shapes.setdefault(place, set()).add(tuple(step.arguments["tensor"]["shape"]))
        return any(len(given) > 1 for given in shapes.values())

    @property
    def has_tensors_of_same_data(self) -> bool:
        """Return whether the guest makes tensors of the same bytes and of several types or dimensions."""
        kinds: dict[bytes, set[tuple[str, tuple[int, ...]]]] = {}
        for step in steps_of(self.case.vector.steps):
            tensor = step.arguments.get("tensor")
            if isinstance(tensor, Mapping) and "data" in tensor:
                literal = tensor_literal(tensor)
                kinds.setdefault(literal.data, set()).add((str(tensor["type"]), tuple(tensor["shape"])))
        return any(len(made) > 1 for made in kinds.values())

    @property
    def chooses_buffers(self) -> bool:
        """Return whether an output may come into a buffer of another size than its own."""
        asked = (step for step in steps_of(self.case.vector.steps) if step.action == "output")
        return any("size" in step.arguments and "ok" in step.expectation.accept for step in asked)

    @property
    def uses_the_last_byte(self) -> bool:
        """Return whether something is placed so that it ends with the guest's memory."""
        placed = (step.arguments.get("at") for step in steps_of(self.case.vector.steps) if step.action == "place")
        return any(isinstance(at, dict) and "end" in at for at in placed)

    def is_behind(self, line: int | None, call: str) -> bool:
        """Return whether a line stands behind the first call of this name; one that is not known does."""
        first = next((step.line for step in steps_of(self.case.vector.steps) if _called(step) == call), None)
        return line is None or first is None or line > first

    def is_done_again(self, what: str) -> bool:
        """Return whether an input is set twice before a compute, or an output read twice after it."""
        seen: dict[str, set[str]] = {}
        for step in steps_of(self.case.vector.steps):
            if _called(step) == "compute":
                seen.pop(_context(step), None)
            elif _called(step) == what and (context := _context(step)):
                before = seen.setdefault(context, set())
                for place in step.arguments.get("order") or [_place(step)]:
                    if before and (place in before or _EACH in (place, *before)):
                        return True
                    before.add(place)
        return False


_EACH = "*"


def _place(step: Step) -> str:
    """Return the name or the index of the input that a step sets, or of the output that it reads, if not all.

    An index of a raw call may be that of any.
    """
    if step.action in ("outputs", "raw"):
        return _EACH
    return str(step.arguments.get("input", step.arguments.get("output", step.arguments.get("name"))))


def _context(step: Step) -> str:
    """Return the context of a step; nothing if it has none."""
    of_raw = step.arguments.get("arguments") or [""]
    return str(of_raw[0] if step.action == "raw" else step.arguments.get("context", ""))


def _called(step: Step) -> str:
    return call_of(function_of(step))


def _begin_alike(ports: Sequence[Port]) -> bool:
    names = sorted(port.name for port in ports)
    return any(longer.startswith(name) for name, longer in pairwise(names))


def elements(shape: tuple[int | None, ...]) -> int:
    """Return how many elements a tensor of this shape has, with 1 for what the model leaves open."""
    return prod(1 if length is None else length for length in shape)
