"""The state that a conversation must have set up in the host: which model each graph and context has, and its inputs.

`ExpectedState.advance` is the only place where it moves.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from wasi_nn_conformance.models.encodings import ENCODINGS
from wasi_nn_conformance.models.model import Model
from wasi_nn_conformance.vectors.step import Step
from wasi_nn_conformance.vectors.tensor import TensorLiteral, byte_string, tensor_literal

from .context import Context
from .expected_reply import ExpectedOutputs
from .given_handle import GivenHandle, given_by
from .said import LineReply, Said
from .wire import Answer, Done
from .wit_calls import Computed, Failure, NamedTensor, UnreadFailure

_Thing = TypeVar("_Thing")

Paths: TypeAlias = Callable[[Mapping[str, Any]], str]
"""Returns the path on this machine that a vector speaks of. Raises `ValueError`."""


def no_paths(written: Mapping[str, Any]) -> str:
    """Return no path: there is no machine, because nothing is run."""
    raise ValueError(f"a path of the host's machine, {dict(written)}, is known to a run alone")


_FAR = 0x9E3779B1  # odd, so that all numbers come; far, so that no table grows from one to the next


class UnknownOrderError(ValueError):
    """What is kept under which name depends on a reply that nobody has heard."""


@dataclass(frozen=True)
class KeptError:
    """What an error said when it came: its code as witx spells it, and its text."""

    code: str
    text: str


@dataclass
class ExpectedState:
    """The names that a conversation has given, with their meaning.

    `builders(model, encoding)` gives a model's builders as bytes. `folders` are those of the host's machine that a
    guest has no business to know of, by what they are; `paths` gives the path of what a vector speaks of there.
    `at_once` tells that `compute` takes all inputs and gives all outputs. For components: `tensors` hold what these
    resources were made of, `errors` what they said when they came, `handles` the probe's own names for outputs. For
    witx: `given` are the handles that calls have returned, `taken` their numbers and those of all conversations before
    in the same process, and `numbers` those that have a name here.
    """

    encoding: str | None
    models: Mapping[str, Model]
    registered: Mapping[str, str]
    builders: Callable[[str, str], list[bytes]]
    folders: Mapping[str, str] = field(default_factory=dict)
    at_once: bool = False
    paths: Paths = no_paths
    graphs: dict[str, Model] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)
    tensors: dict[str, TensorLiteral] = field(default_factory=dict)
    errors: dict[str, KeptError | LineReply] = field(default_factory=dict)
    handles: dict[str, str] = field(default_factory=dict)
    given: tuple[GivenHandle, ...] = ()
    taken: set[int] = field(default_factory=set)
    numbers: dict[str, int | LineReply] = field(default_factory=dict)

    def builder(self, model: str, part: int, encoding: str | None) -> bytes:
        """Return one builder of a model. Raises `ValueError` for a part that it does not have."""
        encoding = encoding or self.encoding
        if encoding is None:
            raise ValueError(f"the model {model} needs an encoding here")
        parts = self.builders(model, encoding)
        if part >= len(parts):
            raise ValueError(f"{model} has {len(parts)} builders in {encoding}, no part {part}")
        return parts[part]

    def octets(self, written: Mapping[str, Any]) -> bytes:
        """Return the bytes that a vector writes so. Raises `ValueError`."""
        return byte_string(written, self.builder, self.paths)

    def graph_name(self, written: Any) -> str | bytes:
        """Return the name of a graph: a string, or bytes that need be none. Raises `ValueError`."""
        if isinstance(written, str):
            return written
        return bytes.fromhex(written["hex"]) if "hex" in written else self.paths(written["path"])

    def model_builders(self, model: str, named: Any) -> list[bytes]:
        """Return all builders of a model, in the encoding `named` if models come in it, else in that of the case.

        Raises `ValueError` where there is neither.
        """
        encoding = named if isinstance(named, str) and named in ENCODINGS else self.encoding
        if encoding is None:
            raise ValueError(f"the model {model} needs an encoding here")
        return self.builders(model, encoding)

    def tensor(self, handle: Any) -> TensorLiteral | None:
        """Return what the tensor of that name holds, if the conversation knows."""
        return _known(self.tensors, handle)

    def number(self, name: str) -> int:
        """Return the number of the handle of that name. Raises `UnknownOrderError` if a run alone knows it."""
        number = self.numbers.get(name)
        if not isinstance(number, int):
            raise UnknownOrderError(f"the number of the handle {name} is known to a run alone")
        return number

    def no_handle(self, number: int) -> int:
        """Return this number if it is no handle that the host has given, else another one that is none."""
        while number in self.taken:
            number = (number + _FAR) % (1 << 32)
        return number

    def error(self, handle: Any) -> KeptError | LineReply | None:
        """Return what the error of that name said when it came, if it was kept."""
        return _known(self.errors, handle)

    def context(self, handle: Any) -> Context | None:
        """Return the context of that name, if it is one that the conversation made."""
        return _known(self.contexts, handle)

    def made(self) -> tuple[int, int]:
        """Return how many graphs and how many contexts there are: those of witx that have no name here stay, too."""
        given = Counter(each.kind for each in self.given)
        return max(len(self.graphs), given["graph"]), max(len(self.contexts), given["context"])

    def held(self, step: Step) -> Said | None:
        """Return the answer to a step that needs no request; None if it has none, because no `compute` gave it."""
        if step.action != "output":
            return Done()
        context = self.context(step.arguments["context"])
        answered = context.answered if context else None
        return answered if answered is None or isinstance(answered, LineReply) else answered.get(_output(step))

    def copy(self) -> "ExpectedState":
        """Return the same state, to be moved apart from this one."""
        contexts = {name: context.copy() for name, context in self.contexts.items()}
        return replace(
            self,
            contexts=contexts,
            graphs=dict(self.graphs),
            tensors=dict(self.tensors),
            errors=dict(self.errors),
            handles=dict(self.handles),
            numbers=dict(self.numbers),
        )

    def advance(self, step: Step, said: Said, *, succeeded: bool, outputs: ExpectedOutputs | None = None) -> None:
        """Move to the state after a step that was answered with `said`, or with what nobody has heard yet.

        `outputs` are those that the answer to `compute` had to have. Raises `UnknownOrderError`.
        """
        if succeeded:
            self._succeeded(step, said, outputs)
            return
        context = self.context(step.arguments.get("context"))
        if context is not None and step.action in ("compute", "compute_named"):
            context.answered = None
        if "error" in step.arguments and not isinstance(said, UnreadFailure):
            self.errors[step.arguments["error"]] = said if isinstance(said, LineReply) else _kept(said)

    def _succeeded(self, step: Step, said: Said, outputs: ExpectedOutputs | None) -> None:
        arguments = step.arguments
        context = self.context(arguments.get("context"))
        given = given_by(step, said)
        self.given += given
        self.taken.update(each.number for each in given if isinstance(each.number, int))
        if given and "as" in arguments:
            self.numbers[arguments["as"]] = given[0].number
        if "as" in arguments:
            self._named(step.action, arguments["as"], arguments)
        if context is None:
            return
        match step.action:
            case "set_input":
                self._set(context, arguments["input"], tensor_literal(arguments["tensor"]))
            case "set_named" if tensor := self.tensor(arguments["tensor"]):
                context.set(arguments["name"], tensor)
            case "compute":
                context.outputs = context.computed()
                context.answered = _answered(said, outputs)
            case "compute_named":
                self._compute_named(step, context, said, outputs)

    def _named(self, action: str, name: str, arguments: Mapping[str, Any]) -> None:
        """Keep what a call has made under `name`."""
        match action:
            case "load":
                _keep(self.graphs, name, self.models.get(_model(arguments) or ""))
            case "load_by_name":
                _keep(self.graphs, name, self.models.get(_known(self.registered, arguments["name"]) or ""))
            case "context":
                graph = _known(self.graphs, arguments["graph"])
                _keep(self.contexts, name, Context(graph) if graph else None)
            case "tensor":
                self.tensors[name] = tensor_literal(arguments["tensor"])
            case "new_error":
                self.errors[name] = KeptError(arguments["code"], arguments["data"])
            case "get_named" if context := self.context(arguments["context"]):
                if literal := context.literal(arguments["name"], arguments):
                    self.tensors[name] = literal

    def _set(self, context: Context, name: Any, tensor: TensorLiteral) -> None:
        if self.at_once:
            context.given[context.input_name(name)] = tensor
        context.set(name, tensor)

    def _compute_named(self, step: Step, context: Context, said: Said, outputs: ExpectedOutputs | None) -> None:
        if step.arguments.get("is") == "any":
            return
        context.outputs = context.computed_with(self.named_inputs(step))
        context.answered = _answered(said, outputs)
        if "as" not in step.arguments or context.outputs is None or context.answered is None:
            return
        for name, number in _numbers(context, said, outputs).items():
            kept = f"{step.arguments['as']}.{name}"
            literal = context.oracle(name)
            assert literal is not None  # the outputs are the model's
            self.handles[kept], self.tensors[kept] = f"{step.arguments['as']}.{number}", literal

    def named_inputs(self, step: Step) -> tuple[tuple[str, TensorLiteral | None], ...]:
        """Return what a step hands to `compute`: names, and what their tensors hold, if the conversation knows."""
        return tuple((name, self.tensor(tensor)) for name, tensor in step.arguments["inputs"])


def _output(step: Step) -> str:
    return str(step.arguments["output"])


def _kept(said: Answer) -> KeptError:
    assert isinstance(said, Failure)  # only these are kept
    return KeptError(said.code.replace("-", "_"), said.data)


def _answered(said: Said, outputs: ExpectedOutputs | None) -> Mapping[str, NamedTensor] | LineReply | None:
    """Return what `compute` gave, by the model's names; None where it gave nothing, or another number of outputs."""
    if outputs is None:
        return None
    if isinstance(said, LineReply):
        return said
    order = _order(said, outputs)
    return None if order is None else {output.names[0]: at for output, at in zip(outputs.outputs, order, strict=True)}


