"""witx: the six functions of the core module `wasi_ephemeral_nn`, tensors by index, results as an errno."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from msgspec import UNSET, UnsetType

from wasi_nn_conformance.abi.registry import AUTODETECT, TAGS
from wasi_nn_conformance.abi.tag import Tag
from wasi_nn_conformance.models.element_type import ElementType
from wasi_nn_conformance.session import witx_calls as calls
from wasi_nn_conformance.session.expected_reply import ExpectedAnswer, ExpectedReply
from wasi_nn_conformance.session.given_handle import expected_handle
from wasi_nn_conformance.session.outcome import Kind, Outcome
from wasi_nn_conformance.session.state import ExpectedState
from wasi_nn_conformance.session.wire import Answer, ByteString, Call
from wasi_nn_conformance.vectors.step import Step
from wasi_nn_conformance.vectors.tensor import TensorLiteral, tensor_literal

from .answer import expected_tensor

ERRNO = TAGS["witx"].errors
"""The members of nn_errno, each at its number."""

SENTINEL = 0xDEADBEEF
"""What a return slot holds before the call."""

_HANDLES = ("load", "load_by_name", "context")

_WRITTEN: Mapping[str, Sequence[int]] = {
    "load": (4,),
    "load_by_name": (2,),
    "init_execution_context": (1,),
    "get_output": (2, 4),
}
"""Which arguments of a function are addresses that it writes to when it succeeds."""


class WitxDialect:
    """Says steps as calls of the witx functions."""

    def __init__(self, tag: Tag) -> None:
        self.tag = tag

    def requests(self, step: Step, state: ExpectedState) -> list[Call]:
        """Return the one request for `step`. Raises `ValueError` where witx cannot say it."""
        return [_request(step.action, step.arguments, state, self.tag)]

    def expected(self, step: Step, state: ExpectedState) -> ExpectedReply:
        """Return what the reply must hold."""
        error = _memory_kept(step)
        if step.slot_untouched:
            error = replace(error, pointer="untouched")
        if step.arguments.get("buffer") == "untouched":
            error = replace(error, buffer_untouched=True)
        return ExpectedReply(ok=_success(step, state), error=error)

    def outcome(self, reply: Answer) -> Outcome:
        """Return the kind of an answer; an error's code is its name, or None for a number that is none of nn_errno."""
        errno = reply.errno if isinstance(reply, calls.Returned) else 0
        if errno == 0:
            return Outcome(Kind.OK, reply=reply)
        errors = self.tag.errors
        return Outcome(Kind.ERROR, errors[errno] if 0 < errno < len(errors) else None, reply=reply)


def _request(action: str, arguments: Mapping[str, Any], state: ExpectedState, tag: Tag) -> Call:
    match action:
        case "load":
            return _load(arguments, state, tag)
        case "load_by_name":
            name = state.graph_name(arguments["name"])
            value = ByteString(name) if isinstance(name, bytes) else name
            return calls.LoadByName(value, as_=_name(arguments))
        case "context":
            return calls.InitExecutionContext(_handle(arguments["graph"], state), as_=_name(arguments))
        case "set_input":
            tensor = _tensor(tensor_literal(arguments["tensor"]), tag)
            context = _handle(arguments["context"], state)
            return calls.SetInput(context, _input(arguments, state), tensor, as_=_name(arguments))
        case "compute":
            return calls.Compute(_handle(arguments["context"], state))
        case "output":
            context = _handle(arguments["context"], state)
            return calls.GetOutput(context, _output(arguments, state), _size(arguments, state))
        case "raw":
            return calls.Raw(arguments["function"], [_operand(operand) for operand in arguments["arguments"]])
    return _memory(action, arguments, state)


def _memory(action: str, arguments: Mapping[str, Any], state: ExpectedState) -> Call:
    """Return the request for what only the probe does, with its own memory."""
    written = state.octets(arguments["bytes"]) if "bytes" in arguments else UNSET
    match action:
        case "place":
            words = arguments.get("words", UNSET)
            return calls.Place(bytes=written, words=words, at=arguments.get("at"), as_=arguments["as"])
        case "overwrite":
            return calls.Overwrite(arguments["buffer"], arguments.get("fill", UNSET), written)
        case "read":
            return calls.Read(*(arguments.get(key, UNSET) for key in ("buffer", "at", "length")))
        case "grow":
            return calls.Grow(arguments["pages"])
        case "reuse":
            return calls.Reuse()
        case "forget":
            return calls.Forget()
    raise ValueError(f"witx has no step {action!r}")


def _name(arguments: Mapping[str, Any]) -> str | UnsetType:
    """Return under which name what the call returns is kept."""
    name: str | UnsetType = arguments.get("as", UNSET)
    return name


def _load(arguments: Mapping[str, Any], state: ExpectedState, tag: Tag) -> calls.Load:
    if "model" in arguments:
        builders = state.model_builders(arguments["model"], arguments.get("encoding"))
    else:
        builders = [state.octets(written) for written in arguments["builders"]]
    encoding = _number(arguments.get("encoding", state.encoding or AUTODETECT), tag.encodings, "encoding")
    target = _number(arguments.get("target", "cpu"), tag.targets, "target")
    return calls.Load(builders, encoding, target, as_=_name(arguments))


def _number(written: Any, names: tuple[str, ...], what: str) -> int:
    if isinstance(written, dict):
        return int(written["raw"])
    if written not in names:
        raise ValueError(f"witx has no {what} {written!r}; it has {', '.join(names)}")
    return names.index(written)