def _order(said: Answer, outputs: ExpectedOutputs) -> list[NamedTensor] | None:
    """Return the outputs in the order of the model's; None if there are not as many."""
    assert isinstance(said, Computed)  # the answer to `compute` of a tag that gives outputs with it
    order = outputs.order([answer.name for answer in said.outputs])
    return None if order is None else [said.outputs[number] for number in order]


def _numbers(context: Context, said: Said, outputs: ExpectedOutputs | None) -> dict[str, int]:
    """Return at which place in the answer each of the model's outputs stands."""
    names = [port.name for port in context.model.outputs]
    if isinstance(said, LineReply):
        if len(names) > 1:
            raise UnknownOrderError("which of several outputs is kept under which name depends on their order")
        return dict.fromkeys(names, 0)
    assert isinstance(said, Computed)
    assert outputs is not None  # they were kept as the answer
    order = outputs.order([answer.name for answer in said.outputs])
    return dict(zip(names, order or (), strict=True))


def _known(named: Mapping[str, _Thing], written: Any) -> _Thing | None:
    """Return what a vector names; a raw number or raw bytes name nothing here."""
    return named.get(written) if isinstance(written, str) else None


def _keep(named: dict[str, _Thing], name: str, thing: _Thing | None) -> None:
    """Set the new meaning of `name`, or remove the old one if nobody knows the new."""
    named.pop(name, None)
    if thing is not None:
        named[name] = thing


def _model(load: Mapping[str, Any]) -> str | None:
    """Return the model that a `load` names, also as the only one that its builders are taken from."""
    if "model" in load:
        return str(load["model"])
    named = {builder["model"] for builder in load["builders"] if "model" in builder}
    return str(named.pop()) if len(named) == 1 else None