def _handle(written: Any, state: ExpectedState) -> Any:
    """Return the name of a handle, or a number that is none: that of the vector, if the host has not given it."""
    if not isinstance(written, dict) or "raw" not in written:
        return written
    number = int(written["raw"])
    if "of" in written:
        number ^= state.number(written["of"])
    if "behind" in written:
        number = (number + state.number(written["behind"])) % (1 << 32)
    return state.no_handle(number)


def _operand(written: Any) -> Any:
    return written["raw"] if isinstance(written, dict) and "raw" in written else written


def _index(written: Any, names: list[str] | None, what: str) -> int:
    if isinstance(written, dict) and "raw" in written:
        return int(written["raw"])
    if names is None:
        raise ValueError(f"the model is not known here: give the {what} as {{raw: N}}")
    if isinstance(written, dict):
        return len(names) + int(written["beyond"])
    if written not in names:
        raise ValueError(f"the model has no {what} {written!r}; it has {', '.join(names)}")
    return names.index(written)


def _input(arguments: Mapping[str, Any], state: ExpectedState) -> int:
    context = state.context(arguments["context"])
    return _index(arguments["input"], [port.name for port in context.model.inputs] if context else None, "input")


def _output(arguments: Mapping[str, Any], state: ExpectedState) -> int:
    context = state.context(arguments["context"])
    return _index(arguments["output"], [port.name for port in context.model.outputs] if context else None, "output")


def _tensor(literal: TensorLiteral, tag: Tag) -> calls.Tensor:
    if isinstance(literal.type, ElementType):
        if literal.type not in tag.tensor_types:
            raise ValueError(f"witx has no tensor type {literal.type}")
        number = tag.tensor_types.index(literal.type)
    else:
        number = literal.type
    return calls.Tensor(literal.shape, number, literal.data)


def _size(arguments: Mapping[str, Any], state: ExpectedState) -> int:
    written = arguments.get("size", {"plus": 0})
    if isinstance(written, int):
        return written
    return max(len(_wanted(arguments, state)[0].data) + int(written["plus"]), 0)


def _wanted(arguments: Mapping[str, Any], state: ExpectedState) -> tuple[TensorLiteral, str]:
    """Return the tensor that an output must be, and its name for people; zeros where numpy cannot know it yet."""
    written, name = arguments.get("is", "oracle"), arguments["output"]
    if written == "any":
        raise ValueError("the size of this output is not known: say its `size`")
    if written != "oracle":
        return tensor_literal(written), str(name)
    context = state.context(arguments["context"])
    port = context.output(name) if context else None
    if context is None or port is None:
        raise ValueError("numpy knows no such output: say what it must be with `is`, or its `size`")
    element = port.type.element
    if context.outputs is None:
        shape = tuple(dim or 1 for dim in port.type.shape)
        return TensorLiteral(element, shape, bytes(prod(shape) * element.size), exact_bits=False), port.name
    literal = context.oracle(port.name)
    assert literal is not None  # there are outputs, and this is one of them
    return literal, port.name


def _memory_kept(step: Step) -> ExpectedAnswer:
    """Return what the memory of the guest must be after a call, however it ends."""
    if step.action == "raw":
        slots, changes = step.arguments.get("slots", {}), frozenset(step.arguments.get("changes", ()))
        passed = {operand["slot"] for operand in step.arguments["arguments"] if _is_slot(operand)}
        if unknown := sorted(slots.keys() - passed):
            raise ValueError(f"the slot {unknown[0]!r} is none of the arguments")
        return ExpectedAnswer(guards=True, changes=changes, slots=slots)
    return ExpectedAnswer(guards=step.action in (*_HANDLES, "output"))


def _is_slot(operand: Any) -> bool:
    return isinstance(operand, dict) and "slot" in operand


def _success(step: Step, state: ExpectedState) -> ExpectedAnswer:
    kept = _memory_kept(step)
    match step.action:
        case "load" | "load_by_name" | "context":
            return replace(kept, pointer="written", returns="handle", handle=expected_handle(step, state.given))
        case "read":
            return replace(kept, memory=state.octets(step.arguments["is"]))
        case "output":
            return _expected_output(step.arguments, state, kept)
        case "raw":
            return replace(kept, changes=(kept.changes or frozenset()).union(_given_to_write(step.arguments)))
    return kept


def _given_to_write(raw: Mapping[str, Any]) -> Iterator[str]:
    """Return the buffers whose addresses a call gives the host to write to: its return pointer, and for an output."""
    written = _WRITTEN.get(raw["function"], ())
    for number, operand in enumerate(raw["arguments"]):
        if number in written and isinstance(operand, dict) and "buffer" in operand:
            yield operand["buffer"]


def _expected_output(arguments: Mapping[str, Any], state: ExpectedState, kept: ExpectedAnswer) -> ExpectedAnswer:
    tail = arguments.get("tail") == "untouched"
    kept = replace(kept, pointer="written", returns="size", tail_untouched=tail)
    if arguments.get("is") == "any":
        return kept
    if not _is_checkable(arguments, state):
        return replace(kept, undecided="numpy does not know this output: say with `is` what it must be")
    literal, name = _wanted(arguments, state)
    tensor = expected_tensor(literal, state.context(arguments["context"]), arguments["output"])
    return kept if tensor is None else replace(kept, subject=name, size=len(literal.data), tensor=tensor)


def _is_checkable(arguments: Mapping[str, Any], state: ExpectedState) -> bool:
    if "is" in arguments and arguments["is"] != "oracle":
        return True
    context = state.context(arguments["context"])
    return context is not None and context.oracle(arguments["output"]) is not None
